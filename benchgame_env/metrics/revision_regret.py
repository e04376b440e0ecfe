"""Regret of single revisions: what a better answer to the board as it stood would have earned."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchgame_env.game import Game
from benchgame_env.metrics import exact
from benchgame_env.metrics.limit_cycle import course
from benchgame_env.numerics import beating, publish
from benchgame_env.rules import DeterministicProtocol
from benchgame_env.subgame import Subgame
from benchgame_env.validate import Floats, number


def revision_regrets(
    game: Game | str,
    protocol: Any,
    efforts: ArrayLike,
    revised: ArrayLike,
    *,
    levels: ArrayLike | None = None,
    resolution: float | None = None,
    start: ArrayLike | None = None,
) -> Floats:
    """What each revision missed, ``[rounds]``, prize units, >= 0.

    The best payoff of whoever revised while the others held their efforts, minus the payoff of what it
    did. The best is taken over (theory sections 2 and 8)

    * the whole continuum by default: a supremum, so any actual overtake misses a little;
    * with ``resolution``, the answers of a best response that beats a score by that much where ties do
      not favour it: 0, the budget, and the first effort to pass each rival;
    * with ``levels``, those of these efforts that are within budget, whatever the resolution.

    What was held and what was played always count as possible, so a finer answer is no negative regret.

    Parameters
    ----------
    efforts: after each revision, ``[rounds, n]``, of one episode.
    revised: who revised, ``[rounds]``.
    levels: ``[m]``, or ``[n, m]`` if each developer has its own.
    resolution: score, > 0.
    start: efforts before the first revision, ``[n]``; default all zero.

    Raises
    ------
    ValueError: a rule without exact theory, efforts outside the budget, somebody who moved out of turn.
    """
    subgame = Subgame.exact(game, protocol)
    game, rule, n = subgame.game, subgame.rule, subgame.n
    after, who = course(efforts), np.asarray(revised)
    if after.shape[1] != n or who.shape != (len(after),) or not np.isin(who, range(n)).all():
        raise ValueError(
            f"efforts, revised: need [rounds, {n}] and one of {n} developers for each round, got shapes "
            f"{after.shape} and {who.shape}"
        )
    before = np.vstack((np.zeros(n) if start is None else start, after[:-1]))
    _check(game, before, after, who)
    boards = rule.score(game, before)
    missed = np.zeros(len(after))
    for i in range(n):
        mine = who == i
        if levels is not None:
            answers = _levels(game, i, levels, len(boards[mine]))
        elif resolution is not None:
            answers = _overtakes(game, rule, i, boards[mine], resolution)
        else:
            answers = _infima(game, rule, i, boards[mine])
        played = np.column_stack((after[mine, i], before[mine, i]))
        done = _payoffs(game, rule, i, boards[mine], played, publish)
        # Infima are the limit of ever finer grids: they pass scores themselves.
        limit = levels is None and resolution is None
        possible = _payoffs(game, rule, i, boards[mine], answers, np.asarray if limit else publish)
        missed[mine] = np.column_stack((done, possible)).max(axis=1) - done[:, 0]
    return missed


def _check(game: Game, before: Floats, after: Floats, who: NDArray[np.int64]) -> None:
    if (after < 0).any() or (after > game.budget).any():
        raise ValueError(f"efforts: must be in [0, budget], got {after.min()} to {after.max()}")
    stray = np.argwhere((before != after) & (np.arange(before.shape[1]) != who[:, None]))
    if stray.size:
        t, i = stray[0]
        raise ValueError(f"efforts: developer {i} moved in round {t}, in which {who[t]} revised")


def _levels(game: Game, i: int, levels: ArrayLike, rounds: int) -> Floats:
    """Developer i's levels within its budget, ``[rounds, m]``."""
    levels = np.asarray(levels, dtype=np.float64)
    own = levels[i] if levels.ndim == 2 else levels
    return np.repeat(own[None, own <= game.budget[i]], rounds, axis=0)


def _overtakes(
    game: Game, rule: DeterministicProtocol, i: int, boards: Floats, resolution: float
) -> Floats:
    """Efforts ``[rounds, m]`` with which developer i shows what passes each rival, 0 and the budget."""
    number("resolution", resolution, low=0, strict=True)
    rivals = np.arange(game.n_developers) != i
    scores = publish(boards[:, rivals])
    favoured = (np.flatnonzero(rivals) > i) & (rule.ties == "quality")
    return _answers(game, rule, i, np.where(favoured, scores, beating(scores, resolution)))


def _infima(game: Game, rule: DeterministicProtocol, i: int, boards: Floats) -> Floats:
    """Efforts ``[rounds, m]`` among which developer i's best answer lies, in the limit."""
    scores = np.delete(boards, i, axis=1)
    return _answers(game, rule, i, np.hstack((scores, np.nextafter(scores, np.inf))))


def _answers(game: Game, rule: DeterministicProtocol, i: int, aims: Floats) -> Floats:
    """The first efforts that show ``aims`` ``[rounds, m]``, then 0 and the budget."""
    distinct, place = np.unique(aims, return_inverse=True)
    efforts = exact.first_efforts(game, rule, distinct)[place.reshape(aims.shape), i]
    ends = np.zeros((len(aims), 2))
    ends[:, 1] = game.budget[i] if np.isfinite(game.budget[i]) else 0.0
    return np.hstack((efforts, ends))


def _payoffs(
    game: Game,
    rule: DeterministicProtocol,
    i: int,
    boards: Floats,
    efforts: Floats,
    shown: Callable[[Floats], Floats],
) -> Floats:
    """Developer i's payoffs ``[rounds, m]`` for ``efforts`` while the others keep the scores of
    ``boards`` ``[rounds, n]``; ``shown`` is what is compared of scores."""
    profiles = np.repeat(boards[:, None], efforts.shape[1], axis=1)
    profiles[..., i] = exact.own_scores(game, rule, i, efforts)
    return game.award(shown(profiles), rule.ties).prizes[..., i] - game.cost(efforts)
