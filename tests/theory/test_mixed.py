"""Mixed equilibria against the check values of theory section 5, certified by the grader."""

from __future__ import annotations

import numpy as np
import pytest
from tools.cases import evenly_spaced
from tools.generators import Bounded, random_game_under_h, random_protocol
from tools.jitter import jittered

import benchgame_env as bg
from benchgame_env.cli import facts, pages
from benchgame_env.subgame import Subgame
from benchgame_env.theory import mixed_equilibrium, predict
from benchgame_env.theory.mixed import equilibrium as mixed
from benchgame_env.theory.mixed.cell_play import play_out
from benchgame_env.theory.mixed.cell_program import refine
from benchgame_env.theory.mixed.contest import Contest
from benchgame_env.theory.mixed.equilibrium import MixedEquilibrium
from benchgame_env.theory.mixed.few_scores import step_equilibrium
from benchgame_env.theory.mixed.rivals_ahead import expected_prizes, prize_slopes
from benchgame_env.theory.mixed.score_cells import CellGame


def check_certificate(game: bg.Game, protocol: object, found: MixedEquilibrium) -> None:
    """What a mixed equilibrium says of itself is what the grader says of its strategies."""
    regrets = bg.metrics.regrets(game, protocol, found.strategies)
    assert found.nash_conv == bg.metrics.nash_conv(game, protocol, found.strategies)
    assert found.largest_regret == regrets.max()
    assert found.is_equilibrium == (regrets.max() <= 0.025 * game.prize_range)
    assert len(found.strategies) == game.n_developers


def test_the_worked_duel() -> None:
    # Section 5: developer 1 plays 0 with probability 1/2, else uniform on (0, 0.5]; developer 2 plays 0
    # with probability 1/2, else uniform on (0.5, 1]. Payoffs (0.5, 0), mean efforts (0.125, 0.375).
    game = bg.load_game("duel")
    found = mixed_equilibrium(game, "direct")
    check_certificate(game, "direct", found)
    assert found.nash_conv < 1e-3
    # 2,000 cells of at most 1/1,000 of effort each.
    assert found.payoffs == pytest.approx([0.5, 0.0], abs=1e-3)
    assert found.mean_efforts == pytest.approx([0.125, 0.375], abs=1e-3)
    (first, first_chances), (second, second_chances) = found.strategies
    assert first_chances[first == 0].sum() == pytest.approx(0.5, abs=1e-3)
    assert second_chances[second == 0].sum() == pytest.approx(0.5, abs=1e-3)
    assert first_chances[first <= 0.25].sum() == pytest.approx(0.75, abs=1e-3)
    assert second_chances[second <= 0.75].sum() == pytest.approx(0.75, abs=1e-3)


def test_the_duel_with_a_binding_budget() -> None:
    # Section 5: budget 0.8 gives payoffs (0.7, 0); developer 1's atom at T is 1 - c(B)/g = 0.2.
    game = bg.load_game("duel", budget=0.8)
    found = mixed_equilibrium(game, "direct")
    check_certificate(game, "direct", found)
    assert found.nash_conv < 1e-3
    assert found.payoffs == pytest.approx([0.7, 0.0], abs=1e-3)
    efforts, chances = found.strategies[0]
    # Developer 1 shows T at e = 0.3.
    assert efforts[-1] == pytest.approx(0.3)
    assert chances[-1] == pytest.approx(0.2, abs=1e-3)


def test_the_duel_in_which_the_one_behind_reaches_further() -> None:
    # Section 5, reversed reach: payoffs (R_2, R_1 - c(e_2(T))) with T = v_1(E). Both curves are scaling
    # laws with equal floor and ceiling; 2 starts behind and gains faster.
    curves = bg.curves.ScalingLaw([0.0, 0.0], [1.0, 1.0], [0.0, -1.0], [1.0, 4.0])
    game = bg.Game(curves, bg.LinearCost(0.5), [1.0, 0.0])
    found = mixed_equilibrium(game, "direct")
    check_certificate(game, "direct", found)
    # E = 2: v_1 = sigma(log 3); 2 shows it where -1 + 4 log(1 + e) = log 3, at cost 0.5 e.
    cost = 0.5 * (np.exp((1 + np.log(3)) / 4) - 1)
    assert found.nash_conv < 2e-3
    assert found.payoffs == pytest.approx([0.0, 1 - cost], abs=2e-3)


