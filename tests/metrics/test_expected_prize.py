"""Expected prizes: three ways of computing them give the same, and the plain convolution too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools.generators import random_prizes, rngs
from witnesses.slow_grader import expected_prize

from benchgame_env.game import TIES
from benchgame_env.metrics import expected_prize as ways
from benchgame_env.metrics.expected_prize import EVEN, expected_prizes, worth_of

# Sums of at most n products of numbers in [0, 1], n <= 50, each rounded to 2**-53.
ROUNDING = 1e-13


def chances(rng: np.random.Generator, n: int, m: int) -> tuple[Any, Any]:
    """Probabilities of being above and level: anything, with certainties and empty levels among them."""
    parts = rng.dirichlet(np.ones(3), (n, m))
    parts[rng.random((n, m)) < 0.3] = [1.0, 0.0, 0.0]
    parts[rng.random((n, m)) < 0.2] = [0.0, 1.0, 0.0]
    parts[rng.random((n, m)) < 0.2] = [0.5, 0.0, 0.5]
    return parts[..., 0], parts[..., 1]


def plain(prizes: Any, above: Any, level: Any, ties: Any) -> Any:
    return np.stack([expected_prize(prizes, i, above, level, ties) for i in range(len(prizes))])


@given(rngs, st.integers(1, 9), st.sampled_from(TIES), st.booleans())
def test_against_one_convolution_for_each_developer(rng: Any, n: int, ties: Any, even: bool) -> None:
    prizes = random_prizes(rng, n, "equal steps" if even else "uneven")
    above, level = chances(rng, n, 7)
    found = expected_prizes(prizes, above, level, ties)
    np.testing.assert_allclose(found, plain(prizes, above, level, ties), rtol=0, atol=ROUNDING)


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("kind", ["equal steps", "uneven", "winner takes all"])
def test_of_fifty(kind: str, ties: Any) -> None:
    rng = np.random.default_rng(0)
    prizes = random_prizes(rng, 50, kind)
    above, level = chances(rng, 50, 3)
    found = expected_prizes(prizes, above, level, ties)
    np.testing.assert_allclose(found, plain(prizes, above, level, ties), rtol=0, atol=ROUNDING)


@pytest.mark.parametrize("ties", TIES)
def test_blocks_change_nothing(ties: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    prizes, parts = random_prizes(rng, 7, "uneven"), chances(rng, 7, 40)
    whole = expected_prizes(prizes, *parts, ties)
    monkeypatch.setattr(ways, "NUMBERS", 1)  # the least size of a block is then 16
    np.testing.assert_array_equal(expected_prizes(prizes, *parts, ties), whole)


@pytest.mark.parametrize("ties", TIES)
def test_prizes_a_little_off_even_move_the_result_no_more_than_they_are_off(ties: Any) -> None:
    # An expected prize is a mean of prizes: one prize that is off by x moves it by x at most. Above the
    # tolerance the convolution sees it, below the linear form leaves it out.
    rng = np.random.default_rng(1)
    above, level = chances(rng, 6, 200)
    even = np.linspace(1.0, 0.0, 6)
    exact = expected_prizes(even, above, level, ties)
    for off in (0.5 * EVEN, 100 * EVEN, 1e-6):
        prizes = even + np.where(np.arange(6) == 2, off, 0.0)
        moved = np.abs(expected_prizes(prizes, above, level, ties) - exact).max()
        assert moved <= off + ROUNDING
        assert (moved > 0) == (off > EVEN)


@given(rngs, st.integers(1, 8), st.sampled_from(TIES), st.booleans())
def test_counted_ranks_are_convolutions_of_certainties(rng: Any, n: int, ties: Any, even: bool) -> None:
    # Scores are multiples of 1/4, so that many tie. A second score that is never shown makes a point
    # mass a mixture, which is not counted.
    prizes = random_prizes(rng, n, "equal steps" if even else "uneven")
    board, asked = rng.integers(0, 4, n) / 4, rng.integers(-1, 9, 12) / 8
    asked[0] = -np.inf
    who, k = rng.integers(n, size=30), rng.integers(12, size=30)
    pure = [(np.array([score]), np.ones(1)) for score in board]
    mixed = [(np.array([score, 9.0]), np.array([1.0, 0.0])) for score in board]
    counted, convolved = (worth_of(prizes, shown, ties, asked)(who, k) for shown in (pure, mixed))
    np.testing.assert_allclose(counted, convolved, rtol=0, atol=ROUNDING)


@given(rngs, st.integers(2, 8), st.booleans())
def test_under_split_developers_are_interchangeable(rng: Any, n: int, even: bool) -> None:
    prizes = random_prizes(rng, n, "equal steps" if even else "uneven")
    above, level = chances(rng, n, 5)
    order = rng.permutation(n)
    found = expected_prizes(prizes, above, level, "split")
    permuted = expected_prizes(prizes, above[order], level[order], "split")
    np.testing.assert_allclose(permuted, found[order], rtol=0, atol=ROUNDING)


def test_even_prizes_are_not_convolved(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> Any:
        raise AssertionError("convolved")

    monkeypatch.setattr(ways, "_convolved", refuse)
    above, level = chances(np.random.default_rng(0), 4, 5)
    assert expected_prizes(np.array([0.3, 0.2, 0.1, 0.0]), above, level, "quality").shape == (4, 5)
    with pytest.raises(AssertionError, match="convolved"):
        expected_prizes(np.array([0.3, 0.2, 0.1, 0.01]), above, level, "quality")
