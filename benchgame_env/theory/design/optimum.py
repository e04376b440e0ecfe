"""The rule to announce: the designer's optimum over families of rules (theory section 13.2).

The loss is known exactly where honest play is stable, and for two developers by quadrature. Elsewhere
the answer is the best of what was tried, each with a certificate, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from benchgame_env.game import Game
from benchgame_env.named_games import as_game
from benchgame_env.subgame import Subgame
from benchgame_env.theory.design.duel_levels import all_or_nothing, chord_price
from benchgame_env.theory.design.families import Family, families_of
from benchgame_env.theory.design.loss import DesignLoss
from benchgame_env.theory.design.outcome import (
    SELECTIONS,
    UNIQUE,
    DesignOutcome,
    Selection,
    chosen,
    closed_form,
    design_loss,
)
from benchgame_env.theory.design.search import Point, grid, local_minima, search
from benchgame_env.theory.design.stable_levels import candidates
from benchgame_env.theory.pure.overtaking import largest_temptation
from benchgame_env.theory.pure.thresholds import stabilizing_levels
from benchgame_env.validate import choice, integer, number

COARSE, FINE = 1e-3, 2e-5  # NashConv, as shares of P, of the first look and of the next ones
FIRST, TRIES = 24, 60  # points of the first look on a range, and then
FIRST_OF_DUELS, TRIES_OF_DUELS = 200, 400  # where a loss takes milliseconds
WIDTH = 0.01  # of the range: neighbours closer than that are not halved
FARTHEST = 100.0  # effort scales: the last level looked at where tuning costs nothing
ALL_OR_NOTHING = "closed form: all or nothing"


@dataclass(frozen=True, eq=False)
class Tried:
    """A rule that was tried; ``level, loss = tried`` reads the two figures.

    Attributes
    ----------
    protocol : Protocol
        The rule itself.
    family : Family
        Where it belongs.
    value : object
        The value of the chosen parameter; None where there is none to choose.
    outcome : DesignOutcome
        What it brings.
    attained : bool
        Whether its loss is one that a rule has; else it is the limit of rules just above ``value``.
    """

    protocol: Any
    family: Family
    value: Any
    outcome: DesignOutcome
    attained: bool = True

    @property
    def loss(self) -> float:
        """The loss."""
        return self.outcome.loss

    @property
    def error(self) -> float:
        """By how much its certificate leaves the loss open."""
        return self.outcome.error

    @property
    def level(self) -> float:
        """The level of tune-before-test; 0 for a rule without one."""
        return float(self.setting[1].get("level", 0.0))

    @property
    def setting(self) -> tuple[str, dict[str, Any]]:
        """The name of the rule and its parameters, as every function takes them."""
        return self.family.protocol, self.family.parameters(self.value)

    def __iter__(self) -> Iterator[float]:
        return iter((self.level, self.loss))

    def __str__(self) -> str:
        name, parameters = self.setting
        listed = ", ".join(
            f"{key}={value:.6g}" if isinstance(value, float) else f"{key}={value}"
            for key, value in parameters.items()
        )
        return f"{name}({listed})" if listed else name


@dataclass(frozen=True, eq=False)
class OptimalDesign:
    """The designer's optimum.

    Attributes
    ----------
    best : Tried
        The rule with the least loss.
    optima : tuple of Tried
        Every local optimum, the least loss first: of a family with values in order those that are
        surely lower than what lies between them and any lower one; else the best of the family.
    ties : tuple of Tried
        Rules tried whose loss may be the least too, within the errors; ``best`` is not among them.
    tried : tuple of Tried
        Everything that was tried, family by family, in order of the parameter.
    weights : DesignLoss
        The loss.
    selection : str
        ``pessimistic`` or ``optimistic``.
    exact : bool
        Whether the optimum is proved, and not only the best of what was tried.
    scope : str
        What is proved and what is not.
    switch_price : float or None
        With two developers, the price per effort unit and model from which on level 0 is better than
        the least stable level, where nothing between is ever best; None where not known.
    trap_price : float or None
        The price from which on a search by small steps from level 0 stays there, where a closed form
        tells; None where not known.
    """

    best: Tried
    optima: tuple[Tried, ...]
    ties: tuple[Tried, ...]
    tried: tuple[Tried, ...]
    weights: DesignLoss
    selection: Selection
    exact: bool
    scope: str
    switch_price: float | None = None
    trap_price: float | None = None

    @property
    def protocol(self) -> Any:
        """The rule to announce."""
        return self.best.protocol

    @property
    def level(self) -> float:
        """Its tune-before-test level; 0 for a rule without one."""
        return self.best.level

    @property
    def loss(self) -> float:
        """Its loss."""
        return self.best.loss

    @property
    def error(self) -> float:
        """By how much its certificate leaves the loss open."""
        return self.best.error

    @property
    def price(self) -> float:
        """The price of an effort unit of tuning for one model."""
        return self.weights.price

    def table(self) -> list[list[str]]:
        """The optima and the ties, a header first: rule, loss, its error and parts, and the play."""
        header = ["rule", "loss", "error", "tau", "burnt", "best on top", "own cost", "play"]
        return [header, *(_row(one) for one in (*self.optima, *self.ties))]

    def __str__(self) -> str:
        rows = self.table()
        widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
        lines = [
            "  ".join(cell.ljust(wide) for cell, wide in zip(row, widths, strict=True)) for row in rows
        ]
        return "\n".join([f"{self.best}: {self.scope}", *(line.rstrip() for line in lines)])


def _row(one: Tried) -> list[str]:
    found = one.outcome
    parts = (found.tau, found.burnt, found.best_on_top, found.own_cost)
    return [
        str(one),
        f"{one.loss:.4g}",
        f"{one.error:.1g}",
        *(f"{part:.3g}" for part in parts),
        found.play,
    ]


@dataclass(frozen=True)
class _Found:
    """What was found in one family."""

    tried: list[Tried]
    optima: list[Tried]
    exact: bool
    scope: str
    switch_price: float | None = None
    trap_price: float | None = None


def optimal_design(
    game: Game | str,
    families: Iterable[Any] = ("tune-before-test",),
    loss: DesignLoss | Mapping[str, float] | None = None,
    price: float | None = None,
    selection: Selection = "pessimistic",
    tolerance: float = FINE,
    tries: int | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> OptimalDesign:
    """The rule with which a designer who moves first has the least loss, by predicted play.

    Parameters
    ----------
    game : Game or str
        The game, or its name.
    families : iterable
        Names of protocols, pairs ``(name, parameters)`` or `Family` objects, see `Family.of`.
        Tune-before-test at level 0 is direct evaluation.
    loss : DesignLoss or mapping, optional
        See `DesignLoss.of`. Default: tau and burnt, 1 each.
    price : float, optional
        Of one effort unit of tuning for one model, in units of loss. Default: that of ``loss``.
    selection : {"pessimistic", "optimistic"}
        Which of several equilibria is expected.
    tolerance : float
        NashConv, as a share of P, of the certificates around what may be least. Coarse ones move optima.
    tries : int, optional
        Points looked at after the first look on each range, >= 1.
    progress : callable
        Called with the number of rules that were tried in a family.

    Returns
    -------
    OptimalDesign

    Raises
    ------
    ValueError
        Unknown names, unsuitable parameters, or no rule with a predicted play.

    Examples
    --------
    >>> import benchgame_env as bg
    >>> found = bg.theory.optimal_design("scaling-laws", price=0.01)
    >>> round(found.level, 3), round(found.loss, 3), len(found.optima)
    (1.312, 0.039, 1)
    """
    game, weights = as_game(game), DesignLoss.of(loss, price)
    choice("selection", selection, SELECTIONS)
    number("tolerance", tolerance, low=0, strict=True)
    if tries is not None:
        integer("tries", tries, low=1)
    task = _Task(game, weights, selection, tolerance, tries, progress)
    found = [task.of_family(family) for family in families_of(families, game)]
    tried = tuple(one for part in found for one in part.tried)
    known = [one for one in tried if one.loss == one.loss]
    if not known:
        raise ValueError(f"families: no play is predicted: {tried[0].outcome.scope}")
    best = min(known, key=lambda one: one.loss)
    optima = sorted((one for part in found for one in part.optima), key=lambda one: one.loss)
    ties = [one for one in known if one not in optima and one.loss - one.error <= best.loss + best.error]
    alone = found[0] if len(found) == 1 else None
    return OptimalDesign(
        best=best,
        optima=tuple(optima),
        ties=tuple(sorted(ties, key=lambda one: one.loss)),
        tried=tried,
        weights=weights,
        selection=selection,
        exact=all(part.exact for part in found),
        scope="; ".join(dict.fromkeys(part.scope for part in found)),
        switch_price=alone.switch_price if alone else None,
        trap_price=alone.trap_price if alone else None,
    )


@dataclass(frozen=True)
class _Task:
    """What is asked of every family."""

    game: Game
    loss: DesignLoss
    selection: Selection
    tolerance: float
    tries: int | None
    progress: Callable[[int], None]

    def of_family(self, family: Family) -> _Found:
        if family.has_levels:
            return self._of_levels(family)
        if family.is_range:
            return self._of_range(family)
        values = family.values or (None,)
        tried = []
        for k, value in enumerate(values):
            tried.append(self._try(family, value))
            self.progress(k + 1)
        known = [one for one in tried if one.loss == one.loss]
        best = sorted(known, key=lambda one: one.loss)[:1]
        exact = all(one.error == 0 and one.outcome.scope == UNIQUE for one in tried)
        rules = "the rule" if len(tried) == 1 else f"all {len(tried)} rules of {family.protocol}"
        scope = f"exact: {rules}" if exact else f"{rules}, each up to the error of its certificate"
        return _Found(tried, best, exact, scope)

    def _try(self, family: Family, value: Any) -> Tried:
        rule = family.rule(value)
        outcome = design_loss(self.game, rule, self.loss, self.selection, self.tolerance)
        return Tried(rule, family, value, outcome)

    def _look(self, family: Family, value: float, tolerance: float) -> DesignOutcome:
        """The outcome at a value; of a duel without the grader's certificate, which takes longer."""
        subgame = Subgame(self.game, family.rule(value))
        if self.game.n_developers == 2 and subgame.kind == "exact" and largest_temptation(subgame).pair:
            closed = closed_form(subgame)
            if closed is not None:
                return chosen(subgame, self.loss, self.selection, [closed])
        return design_loss(self.game, subgame.rule, self.loss, self.selection, tolerance)

    def _search(self, family: Family, values: Any, known: list[Point], width: float) -> list[Point]:
        most = TRIES_OF_DUELS if self.game.n_developers == 2 else TRIES
        tolerances = max(COARSE, self.tolerance), self.tolerance
        look = partial(self._look, family)
        return search(look, values, known, tolerances, width, self.tries or most, self.progress)

    @property
    def _first(self) -> int:
        return FIRST_OF_DUELS if self.game.n_developers == 2 else FIRST

    def _of_range(self, family: Family) -> _Found:
        high = family.high if np.isfinite(family.high) else FARTHEST * self.game.finite_effort_scale
        unit = 1e-3 * (high - family.low) or 1.0
        points = self._search(family, grid(family.low, high, unit, self._first), [], WIDTH * high)
        scope = f"best of {len(points)} tried of {family.protocol}"
        return self._listed(family, points, False, scope)

    def _listed(
        self, family: Family, points: list[Point], exact: bool, scope: str, **more: Any
    ) -> _Found:
        tried = [Tried(family.rule(point.value), family, point.value, point.outcome) for point in points]
        minima = {point.value for point in local_minima(points)}
        return _Found(tried, [one for one in tried if one.value in minima], exact, scope, **more)

    def _of_levels(self, family: Family) -> _Found:
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
        kept = [point for point in known if point.value <= high]
        points = self._search(family, values, kept, WIDTH * high)
        elsewhere = [point for point in points if point.value not in {one.value for one in known}]
        proved = complete and not _wide(stable) and (closed is not None or not gaps)
        if closed is not None:
            scope = f"exact: {ALL_OR_NOTHING}"
        elif not gaps:
            scope = "exact: honest play is stable wherever the loss may be least"
        else:
            scope = f"exact on the stable set, best of {len(elsewhere)} levels tried elsewhere"
        switch, trap = closed or (None, None)
        if closed is None and game.n_developers == 2 and low == 0:
            switch = chord_price(game, self.loss, partial(self._look, family, tolerance=self.tolerance))
        found = self._listed(family, points, proved, scope, switch_price=switch, trap_price=trap)
        if points[-1].value in values and high < family.high:  # the loss may fall further on, in vain
            found = replace(found, optima=[one for one in found.optima if one.value < points[-1].value])
        return replace(found, tried=[self._attained(one, infima) for one in found.tried],
                       optima=[self._attained(one, infima) for one in found.optima])  # fmt: skip

    def _attained(self, one: Tried, infima: set[float]) -> Tried:
        return replace(one, attained=one.value not in infima)

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
