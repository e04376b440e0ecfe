"""Equilibria by one linear program, for evenly spaced prizes (theory section 5).

With evenly spaced prizes a rank is worth the same everywhere, so a game is a sum of pairwise contests
whose prizes add up to a constant. What mixed strategies earn together then depends on their costs alone,
and their NashConv is convex and piecewise linear in them: a linear program finds its least value, which
is 0 where an equilibrium is among them. Two developers always have evenly spaced prizes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

from benchgame_env.validate import Floats

EVEN = 1e-12  # of P: prize steps that differ by less are equal
# How far tails may move in one program of `descend`: at first; by what it shrinks and grows; too little.
RADIUS, SHRINKS, GROWS, STUCK = 0.1, 4.0, 2.0, 1e-3
MOVES, MOST_ENTRIES = 12, 200_000  # programs of `descend` at most, and how large they should be
LARGE = 3_000  # choices from which interior points are faster than the simplex method


class Deviations(NamedTuple):
    """What developers may do instead of their choices.

    Strategies are written as tails: the chance of a choice or a later one of the same developer. A rival
    is ahead with one of its tails, so ``prize`` is sparse; sums of tails that many deviations share may
    be named once, as ``totals``.

    Attributes
    ----------
    who : array of int
        Whose each deviation is, ``[r]``.
    cost : array of float
        What it costs, ``[r]``, less what it wins when all tails are 0; prize units.
    prize : sparse array
        What it wins more, by the tails of all ``k`` choices, then by the ``t`` totals, ``[r, k + t]``;
        prize units.
    totals : sparse array
        The totals by tails, ``[t, k]``.
    """

    who: NDArray[np.int64]
    cost: Floats
    prize: scipy.sparse.csr_array
    totals: scipy.sparse.csr_array


def even_step(prizes: Floats) -> float | None:
    """What one rank is worth, prize units; None where that differs from rank to rank."""
    steps = -np.diff(prizes)
    spread = float(prizes[0] - prizes[-1])
    even = steps.size == 0 or np.ptp(steps) <= EVEN * spread
    return spread / max(steps.size, 1) if even else None


def least_nash_conv(
    owner: NDArray[np.int64],
    cost: Floats,
    deviations: Deviations,
    scale: float,
    around: tuple[Floats, float] | None = None,
) -> Floats | None:
    """The mixed strategies whose NashConv over some deviations is least.

    Parameters
    ----------
    owner : array of int
        Whose each choice is, ``[k]``, ascending.
    cost : array of float
        Mean cost of each choice, ``[k]``, prize units.
    deviations : Deviations
        What the developers may do instead.
    scale : float
        P, > 0, prize units.
    around : pair, optional
        Tails ``[k]``, and how far from them tails may be. Default: anywhere.

    Returns
    -------
    array of float or None
        The chance of each choice, ``[k]``; None if HiGHS does not solve the program.
    """
    n, start = int(owner[-1]) + 1, np.searchsorted(owner, np.arange(int(owner[-1]) + 1))
    totals, choices, rows = deviations.totals.shape[0], owner.size, deviations.who.size
    size = choices + totals + n
    # What each developer can earn is at least what every deviation earns; in units of P.
    prize, each = deviations.prize.tocoo(), np.arange(rows)
    later = np.flatnonzero(np.append(False, owner[1:] == owner[:-1]))
    fall = rows + np.arange(later.size)
    constraints = scipy.sparse.csr_array(
        (
            np.concatenate(
                (prize.data / scale, -np.ones(rows), np.ones(later.size), -np.ones(later.size))
            ),
            (
                np.concatenate((prize.row, each, fall, fall)),
                np.concatenate((prize.col, choices + totals + deviations.who, later, later - 1)),
            ),
        ),
        shape=(rows + later.size, size),
    )
    bounds = np.zeros((size, 2))
    bounds[:choices, 1], bounds[choices:, 1], bounds[-n:, 0] = 1.0, np.inf, -np.inf
    if around is not None:
        bounds[:choices] = np.clip(np.add.outer(around[0], [-around[1], around[1]]), 0.0, 1.0)
    bounds[start] = 1.0  # a developer's first tail
    saved = np.append(np.diff(cost, prepend=0.0), np.zeros(totals)) / scale
    saved[start] = 0.0
    equal: dict[str, Any] = {}
    if totals:
        equal["A_eq"] = scipy.sparse.hstack(
            [-deviations.totals, scipy.sparse.eye_array(totals), scipy.sparse.csr_array((totals, n))]
        ).tocsr()
        equal["b_eq"] = np.zeros(totals)
    found = scipy.optimize.linprog(
        np.append(saved, np.ones(n)),
        A_ub=constraints,
        b_ub=np.append(deviations.cost / scale, np.zeros(later.size)),
        bounds=bounds,
        method="highs-ds" if choices < LARGE else "highs-ipm",
        **equal,
    )
    if found.x is None:
        return None
    tails = np.append(found.x[:choices], 1.0)
    ends = np.append(start[1:], choices) - 1
    beyond = tails[1:].copy()
    beyond[ends] = 0.0
    return np.maximum(tails[:-1] - beyond, 0.0)


def descend(
    start: Floats,
    near: Callable[[Floats, float], Floats | None],
    nash_conv: Callable[[Floats], float],
    goal: float = 0.0,
    moves: int = MOVES,
) -> Floats:
    """Closer and closer to an equilibrium by programs that take payoffs for linear nearby.

    Parameters
    ----------
    start : array of float
        Mixed strategies.
    near : callable
        Mixed strategies, and how far from theirs tails may be, to better ones; None if there are none.
    nash_conv : callable
        Of mixed strategies, prize units.
    goal : float
        NashConv at which to stop, prize units.
    moves : int
        Programs at most.

    Returns
    -------
    array of float
        Mixed strategies, not worse than ``start``.
    """
    now, least, radius = start, nash_conv(start), RADIUS
    for _ in range(moves):
        new = near(now, radius) if least > goal else None
        found = np.inf if new is None else nash_conv(new)
        if new is not None and found < least:
            now, least, radius = new, found, radius * GROWS
        else:
            radius /= SHRINKS
        if least <= goal or radius < STUCK:
            break
    return now
