"""Games on levels: exact where prizes are evenly spaced, certified among the levels."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from tools.cases import evenly_spaced
from tools.generators import random_game, random_mixture, random_protocol
from witnesses.episodes import award_all

import benchgame_env as bg
from benchgame_env.metrics import level_regrets, regrets
from benchgame_env.subgame import Subgame
from benchgame_env.theory import mixed_equilibrium
from benchgame_env.theory.mixed.effort_choices import DrawnChoices, ShownChoices
from benchgame_env.theory.mixed.linear_program import even_step

EXACT = 1e-9  # share of P: rounding, and what HiGHS leaves of a constraint


def gain_of(game: Any, rule: Any, strategies: list[Any], i: int, effort: float) -> float:
    """A slow witness: developer i's expected payoff for ``effort``, profile by profile."""
    total = 0.0
    others = [range(len(own)) if j != i else range(1) for j, (own, _) in enumerate(strategies)]
    for where in itertools.product(*others):
        efforts = [float(strategies[j][0][k]) if j != i else effort for j, k in enumerate(where)]
        chance = np.prod([strategies[j][1][k] for j, k in enumerate(where) if j != i])
        shown = rule.evaluate(game, np.array(efforts)).scores
        prizes = award_all([float(s) for s in shown], [float(r) for r in game.prizes], rule.ties)
        total += float(chance) * (prizes[i] - float(game.cost(effort)))
    return total


@pytest.mark.parametrize("seed", range(12))
def test_regrets_among_levels_by_a_slow_witness(seed: int) -> None:
    rng = np.random.default_rng(seed)
    game, rule = random_game(rng, n=int(rng.integers(1, 4))), random_protocol(rng)
    play = [(e, p) for e, p in random_mixture(rng, game)]
    levels = np.sort(rng.uniform(0.0, 1.0, 4)) * np.minimum(game.effort_scale, 2.0)[:, None]
    found = level_regrets(game, rule, play, levels)
    for i, (efforts, chances) in enumerate(play):
        now = sum(p * gain_of(game, rule, play, i, e) for e, p in zip(efforts, chances, strict=True))
        best = max(gain_of(game, rule, play, i, e) for e in levels[i])
        assert found[i] == pytest.approx(best - now, abs=1e-12)


@pytest.mark.parametrize("ties", ["quality", "split"])
@pytest.mark.parametrize("n", [1, 2, 3, 5, 8])
def test_even_prizes_are_solved_exactly(n: int, ties: str) -> None:
    for seed in range(4):
        rng = np.random.default_rng([seed, n])
        game = random_game(rng, n=n)
        game = bg.Game(game.curves, game.cost, np.linspace(1.0, 0.0, n), budget=game.budget)
        rule = random_protocol(rng, ties)
        levels = np.linspace(0.0, 1.5, 13)
        found = mixed_equilibrium(game, rule, levels=levels)
        gains = level_regrets(game, rule, found.strategies, levels)
        assert found.nash_conv == pytest.approx(gains.clip(0).sum(), abs=1e-15), seed
        assert found.nash_conv <= EXACT, seed
        assert found.largest_regret == pytest.approx(gains.max(initial=0.0), abs=1e-15)
        assert all(np.isin(efforts, levels).all() for efforts, _ in found.strategies)


def test_levels_on_which_the_worked_duel_is_known() -> None:
    # Levels 0, 0.3, 0.6, 0.9; the leader's lead is 0.5. The chaser's 0.6 beats 0, its 0.9 beats 0.3 too,
    # and nothing beats 0.6. It earns 0 with each: P(0) = 0.6 and P(0) + P(0.3) = 0.9. The leader earns
    # 1 - 0.6 with each: Q(0) = 0.4 and 1 - Q(0.9) - 0.3 = 0.4, the rest is Q(0.6).
    found = mixed_equilibrium("duel", "direct", levels=[0.0, 0.3, 0.6, 0.9])
    assert found.payoffs == pytest.approx([0.4, 0.0], abs=EXACT)
    (leader, leads), (chaser, chases) = found.strategies
    assert (leader.tolist(), chaser.tolist()) == ([0.0, 0.3, 0.6], [0.0, 0.6, 0.9])
    assert leads == pytest.approx([0.6, 0.3, 0.1], abs=EXACT)
    assert chases == pytest.approx([0.4, 0.3, 0.3], abs=EXACT)


