"""Comparisons of algorithms: values counted by hand, and an obvious loop for the bootstrap."""

from __future__ import annotations

import math
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest

from benchgame_env.files import json_text
from benchgame_env.records import plain
from benchgame_env.training.benchmark.statistics import (
    Estimate,
    Statistics,
    aggregate,
    compare,
    in_words,
    iqm,
    mean,
    missing,
    performance_profile,
    probability_of_improvement,
    score,
)
from benchgame_env.training.report.statistics import section

NAN = math.nan
RAGGED = [[0.1, 0.4, 0.5], [0.9, 0.2], [0.3, 0.3, 0.7, 0.8]]


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_a_score_is_what_regret_leaves_of_one() -> None:
    # 1 - min(r, 1), four decimals; a certificate may be a hair below 0.
    found = score([0.0, 0.25, 1.0, 3.0, -1e-12, 0.12344, 2e-8, NAN])
    np.testing.assert_array_equal(found, [1, 0.75, 0, 0, 1, 0.8766, 1, NAN])


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ([0, 1, 2, 30], 1.5),  # one of four cut at either end: (1 + 2) / 2
        ([5, 1, 2, 9, 4, 3, 8, 0], 3.5),  # two of eight: (2 + 3 + 4 + 5) / 4
        ([1, 2, 6], 3.0),  # a quarter of three is less than one run: nothing is cut
    ],
)
def test_iqm_is_the_mean_of_the_middle_half(runs: list[float], expected: float) -> None:
    assert iqm(np.array(runs, dtype=float)) == expected


def test_runs_of_all_tasks_are_pooled() -> None:
    # Nine runs, two cut at either end: 0.3 0.3 0.4 0.5 0.7 remain, mean 0.44. All nine sum to 4.2.
    assert aggregate(RAGGED, rng()).value == pytest.approx(0.44)
    assert aggregate(RAGGED, rng(), mean).value == pytest.approx(4.2 / 9)


def redrawn(tasks: list[list[float]], generator: np.random.Generator) -> list[list[float]]:
    """One resample as the definition has it: as many seeds as there are, within each task."""
    return [[task[generator.integers(len(task))] for _ in task] for task in tasks]


def middle_half(tasks: list[list[float]]) -> float:
    runs = sorted(run for task in tasks for run in task)
    cut = len(runs) // 4
    return float(np.mean(runs[cut : len(runs) - cut]))


def chance(mine: list[list[float]], theirs: list[list[float]]) -> float:
    tasks = [
        np.mean([1.0 if a > b else 0.5 if a == b else 0.0 for a in one for b in other])
        for one, other in zip(mine, theirs, strict=True)
    ]
    return float(np.mean(tasks))


def close(found: Estimate, slow: list[float]) -> None:
    # Ends are quantiles of two independent samples of 4,000: a few thousandths of spread, by trial.
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(slow, [0.025, 0.975])), abs=0.015)


def test_intervals_are_those_of_an_obvious_loop() -> None:
    generator, other = rng(1), [[0.4, 0.6], [0.2, 0.9, 0.1], [0.3, 0.5]]
    slow = [middle_half(redrawn(RAGGED, generator)) for _ in range(4_000)]
    close(aggregate(RAGGED, rng(), resamples=4_000), slow)
    slow = [chance(redrawn(RAGGED, generator), redrawn(other, generator)) for _ in range(4_000)]
    found = probability_of_improvement(RAGGED, other, rng(), resamples=4_000)
    assert found.value == pytest.approx(chance(RAGGED, other))
    close(found, slow)
    taus = np.array([0.25, 0.6])
    shares = [
        [np.mean([run > tau for task in redrawn(RAGGED, generator) for run in task]) for tau in taus]
        for _ in range(4_000)
    ]
    profile = performance_profile(RAGGED, rng(), taus, resamples=4_000)
    # Above 0.25: 0.4 0.5 0.9 0.3 0.3 0.7 0.8; above 0.6: 0.9 0.7 0.8.
    assert profile.share.tolist() == pytest.approx([7 / 9, 3 / 9])
    # Shares are ninths: a quantile that falls between two of them may come out as either.
    bands = np.quantile(shares, [0.025, 0.975], axis=0)
    np.testing.assert_allclose([profile.low, profile.high], bands, atol=1 / 9 + 1e-9)


def test_a_mean_of_many_seeds_has_the_normal_interval() -> None:
    # Two tasks of 400 and 100 seeds, uniform on [0, 0.2] and [0.6, 1]: stratified, so only the variance
    # within tasks counts: 400 * 0.04 / 12 + 100 * 0.16 / 12 over 500^2. Of all runs it is 16 times that.
    scores = [(np.arange(400) + 0.5) / 2000, 0.6 + (np.arange(100) + 0.5) / 250]
    half = NormalDist().inv_cdf(0.975) * math.sqrt((400 * 0.04 / 12 + 100 * 0.16 / 12) / 500**2)
    found = aggregate(scores, rng(), mean, resamples=4_000)
    assert found.value == pytest.approx((400 * 0.1 + 100 * 0.8) / 500)
    assert found.high - found.low == pytest.approx(2 * half, rel=0.08)  # two quantiles of 4,000


