"""Regret of single revisions: what a better response to the board at that time would have earned."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchgame_env.game import Game
from benchgame_env.metrics import exact
from benchgame_env.metrics.limit_cycle import within_budget
from benchgame_env.numerics import beating, publish
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

    This is the best payoff that the reviser could have had while the others held their efforts, minus
    the payoff that it had. The best is taken over (theory sections 2 and 8)

    * all efforts by default: a supremum, so every actual overtake misses a little;
    * with ``resolution``, the choices of a best response that beats a score by that much where ties do
      not favour it: 0, the budget, and the first effort to pass each rival;
    * with ``levels``, those of these efforts that are within budget, whatever the resolution.

    The held effort and the new one always count as possible, so no regret is negative.

    Parameters
    ----------
    game : Game or str
        The game, or its name.
    protocol : protocol, str or pair
        The protocol, its name, or ``(name, parameters)``; its board must be a fixed function of efforts.
    efforts : array_like
        Efforts after each revision of one episode, ``[rounds, n]``.
    revised : array_like
        The developer who revised in each round, ``[rounds]``.
    levels : array_like, optional
        Efforts to choose from, ``[m]``, or ``[n, m]`` if each developer has its own.
    resolution : float, optional
        Score by which a best response beats a rival, > 0.
    start : array_like, optional
        Efforts before the first revision, ``[n]``; default all zero.

    Returns
    -------
    array of float
        ``[rounds]``, prize units, >= 0.

    Raises
    ------
    ValueError
        A rule whose board is not a fixed function of efforts, efforts outside the budget, or a developer
        who moved out of turn.
    """
    subgame = Subgame.exact(game, protocol)
    game, n = subgame.game, subgame.n
    after, who = within_budget(game, efforts), np.asarray(revised)
    if who.shape != (len(after),) or not np.isin(who, range(n)).all():
        raise ValueError(
            f"revised: need one of {n} developers for each of {len(after)} rounds, got shape {who.shape}"
        )
    before = np.vstack((np.zeros(n) if start is None else start, after[:-1]))
    _refuse_moves_out_of_turn(before, after, who)
    boards = subgame.scores(before)
    # Suprema are the limit of ever finer grids: they pass scores themselves.
    shown = np.asarray if levels is None and resolution is None else publish
    missed = np.zeros(len(after))
    for i in range(n):
        mine = who == i
        if levels is not None:
            choices = _levels(game, i, levels, int(mine.sum()))
        else:
            choices = _overtakes(subgame, i, boards[mine], resolution)
        played = np.column_stack((after[mine, i], before[mine, i]))
        done = _payoffs(subgame, i, boards[mine], played, publish)
        possible = _payoffs(subgame, i, boards[mine], choices, shown)
        missed[mine] = np.column_stack((done, possible)).max(axis=1) - done[:, 0]
    return missed


def _refuse_moves_out_of_turn(before: Floats, after: Floats, who: NDArray[np.int64]) -> None:
    stray = np.argwhere((before != after) & (np.arange(before.shape[1]) != who[:, None]))
    if stray.size:
        t, i = stray[0]
        raise ValueError(f"efforts: developer {i} moved in round {t}, in which {who[t]} revised")


def _levels(game: Game, i: int, levels: ArrayLike, rounds: int) -> Floats:
    """Developer i's levels within its budget, ``[rounds, m]``."""
    levels = np.asarray(levels, dtype=np.float64)
    own = levels[i] if levels.ndim == 2 else levels
    return np.repeat(own[None, own <= game.budget[i]], rounds, axis=0)


def _overtakes(subgame: Subgame, i: int, boards: Floats, resolution: float | None) -> Floats:
    """Efforts ``[rounds, m]`` with which developer i passes each rival by ``resolution``, or without one
    reaches and just passes it; then 0 and the budget."""
    rivals = np.delete(np.arange(subgame.n), i)
    scores = boards[:, rivals]
    if resolution is None:
        aims = np.hstack((scores, np.nextafter(scores, np.inf)))
    else:
        number("resolution", resolution, low=0, strict=True)
        shown, favoured = publish(scores), (rivals > i) & (subgame.rule.ties == "quality")
        aims = np.where(favoured, shown, beating(shown, resolution))
    distinct, place = np.unique(aims, return_inverse=True)
    efforts = exact.first_efforts(subgame, distinct)[place.reshape(aims.shape), i]
    return np.hstack((efforts, np.tile(exact.extremes(subgame, i), (len(aims), 1))))


def _payoffs(
    subgame: Subgame, i: int, boards: Floats, efforts: Floats, shown: Callable[[Floats], Floats]
) -> Floats:
    """Developer i's payoffs ``[rounds, m]`` for ``efforts`` while the others keep the scores of
    ``boards`` ``[rounds, n]``; ``shown`` turns scores into those that are compared."""
    profiles = np.repeat(boards[:, None], efforts.shape[1], axis=1)
    profiles[..., i] = subgame.own_scores(i, efforts)
    prizes = subgame.game.award(shown(profiles), subgame.rule.ties).prizes[..., i]
    return prizes - subgame.game.cost(efforts)