def test_among_the_levels_nobody_gains_but_between_them_a_step_is_gained() -> None:
    game, levels = bg.load_game("three"), np.linspace(0.0, 1.0, 11)
    found = mixed_equilibrium(game, "direct", levels=levels)
    assert found.nash_conv <= EXACT
    # An effort between two levels shows at most what the upper one does, and saves less than a step.
    beyond = regrets(game, "direct", found.strategies)
    assert 0.01 < beyond.max() <= 0.1 + EXACT


def test_every_developer_has_its_own_levels_within_its_budget() -> None:
    game = bg.load_game("three", budget=[0.5, 0.8, 1.0])
    own = np.linspace(0.0, 1.0, 5) * np.array([1.0, 0.9, 0.8])[:, None]
    found = mixed_equilibrium(game, "direct", levels=own[:, ::-1])  # in any order
    for (efforts, _), levels, budget in zip(found.strategies, own, game.budget, strict=True):
        assert np.isin(efforts, levels).all()
        assert efforts.max() <= budget
    assert found.nash_conv <= EXACT


@pytest.mark.parametrize("ties", ["quality", "split"])
def test_drawn_scores_are_solved_exactly_too(ties: str) -> None:
    game, rule = bg.load_game("five"), ("finite-test", {"items": 20, "ties": ties})
    found = mixed_equilibrium(game, rule, levels=np.linspace(0.0, 1.0, 21))
    assert found.method.startswith("linear programming")
    assert found.nash_conv <= EXACT


@pytest.mark.parametrize("ties", ["quality", "split"])
@pytest.mark.parametrize("drawn", [False, True])
def test_rivals_ahead_by_the_program_and_by_the_contest(ties: str, drawn: bool) -> None:
    # With evenly spaced prizes a payoff is R_1 less a step for each rival ahead, less the cost.
    game, rng = evenly_spaced(4), np.random.default_rng(0)
    efforts = np.sort(rng.integers(0, 9, (6, 4)) / 8, axis=0)  # scores tie
    rule = ("finite-test", {"items": 7, "ties": ties}) if drawn else ("direct", {"ties": ties})
    choices = (DrawnChoices if drawn else ShownChoices)(Subgame(game, rule), efforts)
    mixed = rng.dirichlet(np.ones(6), 4)
    tails = np.cumsum(mixed[:, ::-1], axis=1)[:, ::-1].reshape(-1)
    rivals = 1.0 - np.eye(4)[..., None]
    ties = rivals * (0.5 if ties == "split" else np.tri(4, k=-1)[..., None])  # the better one is ahead
    ahead = (choices.by_tails(rivals, ties) @ tails).reshape(4, 6)
    assert even_step(game.prizes) == pytest.approx(1 / 3)
    np.testing.assert_allclose(choices.payoffs(mixed), 1 - ahead / 3 - game.cost(efforts).T, atol=1e-12)


def test_uneven_prizes_are_played_out_and_certified() -> None:
    game, levels = evenly_spaced(3, [1.0, 0.4, 0.0]), np.linspace(0.0, 1.0, 21)
    found = mixed_equilibrium(game, "direct", levels=levels)
    gains = level_regrets(game, "direct", found.strategies, levels)
    assert found.nash_conv == pytest.approx(gains.clip(0).sum(), abs=1e-15)
    assert found.nash_conv <= 0.01
    assert found.is_equilibrium