def test_one_prize_and_five_developers() -> None:
    # Section 5: only the two ahead compete, as in a duel with theta = (1, 0.875): e_req = 0.125, so
    # payoffs are 1 - c(e_1(T)) = 1 - (1 - 0.125) = 0.125 and 0; the rest stay at zero.
    game = bg.load_game("winner-take-all")
    found = mixed_equilibrium(game, "direct")
    check_certificate(game, "direct", found)
    assert found.nash_conv < 1e-3
    assert found.payoffs == pytest.approx([0.125, 0, 0, 0, 0], abs=1e-3)
    assert not found.mean_efforts[2:].any()


def test_no_temptation_no_mixing() -> None:
    game = bg.load_game("five-small-prizes")
    found = mixed_equilibrium(game, "direct")
    assert (found.nash_conv, found.mean_efforts.tolist()) == (0.0, [0.0] * 5)


@pytest.mark.parametrize("n", [2, 3, 5, 10])
def test_equal_prize_steps_numerically(n: int) -> None:
    # Section 5: payoffs (0.5, 0.375, 0.25, 0.125, 0) for five and (0.5, 0) for two; with equal steps
    # everybody keeps what its lead over the last, half a step per rank, is worth: (n - i)/(n - 1)/2.
    # A payoff may be off by about the NashConv.
    game = evenly_spaced(n)
    found = numerical(game)
    check_certificate(game, "direct", found)
    assert found.nash_conv <= 5e-3
    assert found.payoffs == pytest.approx(np.linspace(0.5, 0.0, n), abs=5e-3)


UNEVEN = {
    # Section 5: averages of regret matching+ stay at a NashConv of 0.048 here.
    "0.9": [1.0, 0.9, 0.0],
    "geometric": (0.6 ** np.arange(10) - 0.6**9) / (1 - 0.6**9),
    "ten uneven": [1, 0.9, 0.85, 0.5, 0.4, 0.3, 0.25, 0.1, 0.05, 0],
    "equal neighbours": [1.0, 1.0, 0.5, 0.5, 0.0],
}


@pytest.mark.parametrize("prizes", UNEVEN)
def test_uneven_prizes_converge_too(prizes: str) -> None:
    game = evenly_spaced(len(UNEVEN[prizes]), UNEVEN[prizes])
    found = mixed_equilibrium(game, "direct")
    check_certificate(game, "direct", found)
    assert found.nash_conv <= 5e-3


@pytest.mark.parametrize("name", ["pythia-gsm8k", "llama-gsm8k", "llama-mmlu", "twins"])
def test_named_games_converge(name: str) -> None:
    game = bg.load_game(name)
    found = mixed_equilibrium(game, "direct")
    assert found.nash_conv <= 5e-3 * game.prize_range


def test_a_tighter_tolerance_is_reached_too() -> None:
    assert mixed_equilibrium(bg.load_game("five"), "direct", tolerance=1e-3).nash_conv <= 1e-3


def test_random_games_within_the_hypotheses_converge() -> None:
    tried = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        game, rule = random_game_under_h(rng), random_protocol(rng, "quality")
        if bg.theory.temptation(game, rule) > 0:
            tried += 1
            found = mixed_equilibrium(game, rule)
            assert found.nash_conv <= 5e-3 * game.prize_range, f"seed {seed}"
    assert tried > 20


def numerical(game: bg.Game, tolerance: float = 5e-3) -> MixedEquilibrium:
    """What the numerical solver finds, also where there is a closed form."""
    subgame, allowed = Subgame(game, "direct"), tolerance * game.prize_range
    return mixed._numerical(
        subgame, mixed._approaches(subgame, 60, 600, allowed), allowed, lambda _: None
    )


@pytest.mark.parametrize("budget", [np.inf, 0.8])
def test_the_numerical_solver_finds_the_duel_without_its_closed_form(budget: float) -> None:
    game = bg.load_game("duel", budget=budget)
    found, exact = numerical(game, 1e-3), mixed_equilibrium(game, "direct")
    assert found.nash_conv <= 1e-3
    # A payoff of the weaker is at most the NashConv away; the stronger's follows from the same T.
    assert found.payoffs == pytest.approx(exact.payoffs, abs=2e-3)
    assert found.mean_efforts == pytest.approx(exact.mean_efforts, abs=0.02)


def test_progress_is_reported_and_steps_are_limited() -> None:
    seen: list[float] = []
    game = bg.load_game("five", prizes=[1.0, 0.9, 0.4, 0.2, 0.0])
    found = mixed_equilibrium(game, "direct", tolerance=1e-4, max_steps=1, progress=seen.append)
    assert len(seen) == 2  # a step of the path, and a round of programs nearby
    assert seen[1] < 0.01 < seen[0]
    assert found.nash_conv > 1e-4  # and the certificate says so


