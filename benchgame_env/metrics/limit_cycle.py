"""The limit cycle of recorded play, if it ends in one (theory section 8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchgame_env.game import Game
from benchgame_env.metrics.strategies import rounding
from benchgame_env.validate import Floats, integer

SEEN = 3  # periods that have to be seen: the first, and two that repeat it


@dataclass(frozen=True, eq=False)
class LimitCycle:
    """The end of recorded play: a cycle, or its second half if play does not repeat.

    Attributes
    ----------
    start : int
        The first revision, counted from 0, of the part that repeats, or of the second half.
    period : int or None
        Single revisions (rounds, if all revise at once) until play repeats; 1 if nobody moves any
        more; None if play does not repeat.
    states : array of float
        Efforts after each revision of the last period ``[period, n]``, or of the second half.
    whole : slice
        The revisions over which to average: all complete periods from ``start`` on, or the second
        half.
    """

    start: int
    period: int | None
    states: Floats
    whole: slice

    @property
    def peaks(self) -> Floats:
        """Each developer's largest effort, ``[n]``."""
        return self.states.max(axis=0)

    @property
    def troughs(self) -> Floats:
        """Each developer's least effort, ``[n]``."""
        return self.states.min(axis=0)


def find_cycle(
    efforts: ArrayLike, turns: ArrayLike | int, scores: ArrayLike | None = None
) -> LimitCycle:
    """The shortest cycle in which play ends.

    Deterministic developers who see only the board repeat themselves once a turn and a board recur. It
    is not known whether they see more than the board. So all later play has to repeat: at least `SEEN`
    periods and half of the rounds, or else the last few rounds could count as a cycle by chance.

    Parameters
    ----------
    efforts : array ``[rounds, n]``
        After each revision of one episode, effort units.
    turns : array ``[rounds]`` or int
        Who revised; or the turns of a lap, n for round robin, 1 if all revise at once.
    scores : array ``[rounds, n]``, optional
        Published scores after each revision, which then have to repeat instead of the efforts.

    Returns
    -------
    LimitCycle

    Raises
    ------
    ValueError
        Arrays of another shape, or not finite.
    """
    efforts = course(efforts)
    rounds = len(efforts)
    seen = efforts if scores is None else course(scores, "scores")
    if seen.shape != efforts.shape:
        raise ValueError(f"scores: need shape {efforts.shape} as the efforts have, got {seen.shape}")
    phases = _phases(turns, rounds)
    recurs = (seen == seen[-1]).all(axis=1) & (phases == phases[-1])
    for period in rounds - 1 - np.flatnonzero(recurs)[-2::-1]:
        start = _repeats_from(seen, phases, int(period))
        if rounds - start >= max(SEEN * period, rounds / 2):
            still = bool((seen[-period:] == seen[-1]).all())
            length = 1 if still else int(period)
            whole = slice(rounds - (rounds - start) // period * period, rounds)
            return LimitCycle(start, length, efforts[-length:], whole)
    return LimitCycle(rounds // 2, None, efforts[rounds // 2 :], slice(rounds // 2, rounds))


def course(values: ArrayLike, field: str = "efforts") -> Floats:
    """Efforts (or scores, as ``field`` says) ``[rounds, n]``, checked."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2 or not array.size or not np.isfinite(array).all():
        raise ValueError(f"{field}: need finite numbers [rounds, n], got shape {array.shape}")
    return array


def within_budget(game: Game, values: ArrayLike, field: str = "efforts") -> Floats:
    """Efforts ``[rounds, n]``, checked; ValueError if ``game`` has other developers or budgets."""
    efforts = course(values, field)
    if efforts.shape[1] != game.n_developers:
        raise ValueError(f"{field}: {efforts.shape[1]} efforts for {game.n_developers} developers")
    most = game.budget * (1 + rounding(values))  # float32 efforts at the budget may exceed it
    if (efforts < 0).any() or (efforts > most).any():
        raise ValueError(f"{field}: must be in [0, budget], got {efforts.min()} to {efforts.max()}")
    return np.minimum(efforts, game.budget)


def _phases(turns: Any, rounds: int) -> NDArray[np.int64]:
    if np.ndim(turns) == 0:
        return np.arange(rounds) % integer("turns", turns, low=1)
    phases = np.asarray(turns)
    if phases.shape != (rounds,):
        raise ValueError(f"turns: need one for each of {rounds} rounds, got shape {phases.shape}")
    return phases


def _repeats_from(seen: Floats, phases: NDArray[np.int64], period: int) -> int:
    """The first round from which everything equals the last period, repeated."""
    place = np.arange(-len(seen), 0) % period - period
    differs = (seen != seen[place]).any(axis=1) | (phases != phases[place])
    return int(np.flatnonzero(differs)[-1]) + 1 if differs.any() else 0
