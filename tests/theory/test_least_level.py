"""The least level from which on enough draws are stable, against single levels and closed forms."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm
from tools.cases import tuned

import benchgame_env as bg
from benchgame_env.draws import Draws
from benchgame_env.named_games import checkpoints


def some_draws(seed: int, count: int = 40) -> Draws:
    """Crossing laws around common ones; prizes may be uneven, budgets finite."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 6))
    upper = np.sort(rng.uniform(0.6, 0.95, n))[::-1] + rng.normal(0, 0.02, (count, n))
    lower = rng.uniform(0, 0.2, n) + rng.uniform(0, 0.02, (count, n))
    intercept = rng.uniform(-5, -1, n) + rng.normal(0, 0.2, (count, n))
    slope = rng.uniform(0.4, 1.2, n) * np.exp(rng.normal(0, 0.1, (count, n)))
    curves = bg.curves.ScalingLaw(lower, np.minimum(upper, 1), intercept, slope)
    prizes = np.sort(rng.choice([0.0, 0.25, 0.5, 1.0], n))[::-1] + np.linspace(1e-2, 0, n)
    budget = rng.uniform(1, 20, n) if seed % 3 == 0 else np.inf
    quality = np.zeros(n)
    game = bg.Game(curves[0], bg.LinearCost(rng.uniform(0.02, 0.2)), prizes, quality, budget=budget)
    return Draws(game, curves)


def pairs(spread: Any) -> Draws:
    """Duels of laws that differ in the intercept, by ``log(1 + exp(spread))``: Prop 5.6 gives the least
    stable level ``1 / (rho - 1) - 1 = exp(-spread) - 1``, for a prize and a rate of 1."""
    n = len(spread)
    intercept = np.stack((np.log1p(np.exp(spread)), np.zeros(n)), axis=1)
    laws = bg.curves.ScalingLaw(np.zeros((n, 2)), np.ones((n, 2)), intercept, np.ones((n, 2)))
    return Draws(bg.Game(laws[0], bg.LinearCost(1.0), [1.0, 0.0], [0.0, 0.0]), laws)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("confidence", [0.6, 0.9])
def test_from_there_on_the_share_suffices_and_not_before(seed: int, confidence: float) -> None:
    draws = some_draws(seed)
    found = bg.theory.least_level(draws, confidence)
    grid = np.geomspace(1e-4 * found.max_level, found.max_level, 150)
    shares = bg.theory.levels_by_draw(draws, grid).stable.mean(axis=1)
    assert (shares[grid >= found.level] >= confidence).all()
    assert found.share >= confidence
    stable = bg.theory.stable_share(draws, tuned(found.level))
    assert stable <= found.share <= stable + found.unclear
    if found.level > 0:
        # One step of the grid of scores moves the end of stability by 1e-5 of the level or so.
        just_before = found.level * (1 - 1e-4) - 3e-6 * draws.game.worth
        assert bg.theory.stable_share(draws, tuned(just_before)) < confidence


def test_the_cases_have_levels_above_zero() -> None:
    levels = [bg.theory.least_level(some_draws(seed), 0.9).level for seed in range(6)]
    assert len({level for level in levels if 0 < level < np.inf}) > 3


@pytest.mark.parametrize("name", ["pythia-gsm8k", "llama-mmlu", "scaling-laws"])
def test_one_draw_has_the_end_of_the_last_stable_interval(name: str) -> None:
    draws = Draws.of([bg.load_game(name)])
    low, high = bg.theory.stabilizing_levels(name)[-1]
    found = bg.theory.least_level(draws, 1.0)
    assert found.level == pytest.approx(low, rel=2e-6)
    assert high == found.max_level
    assert found.interval[1] == np.inf  # one draw tells little


def test_stable_levels_below_an_unstable_one_do_not_count() -> None:
    # "crossing" is stable up to 5.35 and from 6.86 on: (1 + x) exp(-2) - 1 = 0.5 / (1 + x), solved.
    found = bg.theory.least_level(Draws.of([bg.load_game("crossing")]))
    x = (1 + np.sqrt(1 + 2 * np.exp(-2))) / (2 * np.exp(-2))
    assert found.level == pytest.approx(x - 1, rel=1e-5)


def test_where_no_level_helps_the_data_support_none() -> None:
    # Overtaking costs 0.5 at every level (theory section 4), the prize is 1.
    found = bg.theory.least_level(Draws.of([bg.load_game("decreasing-intercept")]))
    assert (found.level, found.share, found.supported) == (np.inf, 0.0, False)


