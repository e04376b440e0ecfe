"""Random games, strategies and protocols in one place: seeded for long loops, Hypothesis for laws.

Every number comes from a handed-in `numpy.random.Generator`. Half of the games lie on a *lattice*: their
numbers are multiples of 1/8, which float64 adds exactly, so scores tie, budgets bind exactly and
knife edges occur; in the other half nothing coincides.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

import benchgame_env as bg
from benchgame_env.game import TIES

LATTICE = 8  # steps per unit
PRIZES = ("equal steps", "winner takes all", "uneven", "equal neighbours", "all equal")
BUDGETS = ("none", "common", "own", "some zero")


# --- user-written curves -----------------------------------------------------------------------


@dataclass(frozen=True)
class Index:
    """``v_i(x) = 1 - exp(-(start_i + rate_i x))``: additive at different speeds, so curves cross."""

    start: Any
    rate: Any

    def score(self, effort: Any) -> Any:
        return -np.expm1(-(np.asarray(self.start) + np.asarray(self.rate) * effort))

    def effort_for(self, score: Any) -> Any:
        with np.errstate(divide="ignore"):
            index = -np.log1p(-np.minimum(score, 1.0))
        return np.maximum((index - np.asarray(self.start)) / np.asarray(self.rate), 0.0)


@dataclass(frozen=True)
class Hyperbola:
    """``v_i(x) = floor_i + rise_i x / (x + half_i)``: strictly increasing, concave, with a ceiling."""

    floor: Any
    rise: Any
    half: Any

    def score(self, effort: Any) -> Any:
        return self.floor + self.rise * effort / (effort + self.half)

    def effort_for(self, score: Any) -> Any:
        share = np.clip((np.asarray(score) - self.floor) / self.rise, 0.0, 1.0)
        with np.errstate(divide="ignore"):
            return self.half * share / (1.0 - share)


@dataclass(frozen=True)
class Stairs:
    """``v_i(x) = base_i + rate_i x``, and ``jump_i`` more from ``x = at_i`` on: not continuous there."""

    base: Any
    rate: Any
    jump: Any
    at: Any

    def score(self, effort: Any) -> Any:
        return self.base + self.rate * np.asarray(effort) + np.where(effort >= self.at, self.jump, 0.0)

    def effort_for(self, score: Any) -> Any:
        before = np.maximum((np.asarray(score) - self.base) / self.rate, 0.0)
        after = np.maximum((np.asarray(score) - self.base - self.jump) / self.rate, self.at)
        return np.where(before < self.at, before, after)


@dataclass(frozen=True)
class Rescaled:
    """``factor * v_i(x / unit)`` for the given curves."""

    curves: Any
    unit: float = 1.0
    factor: float = 1.0

    def score(self, effort: Any) -> Any:
        return self.factor * self.curves.score(np.asarray(effort) / self.unit)

    def effort_for(self, score: Any) -> Any:
        return self.curves.effort_for(np.asarray(score) / self.factor) * self.unit


@dataclass
class Counting:
    """Curves that count the numbers they are asked for."""

    curves: Any
    asked: int = 0

    def score(self, effort: Any) -> Any:
        self.asked += np.size(effort)
        return self.curves.score(effort)

    def effort_for(self, score: Any) -> Any:
        self.asked += np.size(score)
        return self.curves.effort_for(score)


class FallingLead:
    """``v_1 = 1 - exp(-(x + 0.5 + 0.2 exp(-x)))``, ``v_2 = 1 - exp(-x)``: the lead falls towards 0.5.

    The second check example of theory section 3.
    """

    def score(self, effort: Any) -> Any:
        x = np.asarray(effort, dtype=np.float64)
        lead = np.stack([0.5 + 0.2 * np.exp(-x[..., 0]), np.zeros(x.shape[:-1])], axis=-1)
        return -np.expm1(-(x + lead))

    def effort_for(self, score: Any) -> Any:
        with np.errstate(divide="ignore"):
            index = -np.log1p(-np.minimum(np.asarray(score, dtype=np.float64), 1.0))
        x = np.maximum(index - 0.5, 0.0)
        for _ in range(50):  # solves x + 0.5 + 0.2 exp(-x) = index; each round shrinks errors to a fifth
            x = np.maximum(index - 0.5 - 0.2 * np.exp(-x), 0.0)
        return np.stack([x[..., 0], index[..., 1]], axis=-1)


# --- user-written costs ------------------------------------------------------------------------


@dataclass(frozen=True)
class Fee:
    """``c(0) = 0`` and ``c(e) = fee + rate * e`` for any positive effort: not continuous at 0."""

    fee: float
    rate: float = 1.0
    strictly_increasing = True

    def __call__(self, effort: Any) -> Any:
        effort = np.asarray(effort, dtype=np.float64)
        return np.where(effort > 0, self.fee + self.rate * effort, 0.0)

    def inverse(self, value: Any) -> Any:
        return np.maximum(np.asarray(value) - self.fee, 0.0) / self.rate


@dataclass(frozen=True)
class Congested:
    """``c(e) = rate * (e + e**2)``: smooth, convex, neither linear nor a power."""

    rate: float
    strictly_increasing = True

    def __call__(self, effort: Any) -> Any:
        effort = np.asarray(effort, dtype=np.float64)
        return self.rate * (effort + effort**2)

    def inverse(self, value: Any) -> Any:
        return np.sqrt(0.25 + np.maximum(value, 0.0) / self.rate) - 0.5


@dataclass(frozen=True)
class RescaledCost:
    """``factor * c(e / unit)`` for the given cost."""

    cost: Any
    unit: float = 1.0
    factor: float = 1.0

    @property
    def strictly_increasing(self) -> bool:
        return bool(self.cost.strictly_increasing)

    def __call__(self, effort: Any) -> Any:
        return self.factor * self.cost(np.asarray(effort) / self.unit)

    def inverse(self, value: Any) -> Any:
        return self.cost.inverse(np.asarray(value) / self.factor) * self.unit


@dataclass(frozen=True)
class Bounded:
    """``c(e) = most (1 - exp(-e))``: no effort costs more than ``most``."""

    most: float = 1.0
    strictly_increasing = True

    def __call__(self, effort: Any) -> Any:
        return -self.most * np.expm1(-np.asarray(effort, dtype=np.float64))

    def inverse(self, value: Any) -> Any:
        with np.errstate(divide="ignore"):
            return -np.log1p(-np.minimum(np.asarray(value) / self.most, 1.0))


# --- parts of a game ---------------------------------------------------------------------------


def numbers(rng: np.random.Generator, low: float, high: float, size: int, lattice: bool) -> Any:
    """Uniform on ``[low, high]``, or multiples of 1/8 there."""
    if lattice:
        return rng.integers(math.ceil(low * LATTICE), math.floor(high * LATTICE) + 1, size) / LATTICE
    return rng.uniform(low, high, size)


def additive(rng: np.random.Generator, n: int, lattice: bool) -> Any:
    return bg.curves.Additive(np.sort(numbers(rng, 0, 1.5, n, lattice))[::-1])


def scaling_law(rng: np.random.Generator, n: int, lattice: bool) -> Any:
    """Laws ordered by ceiling whose intercepts and slopes are not ordered: they cross."""
    upper = np.sort(numbers(rng, 0.5, 1, n, lattice))[::-1]
    lower = numbers(rng, 0, 0.25, n, lattice)
    return bg.curves.ScalingLaw(
        lower, upper, numbers(rng, -3, 1, n, lattice), numbers(rng, 0.5, 2, n, lattice)
    )


def tabulated(rng: np.random.Generator, n: int, lattice: bool) -> Any:
    """Tables on ``[0, 3]`` with plateaus: after the last row always, inside often."""
    efforts, scores = [], []
    for _ in range(n):
        knots = np.unique(numbers(rng, 0, 3, int(rng.integers(1, 7)), lattice))
        steps = numbers(rng, 0, 0.25, knots.size, lattice) * rng.integers(0, 2, knots.size)
        efforts.append(knots)
        scores.append(numbers(rng, 0, 0.25, 1, lattice) + np.cumsum(steps))
    return bg.curves.Tabulated(efforts, scores)


def index(rng: np.random.Generator, n: int, lattice: bool) -> Any:
    return Index(numbers(rng, 0, 1.5, n, lattice), numbers(rng, 0.25, 1.5, n, lattice))


def hyperbola(rng: np.random.Generator, n: int, lattice: bool) -> Any:
    return Hyperbola(
        numbers(rng, 0, 0.25, n, lattice),
        numbers(rng, 0.25, 0.75, n, lattice),
        numbers(rng, 0.25, 2, n, lattice),
    )


def stairs(rng: np.random.Generator, n: int, lattice: bool) -> Any:
    return Stairs(
        numbers(rng, 0, 0.5, n, lattice),
        numbers(rng, 0.125, 0.5, n, lattice),
        numbers(rng, 0.125, 0.5, n, lattice),
        numbers(rng, 0.125, 1, n, lattice),
    )


# Strictly increasing and continuous, as hypotheses H of theory section 3 ask; and the others.
SMOOTH = {"additive": additive, "scaling law": scaling_law, "index": index, "hyperbola": hyperbola}
CURVES = SMOOTH | {"tabulated": tabulated, "stairs": stairs}


def linear_cost(rng: np.random.Generator) -> Any:
    return bg.LinearCost(float(rng.choice([0.5, 1, 2, rng.uniform(0.3, 2)])))


def power_cost(rng: np.random.Generator) -> Any:
    """Exponent at least 1: below, the cost is so steep at 0 that a rounding error of effort shows."""
    return bg.PowerCost(float(rng.uniform(0.3, 2)), float(rng.choice([1, 2, rng.uniform(1, 3)])))


def flat_cost(rng: np.random.Generator) -> Any:
    return bg.PowerCost(1.0, 2.0, free=float(rng.integers(1, LATTICE + 1)) / LATTICE)


def fee(rng: np.random.Generator) -> Any:
    return Fee(float(rng.integers(1, LATTICE)) / LATTICE, float(rng.uniform(0.3, 2)))


def congested(rng: np.random.Generator) -> Any:
    return Congested(float(rng.uniform(0.3, 2)))


# Strictly increasing and continuous; and the others.
SMOOTH_COSTS = {"linear": linear_cost, "power": power_cost, "congested": congested}
COSTS = SMOOTH_COSTS | {"flat": flat_cost, "fee": fee}


def random_prizes(rng: np.random.Generator, n: int, kind: str) -> Any:
    """Non-increasing prizes with ``R_1 - R_n = 1`` (0 if all equal), the lowest somewhere in [0, 1]."""
    base = float(rng.integers(0, LATTICE + 1)) / LATTICE
    if kind == "all equal" or n == 1:
        return np.full(n, base)
    step = np.ones(n - 1)
    if kind == "winner takes all":
        step[1:] = 0.0
    elif kind == "uneven":
        step = rng.uniform(0.0, 1.0, n - 1)
    elif kind == "equal neighbours":
        step = rng.integers(0, 2, n - 1).astype(float)
        step[rng.integers(n - 1)] = 1.0
    won = np.concatenate((np.cumsum(step[::-1])[::-1], [0.0]))
    return base + won / won[0]


def random_budget(rng: np.random.Generator, n: int, kind: str, lattice: bool) -> Any:
    if kind == "none":
        return math.inf
    if kind == "common":
        return float(numbers(rng, 0.125, 2, 1, lattice)[0])
    budget = numbers(rng, 0.125, 2, n, lattice)
    if kind == "own":
        return np.where(rng.random(n) < 0.3, math.inf, budget)
    return np.where(rng.random(n) < 0.4, 0.0, budget)


# --- whole games, protocols and play -----------------------------------------------------------


def random_game(
    rng: np.random.Generator,
    n: int | None = None,
    curves: str | None = None,
    cost: str | None = None,
    prizes: str | None = None,
    budget: str | None = None,
    lattice: bool | None = None,
) -> Any:
    """A game with the parts named here; a part that is not named is drawn."""
    n = int(rng.integers(1, 6)) if n is None else n
    lattice = bool(rng.integers(2)) if lattice is None else lattice
    return bg.Game(
        curves=CURVES[curves or rng.choice(list(CURVES))](rng, n, lattice),
        cost=COSTS[cost or rng.choice(list(COSTS))](rng),
        prizes=random_prizes(rng, n, prizes or rng.choice(PRIZES)),
        budget=random_budget(rng, n, budget or rng.choice(BUDGETS), lattice),
    )


def at_worth(game: Any, worth: float) -> Any:
    """The game with all prizes multiplied, so that a rank is worth ``worth``."""
    return replace(game, prizes=game.prizes * (float(game.cost(worth)) / game.rank_step))


def random_game_under_h(rng: np.random.Generator, n: int | None = None, **parts: Any) -> Any:
    """A game on which hypotheses H of theory section 3 hold, by construction; `random_game`'s parts."""
    return random_game(
        rng,
        n=n,
        curves=rng.choice(list(SMOOTH)),
        cost=rng.choice(list(SMOOTH_COSTS)),
        budget=rng.choice(["none", "common", "own"]),
        **parts,
    )