@pytest.mark.parametrize("best", [2, 5, pytest.param(8, marks=pytest.mark.long)])
def test_several_equal_prizes_of_ten(best: int) -> None:
    # The path of quantal responses alone stalls here at a NashConv of 1 to 5 % of P.
    game = evenly_spaced(10, [1.0] * best + [0.0] * (10 - best))
    found = mixed_equilibrium(game, "direct")
    check_certificate(game, "direct", found)
    assert found.nash_conv <= 5e-3


def test_many_developers_in_one_cell_are_no_equilibrium() -> None:
    # Nine in one cell for eight prizes: each wins with chance 8/9 if all orders are equally likely, but
    # P(at most 7 of 8 rivals ahead) = 1 - 2^-8 at the middle of the cell.
    game = evenly_spaced(10, [1.0] * 8 + [0.0] * 2)
    cells = CellGame.of(Subgame(game, "direct"), 12)
    slot = 2 * int(np.flatnonzero(cells.allowed[:9, 1::2].all(axis=0))[0]) + 1
    play = np.zeros_like(cells.cost)
    play[:9, slot], play[9, cells.home[9]] = 1.0, 1.0
    earned = cells.survey(play).value[:9] + cells.cost[:9, slot]
    # Boole's rule is exact up to degree 5, of 8: within 1 %.
    assert earned == pytest.approx([8 / 9] * 9, abs=0.01)
    assert cells.payoffs(play)[0, slot] + cells.cost[0, slot] == pytest.approx(1 - 2**-8)


@pytest.mark.parametrize("seed", range(6))
def test_a_tabulated_duel_whose_last_digits_move_is_answered(seed: int) -> None:
    curves = bg.curves.Tabulated([[0.0, 1.0, 2.0]] * 2, [[0.5, 0.8, 0.8], [0.4, 0.8, 0.8]])
    game = jittered(bg.Game(curves, bg.LinearCost(0.4), [1.0, 0.0]), seed)
    found = mixed_equilibrium(game, "direct", max_steps=50)
    assert all(np.isfinite(efforts).all() for efforts, _ in found.strategies)


@pytest.mark.parametrize(("n", "power", "most"), [(201, 1, "200"), (101, 2, "100 where prizes are not")])
def test_too_many_developers_are_refused_in_words(n: int, power: int, most: str) -> None:
    game = evenly_spaced(n, np.linspace(1.0, 0.0, n) ** power)
    with pytest.raises(ValueError, match=f"{n} developers: .* {most}"):
        mixed_equilibrium(game, "direct")


# --- boards that show few scores ----------------------------------------------------------------


@pytest.mark.parametrize("ties", ["split", "quality"])
@pytest.mark.parametrize("decimals", [1, 2])
@pytest.mark.parametrize("name", ["duel", "twins", "five", "pythia-gsm8k"])
def test_rounded_boards_converge(name: str, decimals: int, ties: str) -> None:
    game, rule = bg.load_game(name), ("rounded", {"decimals": decimals, "ties": ties})
    found = mixed_equilibrium(game, rule)
    check_certificate(game, rule, found)
    assert found.nash_conv <= 5e-3 * game.prize_range


def test_three_tied_developers_win_a_third_each() -> None:
    # Section 6: under split, R = (1, 0, 0) gives 1/3; under quality the best of the three wins.
    prizes = np.array([1.0, 0.0, 0.0])
    tied = np.ones((3, 1))
    assert Contest(prizes, "split").worth(tied)[:, 0] == pytest.approx([1 / 3] * 3)
    assert Contest(prizes, "quality").worth(tied)[:, 0] == pytest.approx([1, 0, 0])


def test_many_scores_are_left_to_cells() -> None:
    uneven = bg.load_game("three", prizes=[1.0, 0.9, 0.0])
    assert step_equilibrium(Subgame(uneven, ("rounded", {"decimals": 3})), 0.01) is None
    assert step_equilibrium(Subgame("three", ("rounded", {"decimals": 5})), 0.01) is None


@pytest.mark.parametrize("name", ["three", "five", "pythia-gsm8k"])
def test_three_decimals_are_exact_where_prizes_are_even(name: str) -> None:
    # The scores that can be shown are the whole game: up to HiGHS' tolerance and the choices that are
    # left out for holding less than 1e-6 each, nobody gains.
    game, rule = bg.load_game(name), ("rounded", {"decimals": 3})
    found = mixed_equilibrium(game, rule)
    check_certificate(game, rule, found)
    assert found.nash_conv <= 1e-5 * game.prize_range


# --- the game on cells --------------------------------------------------------------------------


