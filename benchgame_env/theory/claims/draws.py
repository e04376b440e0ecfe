"""Random and adversarial subgames: ordinary numbers, and on purpose those at which theorems break.

Half of the games lie on a lattice of eighths, on which scores tie and costs meet prizes exactly. A kind
of curve, cost or budget whose formula breaks a hypothesis that is asked for is not drawn. That saves
time; whether the hypotheses hold is checked all the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from benchgame_env.costs import CappedCost, EntryCost, LinearCost, PowerCost
from benchgame_env.curves import Additive, ScalingLaw, Tabulated
from benchgame_env.game import Game
from benchgame_env.rules import Direct, TuneBeforeTest
from benchgame_env.subgame import Subgame
from benchgame_env.validate import Floats

LATTICE = 8  # steps per unit
SIZES = (2, 2, 2, 3, 3, 4, 5, 6)  # numbers of developers
Rng = np.random.Generator
Needs = Collection[str]


class Dice:
    """What is drawn for one game: numbers on a lattice, or anywhere.

    Parameters
    ----------
    rng : numpy.random.Generator
        Of all that is drawn.
    needs : collection of str
        Names of the hypotheses that should hold.
    lacks : collection of str
        Names of hypotheses of which one should not.
    """

    def __init__(self, rng: Rng, needs: Needs, lacks: Needs) -> None:
        self.rng, self.needs, self.lacks = rng, needs, lacks
        self.lattice = rng.random() < 0.5
        self.n = SIZES[rng.integers(len(SIZES))]

    def numbers(self, low: float, high: float, size: int) -> Floats:
        """Uniform on ``[low, high]``, or multiples of an eighth there."""
        if self.lattice:
            ends = math.ceil(low * LATTICE), math.floor(high * LATTICE)
            return self.rng.integers(ends[0], ends[1] + 1, size) / LATTICE
        return self.rng.uniform(low, high, size)

    def number(self, low: float, high: float) -> float:
        """One of `numbers`."""
        return float(self.numbers(low, high, 1)[0])

    def falling(self, low: float, high: float, always: bool = False) -> Floats:
        """`numbers` of all developers, best first if ``always`` and in half of the games anyway."""
        values = self.numbers(low, high, self.n)
        return np.sort(values)[::-1] if always or self.rng.random() < 0.5 else values

    def one_of(self, kinds: dict[Callable[..., Any], str]) -> Callable[..., Any]:
        """One of ``kinds``, functions to the hypotheses that they break."""
        fitting = [kind for kind, breaks in kinds.items() if not {*breaks.split()} & {*self.needs}]
        lacking = [kind for kind in fitting if {*kinds[kind].split()} & {*self.lacks}]
        among = lacking if lacking and self.rng.random() < 0.8 else fitting
        return among[self.rng.integers(len(among))]


def draw(rng: Rng, needs: Needs = (), lacks: Needs = ()) -> Subgame:
    """A subgame on which hypotheses called ``needs`` may hold.

    Parameters
    ----------
    rng : numpy.random.Generator
        Of all that is drawn.
    needs : collection of str, optional
        Names of hypotheses that the caller is going to ask for.
    lacks : collection of str, optional
        Names of hypotheses of which the caller wants one not to hold.

    Returns
    -------
    Subgame

    Raises
    ------
    ValueError
        The numbers drawn make no game, which is rare.
    """
    dice = Dice(rng, needs, lacks)
    curves = dice.one_of(CURVES)(dice)
    cost = dice.one_of(COSTS)(dice)
    prizes, budget = _prizes(dice), np.broadcast_to(dice.one_of(BUDGETS)(dice), (dice.n,))
    rule = _rule(dice, float(cost.inverse(prizes[0] - prizes[-1])))
    if rng.random() < 0.5:
        curves, prizes, budget = _at_the_edge(dice, curves, cost, prizes, budget, rule)
    return Subgame(Game(curves, cost, prizes, budget=budget), rule)


# --- curves --------------------------------------------------------------------------------------


def _additive(dice: Dice) -> Additive:
    return Additive(dice.falling(0.0, 1.5, always=True))


def _laws(dice: Dice) -> ScalingLaw:
    lower, upper = dice.falling(0.0, 0.375), np.sort(dice.numbers(0.5, 1.0, dice.n))[::-1]
    return ScalingLaw(lower, upper, dice.falling(-4.0, 2.0), dice.falling(0.25, 2.0))


def _one_floor_and_ceiling(dice: Dice) -> ScalingLaw:
    ones, by_quality = np.ones(dice.n), "slopes_by_quality" in dice.needs
    slope = dice.number(0.25, 2.0) * ones
    if dice.rng.random() < 0.7:
        slope = dice.falling(0.25, 2.0, by_quality)
    intercept = dice.falling(-4.0, 2.0, "intercepts_by_quality" in dice.needs or "C1" in dice.needs)
    return ScalingLaw(0.0 * ones, dice.number(0.5, 1.0) * ones, intercept, slope)


def _crossing(dice: Dice) -> ScalingLaw:
    """Laws with one floor and ceiling that all meet at one effort, near or far; the better is flatter
    and ahead before it."""
    ones, meet = np.ones(dice.n), dice.rng.uniform(0.5, 10.0)  # log(1 + effort)
    slope = np.sort(dice.numbers(0.25, 2.0, dice.n))
    return ScalingLaw(0.0 * ones, ones, dice.number(-1.0, 2.0) - slope * meet, slope)


def _shifted(dice: Dice) -> ScalingLaw:
    """One curve shifted by an effort: ``v_i(x) = 1 - a / (s_i + 1 + x)``, so that tuning all the same
    changes no comparison; the floors rise as the intercepts fall."""
    shift = dice.numbers(0.5, 2.0, dice.n)
    shift = np.sort(shift)[:: 1 if dice.rng.random() < 0.5 else -1]
    return ScalingLaw(1 - 0.5 / shift, np.ones(dice.n), -np.log(shift), np.ones(dice.n))


def _table(dice: Dice, flat: bool) -> Tabulated:
    efforts, scores = [], []
    for _ in range(dice.n):
        knots = np.unique(dice.numbers(0.125, 3.0, int(dice.rng.integers(1, 4))))
        efforts.append(np.concatenate(([0.0], knots, [] if flat else [1e4])))
        rise = dice.numbers(0.125, 0.25, efforts[-1].size - 1)
        if flat:
            rise = rise * dice.rng.integers(0, 2, rise.size)
        scores.append(dice.number(0.0, 0.25) + np.concatenate(([0.0], np.cumsum(rise))))
    return Tabulated(efforts, scores)


def _rising_table(dice: Dice) -> Tabulated:
    return _table(dice, flat=False)


def _flat_table(dice: Dice) -> Tabulated:
    return _table(dice, flat=True)


LAWS = "one_floor_and_ceiling intercepts_by_quality slopes_by_quality"
CURVES: dict[Callable[..., Any], str] = {
    _additive: LAWS,
    _laws: "one_floor_and_ceiling",
    _one_floor_and_ceiling: "",
    _crossing: "slopes_by_quality C1",
    _shifted: "one_floor_and_ceiling",
    _rising_table: LAWS,
    _flat_table: f"{LAWS} scores_strictly_increasing",
}


# --- costs, prizes, budgets, rules -----------------------------------------------------------------


def _rate(dice: Dice) -> float:
    return (
        float(dice.rng.choice([0.25, 1.0, 1.0, 4.0]))
        if dice.lattice
        else float(np.exp(dice.rng.normal()))
    )


def _linear(dice: Dice) -> LinearCost:
    return LinearCost(_rate(dice))


def _power(dice: Dice) -> PowerCost:
    return PowerCost(_rate(dice), 2.0 if dice.lattice else dice.rng.uniform(0.5, 3.0))


def _flat(dice: Dice) -> PowerCost:
    return PowerCost(_rate(dice), 2.0, free=max(dice.number(0.0, 1.5), 0.125))


def _capped(dice: Dice) -> CappedCost:
    return CappedCost(_rate(dice), dice.number(0.125, 1.5))


def _entry(dice: Dice) -> EntryCost:
    return EntryCost(dice.number(0.125, 1.0), _rate(dice))


COSTS: dict[Callable[..., Any], str] = {
    _linear: "",
    _power: "",
    _flat: "cost_strictly_increasing",
    _capped: "cost_strictly_increasing cost_exceeds_the_prizes",
    _entry: "cost_continuous",
}


def _prizes(dice: Dice) -> Floats:
    """Equal steps, winner takes all, the top k alike, uneven, with ties, or all equal."""
    n, rng = dice.n, dice.rng
    kind = rng.integers(12)
    steps = np.ones(n - 1)
    if kind < 3:
        steps = np.eye(n - 1)[rng.integers(n - 1) if kind else 0]
    elif kind < 6:
        steps = dice.numbers(0.0, 1.0, n - 1)
    elif kind < 8:
        steps = rng.integers(0, 2, n - 1).astype(np.float64)
    elif kind == 8:
        return np.full(n, dice.number(0.0, 1.0))
    return _scale(dice) * np.concatenate((np.cumsum(steps[::-1])[::-1], [0.0]))


def _scale(dice: Dice) -> float:
    return (
        float(2.0 ** dice.rng.integers(-3, 3))
        if dice.lattice
        else float(np.exp(dice.rng.normal(-1.0, 1.5)))
    )


def _no_budget(dice: Dice) -> float:
    return math.inf


def _common_budget(dice: Dice) -> float:
    return max(dice.number(0.0, 2.0), 0.125)


def _own_budgets(dice: Dice) -> Floats:
    budget = np.maximum(dice.numbers(0.0, 2.0, dice.n), 0.125)
    return np.where(dice.rng.random(dice.n) < 0.3, math.inf, budget)


def _budgets_of_zero(dice: Dice) -> Floats:
    return np.where(dice.rng.random(dice.n) < 0.5, 0.0, _own_budgets(dice))


BUDGETS: dict[Callable[..., Any], str] = {
    _no_budget: "",
    lambda dice: math.inf: "",  # twice as often
    _common_budget: "",
    _own_budgets: "",
    _budgets_of_zero: "positive_budgets",
}


def _rule(dice: Dice, scale: float) -> Any:
    """Direct evaluation, or a level on the scale of ``scale``, what the prizes are worth."""
    rng = dice.rng
    split = 0.9 if "strict_tie_order" in dice.lacks else 0.4
    ties: Any = "split" if "strict_tie_order" not in dice.needs and rng.random() < split else "quality"
    kind = rng.integers(4)
    if kind < 2:
        return Direct(ties)
    if kind == 2:
        return TuneBeforeTest(dice.number(0.0, 3.0), ties)
    far = scale if 0 < scale < math.inf else 1.0
    return TuneBeforeTest(far * float(np.exp(rng.normal(1.0, 2.0))), ties)


# --- the edge --------------------------------------------------------------------------------------


def _at_the_edge(
    dice: Dice, curves: Any, cost: Any, prizes: Floats, budget: Floats, rule: Any
) -> tuple[Any, Floats, Floats]:
    """Curves, prizes and budgets with one overtake on the honest board made to cost exactly what it
    wins, or to take exactly the budget; and often with the developers in the order of that board."""
    level = rule.level if isinstance(rule, TuneBeforeTest) else 0.0
    scores = curves.score(np.full(dice.n, level))
    order = np.argsort(-scores, kind="stable")
    if not isinstance(curves, Additive) and dice.rng.random() < 0.5:
        curves, scores, order = chosen(curves, order), scores[order], np.arange(dice.n)
    place = int(dice.rng.integers(dice.n - 1))
    behind, ahead = order[place + 1], order[place]
    effort = float(curves.effort_for(np.full(dice.n, scores[ahead]))[behind]) - level
    gap = prizes[place] - prizes[place + 1]
    if 0 < effort < math.inf:
        if np.isfinite(budget[behind]):
            budget = np.where(np.arange(dice.n) == behind, effort, budget)
        elif gap > 0:
            prizes = prizes * (float(cost(effort)) / gap)
    return curves, prizes, budget


def chosen(curves: Any, developers: Any) -> Any:
    """The curves of some developers, of a family whose fields have one entry for each."""
    if isinstance(curves, Tabulated):
        return Tabulated([curves.efforts[i] for i in developers], [curves.scores[i] for i in developers])
    return type(curves)(*(np.asarray(value)[developers] for value in vars(curves).values()))
