"""Predictions of named games, and of hundreds of random ones as the independent grader sees them."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from tools.cases import Noisy, evenly_spaced, tuned
from tools.generators import (
    Bounded,
    Fee,
    Index,
    Stairs,
    games,
    protocols,
    random_game,
    random_game_under_h,
    random_protocol,
)

import benchgame_env as bg
from benchgame_env.metrics import nash_conv, regrets
from benchgame_env.theory import CONCEPTS, Scope, predict, required_effort
from benchgame_env.theory.pure.assumptions import REQUIRED

# --- named games -------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", ["direct", tuned(1.0), tuned(5.0)])
@pytest.mark.parametrize(
    ("name", "regime"),
    [
        ("duel", "cycle"),  # an overtake costs 0.5 and wins 1
        ("duel-small-prize", "pure"),  # ... wins 0.4
        ("duel-at-budget", "pure"),  # can only tie
        ("five", "cycle"),  # costs 0.125, wins 0.25
        ("five-small-prizes", "pure"),  # ... wins 0.1
        ("winner-take-all", "cycle"),
        ("twins", "cycle"),  # touching scores: overtaking is free
        ("decreasing-intercept", "cycle"),  # costs 0.5 at every level, wins 1
        # Section 4: where effort is free at first, no theorem covers the game.
        ("flat-cost-equal-prizes", "undecided"),
        ("flat-cost-small-prize", "undecided"),
    ],
)
def test_regimes_of_the_textbook_games(name, regime, rule) -> None:
    p = predict(name, rule)
    assert p.regime == regime
    assert (p.temptation == 0) == (p.equilibrium is not None)


@pytest.mark.parametrize(
    ("name", "levels"),
    [
        # Cycle up to somewhere, pure from there (levels of test_thresholds): crossing curves apart.
        ("pythia-gsm8k", {0: "cycle", 1000: "cycle", 3000: "pure", 10000: "pure"}),
        ("llama-gsm8k", {0: "cycle", 300: "cycle", 3000: "pure"}),
        ("llama-mmlu", {0: "cycle", 300: "cycle", 3000: "pure"}),
    ],
)
def test_regimes_of_the_fitted_families(name, levels) -> None:
    assert {level: predict(name, tuned(level)).regime for level in levels} == levels


@pytest.mark.parametrize("name", [name for name in bg.games() if name.startswith("flat-cost")])
def test_what_is_outside_the_theorems_says_so(name) -> None:
    p = predict(name, "direct")
    assert not p.assumptions["cost_strictly_increasing"]
    assert "cost_strictly_increasing" in p.reason
    # The three equilibria of section 4's table are why: others than all-zero exist.
    assert p.binding == ((1, 0) if name == "flat-cost-small-prize" else None)


def test_honest_ranking_can_be_wrong_where_curves_cross() -> None:
    # Index 0.2 + x against 1 + x/2: the better model is behind until 1.6.
    game = bg.Game(Index([0.2, 1.0], [1.0, 0.5]), bg.LinearCost(), [0.5, 0.0])
    for level, ranking, regime in (
        (0.0, [1, 0], "pure"),
        (1.0, [1, 0], "cycle"),
        (1.7, [0, 1], "cycle"),
        (2.2, [0, 1], "pure"),
    ):
        p = predict(game, tuned(level))
        assert p.ranking.tolist() == ranking
        assert p.regime == regime
        assert p.binding == (None if regime == "pure" else (ranking[1], ranking[0]))


def test_alone_or_with_nothing_to_win_nobody_spends() -> None:
    alone = predict(bg.Game(bg.curves.Additive([1.0]), bg.LinearCost(), [1.0]), "direct")
    assert alone.regime == "pure"
    assert alone.equilibrium.tolist() == [0.0]
    assert alone.ranking.tolist() == [0]
    equal = predict(bg.load_game("five", prizes=np.ones(5)), "direct")
    assert (equal.regime, equal.binding) == ("pure", None)


def test_equal_neighbours_need_not_be_told_apart() -> None:
    # Twins whose two ranks pay the same, and a third too far behind (0.5 for 0.4): pure.
    game = bg.Game(bg.curves.Additive([1.0, 1.0, 0.5]), bg.LinearCost(), [0.4, 0.4, 0.0])
    p = predict(game, "direct")
    assert p.regime == "pure"
    assert nash_conv(game, "direct", p.equilibrium) == 0.0


@pytest.mark.parametrize("level", [40.0, 1e6, 1e100])
def test_saturated_scores_are_undecided(level) -> None:
    # 1 - exp(-40) rounds to 1: the board shows ties that are not there.
    p = predict("duel", tuned(level))
    assert p.regime == "undecided"
    assert "too close" in p.reason


@pytest.mark.parametrize("gap", [0.5, 0.3, 0.7])
def test_knife_edge_is_pure(gap) -> None:
    # c(e_req) = gap: stable, because no deviation strictly gains (section 3).
    game = bg.Game(bg.curves.Additive([1.0, 1.0 - gap]), bg.LinearCost(), [gap, 0.0])
    assert predict(game, "direct").regime == "pure"
    assert predict(replace(game, prizes=[gap + 1e-6, 0.0]), "direct").regime == "cycle"


# --- random games ------------------------------------------------------------------------------


@pytest.mark.parametrize("block", range(4))
def test_pure_exactly_where_the_grader_finds_no_gain(block) -> None:
    regimes = []
    for seed in range(block * 100, block * 100 + 100):
        rng = np.random.default_rng(seed)
        game, rule = random_game_under_h(rng), random_protocol(rng, "quality")
        p = predict(game, rule)
        gain = nash_conv(game, rule, np.zeros(game.n_developers))
        # A gain of 1e-9 of P apart from 0 is more than rounding and less than any of these games has.
        assert p.regime == ("cycle" if gain > 1e-9 * game.prize_range else "pure"), f"seed {seed}"
        regimes.append(p.regime)
    assert min(regimes.count("pure"), regimes.count("cycle")) > 20  # both kinds were tried


@pytest.mark.parametrize("block", range(4))
def test_temptation_and_binding_pair_agree_with_the_grader(block) -> None:
    for seed in range(block * 100, block * 100 + 100):
        rng = np.random.default_rng([7, seed])
        game, rule = random_game(rng), random_protocol(rng, "quality")
        p = predict(game, rule)
        gains = regrets(game, rule, np.zeros(game.n_developers))
        assert p.temptation == pytest.approx(gains.max(), abs=1e-9), f"seed {seed}"
        if p.binding is None:
            assert p.temptation == 0
            continue
        overtaker, overtaken = p.binding
        assert gains[overtaker] == pytest.approx(p.temptation, abs=1e-9)
        # The pair attains T = R_k - R_r - c(e_req), the cost by its limit from the right.
        ranks = rule.evaluate(game, np.zeros(game.n_developers)).ranks
        won = game.prizes[ranks[overtaken] - 1] - game.prizes[ranks[overtaker] - 1]
        effort = required_effort(game, rule)[overtaker, overtaken]
        strictly = overtaker > overtaken  # the tie rule favours the lower index
        price = float(game.cost(effort * (1 + 1e-15) + 1e-300 if strictly else effort))
        assert won - price == pytest.approx(p.temptation, abs=1e-9)


@given(games(), protocols())
def test_nothing_is_predicted_outside_the_hypotheses(game, rule) -> None:
    p = predict(game, rule)
    holds = all(p.assumptions[name] for name in REQUIRED)
    assert (p.regime != "undecided") == holds
    assert (p.regime == "pure") == (holds and p.temptation == 0)
    for name in REQUIRED:
        if not p.assumptions[name] and p.assumptions["scores_resolved"]:
            assert name in p.reason


@given(games(), protocols())
def test_ranking_is_the_honest_board(game, rule) -> None:
    n = game.n_developers
    scores = rule.evaluate(game, np.zeros(n)).scores.tolist()
    # Best score first; equal scores by quality, which is the index.
    assert predict(game, rule).ranking.tolist() == sorted(range(n), key=lambda i: (-scores[i], i))


@given(games(), protocols())
def test_a_predicted_equilibrium_is_one(game, rule) -> None:
    p = predict(game, rule)
    if p.equilibrium is not None:
        assert p.equilibrium.tolist() == [0.0] * game.n_developers
        assert nash_conv(game, rule, p.equilibrium) <= 1e-9


# --- no theorem outside its hypotheses ----------------------------------------------------------
# Each game below has a pure equilibrium with positive effort, so "pure: only all-zero" and "cycle: none"
# would both be false.

OTHER_EQUILIBRIA = {
    # Developer 1 jumps past 0.5 for 0.1; developer 0 would need 300 units to answer at 1e-6 per unit.
    "a jump of 0.0004 in score": (
        bg.Game(
            Stairs([0.5, 0.4999], [1e-6, 1e-6], [0.0, 4e-4], [1.0, 0.1]), bg.LinearCost(), [1.0, 0.0]
        ),
        "direct",
        [0.0, 0.1],
    ),
    # Developer 0 ties with 1 for 0.1 and is favoured. To answer, 1 would pay the fee, 5e-4, for
    # R_1 - R_2 = 4e-4. Passing only 2 would save 0 1e-4 of effort and lose 4e-4; 2 is too slow to move.
    "a fee of 0.0005": (
        bg.Game(Index([0.9, 1.0, 0.9999], [1.0, 1.0, 1e-5]), Fee(5e-4), [1.0, 0.9996, 0.0]),
        "direct",
        [0.1, 0.0, 0.0],
    ),
    # Section 3: both at a common budget share the prize under split.
    "split ties": (
        bg.load_game("twins", budget=0.25),
        ("direct", {"ties": "split"}),
        [0.25, 0.25],
    ),
    # Section 4's table.
    "a flat cost": (bg.load_game("flat-cost-small-prize"), "direct", [1.0, 0.0]),
    # Developer 1 cannot answer, so developer 0 may tie with it for good.
    "an empty budget": (
        bg.Game(Index([0.75, 1.0], [1.0, 1.0]), bg.LinearCost(), [1.0, 0.0], budget=[1.0, 0.0]),
        "direct",
        [0.25, 0.0],
    ),
    # Both stand on a plateau at 0.5 that begins at 0.25 and is longer than any effort that pays.
    "a plateau": (
        bg.Game(
            bg.curves.Tabulated([[0, 0.25, 3, 4], [0, 3, 4]], [[0.25, 0.5, 0.5, 1], [0.5, 0.5, 1]]),
            bg.LinearCost(),
            [1.0, 0.0],
        ),
        "direct",
        [0.25, 0.0],
    ),
}


@pytest.mark.parametrize("case", OTHER_EQUILIBRIA)
def test_games_with_other_pure_equilibria_are_undecided(case) -> None:
    game, rule, efforts = OTHER_EQUILIBRIA[case]
    # 1e-9: efforts such as 0.9 + 0.1 tie to a rounding.
    assert nash_conv(game, rule, efforts) <= 1e-9
    assert predict(game, rule).regime == "undecided"


def test_a_drawn_board_is_undecided() -> None:
    p = predict("duel", Noisy())
    assert p.regime == "undecided"
    assert math.isnan(p.temptation)
    assert (p.assumptions, p.binding, p.equilibrium) == ({}, None, None)
    assert sorted(p.ranking.tolist()) == [0, 1]


# --- rules that change the effort that counts ----------------------------------------------------


@pytest.mark.parametrize(
    ("cap", "regime"), [(0.5, "pure"), (0.8, "cycle"), (0.3, "pure"), (2.0, "cycle")]
)
def test_a_cap_is_as_good_as_a_budget(cap, regime) -> None:
    # Effort beyond the cap costs and wins nothing. At 0.5 the weaker can only tie (theory section 4); at
    # 0.8 payoffs are (0.7, 0) (section 5); at 2 nobody would want so much.
    game = bg.load_game("duel")
    p = predict(game, ("capped", {"effort": cap}))
    assert p.regime == regime
    assert p.temptation == predict(replace(game, budget=cap), "direct").temptation
    if cap == 0.8:
        assert p.mixed.payoffs == pytest.approx([0.7, 0.0], abs=1e-3)
        assert p.mixed.nash_conv == nash_conv(game, p.protocol, p.mixed.strategies) < 1e-3


def test_rounded_boards_are_outside_the_theorems_for_the_right_reason() -> None:
    p = predict("pythia-gsm8k", ("tune-before-test+rounded", {"level": 3000.0, "decimals": 3}))
    assert p.regime == "undecided"
    assert p.equilibrium is not None  # nobody gains; that others exist cannot be ruled out
    assert "too close" not in p.reason
    assert "scores_strictly_increasing" in p.reason


# --- refused -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("game", "rule", "message"),
    [
        ("due", "direct", "game: .*'due'.* duel"),
        ("duel", "roulette", "protocol: .*'roulette'.* direct"),
        ("duel", ("tune-before-test", {"level": -1.0}), "level: .*>= 0, got -1"),
        (None, "direct", "game: .*got None"),
    ],
)
def test_refused(game, rule, message) -> None:
    with pytest.raises(ValueError, match=message):
        predict(game, rule)


# --- solutions, and why there is none ------------------------------------------------------------


@pytest.mark.parametrize(
    ("game", "reason"),
    [
        (evenly_spaced(101, np.linspace(1.0, 0.0, 101) ** 2), "101 developers"),
        (
            bg.Game(bg.curves.Additive([1.0, 0.9]), Bounded(0.3), [1.0, 0.0]),
            "effort scale",
        ),
    ],
    ids=["101 developers", "a bounded cost"],
)
def test_a_game_that_no_solver_reaches_has_no_mixed_equilibrium_and_a_reason(game, reason) -> None:
    p = predict(game, "direct")
    assert p.regime != "pure"
    assert p.mixed is None
    assert reason in p.reasons["mixed"]


def test_every_concept_has_a_reason_and_is_asked_once() -> None:
    p = predict("duel", "direct")
    assert set(p.answers) == {"honest_profile"}  # what takes long has not been asked for
    assert p.reasons["grid_pure"] == "the theorems already say which pure equilibria there are"
    assert set(p.answers) == {"honest_profile", "grid_pure"}
    assert p.mixed is p.mixed
    assert all(p.reasons[name] for name in CONCEPTS)
    assert list(p.reasons) == list(CONCEPTS) == sorted(p.answers, key=list(CONCEPTS).index)


def test_solutions_say_what_certifies_them() -> None:
    p = predict("duel", "direct")
    mixed, cycle = p.solutions
    assert (mixed.concept, cycle.concept) == ("mixed", "best_response_cycle")
    assert mixed.certificate == nash_conv(p.game, "direct", mixed.play)
    assert mixed.largest_regret == regrets(p.game, "direct", mixed.play).max()
    assert cycle.play.tolist() == p.cycle.states.tolist()
    assert (cycle.scope.order, cycle.scope.resolution) == ("round-robin", 1e-3)
    (honest,) = predict("duel-small-prize", "direct").solutions
    assert (honest.concept, honest.certificate, honest.play.tolist()) == ("honest_profile", 0.0, [0, 0])


@pytest.mark.parametrize(
    ("rule", "concept", "largest"),
    [
        (("finite-test", {"items": 20}), "noisy_pure", 1e-4),  # the tolerance, a share of P = 1
        (("ladder", {"step": 0.01}), "with_memory", 1e-4),
    ],
)
def test_pure_solutions_outside_the_theorems(rule, concept, largest) -> None:
    p = predict("duel", rule)
    assert p.regime == "pure"
    for solution in p.solutions:  # one for each order where the rule remembers
        assert solution.concept == concept
        assert solution.play.tolist() == p.equilibrium.tolist()
        assert 0 <= solution.largest_regret <= solution.certificate <= largest


def test_several_equilibria_are_several_solutions() -> None:
    p = predict("flat-cost-small-prize", "direct")
    found = [s.play.tolist() for s in p.solutions if s.concept == "grid_pure"]
    assert found == p.equilibria.tolist()
    assert len(found) > 1


def test_the_cycle_is_that_of_the_scope() -> None:
    # Levels a quarter apart, theory section 5: 2 passes with 3/4, 1 answers with 1/4, 2 drops out, and
    # 1 spends nothing.
    scope = Scope(levels=np.arange(5) / 4)
    p = predict("duel", "direct", scope)
    assert p.cycle.states.tolist() == [[0, 0], [0, 0.75], [0.25, 0.75], [0.25, 0]]
    down = predict("duel", "direct", replace(scope, order="round-robin-down"))
    assert down.cycle.order == "round-robin-down"
    unequal = predict("duel", "direct", Scope(levels=np.outer(np.arange(5), [0.25, 0.5])))
    assert unequal.cycle is None
    assert "different levels" in unequal.reasons["best_response_cycle"]


def test_random_revision_ends_in_recurrent_classes() -> None:
    # Levels a quarter apart. As in turn, play climbs and drops; in random order it may also pause, and
    # never leaves the profiles of that cycle once it is there.
    scope = Scope(levels=np.arange(5) / 4, revision="random")
    p = predict("duel", "direct", scope)
    (found,) = p.classes
    in_turn = predict("duel", "direct", Scope(levels=np.arange(5) / 4)).cycle
    assert {tuple(state) for state in in_turn.states} <= {tuple(state) for state in found.states}
    assert found.reached == 1.0
    (solution,) = [one for one in p.solutions if one.concept == "random_order"]
    assert solution.play.tolist() == found.states.tolist()
    assert solution.scope.order == "random"
    assert "chance 1" in solution.method
    assert p.cycle is None
    assert "random" in p.reasons["best_response_cycle"]
    # Played: a developer is drawn and best responds. Shares of boards are those of the class: of 4,000
    # rounds that mix within tens, a share has an error of some 0.02.
    game, rng, held = p.game, np.random.default_rng(0), np.zeros(2)
    wrong = 0
    for k in range(4_000):
        i, scores = rng.integers(2), game.curves.score(held)
        new, _ = bg.theory.best_response(
            game, "direct", i, scores[None], held[i : i + 1], levels=scope.levels
        )
        held[i] = new[0]
        if k >= 100:
            assert (found.states == held).all(axis=1).any()
            board = game.board(game.curves.score(held))
            wrong += board.ranks[0] == 2
    assert wrong / 3_900 == pytest.approx(found.misranked, abs=0.05)


@pytest.mark.parametrize(
    ("game", "rule", "scope", "why"),
    [
        ("duel", "direct", Scope(), "not made in random order"),
        ("duel-small-prize", "direct", Scope(revision="random"), "a pure equilibrium"),
        ("duel", ("finite-test", {"items": 20}), Scope(revision="random"), "fixed function|pure"),
        ("five", "direct", Scope(revision="random"), "more than 5000 profiles"),
    ],
)
def test_where_there_are_no_classes_the_reason_says_why(game, rule, scope, why) -> None:
    p = predict(game, rule, scope)
    assert p.classes == []
    assert re.search(why, p.reasons["random_order"])


def test_foresight_is_refused() -> None:
    with pytest.raises(ValueError, match=r"gamma: .* got 0\.9"):
        predict("duel", "direct", Scope(gamma=0.9))
    with pytest.raises(ValueError, match=r"tolerance: .*> 0, got 0"):
        predict("duel", "direct", tolerance=0.0)


def test_the_temptation_has_its_error() -> None:
    # The rival of the duel scores 1 - exp(-1), where curves have the slope exp(-1): one step of the grid
    # moves the effort that passes it, and so its cost and T, by 2**-23 e.
    found = bg.theory.predict("duel", "direct")
    assert found.temptation_error == pytest.approx(2**-23 * math.e, rel=1e-3)
    assert math.isnan(bg.theory.predict("duel", ("finite-test", {"items": 100})).temptation_error)