UNEVEN = {
    "steps": [1.0, 0.9, 0.2, 0.1, 0.0],  # self-play of all at once stays at a NashConv of 0.07
    "two of five": [1.0, 1.0, 0.0, 0.0, 0.0],
    "four of five": [1.0, 1.0, 1.0, 1.0, 0.0],
    "geometric": (0.6 ** np.arange(5) - 0.6**4) / (1 - 0.6**4),
    "five of ten": [1.0] * 5 + [0.0] * 5,  # halves that learn in turn, too, stay at 0.3
}


@pytest.mark.parametrize(
    ("prizes", "ties"),
    [*((prizes, "quality") for prizes in UNEVEN), ("steps", "split"), ("four of five", "split")],
)
def test_uneven_prizes_on_levels_to_a_thousandth(prizes: str, ties: str) -> None:
    game, levels = evenly_spaced(len(UNEVEN[prizes]), UNEVEN[prizes]), np.linspace(0.0, 1.0, 21)
    found = mixed_equilibrium(game, ("direct", {"ties": ties}), levels=levels)
    gains = level_regrets(game, ("direct", {"ties": ties}), found.strategies, levels)
    assert found.nash_conv == pytest.approx(gains.clip(0).sum(), abs=1e-15)
    assert found.nash_conv <= 1e-3  # of P = 1


def test_uneven_prizes_of_drawn_scores_to_a_thousandth() -> None:
    game = evenly_spaced(4, [1.0, 0.9, 0.1, 0.0])
    found = mixed_equilibrium(game, ("finite-test", {"items": 20}), levels=np.linspace(0.0, 1.0, 11))
    assert found.nash_conv <= 1e-3


@pytest.mark.parametrize("ties", ["quality", "split"])
@pytest.mark.parametrize("drawn", [False, True])
def test_payoffs_change_with_tails_as_the_program_says(ties: str, drawn: bool) -> None:
    # Payoffs are linear in each rival's tails: of one rival's play a difference quotient is exact.
    game, rng = evenly_spaced(4, [1.0, 0.9, 0.2, 0.0]), np.random.default_rng(0)
    efforts = np.sort(rng.integers(0, 9, (6, 4)) / 8, axis=0)  # scores tie
    rule = ("finite-test", {"items": 7, "ties": ties}) if drawn else ("direct", {"ties": ties})
    choices = (DrawnChoices if drawn else ShownChoices)(Subgame(game, rule), efforts)
    before = rng.dirichlet(np.ones(6), 4)
    slopes = choices.by_tails(*choices._contest.slopes(choices.chances(before)))
    for j in range(4):
        after = before.copy()
        after[j] = rng.dirichlet(np.ones(6))
        moved = np.cumsum((after - before)[:, ::-1], axis=1)[:, ::-1].reshape(-1)
        change = choices.payoffs(after) - choices.payoffs(before)
        np.testing.assert_allclose((slopes @ moved).reshape(4, 6), change, atol=1e-12)


@pytest.mark.parametrize(
    ("rule", "levels", "message"),
    [
        ("direct", [[0.0, 1.0]], r"levels: need efforts \[m\] or \[3, m\], got shape \(1, 2\)"),
        ("direct", [0.0, np.nan], "levels: .*nan"),
        ("direct", [-1.0, 0.5], "levels: model-0 needs one from 0 to its budget"),
        ("direct", [2.0], "levels: model-1 needs one from 0 to its budget of 1"),
        ("direct", [], "levels: "),
        (("ladder", {"step": 0.1}), [0.0, 1.0], "protocol Ladder.*: a game on levels needs scores"),
    ],
)
def test_unsuitable_levels_are_refused(rule: Any, levels: Any, message: str) -> None:
    game = bg.load_game("three", budget=[np.inf, 1.0, 1.0])
    with pytest.raises(ValueError, match=message):
        mixed_equilibrium(game, rule, levels=levels)
