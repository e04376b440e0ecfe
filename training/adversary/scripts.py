"""Scripts: plays that try to be a match without being the prediction, which is a mixed equilibrium.

Most of them have the right marginal distributions. They are written as quantiles ``[plays, n]``: the
effort of a developer is that quantile of its equilibrium strategy.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchgame_env.metrics.strategies import Strategy
from benchgame_env.training.adversary.wrong_play import Case, draws, mixture
from benchgame_env.validate import Floats

Script = Callable[[Case, int, np.random.Generator], Floats]
SCRIPTS: dict[str, Script] = {}


def script(what: str) -> Callable[[Script], Script]:
    """Add a script to the table; ``what`` it plays, for readers."""

    def add(function: Script) -> Script:
        SCRIPTS[what] = function
        return function

    return add


# --- other strategies ------------------------------------------------------------------------------


@script("everybody constant at its mean effort")
def _at_means(case: Case, plays: int, rng: np.random.Generator) -> Floats:
    return np.tile([efforts @ chances for efforts, chances in case.equilibrium], (plays, 1))


@script("everybody constant at half of F")
def _at_half(case: Case, plays: int, rng: np.random.Generator) -> Floats:
    return np.tile(case.prediction.game.effort_scale / 2, (plays, 1))


@script("honest play")
def _honest(case: Case, plays: int, rng: np.random.Generator) -> Floats:
    return np.zeros((plays, len(case.equilibrium)))


@script("uniform play")
def _uniform(case: Case, plays: int, rng: np.random.Generator) -> Floats:
    return draws(case.other()["everybody uniform"], plays, rng)


@script("means right: no effort, or twice the mean")
def _twice_the_mean(case: Case, plays: int, rng: np.random.Generator) -> Floats:
    return 2 * _at_means(case, plays, rng) * rng.integers(2, size=(plays, len(case.equilibrium)))


@script("the best model 15 % too high, the others 15 % too low")
def _opposite_errors(case: Case, plays: int, rng: np.random.Generator) -> Floats:
    factors = np.where(np.arange(len(case.equilibrium)) == 0, 1.15, 0.85)
    return np.minimum(draws(case.equilibrium, plays, rng) * factors, case.prediction.game.budget)


@script("the equilibrium, rounded to 8 efforts")
def _on_a_coarse_grid(case: Case, plays: int, rng: np.random.Generator) -> Floats:
    step = case.prediction.game.effort_scale / 8
    return np.rint(draws(case.equilibrium, plays, rng) / step) * step


@script("one play in 1,000 at 100 F")
def _rare_and_huge(case: Case, plays: int, rng: np.random.Generator) -> Floats:
    game = case.prediction.game
    found = draws(case.equilibrium, plays, rng)
    rare = rng.random(plays) < 1e-3
    found[rare, 0] = min(100 * game.effort_scale[0], game.budget[0])
    return found


@script("all show one of five scores, so that ties decide")
def _ties_decide(case: Case, plays: int, rng: np.random.Generator) -> Floats:
    game, rule = case.prediction.game, case.prediction.protocol
    at = np.linspace(0, 0.9, 5)[:, None] * game.effort_scale
    scores = np.asarray(rule.score(game, at))[:, 0]  # that the best model shows with these efforts
    efforts = np.asarray(rule.effort_for(game, np.tile(scores[:, None], at.shape[1])))
    efforts = np.where(np.isfinite(efforts), np.minimum(efforts, game.effort_scale), 0.0)
    choice = rng.integers(5, size=(plays, at.shape[1]))
    return np.take_along_axis(efforts, choice, axis=0)


@script("half of the plays the equilibrium, half honest")
def _half_honest(case: Case, plays: int, rng: np.random.Generator) -> Floats:
    zero: list[Strategy] = [(np.zeros(1), np.ones(1))] * len(case.equilibrium)
    return draws(mixture(case.equilibrium, zero, 0.5), plays, rng)


# --- the right strategies, correlated across developers -----------------------------------------------


@script("all high together, all low together")
def _comonotone(case: Case, plays: int, rng: np.random.Generator) -> Floats:
    return case.at(np.tile(rng.random(plays)[:, None], len(case.equilibrium)))


@script("one high where the next is low")
def _antimonotone(case: Case, plays: int, rng: np.random.Generator) -> Floats:
    own, odd = rng.random(plays)[:, None], np.arange(len(case.equilibrium)) % 2
    return case.at(np.where(odd, 1 - own, own))


@script("together in half of the plays, opposite in the others")
def _together_or_opposite(case: Case, plays: int, rng: np.random.Generator) -> Floats:
    own, n = rng.random((plays, 1)), len(case.equilibrium)
    same = (rng.random(plays) < 0.5)[:, None] | (np.arange(n) == 0)
    return case.at(np.where(same, own, 1 - own))


@script("each effort a function of the rival's: 32 shuffled strips")
def _shuffled_strips(case: Case, plays: int, rng: np.random.Generator) -> Floats:
    own, strips = rng.random(plays), 32
    strip = np.floor(own * strips).astype(int)
    others = [
        (rng.permutation(strips)[strip] + own * strips - strip) / strips for _ in case.equilibrium[1:]
    ]
    return case.at(np.stack([own, *others], axis=1))


# --- the right strategies, correlated across plays ----------------------------------------------------


@script("each draw played twice")
def _twice(case: Case, plays: int, rng: np.random.Generator) -> Floats:
    return np.repeat(draws(case.equilibrium, plays // 2, rng), 2, axis=0)


@script("each draw played again two plays later")
def _every_other(case: Case, plays: int, rng: np.random.Generator) -> Floats:
    found = draws(case.equilibrium, plays // 4 * 4, rng).reshape(-1, 4, len(case.equilibrium))
    found[:, 2:] = found[:, :2]
    return found.reshape(-1, len(case.equilibrium))


@script("2,500 draws, over and over")
def _over_and_over(case: Case, plays: int, rng: np.random.Generator) -> Floats:
    return np.tile(draws(case.equilibrium, plays // 4, rng), (4, 1))


@script("a slow drift from low to high")
def _drift(case: Case, plays: int, rng: np.random.Generator) -> Floats:
    found = rng.random((plays, len(case.equilibrium)))
    order = np.linspace(0, 1, plays) + 0.3 * rng.standard_normal(plays)
    found[:, 0] = (np.argsort(np.argsort(order)) + 0.5) / plays
    return case.at(found)


@script("a sweep through all quantiles by golden steps")
def _sweep(case: Case, plays: int, rng: np.random.Generator) -> Floats:
    found = rng.random((plays, len(case.equilibrium)))
    found[:, 0] = np.arange(plays) * (np.sqrt(5) - 1) / 2 % 1
    return case.at(found)


@script("extremes and middle efforts in turn: right in the time average")
def _extremes_and_middle(case: Case, plays: int, rng: np.random.Generator) -> Floats:
    found = rng.random((plays, len(case.equilibrium))) / 2
    found[::2] += 0.25
    found[1::2] = np.where(found[1::2] < 0.25, found[1::2], found[1::2] + 0.5)
    return case.at(found)


@script("high and low efforts in turn")
def _high_and_low(case: Case, plays: int, rng: np.random.Generator) -> Floats:
    found = rng.random((plays, len(case.equilibrium))) / 2
    found[::2] += 0.5
    return case.at(found)


@script("a copy of the rival, two plays late")
def _late_copy(case: Case, plays: int, rng: np.random.Generator) -> Floats:
    found = rng.random((plays, len(case.equilibrium)))
    found[2:, 1] = found[:-2, 0]
    return case.at(found)


@script("a chaotic sequence (tent map), without correlation at distance one")
def _tent_map(case: Case, plays: int, rng: np.random.Generator) -> Floats:
    found = rng.random((plays, len(case.equilibrium)))
    for t in range(1, plays):  # a little noise, lest the sequence end in zero
        found[t, 0] = (1 - abs(1 - 2 * found[t - 1, 0])) * (1 - 1e-9) + 1e-9 * found[t, 0]
    return case.at(found)