def some_cells(prizes: list[float]) -> tuple[CellGame, np.ndarray]:
    rng = np.random.default_rng(0)
    game = bg.Game(bg.curves.Additive([1.0, 0.7, 0.5]), bg.LinearCost(1.0), prizes)
    cells = CellGame.of(Subgame(game, "direct"), 6)
    play = np.where(cells.allowed, rng.uniform(size=cells.allowed.shape), 0.0)
    return cells, play / play.sum(axis=1, keepdims=True)


def test_slot_payoffs_are_exact_expectations() -> None:
    # A slow witness: enumerate all profiles of slots; in a shared cell every order is equally likely.
    cells, play = some_cells([1.0, 0.4, 0.0])
    found = cells.payoffs(play)
    for i in range(3):
        j, k = (other for other in range(3) if other != i)
        for s in np.flatnonzero(cells.allowed[i]):
            expected = -cells.cost[i, s]
            for a in np.flatnonzero(cells.allowed[j]):
                for b in np.flatnonzero(cells.allowed[k]):
                    p, q = (0.5 if cells.is_cell[s] and x == s else float(x > s) for x in (a, b))
                    pmf = [(1 - p) * (1 - q), p * (1 - q) + q * (1 - p), p * q]
                    expected += play[j, a] * play[k, b] * (cells.game.prizes @ pmf)
            assert found[i, s] == pytest.approx(expected, abs=1e-12)


def test_prize_slopes_are_derivatives() -> None:
    # The expected prize is linear in each chance: a difference quotient is exact up to rounding.
    rng = np.random.default_rng(1)
    prizes, ahead = np.array([1.0, 0.8, 0.3, 0.0]), rng.uniform(0.1, 0.9, (4, 7))
    for i in range(4):
        slopes = prize_slopes(prizes, ahead, i)
        for j in range(4):
            raised = ahead.copy()
            raised[j] += 0.05
            change = expected_prizes(prizes, raised)[i] - expected_prizes(prizes, ahead)[i]
            np.testing.assert_allclose(slopes[j], 0.0 if i == j else change / 0.05, atol=1e-12)


def test_halving_cells_keeps_the_play() -> None:
    cells, play = some_cells([1.0, 0.4, 0.0])
    marked = np.arange(cells.edges.size - 1) % 2 == 0
    finer, carried = cells.split(marked, play)
    assert finer.edges.size == cells.edges.size + marked.sum()
    # Who is ahead of an old edge is as before.
    old = 2 * np.searchsorted(finer.edges, cells.edges)
    np.testing.assert_allclose(finer.ahead(carried)[:, old], cells.ahead(play)[:, ::2], atol=1e-12)


