"""Noisy boards: exact payoffs against enumeration and simulation, regrets against a dense grid."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtr
from tools.cases import Coarse, Noisy, NormalIndex
from tools.generators import Bounded, Fee, random_game, random_mixture
from witnesses.episodes import award_all
from witnesses.payoffs import drawn_boards

import benchgame_env as bg
from benchgame_env.game import TIES
from benchgame_env.metrics import expected_payoffs, nash_conv, regrets
from benchgame_env.metrics.noisy import worth_of_scores
from benchgame_env.subgame import Subgame
from benchgame_env.theory.mixed import tournament as noise

# Sums of a few thousand products of numbers below 1.
ROUNDING = 1e-12
ACCURATE = ["additive", "scaling law", "index", "hyperbola"]  # curves that end below 1


def finite(items: int, ties: str = "quality", **parameters) -> bg.Protocol:
    return bg.make_protocol("finite-test", items=items, ties=ties, **parameters)


def noisy_game(rng, n: int) -> bg.Game:
    return random_game(rng, n=n, curves=rng.choice(ACCURATE))


# --- expected payoffs --------------------------------------------------------------------------


@pytest.mark.parametrize("ties", TIES)
def test_expected_payoffs_against_plain_enumeration(ties) -> None:
    for seed in range(30):
        rng = np.random.default_rng([seed, len(ties)])
        n, items = int(rng.integers(2, 4)), int(rng.integers(2, 5))
        game, rule = noisy_game(rng, n), finite(items, ties)
        strategies = random_mixture(rng, game, support=2)
        obvious = np.zeros(n)
        for chance, scores, efforts in drawn_boards(game, rule, strategies):
            awards = award_all(scores, game.prizes.tolist(), ties)
            obvious += chance * (np.array(awards) - game.cost(np.array(efforts)))
        found = expected_payoffs(game, rule, strategies)
        np.testing.assert_allclose(found, obvious, rtol=0, atol=ROUNDING, err_msg=f"seed {seed}")


@pytest.mark.parametrize(
    "rule", [finite(200), finite(200, "split"), bg.make_protocol("best-of", k=3, base=finite(50))]
)
def test_expected_payoffs_against_simulation(rule) -> None:
    game, draws = bg.load_game("pythia-gsm8k"), 20_000
    rng = np.random.default_rng(0)
    strategies = [(np.array([0.0, 300.0, 900.0]), np.array([0.5, 0.3, 0.2]))] * 5
    efforts = np.stack([rng.choice(e, draws, p=p) for e, p in strategies], axis=1)
    payoffs = game.payoffs(rule.evaluate(game, efforts, rng).prizes, efforts)
    error = payoffs.std(axis=0, ddof=1) / math.sqrt(draws)
    z = (payoffs.mean(axis=0) - expected_payoffs(game, rule, strategies)) / error
    assert (np.abs(z) < 4.5).all()  # five normal figures: 1 in 30,000 by chance


def test_three_equal_models_are_each_first_in_a_third() -> None:
    # Section 6: not 1/4, the product of two pairwise chances, for "j beats i" shares i's own noise.
    game = bg.Game(bg.curves.Additive([1.0] * 3), bg.LinearCost(), [1.0, 0.0, 0.0])
    split = expected_payoffs(game, NormalIndex(ties="split"), np.zeros(3))
    assert split.tolist() == pytest.approx([1 / 3] * 3, abs=ROUNDING)
    # By quality a tie goes to the first; two show one value in 0.002 / (0.4 sqrt(pi)) = 0.0028.
    by_quality = expected_payoffs(game, NormalIndex(), np.zeros(3))
    assert by_quality.sum() == pytest.approx(1.0, abs=ROUNDING)
    assert by_quality.tolist() == pytest.approx([1 / 3] * 3, abs=0.003)


@pytest.mark.parametrize("ties", TIES)
def test_a_layer_may_show_different_scores_alike(ties) -> None:
    game, rule = bg.load_game("duel"), Coarse(base=finite(4), ties=ties, steps=2)
    strategies = [([0.0, 0.25], [0.5, 0.5]), ([0.5], [1.0])]
    obvious = np.zeros(2)
    for chance, scores, efforts in drawn_boards(game, rule.base, strategies):
        awards = award_all([math.floor(2 * s) / 2 for s in scores], [1.0, 0.0], ties)
        obvious += chance * (np.array(awards) - np.array(efforts))
    assert expected_payoffs(game, rule, strategies) == pytest.approx(obvious, abs=ROUNDING)


def test_a_long_test_tends_to_the_exact_board() -> None:
    # sd 1e-3 at most, scores 0.63 against 0.39 and 0.78: ranks are those of the scores.
    game = bg.load_game("duel")
    for efforts in ([0.0, 0.0], [0.0, 1.0]):
        sharp = expected_payoffs(game, finite(250_000), efforts)
        assert sharp == pytest.approx(expected_payoffs(game, "direct", efforts), abs=1e-12)


# --- regrets -----------------------------------------------------------------------------------


@pytest.mark.parametrize("ties", TIES)
def test_regrets_against_a_dense_grid(ties) -> None:
    for seed in range(5):
        rng = np.random.default_rng([seed, len(ties)])
        n = int(rng.integers(2, 4))
        game, rule = noisy_game(rng, n), finite(int(rng.choice([2, 5, 40])), ties)
        strategies = random_mixture(rng, game, support=3)
        bound = regrets(game, rule, strategies, tolerance=1e-6)
        now = expected_payoffs(game, rule, strategies)
        for i in range(n):
            best = best_deviation(game, rule, strategies, i) - now[i]
            # A grid can only be below. Payoffs of tests of up to 40 items are smooth on a fiftieth of
            # the range, so zooming in finds the best to 2e-5 of effort, and a smooth top is flat.
            assert bound[i] >= best - ROUNDING, f"seed {seed}"
            assert bound[i] <= max(best, 0.0) + 2e-6, f"seed {seed}"


def best_deviation(game, rule, strategies, i: int) -> float:
    """The largest payoff found on a grid, then on finer and finer ones around its best effort."""
    low, high = 0.0, min(game.budget[i], 1.25 * game.effort_scale[i])
    top, best = high, -np.inf
    for points in (51, 21, 21, 21, 21):
        efforts = np.linspace(low, high, points)
        payoffs = deviation_payoffs(game, rule, strategies, i, efforts)
        step, at = efforts[1] - efforts[0], efforts[payoffs.argmax()]
        low, high = max(0.0, at - step), min(top, at + step)
        best = max(best, payoffs.max())
    return best


def deviation_payoffs(game, rule, strategies, i: int, efforts) -> np.ndarray:
    """Payoffs of developer i at each effort, from `expected_payoffs` of the whole changed profile."""
    profiles = ([*strategies[:i], ([effort], [1.0]), *strategies[i + 1 :]] for effort in efforts)
    return np.array([expected_payoffs(game, rule, profile)[i] for profile in profiles])


def tournament_of_section_7() -> bg.Game:
    """c = 4 e^2, indices theta + x with theta = (1, 0.5), to be shown with a noise of sd 0.2."""
    return bg.Game(bg.curves.Additive([1.0, 0.5]), bg.PowerCost(4.0, 2.0), [1.0, 0.0])


def test_honest_play_in_the_tournament_of_section_7() -> None:
    # Without noise T = 0 (0.5 costs 1). With it developer 2 wins Phi((e - 0.5) / (0.2 sqrt 2)) - 4 e^2,
    # best at about 0.050. With split ties rounding to 0.002 is symmetric: it errs by 0.002^2 times
    # derivatives of order 1 / 0.2^2.
    game, rule = tournament_of_section_7(), NormalIndex(ties="split")
    assert nash_conv(game, "direct", np.zeros(2)) == 0.0
    e = np.linspace(0.0, 0.5, 500_001)
    gain = ndtr((e - 0.5) / math.sqrt(0.08)) - 4 * e**2
    assert regrets(game, rule, np.zeros(2))[1] == pytest.approx(gain.max() - gain[0], abs=1e-5)
    contest = noise.Tournament(Subgame(game, rule))
    best = contest.best_responses(contest.worth(contest.chances(np.zeros(2))))[1]
    assert best == pytest.approx(e[gain.argmax()], abs=1e-4)
    assert best == pytest.approx(0.050, abs=5e-4)


def test_a_tighter_tolerance_never_raises_the_bound() -> None:
    game = bg.load_game("five")
    bounds = [regrets(game, finite(50), np.full(5, 0.2), tol) for tol in (1e-2, 1e-4, 1e-6)]
    assert (bounds[0] >= bounds[1] - ROUNDING).all()
    assert (bounds[1] >= bounds[2] - ROUNDING).all()
    assert (bounds[0] - bounds[2] <= 1e-2).all()


def test_a_fixed_cost_of_any_effort_is_seen() -> None:
    # The cost jumps at 0, where the bound prize(b) - c(a) is at its worst.
    game = bg.Game(bg.curves.Additive([1.0, 0.5]), Fee(0.125), [1.0, 0.0])
    rule = finite(9)
    for developer in (0, 1):
        best = best_deviation(game, rule, [([0.0], [1.0])] * 2, developer)
        gain = best - expected_payoffs(game, rule, np.zeros(2))[developer]
        assert -ROUNDING <= regrets(game, rule, np.zeros(2))[developer] - gain <= 2e-6


def test_unbounded_effort_may_pay_where_cost_is_bounded() -> None:
    # Any effort costs less than 1 and wins nearly 2 in the end: sup is 2 P(win | score 1) - 1.
    game = bg.Game(bg.curves.Additive([1.0, 0.5]), Bounded(), [2.0, 0.0])
    rule = finite(1)
    # One item: developer 2 at score 1 beats a rival that fails, which is exp(-1); a tie loses.
    # At effort e: 2 exp(-1) (1 - exp(-0.5 - e)) - (1 - exp(-e)), best at 0 since 2 exp(-1.5) < 1.
    assert regrets(game, rule, np.zeros(2))[1] == pytest.approx(0.0, abs=2e-6)
    # Developer 1 wins ties: loses only 0 against 1. 2 - 2 exp(-1 - e) (1 - exp(-0.5)) - (1 - exp(-e)):
    # the slope exp(-e) (2 exp(-1) (1 - exp(-0.5)) - 1) is negative too; with ten times the prize not.
    rich = bg.Game(bg.curves.Additive([1.0, 0.5]), Bounded(), [20.0, 0.0])
    gain = (20 * math.exp(-1) * (1 - math.exp(-0.5)) - 1) * 1.0
    assert regrets(rich, rule, np.zeros(2))[0] == pytest.approx(gain, abs=20 * 1e-6)


def test_equal_prizes_leave_only_costs() -> None:
    game = bg.Game(bg.curves.Additive([1.0, 0.5]), bg.LinearCost(), [1.0, 1.0])
    assert regrets(game, finite(20), [0.25, 0.0]).tolist() == pytest.approx([0.25, 0.0], abs=1e-11)


# --- equilibria --------------------------------------------------------------------------------


@pytest.mark.parametrize("ties", TIES)
def test_solver_and_grader_agree_on_what_a_score_is_worth(ties) -> None:
    # The solver breaks ties by lot and integrates, the grader counts rivals ahead and level.
    for n in range(1, 7):
        rng = np.random.default_rng(n)
        game = random_game(rng, n=n, curves="additive")
        contest = noise.Tournament(Subgame(game, finite(6, ties)))
        chances = rng.dirichlet(np.ones(7), n)
        graded = worth_of_scores(game.prizes, chances, ties)
        np.testing.assert_allclose(contest.worth(chances), graded, rtol=0, atol=ROUNDING)


def test_the_equilibrium_of_a_tournament_has_equal_efforts() -> None:
    # Lazear and Rosen: both efforts move the same probability, so 8 e_i is the density of the
    # difference of the indices at their distance 0.5, phi(0.5 / s) / s with s = 0.2 sqrt 2.
    found = noise.pure_equilibrium(tournament_of_section_7(), NormalIndex(ties="split"))
    s = math.sqrt(0.08)
    expected = math.exp(-((0.5 / s) ** 2) / 2) / math.sqrt(2 * math.pi) / s / 8
    assert found.converged
    assert found.efforts == pytest.approx([expected] * 2, rel=1e-3)
    assert found.nash_conv <= 1e-5


def test_one_item_and_a_large_prize_have_a_pure_equilibrium_with_effort() -> None:
    # Developer 2 wins if it alone solves the item: 8 exp(-y1) (1 - exp(-y2)), y the indices theta + e.
    # Both payoffs are concave in own effort, so first-order conditions decide:
    # 8 exp(-y1) (1 - exp(-y2)) = 1 = 8 exp(-y1) exp(-y2), hence y2 = log 2 and y1 = log 4.
    game = bg.Game(bg.curves.Additive([1.0, 0.5]), bg.LinearCost(), [8.0, 0.0])
    found = noise.pure_equilibrium(game, finite(1))
    assert found.converged
    assert found.efforts == pytest.approx([math.log(4) - 1.0, math.log(2) - 0.5], abs=1e-5)
    wins = 0.25 * 0.5
    payoffs = [8 * (1 - wins) - found.efforts[0], 8 * wins - found.efforts[1]]
    assert found.payoffs == pytest.approx(payoffs, abs=1e-4)


def test_one_item_and_a_small_prize_leave_honest_play() -> None:
    # The first-order conditions above with prize 1: no slope reaches the cost of 1.
    found = noise.pure_equilibrium(bg.load_game("duel"), finite(1))
    assert (found.converged, found.efforts.tolist()) == (True, [0.0, 0.0])


@pytest.mark.parametrize("name", ["pythia-gsm8k", "llama-mmlu"])
def test_certificates_are_the_graders(name) -> None:
    game, rule = bg.load_game(name), finite(20)
    found = noise.pure_equilibrium(game, rule)
    assert found.nash_conv == nash_conv(game, rule, found.efforts)
    assert found.converged
    assert found.nash_conv <= found.tolerance * game.prize_range
    for i in range(game.n_developers):
        everyone = [([e], [1.0]) for e in found.efforts]
        grid = np.linspace(0.0, game.effort_scale[i], 40)
        best = deviation_payoffs(game, rule, everyone, i, grid).max()
        assert best <= found.payoffs[i] + found.nash_conv + ROUNDING


def test_where_none_is_found_that_is_said_and_play_is_mixed() -> None:
    game, rule = bg.load_game("duel"), finite(100)
    assert not noise.pure_equilibrium(game, rule).converged
    mixed = noise.mixed_on_levels(game, rule)
    assert mixed.nash_conv == nash_conv(game, rule, mixed.strategies)
    assert mixed.nash_conv <= 2e-3
    assert mixed.payoffs == pytest.approx(expected_payoffs(game, rule, mixed.strategies))


def test_mixed_play_tends_to_that_of_the_exact_board() -> None:
    # Section 5: payoffs (0.5, 0), mean efforts (0.125, 0.375). At 1,319 items the noise is 0.013 of
    # score, 0.03 of effort; levels are 0.02 apart.
    mixed = noise.mixed_on_levels(bg.load_game("duel"), finite(1319), levels=51, iterations=1000)
    assert mixed.payoffs == pytest.approx([0.5, 0.0], abs=0.02)
    assert mixed.mean_efforts == pytest.approx([0.125, 0.375], abs=0.03)
    assert mixed.nash_conv <= 0.01


@pytest.mark.parametrize("solve", [noise.pure_equilibrium, noise.mixed_on_levels])
@pytest.mark.parametrize(
    ("rule", "settings", "message"),
    [
        ("direct", {}, "protocol Direct.*no independent distribution that rewards effort is known"),
        (Noisy(), {}, "protocol Noisy.*no independent distribution"),
        (("finite-test", {"items": 3}), {"tolerance": 0.0}, "tolerance: .*> 0, got 0"),
    ],
)
def test_bad_input_of_the_solvers_names_the_culprit(solve, rule, settings, message) -> None:
    with pytest.raises(ValueError, match=message):
        solve(bg.load_game("duel"), rule, **settings)


# --- predictions -------------------------------------------------------------------------------


def test_a_pure_prediction_under_noise_carries_its_certificate() -> None:
    game, rule = bg.load_game("pythia-gsm8k"), finite(20)
    p = bg.theory.predict(game, rule)
    assert (p.regime, p.mixed, p.cycle, p.dynamics) == ("pure", None, None, None)
    assert p.certificate == nash_conv(game, rule, p.equilibrium)
    assert p.equilibrium.max() > 0
    assert "positive efforts" in p.reason
    assert "only one is not claimed" in p.reason
    assert "best-response iteration" in p.method


def test_an_undecided_prediction_under_noise_has_a_certified_mixture() -> None:
    game, rule = bg.load_game("duel"), finite(100)
    p = bg.theory.predict(game, rule)
    assert (p.regime, p.equilibrium, p.certificate, p.cycle) == ("undecided", None, None, None)
    assert "there may be one" in p.reason
    assert p.mixed.nash_conv == nash_conv(game, rule, p.mixed.strategies)


def test_ranking_under_noise_is_by_expected_rank() -> None:
    # The duel's scores are 0.63 and 0.39; of 3 items the weaker one solves more with chance
    # sum_k P(X_2 = k) P(X_1 < k), a tie goes to the better one: ranks 1 + q and 2 - q.
    p = bg.theory.predict("duel", finite(3))
    one, two = (
        [math.comb(3, k) * a**k * (1 - a) ** (3 - k) for k in range(4)]
        for a in (1 - math.exp(-1), 1 - math.exp(-0.5))
    )
    q = sum(two[k] * sum(one[:k]) for k in range(4))
    assert p.order.profile == "equilibrium"  # nobody spends effort there
    assert p.order.mean_ranks == pytest.approx([1 + q, 2 - q], abs=1e-12)
    assert (p.ranking.tolist(), p.order.tied) == ([0, 1], [])


def test_ranking_is_that_of_the_equilibrium() -> None:
    # Effort at the equilibrium turns the honest board around: the expected ranks are those of boards
    # that are drawn there, 40,000 of them, and not those of honest play.
    game, rule = bg.load_game("pythia-gsm8k"), finite(100)
    p = bg.theory.predict(game, rule)
    assert p.regime == "pure"
    assert p.equilibrium.max() > 0
    ranks = rule.evaluate(game, np.tile(p.equilibrium, (40_000, 1)), np.random.default_rng(0)).ranks
    # Ranks of five lie within 4, so a mean of 40,000 has an error of at most 0.01.
    np.testing.assert_allclose(p.order.mean_ranks, ranks.mean(axis=0), rtol=0, atol=0.04)
    honest = bg.theory.predict(game, "direct").ranking
    assert p.ranking.tolist() == np.argsort(ranks.mean(axis=0)).tolist()
    assert p.ranking.tolist() != honest.tolist()


@pytest.mark.parametrize(
    ("rule", "tied"),
    [
        (("finite-test", {"items": 20, "ties": "split"}), [(0, 1)]),
        (("direct", {"ties": "split"}), [(0, 1)]),
        (("shared-test", {"items": 20, "ties": "split"}), [(0, 1)]),
        ("direct", []),  # the tie goes to the first
        (("finite-test", {"items": 20}), []),
    ],
)
def test_equal_models_are_said_to_be_level(rule, tied) -> None:
    p = bg.theory.predict("twins", rule)
    assert (p.ranking.tolist(), p.order.tied) == ([0, 1], tied)


# --- what cannot be graded ---------------------------------------------------------------------


class Perverse(NormalIndex):
    """Shows models the other way round: effort lowers the score."""

    def distribution(self, game, efforts):
        values, chances = super().distribution(game, efforts)
        return -values[::-1], chances[..., ::-1]


class Honest(Perverse):
    traits = replace(NormalIndex.traits, rewards_effort=False)


class Moving(NormalIndex):
    """Lists other scores at every effort."""

    def distribution(self, game, efforts):
        values, chances = super().distribution(game, efforts)
        return values + np.max(efforts), chances


class Remembering(NormalIndex):
    traits = replace(NormalIndex.traits, remembers=True)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (Noisy(), "grading .*DeterministicProtocol"),
        (Remembering(), "grading .*DeterministicProtocol"),
        (Honest(), "Honest.*: .*deviation .*effort never lowers"),
        (Perverse(), "Perverse.*: rewards_effort.*prizes fall"),
        (Moving(), "same scores"),
    ],
)
def test_rules_that_cannot_be_graded_say_why(rule, message) -> None:
    with pytest.raises(ValueError, match=message):
        regrets(bg.load_game("duel"), rule, [0.0, 0.25])


def test_the_tolerance_is_positive() -> None:
    with pytest.raises(ValueError, match=r"tolerance: .*> 0, got 0"):
        regrets(bg.load_game("duel"), finite(3), np.zeros(2), tolerance=0.0)


def test_rules_that_may_punish_effort_are_undecided() -> None:
    p = bg.theory.predict("duel", Honest())
    assert (p.regime, p.mixed, p.certificate) == ("undecided", None, None)