def test_the_interval_has_the_level_of_infinitely_many_draws() -> None:
    # Spreads are normal with mean 1 - 5 and deviation 0.7: 95 % of levels lie below exp(-q) - 1, with q
    # their 5 % quantile. Of 30 samples 95 % or more should have it; fewer than 25 with p < 0.004.
    truth = np.exp(-(norm.ppf(0.05) * 0.7 - 4.0)) - 1
    rng = np.random.default_rng(1)
    inside = 0
    for _ in range(30):
        low, high = bg.theory.least_level(pairs(rng.normal(-4.0, 0.7, 100)), max_level=1e3).interval
        inside += low <= truth <= high
    assert inside >= 25


def test_the_level_of_many_draws_is_a_quantile() -> None:
    spread = np.linspace(-6, -2, 201)
    found = bg.theory.least_level(pairs(spread), 0.95, max_level=1e5)
    # Ten of 201 may be unstable, so the level is that of the eleventh; it withstands a worth of 1, what
    # a rank is worth, in all but these ten, and in the middle (rho - 1)(1 + level) (Prop 5.6); half a
    # step of the grid of scores is an effort of 2**-24 (1 + level)**2 = 0.0065 here.
    assert found.level == pytest.approx(np.exp(-spread[10]) - 1, rel=2e-6)
    assert found.share == 191 / 201
    assert found.worth[0] < found.assumed_worth == 1.0 < found.worth[1]
    assert found.worth[1] == pytest.approx(np.exp(spread[100] - spread[10]), abs=0.008)


def test_models_measured_less_far_are_named() -> None:
    draws = Draws.of([bg.load_game("pythia-gsm8k")])
    measured = checkpoints("pythia-gsm8k")
    assert bg.theory.least_level(draws, checkpoints=measured).beyond == ()
    measured = {**measured, "pythia-1b": (0.0, 2000.0)}
    assert bg.theory.least_level(draws, checkpoints=measured).beyond == ("pythia-1b",)


class Same:
    """A population in which everybody is the weakest of pythia-gsm8k, a little better from draw to
    draw."""

    def sample(self, n: int, k: int, rng: np.random.Generator) -> list[Any]:
        law: Any = bg.load_game("pythia-gsm8k").curves
        own = [
            np.full((n, k), getattr(law, name)[-1]) for name in ("lower", "upper", "intercept", "slope")
        ]
        own[1] += rng.uniform(0, 0.02, (n, k))
        return own


def test_entrants_join_with_prizes_of_the_same_worth() -> None:
    from benchgame_env.theory.pure.least_level import with_entrants

    draws = Draws.of([bg.load_game("pythia-gsm8k")] * 3)
    joined = with_entrants(draws, 2, Same(), np.random.default_rng(0))
    np.testing.assert_allclose(joined.game.prizes, np.linspace(1.5, 0.0, 7), atol=1e-15)
    assert joined.game.worth == pytest.approx(2000.0)
    assert joined.game.names[5:] == ("entrant 1", "entrant 2")
    assert (np.diff([joined.curves.upper[d, joined.order[d]] for d in range(3)]) <= 0).all()
    assert len({one.names for one in joined}) > 1  # where an entrant stands differs between draws


def test_what_may_come_takes_a_higher_level() -> None:
    draws = Draws.of([bg.load_game("pythia-gsm8k")] * 60)
    pool = bg.load_game("open-gsm8k").curves
    levels = [
        bg.theory.least_level(draws, 0.8, k, pool, np.random.default_rng(0)).level for k in (0, 1, 2)
    ]
    assert levels == sorted(levels)
    assert levels[1] > 1.5 * levels[0]
    again = bg.theory.least_level(draws, 0.8, 2, pool, np.random.default_rng(0))
    assert again.level == levels[2]
    assert again.entrants == 2


def test_what_does_not_fit_is_refused() -> None:
    draws = Draws.of([bg.load_game("pythia-gsm8k")])
    refused: dict[str, dict[str, Any]] = {
        "confidence: must be > 0, got 0": {"confidence": 0},
        "confidence: must be <= 1, got 95": {"confidence": 95},
        "max_level: must be > 0": {"max_level": 0.0},
        "entrants: must be a whole number >= 0": {"entrants": -1},
        "entrants: need a population to draw them from, and rng": {"entrants": 1, "population": Same()},
        "population: need scaling laws with parameters [m]": {
            "entrants": 1, "population": draws.curves, "rng": np.random.default_rng(0),
        },
    }  # fmt: skip
    for message, arguments in refused.items():
        with pytest.raises(ValueError, match=re.escape(message)):
            bg.theory.least_level(draws, **arguments)
