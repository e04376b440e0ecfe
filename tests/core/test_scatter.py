"""How much checkpoints scatter: the factor of standard errors, of models alike or not."""

from __future__ import annotations

import numpy as np
from scipy import integrate, stats

from benchgame_env.fitting.scatter import moderated

SPARE = 6.0  # ten checkpoints and four parameters


def factors(true: list[float], sets: int = 200) -> np.ndarray:
    rng = np.random.default_rng(0)
    variances = np.square(true) * rng.chisquare(SPARE, (sets, len(true))) / SPARE
    return np.array([moderated(one, np.full(len(true), SPARE)) for one in variances])


def test_of_standard_errors_that_are_right_little_is_added() -> None:
    # One model by itself: the mean of sqrt(max(1, chi-square / 6)).
    alone = integrate.quad(lambda x: np.sqrt(max(1.0, x / SPARE)) * stats.chi2.pdf(x, SPARE), 0, 60)[0]
    assert alone > 1.09
    six, thirty = factors([1.0] * 6), factors([1.0] * 30)
    assert thirty.min() >= 1
    assert thirty.mean() < six.mean() < (1 + alone) / 2  # the more models, the less


def test_what_models_have_in_common_is_found_and_one_that_differs_too() -> None:
    # Of six models 36 spare checkpoints tell a factor of 1.5 to 1 / sqrt(72) = 12 % of it.
    assert abs(factors([1.5] * 6).mean() - 1.5) < 0.05
    found = factors([1.0] * 5 + [2.0]).mean(axis=0)
    assert found[5] > 1.4 > 1.2 > found[:5].max()
    assert np.allclose(moderated(np.zeros(3), np.full(3, SPARE)), 1.0)  # no noise at all
    common = moderated(np.array([4.0, 4.0, 4.0, 0.0]), np.array([SPARE, SPARE, SPARE, 0.0]))
    assert np.allclose(common, common[0])  # without spare checkpoints: as the others
