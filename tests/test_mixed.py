"""Mixed equilibria against the check values of theory section 5, certified by the grader."""

from __future__ import annotations

import numpy as np
import pytest

import benchgame_env as bg
from benchgame_env.theory import mixed_equilibrium, no_regret, predict
from benchgame_env.theory.mixed import MixedEquilibrium


def check_certificate(game: bg.Game, protocol: object, found: MixedEquilibrium) -> None:
    """What a mixed equilibrium says of itself is what the grader says of its strategies."""
    assert found.nash_conv == bg.metrics.nash_conv(game, protocol, found.strategies)
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


def test_equal_prize_steps_numerically() -> None:
    # Section 5: payoffs (0.5, 0.375, 0.25, 0.125, 0). At a NashConv of x no payoff is surely closer than
    # about x plus a cell's cost; 200 cells of the axis [0, 1] cost 0.005 each.
    game = bg.load_game("five")
    found = mixed_equilibrium(game, "direct", iterations=4000, cells=200)
    check_certificate(game, "direct", found)
    assert found.nash_conv < 0.015
    assert found.payoffs == pytest.approx([0.5, 0.375, 0.25, 0.125, 0.0], abs=0.02)


@pytest.mark.parametrize("budget", [np.inf, 0.8])
def test_the_numerical_solver_finds_the_duel_without_its_closed_form(budget: float) -> None:
    game = bg.load_game("duel", budget=budget)
    rule = bg.make_protocol("direct")
    slots = no_regret.SlotGame(game, rule, 200)
    average = no_regret.solve(slots, 4000, lambda _: False)
    strategies = slots.strategies(average, 8)
    exact = mixed_equilibrium(game, rule)
    assert bg.metrics.nash_conv(game, rule, strategies) < 0.01
    # Within the NashConv plus a cell's cost of 0.005.
    assert bg.metrics.expected_payoffs(game, rule, strategies) == pytest.approx(exact.payoffs, abs=0.015)


def test_slot_payoffs_are_exact_expectations() -> None:
    # A slow witness: enumerate all profiles of slots; in a shared cell every order is equally likely,
    # which leaves each pair at 1/2, so two developers suffice to check ties and three to check the rest.
    rng = np.random.default_rng(0)
    game = bg.Game(bg.curves.Additive([1.0, 0.7, 0.5]), bg.LinearCost(1.0), [1.0, 0.4, 0.0])
    slots = no_regret.SlotGame(game, bg.make_protocol("direct"), 6)
    mixed = np.where(slots.allowed, rng.uniform(size=slots.allowed.shape), 0.0)
    mixed /= mixed.sum(axis=1, keepdims=True)
    found = slots.payoffs(mixed)
    for i in range(3):
        j, k = (other for other in range(3) if other != i)
        for s in np.flatnonzero(slots.allowed[i]):
            expected = -slots.cost[i, s]
            for a in np.flatnonzero(slots.allowed[j]):
                for b in np.flatnonzero(slots.allowed[k]):
                    p, q = (0.5 if slots.cell[s] and x == s else float(x > s) for x in (a, b))
                    pmf = [(1 - p) * (1 - q), p * (1 - q) + q * (1 - p), p * q]
                    expected += mixed[j, a] * mixed[k, b] * (game.prizes @ pmf)
            assert found[i, s] == pytest.approx(expected, abs=1e-12)


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
        ({"tolerance": 0.0}, "tolerance: must be > 0, got 0"),
        ({"iterations": 0}, "iterations: must be a whole number >= 1, got 0"),
        ({"cells": 1}, "cells: must be a whole number >= 2, got 1"),
    ],
)
def test_bad_input_names_the_culprit(settings: dict[str, float], culprit: str) -> None:
    with pytest.raises(ValueError, match=culprit):
        mixed_equilibrium(bg.load_game("five"), "direct", **settings)  # type: ignore[arg-type]