def random_protocol(rng: np.random.Generator, ties: str | None = None) -> Any:
    """Direct evaluation or tune-before-test; half of the levels are multiples of 1/8, 0 included."""
    ties = str(rng.choice(TIES)) if ties is None else ties
    if rng.random() < 0.4:
        return bg.make_protocol("direct", ties=ties)
    level = float(numbers(rng, 0, 3, 1, lattice=bool(rng.integers(2)))[0])
    return bg.make_protocol("tune-before-test", level=level, ties=ties)


def random_cases(
    seeds: Iterable[int], ties: str, least: int = 1, most: int = 4
) -> Iterator[tuple[int, np.random.Generator, Any, Any]]:
    """For each seed: itself, a stream, and a game of ``least`` to ``most`` developers and a protocol
    drawn from it."""
    for seed in seeds:
        rng = np.random.default_rng([seed, len(ties)])
        game = random_game(rng, n=int(rng.integers(least, most + 1)))
        yield seed, rng, game, random_protocol(rng, ties)


def random_efforts(rng: np.random.Generator, game: Any, size: int = 1) -> Any:
    """Profiles ``[size, n]`` within the budgets: lattice points, zeros and whole budgets among them."""
    top = np.minimum(game.budget, 1.5 * np.maximum(game.effort_scale, 0.5))
    shape = (size, game.n_developers)
    uniform = rng.random(shape) * top
    lattice = np.minimum(np.round(uniform * LATTICE) / LATTICE, top)
    kind = rng.integers(4, size=shape)
    return np.choose(kind, [np.zeros(shape), uniform, lattice, np.broadcast_to(top, shape)])


