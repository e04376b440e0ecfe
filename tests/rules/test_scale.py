"""The climb that finds the temptation of ten thousand developers, against all pairs one by one."""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tools.cases import DIRECT, SPLIT, Coarse
from tools.generators import Counting, Fee, Index, random_cases, random_game, random_protocol

import benchgame_env as bg
from benchgame_env.numerics import above, publish
from benchgame_env.subgame import Subgame
from benchgame_env.theory import next_efforts, predict, required_effort, temptation
from benchgame_env.theory.pure import overtaking as pure
from benchgame_env.theory.pure.honest_board import HonestBoard

N = 10_000
BLOCK = 100  # random games a test


# --- the witness: every pair in turn ------------------------------------------------------------


def every_gain(game: bg.Game, rule: Any) -> dict[tuple[int, int], float]:
    """What r gains by passing k, for every k above r on the honest board (theory section 3).

    To exceed a score is to show the next float64 number, at the right limit of the cost. Under ``split``
    one may also join those at k's score and share. Ranks, and what a budget reaches, are published.
    """
    n = game.n_developers
    board = rule.evaluate(game, np.zeros(n))
    honest, ranks, prizes = np.asarray(rule.score(game, np.zeros(n))), board.ranks, board.prizes
    gains = {}
    for k in range(n):
        shown = board.scores[k]
        beat = least_efforts(game, rule, np.nextafter(honest[k], np.inf), above(shown))
        tie = least_efforts(game, rule, honest[k], shown)
        dear, cheap = game.cost(np.nextafter(beat, np.inf)), game.cost(tie)
        for r in range(n):
            if r == k or ranks[k] > ranks[r]:
                continue
            must_exceed = r > k or rule.ties == "split"
            effort, price = (beat[r], dear[r]) if must_exceed else (tie[r], cheap[r])
            gain = -math.inf if math.isinf(effort) else game.prizes[ranks[k] - 1] - prizes[r] - price
            if rule.ties == "split" and not math.isinf(tie[r]):
                level = [j for j in range(n) if board.scores[j] == shown or j == r]
                covered = game.prizes[ranks[k] - 1 : ranks[k] - 1 + len(level)]
                gain = max(gain, covered.sum() / len(level) - prizes[r] - cheap[r])
            gains[r, k] = float(gain)
    return gains


def least_efforts(game: bg.Game, rule: Any, aim: float, shown: float) -> np.ndarray:
    """What each developer needs to score ``aim``; whether its budget does is told by the published
    score ``shown``."""
    n = game.n_developers
    efforts = rule.effort_for(game, np.full(n, aim))
    honest = rule.score(game, np.zeros(n))
    top = publish(rule.score(game, np.where(np.isfinite(game.budget), game.budget, 0.0)))
    for i in range(n):
        if honest[i] >= aim:
            efforts[i] = 0.0
        if np.isfinite(game.budget[i]):
            efforts[i] = min(efforts[i], game.budget[i]) if top[i] >= shown else math.inf
    return efforts


def almost_tied(game: bg.Game, rng: np.random.Generator) -> bg.Game:
    """The game with index curves whose starts are a few roundings from a few common values."""
    n = game.n_developers
    start = rng.integers(0, 4, n) / 8 + rng.integers(0, 20, n) * np.spacing(0.5)
    return replace(game, curves=Index(start, rng.choice([0.25, 1.0], n)))


def any_game(seed: int, ties: str) -> tuple[bg.Game, Any]:
    rng = np.random.default_rng([seed, len(ties)])
    game = random_game(rng, n=int(rng.integers(2, 41)))
    rule: Any = random_protocol(rng, ties)
    kind = rng.integers(6)
    if kind == 0:
        game = almost_tied(game, rng)
    return game, Coarse(base=rule, ties=ties, steps=8) if kind == 1 else rule


@pytest.mark.parametrize("ties", ["quality", "split"])
@pytest.mark.parametrize("block", range(6))
def test_the_climb_finds_the_best_of_all_pairs(block, ties, monkeypatch) -> None:
    monkeypatch.setattr(pure, "BLOCK", 1)  # else games as small as these are not climbed
    for seed in range(block * BLOCK, (block + 1) * BLOCK):
        game, rule = any_game(seed, ties)
        # Climbing to the end; and for a few rounds, after which all pairs that are left are tried.
        monkeypatch.setattr(pure, "PATIENCE", 2.0 if seed % 4 else 0.1)
        gains = every_gain(game, rule)
        scale = game.prize_range
        best = max(gains.values())
        board = HonestBoard(Subgame(game, rule).reduced())
        amount, pair = pure.largest_gain(board, 0.0)
        assert amount == pytest.approx(max(best, 0.0), abs=1e-12 * scale), seed
        assert pair is None or gains[pair] == pytest.approx(amount, abs=1e-12 * scale), seed
        # Below zero too, where thresholds look for a margin.
        margin = pure.largest_gain(board, -10 * scale)[0]
        assert margin == pytest.approx(max(best, -10 * scale), abs=1e-12 * scale), seed


