"""Actions: the ends are exact, the way there and back is short, fine where it matters."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools.cases import ACTION_TYPES, GAMES, SCALES

import benchgame_env as bg
from benchgame_env.play.actions import EffortAxis

MAX_EFFORT = np.array([1.0, 0.7, 8000.0, 1e-3])
# Largest efforts of pythia-gsm8k: prizes 1 to 0, 2,000 steps per rank, four ranks.
STEPS = 8000.0

# A position is in [0, 1] and takes a handful of roundings of 1.1e-16 each. On the log scale the
# exponent is at most log(10,001) = 9.21, so its rounding is up to 0.9e-15, which the way back
# divides by 9.21 and the way there turns into a relative error of the effort.
POSITION_ROUNDING = 2e-15
EFFORT_ROUNDING = 2e-14

every_scale = pytest.mark.parametrize("scale", SCALES)
every_type = pytest.mark.parametrize("action_type", ACTION_TYPES)
efforts_shares = st.floats(0.0, 1.0)


def axis(
    scale: str, action_type: str = "continuous", levels: int = 41, top: object = None
) -> EffortAxis:
    return EffortAxis(MAX_EFFORT if top is None else np.array(top), action_type, levels, scale)


def to_effort(this: EffortAxis, action: object) -> np.ndarray:
    return this.effort(this.position(action))


# Ends


@every_scale
@pytest.mark.parametrize(("action_type", "ends"), [("continuous", (-1, 1)), ("discrete", (0, 40))])
def test_the_ends_are_exactly_nothing_and_the_largest(
    scale: str, action_type: str, ends: tuple[int, int]
) -> None:
    this = axis(scale, action_type)
    lowest, highest = (np.full(4, end) for end in ends)
    assert to_effort(this, lowest).tolist() == [0.0] * 4
    assert to_effort(this, highest).tolist() == MAX_EFFORT.tolist()
    assert this.action(np.zeros(4)).tolist() == lowest.tolist()
    assert this.action(MAX_EFFORT).tolist() == highest.tolist()


@every_scale
@pytest.mark.parametrize(("action_type", "beyond"), [("continuous", 1.5), ("discrete", 99)])
def test_out_of_range_is_clipped_both_ways(scale: str, action_type: str, beyond: float) -> None:
    this = axis(scale, action_type)
    assert to_effort(this, np.full(4, -beyond)).tolist() == [0.0] * 4
    assert to_effort(this, np.full(4, beyond)).tolist() == MAX_EFFORT.tolist()
    assert this.action(2 * MAX_EFFORT).tolist() == this.action(MAX_EFFORT).tolist()
    assert this.action(-MAX_EFFORT).tolist() == this.action(np.zeros(4)).tolist()


@every_scale
@every_type
def test_a_developer_without_budget_can_only_do_nothing(scale: str, action_type: str) -> None:
    this = axis(scale, action_type, top=[0.0, 2.0])
    for action in (-1, 0, 1, 40):
        assert to_effort(this, np.array([action, action]))[0] == 0.0
    assert this.action([0.0, 0.0]).tolist() == [-1 if action_type == "continuous" else 0] * 2


# There and back


@every_scale
@given(action=st.floats(-1.0, 1.0))
def test_action_to_effort_to_action(scale: str, action: float) -> None:
    this = axis(scale)
    back = this.action(to_effort(this, np.full(4, action)))
    np.testing.assert_allclose(back, action, rtol=0, atol=2 * POSITION_ROUNDING)


@every_scale
@given(share=efforts_shares)
def test_effort_to_action_to_effort(scale: str, share: float) -> None:
    this = axis(scale)
    back = to_effort(this, this.action(share * MAX_EFFORT))
    np.testing.assert_allclose(back / MAX_EFFORT, share, rtol=0, atol=EFFORT_ROUNDING)


@every_scale
@pytest.mark.parametrize("levels", [2, 3, 41, 1000])
def test_every_level_comes_back(scale: str, levels: int) -> None:
    this = axis(scale, "discrete", levels)
    actions = np.repeat(np.arange(levels)[:, None], 4, axis=1)
    back = this.action(to_effort(this, actions))
    assert back.dtype.kind == "i"
    assert np.array_equal(back, actions)


@every_scale
@given(share=efforts_shares)
def test_the_nearest_level_is_within_half_a_level(scale: str, share: float) -> None:
    smooth, stepped = axis(scale), axis(scale, "discrete")
    wanted = smooth.position(smooth.action(share * MAX_EFFORT))
    got = stepped.position(stepped.action(share * MAX_EFFORT))
    assert (np.abs(got - wanted) <= 0.5 / 40 + POSITION_ROUNDING).all()


@every_scale
@every_type
def test_batches_are_mapped_elementwise(scale: str, action_type: str) -> None:
    this = axis(scale, action_type)
    low, high = (-1.0, 1.0) if action_type == "continuous" else (0, 40)
    actions = np.random.default_rng(0).uniform(low, high, (5, 3, 4)).round()
    efforts = to_effort(this, actions)
    assert efforts.shape == (5, 3, 4)
    for index in np.ndindex(5, 3):
        assert np.array_equal(efforts[index], to_effort(this, actions[index]))
        assert np.array_equal(this.action(efforts)[index], this.action(efforts[index]))


# Known answers


def test_the_linear_scale_by_hand() -> None:
    this = axis("linear", top=[8.0])
    assert to_effort(this, [-0.5]).tolist() == [2.0]  # a quarter of the way
    assert to_effort(axis("linear", "discrete", 5, [8.0]), [3]).tolist() == [6.0]
    assert this.action([6.0]).tolist() == [0.5]


def test_the_log_scale_by_hand() -> None:
    # 1 + 10^4 e / max grows geometrically from 1 to 10,001: in the middle it is sqrt(10,001).
    middle = (math.sqrt(10_001) - 1) / 1e4 * STEPS
    assert to_effort(axis("log", top=[STEPS]), [0.0]) == pytest.approx(middle, rel=1e-13)


@every_scale
def test_more_action_is_more_effort(scale: str) -> None:
    this = axis(scale)
    efforts = to_effort(this, np.repeat(np.linspace(-1, 1, 2001)[:, None], 4, axis=1))
    assert (np.diff(efforts, axis=0) > 0).all()


def test_the_log_scale_resolves_single_steps_in_thousands() -> None:
    # Actions of e and e + 1 steps of 8,000 differ by 2 log((1 + 1.25 (e+1)) / (1 + 1.25 e)) / 9.21,
    # at e = 9 by 2 * 0.0972 / 9.21 = 0.021; on the linear scale by 2 / 8,000 everywhere.
    steps = np.arange(11.0)[:, None]
    log, linear = (axis(scale, top=[STEPS]).action(steps)[:, 0] for scale in ("log", "linear"))
    assert np.diff(log).min() == pytest.approx(0.0211, abs=1e-4)
    assert np.diff(linear) == pytest.approx(2 / 8000)


def test_log_levels_name_single_steps_and_thousands() -> None:
    # 41 levels are 9.21 / 40 = 0.23 apart in the log of 1 + 1.25 e: neighbours differ by 26 %.
    levels = to_effort(axis("log", "discrete", top=[STEPS]), np.arange(41)[:, None])[:, 0]
    ratio = (1 + 1.25 * levels[1:]) / (1 + 1.25 * levels[:-1])
    assert ratio == pytest.approx(10_001 ** (1 / 40))
    assert levels[1] == pytest.approx((10_001 ** (1 / 40) - 1) / 1.25)  # a fifth of a step
    linear = to_effort(axis("linear", "discrete", top=[STEPS]), np.arange(41)[:, None])[:, 0]
    assert linear[1] == 200.0


# Where the axis ends


def ends(**fields: object) -> list[float]:
    game = bg.Game(bg.curves.Additive([1.0, 0.5]), prizes=[0.8, 0.3], **fields)  # type: ignore[arg-type]
    return EffortAxis.of(game, "continuous", 41, "linear").max_effort.tolist()


def test_a_finite_budget_is_the_end_even_beyond_what_prizes_are_worth() -> None:
    assert ends(cost=bg.LinearCost(0.5), budget=7.0) == [7.0, 7.0]
    assert ends(cost=bg.LinearCost(0.5), budget=[0.25, 0.0]) == [0.25, 0.0]


def test_without_a_budget_the_end_is_what_the_prizes_are_worth() -> None:
    # c(e) = 0.5 (0.8 - 0.3 = 0.5 is what rank can win): e = 1 if linear, 0.5 if 2 e^2, free + 1.
    assert ends(cost=bg.LinearCost(0.5)) == pytest.approx([1.0, 1.0])
    assert ends(cost=bg.PowerCost(2.0, 2.0)) == pytest.approx([0.5, 0.5])
    assert ends(cost=bg.PowerCost(0.5, 1.0, free=3.0)) == pytest.approx([4.0, 4.0])
    assert ends(cost=bg.LinearCost(0.5), budget=[2.0, math.inf]) == pytest.approx([2.0, 1.0])


def test_without_anything_to_win_there_is_no_effort_to_choose() -> None:
    assert EffortAxis.of(GAMES["idle"](), "continuous", 41, "linear").max_effort.tolist() == [0.0]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (("box", 41, "linear"), "action_type: .*'box'.* continuous, discrete"),
        (("discrete", 1, "linear"), "effort_levels: .*>= 2, got 1"),
        (("discrete", 4.0, "linear"), "effort_levels: .*>= 2, got 4.0"),
        (("discrete", 41, "cubic"), "action_scale: .*'cubic'.* linear, log"),
    ],
)
def test_bad_settings(settings: tuple[str, int, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        EffortAxis(MAX_EFFORT, *settings)
