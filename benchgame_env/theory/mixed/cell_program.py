"""Mixed equilibria of all efforts where prizes are evenly spaced: linear programs on ever finer cells.

Inside a cell of the score axis everybody spreads uniformly, so that chances to be ahead are piecewise
linear in the score. The program finds the strategies of this form with the least NashConv against scores
all along the axis. What is left of it is lost in cells that are played although they pay less than the
best effort does: those are halved, and the program is solved again.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from benchgame_env.theory.mixed.linear_program import Deviations, even_step, least_nash_conv
from benchgame_env.theory.mixed.score_cells import Approach, CellGame
from benchgame_env.validate import Floats

METHOD = "linear programming on cells of the score axis, for prizes are evenly spaced"
SHARE = 0.7  # of what is lost: the cells that lose most of it are halved
MOST_PROGRAMS = 30
MOST_CHOICES = 20_000  # of a program that is solved after a smaller one, so that it takes seconds


def refine(cells: CellGame, programs: int) -> Iterator[Approach]:
    """Equilibria of ever finer ``cells``, of a game with evenly spaced prizes, from at most so many
    programs, or `MOST_PROGRAMS`."""
    for _ in range(min(programs, MOST_PROGRAMS)):
        mixed = solve(cells)
        if mixed is None:
            return
        payoffs = cells.payoffs(mixed)
        value, inside = cells.value(mixed, payoffs), cells.excess(mixed, payoffs)
        gains = np.maximum(inside.max(axis=1), payoffs.max(axis=1) - value)
        yield Approach(float(gains.sum()), cells, mixed, METHOD)
        # Where they play although the best pays more, and where that is.
        forgone = np.where(cells.allowed, (value + gains)[:, None] - payoffs, 0.0)
        lost = (mixed * forgone).sum(axis=0)[1::2]
        np.add.at(lost, inside.argmax(axis=1), gains)
        marked = _worst(lost) & cells.divisible
        if (
            not marked.any()
            or cells.allowed.sum() + (cells.allowed[:, 1::2] & marked).sum() > MOST_CHOICES
        ):
            return
        cells = cells.split(marked, mixed)[0]


def solve(cells: CellGame) -> Floats | None:
    """The mixed strategies ``[n, slots]`` with the least NashConv; None if HiGHS finds none."""
    step = even_step(cells.game.prizes)
    assert step, "only evenly spaced prizes make payoffs linear"
    owner = np.nonzero(cells.allowed)[0]
    chances = least_nash_conv(owner, cells.cost[cells.allowed], _deviations(cells), step)
    if chances is None:
        return None
    mixed = np.zeros(cells.allowed.shape)
    mixed[cells.allowed] = chances
    return mixed / mixed.sum(axis=1, keepdims=True)


def _deviations(cells: CellGame) -> Deviations:
    """The own seats, and places all along the allowed cells. The totals are of the tails of all
    developers from each slot on."""
    n, size = cells.allowed.shape
    beyond = np.cumsum(cells.allowed[:, ::-1], axis=1)[:, ::-1]  # [n, slots]: choices from there on
    beyond = np.column_stack((beyond, np.zeros(n, dtype=np.int64)))
    tail = np.cumsum(cells.allowed.sum(axis=1))[:, None] - beyond  # the first of these choices
    who, slot, share, cost = cells.places()
    developer, at = np.nonzero(beyond)
    choices = int(cells.allowed.sum())
    totals = csr_array((np.ones(at.size), (at, tail[developer, at])), shape=(size + 1, choices))
    parts = []
    for place, weight in ((slot, 1 - share), (slot + 1, share)):
        rows = np.flatnonzero(weight)
        own = rows[beyond[who[rows], place[rows]] > 0]
        parts.append((weight[rows], rows, choices + place[rows]))
        parts.append((-weight[own], own, tail[who[own], place[own]]))  # nobody is ahead of itself
    weights, rows, columns = (np.concatenate(part) for part in zip(*parts, strict=True))
    ahead = csr_array((weights, (rows, columns)), shape=(who.size, choices + size + 1))
    return Deviations(who, cost, ahead, totals)


def _worst(lost: Floats) -> NDArray[np.bool_]:
    """The cells ``[cells]`` that lose most, `SHARE` of it together."""
    order = np.argsort(-lost, kind="stable")
    total = np.cumsum(lost[order])
    marked = np.zeros(lost.size, dtype=bool)
    marked[order[: int(np.searchsorted(total, SHARE * total[-1])) + 1]] = True
    return marked & (lost > 0)