def test_tasks_whose_seeds_agree_leave_no_doubt() -> None:
    # Only drawing across tasks could give an interval here.
    assert aggregate([[0.2] * 4, [0.8] * 4], rng(), mean) == Estimate(0.5, 0.5, 0.5)
    # Half of the runs score above 0.2, none above 0.8: those that score just that do not count.
    profile = performance_profile([[0.2] * 4, [0.8] * 4], rng(), np.array([0.2, 0.8]))
    for shares in (profile.share, profile.low, profile.high):
        np.testing.assert_array_equal(shares, [0.5, 0.0])


def test_a_task_of_one_seed_leaves_no_interval() -> None:
    # Drawing one seed anew always draws the same one: its interval would have a width of 0.
    one = [[0.2, 0.4], [0.7]]
    for found in (
        aggregate(one, rng()),
        aggregate(one, rng(), mean),
        probability_of_improvement([[0.2, 0.4]], [[0.3]], rng()),
        performance_profile(one, rng(), np.array([0.5])),
    ):
        assert np.isnan([found.low, found.high]).all()
    assert in_words(aggregate(one, rng(), mean)) == "0.4333"
    assert in_words(Estimate(0.5, 0.4, 0.6)) == "0.5000 [0.4000, 0.6000]"


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        ([[1, 2]], [[0, 0, 0]], 1.0),
        ([[1, 1]], [[1, 1]], 0.5),
        ([[1, 3]], [[2, 3]], 0.375),  # 1 loses twice; 3 beats 2 and ties 3: 1.5 of 4
        ([[1], [0, 0]], [[0], [1]], 0.5),  # one task won, one lost, whatever their seeds
    ],
)
def test_probability_of_improvement(mine: list, theirs: list, expected: float) -> None:
    assert probability_of_improvement(mine, theirs, rng()).value == expected
    assert probability_of_improvement(theirs, mine, rng()).value == 1 - expected


def test_the_generator_decides() -> None:
    def ends(seed: int) -> list[float]:
        generator = rng(seed)
        profile = performance_profile(RAGGED, generator, resamples=50)
        estimates = [
            aggregate(RAGGED, generator, resamples=50),
            aggregate(RAGGED, generator, mean, resamples=50),
            probability_of_improvement(RAGGED, RAGGED[::-1], generator, resamples=50),
        ]
        return [*(e.low for e in estimates), *(e.high for e in estimates), *profile.low, *profile.high]

    assert ends(3) == ends(3)
    assert all(a != b for a, b in zip(ends(3)[:6], ends(4)[:6], strict=True))


def test_algorithms_meet_where_the_same_ones_have_scores() -> None:
    scores = {
        "a": {"x": [0.9, NAN, 0.7], "y": [0.5, 0.5], "w": [0.4]},
        "b": {"x": [0.6], "y": [NAN, NAN], "z": [1.0], "w": [0.6]},
        "c": {"x": [0.8, 0.8], "y": [0.1], "z": [0.2], "w": [0.5]},
        "broken": {"x": [NAN], "y": [NAN], "z": [NAN], "nobody": [NAN]},
    }
    found = compare(scores, rng())
    # All three on x and w; b has nothing on y, a no z; nobody anything on the last.
    assert [one.tasks for one in found] == [("x", "w"), ("y",), ("z",)]
    assert [one.runs for one in found] == [{"a": 3, "b": 2, "c": 3}, {"a": 2, "c": 1}, {"b": 1, "c": 1}]
    assert found[0].mean["a"].value == pytest.approx(2 / 3)  # of 0.9, 0.7 and 0.4
    assert found[2].mean["b"].value == 1.0
    # On x and w: a and b win one each; a has half of x against c (0.9 twice, 0.7 never) and none of w;
    # b none of x and all of w.
    assert [{(e.better, e.than): e.value for e in one.improvement} for one in found] == [
        {("a", "b"): 0.5, ("a", "c"): 0.25, ("b", "c"): 0.5}, {("a", "c"): 1.0}, {("b", "c"): 1.0},
    ]  # fmt: skip
    assert [list(one.profile) for one in found] == [["a", "b", "c"], ["a", "c"], ["b", "c"]]
    assert missing(scores) == {"a": 1, "b": 2, "c": 0, "broken": 4}


@pytest.mark.parametrize("scores", [[], [[]], [[0.5], []], [[NAN]], [[[0.5]]]])
def test_scores_have_to_be_there(scores: list) -> None:
    with pytest.raises(ValueError, match="need a non-empty vector without NaN"):
        aggregate(scores, rng())


def test_the_page_draws_no_interval_where_there_is_none(tmp_path: Path) -> None:
    compared = compare({"a": {"x": [0.2]}, "b": {"x": [0.6]}}, rng())
    content = Statistics("1 - regret / P", {"a": 0, "b": 0}, tuple(compared))
    (tmp_path / "statistics.json").write_text(json_text(plain(content)))
    page = section(tmp_path / "statistics.json", lambda name: f"of-{name}")
    assert "a 0.2; b 0.6" in page
    assert "none where a task has a single seed" in page
    assert "nan" not in page.lower()
    assert "band" not in page
    assert "bold" not in page
