"""Searches for play that is wrong and still a match: by plays of strategies, and by figures of seeds.

Strategies are equilibrium strategies whose densities are bent by a few waves, each time so far that
the largest regret is `REGRET`. An evolution strategy goes on where the upper end of the verdict's
interval is lowest. A verdict errs with 2.5 %, and a search finds such errors: play counts as fooling
only if more of its sets of plays are a match than that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy

from benchgame_env.metrics.strategies import Strategy
from benchgame_env.training.adversary.other_scripts import SEEDS
from benchgame_env.training.adversary.rates import CHANCE, MOST_WRONG
from benchgame_env.training.adversary.wrong_play import Case, draws
from benchgame_env.training.grading.figures import SeedFigures
from benchgame_env.training.grading.intervals import Bounds
from benchgame_env.training.grading.one_set import judge
from benchgame_env.training.grading.target import AVERAGE_REGRET, Target
from benchgame_env.training.grading.verdict import MOST_SEEDS
from benchgame_env.training.grading.verdict import judge as judge_seeds
from benchgame_env.validate import Floats

REGRET = 1.2 * AVERAGE_REGRET
ATOMS = 400  # efforts of a strategy
WAVES = 6
STEP = 0.7  # of the evolution strategy, in the logarithm of densities
AGAIN = 100  # sets of plays with which a match is tried again


@dataclass(frozen=True)
class Found:
    """What a search found.

    Attributes
    ----------
    candidates : int
        Plays that were judged.
    matches : int
        Those that were a match.
    fooled : int
        Those that are a match more often than a verdict may err.
    lowest : float
        The lowest upper end of an interval, share of P; the bound is 0.025.
    """

    candidates: int
    matches: int
    fooled: int
    lowest: float


def by_plays(game: str, candidates: int, plays: int, seed: int) -> Found:
    """Search among strategies with a regret of `REGRET`, judged by so many plays."""
    case, rng = Case.of(game), np.random.default_rng(seed)
    coarse = case.at(np.tile((np.arange(ATOMS) + 0.5)[:, None] / ATOMS, len(case.equilibrium))).T
    best, score = np.zeros((len(coarse), WAVES)), np.inf
    matches = fooled = 0
    for _ in range(candidates):
        bend = best + STEP * rng.standard_normal(best.shape)
        strategies = _bent(case, coarse, bend)
        outcome, high = _judged(case, strategies, plays, rng)
        if outcome == "match":
            matches += 1
            again = [_judged(case, strategies, plays, rng)[0] for _ in range(AGAIN)]
            fooled += bool(scipy.stats.binom.sf(again.count("match") - 1, AGAIN, MOST_WRONG) < CHANCE)
        if high < score:
            best, score = bend, high
    return Found(candidates, matches, fooled, float(score))


def _bent(case: Case, coarse: Floats, bend: Floats) -> list[Strategy]:
    """Strategies on efforts ``[n, ATOMS]``, bent along ``bend`` ``[n, WAVES]`` until the regret is
    `REGRET`."""
    waves = np.cos(np.pi * np.arange(1, WAVES + 1)[:, None] * (np.arange(ATOMS) + 0.5) / ATOMS)

    def at(share: float) -> list[Strategy]:
        weights = np.exp(share * bend @ waves)
        return list(zip(coarse, weights / weights.sum(axis=1, keepdims=True), strict=True))

    far = 1.0
    while case.regret(at(far)) < REGRET:
        far *= 2
    return at(scipy.optimize.brentq(lambda share: case.regret(at(share)) - REGRET, 0, far, xtol=1e-4))


def _judged(
    case: Case, strategies: list[Strategy], plays: int, rng: np.random.Generator
) -> tuple[str, float]:
    """The outcome, and the upper end of the regret's interval."""
    prediction = case.prediction
    drawn = draws(strategies, plays, rng)
    verdict = judge(prediction.game, "direct", plays=drawn, prediction=prediction)
    return verdict.outcome, verdict.checks[0].high


def by_seeds(candidates: int, seed: int) -> Found:
    """Search among the exact regrets of ten seeds of two developers, for a match where the mean of a
    developer is not below the bound, or too few seeds are. The climb is to a large mean and to few
    seeds that pass, as long as it is a match."""
    rng, target = np.random.default_rng(seed), Target("mixed", "seeds", fixed=True, reference=0.0)
    best, score, matches, fooled, lowest = np.zeros((SEEDS, 2)), -np.inf, 0, 0, np.inf
    for _ in range(candidates):
        regrets = np.abs(best + rng.choice([0.001, 0.01, 0.1]) * rng.standard_normal(best.shape))
        regrets *= rng.random(best.shape) < rng.choice([1.0, 0.8])
        found = [SeedFigures.exact(Bounds.exact(own), np.zeros(2)) for own in regrets]
        verdict = judge_seeds(target, found)
        lowest = min(lowest, verdict.checks[0].high)
        if verdict.outcome != "match":
            continue
        passing = (regrets < AVERAGE_REGRET).all(axis=1).mean()
        matches += 1
        fooled += bool(regrets.mean(axis=0).max() >= AVERAGE_REGRET or passing < MOST_SEEDS)
        aim = regrets.mean(axis=0).max() / AVERAGE_REGRET - passing
        if aim > score:
            best, score = regrets, aim
    return Found(candidates, matches, fooled, float(lowest))
