"""Regrets among finitely many efforts: what a developer could gain by one of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from benchgame_env.game import Game
from benchgame_env.metrics import exact, noisy
from benchgame_env.metrics.regret import _read
from benchgame_env.metrics.strategies import Strategy
from benchgame_env.numerics import publish
from benchgame_env.subgame import Subgame
from benchgame_env.validate import Floats


def level_regrets(game: Game | str, protocol: Any, strategies: Any, levels: ArrayLike) -> Floats:
    """What each developer could gain by its best one of some efforts.

    Parameters
    ----------
    game : Game or str
        The game, or its name.
    protocol : protocol, str or pair
        The protocol, its name, or ``(name, parameters)``.
    strategies : array of float, or list of pairs
        As for `regrets`.
    levels : array_like
        Efforts to choose from, ``[m]``, or ``[n, m]`` if each developer has its own; those within its
        budget count.

    Returns
    -------
    array of float
        ``max_e u_i(e, x_-i) - u_i(x)`` over these efforts, ``[n]``, prize units; exact, and >= 0 where
        strategies play the levels alone.

    Raises
    ------
    ValueError
        As for `regrets`.

    Examples
    --------
    >>> import benchgame_env as bg
    >>> bg.metrics.level_regrets("duel", "direct", [0.0, 0.0], [0.0, 0.25, 0.75]).tolist()
    [0.0, 0.25]
    """
    subgame, mixed = _read(game, protocol, strategies)
    rows = np.broadcast_to(np.asarray(levels, dtype=np.float64), (subgame.n, np.shape(levels)[-1]))
    tried = [own[own <= budget] for own, budget in zip(rows, subgame.game.budget, strict=True)]
    best, now = (_shown if subgame.kind == "exact" else _drawn)(subgame, mixed, tried)
    return best - now


def _shown(subgame: Subgame, mixed: list[Strategy], tried: list[Floats]) -> tuple[Floats, Floats]:
    """Payoffs ``[n]`` of the best levels and of what is played, where the board is a fixed function."""
    board = exact.published(exact.shown_scores(subgame, mixed))
    who = np.repeat(np.arange(subgame.n), [own.size for own in tried])
    scores = publish(np.concatenate([subgame.own_scores(i, own) for i, own in enumerate(tried)]))
    payoffs = exact.payoffs_of(subgame, board, who, scores, np.concatenate(tried))
    best = np.array([payoffs[who == i].max() for i in range(subgame.n)])
    return best, exact.expected_payoffs(subgame, mixed)


def _drawn(subgame: Subgame, mixed: list[Strategy], tried: list[Floats]) -> tuple[Floats, Floats]:
    """As `_shown` where scores are drawn independently."""
    drawn = noisy.Drawn(subgame)
    now, worth = noisy._against(drawn, mixed)
    who = np.repeat(np.arange(subgame.n), [own.size for own in tried])
    efforts = np.concatenate(tried)
    payoffs = drawn.averages(worth, who, efforts) - subgame.game.cost(efforts)
    return np.array([payoffs[who == i].max() for i in range(subgame.n)]), now
