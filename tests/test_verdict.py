"""Verdicts on made-up figures; the bounds are those of theory section 8."""

from __future__ import annotations

import math

import numpy as np
import pytest

from training.verdict import SeedFigures, below, judge, mostly, t_interval


def figures(**changes: object) -> SeedFigures:
    plain = {
        "regret": 0.0,
        "average_regret": 0.0,
        "efforts": np.zeros(2),
        "average_efforts": np.zeros(2),
        "movement": 0.0,
        "in_order": True,
        "tau": 1.0,
        "nash_conv": 0.0,
    }
    return SeedFigures(**(plain | changes))  # type: ignore[arg-type]


def test_t_interval_of_two_values() -> None:
    # Mean 1, standard error 1 and the 97.5 % quantile of t with one degree of freedom,
    # which is Cauchy: tan(0.475 pi).
    low, high = t_interval(np.array([0.0, 2.0]))
    half = math.tan(0.475 * math.pi)
    assert (low, high) == (pytest.approx(1 - half), pytest.approx(1 + half))


def test_one_value_has_no_interval() -> None:
    assert below("x", [0.0], 1.0).outcome == "undecided"


@pytest.mark.parametrize(
    ("values", "outcome"),
    [([0.1, 0.11, 0.09], "match"), ([2.0, 2.1, 1.9], "mismatch"), ([0.5, 1.5, 1.0], "undecided")],
)
def test_the_interval_decides_against_the_bound(values: list[float], outcome: str) -> None:
    assert below("x", values, 1.0).outcome == outcome


@pytest.mark.parametrize(
    ("true", "of", "outcome"),
    [
        (10, 10, "match"),  # Clopper-Pearson lower end 0.025 ** (1 / 10) = 0.69
        (5, 5, "undecided"),  # 0.025 ** (1 / 5) = 0.48
        (6, 6, "match"),  # 0.025 ** (1 / 6) = 0.54
        (5, 10, "undecided"),
        (0, 10, "mismatch"),  # upper end 1 - 0.69
    ],
)
def test_majority_by_the_exact_binomial_interval(true: int, of: int, outcome: str) -> None:
    assert mostly("x", [True] * true + [False] * (of - true)).outcome == outcome


def test_pure_match() -> None:
    verdict = judge("pure", "simultaneous", [figures() for _ in range(10)])
    assert verdict.outcome == "match"
    assert len(verdict.checks) == 4  # regret, two efforts, order


@pytest.mark.parametrize(
    "changes",
    [{"regret": 0.011}, {"efforts": np.array([0.0, 0.021])}, {"in_order": False}],
    ids=["regret above 1 % of P", "one effort above 2 % of F", "wrong order"],
)
def test_pure_mismatch(changes: dict[str, object]) -> None:
    assert judge("pure", "simultaneous", [figures(**changes) for _ in range(10)]).outcome == "mismatch"


@pytest.mark.parametrize(
    ("efforts", "outcome"),
    [([0.31, 0.12], "match"), ([0.33, 0.1], "mismatch"), ([0.0, 0.0], "mismatch")],
)
def test_a_pure_equilibrium_of_positive_efforts_is_compared_with(efforts, outcome) -> None:
    # 2 % of F to either side of (0.3, 0.1), as section 8 has it for an equilibrium at zero.
    seeds = [figures(efforts=np.array(efforts)) for _ in range(10)]
    verdict = judge("pure", "simultaneous", seeds, pure_efforts=np.array([0.3, 0.115]))
    assert verdict.outcome == outcome


def test_unknown_regrets_decide_nothing() -> None:
    verdict = judge("pure", "simultaneous", [figures(regret=math.nan) for _ in range(10)])
    assert verdict.outcome == "undecided"
    assert "regrets are not known" in verdict.reason


def test_fewer_than_ten_seeds_decide_nothing() -> None:
    verdict = judge("pure", "simultaneous", [figures() for _ in range(9)])
    assert verdict.outcome == "undecided"
    assert "9 seeds" in verdict.reason


def test_cycle_regret_above_its_bound_is_a_mismatch() -> None:
    seeds = [figures(average_regret=0.026) for _ in range(10)]
    assert judge("cycle", "simultaneous", seeds).outcome == "mismatch"


def test_cycle_regret_within_its_bound_is_a_match() -> None:
    assert judge("cycle", "simultaneous", [figures() for _ in range(10)]).outcome == "match"


@pytest.mark.parametrize(("efforts", "outcome"), [([0.04, 0.0], "match"), ([0.0, 0.06], "mismatch")])
def test_where_equilibrium_is_unique_its_mean_efforts_count(efforts: list[float], outcome: str) -> None:
    # Within 5 % of F, here of efforts (0.2, 0.3).
    away = figures(average_efforts=np.array([0.2, 0.3]) - efforts)
    verdict = judge("cycle", "simultaneous", [away] * 10, np.array([0.2, 0.3]))
    assert verdict.outcome == outcome
    assert len(verdict.checks) == 3


@pytest.mark.parametrize(
    ("regime", "revision"), [("cycle", "alternating"), ("undecided", "simultaneous")]
)
def test_without_a_prediction_there_is_no_verdict(regime: str, revision: str) -> None:
    assert judge(regime, revision, [figures() for _ in range(10)]).outcome == "undecided"
