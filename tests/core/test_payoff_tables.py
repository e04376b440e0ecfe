"""Payoff tables: what they say, and what they hide between the levels."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from tools.cases import GAMES, SPLIT
from tools.generators import random_game, random_protocol
from witnesses.episodes import award_all

import benchgame_env as bg
from benchgame_env.metrics import level_regrets, regrets
from benchgame_env.theory import mixed_equilibrium

SOLVED = 1e-7  # what Gambit's solvers leave, prize units


def by_hand(game: bg.Game, rule: Any, efforts: tuple[float, ...]) -> list[float]:
    """Payoffs at one profile, by the slow witness of prizes."""
    scores = [float(score) for score in rule.evaluate(game, np.array(efforts)).scores]
    prizes = award_all(scores, [float(prize) for prize in game.prizes], rule.ties)
    return [prize - float(game.cost(effort)) for prize, effort in zip(prizes, efforts, strict=True)]


@pytest.mark.parametrize("seed", range(8))
def test_payoffs_are_those_of_a_slow_witness(seed: int) -> None:
    rng = np.random.default_rng(seed)
    game, rule = random_game(rng, n=int(rng.integers(1, 4))), random_protocol(rng)
    table = bg.payoff_table(game, rule, levels=4)
    assert table.payoffs.shape == (game.n_developers, *(own.size for own in table.levels))
    for where in np.ndindex(table.payoffs.shape[1:]):
        efforts = tuple(float(own[k]) for own, k in zip(table.levels, where, strict=True))
        assert table.payoffs[(slice(None), *where)] == pytest.approx(by_hand(game, rule, efforts))


def test_drawn_scores_make_a_table_of_expected_payoffs() -> None:
    # Two items, levels 0 and 1. At chances p and q of an item the first, which wins ties, is ahead with
    # probability P(X >= Y) of two binomials.
    rule = bg.make_protocol("finite-test", items=2)
    table = bg.payoff_table("duel", rule, levels=2)
    p, q = 1 - np.exp(-1.0), 1 - np.exp(-0.5)
    x, y = ([(1 - r) ** 2, 2 * r * (1 - r), r**2] for r in (p, q))
    wins = sum(x[a] * y[b] for a, b in itertools.product(range(3), repeat=2) if a >= b)
    assert table.payoffs[:, 0, 0] == pytest.approx([wins, 1 - wins])
    # One interval between levels, of cost 1 = P: an effort inside might win up to P and cost nothing.
    assert table.epsilon == pytest.approx([1.0, 1.0])


# --- what is hidden between levels ---------------------------------------------------------------


def test_nine_levels_of_the_duel() -> None:
    # Levels k/8. The second passes the first's k/8 with a little more than k/8 + 1/2, for which its
    # next level costs 1/8 more. The first ties, and wins, at levels.
    table = bg.payoff_table("duel", "direct", levels=9)
    assert table.epsilon == pytest.approx([0.0, 0.125], abs=1e-12)
    found = mixed_equilibrium("duel", "direct", levels=table.levels[0])
    chances = [
        [float(chance[efforts == level].sum()) for level in own]
        for own, (efforts, chance) in zip(table.levels, found.strategies, strict=True)
    ]
    assert table.regrets(chances) == pytest.approx([0.0, 0.125], abs=1e-9)  # it is reached


def test_levels_of_its_own_for_each_developer_hide_less() -> None:
    # The first needs [0, 1/2] alone, the second 0 and just above [1/2, 1], where it passes levels. The
    # first then passes (k/16 + 1/2 and a little) with its next level up, for 1/16 more: half of before.
    first = np.arange(9) / 16
    second = np.append(0.0, first[:-1] + 0.5 + 1e-6)
    table = bg.payoff_table("duel", "direct", levels=[first, second])
    assert table.epsilon == pytest.approx([0.0625, 0.0], abs=2e-6)


def random_levels(rng: np.random.Generator, game: bg.Game) -> np.ndarray:
    """Five efforts of each developer up to what may pay, or part of that; not always with 0."""
    top = game.effort_scale * rng.choice([1.0, 0.7])
    return np.sort(rng.uniform(0.0, 1.0, (game.n_developers, 5)) * top[:, None], axis=1)


@pytest.mark.parametrize("seed", range(40))
def test_an_effort_never_adds_more_than_epsilon_to_the_best_level(seed: int) -> None:
    # Whatever levels the others play and however they mix.
    rng = np.random.default_rng(seed)
    game, rule = random_game(rng, n=int(rng.integers(1, 5))), random_protocol(rng)
    if seed % 4 == 3:
        rule = ("finite-test", {"items": 5, "ties": rng.choice(["quality", "split"])})
    levels = random_levels(rng, game)
    table = bg.payoff_table(game, rule, levels)
    for concentration in (0.05, 1.0):
        chances = [rng.dirichlet(np.full(own.size, concentration)) for own in table.levels]
        play = table.strategies(chances)
        hidden = regrets(game, rule, play) - level_regrets(game, rule, play, levels)
        assert (hidden <= table.epsilon + 1e-6 * game.prizes[0]).all()


@pytest.mark.parametrize("name", GAMES)
def test_all_kinds_of_games(name: str) -> None:
    game = GAMES[name]()
    table = bg.payoff_table(game, "direct", levels=3)
    step = [np.diff(game.cost(own)).max(initial=0.0) for own in table.levels]
    assert (table.epsilon >= 0).all()
    assert (table.epsilon <= np.array(step) + 1e-9 * game.prize_range).all()


# --- other people's solvers ----------------------------------------------------------------------


def test_gambit_on_the_duel() -> None:
    gambit = pytest.importorskip("pygambit")
    table = bg.payoff_table("duel", "direct", levels=9)
    game = table.to_pygambit()
    assert "epsilon = [" in game.description
    (profile,) = gambit.nash.lcp_solve(game, rational=False).equilibria
    ours = mixed_equilibrium("duel", "direct", levels=table.levels[0])
    play = table.strategies(profile)
    assert bg.metrics.expected_payoffs("duel", "direct", play) == pytest.approx(ours.payoffs, abs=SOLVED)
    assert level_regrets("duel", "direct", play, table.levels[0]).max() <= SOLVED
    assert (table.regrets(profile) <= table.epsilon + SOLVED).all()


@pytest.mark.parametrize("rule", ["direct", SPLIT, ("finite-test", {"items": 3})])
def test_gambit_on_three_developers(rule: Any) -> None:
    gambit = pytest.importorskip("pygambit")
    table = bg.payoff_table("three", rule, levels=4)
    for profile in gambit.nash.gnm_solve(table.to_pygambit()).equilibria:
        play = table.strategies(profile)
        assert level_regrets("three", rule, play, table.levels[0]).max() <= SOLVED
        assert (table.regrets(profile) <= table.epsilon + 1e-6).all()


def test_gambit_reads_names_and_payoffs() -> None:
    pytest.importorskip("pygambit")
    names = ('say "7B"', "back\\slash", "Größe")
    game = bg.Game(bg.curves.Additive([1.0, 0.8, 0.5]), bg.LinearCost(1.0), [1.0, 0.4, 0.0], names=names)
    table = bg.payoff_table(game, "direct", levels=[[0.0, 0.1, 0.2], [0.0, 0.3, 0.4], [0.0, 0.5, 1 / 3]])
    read = table.to_pygambit()
    assert list(read.players) == list(names)
    arrays = np.array(read.to_arrays(), dtype=float)
    np.testing.assert_array_equal(arrays, table.payoffs)
    uniform = read.mixed_strategy_profile()
    assert [chance.tolist() for _, chance in table.strategies(uniform)] == [[1 / 3] * 3] * 3


def test_nashpy_takes_two_developers() -> None:
    nashpy = pytest.importorskip("nashpy")
    table = bg.payoff_table("duel", "direct", levels=5)
    chances = next(iter(nashpy.Game(*table.payoffs).vertex_enumeration()))
    assert (table.regrets(chances) <= table.epsilon + SOLVED).all()


def test_open_spiel_takes_a_tensor_game() -> None:
    pytest.importorskip("pyspiel")
    table = bg.payoff_table("three", "direct", levels=4)
    game = table.to_open_spiel()
    for i in range(3):
        np.testing.assert_array_equal(game.player_utilities(i), table.payoffs[i])


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("game", "rule", "levels", "message"),
    [
        ("five", "direct", 20, "levels: a table may have 4,194,304 payoffs, and these make 16,000,000"),
        ("duel", "direct", 1, "levels: .*2"),
        ("duel", "direct", [[0.0, 1.0]], r"levels: need efforts \[m\] or \[2, m\]"),
        ("duel", "direct", [-1.0, 1.0], "levels: model-0 needs one from 0 to its budget"),
        ("duel", ("ladder", {"step": 0.1}), 3, "protocol Ladder.*: a payoff table needs scores"),
    ],
)
def test_unsuitable_arguments_are_refused(game: str, rule: Any, levels: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bg.payoff_table(game, rule, levels)


@pytest.mark.parametrize(
    "chances",
    [[[1.0, 0.0]], [[1.0], [1.0]], [[1.0, 0.1], [0.0, 1.0]], [[-0.5, 1.5], [0.0, 1.0]]],
)
def test_what_is_no_profile_is_refused(chances: Any) -> None:
    table = bg.payoff_table("duel", "direct", levels=2)
    with pytest.raises(ValueError, match="chances: "):
        table.regrets(chances)
