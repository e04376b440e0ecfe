"""The least loss in one family of rules (theory section 13.2).

Of tune-before-test more is known: where honest play is stable the loss is exact, tuning alone bounds the
levels to look at, and for two developers a proof covers all levels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from benchgame_env.game import Game
from benchgame_env.subgame import Subgame
from benchgame_env.theory.design.duel_bounds import covers, least_loss
from benchgame_env.theory.design.duel_levels import all_or_nothing, chord_price
from benchgame_env.theory.design.equilibria import UNIQUE, closed_form
from benchgame_env.theory.design.families import Family
from benchgame_env.theory.design.loss import DesignLoss
from benchgame_env.theory.design.outcome import (
    DesignOutcome,
    Selection,
    chosen,
    design_loss,
    mean_outcome,
)
from benchgame_env.theory.design.play import MYOPIC
from benchgame_env.theory.design.result import Tried, comparable
from benchgame_env.theory.design.search import Point, grid, local_minima, search
from benchgame_env.theory.design.stable_levels import candidates
from benchgame_env.theory.pure.overtaking import largest_temptation
from benchgame_env.theory.pure.thresholds import stabilizing_levels

COARSE, FINE = 1e-3, 2e-5  # NashConv, as shares of P, of the first look and of the next ones
FIRST, TRIES = 24, 60  # points of the first look on a range, and then
FIRST_IN_DRAWS, TRIES_IN_DRAWS = 20, 10  # where a loss is the mean of many
FIRST_OF_DUELS, TRIES_OF_DUELS = 200, 400  # where a loss takes milliseconds
WIDTH = 0.01  # of the range: neighbours closer than that are not halved
FARTHEST = 100.0  # effort scales: the last level looked at where tuning costs nothing
PROVED = 1e-3  # of the largest loss of a board: a duel's optimum is proved up to that
ALL_OR_NOTHING = "closed form: all or nothing"


@dataclass(frozen=True)
class Found:
    """What was found in one family."""

    tried: list[Tried]
    optima: list[Tried]
    exact: bool
    scope: str
    switch_price: float | None = None
    trap_price: float | None = None


@dataclass(frozen=True)
class Task:
    """What is asked of every family."""

    game: Game
    loss: DesignLoss
    selection: Selection
    tolerance: float
    tries: int | None
    progress: Callable[[int], None]
    draws: Sequence[Game] = ()  # in whose mean the loss counts, if there are any

    def of_family(self, family: Family) -> Found:
        """What was tried in one family, and what of it is proved."""
        if family.has_levels and not self.draws:
            return self._of_levels(family)
        if family.is_range:
            return self._of_range(family)
        values = family.values or (None,)
        tried = []
        for k, value in enumerate(values):
            tried.append(self._try(family, value))
            self.progress(k + 1)
        known = comparable(tried)
        best = sorted(known, key=lambda one: one.loss)[:1]
        exact = not self.draws and all(one.error == 0 and one.outcome.scope == UNIQUE for one in tried)
        sure = "exact" if exact else "known up to the error of its certificate"
        whose = "its loss is" if len(tried) == 1 else f"all {len(tried)} settings tried, each loss"
        scope = f"{family.protocol}: {whose} {sure}"
        if any(one.outcome.concept == MYOPIC for one in known):
            scope = f"{family.protocol}: best responses one round ahead, not an equilibrium"
        return Found(tried, best, exact, scope)

    def _try(self, family: Family, value: Any) -> Tried:
        rule = family.rule(value)
        if self.draws:
            return Tried(rule, family, value, self._look(family, value, self.tolerance))
        outcome = design_loss(self.game, rule, self.loss, self.selection, self.tolerance)
        return Tried(rule, family, value, outcome)

    def _look(self, family: Family, value: float, tolerance: float) -> DesignOutcome:
        """The outcome at a value, in the mean of draws if there are any."""
        rule = family.rule(value)
        if not self.draws:
            return self._look_in(self.game, rule, tolerance)
        rough = max(COARSE, tolerance)
        return mean_outcome([self._look_in(game, rule, rough) for game in self.draws])

    def _look_in(self, game: Game, rule: Any, tolerance: float) -> DesignOutcome:
        """The outcome in a game; of a duel without the grader's certificate, which takes longer."""
        subgame = Subgame(game, rule)
        if game.n_developers == 2 and subgame.kind == "exact" and largest_temptation(subgame).pair:
            closed = closed_form(subgame)
            if closed is not None:
                return chosen(subgame, self.loss, self.selection, [closed])
        return design_loss(game, subgame.rule, self.loss, self.selection, tolerance)

    def _search(self, family: Family, values: Any, known: list[Point], width: float) -> list[Point]:
        most = TRIES_IN_DRAWS if self.draws else TRIES_OF_DUELS if self.game.n_developers == 2 else TRIES
        tolerances = max(COARSE, self.tolerance), self.tolerance
        look = partial(self._look, family)
        return search(look, values, known, tolerances, width, self.tries or most, self.progress)

    @property
    def _first(self) -> int:
        if self.draws:
            return FIRST_IN_DRAWS
        return FIRST_OF_DUELS if self.game.n_developers == 2 else FIRST

    def _of_range(self, family: Family) -> Found:
        first = [self._point(family, family.low)]
        high = self._bound(family, first) if family.has_levels else family.high
        high = high if np.isfinite(high) else FARTHEST * self.game.finite_effort_scale
        unit = 1e-3 * (high - family.low) or 1.0
        points = self._search(family, grid(family.low, high, unit, self._first), first, WIDTH * high)
        scope = f"best of {len(points)} settings of {family.protocol} that were tried"
        return self._listed(family, points, False, scope)

    def _listed(
        self,
        family: Family,
        points: list[Point],
        exact: bool,
        scope: str,
        infima: Set[float] = frozenset(),
        **more: Any,
    ) -> Found:
        tried = [
            Tried(
                family.rule(point.value), family, point.value, point.outcome, point.value not in infima
            )
            for point in points
        ]
        minima = {point.value for point in local_minima(points)}
        return Found(tried, [one for one in tried if one.value in minima], exact, scope, **more)

    def _of_levels(self, family: Family) -> Found:
        """Tune-before-test over its level."""
        game, low = self.game, family.low
        first = self._point(family, low)
        high = self._bound(family, [first])
        if high <= low:
            return self._listed(family, [first], True, "exact: any tuning costs more than it can bring")
        stable = stabilizing_levels(game, high)
        inside, complete = candidates(game, stable, family.rule(low).ties)
        known = [self._point(family, one.level) for one in inside if one.level >= low]
        infima = {one.level for one in inside if not one.attained}
        known = [first, *(point for point in known if point.value != low)]
        high = self._bound(family, known)
        gaps = _gaps(stable, low, high)
        closed = all_or_nothing(game, self.loss, family.rule(low)) if low == 0 else None
        values = np.unique(np.concatenate([np.empty(0), *(self._grid(*gap) for gap in gaps)]))
        points = self._search(family, values, known, WIDTH * high)
        elsewhere = [point for point in points if point.value not in {one.value for one in known}]
        proved, scope = self._proof(family, points, high, closed is not None, bool(gaps))
        # Without a price nothing but a loss of 0 tells what levels beyond the last one looked at bring.
        beyond = not self.loss.price and high < family.high and min(p.most for p in points) > 1e-9
        proved &= complete and not _wide(stable) and not beyond
        if not proved:
            scope = f"exact on the stable set, best of {len(elsewhere)} levels tried elsewhere"
            scope += f", up to level {high:.6g}" * beyond
        switch, trap = closed or (None, None)
        if closed is None and game.n_developers == 2 and low == 0:
            switch = chord_price(game, self.loss, partial(self._look, family, tolerance=self.tolerance))
        found = self._listed(family, points, proved, scope, infima, switch_price=switch, trap_price=trap)
        if points[-1].value in values and high < family.high:  # the loss may fall further on, in vain
            found = replace(found, optima=[one for one in found.optima if one.value < points[-1].value])
        return found

    def _proof(
        self, family: Family, points: list[Point], high: float, closed: bool, unstable: bool
    ) -> tuple[bool, str]:
        """Whether no level is better than the ``points``, and why."""
        if closed:
            return True, f"exact: {ALL_OR_NOTHING}"
        if not unstable:
            return True, "exact: honest play is stable wherever the loss may be least"
        if not covers(self.game) or family.rule(family.low).ties != "quality":
            return False, ""
        best = min(point.most for point in points)
        within = PROVED * self.loss.largest
        shown = least_loss(self.game, self.loss, family.low, high, best - within)
        gap = best - shown
        return gap <= within * (1 + 1e-9), f"proved: no level has a loss lower by more than {gap:.1g}"

    def _point(self, family: Family, level: float) -> Point:
        return Point(level, self._look(family, level, self.tolerance), self.tolerance)

    def _bound(self, family: Family, known: list[Point]) -> float:
        """The level beyond which tuning alone costs more than the least loss so far."""
        rate = self.loss.price * self.game.n_developers
        best = min((point.most for point in known if point.loss == point.loss), default=np.inf)
        most = best / rate if rate and np.isfinite(best) else FARTHEST * self.game.finite_effort_scale
        return min(family.high, most)

    def _grid(self, low: float, high: float) -> Any:
        """Levels inside a gap: its ends are looked at where they are stable."""
        return grid(low, high, 1e-3 * self.game.finite_effort_scale, self._first)[1:-1]


def _gaps(stable: Any, low: float, high: float) -> list[tuple[float, float]]:
    """The parts of ``[low, high]`` in which honest play is not known to be stable."""
    found, start = [], low
    for first, last in stable:
        if first > start:
            found.append((start, min(first, high)))
        start = max(start, last)
    if start < high:
        found.append((start, high))
    return [(first, last) for first, last in found if first < high and last > first]


def _wide(stable: Any) -> bool:
    """Whether more is undecided than what rounding hides at the ends of intervals."""
    return any(high - low > 1e-6 * high for low, high in stable.undecided)
