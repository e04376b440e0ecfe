"""What the designer gets: exact measures against enumeration, simulated ones against exact ones."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr
from scipy.stats import kendalltau
from tools.cases import Noisy, NormalIndex
from tools.generators import games, profiles, protocols, random_game, random_mixture
from witnesses.episodes import rank_all
from witnesses.payoffs import drawn_boards

import benchgame_env as bg
from benchgame_env.game import TIES
from benchgame_env.metrics import kendall_tau, outcomes, played_outcomes

ROUNDING = 1e-12


def pairs_in_order(ranks: list[int]) -> float:
    """Kendall's tau of a board whose developers are in order of quality, pair by pair."""
    n = len(ranks)
    signs = [np.sign(ranks[j] - ranks[i]) for i in range(n) for j in range(i + 1, n)]
    return float(np.mean(signs))


@pytest.mark.parametrize("ties", TIES)
def test_drawn_boards_against_plain_enumeration(ties) -> None:
    for seed in range(20):
        rng = np.random.default_rng([seed, len(ties)])
        n = int(rng.integers(2, 4))
        game = random_game(rng, n=n, curves=rng.choice(["index", "hyperbola"]))
        rule = bg.make_protocol("finite-test", items=int(rng.integers(2, 5)), ties=ties)
        strategies = random_mixture(rng, game, support=2)
        tau = top = cost = 0.0
        for chance, scores, efforts in drawn_boards(game, rule, strategies):
            ranks = rank_all(scores, ties)
            tau += chance * pairs_in_order(ranks)
            top += chance * (ranks[0] == 1) / ranks.count(1)
            cost += chance * float(game.cost(np.array(efforts)).sum())
        found = outcomes(game, rule, strategies)
        assert found.exact
        assert found.kendall_tau == pytest.approx(tau, abs=ROUNDING)
        assert found.best_on_top == pytest.approx(top, abs=ROUNDING)
        pot = game.prizes.sum()
        assert found.cost_share == pytest.approx(cost / pot if pot > 0 else math.nan, nan_ok=True)
        assert found.kendall_tau_interval == (found.kendall_tau, found.kendall_tau)


@given(games(least=2), protocols(), st.data())
def test_pure_play_under_a_fixed_rule_is_one_board(game, rule, data) -> None:
    efforts = data.draw(profiles(game))[0]
    ranks = rule.evaluate(game, efforts).ranks
    found = outcomes(game, rule, efforts)
    if np.unique(game.quality).size == game.n_developers:
        assert found.kendall_tau == pytest.approx(pairs_in_order(ranks.tolist()), abs=ROUNDING)
    if rule.ties == "quality":  # one tau for both, equal qualities included
        order = np.argsort(ranks)
        assert found.kendall_tau == pytest.approx(kendall_tau(order, game.quality), abs=1e-9)
        best = game.quality[order[0]] == game.quality[0]
        assert found.best_on_top == pytest.approx(float(best), abs=ROUNDING)


def test_the_duel_in_its_mixed_equilibrium() -> None:
    # Section 5: the weaker tops the board 37.5 % of the time and half of the prize is burnt; of two
    # models tau is P(best on top) - P(not) = 0.625 - 0.375. The equilibrium is lumped into 2,000 points.
    found = outcomes(
        bg.load_game("duel"),
        "direct",
        bg.theory.mixed_equilibrium(bg.load_game("duel"), "direct").strategies,
    )
    assert found.best_on_top == pytest.approx(0.625, abs=1e-3)
    assert found.kendall_tau == pytest.approx(0.25, abs=2e-3)
    assert found.cost_share == pytest.approx(0.5, abs=1e-3)
    assert (found.exact, found.samples) == (True, 0)


def test_two_indices_with_normal_noise() -> None:
    # P(1 above 2) = Phi(0.5 / (0.2 sqrt 2)); rounding to 0.001 errs by its square.
    game = bg.load_game("duel")
    found = outcomes(game, NormalIndex(ties="split"), np.zeros(2))
    assert found.best_on_top == pytest.approx(ndtr(0.5 / math.sqrt(0.08)), abs=1e-5)
    assert found.kendall_tau == pytest.approx(2 * ndtr(0.5 / math.sqrt(0.08)) - 1, abs=2e-5)


def test_equal_models_under_noise_are_on_top_by_chance() -> None:
    # Three equal models whose qualities differ by name only: by symmetry 1/3 each, and tau 0.
    game = bg.Game(bg.curves.Additive([1.0] * 3), bg.LinearCost(), [1.0, 0.0, 0.0], quality=[3, 2, 1])
    rule = bg.make_protocol("finite-test", items=20, ties="split")
    found = outcomes(game, rule, np.zeros(3))
    assert found.best_on_top == pytest.approx(1 / 3, abs=ROUNDING)
    assert found.kendall_tau == pytest.approx(0.0, abs=ROUNDING)


