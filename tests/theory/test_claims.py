"""Claims under attack: what is false is found and made simple, what is true stays without a
counterexample; and the ways in which claims come in."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tools.cases import tuned

import benchgame_env as bg
from benchgame_env.metrics import nash_conv
from benchgame_env.subgame import Subgame
from benchgame_env.theory.claims.card import Card
from benchgame_env.theory.claims.draws import draw
from benchgame_env.theory.claims.registry import card, cards, register_card
from benchgame_env.theory.claims.search import Attack, falsify
from benchgame_env.theory.pure.assumptions import REQUIRED, checked_to, conditions_up_to

CONJECTURE = "benchgame_env.theory.claims.conjecture:neighbours-suffice"
MINUTES = 120.0  # two of them, within which the boundary cases have to be found


def found(claim: Card | str, without: tuple[str, ...] = (), games: int = 3_000) -> Attack:
    """An attack that has to find a counterexample, of which the certificate is worked out anew."""
    attack = falsify(claim, games, MINUTES, without=without)
    assert attack.subgame is not None, f"none in {attack.games} games"
    assert attack.counterexample is not None
    game = attack.subgame.game
    again = eval(attack.counterexample.check, {"bg": bg, "game": game})
    assert again == attack.counterexample.number
    assert attack.card.applies(attack.subgame)
    lost = [needed for needed in attack.taken if not needed.on(attack.subgame)]
    assert lost or not attack.taken
    return attack


# --- what is false is found ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "without"),
    [
        # Theory section 4, first row: an equilibrium with effort.
        ("proposition-4.3", "cost_strictly_increasing"),
        # Second row: a pure equilibrium although just overtaking pays.
        ("theorem-4.6", "cost_strictly_increasing"),
        # Third row: efforts (1, 0) and the like, and zero effort is none.
        ("temptation", "cost_strictly_increasing"),
        ("dominance", "cost_strictly_increasing"),
        # Section 3, after the proof that only zero is: what breaks it. A budget that binds under split
        # ties, a curve with a flat stretch, a budget of zero. (Of a fixed cost of any effort the grader
        # gives no number: at an exact tie one step of the grid decides whether it has to be paid.)
        ("temptation", "strict_tie_order"),
        ("temptation", "scores_strictly_increasing"),
        ("temptation", "positive_budgets"),
        # Curves that cross, and models whose scores touch at every level.
        ("proposition-5.3", "C1"),
        ("proposition-5.6", "intercepts_by_quality"),
    ],
)
def test_a_claim_without_a_hypothesis_is_false(name: str, without: str) -> None:
    attack = found(name, (without,))
    scale = attack.subgame.game.prize_range
    if attack.counterexample.kind == "zero effort is no equilibrium":
        assert attack.counterexample.number > 1e-2 * scale
    else:
        assert attack.counterexample.number <= 1e-9 * scale


def test_free_effort_gives_an_equilibrium_at_every_level() -> None:
    # Section 4, third row: tune-before-test does not help where effort is free. Additive curves, for the
    # level cancels out of every comparison.
    attack = found("theorem-4.6", ("cost_strictly_increasing",))
    game = attack.subgame.game
    assert isinstance(game.curves, bg.curves.Additive)
    free = float(game.cost.inverse(0.0))
    for level in (0.0, 1.0, 5.0):
        assert nash_conv(game, tuned(level), [free, 0.0]) <= 1e-9
        assert nash_conv(game, tuned(level), [0.0, 0.0]) > 0.01


def test_shifted_curves_have_no_stable_level() -> None:
    # Section 4: decreasing intercepts, v = 1 - a/(s + 1 + x). Both hypotheses fail on that family.
    attack = found("proposition-5.6", ("one_floor_and_ceiling", "intercepts_by_quality"))
    law = attack.subgame.game.curves
    # Equal slopes of 1, and one a = (U - L) exp(-alpha) for both: each is the other shifted.
    assert law.slope.tolist() == pytest.approx([1.0, 1.0])
    heights = (law.upper - law.lower) * np.exp(-law.intercept)
    assert heights == pytest.approx(heights[0], rel=0.01)


def test_neighbours_do_not_suffice() -> None:
    # With a large first prize a jump over a rank can pay where passing the next one up does not.
    attack = found(CONJECTURE)
    assert attack.subgame.n == 3  # with two developers it is true
    game = attack.subgame.game
    gains = game.prizes[0] - game.prizes[1], game.prizes[1] - game.prizes[2]
    assert gains[0] > gains[1]


# --- A claim whose hypothesis was looked at too near ---------------------------------------------


def far_crossing() -> bg.Game:
    """Two laws with one floor and ceiling that cross at a level of 637.7, where F is 0.966.

    The log odds are -3.9668 + 0.5546 u and -4.7303 + 0.6728 u with u = log(1 + x): equal at
    u = 0.7635 / 0.1182 = 6.4594, x = 637.7.
    """
    law = bg.curves.ScalingLaw([0, 0], [0.8801, 0.8801], [-3.9668, -4.7303], [0.5546, 0.6728])
    return bg.Game(law, bg.LinearCost(0.0145 / 0.966), [0.0145, 0.0])


def test_curves_that_cross_far_away_cross() -> None:
    game = far_crossing()
    crossing = math.expm1((4.7303 - 3.9668) / (0.6728 - 0.5546))
    assert crossing == pytest.approx(637.7, abs=0.1)
    # Stable at level 0, and at the crossing the whole prize is to be had for nothing.
    assert nash_conv(game, "direct", [0.0, 0.0]) == 0.0
    assert nash_conv(game, tuned(crossing), [0.0, 0.0]) == pytest.approx(0.0145, rel=1e-3)
    # Up to 100 F nothing is seen of it.
    assert conditions_up_to(game, 100 * game.finite_effort_scale)["C1"]
    [reading] = [r for r in bg.theory.theorem_cards(game, "direct") if r.card.name == "proposition-5.3"]
    assert not reading.applies
    assert not reading.hypotheses["C1"]
    assert not reading.hypotheses["C3"]  # the extra effort falls to 0 in the end
    assert reading.checked_to == math.inf


def c1_up_to_100_f(subgame: Subgame) -> bool:
    """curves do not cross up to 100 F"""
    return conditions_up_to(subgame.game, 100 * subgame.game.finite_effort_scale)["C1"]


def c3_up_to_100_f(subgame: Subgame) -> bool:
    """the extra effort that a worse model needs grows with the score aimed at, up to 100 F"""
    return conditions_up_to(subgame.game, 100 * subgame.game.finite_effort_scale)["C3"]


def test_looking_at_curves_up_to_100_f_is_found_out() -> None:
    as_it_was = replace(
        card("proposition-5.3"),
        hypotheses=(*REQUIRED, "tune_before_test", "no_temptation", c1_up_to_100_f, c3_up_to_100_f),
    )
    attack = found(as_it_was, games=20_000)
    assert not card("proposition-5.3").applies(attack.subgame)


@pytest.mark.parametrize(
    ("curves", "limit"),
    [
        (bg.curves.Additive([1.0, 0.5]), math.inf),
        (bg.curves.ScalingLaw([0, 0], [1, 1], [1, 0], [1, 1]), math.inf),
        (bg.curves.ScalingLaw([0, 0.1], [1, 1], [1, 0], [1, 1]), 100.0 + 7.0),
        (bg.curves.Tabulated([[0, 1], [0, 1]], [[0.5, 1], [0, 0.5]]), 100.0 + 7.0),
    ],
)
def test_how_far_curves_are_checked(curves: Any, limit: float) -> None:
    # c(e) = e and P = 1: F = 1, and the level is 7.
    assert checked_to(Subgame(bg.Game(curves, bg.LinearCost(), [1.0, 0.0]), tuned(7.0))) == limit


def test_curves_are_checked_from_the_level_on() -> None:
    # Found by falsify. F is 0.0158, and at level 17 the curves have crossed long before: at 14.58, where
    # both show .5777.
    law = bg.curves.ScalingLaw([0.125, 0.25], [0.75, 1.0], [-0.75, -3.0], [0.625, 1.0])
    game = bg.Game(law, bg.LinearCost(0.25), [0.00396, 0.0])
    assert law.score([14.57, 14.57]) == pytest.approx([0.5777, 0.5775], abs=5e-5)
    for level, holds in ((12.0, True), (14.0, False), (17.0, False)):
        assert bg.theory.HYPOTHESES["C1"].on(Subgame(game, tuned(level))) == holds


def test_an_effort_that_falls_while_the_worse_one_stands_still_is_seen() -> None:
    # Found by falsify. The worse one shows 0 up to effort 2.2 and then gains 1 a unit, the better one
    # 0.4: at level s it shows 0.2 + 0.4 s, which the worse one has at 2.4 + 0.4 s, so with an own effort
    # of 2.4 + 0.4 s - s.
    table = bg.curves.Tabulated([[0, 1], [0, 2.2, 2.5]], [[0.2, 0.6], [0.0, 0.0, 0.3]])
    game = bg.Game(table, bg.LinearCost(), [3.0, 0.0])
    for level, effort in ((0.0, 2.4), (0.05, 2.4 + 0.02 - 0.05)):
        assert bg.theory.climb(game, tuned(level)).tolist() == pytest.approx([effort])
    assert not bg.theory.HYPOTHESES["C3"].on(Subgame(game, "direct"))


def test_a_crossing_beyond_a_plateau_is_seen() -> None:
    # The better one stops at 0.5 from effort 2 on, the worse goes on and passes it at 8; F is 1.
    table = bg.curves.Tabulated([[0, 2], [0, 16]], [[0.4, 0.5], [0.0, 1.0]])
    game = bg.Game(table, bg.LinearCost(), [1.0, 0.0])
    assert not bg.theory.HYPOTHESES["C1"].on(Subgame(game, "direct"))


# --- what is true stays without a counterexample ---------------------------------------------------


@pytest.mark.parametrize("name", cards())
def test_true_claims_survive_a_short_attack(name: str) -> None:
    attack = falsify(name, games=80, seconds=MINUTES, seed=1)
    assert (attack.games, attack.counterexample) == (80, None)


@pytest.mark.long
@pytest.mark.parametrize("name", cards())
def test_true_claims_survive_a_long_attack(name: str) -> None:
    attack = falsify(name, games=100_000, seconds=3_600.0, seed=1)
    assert (attack.games, attack.counterexample) == (100_000, None)


def test_the_bound_is_the_rule_of_three() -> None:
    # Exactly 1 - 0.05^(1/N), below 3/N since -log(0.05) = 2.996.
    attack = falsify("temptation", games=20, seconds=MINUTES)
    assert attack.bound == pytest.approx(1 - 0.05 ** (1 / 20))
    assert attack.bound < 3 / 20
    assert Attack(card("temptation"), 0, 10).bound == 1.0


# --- the search ----------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_counterexample() -> None:
    first, second = (falsify(CONJECTURE, seed=3) for _ in range(2))
    assert first.counterexample == second.counterexample
    draws = [draw(np.random.default_rng([seed, 0])).game.prizes.tolist() for seed in (3, 3, 4)]
    assert draws[0] == draws[1] != draws[2]


def test_games_on_the_boundary_are_drawn() -> None:
    # Exact equality c(e_req) = gap, budgets that are exactly enough, equal prizes, scores that touch.
    edges = {"cost meets prize": 0, "budget is enough": 0, "equal prizes": 0, "scores touch": 0}
    for seed in range(600):
        try:
            subgame = draw(np.random.default_rng([5, seed]))
        except ValueError:
            continue
        game = subgame.game
        needed = bg.theory.climb(game, subgame.rule)
        gaps = -np.diff(game.prizes)
        edges["equal prizes"] += bool((gaps == 0).any())
        if subgame.rule.ties == "quality":
            costs = subgame.cost(needed)
            edges["cost meets prize"] += bool(np.isclose(costs, gaps, rtol=1e-12, atol=0).any())
        efforts = subgame.rule.effort_for(
            game, np.broadcast_to(subgame.honest_scores[:, None], 2 * (subgame.n,))
        )
        exact = np.isclose(efforts, game.budget, rtol=1e-12, atol=0) & (efforts > 0)
        edges["budget is enough"] += bool(exact.any())
        edges["scores touch"] += len(np.unique(subgame.shown(np.zeros(subgame.n)))) < subgame.n
    assert min(edges.values()) > 10, edges


def test_drawn_games_need_the_hypotheses_to_count() -> None:
    # Half of what is drawn lacks one of the hypotheses of dominance: T > 0.
    attack = falsify("dominance", games=50, seconds=MINUTES)
    assert attack.drawn > attack.games == 50


# --- how claims come in ----------------------------------------------------------------------------


def test_a_claim_is_found_by_module_and_name() -> None:
    assert card(CONJECTURE).title == "neighbours-suffice"
    assert card(CONJECTURE) is card(CONJECTURE.replace("neighbours-suffice", "neighbours_suffice"))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: card("theorem-9"), "card: unknown 'theorem-9'; known: .*theorem-4.6"),
        (lambda: card("no_such_module:claim"), "cannot import 'no_such_module'"),
        (lambda: card("benchgame_env.costs:LinearCost"), "has no card 'LinearCost'"),
        (lambda: falsify("temptation", games=0), "games: .*>= 1, got 0"),
        (lambda: falsify("temptation", seconds=0), "seconds: .*> 0, got 0"),
        (lambda: falsify("temptation", seed=-1), "seed: .*>= 0, got -1"),
        (
            lambda: falsify("temptation", without=["C1"]),
            "without: unknown 'C1'; known: strict_tie_order",
        ),
        (lambda: register_card("a:b", hypotheses=(), sentence="", source="")(len), "letters, digits"),
        (
            lambda: register_card("temptation", hypotheses=(), sentence="", source="")(len),
            "'temptation' is already benchgame_env.theory.claims.section_3.temptation",
        ),
        (
            lambda: Card("mine", ("strict_order",), "", lambda subgame: None, ""),
            "hypothesis: unknown 'strict_order'; known: strict_tie_order",
        ),
        (lambda: Card("mine", (lambda subgame: True,), "", lambda subgame: None, ""), "docstring"),
        (
            lambda: falsify(Card("mine", (), "", lambda subgame: False, "")),
            "'mine': need None or a Count.*False",
        ),
    ],
)
def test_bad_claims_are_refused(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
