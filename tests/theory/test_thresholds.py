"""Stabilising levels: closed forms of the theory, then dense scans by the grader (other code)."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from tools.cases import tuned
from tools.generators import FallingLead, Index, random_budget, random_game, random_prizes

import benchgame_env as bg
from benchgame_env.metrics import nash_conv
from benchgame_env.theory import required_effort, stabilizing_levels, temptation

# Ends come from halving down to neighbouring floats, where the temptation is off by rounding: 1e-14
# over the least slope of the margin in these examples, about 0.1.
ROUNDING = 1e-9


def duel(curves: object, gap: float, cost: object = None) -> bg.Game:
    return bg.Game(curves, cost or bg.LinearCost(), [gap, 0.0])


def laws(alpha, beta, upper=None) -> bg.curves.ScalingLaw:
    n = len(alpha)
    return bg.curves.ScalingLaw([0.0] * n, [1.0] * n if upper is None else upper, alpha, beta)


def test_progress_is_the_share_of_the_halvings() -> None:
    # Boxes are halved down to 2^-40 of their level: a step each time, from none done to nearly all.
    shares: list[float] = []
    levels = stabilizing_levels("pythia-gsm8k", progress=shares.append)
    assert levels == stabilizing_levels("pythia-gsm8k")
    assert len(shares) > 20
    assert all(0 <= one <= after <= 1 for one, after in pairwise(shares))
    assert shares[0] < 0.1
    assert shares[-1] > 0.9


# --- section 3: the two check examples ----------------------------------------------------------


def test_stability_comes_goes_and_comes_back_where_curves_cross() -> None:
    # v_1 = 1 - exp(-(0.2 + x)), v_2 = 1 - exp(-(1 + 0.5 x)), gap 0.5. Behind is first 1, by effort
    # 0.8 - 0.5 Delta >= 0.5 up to 0.6; from the crossing at 1.6 it is 2, by Delta - 1.6 >= 0.5 from 2.1.
    levels = stabilizing_levels(duel(Index([0.2, 1.0], [1.0, 0.5]), 0.5), max_level=10)
    assert np.array(levels) == pytest.approx(np.array([[0, 0.6], [2.1, 10]]), abs=ROUNDING)


def test_stability_may_end_for_good() -> None:
    # e_req = 0.5 + 0.2 exp(-Delta) >= 0.6 exactly up to ln 2.
    levels = stabilizing_levels(duel(FallingLead(), 0.6), max_level=10)
    assert np.array(levels) == pytest.approx(np.array([[0, math.log(2)]]), abs=ROUNDING)


# --- Proposition 5.6 and its hypotheses ---------------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
def test_growth_formula_with_equal_slopes(seed) -> None:
    # Pair r behind k with gap g: stable from (g/kappa)/(rho - 1) - 1, where
    # rho = exp((alpha_k - alpha_r)/beta); the game from the largest over all pairs, or from 0.
    rng = np.random.default_rng(seed)
    n, kappa, beta = int(rng.integers(2, 6)), rng.uniform(0.05, 2), rng.uniform(0.5, 2)
    alpha = np.sort(rng.uniform(-2, 1, n))[::-1]
    prizes = random_prizes(rng, n, str(rng.choice(["equal steps", "uneven", "winner takes all"])))
    pairs = [
        (prizes[k] - prizes[r]) / kappa / math.expm1((alpha[k] - alpha[r]) / beta) - 1
        for r in range(n)
        for k in range(r)
    ]
    expected = max(0.0, *pairs)
    game = bg.Game(laws(alpha, [beta] * n), bg.LinearCost(kappa), prizes)
    ((low, high),) = stabilizing_levels(game, max_level=2 * expected + 10)
    # Close pairs have rho near 1, so that alpha's rounding is magnified: relative 1e-8 leaves room.
    assert low == pytest.approx(expected, rel=1e-8, abs=ROUNDING)
    assert high == 2 * expected + 10


@pytest.mark.parametrize("gap", [10.0, 1e3, 1e5])
def test_steeper_leaders_are_stable_from_a_root_of_the_prize(gap) -> None:
    # beta_k > beta_r, equal alpha: (1 + Delta)^2 - (1 + Delta) = g gives
    # 1 + Delta = (1 + sqrt(1 + 4 g))/2, which is O(g^(beta_r/beta_k)) = O(sqrt(g)).
    ((low, high),) = stabilizing_levels(duel(laws([0, 0], [2, 1]), gap), max_level=gap)
    assert low == pytest.approx((1 + math.sqrt(1 + 4 * gap)) / 2 - 1, rel=1e-6)
    assert high == gap


def test_flatter_leaders_are_passed_and_then_the_other_is_stable() -> None:
    # beta_k < beta_r with alpha ahead by 1: they swap at 1 + Delta = e^2; beyond, the new leader's
    # e_req = exp(-1/0.5) (1 + Delta)^2 - (1 + Delta) reaches 10 at
    # 1 + Delta = e^2 (1 + sqrt(1 + 40/e^2))/2.
    levels = stabilizing_levels(duel(laws([1, 0], [0.5, 1]), 10), max_level=1000)
    square = math.e**2
    expected = square * (1 + math.sqrt(1 + 40 / square)) / 2 - 1
    assert np.array(levels) == pytest.approx(np.array([[expected, 1000]]), rel=1e-6)


@pytest.mark.parametrize("name", ["duel", "five", "winner-take-all", "twins", "decreasing-intercept"])
def test_no_level_helps_where_required_effort_does_not_grow(name) -> None:
    # Section 4: additive curves and the decreasing-alpha family keep e_req at every level; touching
    # scores are not stable while their prizes differ.
    assert stabilizing_levels(bg.load_game(name), max_level=15) == []


@pytest.mark.parametrize("name", ["duel-small-prize", "duel-at-budget", "five-small-prizes"])
def test_stable_games_stay_so_at_every_level(name) -> None:
    assert stabilizing_levels(bg.load_game(name), max_level=10) == [(0.0, 10.0)]


@pytest.mark.parametrize("gap", [1.0, 1e3, 1e6])
def test_a_ceiling_below_the_rival_is_stable_whatever_the_prizes(gap) -> None:
    # U_r <= v_k(Delta), section 3: here z = 1 + Delta and 0.9 z/(1 + z) = 0.6 at Delta = 1. Before,
    # developer 1 needs 1 + x = s/(0.6 - s) for the score s of the other: any gap, close enough to 1.
    game = duel(laws([0, 0], [1, 1], upper=[0.9, 0.6]), gap)
    ((low, high),) = stabilizing_levels(game, max_level=50)
    assert low <= 1.0
    assert high == 50
    score = 0.9 * (1 + low) / (2 + low)
    needed = score / (0.6 - score) - (1 + low)
    if gap < 1e6:
        assert needed == pytest.approx(gap, rel=1e-6) or low == 0
    else:  # a few steps of the grid below the ceiling: 0.6/(gap + 3) at a slope of 0.1, to a step
        assert low == pytest.approx(1 - 6 / (gap + 3), abs=2**-23 / 0.1)
    assert required_effort(game, tuned(1.0 + 1e-9))[1, 0] == math.inf


# --- narrow windows, plateaus, budgets ----------------------------------------------------------


def test_a_crossing_is_unstable_however_expensive_effort_is() -> None:
    # Index 1 + x against 2 + x/2 cross at 2, where overtaking is free. With c = 1000 e and gap 0.5 half
    # a thousandth is worth it: unstable while 1 - Delta/2 < 0.0005, and while Delta - 2 < 0.0005.
    game = duel(Index([1.0, 2.0], [1.0, 0.5]), 0.5, bg.LinearCost(1000))
    levels = stabilizing_levels(game, max_level=10)
    assert np.array(levels) == pytest.approx(np.array([[0, 1.999], [2.0005, 10]]), abs=1e-9)


def test_a_crossing_is_found_behind_a_closer_pair() -> None:
    # Lines: the third and fourth cross at 4 and need 2 - Delta/2, then Delta - 4, against 0.0005.
    # Between grid levels nothing hints at it: the largest margin there is that of the first two, which
    # need (1.2e-6 + 1e-9 Delta)/0.002 = 0.0006 and slowly more.
    start, rate = np.array([0.8, 0.8 - 1.2e-6, 0.1, 0.12]), np.array([0.002, 0.002 - 1e-9, 0.01, 0.005])
    curves = bg.curves.Tabulated(
        [[0, 20]] * 4, [[y, y + 20 * r] for y, r in zip(start, rate, strict=True)]
    )
    game = bg.Game(curves, bg.LinearCost(1000), [1.5, 1.0, 0.5, 0.0])
    levels = stabilizing_levels(game, max_level=10)
    assert np.array(levels) == pytest.approx(np.array([[0, 3.999], [4.0005, 10]]), abs=1e-9)


def test_ties_on_a_plateau_do_not_hide_what_follows() -> None:
    # Both show 0.2 up to an effort of 1; then 0.6 and 0.2 per unit up to 2. Gap 0.5, c(e) = e.
    # Delta < 1: one step of a score decides whether developer 1 must leave the plateau: nothing said.
    # Delta = 1 + x: it needs 3 x - x >= 0.5 from x = 0.25. Measured curves look so: two models at chance
    # until tuned.
    curves = bg.curves.Tabulated([[0, 1, 2], [0, 1, 2]], [[0.2, 0.2, 0.8], [0.2, 0.2, 0.4]])
    levels = stabilizing_levels(duel(curves, 0.5), max_level=10)
    assert np.array(levels) == pytest.approx(np.array([[1.25, 10]]), abs=ROUNDING)


@pytest.mark.parametrize("unit", [1.0, 1e6, 1e-7])
def test_a_short_interval_between_grid_levels_is_found_in_any_unit(unit) -> None:
    # v_1 = (x + lead)/50.3 and v_2 = x/50.3: e_req is the lead, which rises from 0.3 to 0.5005 at 2 and
    # falls back to 0.3 at 4. Gap 0.5: stable where |Delta - 2| <= 0.0005/0.10025.
    knots, lead = np.array([0, 2, 4, 50.0]), np.array([0.3, 0.5005, 0.3, 0.3])
    scores = [(knots + lead) / 50.3, np.array([0, 50.3]) / 50.3]
    curves = bg.curves.Tabulated([knots * unit, np.array([0, 50.3]) * unit], scores)
    levels = stabilizing_levels(duel(curves, 0.5, bg.LinearCost(1 / unit)), max_level=49 * unit)
    half = 0.0005 / 0.10025
    assert np.array(levels) / unit == pytest.approx(np.array([[2 - half, 2 + half]]), abs=1e-9)


def test_tables_that_end_at_the_same_score_do_not_hide_what_follows() -> None:
    # 0.5 and 0.2 rise in lines to 0.6 at 1 and stay. Gap 0.1: developer 1 needs 0.75 - 0.75 Delta >= 0.1
    # up to 1 - 0.1/0.75. From 1 on both show 0.6 for good, and one step of a score decides.
    curves = bg.curves.Tabulated([[0, 1], [0, 1]], [[0.5, 0.6], [0.2, 0.6]])
    levels = stabilizing_levels(duel(curves, 0.1), max_level=10)
    assert np.array(levels) == pytest.approx(np.array([[0, 1 - 0.1 / 0.75]]), abs=ROUNDING)
    assert levels.resolved_to == pytest.approx(1, abs=1e-5)  # 2^-23 at a slope of 0.1


def test_a_budget_that_cannot_reach_makes_every_level_stable() -> None:
    game = bg.load_game("five", budget=0.1)  # an overtake takes 0.125
    assert stabilizing_levels(game, max_level=10) == [(0.0, 10.0)]


@pytest.mark.parametrize(
    "game",
    [
        bg.Game(bg.curves.Additive([1.0]), bg.LinearCost(), [1.0]),
        bg.load_game("five", prizes=np.ones(5)),
        bg.load_game("duel", budget=0.0),
    ],
    ids=["alone", "nothing to win", "nothing to spend"],
)
def test_without_temptation_every_level_is_stable(game) -> None:
    assert stabilizing_levels(game, max_level=10) == [(0.0, 10.0)]


@pytest.mark.parametrize("seed", range(6))
def test_random_crossing_tables_against_a_scan_by_the_grader(seed) -> None:
    # Strictly increasing tables that cross, finite and infinite budgets; the grader at 60 levels.
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 4))
    knots = [np.r_[0, np.sort(rng.uniform(0.2, 6, 4))] for _ in range(n)]
    curves = bg.curves.Tabulated(knots, [0.05 + np.cumsum(rng.uniform(0.01, 0.2, 5)) for _ in range(n)])
    budget = random_budget(rng, n, str(rng.choice(["none", "own"])), lattice=False)
    prizes = random_prizes(rng, n, str(rng.choice(["equal steps", "uneven"])))
    game = bg.Game(curves, bg.LinearCost(rng.uniform(0.5, 5)), prizes, budget=budget)
    assert_matches_scan(game, rng.uniform(0, 8, 60), max_level=8.0, away=1e-6)


@pytest.mark.parametrize("curves", ["index", "scaling law", "hyperbola", "stairs"])
@pytest.mark.parametrize("seed", range(2))
def test_random_crossing_curves_against_a_scan_by_the_grader(seed, curves) -> None:
    # Curves of every family that crosses, with ceilings out of reach, jumps, fees and binding budgets.
    rng = np.random.default_rng([seed, len(curves)])
    game = random_game(rng, n=int(rng.integers(2, 6)), curves=curves, lattice=bool(seed))
    assert_matches_scan(game, rng.uniform(0, 8, 60), max_level=8.0, away=1e-5)


def assert_matches_scan(game: bg.Game, scan: np.ndarray, max_level: float, away: float) -> None:
    """Every scanned level not within ``away`` of an end is in an interval iff nobody gains there."""
    levels = stabilizing_levels(game, max_level=max_level)
    for level in scan:
        if all(abs(level - end) > away for interval in levels for end in interval):
            stable = (
                nash_conv(game, tuned(level), np.zeros(game.n_developers)) <= 1e-9 * game.prize_range
            )
            assert any(low <= level <= high for low, high in levels) == stable, (level, levels)


# --- games fitted to real checkpoints, whose curves cross ---------------------------------------


@pytest.mark.parametrize("name", ["pythia-gsm8k", "llama-gsm8k", "llama-mmlu"])
def test_fitted_families_against_a_scan_by_the_grader(name) -> None:
    scan = np.r_[0.0, np.geomspace(1, 2e4, 60), np.linspace(10, 2e4, 40)]
    # Ends are told to about 1e-3 steps: rounding of a score over a slope of 1e-8 per step and more.
    assert_matches_scan(bg.load_game(name), scan, max_level=2e4, away=0.1)


@pytest.mark.parametrize("benchmark", ["gsm8k", "mmlu"])
def test_all_open_models_against_a_scan_by_the_grader(benchmark) -> None:
    # With dozens of models stability comes and goes many times: what an interval is for.
    scan = np.geomspace(300, 1e5, 16)
    assert_matches_scan(bg.load_game(f"open-{benchmark}"), scan, max_level=1e5, away=0.1)


@pytest.mark.parametrize("benchmark", ["gsm8k", "mmlu"])
def test_open_models_are_stable_inside_every_interval_and_not_between(benchmark) -> None:
    game = bg.load_game(f"open-{benchmark}")
    levels = stabilizing_levels(game, max_level=1e6)
    assert len(levels) > 1
    for low, high in levels:
        assert temptation(game, tuned(0.5 * (low + high))) == 0.0
    for (_, end), (start, _) in pairwise(levels):
        assert temptation(game, tuned(0.5 * (end + start))) > 0.0


@pytest.mark.parametrize("name", ["pythia-gsm8k", "llama-gsm8k", "llama-mmlu"])
def test_ends_of_the_intervals_are_sharp(name) -> None:
    game = bg.load_game(name)
    levels = stabilizing_levels(game, max_level=1e5)
    for (low, high), (error, _) in zip(levels, levels.errors, strict=True):
        assert temptation(game, tuned(low)) == 0.0
        assert temptation(game, tuned(high)) == 0.0
        if low > 0:
            assert temptation(game, tuned(low - 3 * error)) > 0.0
            assert error < 1e-5 * low


# --- max_level ---------------------------------------------------------------------------------


@pytest.mark.parametrize("max_level", [0.5, 1.0, 2.05, 2.5, 1e3])
def test_nothing_is_said_beyond_max_level(max_level) -> None:
    # The first check example has [0, 0.6] and [2.1, ...). The last interval ends where the one behind is
    # one step of the grid, 2^-23, short of the leader's 1 for an effort of 0.45, and would gain 0.05, a
    # tenth of the prize: its index is then 1 + (x + 0.45)/2 = 23 log 2.
    game = duel(Index([0.2, 1.0], [1.0, 0.5]), 0.5)
    levels = stabilizing_levels(game, max_level=max_level)
    expected = [[0.0, min(0.6, max_level)], *([[2.1, max_level]] if max_level > 2.1 else [])]
    if max_level == 1e3:
        assert levels[1][1] == pytest.approx(2 * (23 * math.log(2) - 1) - 0.45, abs=1e-3)
        expected[1][1] = levels[1][1]
    assert np.array(levels) == pytest.approx(np.array(expected), abs=ROUNDING)


def test_default_looks_a_hundred_times_as_far_as_the_prizes_are_worth() -> None:
    # rho = e, (g/kappa)/(e - 1) = 3/1.72 = 1.746; F = g/kappa = 3.
    ((low, high),) = stabilizing_levels(duel(laws([1, 0], [1, 1]), 1.5, bg.LinearCost(0.5)))
    assert low == pytest.approx(3 / (math.e - 1) - 1)
    assert high == 300.0


@pytest.mark.parametrize(
    ("max_level", "message"),
    [
        (0, "max_level: .*> 0, got 0"),
        (-3, "max_level: .*> 0, got -3"),
        (math.nan, "max_level: .*got nan"),
        (math.inf, "max_level: .*got inf"),
        ("far", "max_level: .*got 'far'"),
    ],
)
def test_refused(max_level, message) -> None:
    with pytest.raises(ValueError, match=message):
        stabilizing_levels(bg.load_game("duel"), max_level=max_level)