def test_twins_at_one_score_sit_apart_the_better_one_ahead() -> None:
    game = bg.load_game("twins")
    cells = CellGame.of(Subgame(game, "direct"), 6)
    assert cells.home[0] > cells.home[1]
    assert cells.edges[cells.home[0] // 2] == cells.edges[cells.home[1] // 2]
    honest = np.zeros_like(cells.cost)
    honest[[0, 1], cells.home] = 1.0
    assert cells.survey(honest).value.tolist() == [1.0, 0.0]


def test_a_prediction_finds_them_when_asked() -> None:
    prediction = predict("duel", "direct")
    assert prediction.mixed is not None
    assert prediction.mixed.nash_conv < 1e-3
    assert prediction.cycle is not None
    assert prediction.cycle.period == 290
    pure = predict("duel-small-prize", "direct")
    assert (pure.mixed, pure.cycle) == (None, None)


@pytest.mark.parametrize(
    ("settings", "culprit"),
    [
        ({"tolerance": 0.0}, "tolerance: .*> 0, got 0"),
        ({"max_steps": 0}, "max_steps: .*>= 1, got 0"),
        ({"cells": 1}, "cells: .*>= 2, got 1"),
    ],
)
def test_bad_input_names_the_culprit(settings: dict[str, float], culprit: str) -> None:
    with pytest.raises(ValueError, match=culprit):
        mixed_equilibrium(bg.load_game("five"), "direct", **settings)  # type: ignore[arg-type]


def test_only_where_effort_is_never_free_is_the_duel_said_to_be_unique() -> None:
    # Section 4: with effort up to 1 free, (1, 0) and (1, 1) are equilibria too, so no one is the only.
    flat = mixed_equilibrium(bg.load_game("flat-cost-small-prize"), "direct")
    assert flat.method.startswith("closed form")
    assert not flat.unique
    assert mixed_equilibrium(bg.load_game("duel"), "direct").unique


def test_cells_that_float64_cannot_halve_are_left_whole() -> None:
    # Additive scores are 1 in float64 from an effort of about 37 on; the prizes are worth a million.
    curves = bg.curves.Additive([1.0, 0.9, 0.8])
    game = bg.Game(curves, bg.LinearCost(1.0), [1e6, 5e5, 0.0])
    found = mixed_equilibrium(game, "direct")
    check_certificate(game, "direct", found)
    assert all(np.isfinite(e).all() and np.isfinite(p).all() for e, p in found.strategies)


def test_effort_without_end_is_refused_in_words() -> None:
    game = bg.Game(bg.curves.Additive([1.0, 0.9]), Bounded(0.3), [1.0, 0.0])
    with pytest.raises(ValueError, match=r"effort scale: .*finite"):
        mixed_equilibrium(game, "direct")


@pytest.mark.parametrize("name", [pytest.param("open-gsm8k", marks=pytest.mark.long), "open-mmlu"])
def test_the_large_fitted_games_are_solved_to_half_a_percent(name: str) -> None:
    # Section 8: a reference for the bound of 2.5 % of P has to be a fifth of it, 0.5 %.
    game = bg.load_game(name)
    found = mixed_equilibrium(game, "direct", tolerance=0.04)
    assert found.largest_regret <= 0.005 * game.prize_range


def test_the_program_on_cells_finds_the_payoffs_and_the_nash_conv_that_it_states() -> None:
    # On cells payoffs are linear between the ends, and costs of additive curves are nearly so: what the
    # program leaves is what deviations to the probes of all cells gain.
    game = evenly_spaced(5)
    *_, last = refine(CellGame.of(Subgame(game, "direct"), 10), 4)
    now = last.cells.survey(last.mixed)
    assert last.nash_conv == pytest.approx(np.maximum(now.inside.max(axis=1), now.stay).sum())
    assert last.nash_conv <= 1e-3
    # Section 5: half a step per rank of lead over the last one.
    assert now.value == pytest.approx(np.linspace(0.5, 0.0, 5), abs=1e-3)


def test_self_play_on_cells_finds_the_payoffs_too() -> None:
    # Section 5: half a step per rank of lead over the last one; a payoff may be off by the NashConv.
    *_, last = play_out(CellGame.of(Subgame(evenly_spaced(20), "direct"), 12), 12)
    now = last.cells.survey(last.mixed)
    assert last.nash_conv <= 0.02
    assert now.value == pytest.approx(np.linspace(0.5, 0.0, 20), abs=0.02)


@pytest.mark.long
def test_two_hundred_developers_with_even_prizes() -> None:
    game = evenly_spaced(200)
    found = mixed_equilibrium(game, "direct")
    check_certificate(game, "direct", found)
    assert found.largest_regret <= 0.02
    # Section 5, as above: a payoff is off by what its owner gains, and by what the others do.
    assert found.payoffs == pytest.approx(np.linspace(0.5, 0.0, 200), abs=0.02)


# --- what is not called an equilibrium ----------------------------------------------------------


def plateaus_that_tie() -> bg.Game:
    """Three measured curves that are flat at 0.8 from one unit of effort on: whoever gets there ties."""
    scores = [[start, 0.8, 0.8] for start in (0.5, 0.4, 0.3)]
    curves = bg.curves.Tabulated([[0.0, 1.0, 2.0]] * 3, scores)
    return bg.Game(curves, bg.LinearCost(0.5), [2.0, 0.0, -1.0])


def test_a_profile_that_somebody_gains_much_by_leaving_is_not_called_an_equilibrium() -> None:
    # The numerical solver takes scores for continuous, so it cannot see that the plateau ties. Its best
    # profile leaves someone to gain more than the bound, 2.5 % of P = 3, and says so.
    prediction = predict(plateaus_that_tie(), "direct")
    found = prediction.mixed
    assert found is not None
    check_certificate(plateaus_that_tie(), "direct", found)
    assert found.largest_regret > 0.025 * 3
    assert not found.is_equilibrium
    assert mixed_equilibrium("duel", "direct").is_equilibrium
    # Nor do solutions and pages call it one.
    assert "mixed" not in [one.concept for one in prediction.solutions]
    assert "the closest profile found leaves one developer a gain" in prediction.reasons["mixed"]
    known = facts.of(prediction)
    assert (known["mixed"]["is_equilibrium"], known["outcomes"]["of"]) == (
        False,
        "the closest profile found",
    )
    text = pages.text(known)
    assert "closest profile found" in text
    assert "mixed equilibrium" not in text
    assert "mixed equilibrium" in pages.text(facts.of(predict("duel", "direct")))
