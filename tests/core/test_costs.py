"""Laws of costs, and what their constructors refuse."""

from __future__ import annotations

import math
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools.generators import COSTS, SMOOTH_COSTS, Fee, rngs

import benchgame_env as bg
from benchgame_env.costs import CappedCost, EntryCost

costs = st.builds(lambda kind, rng: COSTS[kind](rng), st.sampled_from(list(COSTS)), rngs)
smooth_costs = st.builds(lambda kind, rng: COSTS[kind](rng), st.sampled_from(list(SMOOTH_COSTS)), rngs)
amounts = st.floats(0, 1e3)


@given(costs)
def test_zero_effort_is_free(cost) -> None:
    assert cost(0.0) == 0


@given(costs, amounts, amounts)
def test_more_effort_never_costs_less(cost, one, other) -> None:
    low, high = sorted((one, other))
    assert cost(low) <= cost(high)


@given(smooth_costs, amounts)
def test_inverse_round_trip(cost, effort) -> None:
    # Two or three roundings of relative size 1e-16, magnified at most by the exponent (3).
    assert cost.inverse(cost(effort)) == pytest.approx(effort, rel=1e-12, abs=1e-12)


@given(costs, amounts)
def test_inverse_is_the_largest_effort_within_the_amount(cost, amount) -> None:
    effort = float(cost.inverse(amount))
    slack = 1e-9 * (1 + amount)  # rounding of the inverse times the slope of the cost
    assert cost(effort) <= amount + slack
    assert cost(effort + 1e-3 * (1 + effort)) > amount - slack


@given(costs)
def test_shapes_pass_through(cost) -> None:
    grid = np.linspace(0, 2, 24).reshape(2, 3, 4)
    for function in (cost, cost.inverse):
        assert function(grid).shape == (2, 3, 4)
        assert function(grid)[1, 2, 3] == pytest.approx(float(function(grid[1, 2, 3])))


def test_known_values() -> None:
    # The class formulas by hand: 0.5 * 3; 2 * 3 ** 2; 1 * (3 - 1) ** 2; 1 * max(0.5 - 1, 0) ** 2.
    assert bg.LinearCost(0.5)(3.0) == 1.5
    assert bg.PowerCost(2.0, 2.0)(3.0) == 18.0
    assert bg.PowerCost(1.0, 2.0, free=1.0)(3.0) == 4.0
    assert bg.PowerCost(1.0, 2.0, free=1.0)(0.5) == 0.0


def test_inverse_known_values() -> None:
    # 18 = 2 e^2 at e = 3; the flat cost of theory section 4 buys one unit of effort for nothing.
    assert bg.PowerCost(2.0, 2.0).inverse(18.0) == pytest.approx(3.0)
    assert bg.PowerCost(1.0, 2.0, free=1.0).inverse(0.0) == 1.0
    assert bg.LinearCost(0.5).inverse(math.inf) == math.inf


def test_no_effort_can_be_had_for_less_than_nothing() -> None:
    assert bg.LinearCost(1.0).inverse(-1.0) == 0
    assert bg.PowerCost(1.0, 2.0).inverse(-1.0) == 0


def test_only_a_free_stretch_stops_a_power_cost_from_being_strictly_increasing() -> None:
    assert bg.LinearCost(1.0).strictly_increasing
    assert bg.PowerCost(1.0, 2.0).strictly_increasing
    assert not bg.PowerCost(1.0, 2.0, free=0.1).strictly_increasing


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: bg.LinearCost(-1.0), "rate: .*> 0, got -1"),
        (lambda: bg.LinearCost(0.0), "rate: .*> 0, got 0"),
        (lambda: bg.LinearCost(math.nan), "rate: .*got nan"),
        (lambda: bg.LinearCost(math.inf), "rate: .*got inf"),
        (lambda: bg.LinearCost(None), "rate: .*got None"),
        (lambda: bg.PowerCost(-2.0, 1.0), "rate: .*> 0, got -2"),
        (lambda: bg.PowerCost(1.0, 0.0), "exponent: .*> 0, got 0"),
        (lambda: bg.PowerCost(1.0, "two"), "exponent: .*got 'two'"),
        (lambda: bg.PowerCost(1.0, 1.0, free=-0.5), "free: .*>= 0, got -0.5"),
        (lambda: CappedCost(0.0, 1.0), "rate: .*> 0, got 0"),
        (lambda: CappedCost(1.0, 0.0), "most: .*> 0, got 0"),
        (lambda: EntryCost(0.0), "fee: .*> 0, got 0"),
        (lambda: EntryCost(1.0, -1.0), "rate: .*> 0, got -1"),
    ],
)
def test_refused(make, message) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_a_cap_and_a_fee() -> None:
    # min(2 e, 3): effort 1.5 is the last that costs more, and 3 buys any; 0.5 + 2 e, but nothing at 0.
    capped, entry = CappedCost(2.0, 3.0), EntryCost(0.5, 2.0)
    assert capped([0.0, 1.0, 1.5, 9.0]).tolist() == [0.0, 2.0, 3.0, 3.0]
    assert capped.inverse([-1.0, 2.0, 2.999, 3.0, 4.0]).tolist() == [
        0.0,
        1.0,
        1.4995,
        math.inf,
        math.inf,
    ]
    assert not capped.strictly_increasing
    assert entry([0.0, 1e-9, 1.0]).tolist() == [0.0, 0.5 + 2e-9, 2.5]
    assert entry.inverse([0.0, 0.4, 0.5, 2.5]).tolist() == [0.0, 0.0, 0.0, 1.0]
    assert entry.strictly_increasing


def test_a_number_written_as_text_is_refused_or_becomes_a_number() -> None:
    # `number` reads text; a cost that keeps the text fails later, far from its cause.
    with suppress(ValueError):
        assert bg.LinearCost("2")(1.5) == 3.0


def test_a_users_cost_needs_only_the_three_members() -> None:
    # Fee(0.25): overtaking needs 0.5, so it costs 0.75 of the prize of 1 and T = 1 - 0.75.
    game = bg.load_game("duel", cost=Fee(0.25))
    assert bg.theory.temptation(game, "direct") == pytest.approx(0.25, abs=1e-12)
