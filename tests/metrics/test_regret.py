"""The grader against an obvious witness, laws it must obey, and equilibria it must recognise."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau
from tools.cases import SPLIT, Noisy, tuned
from tools.generators import (
    Bounded,
    Index,
    Rescaled,
    RescaledCost,
    games,
    protocols,
    random_cases,
    random_efforts,
    random_game,
    random_game_under_h,
    random_mixture,
    random_protocol,
    rngs,
)
from witnesses.payoffs import Witness, first_effort

import benchgame_env as bg
from benchgame_env.metrics import can_grade, empirical, expected_payoffs, kendall_tau, nash_conv, regrets
from benchgame_env.metrics.limit_cycle import within_budget
from benchgame_env.rules import FiniteTest

# Payoffs are sums of at most a few hundred products of numbers near 1: 1e-12 is ample for rounding.
ROUNDING = 1e-12
GAMES_PER_BLOCK = 100  # times five blocks and two tie rules: 1,000 games


# --- the witness -------------------------------------------------------------------------------


@pytest.mark.parametrize("ties", ["quality", "split"])
@pytest.mark.parametrize("block", range(5))
def test_regrets_against_plain_enumeration(block, ties) -> None:
    seeds = range(block * GAMES_PER_BLOCK, (block + 1) * GAMES_PER_BLOCK)
    for seed, rng, game, rule in random_cases(seeds, ties, least=2):
        strategies = random_mixture(rng, game, support=int(rng.integers(1, 4)))
        witness = Witness(game, rule, strategies)
        obvious = np.array([witness.regret(i) for i in range(game.n_developers)])
        exact = regrets(game, rule, strategies)
        # Every deviation that the witness found exists, so no exact regret lies below; and both tried
        # the first effort that beats each score, found to 1e-13, at a slope of the cost below 100.
        assert (exact >= obvious - ROUNDING).all(), f"seed {seed}: {exact} below {obvious}"
        np.testing.assert_allclose(exact, obvious, rtol=0, atol=1e-9, err_msg=f"seed {seed}")


@pytest.mark.parametrize("ties", ["quality", "split"])
def test_expected_payoffs_against_plain_enumeration(ties) -> None:
    for seed, rng, game, rule in random_cases(range(200), ties):
        strategies = random_mixture(rng, game)
        witness = Witness(game, rule, strategies)
        obvious = [witness.expected_payoff(i) for i in range(game.n_developers)]
        np.testing.assert_allclose(
            expected_payoffs(game, rule, strategies), obvious, rtol=0, atol=ROUNDING, err_msg=f"{seed}"
        )


# --- laws --------------------------------------------------------------------------------------


@given(games(), protocols(), rngs)
def test_pure_strategies_are_mixtures_of_one(game, rule, rng) -> None:
    efforts = random_efforts(rng, game)[0]
    alone = [([e], [1.0]) for e in efforts]
    np.testing.assert_array_equal(regrets(game, rule, efforts), regrets(game, rule, alone))
    board = rule.evaluate(game, efforts)
    payoffs = expected_payoffs(game, rule, efforts)
    np.testing.assert_allclose(payoffs, game.payoffs(board.prizes, efforts), atol=ROUNDING)


@given(games(), protocols(), rngs)
def test_repeated_efforts_add_their_probabilities(game, rule, rng) -> None:
    strategies = random_mixture(rng, game)
    doubled = [(np.r_[e, e], np.r_[p, p] / 2) for e, p in strategies]
    apart, together = regrets(game, rule, doubled), regrets(game, rule, strategies)
    np.testing.assert_allclose(apart, together, rtol=0, atol=ROUNDING)


@given(games(), protocols(), rngs, st.floats(0.1, 10), st.floats(-5, 5))
def test_regrets_scale_with_the_payoffs_and_ignore_a_bonus(game, rule, rng, factor, bonus) -> None:
    # u -> factor * u + bonus for everyone changes no incentive.
    strategies = random_mixture(rng, game)
    scaled = replace(
        game, prizes=factor * game.prizes + bonus, cost=RescaledCost(game.cost, factor=factor)
    )
    expected = factor * regrets(game, rule, strategies)
    np.testing.assert_allclose(regrets(scaled, rule, strategies), expected, rtol=0, atol=1e-11)


@given(games(curves=["additive", "tabulated"]), protocols(), rngs)
def test_only_the_order_of_scores_counts(game, rule, rng) -> None:
    # Halving every score is exact in float64 and leaves every comparison as it was. But halved curves do
    # not declare that they rise: scores a few roundings apart are then one score.
    strategies = random_mixture(rng, game)
    halved = replace(game, curves=Rescaled(game.curves, factor=0.5))
    found, expected = regrets(halved, rule, strategies), regrets(game, rule, strategies)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@given(rngs, protocols())
def test_regret_is_zero_after_the_best_deviation_and_only_then(rng, rule) -> None:
    # One developer moves to the best of the first efforts that reach or exceed what a rival shows:
    # nothing is left to gain, but what two steps of the grid, 2 x 2^-23, cost at a slope below 100.
    game = random_game(rng, n=int(rng.integers(2, 5)))
    efforts = random_efforts(rng, game)[0]
    i = int(rng.integers(game.n_developers))

    def profile(effort: float) -> np.ndarray:
        return np.where(np.arange(game.n_developers) == i, effort, efforts)

    def shown(effort: float) -> float:
        return float(rule.evaluate(game, profile(effort)).scores[i])

    board, tried = rule.evaluate(game, efforts).scores, [0.0, efforts[i]]
    for score in np.delete(board, i):
        guess = float(rule.effort_for(game, np.full(game.n_developers, score))[i])
        for enough in (score.__le__, score.__lt__):
            found = first_effort(lambda e, enough=enough: enough(shown(e)), guess, float(game.budget[i]))
            tried += [] if found is None else [found]
    efforts[i] = max(tried, key=lambda e: rule.evaluate(game, profile(e)).prizes[i] - game.cost(e))
    assert regrets(game, rule, efforts)[i] <= 100 * 2 * 2**-23


# --- Poisson-binomial and ties -----------------------------------------------------------------


def test_poisson_binomial_known_answer() -> None:
    # Additive, theta = 0.5, 0.25, 0: developer 2 at effort 0 faces rivals that are always ahead; at 1 it
    # scores index 1. Rival 0 (0 or 0.75) is then ahead (1.25 > 1) with 0.2, rival 1 (0 or 1) with 0.7.
    # P(0, 1, 2 ahead) = 0.8 * 0.3, 0.2 * 0.3 + 0.8 * 0.7, 0.2 * 0.7 = 0.24, 0.62, 0.14;
    # prizes (1, 0.5, 0) give 0.24 + 0.31 = 0.55, less the cost of 1.
    game = bg.Game(bg.curves.Additive([0.5, 0.25, 0.0]), bg.LinearCost(), [1.0, 0.5, 0.0])
    strategies = [([0.0, 0.75], [0.8, 0.2]), ([0.0, 1.0], [0.3, 0.7]), ([1.0], [1.0])]
    assert expected_payoffs(game, "direct", strategies)[2] == pytest.approx(0.55 - 1.0, abs=1e-15)


def test_equal_coins_give_the_binomial_distribution() -> None:
    # Four rivals are each ahead with 1/2: P(k ahead) = C(4, k) / 16. Prizes 4, 3, 2, 1, 0 then pay
    # 4 - E[k] = 2 on average, and a lone first prize pays 1/16.
    half = ([0.0, 1.0], [0.5, 0.5])
    strategies = [half] * 4 + [([0.75], [1.0])]
    curves = bg.curves.Additive([0.5] * 4 + [0.0])  # 0.5 or 1.5 against 0.75
    for prizes, prize in (([4, 3, 2, 1, 0], 2.0), ([1, 0, 0, 0, 0], 1 / 16)):
        game = bg.Game(curves, bg.LinearCost(), prizes)
        assert expected_payoffs(game, "direct", strategies)[4] == pytest.approx(prize - 0.75, abs=1e-15)


def test_three_tied_share_the_only_prize_under_split() -> None:
    # Section 6: three tied developers with R = (1, 0, 0) get 1/3 each.
    game = bg.Game(bg.curves.Additive([1.0] * 3), bg.LinearCost(), [1.0, 0.0, 0.0])
    shares = expected_payoffs(game, SPLIT, np.zeros(3))
    assert shares.tolist() == pytest.approx([1 / 3] * 3, abs=1e-15)
    # By quality the first gets it all; either way somebody gains all that is missing just above.
    assert expected_payoffs(game, "direct", np.zeros(3)).tolist() == [1.0, 0.0, 0.0]
    split = regrets(game, SPLIT, np.zeros(3))
    assert split.tolist() == pytest.approx([2 / 3] * 3, abs=1e-12)
    assert regrets(game, "direct", np.zeros(3)).tolist() == pytest.approx([0, 1, 1], abs=1e-12)


def test_ties_in_mixtures_under_split() -> None:
    # Each of two rivals ties with 1/2 and is behind else; two, one, none tied pay 1/3, 1/2, 1:
    # (1/4) (1/3) + (1/2) (1/2) + (1/4) 1 = 7/12.
    game = bg.Game(bg.curves.Additive([0.5, 0.5, 0.5]), bg.LinearCost(), [1.0, 0.0, 0.0])
    half = ([0.0, 0.25], [0.5, 0.5])
    payoff = expected_payoffs(game, SPLIT, [([0.25], [1.0]), half, half])
    assert payoff[0] == pytest.approx(7 / 12 - 0.25, abs=1e-15)


# --- equilibria of the theory ------------------------------------------------------------------


@pytest.mark.parametrize("name", ["duel-small-prize", "duel-at-budget", "five-small-prizes"])
def test_all_zero_is_an_equilibrium_where_section_3_says_so(name) -> None:
    # Prize steps below what an overtake costs (0.4 < 0.5, 0.1 < 0.125), or a budget that can only tie.
    game = bg.load_game(name)
    assert nash_conv(game, "direct", np.zeros(game.n_developers)) == 0.0


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("duel", [0.0, 0.5]),  # passing takes 0.5 and wins 1
        # Passing k ranks takes k / 8 and wins k / 4.
        ("five", [0.0, 0.125, 0.25, 0.375, 0.5]),
        # Passing everybody takes k / 8 and wins 1.
        ("winner-take-all", [0.0, 0.875, 0.75, 0.625, 0.5]),
        ("twins", [0.0, 1.0]),  # touching scores: passing is free
    ],
)
def test_regrets_at_zero_effort(name, expected) -> None:
    game = bg.load_game(name)
    found = regrets(game, "direct", np.zeros(game.n_developers))
    # Just above costs a few roundings of the score, 1e-16, over a slope of at least exp(-1).
    assert found.tolist() == pytest.approx(expected, abs=1e-14)


@pytest.mark.parametrize("rule", ["direct", tuned(0.5), tuned(2.0), tuned(10.0)])
@pytest.mark.parametrize(
    ("prizes", "profile", "expected"),
    [
        # Section 4, the table: effort up to 1 is free.
        ([1.0, 1.0], (0.0, 0.75), [0.0, 0.0]),
        ([0.1, 0.0], (1.0, 1.0), [0.0, 0.0]),
        ([0.1, 0.0], (1.0, 0.0), [0.0, 0.0]),
        # ... but all-zero is not an equilibrium: effort 0.5 is free and wins 0.1.
        ([0.1, 0.0], (0.0, 0.0), [0.0, 0.1]),
    ],
)
def test_boundary_table(rule, prizes, profile, expected) -> None:
    game = bg.load_game("flat-cost-small-prize", prizes=prizes)
    assert regrets(game, rule, profile).tolist() == expected


def test_with_linear_cost_the_boundary_cases_disappear() -> None:
    # Section 4: wasted effort is now a profitable deviation (0.75 saved; 1 saved for a prize of 0.1).
    game = bg.load_game("duel", prizes=[1.0, 1.0])
    assert regrets(game, "direct", (0.0, 0.75)).tolist() == [0.0, 0.75]
    game = bg.load_game("duel", prizes=[0.1, 0.0])
    assert regrets(game, "direct", (1.0, 0.0))[0] == pytest.approx(1.0)
    assert regrets(game, "direct", (1.0, 1.0)).tolist() == pytest.approx([0.9, 1.0], abs=1e-14)


def test_a_knife_edge_is_an_equilibrium() -> None:
    # c(e_req) = gap: no deviation strictly gains (section 3); 0.5 and its inverse are exact up to 1e-16.
    game = bg.load_game("duel", prizes=[0.5, 0.0])
    assert nash_conv(game, "direct", np.zeros(2)) <= 1e-15


def test_a_common_budget_makes_other_equilibria_under_split() -> None:
    # Section 3: both at B = 0.25 share the prize, 0.5 - 0.25 each; going lower wins nothing.
    game = bg.Game(bg.curves.Additive([1.0, 1.0]), bg.LinearCost(), [1.0, 0.0], budget=0.25)
    # 1e-15: an effort that is a few roundings below B shows the same score in float64.
    assert regrets(game, SPLIT, [0.25, 0.25]).tolist() == pytest.approx([0.0, 0.0], abs=1e-15)
    # By quality developer 1 never wins there: it saves its 0.25, and developer 0 keeps the prize.
    assert regrets(game, "direct", [0.25, 0.25]).tolist() == pytest.approx([0.0, 0.25])


def test_tying_at_the_budget_pays_only_where_the_tie_rule_favours() -> None:
    # Index 1 against 0.5 + 0.5: the weaker ties, and gains nothing by it unless ties are split (1/2).
    game = bg.load_game("duel-at-budget")
    assert regrets(game, "direct", [0.0, 0.0]).tolist() == [0.0, 0.0]
    assert regrets(game, SPLIT, [0.0, 0.0])[1] == pytest.approx(0.5 - 0.5)
    cheap = replace(game, cost=bg.LinearCost(0.5))
    assert regrets(cheap, SPLIT, [0.0, 0.0])[1] == pytest.approx(0.5 - 0.25)
    # The better model behind may tie at its budget and win: indices 1 and 0.5 + 0.5 the other way.
    behind = bg.Game(Index([0.5, 1.0], [1.0, 1.0]), bg.LinearCost(), [1.0, 0.0], budget=0.5)
    assert regrets(behind, "direct", [0.0, 0.0]).tolist() == pytest.approx([0.5, 0.0])


def test_every_effort_may_pay_where_cost_is_bounded() -> None:
    # Index 1 against 0.5 + 2 x: 0.25 is enough for developer 1, costs 1 - exp(-0.25) and wins 2.
    game = bg.Game(Index([1.0, 0.5], [1.0, 2.0]), Bounded(), [2.0, 0.0])
    expected = [0.0, 1.0 + math.exp(-0.25)]
    assert regrets(game, "direct", np.zeros(2)).tolist() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_no_profile_with_effort_is_an_equilibrium_under_h(seed) -> None:
    # Section 3, "only zero": under hypotheses H wasted or contested effort leaves somebody a gain.
    # Games whose numbers are multiples of 1/8 make many profiles tie or sit at a budget.
    rng = np.random.default_rng(seed)
    tried = 0
    for _ in range(100):
        game = random_game_under_h(rng, n=int(rng.integers(1, 5)))
        for efforts in random_efforts(rng, game, 4):
            if efforts.any():
                tried += 1
                assert nash_conv(game, random_protocol(rng, "quality"), efforts) > 1e-9
    assert tried > 300


# --- the duel's mixed equilibrium (section 5) ---------------------------------------------------


def midpoints(low: float, high: float, cells: int) -> np.ndarray:
    width = (high - low) / cells
    return low + width * (np.arange(cells) + 0.5)


def with_atoms(efforts: np.ndarray, mass: float, atoms: dict[float, float]) -> tuple[list, list]:
    """``mass`` spread evenly over ``efforts``, and atoms ``effort: probability`` beside."""
    even = np.full(efforts.size, mass / efforts.size)
    return np.r_[efforts, list(atoms)], np.r_[even, list(atoms.values())]


# theta = (1, 0.5), c(e) = e, R = (1, 0), "Worked" in section 5; and its variant with budget 0.8:
# T = v_2(0.8), index 1.3, e_1(T) = 0.3, so atoms 0.5 and 1 - c(B)/g = 0.2 for developer 0, and
# 1 - c(e_1(T))/g = 0.7 for developer 1.
# Third: index curves 1 + 0.25 x and 0.5 + x, so developer 1 reaches further: T = v_1(1), index 1.25,
# G_2 = c(e_1(s))/g is uniform on e_2 in (0.5, 0.75], G_1 has an atom 1 - (e_2(T) - 0.5)/g = 0.75.
DUELS = {
    "worked": (
        bg.load_game("duel"),
        lambda m: with_atoms(midpoints(0, 0.5, m), 0.5, {0.0: 0.5}),
        lambda m: with_atoms(midpoints(0.5, 1, m), 0.5, {0.0: 0.5}),
        (0.5, 0.0),
        0.5,
    ),
    "budget": (
        bg.load_game("duel", budget=0.8),
        lambda m: with_atoms(midpoints(0, 0.3, m), 0.3, {0.0: 0.5, 0.3: 0.2}),
        lambda m: with_atoms(midpoints(0.5, 0.8, m), 0.3, {0.0: 0.7}),
        (0.7, 0.0),
        0.3,
    ),
    "weaker reaches further": (
        bg.Game(Index([1.0, 0.5], [0.25, 1.0]), bg.LinearCost(), [1.0, 0.0]),
        lambda m: with_atoms(midpoints(0, 1, m), 0.25, {0.0: 0.75}),
        lambda m: with_atoms(midpoints(0.5, 0.75, m), 1.0, {}),
        (0.0, 0.25),
        1.0,
    ),
}


@pytest.mark.parametrize("cells", [5, 50, 500])
@pytest.mark.parametrize("duel", DUELS)
def test_discretised_mixed_equilibrium_of_the_duel(duel, cells) -> None:
    game, first, second, payoffs, mass = DUELS[duel]
    strategies = [first(cells), second(cells)]
    # Both spread the same mass or more thinly over the same scores, so lumping a cell in its middle
    # changes P(win | score) by at most half of the heaviest cell, h/2, wherever one scores. The
    # continuous equilibrium makes every score in the support worth the same payoff and no other more;
    # so the payoff is within h/2 of its value, any deviation gains at most h, two developers 2 h.
    h = mass / cells
    np.testing.assert_allclose(
        expected_payoffs(game, "direct", strategies), payoffs, rtol=0, atol=h / 2 + 1e-9
    )
    assert regrets(game, "direct", strategies).max() <= h + 1e-9
    assert nash_conv(game, "direct", strategies) > 0.1 * h  # lumps can be exploited, and that is seen


def test_worked_duel_in_numbers() -> None:
    # Section 5: mean efforts (0.125, 0.375), the weaker on top 37.5 % of the time, half of the prize
    # burnt. Midpoints keep the means exactly; P(top) by the h/2 above.
    game, first, second, _, _ = DUELS["worked"]
    strategies = [first(1000), second(1000)]
    assert [float(e @ p) for e, p in strategies] == pytest.approx([0.125, 0.375], abs=1e-12)
    prize = expected_payoffs(game, "direct", strategies) + np.array([0.125, 0.375])
    assert prize.tolist() == pytest.approx([0.625, 0.375], abs=0.5 * 0.5 / 1000 + 1e-9)


def test_winner_take_all_leaves_the_duel_to_the_best_two() -> None:
    # Section 5, "one prize": theta = (1, 0.875, ...), e_req = 1/8. T at e_2 = 1, e_1(T) = 7/8;
    # atoms 1/8 each; the rest stay at 0, as each needs more effort than developer 1 for every score.
    game = bg.load_game("winner-take-all")
    cells = 500
    strategies = [
        with_atoms(midpoints(0, 0.875, cells), 0.875, {0.0: 0.125}),
        with_atoms(midpoints(0.125, 1, cells), 0.875, {0.0: 0.125}),
        *[([0.0], [1.0])] * 3,
    ]
    h = 0.875 / cells  # as in the duel; an outsider tops both: its two errors of h/2 add to h
    assert regrets(game, "direct", strategies).max() <= h + 1e-9
    payoffs = expected_payoffs(game, "direct", strategies)
    assert payoffs.tolist() == pytest.approx([0.125, 0, 0, 0, 0], abs=h / 2 + 1e-9)


# --- empirical play and Kendall's tau ----------------------------------------------------------


def test_empirical_play_is_the_mixture_of_its_samples() -> None:
    played = np.array([[0.0, 0.5], [0.25, 0.5], [0.0, 1.0], [0.0, 0.5]])
    strategies = empirical(played)
    by_hand = [([0.0, 0.25], [0.75, 0.25]), ([0.5, 1.0], [0.75, 0.25])]
    game = bg.load_game("duel")
    np.testing.assert_allclose(
        regrets(game, "direct", strategies), regrets(game, "direct", by_hand), atol=ROUNDING
    )


@pytest.mark.parametrize(
    ("order", "quality", "tau"),
    [
        ([0, 1, 2], [3, 2, 1], 1.0),
        ([2, 1, 0], [3, 2, 1], -1.0),
        # One pair of three misordered: (2 - 1) / 3.
        ([1, 0, 2], [3, 2, 1], 1 / 3),
        ([2, 0, 1, 3], [4, 3, 2, 1], (4 - 2) / 6),  # 2 went ahead of 0 and 1
        # tau-b: of two comparable pairs both agree, 2 / sqrt(3 * 2).
        ([0, 1, 2], [2, 2, 1], 2 / math.sqrt(6)),
        ([0], [1], 1.0),
    ],
)
def test_kendall_tau_known_answers(order, quality, tau) -> None:
    assert kendall_tau(order, quality) == pytest.approx(tau, abs=1e-15)


@given(st.permutations(range(6)), st.permutations(range(6)))
def test_kendall_tau_counts_pairs(order, quality) -> None:
    place = {developer: k for k, developer in enumerate(order)}
    pairs = [(i, j) for i in range(6) for j in range(i)]
    agree = sum((place[i] < place[j]) == (quality[i] > quality[j]) for i, j in pairs)
    assert kendall_tau(order, quality) == pytest.approx((2 * agree - 15) / 15, abs=1e-12)
    ranks = [-place[i] for i in range(6)]
    assert kendall_tau(order, quality) == pytest.approx(kendalltau(ranks, quality).statistic)


@pytest.mark.parametrize("order", [[0, 0, 1], [0, 1], [1, 2, 3], [0, 1, 2, 3]])
def test_kendall_tau_needs_each_developer_once(order) -> None:
    with pytest.raises(ValueError, match=f"board_order: .* 0 to 2 .*got \\{order}"):
        kendall_tau(order, [3, 2, 1])


# --- input errors ------------------------------------------------------------------------------


@pytest.mark.parametrize("grade", [regrets, nash_conv, expected_payoffs])
@pytest.mark.parametrize(
    ("strategies", "message"),
    [
        ([0.0], "strategies: 1 .*2 developers"),
        ([0.0, 0.0, 0.0], "strategies: 3 .*2 developers"),
        ([0.0, 0.7], r"strategies\[1\]: efforts .*\[0, 0.5\], got 0.7 to 0.7"),
        ([-0.1, 0.0], r"strategies\[0\]: efforts .*\[0, 0.5\], got -0.1"),
        ([0.0, math.nan], r"strategies\[1\]: efforts: .*got \[nan\]"),
        ([([0.0, 0.1], [0.5, 0.6]), ([0.0], [1.0])], r"strategies\[0\]: probabilities .*1.1"),
        ([([0.0, 0.1], [1.5, -0.5]), ([0.0], [1.0])], r"strategies\[0\]: probabilities"),
        ([([0.0, 0.1], [1.0]), ([0.0], [1.0])], r"strategies\[0\]: 2 efforts, 1 probabilities"),
        ([([], []), ([0.0], [1.0])], r"strategies\[0\]: efforts: .*got shape \(0,\)"),
        ([([0.0], [1.0]), 0.0], r"strategies\[1\]"),  # a mixture and a number: one of them is wrong
    ],
)
def test_unusable_strategies_are_refused(grade, strategies, message) -> None:
    with pytest.raises(ValueError, match=message):
        grade(bg.load_game("duel-at-budget"), "direct", strategies)


@pytest.mark.parametrize("grade", [regrets, nash_conv, expected_payoffs])
def test_a_drawn_board_is_outside_the_exact_grader(grade) -> None:
    with pytest.raises(ValueError, match="DeterministicProtocol"):
        grade(bg.load_game("duel"), Noisy(), np.zeros(2))


def test_what_can_be_graded_is_and_the_rest_is_refused() -> None:
    # Under independent draws the search for deviations rests on the promise that effort is rewarded.
    game = bg.load_game("duel")
    rules = {
        True: ["direct", ("rounded", {"decimals": 1}), ("finite-test", {"items": 9})],
        False: [("ladder", {"step": 0.1}), ("shared-test", {"items": 9}), Unrewarding(items=9)],
    }
    for gradable, some in rules.items():
        for rule in some:
            assert can_grade(game, rule) == gradable
            if gradable:
                assert nash_conv(game, rule, [0.0, 0.0]) >= 0
            else:
                with pytest.raises(ValueError, match="protocol"):
                    nash_conv(game, rule, [0.0, 0.0])


@dataclass(frozen=True)
class Unrewarding(FiniteTest):
    """A finite test that promises nothing."""

    traits = replace(FiniteTest(9).traits, rewards_effort=False)


# --- strategies in single precision -----------------------------------------------------------------


@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_mixtures_in_single_precision_are_graded(kind: type) -> None:
    # 1 / 49 in float32 sums to 0.99999994 over 49 efforts. Equally likely efforts are equally likely.
    game, efforts = bg.load_game("duel"), np.linspace(0, 1, 49)
    single = [(efforts, np.full(49, 1 / 49, kind))] * 2
    double = [(efforts, np.full(49, 1 / 49))] * 2
    assert regrets(game, "direct", single) == pytest.approx(regrets(game, "direct", double), abs=1e-12)
    with pytest.raises(ValueError, match=r"strategies\[0\]: probabilities sum to 0\.9"):
        regrets(game, "direct", [(efforts[:48], np.full(48, 1 / 49, kind).astype(float))] * 2)


def test_single_precision_efforts_at_the_budget_are_the_budget() -> None:
    budget = 0.3
    at = np.full(2, budget, np.float32)
    assert (at.astype(float) > budget).all()  # float32(0.3) is 0.300000012
    game = bg.load_game("duel", budget=budget)
    assert regrets(game, "direct", at).tolist() == regrets(game, "direct", [budget] * 2).tolist()
    assert (within_budget(game, at[None]) == budget).all()
    with pytest.raises(ValueError, match=r"efforts must be in \[0, 0\.3\]"):
        regrets(game, "direct", at.astype(float))