@pytest.mark.parametrize("ties", ["quality", "split"])
def test_small_games_are_not_climbed_and_say_the_same(ties) -> None:
    for seed in range(100):
        game, rule = any_game(seed, ties)
        best = max(0.0, *every_gain(game, rule).values())
        assert temptation(game, rule) == pytest.approx(best, abs=1e-12 * game.prize_range), seed


def test_either_of_two_who_share_a_rank_may_leave_the_other_behind(monkeypatch) -> None:
    # Both show index 0.5 and share 1 and 0; the one with a budget wins half of the prize for nothing.
    monkeypatch.setattr(pure, "BLOCK", 1)
    for budget in ([1.0, 0.0], [0.0, 1.0]):
        game = bg.Game(Index([0.5, 0.5], [1.0, 1.0]), bg.LinearCost(), [1.0, 0.0], budget=budget)
        monkeypatch.setattr(pure, "PATIENCE", 2.0)
        r = int(np.argmax(budget))
        assert pure.largest_temptation(Subgame(game, SPLIT)).pair == (r, 1 - r)
        assert temptation(game, SPLIT) == pytest.approx(0.5, abs=1e-12)


# --- required efforts without the table ---------------------------------------------------------


@pytest.mark.parametrize("ties", ["quality", "split"])
def test_the_next_one_up_takes_least(ties) -> None:
    for seed, _, game, rule in random_cases(range(300), ties, most=19):
        table = required_effort(game, rule)
        ranks = rule.evaluate(game, np.zeros(game.n_developers)).ranks
        for r, effort in enumerate(next_efforts(game, rule)):
            above = (ranks <= ranks[r]) & (np.arange(game.n_developers) != r)
            assert effort == table[r][above].min(initial=math.inf), seed


def test_next_efforts_of_a_board_in_another_order() -> None:
    # Indices 0.25, 1, 0.5 at rates 0.5, 1, 1: on the board 1, 2, 0. Developer 2 lacks 0.5 on 1, and 0
    # lacks 0.25 on 2, at half the speed.
    game = bg.Game(Index([0.25, 1.0, 0.5], [0.5, 1.0, 1.0]), bg.LinearCost(), [1.0, 0.5, 0.0])
    assert next_efforts(game, "direct") == pytest.approx([0.5, math.inf, 0.5], abs=1e-14)
    capped = replace(game, budget=0.4)
    assert next_efforts(capped, "direct").tolist() == [math.inf] * 3


def test_required_efforts_of_some_are_rows_of_the_table() -> None:
    for seed in range(50):
        rng = np.random.default_rng(seed)
        game, rule = random_game(rng, n=7), random_protocol(rng)
        some = rng.permutation(7)[: int(rng.integers(1, 8))]
        table = required_effort(game, rule)
        np.testing.assert_array_equal(required_effort(game, rule, some), table[some])


def test_a_table_too_large_is_refused_with_what_to_do_instead(monkeypatch) -> None:
    monkeypatch.setattr(pure, "LARGEST_TABLE", 8 * 2 * 5)  # bytes of two rows for five developers
    game = bg.load_game("five")
    with pytest.raises(
        ValueError, match=r"5 x 5 entries take .* name fewer developers, .* next_efforts"
    ):
        required_effort(game, "direct")
    assert required_effort(game, "direct", [3, 4]).shape == (2, 5)


@pytest.mark.parametrize("developers", [[5], [-1], [0.5], [[0]], "x"])
def test_developers_who_do_not_exist_are_refused(developers) -> None:
    with pytest.raises(ValueError, match=r"developers: .* 0 to 4, got"):
        required_effort(bg.load_game("five"), "direct", developers)


# --- ten thousand developers --------------------------------------------------------------------


def measured(game: bg.Game, run: Callable[[bg.Game], Any]) -> tuple[Any, float, float]:
    """The result, how often a developer's curve is asked (its mean), and the peak of memory in GiB.

    To look at every overtake is to ask each curve once for every developer: n times.
    """
    curves = Counting(game.curves)
    game = replace(game, curves=curves)
    curves.asked = 0  # what a game checks as it is made is no part of it
    tracemalloc.start()
    result = run(game)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return result, curves.asked / game.n_developers, peak / 2**30


def additive_temptation(quality: np.ndarray, prizes: np.ndarray, rate: float) -> float:
    """With c(e) = rate e, e_req = theta_k - theta_r: the gain is h_k - h_r with h = R - rate theta."""
    h = prizes - rate * quality
    return max(0.0, float((np.maximum.accumulate(h)[:-1] - h[1:]).max()))


def crowd(seed: int = 0) -> np.ndarray:
    return np.sort(np.random.default_rng(seed).random(N))[::-1]


