"""Mixed equilibria of all efforts by linear programs on ever finer cells.

Inside a cell of the score axis everybody spreads uniformly, so that chances to be ahead are piecewise
linear in the score. With evenly spaced prizes payoffs are linear in these chances: a program finds the
strategies of this form with the least NashConv against scores all along the axis (`refine`). With other
prizes payoffs are linear nearby: programs lead from an approximate equilibrium to a closer one
(`polish`). What is left is lost in cells that are played although they pay less than the best effort
does: those are halved.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from benchgame_env.theory.mixed.linear_program import (
    MOST_ENTRIES,
    Deviations,
    descend,
    even_step,
    least_nash_conv,
)
from benchgame_env.theory.mixed.rivals_ahead import expected_prizes, prize_slopes
from benchgame_env.theory.mixed.score_cells import Approach, CellGame, Survey
from benchgame_env.validate import Floats

EXACT = "linear programming on cells of the score axis, for prizes are evenly spaced"
SHARE = 0.7  # of what is lost: the cells that lose most of it are halved
# Cells are tempting to those who gain this share of the largest gain, if they hold this share of it.
MUCH, NEARLY = 0.1, 0.5
MOST_PROGRAMS = 30
MOST_CHOICES = 20_000  # of a program that is solved after a smaller one, so that it takes seconds
MOST_ROUNDS = 12  # how often `polish` makes cells finer


def refine(cells: CellGame, programs: int) -> Iterator[Approach]:
    """Equilibria of ever finer ``cells``, of a game with evenly spaced prizes, from at most so many
    programs, or `MOST_PROGRAMS`."""
    for _ in range(min(programs, MOST_PROGRAMS)):
        mixed = _Program(cells).solve()
        if mixed is None:
            return
        yield _approach(cells, mixed, EXACT)
        now = cells.survey(mixed)
        marked = coarse(cells, mixed, now) | tempting(now) & cells.divisible
        finer, _ = cells.split(marked, mixed)
        if not marked.any() or finer.allowed.sum() > MOST_CHOICES:
            return
        cells = finer


def can_polish(start: Approach) -> bool:
    """Whether `polish` takes cells as many as those of ``start``."""
    return _Program(start.cells).entries <= MOST_ENTRIES


def polish(start: Approach, rounds: int) -> Iterator[Approach]:
    """Closer and closer approaches from ``start``, whatever the prizes, on ever finer cells."""
    method, now = f"{start.method}, then linear programs nearby", start
    for _ in range(min(rounds, MOST_ROUNDS)):
        if not can_polish(now):
            return
        program = _Program(now.cells)
        mixed = descend(now.mixed, program.solve_near, program.nash_conv)
        now = _approach(now.cells, mixed, method)
        yield now
        marked = coarse(now.cells, now.mixed, now.cells.survey(now.mixed))
        if not marked.any():
            return
        now = _approach(*now.cells.split(marked, now.mixed), method)


class _Program:
    """The linear programs on ``cells``."""

    def __init__(self, cells: CellGame) -> None:
        self.cells, allowed = cells, cells.allowed
        n = len(allowed)
        self._owner, self._cost = np.nonzero(allowed)[0], cells.cost[allowed]
        beyond = np.cumsum(allowed[:, ::-1], axis=1)[:, ::-1]  # [n, slots]: choices from there on
        self._beyond = np.column_stack((beyond, np.zeros(n, dtype=np.int64)))
        self._tail = np.cumsum(allowed.sum(axis=1))[:, None] - self._beyond  # the first of these
        self._who, self._slot, self._share, self._paid = cells.places()

    @property
    def entries(self) -> int:
        """Of a program in which payoffs depend on each rival in its own way."""
        return 2 * self._who.size * len(self.cells.allowed)

    def nash_conv(self, mixed: Floats) -> float:
        """Of ``mixed`` ``[n, slots]``, as the cells see it, prize units."""
        return float(self.cells.survey(mixed).gains.sum())

    def solve(self) -> Floats | None:
        """The mixed strategies ``[n, slots]`` with the least NashConv, if prizes are evenly spaced; None
        if HiGHS finds none. The totals are of the tails of all developers from each slot on."""
        step = even_step(self.cells.game.prizes)
        assert step, "only evenly spaced prizes make payoffs linear"
        choices, slots = self._owner.size, self._beyond.shape[1]
        developer, at = np.nonzero(self._beyond)
        totals = scipy.sparse.csr_array(
            (np.ones(at.size), (at, self._tail[developer, at])), (slots, choices)
        )
        parts = []
        for place, weight in self._around():
            rows = np.flatnonzero(weight)
            own = rows[self._beyond[self._who[rows], place[rows]] > 0]
            tail = self._tail[self._who[own], place[own]]
            parts.append((-step * weight[rows], rows, choices + place[rows]))
            parts.append((step * weight[own], own, tail))  # nobody is ahead of itself
        return self._least(_sparse(parts, (self._who.size, choices + slots)), self._paid, totals)

    def solve_near(self, mixed: Floats, radius: float) -> Floats | None:
        """The mixed strategies with the least NashConv if payoffs were linear, whose tails differ by
        ``radius`` at most from those of ``mixed`` ``[n, slots]``."""
        prizes, everyone = self.cells.game.prizes, np.arange(len(mixed))[:, None]
        tails = np.column_stack((np.cumsum(mixed[:, ::-1], axis=1)[:, ::-1], np.zeros(len(mixed))))
        ahead = np.add(*(weight * tails[:, place] for place, weight in self._around()))
        won = expected_prizes(prizes, ahead)[self._who, np.arange(self._who.size)]
        slopes = np.zeros(ahead.shape)  # [rival, r]
        for i in range(len(mixed)):
            slopes[:, self._who == i] = prize_slopes(prizes, ahead[:, self._who == i], i)
        parts = []
        for place, weight in self._around():
            there = (self._beyond[:, place] > 0) & (weight > 0) & (everyone != self._who)
            rival, row = np.nonzero(there & (slopes != 0))
            tail = self._tail[rival, place[row]]
            parts.append((slopes[rival, row] * weight[row], row, tail))
        prize = _sparse(parts, (self._who.size, self._owner.size))
        paid = self._paid - won + (slopes * ahead).sum(axis=0)
        none = scipy.sparse.csr_array((0, self._owner.size))
        return self._least(prize, paid, none, (tails[:, :-1][self.cells.allowed], radius))

    def _around(self) -> list[tuple[NDArray[np.int64], Floats]]:
        """At a place, a rival is ahead with the chance of these tails, in these shares."""
        return [(self._slot, 1 - self._share), (self._slot + 1, self._share)]

    def _least(
        self,
        prize: scipy.sparse.csr_array,
        paid: Floats,
        totals: scipy.sparse.csr_array,
        around: tuple[Floats, float] | None = None,
    ) -> Floats | None:
        deviations = Deviations(self._who, paid, prize, totals)
        scale = self.cells.game.prize_range
        chances = least_nash_conv(self._owner, self._cost, deviations, scale, around)
        if chances is None:
            return None
        mixed = np.zeros(self.cells.allowed.shape)
        mixed[self.cells.allowed] = chances
        return mixed / mixed.sum(axis=1, keepdims=True)


def _sparse(
    parts: list[tuple[Floats, NDArray[np.int64], NDArray[np.int64]]], shape: Any
) -> scipy.sparse.csr_array:
    entries, rows, columns = (np.concatenate(part) for part in zip(*parts, strict=True))
    return scipy.sparse.csr_array((entries, (rows, columns)), shape=shape)


def _approach(cells: CellGame, mixed: Floats, method: str) -> Approach:
    return Approach(float(cells.survey(mixed).gains.sum()), cells, mixed, method)


def coarse(cells: CellGame, mixed: Floats, now: Survey) -> NDArray[np.bool_]:
    """The cells ``[cells]`` to be halved, those that lose most ``now``: where developers play although
    the best effort pays more, and where that is."""
    best = now.value + now.gains
    forgone = np.where(cells.allowed, best[:, None] - now.earned, 0.0)
    lost = (mixed * forgone).sum(axis=0)[1::2]
    np.add.at(lost, now.inside.argmax(axis=1), now.gains)
    order = np.argsort(-lost, kind="stable")
    total = np.cumsum(lost[order])
    marked = np.zeros(lost.size, dtype=bool)
    marked[order[: int(np.searchsorted(total, SHARE * total[-1])) + 1]] = True
    return marked & (lost > 0) & cells.divisible


def tempting(now: Survey) -> NDArray[np.bool_]:
    """The cells ``[cells]`` in which somebody who gains much gains nearly as much as anywhere. Of many
    alike each has to be halved before the gain falls."""
    gains = now.gains[:, None]
    return np.any((now.inside > NEARLY * gains) & (gains > MUCH * gains.max()), axis=0)
