"""What to measure next: on invented leaderboards the first one named helps more than a random one."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom

import benchgame_env as bg
from benchgame_env.draws import Draws

STEPS = (300.0, 1000.0, 5000.0, 20000.0)
ITEMS = 1000
NAMES = ("a", "b", "c")
CANDIDATES = [(name, steps, ITEMS) for name in NAMES for steps in STEPS]
FURTHEST = 3e4  # the largest level looked at


def prior(rng: np.random.Generator, count: int, spread: Any = 1.0) -> Draws:
    """Three models whose curves are drawn around common ones, each with its own ``spread`` ``[3]``; a
    rank is worth 500 steps."""
    noise = rng.standard_normal((3, count, 3)) * spread
    upper = np.clip([0.75, 0.65, 0.55] + 0.03 * noise[0], 0.3, 0.95)
    slope = np.exp(0.1 * noise[1])
    middle = np.log(800.0) + 0.3 * noise[2]
    curves = bg.curves.ScalingLaw(np.full((count, 3), 0.05), upper, -slope * middle, slope)
    game = bg.Game(curves[0], bg.LinearCost(1 / 1000), [1, 0.5, 0], np.zeros(3), NAMES)
    return Draws(game, curves)


def given(
    pool: Draws, measured: list[tuple[str, float, int]], count: int, rng: np.random.Generator
) -> Draws:
    """Draws after measurements ``(model, steps, right answers)``, from many draws of before."""
    log = np.zeros(len(pool))
    for model, steps, right in measured:
        place = NAMES.index(model)
        score = pool.curves[:, [place]].score(np.full((len(pool), 1), steps))[:, 0]
        log += binom.logpmf(right, ITEMS, score)
    chances = np.exp(log - log.max())
    again = rng.choice(len(pool), count, p=chances / chances.sum())
    return Draws(pool.game, pool.curves[again])


def log_levels(repetition: int) -> list[float]:
    """Levels after the measurement that is named first, and after a random one. One model, another one
    in each case, is known much less than the others."""
    rng = np.random.default_rng(repetition)
    spread = np.where(np.arange(3) == rng.integers(3), 3.0, 0.3)
    truth, pool = prior(rng, 1, spread).curves[0], prior(rng, 20_000, spread)
    draws = given(pool, [], 300, rng)
    first = bg.theory.next_measurements(draws, rng, CANDIDATES, max_level=FURTHEST)[0]
    other = CANDIDATES[rng.integers(len(CANDIDATES))]
    levels = []
    for model, steps in ((first.model, first.steps), other[:2]):
        right = int(rng.binomial(ITEMS, truth.score(np.full(3, steps))[NAMES.index(model)]))
        after = given(pool, [(model, steps, right)], 300, rng)
        level = bg.theory.least_level(after, max_level=FURTHEST).level
        levels.append(float(np.log(np.clip(level, 1.0, FURTHEST))))
    return levels


def mean_gain(repetitions: int) -> tuple[float, float]:
    """By how much lower the level is after the one named first, as a logarithm: the mean and its
    standard error."""
    lower = np.diff([log_levels(k) for k in range(repetitions)], axis=1)[:, 0]
    return float(lower.mean()), float(lower.std(ddof=1) / np.sqrt(repetitions))


def test_the_first_one_named_lowers_the_level_more_than_a_random_one() -> None:
    assert mean_gain(8)[0] > 0


@pytest.mark.long
def test_in_a_hundred_cases_it_lowers_the_level_more() -> None:
    mean, error = mean_gain(100)
    assert mean > 2 * error


def test_what_is_known_already_is_not_named() -> None:
    # Curves of the first two are the same in all draws: only the third is worth measuring. The rest do
    # not change what is known, so that the level after them is the one of today.
    draws = prior(np.random.default_rng(0), 300, [1.0, 1.0, 3.0])
    for parameter in ("lower", "upper", "intercept", "slope"):
        getattr(draws.curves, parameter).flags.writeable = True
        getattr(draws.curves, parameter)[:, :2] = getattr(draws.curves, parameter)[0, :2]
    draws = Draws(draws.game, draws.curves)
    found = bg.theory.next_measurements(draws, np.random.default_rng(0), CANDIDATES, most=None)
    for one in found:
        if one.model in "ab":
            assert one.level == pytest.approx(one.level_now, rel=1e-9)
    assert any(one.level != pytest.approx(one.level_now, rel=0.01) for one in found if one.model == "c")


def test_the_level_of_today_is_that_of_the_draws() -> None:
    draws = prior(np.random.default_rng(3), 400)
    found = bg.theory.next_measurements(draws, np.random.default_rng(0), max_level=FURTHEST)
    # Levels lie exp(log(1000) / 239), 3 %, apart.
    assert found[0].level_now == pytest.approx(
        bg.theory.least_level(draws, max_level=FURTHEST).level, rel=0.03
    )
    assert len(found) == 3
    assert [one.level for one in found] == sorted(one.level for one in found)
    again = bg.theory.next_measurements(draws, np.random.default_rng(0), max_level=FURTHEST)
    assert again == found


def test_an_exact_measurement_leaves_one_draw() -> None:
    # With a million items and steps at which scores differ, each outcome leaves next to one draw, so
    # the level expected is the geometric mean of the levels of single draws.
    draws = prior(np.random.default_rng(5), 20)
    parameters = [
        np.array(getattr(draws.curves, name)) for name in ("lower", "upper", "intercept", "slope")
    ]
    for values in parameters:
        values[:, 1:] = values[0, 1:]
    draws = Draws(draws.game, bg.curves.ScalingLaw(*parameters))
    [found] = bg.theory.next_measurements(
        draws, np.random.default_rng(0), [("a", 700.0, 1_000_000)], max_level=FURTHEST, outcomes=400
    )
    single = [bg.theory.least_level(draws[k : k + 1], max_level=FURTHEST).level for k in range(20)]
    expected = np.exp(np.log(np.clip(single, 30.0, FURTHEST)).mean())  # 30 is the first level looked at
    assert found.level == pytest.approx(expected, rel=0.1)
    assert found.supported == pytest.approx(np.isfinite(single).mean(), abs=0.03)


def test_what_cannot_be_measured_is_refused() -> None:
    draws, rng = prior(np.random.default_rng(0), 10), np.random.default_rng(0)
    for message, candidate in {
        "model: unknown 'd'; known: a, b, c": ("d", 100.0, 10),
        "steps: must be >= 0, got -1": ("a", -1.0, 10),
        "items: must be a whole number >= 1, got 0": ("a", 1.0, 0),
    }.items():
        with pytest.raises(ValueError, match=re.escape(message)):
            bg.theory.next_measurements(draws, rng, [candidate])