def test_equal_qualities_count_as_in_kendall_tau() -> None:
    # tau-b: of two comparable pairs both agree, 2 / sqrt(3 * 2); the two best share the top.
    game = bg.Game(bg.curves.Additive([1.0, 1.0, 0.5]), bg.LinearCost(), [1.0, 0.0, 0.0])
    found = outcomes(game, "direct", np.zeros(3))
    assert found.kendall_tau == pytest.approx(kendalltau([3, 2, 1], [2, 2, 1]).statistic)
    assert found.best_on_top == 1.0
    alone = bg.Game(bg.curves.Additive([1.0]), bg.LinearCost(), [0.0])
    assert outcomes(alone, "direct", [0.0]).kendall_tau == 1.0
    assert math.isnan(outcomes(alone, "direct", [0.0]).cost_share)


def test_the_designers_cost_is_the_rules_own() -> None:
    game = bg.load_game("five")
    rule = bg.make_protocol("tune-before-test+finite-test", level=3, items=10)
    assert outcomes(game, rule, np.zeros(5)).designer_cost == {"tuning": 15.0, "items": 50.0}


# --- simulated ---------------------------------------------------------------------------------


class Unknown(bg.Protocol):
    """Direct evaluation whose rules are not told: it has to be simulated."""

    def evaluate(self, game, efforts, rng=None):
        return game.board(game.curves.score(efforts))


def test_simulated_intervals_hold_the_exact_measures() -> None:
    game = bg.load_game("five")
    strategies = [(np.array([0.0, 0.2, 0.5]), np.array([0.4, 0.3, 0.3]))] * 5
    exact = outcomes(game, "direct", strategies)
    held = np.zeros(2)
    for seed in range(100):
        found = outcomes(game, Unknown(), strategies, np.random.default_rng(seed), samples=200)
        assert not found.exact
        assert found.cost_share == exact.cost_share
        for k, name in enumerate(("kendall_tau", "best_on_top")):
            low, high = getattr(found, name + "_interval")
            assert low < getattr(found, name) < high
            held[k] += low <= getattr(exact, name) <= high
    # 95 of 100, standard deviation 2.2: four of them below.
    assert (held >= 86).all()


def test_simulation_is_seeded_and_says_so() -> None:
    game = bg.load_game("five")
    one, same, other = (
        outcomes(game, Noisy(), np.zeros(5), np.random.default_rng(seed), samples=300)
        for seed in (0, 0, 1)
    )
    assert one == same
    assert one != other
    assert (one.exact, one.samples) == (False, 300)
    with pytest.raises(ValueError, match=r"rng: .*Noisy\("):
        outcomes(game, Noisy(), np.zeros(5))
    with pytest.raises(ValueError, match=r"samples: .*>= 2, got 1"):
        outcomes(game, Noisy(), np.zeros(5), np.random.default_rng(0), samples=1)


def test_played_boards_are_averaged_over_rounds() -> None:
    # Two rounds of the duel, the better one ahead in the first: tau 1 and -1, efforts cost 0.5 and 0.7.
    game = bg.load_game("duel")
    found = played_outcomes(game, "direct", [[[0.0, 0.5], [0.2, 0.5]]], [[[1, 2], [2, 1]]])
    assert (found.kendall_tau, found.best_on_top, found.exact) == (0.0, 0.5, True)
    assert found.cost_share == pytest.approx(0.6)  # of a pot of 1
    assert found.kendall_tau_interval == (0.0, 0.0)


def test_intervals_of_played_boards_are_between_samples() -> None:
    # Of two samples of two rounds, one always right and one always wrong: standard deviation sqrt 2.
    game = bg.load_game("duel")
    found = played_outcomes(game, "direct", np.zeros((2, 2, 2)), [[[1, 2]] * 2, [[2, 1]] * 2])
    assert (found.kendall_tau, found.best_on_top, found.samples, found.exact) == (0.0, 0.5, 2, False)
    assert found.kendall_tau_interval == pytest.approx((-1.959964, 1.959964))
    with pytest.raises(ValueError, match=r"\[samples, rounds, 2\], got shapes \(2, 2\) and \(1, 2\)"):
        played_outcomes(game, "direct", np.zeros((2, 2)), [[1, 2]])


def test_a_sure_thing_keeps_an_interval() -> None:
    # Always on top in 100 draws: Wilson's interval starts at 1 / (1 + z^2 / 100).
    found = outcomes(bg.load_game("duel"), Unknown(), np.zeros(2), np.random.default_rng(0), samples=100)
    assert found.best_on_top == 1.0
    assert found.best_on_top_interval[0] == pytest.approx(1 / (1 + 1.959964**2 / 100))
