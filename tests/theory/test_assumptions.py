"""Each hypothesis holds on a plain duel, and fails on a game built to break just that one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from tools.cases import DIRECT, SPLIT, Coarse, tuned
from tools.generators import (
    FallingLead,
    Fee,
    Hyperbola,
    Index,
    Stairs,
    random_game,
    random_game_under_h,
    random_protocol,
)

import benchgame_env as bg
from benchgame_env.subgame import Subgame
from benchgame_env.theory.pure import assumptions
from benchgame_env.theory.pure.assumptions import REQUIRED

PLAIN = bg.load_game("duel")
PAPER = ("C1", "C2", "C3")


def check(game, rule):
    return assumptions.check(Subgame(game, rule))


def failing(game: bg.Game, rule: Any = DIRECT) -> set[str]:
    return {name for name, holds in check(game, rule).items() if not holds}


def required_failing(game: bg.Game, rule: Any = DIRECT) -> set[str]:
    return failing(game, rule) & set(REQUIRED)


@dataclass(frozen=True)
class UserCost:
    """A cost by formula, with the inverse and the promise that its author gives it."""

    formula: Any
    inverted: Any
    strictly_increasing: bool = True

    def __call__(self, effort: Any) -> Any:
        return self.formula(np.asarray(effort, dtype=np.float64))

    def inverse(self, value: Any) -> Any:
        return self.inverted(np.asarray(value, dtype=np.float64))


def flat_until_half(strictly_increasing: bool) -> UserCost:
    """``c(e) = max(e - 0.5, 0)``."""
    return UserCost(lambda e: np.maximum(e - 0.5, 0), lambda v: v + 0.5, strictly_increasing)


def jump_at(where: float) -> UserCost:
    """``c(e) = e``, and 0.25 more beyond ``where``."""
    return UserCost(
        lambda e: e + 0.25 * (e > where), lambda v: np.where(v > where, np.maximum(v - 0.25, where), v)
    )


@dataclass(frozen=True)
class Inflected:
    """``v_i(x) = base_i + (x - 0.25)^3``: strictly increasing, but with slope 0 at 0.25."""

    base: Any

    def score(self, effort: Any) -> Any:
        return self.base + (np.asarray(effort) - 0.25) ** 3

    def effort_for(self, score: Any) -> Any:
        return np.maximum(0.25 + np.cbrt(np.asarray(score) - self.base), 0.0)


# --- what holds --------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", [DIRECT, tuned(1.0)])
def test_everything_holds_on_a_plain_duel(rule) -> None:
    assert failing(PLAIN, rule) == set()


def test_the_required_ones_come_first_and_the_papers_last() -> None:
    assert tuple(check(PLAIN, DIRECT)) == (*REQUIRED, *PAPER)
    assert all(isinstance(holds, bool) for holds in check(PLAIN, DIRECT).values())


def test_games_built_under_h_pass() -> None:
    for seed in range(100):
        rng = np.random.default_rng(seed)
        game, rule = random_game_under_h(rng), random_protocol(rng, "quality")
        assert required_failing(game, rule) == set(), f"seed {seed}"


@pytest.mark.parametrize("exponent", [0.5, 1.0, 2.0, 5.0])
def test_steep_and_flat_starts_of_a_cost_are_continuous_and_increasing(exponent) -> None:
    assert required_failing(replace(PLAIN, cost=bg.PowerCost(1.0, exponent))) == set()


def test_users_strictly_increasing_costs_pass() -> None:
    cost = UserCost(np.arctan, np.tan)  # concave, not a power
    assert required_failing(replace(PLAIN, cost=cost)) == set()


@pytest.mark.parametrize("curves", ["additive", "scaling law", "tabulated"])
def test_curves_said_to_be_continuous_show_no_jump(curves) -> None:
    # What they declare is not looked for; here it is.
    for seed in range(20):
        rng = np.random.default_rng(seed)
        game = random_game(rng, curves=curves, prizes="equal steps", cost="linear", budget="common")
        assert game.curves.continuous
        assert assumptions._is_continuous(Subgame(game, DIRECT), game.effort_scale)


# --- each one broken ---------------------------------------------------------------------------


BROKEN = {
    "strict_tie_order": [(PLAIN, SPLIT)],
    "positive_budgets": [
        (replace(PLAIN, budget=[1.0, 0.0]), DIRECT),
        (replace(PLAIN, budget=[0.0, np.inf]), DIRECT),
    ],
    "scores_continuous": [
        # Index 1 and 0.5 in slow lines, and a jump of 0.25 at 0.25 for the second.
        (replace(PLAIN, curves=Stairs([0.5, 0.25], [0.25, 0.25], [0.0, 0.25], [1.0, 0.25])), DIRECT),
    ],
    "scores_strictly_increasing": [
        # A plateau of developer 1 from 0.25 to 0.5; the effort scale is 1.
        (
            replace(
                PLAIN,
                curves=bg.curves.Tabulated([[0, 9], [0, 0.25, 0.5, 9]], [[0.5, 1], [0, 0.1, 0.1, 1]]),
            ),
            DIRECT,
        ),
    ],
    "cost_continuous": [
        (replace(PLAIN, cost=Fee(0.25)), DIRECT),
        (replace(PLAIN, cost=jump_at(0.3)), DIRECT),
    ],
    "cost_strictly_increasing": [
        (replace(PLAIN, cost=bg.PowerCost(1.0, 2.0, free=0.5)), DIRECT),
        (replace(PLAIN, cost=flat_until_half(strictly_increasing=False)), DIRECT),
    ],
    "scores_resolved": [
        # Index 41 and 40.5 show 1: one step of the grid decides.
        (PLAIN, tuned(40)),
    ],
}


@pytest.mark.parametrize("name", REQUIRED)
def test_each_required_assumption_fails_alone(name) -> None:
    for game, rule in BROKEN[name]:
        assert required_failing(game, rule) == {name}


@pytest.mark.parametrize("block", [assumptions.BLOCK, 1])
def test_jumps_are_found_in_rules_and_however_efforts_are_cut_into_runs(block, monkeypatch) -> None:
    monkeypatch.setattr(assumptions, "BLOCK", block)
    assert not check(PLAIN, Coarse(steps=2))["scores_continuous"]
    for game, rule in BROKEN["scores_continuous"]:
        assert not check(game, rule)["scores_continuous"]
    smooth = replace(PLAIN, curves=Index(np.array([1.0, 0.5]), np.array([1.0, 0.5])))
    assert check(smooth, DIRECT)["scores_continuous"]  # declares nothing, so it is looked for


def test_a_flat_cost_is_found_out_whatever_its_author_promises() -> None:
    # Efforts 0 to 0.5 cost nothing, which is seen on any two of the thousand efforts looked at.
    game = replace(PLAIN, cost=flat_until_half(strictly_increasing=True))
    assert not check(game, DIRECT)["cost_strictly_increasing"]


@pytest.mark.parametrize("fee", [0.25, 1e-2, 5e-4, 1e-6])
def test_a_fixed_cost_of_any_positive_effort_is_a_jump_however_small(fee) -> None:
    assert not check(replace(PLAIN, cost=Fee(fee)), DIRECT)["cost_continuous"]


@pytest.mark.parametrize("jump", [0.25, 1e-2, 4e-4, 1e-6])
def test_a_jump_of_a_score_is_one_however_small(jump) -> None:
    # Leaderboards are decided in the third decimal and beyond.
    curves = Stairs([0.5, 0.4], [0.125, 0.125], [0.0, jump], [1.0, 0.25])
    assert not check(replace(PLAIN, curves=curves), DIRECT)["scores_continuous"]


@pytest.mark.parametrize("exponent", [0.1, 0.2])
def test_a_very_steep_start_of_a_cost_is_not_a_jump(exponent) -> None:
    # c(e) = e^0.1 is 0.25 at a millionth, and continuous.
    assert check(replace(PLAIN, cost=bg.PowerCost(1.0, exponent)), DIRECT)["cost_continuous"]


def test_scores_and_costs_are_looked_at_as_far_as_effort_pays() -> None:
    # c(e) = 1 - exp(-e) never reaches P = 2: every effort may pay, and the tables are flat beyond 3.
    cost = UserCost(
        lambda e: -np.expm1(-e), lambda v: np.where(v < 1, -np.log1p(-np.minimum(v, 0.5)), np.inf)
    )
    curves = bg.curves.Tabulated([[0, 3], [0, 3]], [[0.2, 0.5], [0.1, 0.5]])
    game = bg.Game(curves, cost, [2.0, 0.0])
    assert not check(game, DIRECT)["scores_strictly_increasing"]


def test_plateaus_beyond_use_do_not_matter() -> None:
    # The table ends at 2, but effort beyond 1 costs more than all there is to win.
    curves = bg.curves.Tabulated([[0, 2], [0, 2]], [[0.2, 0.5], [0.1, 0.5]])
    assert required_failing(bg.Game(curves, bg.LinearCost(), [1.0, 0.0])) == set()
    # Tuned to level 1.5, it ends within use.
    found = required_failing(bg.Game(curves, bg.LinearCost(), [1.0, 0.0]), tuned(1.5))
    assert "scores_strictly_increasing" in found


def test_saturated_scores_fail_where_float64_no_longer_sees_effort() -> None:
    # By formula additive scores still rise at level 40; float64 shows exactly 1 for everybody.
    found = required_failing(PLAIN, tuned(40.0))
    assert found == {"scores_resolved"}


# --- the paper's conditions on curves ----------------------------------------------------------


def paper_failing(curves: Any, cost: Any = None) -> set[str]:
    return failing(bg.Game(curves, cost or bg.LinearCost(), [1.0, 0.0])) & set(PAPER)


@pytest.mark.parametrize(
    ("curves", "expected"),
    [
        # Concave and never crossing, with a lead of 0.5 at every level.
        (bg.curves.Additive([1.0, 0.5]), set()),
        # Section 4: equal required effort at every level is "non-decreasing".
        (bg.load_game("decreasing-intercept").curves, set()),
        # Equal L, U and beta <= 1, alpha falling: Prop 5.6's family.
        (bg.curves.ScalingLaw([0, 0], [1, 1], [1, 0], [0.8, 0.8]), set()),
        # The same with beta = 2 is s-shaped where alpha is low enough: convex at first.
        (bg.curves.ScalingLaw([0, 0], [1, 1], [-4, -5], [2, 2]), {"C2"}),
        (FallingLead(), {"C3"}),
        # Twins score the same; C1 asks for strictly more.
        (bg.curves.Additive([1.0, 1.0]), {"C1"}),
        # Index 0.2 + x and 1 + x/2 cross at 1.6. Below, the worse model is ahead and needs nothing
        # (required effort is floored at 0, section 2); beyond, more and more.
        (Index([0.2, 1.0], [1.0, 0.5]), {"C1"}),
        # A ceiling: from finite to out of reach is growth.
        (Hyperbola(np.array([0.3, 0.0]), np.array([0.5, 0.6]), np.array([1.0, 1.0])), set()),
    ],
)
def test_papers_conditions(curves, expected) -> None:
    assert paper_failing(curves) == expected


@pytest.mark.parametrize("rate", [1.0, 0.5, 0.2, 0.05])
def test_additive_curves_satisfy_the_papers_conditions_at_any_price_of_effort(rate) -> None:
    # C1: theta_1 > theta_2. C2: -exp is concave. C3: the extra effort is theta_1 - theta_2 at every
    # target. Cheap effort widens the range looked at, up to where scores round to 1.
    assert paper_failing(bg.curves.Additive([1.0, 0.5]), bg.LinearCost(rate)) == set()


@dataclass(frozen=True)
class Logistic:
    """``v_i(x) = U_i z^2 / (1 + z^2)``, ``z = 0.1 + x / unit``: convex first, then concave."""

    unit: float

    def score(self, effort: Any) -> Any:
        z = 0.1 + np.asarray(effort) / self.unit
        return np.array([0.9, 0.8]) * z**2 / (1 + z**2)

    def effort_for(self, score: Any) -> Any:
        share = np.clip(np.asarray(score) / np.array([0.9, 0.8]), 0.0, 1.0)
        with np.errstate(divide="ignore"):
            return np.maximum(np.sqrt(share / (1 - share)) - 0.1, 0.0) * self.unit


@pytest.mark.parametrize("unit", [1e-9, 1.0, 1e3, 1e9, 1e18])
def test_the_unit_of_effort_changes_nothing(unit) -> None:
    # Steps, tokens or operations (1e18): the same game in another unit has the same properties.
    assert failing(bg.Game(Logistic(unit), bg.LinearCost(1 / unit), [1.0, 0.0])) == {"C2"}


def test_fitted_curves_that_cross_violate_c1() -> None:
    # On the untuned board of the Pythia models the smallest stands third of five.
    checked = check(bg.load_game("pythia-gsm8k"), DIRECT)
    assert not checked["C1"]
    assert all(checked[name] for name in REQUIRED)
