"""Figures over seeds against bounds: intervals with known ends."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchgame_env.training.grading.intervals import below, mostly, t_interval


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


def test_an_interval_of_no_width_decides_too() -> None:
    assert below("x", [0.5, 0.5], 1.0).outcome == "match"
    assert below("x", [1.0, 1.0], 1.0).outcome == "mismatch"  # below is not at


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
