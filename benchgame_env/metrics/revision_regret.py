"""Regret of single revisions: what a better answer to the board as it stood would have earned."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchgame_env.game import Game
from benchgame_env.metrics import exact as fixed
from benchgame_env.metrics.limit_cycle import course
from benchgame_env.rules import DeterministicProtocol
from benchgame_env.validate import Floats, number


def revision_regrets(
    game: Game,
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
    rule, after, who = fixed.exact_rule(protocol), course(efforts), np.asarray(revised)
    n = game.n_developers
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
        if levels is None:
            answers = _overtakes(game, rule, i, boards[mine], resolution)
        else:
            answers = _levels(game, i, levels, len(boards[mine]))
        tried = np.column_stack((after[mine, i], before[mine, i], answers))
        missed[mine] = _missed(game, rule, i, boards[mine], tried)
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
    game: Game, rule: DeterministicProtocol, i: int, boards: Floats, resolution: float | None
) -> Floats:
    """Efforts ``[rounds, m]`` among which developer i's best answer lies."""
    rivals = np.arange(game.n_developers) != i
    scores = boards[:, rivals]
    if resolution is None:
        aims = np.hstack((scores, np.nextafter(scores, np.inf)))
    else:
        number("resolution", resolution, low=0, strict=True)
        favoured = (np.flatnonzero(rivals) > i) & (rule.ties == "quality")
        aims = scores + np.where(favoured, 0.0, resolution)
    distinct, place = np.unique(aims, return_inverse=True)
    efforts = fixed.first_efforts(game, rule, distinct)[place.reshape(aims.shape), i]
    ends = np.zeros((len(boards), 2))
    ends[:, 1] = game.budget[i] if np.isfinite(game.budget[i]) else 0.0
    return np.hstack((efforts, ends))


def _missed(game: Game, rule: DeterministicProtocol, i: int, boards: Floats, tried: Floats) -> Floats:
    """By how much the best of the efforts ``tried`` ``[rounds, m]`` beats the first of them."""
    shown = np.repeat(boards[:, None], tried.shape[1], axis=1)
    shown[..., i] = fixed.own_scores(game, rule, i, tried)
    payoffs = game.board(shown, rule.ties).prizes[..., i] - game.cost(tried)
    return payoffs.max(axis=1) - payoffs[:, 0]
