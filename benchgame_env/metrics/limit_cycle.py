"""The cycle that a course of play ends in, if it does end in one (theory section 8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchgame_env.validate import Floats, integer, number

SEEN = 3  # periods that have to be seen: the first, and two that repeat it


@dataclass(frozen=True, eq=False)
class LimitCycle:
    """What play comes to: a cycle, or if it does not repeat its second half.

    Attributes
    ----------
    start: the revision, counted from 0, from which on play repeats; else where the second half begins.
    period: single revisions (rounds, if all revise at once) until play repeats, 1 if nobody moves any
        more; None if it does not repeat.
    states: efforts after each revision of the last period, ``[period, n]``; else of the second half.
    whole: the revisions of all periods from ``start`` on that are complete, up to the last one played;
        else the second half. For averages.
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


def find_cycle(efforts: ArrayLike, turns: ArrayLike | int, tolerance: float = 0.0) -> LimitCycle:
    """The shortest cycle in which play ends.

    Deterministic developers who see the board alone repeat themselves once a turn and the efforts held
    recur. Whether they see the board alone is not known, so all that was played from then on has to
    repeat: at least `SEEN` periods, and at least half of the course, lest its last few rounds count as
    a cycle by chance.

    Parameters
    ----------
    efforts: after each revision, ``[rounds, n]``, of one episode.
    turns: who revised, ``[rounds]``; or the turns of a lap, n for round robin, 1 if all revise at once.
    tolerance: how far efforts may differ and count as equal, effort units. Exact by default; for
        rounding alone, since any other slack lets play pass that only nearly repeats.

    Raises
    ------
    ValueError: efforts or turns of another shape, or not finite.
    """
    efforts = course(efforts)
    rounds = len(efforts)
    phases = _phases(turns, rounds)
    number("tolerance", tolerance, low=0)
    recurs = (np.abs(efforts - efforts[-1]) <= tolerance).all(axis=1) & (phases == phases[-1])
    for period in rounds - 1 - np.flatnonzero(recurs)[-2::-1]:
        start = _repeats_from(efforts, phases, int(period), tolerance)
        if rounds - start >= max(SEEN * period, rounds / 2):
            return _cycle(efforts, start, int(period), tolerance)
    return LimitCycle(rounds // 2, None, efforts[rounds // 2 :], slice(rounds // 2, rounds))


def course(efforts: ArrayLike) -> Floats:
    """Efforts ``[rounds, n]``, checked."""
    array = np.asarray(efforts, dtype=np.float64)
    if array.ndim != 2 or not array.size or not np.isfinite(array).all():
        raise ValueError(f"efforts: need finite numbers [rounds, n], got shape {array.shape}")
    return array


def _phases(turns: Any, rounds: int) -> NDArray[np.int64]:
    if np.ndim(turns) == 0:
        return np.arange(rounds) % integer("turns", turns, low=1)
    phases = np.asarray(turns)
    if phases.shape != (rounds,):
        raise ValueError(f"turns: need one for each of {rounds} rounds, got shape {phases.shape}")
    return phases


def _repeats_from(efforts: Floats, phases: NDArray[np.int64], period: int, tolerance: float) -> int:
    """From where on everything equals what the last period has at its place."""
    place = np.arange(-len(efforts), 0) % period - period
    differs = (np.abs(efforts - efforts[place]) > tolerance).any(axis=1) | (phases != phases[place])
    return int(np.flatnonzero(differs)[-1]) + 1 if differs.any() else 0


def _cycle(efforts: Floats, start: int, period: int, tolerance: float) -> LimitCycle:
    rounds, states = len(efforts), efforts[-period:]
    whole = slice(rounds - (rounds - start) // period * period, rounds)
    still = (np.abs(states - states[-1]) <= tolerance).all()
    return LimitCycle(start, 1 if still else period, states[-1:] if still else states, whole)
