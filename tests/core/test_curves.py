"""Laws of score curves, known values of the families, and what their constructors refuse."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools.generators import CURVES, SMOOTH, numbers, rngs

import benchgame_env as bg
from benchgame_env.curves import Additive, ScalingLaw, Tabulated


def families(kinds) -> st.SearchStrategy:
    """``(curves, n, rng)``: a random family for n developers and a source of numbers to try it on."""
    return st.builds(
        lambda kind, n, lattice, rng: (CURVES[kind](rng, n, lattice), n, rng),
        st.sampled_from(list(kinds)),
        st.integers(1, 5),
        st.booleans(),
        rngs,
    )


@given(families(CURVES))
def test_more_effort_never_scores_less(family) -> None:
    curves, n, rng = family
    efforts = np.sort(rng.uniform(0, 5, (50, n)), axis=0)
    # Rounding may lower a score by a few units in the last place of a number below 2.
    assert (np.diff(curves.score(efforts), axis=0) >= -1e-15).all()


@given(families(SMOOTH))
def test_inverse_round_trip(family) -> None:
    curves, n, rng = family
    efforts = rng.uniform(0, 4, (20, n))
    # Error: rounding of a score below 1 (1e-16) over the least slope here. That is about 1e-3 for
    # exp(-(1.5 + 1.5 * 4)) and more for the others; 1e-10 leaves three orders of magnitude.
    np.testing.assert_allclose(curves.effort_for(curves.score(efforts)), efforts, rtol=0, atol=1e-10)


@given(families(CURVES))
def test_inverse_is_the_least_effort_that_reaches_a_score(family) -> None:
    curves, n, rng = family
    aims = np.round(rng.uniform(-0.2, 1.2, (20, n)) * 8) / 8  # lattice points: plateaus are among them
    least = curves.effort_for(aims)
    reachable = np.isfinite(least)
    assert (curves.score(np.where(reachable, least, 0.0)) >= aims - 1e-12)[reachable].all()
    # A little less effort falls short. So do 20 units where none suffices; many more would round
    # 1 - exp(-x) up to 1.
    below = curves.score(np.where(reachable, np.maximum(least - 1e-6, 0.0), 20.0))
    assert (below < aims)[(least > 1e-6)].all()


@given(families(CURVES))
def test_no_effort_is_needed_for_what_the_model_scores_untuned(family) -> None:
    curves, n, rng = family
    honest = curves.score(np.zeros(n))
    assert (curves.effort_for(honest - rng.uniform(1e-9, 2, n)) == 0).all()


@given(families(CURVES))
def test_batch_axes_pass_through(family) -> None:
    curves, n, rng = family
    efforts = rng.uniform(0, 2, (3, 2, n))
    for function in (curves.score, curves.effort_for):
        batch = function(efforts)
        assert batch.shape == (3, 2, n)
        np.testing.assert_array_equal(batch[2, 1], function(efforts[2, 1]))


@given(families(CURVES))
def test_arguments_are_left_alone(family) -> None:
    curves, n, rng = family
    efforts = rng.uniform(0, 2, (4, n))
    copy = efforts.copy()
    curves.score(efforts)
    curves.effort_for(efforts)
    np.testing.assert_array_equal(efforts, copy)


# --- known values ------------------------------------------------------------------------------


def test_additive_known_values() -> None:
    # 1 - exp(-(theta + x)) at theta = 1, x = 0 and theta = 0.5, x = 1.
    scores = Additive([1.0, 0.5]).score(np.array([0.0, 1.0]))
    assert scores.tolist() == pytest.approx([1 - math.exp(-1), 1 - math.exp(-1.5)])


def test_additive_never_reaches_one() -> None:
    assert np.isinf(Additive([1.0, 0.5]).effort_for(np.array([1.0, 1.5]))).all()


def test_scaling_law_known_values() -> None:
    # Section 1: z = e^alpha (1 + x)^beta = 1 * 3^2 = 9, so v = 0.1 + 0.5 * 9/10 = 0.55.
    law = ScalingLaw([0.1], [0.6], [0.0], [2.0])
    assert law.score(np.array([2.0])) == pytest.approx(0.55)
    assert law.effort_for(np.array([0.55])) == pytest.approx(2.0)


def test_scaling_law_ceiling_is_out_of_reach_and_floor_costs_nothing() -> None:
    law = ScalingLaw([0.1, 0.1], [0.6, 0.6], [0.0, 0.0], [2.0, 2.0])
    assert law.effort_for(np.array([0.6, 0.7])).tolist() == [math.inf, math.inf]
    assert law.effort_for(np.array([0.1, 0.0])).tolist() == [0.0, 0.0]


def test_scaling_law_follows_its_defining_equation() -> None:
    # log((v - L) / (U - v)) = alpha + beta log(1 + x), section 1, on random laws.
    rng = np.random.default_rng(0)
    law = CURVES["scaling law"](rng, 5, lattice=False)
    x = rng.uniform(0, 3, (10, 5))
    v = law.score(x)
    log_odds = np.log((v - law.lower) / (law.upper - v))
    np.testing.assert_allclose(log_odds, law.intercept + law.slope * np.log1p(x), atol=1e-12)


def test_decreasing_intercept_family_in_its_closed_form() -> None:
    # Section 4: the law with U = 1, L = theta/(1 + theta), alpha = -log(1 + theta), beta = 1 is
    # v = 1 - 1/(2 + x + theta).
    theta, x = np.array([1.0, 0.5]), np.array([0.3, 7.0])
    curves = bg.load_game("decreasing-intercept").curves
    np.testing.assert_allclose(curves.score(x), 1 - 1 / (2 + x + theta), rtol=1e-14)


def test_tabulated_known_values() -> None:
    # Line from (1, 0.2) to (3, 0.6), constant outside; the plateau is entered at its left end.
    curves = Tabulated([[1, 3, 4]], [[0.2, 0.6, 0.6]])
    scores = curves.score(np.array([[0.0], [1.0], [2.0], [3.5], [9.0]]))
    assert scores.ravel().tolist() == pytest.approx([0.2, 0.2, 0.4, 0.6, 0.6])
    efforts = curves.effort_for(np.array([[0.1], [0.2], [0.4], [0.6], [0.61]]))
    assert efforts.ravel().tolist() == pytest.approx([0.0, 0.0, 2.0, 3.0, math.inf])


def test_a_table_of_one_checkpoint_is_constant() -> None:
    curves = Tabulated([[5]], [[0.3]])
    assert curves.score(np.array([[0.0], [100.0]])).ravel().tolist() == [0.3, 0.3]
    assert curves.effort_for(np.array([[0.3], [0.31]])).ravel().tolist() == [0.0, math.inf]


def test_isotonic_pools_neighbours_by_precision() -> None:
    # 0.5 then 0.2 violate the order; weights 1/0.1^2 = 100 and 1/0.05^2 = 400 pool them at
    # (100 * 0.5 + 400 * 0.2) / 500 = 0.26. The rest is in order and stays.
    curves = Tabulated.isotonic([[0, 1, 2, 3]], [[0.1, 0.5, 0.2, 0.9]], [[0.1, 0.1, 0.05, 0.1]])
    assert curves.scores[0].tolist() == pytest.approx([0.1, 0.26, 0.26, 0.9])


def test_isotonic_leaves_ordered_checkpoints_alone() -> None:
    rng = np.random.default_rng(1)
    scores = np.sort(rng.random((2, 6)), axis=1)
    curves = Tabulated.isotonic([range(6)] * 2, scores, numbers(rng, 0.1, 0.5, 12, False).reshape(2, 6))
    np.testing.assert_allclose(curves.scores, scores)


@given(families(["additive", "scaling law", "tabulated"]))
def test_parameters_cannot_be_changed_behind_the_curve(family) -> None:
    curves, _, _ = family
    for field in type(curves).__dataclass_fields__:
        value = getattr(curves, field)
        vectors = value if isinstance(value, tuple) else (value,)
        assert not any(vector.flags.writeable for vector in vectors)


# --- refused -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Additive([0.5, -0.1]), r"quality: .*>= 0, got \[0.5, -0.1\]"),
        (lambda: Additive([]), r"quality: .*got shape \(0,\)"),
        (lambda: Additive([[1.0]]), r"quality: .*got shape \(1, 1\)"),
        (lambda: Additive([1.0, math.nan]), r"quality: .*got \[1.0, nan\]"),
        (lambda: ScalingLaw([0, 0], [1], [0, 0], [1, 1]), "upper: 1 .*lower has 2"),
        (lambda: ScalingLaw([0], [1], [0, 0], [1]), "intercept: 2 .*lower has 1"),
        (lambda: ScalingLaw([0.5], [0.4], [0], [1]), r"lower=\[0.5\] upper=\[0.4\]"),
        (lambda: ScalingLaw([-0.1], [0.4], [0], [1]), r"lower=\[-0.1\] upper=\[0.4\]"),
        (lambda: ScalingLaw([0.1], [1.4], [0], [1]), r"lower=\[0.1\] upper=\[1.4\]"),
        (lambda: ScalingLaw([0], [1], [0], [0]), r"slope: .*> 0 .* got \[0.0\]"),
        (lambda: ScalingLaw([0], [1], [math.inf], [1]), r"intercept: .*got \[inf\]"),
        (lambda: Tabulated([[0, 1]], []), "efforts, scores: 1 and 0"),
        (lambda: Tabulated([], []), "efforts, scores: 0 and 0"),
        (lambda: Tabulated([[0, 1]], [[0.1]]), r"scores\[0\]: 1 .*2 efforts"),
        (lambda: Tabulated([[0, 1], [1, 1]], [[0, 0], [0, 0]]), r"efforts\[1\]: .* \[1.0, 1.0\]"),
        (lambda: Tabulated([[-1, 1]], [[0, 0]]), r"efforts\[0\]: .*>= 0 .* \[-1.0, 1.0\]"),
        (lambda: Tabulated([[0, 1]], [[0.2, 0.1]]), r"scores\[0\]: .*got \[0.2, 0.1\]"),
        (lambda: Tabulated([[0, 1]], [[0.2, math.nan]]), r"scores\[0\]: .*got \[0.2, nan\]"),
        # A model that solves no item has a binomial standard error of 0, which cannot be a weight.
        (lambda: Tabulated.isotonic([[0, 1]], [[0.0, 0.1]], [[0.0, 0.1]]), "stderr.*0.0"),
        (
            lambda: Tabulated.isotonic([[0, 1]], [[0.2, 0.1]], [[0.1, math.nan]]),
            r"stderr: .*got .*nan",
        ),
    ],
)
def test_refused(make, message) -> None:
    with pytest.raises(ValueError, match=message):
        make()
