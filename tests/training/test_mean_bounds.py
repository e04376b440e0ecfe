"""Intervals of mean efforts of few plays."""

from __future__ import annotations

import numpy as np
import pytest

from benchgame_env.training.grading.regrets import distance_of_means, mean_bounds


def test_ten_equal_plays_say_little() -> None:
    # An effort that is played half of the time is the only one in ten plays once in 1,000 sets, and its
    # spread is then 0. What was never seen may still happen: the upper end is log(1 / 0.025) / 10.
    plays = np.zeros((10, 1))
    found = mean_bounds(plays)
    assert found.low == 0.0
    assert found.high == pytest.approx(-np.log(0.025) / 10)
    assert distance_of_means(plays, np.array([0.125])).low == 0.0


def test_a_mean_close_to_zero_has_the_whole_interval_below_it() -> None:
    # The lower end of the mean is cut at 0, and must not make the distance look sure.
    plays = np.array([[0.0]] * 9 + [[1.0]])
    assert distance_of_means(plays, np.array([0.375])).low == 0.0