STEPS = np.linspace(1.0, 0.0, N)
# Asked of each curve, of the N numbers for all its overtakes: 2 to 1,142 measured; and 5 MiB.
FEW = N / 5
FAMILIES = {
    "random, equal steps": (crowd(), STEPS, 1.0),
    "random, steep prizes": (crowd(), 1 / np.arange(1.0, N + 1), 1.0),
    "random, uneven prizes": (crowd(), crowd(1), 1.0),
    "even, an overtake costs 1 % more than it wins": (STEPS, STEPS, 1.01),
    "even, an overtake costs half of what it wins": (STEPS, STEPS, 0.5),
    "hundred groups of twins": (np.repeat(np.linspace(1, 0, 100), N // 100), STEPS, 5.0),
    "all alike": (np.ones(N), STEPS, 1.0),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_ten_thousand_additive_developers(family) -> None:
    quality, prizes, rate = FAMILIES[family]
    game = bg.Game(bg.curves.Additive(quality), bg.LinearCost(rate), prizes)
    amount, asked, peak = measured(game, lambda game: temptation(game, "direct"))
    # Scores are told apart to 4 roundings over a slope of at least exp(-1).
    assert amount == pytest.approx(additive_temptation(quality, prizes, rate), abs=1e-12)
    assert asked < FEW
    assert peak < 0.1


@pytest.mark.parametrize("rule", [DIRECT, SPLIT], ids=["quality", "split"])
def test_ten_thousand_with_budgets(rule) -> None:
    # Additive, c(e) = e; within a common budget of 0.01 each looks up to theta + 0.01.
    quality = crowd()
    game = bg.Game(bg.curves.Additive(quality), bg.LinearCost(), STEPS, budget=0.01)
    amount, asked, peak = measured(game, lambda game: temptation(game, rule))
    h = STEPS - quality
    first = np.searchsorted(-quality, -(quality + 0.01))
    expected = max(h[first[r] : r].max(initial=-1.0) - h[r] for r in range(N))
    assert amount == pytest.approx(expected, abs=1e-12)
    assert asked < FEW
    assert peak < 0.1


def crossing_laws(n: int) -> bg.curves.ScalingLaw:
    rng = np.random.default_rng(0)
    upper = np.sort(rng.uniform(0.5, 1, n))[::-1]
    return bg.curves.ScalingLaw(
        rng.uniform(0, 0.2, n), upper, rng.uniform(-3, 1, n), rng.uniform(0.5, 1.5, n)
    )


def test_thousands_of_laws_that_cross() -> None:
    # The best of all pairs, row by row: effort by the law's inverse.
    n = 2000
    game = bg.Game(crossing_laws(n), bg.LinearCost(0.01), np.linspace(1, 0, n))
    honest = game.curves.score(np.zeros(n))
    prizes = game.board(honest).prizes
    best = -np.inf
    for k in range(n):
        effort = game.curves.effort_for(np.full(n, honest[k]))
        best = max(best, np.where(honest < honest[k], prizes[k] - prizes - 0.01 * effort, -np.inf).max())
    assert temptation(game, "direct") == pytest.approx(best, abs=1e-9)


def test_ten_thousand_laws_that_cross() -> None:
    game = bg.Game(crossing_laws(N), bg.LinearCost(0.01), STEPS)
    found, asked, peak = measured(game, lambda game: pure.largest_temptation(Subgame(game, DIRECT)))
    amount, (r, k) = found.amount, found.pair
    # The pair named gains what is said: R_k - R_r - c(v_r^{-1}(s_k)).
    honest = game.curves.score(np.zeros(N))
    effort = game.curves.effort_for(np.full(N, honest[k]))[r]
    won = game.board(honest).prizes
    assert amount == pytest.approx(won[k] - won[r] - 0.01 * effort, abs=1e-9)
    assert asked < FEW
    assert peak < 0.1
    nearest, asked, peak = measured(game, lambda game: next_efforts(game, "direct"))
    assert np.isinf(nearest[np.argmax(honest)])
    assert asked < 10  # measured: 2, one overtake each
    assert peak < 0.1


def test_ten_thousand_are_predicted() -> None:
    game = bg.Game(bg.curves.Additive(crowd()), bg.LinearCost(), STEPS)
    prediction, asked, peak = measured(game, lambda game: predict(game, "direct"))
    assert prediction.regime == "cycle"
    assert prediction.temptation == pytest.approx(additive_temptation(crowd(), STEPS, 1.0), abs=1e-12)
    # Measured: 1.7 N, most of it in whether float64 tells every pair apart; 0.4 GiB.
    assert asked < 2.5 * N
    assert peak < 1


def test_a_knife_edge_everywhere_looks_at_each_pair_a_few_times() -> None:
    # Every overtake costs exactly what it wins, so none bounds another: nothing can be skipped.
    n = 4000
    even = np.linspace(1, 0, n)
    game = bg.Game(bg.curves.Additive(even), bg.LinearCost(), even)
    amount, asked, peak = measured(game, lambda game: temptation(game, "direct"))
    assert amount == 0.0
    assert asked < 3 * n  # measured: 2.2 n
    assert peak < 0.1


def test_a_fee_among_twins_at_scale() -> None:
    # All alike and a fee of 0.25 for any effort: the last one wins 1 - 0.25 at the top.
    game = bg.Game(bg.curves.Additive(np.ones(N)), Fee(0.25), STEPS)
    amount, asked, _ = measured(game, lambda game: temptation(game, "direct"))
    assert amount == pytest.approx(0.75, abs=1e-12)
    assert asked < FEW
