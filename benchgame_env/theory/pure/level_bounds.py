"""Bounds on what overtaking takes and gains, which hold at every tune-before-test level of a box.

Arrays of pairs are ``[3, rows, r]``: in each row r passes a rival k in a box ``[low, high]`` of levels,
with rivals' scores moved by each of `SHIFTS`. The *lead* of k over r is the own effort that r needs to
pass k; it is negative where r is ahead. ``x`` is r's total effort then.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchgame_env.curves import End
from benchgame_env.game import Game
from benchgame_env.numerics import above, publish
from benchgame_env.subgame import Subgame
from benchgame_env.theory.pure.honest_board import RESOLVED
from benchgame_env.validate import Floats

SHIFTS = np.array([-1.0, 0.0, 1.0])[:, None, None]  # in steps of the grid
LOWER, SAME, HIGHER = range(3)
# float64 gets scores wrong by 4 units in the last place of 1 at most, 2**-27 of a step of the grid, and
# efforts by a relative 2**-46; both with room to spare.
ROUNDING, RELATIVE = 2.0**-26, 2.0**-46
FAR = 1e300  # an effort out of reach, where inf would give inf - inf

Flags = NDArray[np.bool_]


class Laws(NamedTuple):
    """Curves and budgets ``[m, n]``, a draw a row; developers in the order of quality of their draw."""

    curves: Any
    budget: Floats

    def part(self, some: Any) -> Laws:
        """Some of the rows."""
        return Laws(self.curves[some], self.budget[some])


class Bounds:
    """What the ends of boxes say of every level between them.

    Parameters
    ----------
    game : Game
        The game.
    low, high : arrays of float
        The boxes' ends, ``[m]``, effort units.
    ahead : array of bool
        Whether k is known to be above r on the published board throughout, ``[m, k, r]``.
    worth : array of bool
        Whether passing k need be looked at, ``[m, k]``; at least one in each box.
    laws : Laws, optional
        Curves and budgets of each box, where boxes are of different draws; default: those of the game.

    Attributes
    ----------
    ahead : array of bool
        As the parameter, with what is found.
    sound : array of bool
        ``[m]``; False where curves that should not fall do, so that nothing is certain.
    """

    def __init__(
        self,
        game: Game,
        low: Floats,
        high: Floats,
        ahead: Flags,
        worth: Flags,
        laws: Laws | None = None,
    ) -> None:
        n = game.n_developers
        self.game, self.subgame, self.who = game, Subgame(game, "direct"), np.arange(n)
        self.box, k = np.nonzero(worth)
        shared = Laws(game.curves, game.budget)
        self.curves, self.budget = laws or shared
        self.row_curves, self.row_budget = laws.part(self.box) if laws else shared
        self.k, self.worth = k[:, None], worth
        self.ends = (low[:, None], high[:, None])
        self.scores = [self._scores(level + np.zeros(n)) for level in self.ends]
        self.shown = [publish(scores) for scores in self.scores]
        step = above(self.shown[1]) - self.shown[1]
        self.sound: Any = (self.scores[0] <= self.scores[1] + ROUNDING * step).all(axis=1)
        # Favoured by the tie rule, r need not exceed k's score.
        self.strictly = self.who >= self.k
        self._bound_leads()
        self.ahead = ahead | self._seen_ahead()
        self.best = self.ahead.sum(axis=1)  # ranks from 0, [m, n]
        self.worst = n - 1 - self.ahead.sum(axis=2)

    def _scores(self, efforts: Floats) -> Floats:
        return np.asarray(self.curves.score(efforts), dtype=np.float64)

    def _rivals(self, values: Floats) -> Floats:
        """The overtaken's own of ``values`` ``[m, n]``, ``[rows, 1]``."""
        return values[self.box, self.k[:, 0]][:, None]

    # --- leads ------------------------------------------------------------------------------------

    def _bound_leads(self) -> None:
        """Sets ``least`` and ``most``, bounds on leads, and ``constant``, where a lead is."""
        low, high = (self._end(way) for way in (0, 1))
        fall, rise = self._slopes(low, high)
        # A function with such slopes lies between two bent lines through its ends.
        steep, self.constant = np.isinf(rise), fall + rise == 0
        total = np.where(steep | self.constant, 1.0, fall + rise)
        share = np.where(steep, 1.0, rise / total)
        bend = np.where(steep, fall, fall * share) * (high.level - low.level)
        slack = [_slack(end, self.game.finite_effort_scale) for end in (low, high)]
        first, last = low.effort - slack[0] - low.level, high.effort - slack[1] - high.level
        least = np.where(
            self.constant, np.minimum(first, last), first * share + last * (1 - share) - bend
        )
        first, last = first + 2 * slack[0], last + 2 * slack[1]
        most = np.where(
            self.constant, np.maximum(first, last), first * (1 - share) + last * share + bend
        )
        self.least = np.where(low.effort < FAR, least, np.inf)
        self.most = np.where(high.effort < FAR, most, np.inf)

    def _end(self, way: int) -> End:
        score = self._rivals(self.scores[way])
        shown = self._rivals(self.shown[way])
        moved = score + SHIFTS * (above(shown) - shown)
        aim = np.where(self.strictly, np.nextafter(moved, np.inf), moved)
        effort = np.asarray(self.row_curves.effort_for(aim), dtype=np.float64)
        return End(self.k, self.ends[way][self.box], score, aim, np.minimum(effort, FAR))

    def _slopes(self, low: End, high: End) -> tuple[Floats, Floats]:
        """How fast a lead falls and rises with the level at most. A total effort does not fall, so a
        lead falls by 1 for 1 at most; how fast it rises, only a family's formula says."""
        exchange = getattr(self.row_curves, "exchange", None)
        if exchange is None:
            return np.ones_like(low.effort), np.full_like(low.effort, np.inf)
        with np.errstate(over="ignore"):
            slowest, fastest = exchange(low, high)
        slowest = np.where(low.effort > 0, slowest, 0.0)
        fastest = np.where(high.effort < FAR, fastest, np.inf)
        return np.maximum(1 - slowest, 0.0), np.maximum(fastest - 1, 0.0)

    # --- the board --------------------------------------------------------------------------------

    def _seen_ahead(self) -> Any:
        """Whether k is above r at every level, by published scores or by its lead, ``[m, k, r]``."""
        lowest, highest = self.shown[0][:, :, None], self.shown[1][:, None]
        better = self.who > self.who[:, None]  # k, by quality: ties are k's
        ahead = (lowest > highest) | (better & (lowest >= highest))
        leads = (self.least[LOWER] > 0) | (self.who > self.k) & (self.least[SAME] > 0)
        ahead[self.box, self.k[:, 0]] |= leads
        return ahead

    # --- costs ------------------------------------------------------------------------------------

    @cached_property
    def _cost_at_least(self) -> Floats:
        """What it costs to pass; infinite where it cannot be done."""
        effort = np.minimum(np.maximum(self.least, 0.0), self.row_budget)
        # Whoever is behind has to do something, unless rivals' scores are taken to be lower.
        effort[SAME:] = np.nextafter(effort[SAME:], np.inf)
        within = self._within(np.maximum(self.least[SAME], 0.0), surely=False)
        return np.where(within, self.subgame.cost(effort), np.inf)

    @cached_property
    def _cost_at_most(self) -> Floats:
        effort = np.maximum(self.most, 0.0)
        # Of a published tie both scores have to be exceeded, one's own too.
        tied = self.strictly & (self._rivals(self.shown[0]) <= self.shown[1][self.box])
        if tied.any():
            own = self.curves.effort_for(np.nextafter(self.scores[1], np.inf)) - self.ends[0]
            own = np.where(tied, np.maximum(own * (1 + RELATIVE), 0.0)[self.box], 0.0)
            effort[SAME] = np.maximum(effort[SAME], own)
        within = self._within(effort[SAME], surely=True)
        effort = np.nextafter(np.minimum(effort, self.row_budget), np.inf)
        return np.where(within, self.subgame.cost(effort), np.inf)

    def _within(self, effort: Floats, surely: bool) -> Flags:
        """Whether the budget allows r to pass k, at some level or ``surely`` at all, where without a
        budget it takes ``effort`` ``[rows, r]`` at least or at most.

        At the budget published scores decide. Where the curves differ from them by far, one step lower
        or higher gives the two possible answers."""
        if not self.subgame.limited:
            return np.ones((), dtype=bool)
        at, aims = self._tops, [self._rivals(shown) for shown in self.shown]
        aims = [np.where(self.strictly, above(aim), aim) for aim in aims]
        start, end = (1, 0) if not surely else (0, 1)
        ends = [at[way] >= aims[way] for way in (0, 1)]
        alike = ends[0] & ends[1] if surely else ends[0] | ends[1]
        within = np.where(self.constant[SAME], alike, at[start] >= aims[end])
        much = RESOLVED * self.game.prize_range
        needed, spent = self.subgame.cost(effort), self.subgame.cost(self.row_budget)
        return np.stack((within | (needed + much < spent), within, within & ~(needed > spent + much)))

    @cached_property
    def _tops(self) -> list[Floats]:
        """Published scores at the whole budget, at both ends, ``[rows, r]``."""
        limited = np.isfinite(self.budget)
        spent = np.where(limited, self.budget, 0.0)
        tops = [np.where(limited, self._scores(level + spent), np.inf) for level in self.ends]
        return [publish(top)[self.box] for top in tops]

    # --- gains ------------------------------------------------------------------------------------

    @cached_property
    def _most_gains(self) -> Floats:
        prizes, behind = self.game.prizes, self.ahead.transpose(0, 2, 1)[self.box, self.k[:, 0]]
        gain = prizes[self._rivals(self.best)] - prizes[self.worst[self.box]] - self._cost_at_least
        return np.where(behind | (self.who == self.k), -np.inf, gain).max(axis=2)

    @property
    def most_gain(self) -> Floats:
        """No gain from overtaking exceeds it, ``[3, m]``, prize units."""
        return self._by_box(self._most_gains)

    def worth_passing(self, edge: float) -> Flags:
        """Whether somebody may gain more than ``edge`` by passing k, ``[m, k]``."""
        worth = np.zeros_like(self.worth)
        worth[self.box, self.k[:, 0]] = (self._most_gains > edge).any(axis=0)
        return worth

    @property
    def least_gain(self) -> Floats:
        """At every level some gain from overtaking is as large, ``[3, m]``, prize units."""
        prizes, ahead = self.game.prizes, self.ahead[self.box, self.k[:, 0]]
        gain = prizes[self._rivals(self.worst)] - prizes[self.best[self.box]] - self._cost_at_most
        known = self._by_box(np.where(ahead, gain, -np.inf).max(axis=2))
        return known if (self.best == self.worst).all() else np.maximum(known, self._gains_of_last())

    def _by_box(self, gains: Floats) -> Floats:
        """The largest of ``gains`` ``[3, rows]`` in each box, ``[3, m]``."""
        starts = np.flatnonzero(np.diff(self.box, prepend=-1))
        return np.maximum.reduceat(gains, starts, axis=1)

    def _gains_of_last(self) -> Floats:
        """What the last in a group of developers, whose order is not known or changes, gains at least by
        passing the first, ``[3, m]``. Who they are need not be known."""
        n, prizes = self.who.size, self.game.prizes
        surely_before = (self.worst[:, :, None] < self.who).sum(axis=1)
        cut = surely_before == self.who  # a group begins at this place
        first = np.maximum.accumulate(np.where(cut, self.who, 0), axis=1)
        next_cut = np.where(cut, self.who, n)[:, ::-1]
        last = np.minimum.accumulate(next_cut, axis=1)[:, ::-1]
        last = np.append(last[:, 1:], np.full((len(last), 1), n), axis=1) - 1
        first, last = (np.take_along_axis(place, self.best, axis=1) for place in (first, last))
        together = first[:, :, None] == first[:, None]  # [m, k, r]
        costs = np.where(
            together[self.box, self.k[:, 0]] & (self.who != self.k), self._cost_at_most, 0.0
        )
        dearest = np.broadcast_to(np.where(first < last, np.inf, 0.0), (3, *first.shape)).copy()
        dearest[:, self.box, self.k[:, 0]] = costs.max(axis=2)
        dearest = np.where(together, dearest[:, :, None], 0.0).max(axis=3)
        return np.where(first < last, prizes[first] - prizes[last] - dearest, -np.inf).max(axis=2)


def _slack(end: End, unit: float) -> Floats:
    """What rounding may do to x, ``[rows, r]``: what it does to a score is `ROUNDING` of a step of the
    grid. Below the effort ``unit`` it is absolute."""
    lower, same, higher = end.effort
    step = np.where(higher < FAR, higher, np.where(same < FAR, same, 2 * lower)) - lower
    return ROUNDING * step + RELATIVE * (np.where(same < FAR, same, 0.0) + end.level + unit)