def random_mixture(rng: np.random.Generator, game: Any, support: int = 3) -> list[Any]:
    """One ``(efforts, probabilities)`` per developer, with 1 to ``support`` efforts, some twice."""
    result = []
    for i in range(game.n_developers):
        size = int(rng.integers(1, support + 1))
        result.append((random_efforts(rng, game, size)[:, i], rng.dirichlet(np.ones(size))))
    return result


# --- Hypothesis --------------------------------------------------------------------------------

seeds = st.integers(0, 2**32 - 1)
rngs = seeds.map(np.random.default_rng)


@st.composite
def games(draw: Any, curves: Any = tuple(CURVES), costs: Any = tuple(COSTS), least: int = 1) -> Any:
    """Games whose make-up Hypothesis draws, and so shrinks; the numbers follow from a seed."""
    return random_game(
        np.random.default_rng(draw(seeds)),
        n=draw(st.integers(least, 5)),
        curves=draw(st.sampled_from(curves)),
        cost=draw(st.sampled_from(costs)),
        prizes=draw(st.sampled_from(PRIZES)),
        budget=draw(st.sampled_from(BUDGETS)),
        lattice=draw(st.booleans()),
    )


@st.composite
def protocols(draw: Any) -> Any:
    return random_protocol(np.random.default_rng(draw(seeds)), draw(st.sampled_from(TIES)))


@st.composite
def profiles(draw: Any, game: Any, size: int = 1) -> Any:
    """Effort profiles ``[size, n]`` of a game."""
    return random_efforts(np.random.default_rng(draw(seeds)), game, size)
