"""Regret of single revisions: what a better response to the board at that time would have earned."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchgame_env.game import Game
from benchgame_env.metrics import exact
from benchgame_env.metrics.first_efforts import first_efforts
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
    boards, ends = subgame.scores(before), exact.extremes(subgame)
    missed = np.zeros(len(after))
    for i in range(n):
        mine = who == i
        others = ends[:, i] if levels is None else _levels(game, i, levels)
        known = np.column_stack((after[mine, i], before[mine, i], np.tile(others, (int(mine.sum()), 1))))
        shown = publish(boards[mine])
        payoffs = _payoffs(subgame, i, shown, known, publish(subgame.own_scores(i, known)))
        if levels is None and resolution is None:
            # Suprema are the limit of ever finer grids: they pass scores themselves.
            limits = exact.settled(subgame, boards[mine])
            efforts, own = _suprema(subgame, i, limits)
            payoffs = np.hstack((payoffs, _payoffs(subgame, i, limits, efforts, own)))
        elif levels is None:
            efforts, own = _overtakes(
                subgame, i, shown, number("resolution", resolution, low=0, strict=True)
            )
            payoffs = np.hstack((payoffs, _payoffs(subgame, i, shown, efforts, own)))
        missed[mine] = payoffs.max(axis=1) - payoffs[:, 0]
    return missed


def _refuse_moves_out_of_turn(before: Floats, after: Floats, who: NDArray[np.int64]) -> None:
    stray = np.argwhere((before != after) & (np.arange(before.shape[1]) != who[:, None]))
    if stray.size:
        t, i = stray[0]
        raise ValueError(f"efforts: developer {i} moved in round {t}, in which {who[t]} revised")


def _levels(game: Game, i: int, levels: ArrayLike) -> Floats:
    """Developer i's levels within its budget, ``[m]``."""
    levels = np.asarray(levels, dtype=np.float64)
    own = levels[i] if levels.ndim == 2 else levels
    return own[own <= game.budget[i]]


def _suprema(subgame: Subgame, i: int, boards: Floats) -> tuple[Floats, Floats]:
    """Efforts ``[rounds, m]`` with which developer i reaches and just passes each rival, and the scores
    that they reach, see `exact.limit_efforts`."""
    scores = np.delete(boards, i, axis=1)
    distinct, place = np.unique(scores, return_inverse=True)
    place = place.reshape(scores.shape)
    both = np.hstack((place, place + distinct.size))
    aims, efforts, reached = exact.limit_efforts(subgame, distinct)
    return efforts[both, i], np.where(reached[both, i], aims[both], -np.inf)


def _overtakes(subgame: Subgame, i: int, shown: Floats, resolution: float) -> tuple[Floats, Floats]:
    """Efforts ``[rounds, m]`` with which developer i passes each rival on published boards, by
    ``resolution`` where a tie would not do; and the scores that they reach, ``-inf`` if none does."""
    rivals = np.delete(np.arange(subgame.n), i)
    scores, favoured = shown[:, rivals], (rivals > i) & (subgame.rule.ties == "quality")
    aims = np.where(favoured, scores, beating(scores, resolution))
    distinct, place = np.unique(aims, return_inverse=True)
    place = place.reshape(aims.shape)
    # A rule that rounds shows no score in the middle of a step of the grid but what it publishes.
    compared = np.asarray if subgame.rule.traits.strict else publish
    efforts, reached = first_efforts(subgame, distinct, compared)
    return efforts[place, i], np.where(reached[place, i], aims, -np.inf)


def _payoffs(subgame: Subgame, i: int, boards: Floats, efforts: Floats, own: Floats) -> Floats:
    """Developer i's payoffs ``[rounds, m]`` for ``efforts`` that reach the scores ``own``, while the
    others keep those of ``boards`` ``[rounds, n]``."""
    profiles = np.repeat(boards[:, None], efforts.shape[1], axis=1)
    profiles[..., i] = own
    prizes = subgame.game.award(profiles, subgame.rule.ties).prizes[..., i]
    return prizes - subgame.game.cost(efforts)
