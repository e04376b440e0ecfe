"""Required efforts and temptation, against their definitions and against the grader."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from tools.cases import SPLIT, Noisy, tuned
from tools.generators import (
    SMOOTH_COSTS,
    Fee,
    Hyperbola,
    Index,
    Rescaled,
    RescaledCost,
    Stairs,
    games,
    protocols,
    random_cases,
    random_game_under_h,
    random_protocol,
)
from witnesses.payoffs import Witness, first_effort

import benchgame_env as bg
from benchgame_env.metrics import regrets
from benchgame_env.subgame import Subgame
from benchgame_env.theory import required_effort, temptation
from benchgame_env.theory.pure.overtaking import largest_temptation


def zero(game: bg.Game) -> list[tuple[list[float], list[float]]]:
    return [([0.0], [1.0])] * game.n_developers


# --- required effort ---------------------------------------------------------------------------


def by_definition(game: bg.Game, rule: Any) -> np.ndarray:
    """``inf {e in [0, B_r] : v_r(Delta + e) > s_k}``, ``>=`` where ties favour r (section 2)."""
    witness = Witness(game, rule, zero(game))
    n = game.n_developers
    effort = np.zeros((n, n))
    for r in range(n):
        for k in range(n):
            score = witness.board[k][0]
            enough = score.__le__ if r < k and rule.ties == "quality" else score.__lt__
            guess = float(game.curves.effort_for(np.full(n, score))[r])
            found = first_effort(
                lambda e, r=r, enough=enough: enough(witness.shown(r, e)),
                max(guess - witness.level, 0.0),
                float(game.budget[r]),
            )
            effort[r, k] = 0.0 if r == k else math.inf if found is None else found
    return effort


@pytest.mark.parametrize("ties", ["quality", "split"])
def test_required_effort_is_its_definition(ties) -> None:
    for seed, _, game, rule in random_cases(range(300), ties, most=5):
        # Scores are told apart by a few roundings, 1e-15; the least slope here is about 1e-5.
        np.testing.assert_allclose(
            required_effort(game, rule), by_definition(game, rule), rtol=0, atol=1e-9, err_msg=f"{seed}"
        )


def test_entries_are_overtaker_then_overtaken() -> None:
    # Additive, theta = 1, 0.75, 0.5: developer r lacks theta_k - theta_r on those above, 0 on the rest.
    game = bg.Game(bg.curves.Additive([1.0, 0.75, 0.5]), bg.LinearCost(), [1.0, 0.5, 0.0])
    expected = [[0, 0, 0], [0.25, 0, 0], [0.5, 0.25, 0]]
    np.testing.assert_allclose(required_effort(game, "direct"), expected, atol=1e-14)


@pytest.mark.parametrize("level", [0.0, 0.5, 3.0, 100.0])
def test_required_effort_grows_as_proposition_5_6_says(level) -> None:
    # e_req = exp((alpha_k - alpha_r)/beta_r) (1 + Delta)^(beta_k/beta_r) - (1 + Delta), floored at 0.
    alpha, beta = np.array([1.0, 0.5, -1.0]), np.array([0.5, 1.0, 0.75])
    curves = bg.curves.ScalingLaw([0.1] * 3, [0.9] * 3, alpha, beta)
    effort = required_effort(bg.Game(curves, bg.LinearCost(), [1.0, 0.5, 0.0]), tuned(level))
    for r in range(3):
        for k in set(range(3)) - {r}:
            factor = math.exp((alpha[k] - alpha[r]) / beta[r])
            expected = max(factor * (1 + level) ** (beta[k] / beta[r]) - (1 + level), 0.0)
            assert effort[r, k] == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_ceilings_are_out_of_reach() -> None:
    # Developer 1 ends at 0.5, what developer 0 shows untuned: z = 1 gives (0 + 1)/2.
    curves = bg.curves.ScalingLaw([0, 0], [1, 0.5], [0, 0], [1, 1])
    assert required_effort(bg.Game(curves, bg.LinearCost(), [1, 0]), "direct")[1, 0] == math.inf


@pytest.mark.parametrize("rule", ["direct", tuned(1.5), SPLIT])
def test_at_the_budget_only_the_favoured_may_tie(rule) -> None:
    # Indices 1 and 0.5, budgets 0.5. Behind is once the lower quality, once the higher.
    lower = bg.load_game("duel-at-budget")
    higher = bg.Game(Index([0.5, 1.0], [1.0, 1.0]), bg.LinearCost(), [1.0, 0.0], budget=0.5)
    assert required_effort(lower, rule)[1, 0] == math.inf
    assert required_effort(higher, rule)[0, 1] == (math.inf if rule is SPLIT else pytest.approx(0.5))


@pytest.mark.parametrize(
    ("quality", "budget"), [((0.3, 0.1), 0.2), ((0.7, 0.1), 0.6), ((0.8, 0.7), 0.1)]
)
def test_a_tie_at_the_budget_survives_rounding(quality, budget) -> None:
    # Section 4, "At the budget", with numbers that float64 does not add exactly: 0.1 + 0.2 > 0.3.
    game = bg.Game(bg.curves.Additive(quality), bg.LinearCost(), [1.0, 0.0], budget=budget)
    assert required_effort(game, "direct")[1, 0] == math.inf
    assert temptation(game, "direct") == 0.0


class AgainstConstant:
    """Developer ``who`` on a scaling law against another with one score, whatever the effort."""

    def __init__(self, law, who: int, score: float) -> None:
        self.law, self.who, self.constant = law, who, score

    def score(self, effort):
        one = self.law.score(np.asarray(effort)[..., [self.who]])
        return self.arranged(one, np.full_like(one, self.constant))

    def effort_for(self, score):
        score = np.asarray(score, dtype=np.float64)
        one = self.law.effort_for(score[..., [self.who]])
        other = np.where(score[..., [1 - self.who]] <= self.constant, 0.0, np.inf)
        return self.arranged(one, other)

    def arranged(self, one, other):
        return np.concatenate((one, other) if self.who == 0 else (other, one), axis=-1)


def test_at_the_budget_the_score_decides_and_not_the_rounding_of_an_inverse() -> None:
    # The rival has exactly the score at the budget: within reach of the favoured only, however the
    # logarithms and powers of the law's inverse round.
    for seed in range(200):
        rng = np.random.default_rng(seed)
        upper, budget = rng.uniform(0.5, 1), rng.uniform(0.1, 3)
        law = bg.curves.ScalingLaw([0.1], [upper], [rng.uniform(-3, 3)], [rng.uniform(0.5, 2)])
        score = float(law.score(np.array([budget]))[0])
        for who, expected in ((0, pytest.approx(budget, abs=1e-9)), (1, math.inf)):
            curves = AgainstConstant(law, who, score)
            game = bg.Game(curves, bg.LinearCost(), [1.0, 0.0], budget=budget)
            assert required_effort(game, "direct")[who, 1 - who] == expected


def test_on_a_plateau_the_favoured_joins_at_its_left_end_and_others_leave_at_its_right() -> None:
    # Developer 0 stands at 0.5; developer 1 shows 0.5 from effort 1 to 2 and more from there.
    curves = bg.curves.Tabulated([[0], [0, 1, 2, 3]], [[0.5], [0.25, 0.5, 0.5, 0.75]])
    game = bg.Game(curves, bg.LinearCost(), [1.0, 0.0])
    assert required_effort(game, "direct")[1, 0] == pytest.approx(2.0)
    # The higher quality behind: tying is enough.
    curves = bg.curves.Tabulated([[0, 1, 2, 3], [0]], [[0.25, 0.5, 0.5, 0.75], [0.5]])
    game = bg.Game(curves, bg.LinearCost(), [1.0, 0.0])
    assert required_effort(game, "direct")[0, 1] == pytest.approx(1.0)
    assert required_effort(game, SPLIT)[0, 1] == pytest.approx(2.0)


def test_a_jump_over_the_rival_is_taken_at_the_jump() -> None:
    # 0.3 + 0.125 e and 0.25 more from 0.5 on, against 0.5: the jump ends at 0.6125 > 0.5.
    curves = Stairs(np.array([0.5, 0.3]), np.full(2, 0.125), np.array([0.0, 0.25]), np.full(2, 0.5))
    assert required_effort(bg.Game(curves, bg.LinearCost(), [1, 0]), "direct")[1, 0] == 0.5


def test_scores_need_not_be_accuracies() -> None:
    # The order is all that counts, so scores below 0 (log-likelihoods, say) play as those above:
    # indices 1 and 0.5 up to a total effort of 0.5, so developer 1 can only tie, and loses the tie.
    for shift in (0.0, -10.0):
        game = bg.Game(CappedIndex([1.0, 0.5], 0.5, shift), bg.LinearCost(), [1.0, 0.0])
        assert required_effort(game, "direct")[1, 0] == math.inf
        assert temptation(game, "direct") == 0.0


class CappedIndex:
    """``v_i(x) = start_i + min(x, cap) + shift``."""

    strictly_increasing = False  # flat at the top

    def __init__(self, start, cap: float, shift: float) -> None:
        self.start, self.cap, self.shift = np.array(start), cap, shift

    def score(self, effort):
        return self.start + np.minimum(effort, self.cap) + self.shift

    def effort_for(self, score):
        effort = np.maximum(np.asarray(score) - self.shift - self.start, 0.0)
        return np.where(effort > self.cap, np.inf, effort)


# --- temptation --------------------------------------------------------------------------------


@pytest.mark.parametrize("ties", ["quality", "split"])
@pytest.mark.parametrize("block", range(4))
def test_temptation_is_the_largest_regret_at_zero_effort(block, ties) -> None:
    # All curves and costs, jumps and plateaus and fees too: T is what the best deviation gains.
    unknown = 0
    for seed, _, game, rule in random_cases(range(block * 100, block * 100 + 100), ties, most=5):
        # A gain of less than a step and a half of the grid counts as none: 1.8e-7 at slopes above 0.1.
        # What one step of the grid decides, neither of the two needs to say.
        expected = regrets(game, rule, np.zeros(game.n_developers)).max()
        found = temptation(game, rule)
        unknown += math.isnan(found) or math.isnan(expected)
        if not (math.isnan(found) or math.isnan(expected)):
            assert found == pytest.approx(expected, abs=1e-6), f"seed {seed}"
    assert unknown <= 3


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("duel", 0.5),  # wins 1 for 0.5
        ("duel-small-prize", 0.0),
        ("duel-at-budget", 0.0),
        ("five", 0.5),  # last to first: wins 1 for 0.5; one rank wins only 0.25 for 0.125
        ("five-small-prizes", 0.0),
        ("winner-take-all", 0.875),  # second to first: wins 1 for 0.125
        ("twins", 1.0),
        ("decreasing-intercept", 0.5),  # e_req = theta_1 - theta_2 at every level
        ("flat-cost-equal-prizes", 0.0),
        ("flat-cost-small-prize", 0.1),
    ],
)
def test_textbook_temptations(name, expected) -> None:
    for level in (0.0, 1.0, 5.0):
        assert temptation(bg.load_game(name), tuned(level)) == pytest.approx(expected, abs=1e-9)


def test_a_jump_over_several_ranks_can_be_the_binding_one() -> None:
    # Section 3: theta = 1, 0.9, 0.8, 0.7 and R = (1, 0, 0, 0): from rank 4 to 1 costs 0.3 and wins 1;
    # under R = (1, 0.97, 0.94, 0) the last one's best is rank 3, 0.94 - 0.1.
    curves = bg.curves.Additive([1.0, 0.9, 0.8, 0.7])
    for prizes, pair, amount in (([1, 0, 0, 0], (1, 0), 0.9), ([1, 0.97, 0.94, 0], (3, 2), 0.84)):
        p = bg.theory.predict(bg.Game(curves, bg.LinearCost(), prizes), "direct")
        assert p.binding == pair
        assert p.temptation == pytest.approx(amount, abs=1e-12)
    # Steps below what one overtake costs (0.1), yet last to first costs 0.3 and wins more.
    assert temptation(bg.Game(curves, bg.PowerCost(1.0, 0.5), [1, 0.7, 0.4, 0.1]), "direct") > 0


def test_nothing_tempts_where_all_ranks_pay_the_same() -> None:
    assert temptation(bg.load_game("five", prizes=np.ones(5)), "direct") == 0.0


def test_alone_nothing_tempts() -> None:
    game = bg.Game(bg.curves.Additive([1.0]), bg.LinearCost(), [1.0])
    assert temptation(game, "direct") == 0.0
    assert required_effort(game, "direct").tolist() == [[0.0]]


@pytest.mark.parametrize("gap", [0.5, 0.25, 0.3, 0.1])
@pytest.mark.parametrize("exponent", [1.0, 2.0])
def test_knife_edge_is_no_temptation(gap, exponent) -> None:
    # c(e_req) = R_1 - R_2: no strict gain, section 3. Just below it is one, by more than what a step and
    # a half of the grid, 1.8e-7 of a score, costs at a slope of 1 (exponent 2: up to 2 e_req).
    e_req = gap ** (1 / exponent)
    cost = bg.PowerCost(1.0, exponent)
    for curves in (Index([1.0, 1.0 - e_req], [1.0, 1.0]), Index([1.0 - e_req, 1.0], [1.0, 1.0])):
        assert temptation(bg.Game(curves, cost, [gap, 0.0]), "direct") == 0.0
        more = temptation(bg.Game(curves, cost, [gap + 1e-6, 0.0]), "direct")
        assert more == pytest.approx(1e-6, rel=1e-3)


@pytest.mark.parametrize("ties", ["quality", "split"])
def test_touching_models_tempt_while_their_prizes_differ(ties) -> None:
    # Section 4: overtaking costs nothing. Under split, half of the gap is won already.
    gain = 1.0 if ties == "quality" else 0.5
    for level in (0.0, 1.0, 5.0):
        twins = bg.load_game("twins")
        assert temptation(twins, tuned(level, ties)) == pytest.approx(gain, abs=1e-10)
        assert temptation(replace(twins, prizes=[0.3, 0.3]), tuned(level, ties)) == 0.0


def test_a_fee_for_any_effort_counts_even_where_no_effort_is_needed() -> None:
    # Twins: the infimum of effort is 0, but the right limit of its cost is the fee (section 2).
    assert temptation(bg.load_game("twins", cost=Fee(0.25)), "direct") == pytest.approx(0.75)
    assert temptation(bg.load_game("twins", cost=Fee(1.0)), "direct") == 0.0


def test_joining_a_block_can_be_the_best_deviation_under_split() -> None:
    # Developer 2 may reach 0.5 (budget) but not exceed it: it joins two there for (1 + 0.5 + 0)/3.
    curves = bg.curves.Additive([1.0, 1.0, 0.5])
    game = bg.Game(curves, bg.LinearCost(0.25), [1.0, 0.5, 0.0], budget=[0.0, 0.0, 0.5])
    assert temptation(game, SPLIT) == pytest.approx(0.5 - 0.125)


@given(games(), protocols())
def test_temptation_is_never_negative_and_at_most_what_ranks_can_win(game, rule) -> None:
    assert 0 <= temptation(game, rule) <= game.prize_range


@given(games(costs=list(SMOOTH_COSTS)), protocols())
def test_a_larger_budget_never_tempts_less(game, rule) -> None:
    richer = replace(game, budget=2 * game.budget)
    assert temptation(richer, rule) >= temptation(game, rule) - 1e-9


@given(games(curves=["additive", "index", "hyperbola"]), protocols())
def test_unit_of_effort_does_not_matter(game, rule) -> None:
    # Effort in units of 1/1024: exact in float64, so nothing but the unit may change.
    unit = 1024.0
    other = replace(game, curves=Rescaled(game.curves, unit), cost=RescaledCost(game.cost, unit))
    other = replace(other, budget=game.budget * unit)
    scaled = bg.make_protocol(
        "tune-before-test", level=getattr(rule, "level", 0.0) * unit, ties=rule.ties
    )
    assert temptation(other, scaled) == pytest.approx(temptation(game, rule), abs=1e-9)
    np.testing.assert_allclose(
        required_effort(other, scaled) / unit, required_effort(game, rule), atol=1e-9
    )


def test_temptation_falls_with_the_level_under_c1_and_c3() -> None:
    # Prop 5.3 on laws with equal L, U, beta and alpha falling with rank, which satisfy both.
    tempted = 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(2, 6))
        alpha = np.sort(rng.uniform(-2, 1, n))[::-1]
        curves = bg.curves.ScalingLaw(np.zeros(n), np.ones(n), alpha, np.full(n, rng.uniform(0.5, 1.5)))
        game = bg.Game(curves, bg.LinearCost(), np.linspace(1, 0, n))
        amounts = [temptation(game, tuned(level)) for level in np.linspace(0, 20, 40)]
        assert (np.diff(amounts) <= 1e-12).all()
        tempted += amounts[0] > amounts[-1]
    assert tempted > 15


# --- what the grid of scores can tell ------------------------------------------------------------


def is_resolved(game, rule) -> bool:
    return largest_temptation(Subgame(game, rule)).resolved


def test_saturated_scores_are_not_resolved() -> None:
    # 1 - exp(-41) is 1 in float64, so a difference of 0.5 in the index is invisible.
    assert is_resolved(bg.load_game("duel"), tuned(0.0))
    assert not is_resolved(bg.load_game("duel"), tuned(40.0))


def test_overtakes_far_beyond_use_need_not_be_resolved() -> None:
    # Developer 1 needs ((s/0.5)/(1 - s/0.5))^2 - 1 = 2.5e13 to reach s = 0.5 - 1e-7, with rounding of
    # hundreds of thousands of units; effort beyond 1,000 never pays, so T = 0 for certain.
    curves = Hyperbola(np.array([0.5 - 1e-7, 0.0]), np.array([0.4, 0.5]), np.array([1.0, 1.0]))
    slow = bg.curves.ScalingLaw([0, 0], [0.9, 0.5], [0.0, 0.0], [0.5, 0.5])
    level = float(slow.effort_for(np.full(2, 0.5 - 1e-7))[0])
    for game, rule in (
        (bg.Game(curves, bg.LinearCost(1e-3), [1, 0]), tuned(0.0)),
        (bg.Game(slow, bg.LinearCost(1e-3), [1, 0]), tuned(level)),
    ):
        assert required_effort(game, rule)[1, 0] > 1e6
        assert is_resolved(game, rule)


@given(games(curves=["additive", "scaling law", "index", "hyperbola"]), protocols())
def test_a_resolved_temptation_is_reproduced_by_the_grader(game, rule) -> None:
    assume(is_resolved(game, rule))
    expected = regrets(game, rule, np.zeros(game.n_developers)).max()
    # Resolved means to a millionth of the effort scale, whose cost is at most P; the cost rises at
    # most about 3 P per scale here (power 3), and the aim is off by both ends of the noise.
    assert temptation(game, rule) == pytest.approx(expected, abs=1e-5)


def test_random_games_under_h_are_resolved() -> None:
    # Else the tests over random games would test nothing.
    resolved = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        resolved += is_resolved(random_game_under_h(rng), random_protocol(rng))
    assert resolved > 190


# --- refused -----------------------------------------------------------------------------------


@pytest.mark.parametrize("question", [required_effort, temptation])
def test_a_drawn_board_is_outside_the_exact_theory(question) -> None:
    with pytest.raises(ValueError, match=r"theory .*DeterministicProtocol"):
        question(bg.load_game("duel"), Noisy())


@pytest.mark.parametrize("question", [required_effort, temptation])
def test_unknown_protocols_are_refused(question) -> None:
    with pytest.raises(ValueError, match=r"protocol: .*'roulette'.* direct"):
        question(bg.load_game("duel"), "roulette")
