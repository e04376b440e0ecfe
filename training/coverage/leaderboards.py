"""Invented leaderboards with known truth, and data sets that might have been measured on them.

All curves are random numbers: floor uniform on 0.02 to 0.3, gain uniform on 0.3 to 0.7 of what is left
above it, midpoint of log(1 + steps) normal about 6 with standard deviation 0.6, slope log-normal about 1
with 0.2. Two kinds of leaderboards are made of them, both before any coverage was looked at.

`told_apart` are the first ones of a seeded stream, by size, that keep a rule: noise of ten checkpoints
puts two neighbouring ceilings in the wrong order with a probability of at most 5 %, and the least stable
level is 500 to 3,000 steps. `NEAR_TIES` were taken without the first half of the rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import count
from typing import Any

import numpy as np
import scipy

from benchgame_env.costs import LinearCost
from benchgame_env.curves import Curves, ScalingLaw, Tabulated
from benchgame_env.fitting.calibration import WORTH
from benchgame_env.fitting.coordinates import derivatives, from_law, scores
from benchgame_env.fitting.refits import Evidence, information
from benchgame_env.game import Game
from benchgame_env.theory import stabilizing_levels
from benchgame_env.validate import Floats

ITEMS = 1319  # of the test, as many as GSM8K has
TEN = (0, 30, 100, 250, 500, 1000, 2500, 5000, 10000, 20000)
FIVE = (0, 100, 500, 2000, 10000)
END = 100.0  # log(1 + steps) at which every curve is at its ceiling


def _law(
    lower: list[float], upper: list[float], midpoint: list[float], slope: list[float]
) -> ScalingLaw:
    return ScalingLaw(lower, upper, -np.array(slope) * midpoint, slope)


# Each is the first of its size whose least stable level lies in the range beside it. In `latecomer` one
# model gains later by 1.5, in `two-families` half of the models have floors higher by 0.2 and midpoints
# lower by 1.
NEAR_TIES = {
    "five": _law(  # 500 to 1,200 steps
        [0.235, 0.239, 0.274, 0.067, 0.159],
        [0.73, 0.626, 0.613, 0.565, 0.427],
        [5.23, 4.81, 6.5, 6.49, 6.05],
        [0.86, 1.13, 0.87, 0.98, 0.71],
    ),
    "six": _law(  # 1,200 to 2,000 steps
        [0.095, 0.221, 0.291, 0.176, 0.142, 0.039],
        [0.671, 0.597, 0.549, 0.516, 0.47, 0.395],
        [5.68, 6.31, 6.23, 5.72, 6.05, 5.46],
        [0.93, 1.19, 1.04, 0.79, 1.27, 1.06],
    ),
    "latecomer": _law(  # this and the others: 500 to 3,000 steps
        [0.194, 0.112, 0.165, 0.203, 0.285, 0.186],
        [0.713, 0.681, 0.676, 0.586, 0.583, 0.463],
        [4.83, 5.6, 6.76, 5.68, 7.4, 4.86],
        [1.0, 1.01, 1.1, 0.85, 1.07, 0.9],
    ),
    "seven": _law(
        [0.17, 0.281, 0.13, 0.058, 0.091, 0.216, 0.05],
        [0.738, 0.649, 0.613, 0.601, 0.528, 0.504, 0.355],
        [6.16, 5.83, 5.76, 5.65, 5.79, 6.03, 5.68],
        [1.12, 1.07, 0.97, 0.86, 0.97, 0.73, 0.84],
    ),
    "two-families": _law(
        [0.304, 0.28, 0.245, 0.389, 0.195, 0.113, 0.28],
        [0.728, 0.696, 0.681, 0.642, 0.574, 0.564, 0.513],
        [4.31, 5.11, 5.1, 5.3, 5.14, 4.67, 4.51],
        [1.18, 1.07, 1.05, 1.39, 1.09, 1.06, 0.95],
    ),
    "eight": _law(
        [0.3, 0.053, 0.184, 0.069, 0.171, 0.075, 0.074, 0.068],
        [0.705, 0.679, 0.538, 0.515, 0.489, 0.448, 0.385, 0.353],
        [6.24, 5.35, 5.05, 6.1, 6.31, 6.36, 6.12, 6.67],
        [1.03, 0.93, 1.02, 1.05, 0.84, 1.08, 0.89, 1.06],
    ),
}
SIZES = {"five-a": 5, "six-a": 6, "seven": 7, "eight": 8, "five-b": 5, "six-b": 6}
LEAST, MOST = 500, 3000  # steps: between them lie the least stable levels
SWAPPED = 0.05  # probability that two ceilings are in the wrong order, at most


@cache
def told_apart() -> dict[str, ScalingLaw]:
    """Leaderboards whose neighbouring ceilings ten checkpoints tell apart; once in each process."""
    rng = np.random.default_rng(0)
    return {
        name: next(
            law
            for law in (random_law(n, rng) for _ in count())
            if swapped(law) <= SWAPPED and LEAST <= least_stable(game_on(law, law.upper)) <= MOST
        )
        for name, n in SIZES.items()
    }


def random_law(n: int, rng: np.random.Generator) -> ScalingLaw:
    """The curves of n models, best first, to three digits after the point."""
    lower, gain = rng.uniform(0.02, 0.3, n), rng.uniform(0.3, 0.7, n)
    midpoint, slope = rng.normal(6, 0.6, n), rng.lognormal(0, 0.2, n)
    upper = lower + gain * (1 - lower)
    parameters = np.stack((lower, upper, -slope * midpoint, slope))
    return ScalingLaw(*parameters[:, np.argsort(-upper)].round(3))


def swapped(law: ScalingLaw) -> float:
    """How probable it is at most that one of the neighbouring ceilings, fitted to ten checkpoints, is in
    the wrong order, by their standard errors (Fisher's information of all four parameters)."""
    x, theta = np.log1p(TEN), from_law(law)
    score = scores(theta, x)
    known = information(theta, Evidence(x, score, np.sqrt(ITEMS / (score * (1 - score)))))
    # The ceiling is the score in the end, so its slope in the coordinates is that of the score there.
    slope = derivatives(theta, np.array([END]))[1][:, 0]
    variance = np.einsum("ki,kij,kj->k", slope, np.linalg.inv(known), slope)
    return float(scipy.special.ndtr(np.diff(law.upper) / np.sqrt(variance[1:] + variance[:-1])).sum())


APART = 1.5  # of the two midpoints of `two_rises` from that of the law, in log(1 + steps)
# Tables of curves that are no scaling laws: straight lines 2 % of the steps long, beyond any level.
STEPS = np.expm1(np.linspace(0, 20, 1001))


def two_rises(law: ScalingLaw) -> Tabulated:
    """Curves with the floors and ceilings of ``law`` that gain one half earlier and one half later."""
    x = np.log1p(STEPS)[:, None]
    early, late = (scipy.special.expit(law.intercept + law.slope * (x + off)) for off in (APART, -APART))
    score = law.lower + (law.upper - law.lower) * (early + late) / 2
    return Tabulated([STEPS] * law.n_developers, list(score.T))


def game_on(curves: Curves, quality: Floats) -> Game:
    """The game on these curves, best first, with equal prize steps and a rank worth `WORTH` steps."""
    n = len(quality)
    return Game(curves, LinearCost(1 / ((n - 1) * WORTH)), np.linspace(1, 0, n), quality)


def least_stable(game: Game) -> float:
    """The level from which on honest play is stable in truth; ``inf`` if there is none."""
    levels = stabilizing_levels(game)
    return levels[-1][0] if levels else np.inf


def measured(
    curves: Curves, n: int, steps: Sequence[float], rng: np.random.Generator, shared: float = 0.0
) -> list[dict[str, Any]]:
    """Checkpoints of n models, each the number of right answers to the same `ITEMS` items.

    An answer is right where a normal number falls below the quantile of the score. A part ``shared`` of
    its variance is how hard the item is, the same for all models and steps; with 0 all answers are
    independent, and their number is binomial.
    """
    share = np.stack([np.asarray(curves.score(np.full(n, float(x)))) for x in steps])  # [m, n]
    hard = rng.standard_normal(ITEMS)
    own = rng.standard_normal((*share.shape, ITEMS))
    right = np.sqrt(shared) * hard + np.sqrt(1 - shared) * own < scipy.special.ndtri(share)[..., None]
    return [
        {"benchmark": "quiz", "model": f"m{k}", "steps": x, "score": score, "items": ITEMS}
        for x, row in zip(steps, right.mean(axis=-1).tolist(), strict=True)
        for k, score in enumerate(row)
    ]
