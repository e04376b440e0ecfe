"""Simulated regrets against exact ones, against plain loops, and how often their intervals hold."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom
from tools.cases import Bare, evenly_spaced
from tools.generators import random_cases, random_mixture
from tools.players import rng
from witnesses.episodes import award_all, publish

import benchgame_env as bg
from benchgame_env.metrics import RegretBounds, simulated_regrets

# Efforts are searched down to F / 16 * (2 / 9)^3 around the best of 17: 0.07 % of F.
FOUND_TO = 2e-3


class Opaque:
    """A rule of which nothing is known but that it makes boards."""

    def __init__(self, rule: Any) -> None:
        self.rule = rule

    def evaluate(self, game, efforts, rng=None):
        return self.rule.evaluate(game, efforts, rng)


def test_exact_rules_are_graded_as_by_the_exact_grader() -> None:
    # The gain of an effort that exists is at most the supremum; the search comes within FOUND_TO of it.
    game, honest = bg.load_game("pythia-gsm8k"), np.zeros(5)
    for rule in (bg.make_protocol("direct"), bg.make_protocol("tune-before-test", level=1686.0)):
        exact = bg.metrics.regrets(game, rule, honest)
        found = simulated_regrets(game, rule, honest, rng())
        assert found.samples == 0
        np.testing.assert_array_equal(found.low, found.high)
        assert (found.estimate <= exact + 1e-12).all()
        np.testing.assert_allclose(found.estimate, exact, rtol=0, atol=FOUND_TO)


def test_an_opaque_rule_is_graded_as_the_exact_rule_inside_it() -> None:
    # Random games and mixtures; each end may miss in 2.5 % of the developers.
    outside_low = outside_high = developers = 0
    for seed, stream, game, rule in random_cases(range(12), "quality", least=2, most=3):
        strategies = random_mixture(stream, game)
        exact = bg.metrics.regrets(game, rule, strategies)
        found = simulated_regrets(game, Opaque(rule), strategies, rng(seed), boards=200)
        assert found.samples == 200
        developers += exact.size
        outside_low += (found.low > exact + 1e-12).sum()
        outside_high += (found.high < exact - FOUND_TO).sum()
    most = binom.ppf(0.999, developers, 0.025)
    assert outside_low <= most
    assert outside_high <= most


@pytest.mark.parametrize("plays", [False, True], ids=["strategies", "plays"])
def test_intervals_hold_as_often_as_they_say(plays) -> None:
    # The duel's equilibrium on levels of 0.1 has an exact regret; 200 draws of 100 boards each.
    efforts = np.linspace(0.0, 1.0, 11)
    game, mixed = bg.load_game("duel"), [(efforts, np.full(11, 1 / 11))] * 2
    exact = bg.metrics.regrets(game, "direct", mixed)
    assert exact.min() > 0.05  # both ends can miss
    missed = np.zeros(2)
    for seed in range(200):
        stream = rng(seed)
        given = stream.choice(efforts, (100, 2)) if plays else mixed
        # Efforts just above each level, so that the best deviation is among them.
        tried = np.concatenate((efforts, efforts + 0.5 + 1e-6, efforts - 0.5 + 1e-6))
        tried = tried[(tried >= 0) & (tried <= 1)]
        found = simulated_regrets(game, "direct", given, stream, boards=100, efforts=tried)
        missed += (found.low > exact).any(), (found.high < exact - 1e-5)[0]
    assert (missed <= binom.ppf(0.999, 200, 0.025)).all(), missed


class OneCoin(bg.Protocol):
    """Direct evaluation; with chance 0.3 all boards of one call are turned upside down."""

    def evaluate(self, game, efforts, rng=None):
        board = bg.make_protocol("direct").evaluate(game, efforts)
        return game.board(board.scores * (-1 if rng.random() < 0.3 else 1))


def test_draws_that_boards_of_a_call_share_do_not_shrink_the_interval() -> None:
    # The second wins with chance 0.3; ahead of the first, at a cost of 0.1, with 0.7: it gains 0.3.
    game = bg.Game(bg.curves.Additive([1.0, 0.5]), bg.LinearCost(0.2), [1.0, 0.0])
    found = [
        simulated_regrets(game, OneCoin(), [0.0, 0.0], rng(seed), 1_000, efforts=[0.0, 0.5 + 1e-6])
        for seed in range(100)
    ]
    low, high = (np.array([getattr(f, end)[1] for f in found]) for end in ("low", "high"))
    most = binom.ppf(0.999, 100, 0.05)  # t intervals of so few coins miss some more than 2.5 %
    assert (high < 0.3 - 1e-6).sum() <= most
    assert (low > 0.3).sum() <= most
    # A gain of 0.9 or -1.1 a call, 20 calls: two deviations of 0.92 / sqrt(20). By boards: 0.06.
    assert np.median(high) - 0.3 > 0.2


def first_look_by_hand(game: Any, efforts: list[list[float]], alternating: bool) -> list[float]:
    """Mean payoffs under first-look of efforts ``[rounds][n]``: scores stay as at the first turn."""
    n = len(game.prizes)
    held, locked, total = [0.0] * n, [None] * n, [0.0] * n
    for k, asked in enumerate(efforts):
        for i in range(n):
            if not alternating or i == n - 1 - k % n:
                held[i] = asked[i]
        scores = [publish(float(s)) for s in game.curves.score(np.array(held))]
        for i in range(n):
            if locked[i] is not None:
                scores[i] = locked[i]
            elif not alternating or i == n - 1 - k % n:
                locked[i] = scores[i]
        prizes = award_all(scores, [float(p) for p in game.prizes], "quality")
        for i in range(n):
            total[i] += prizes[i] - float(game.cost(np.array(held[i])))
    return [t / len(efforts) for t in total]


@pytest.mark.parametrize("revision", ["simultaneous", "alternating"])
def test_a_rule_that_remembers_against_plain_loops(revision) -> None:
    game, horizon, tried = evenly_spaced(3), 5, [0.0, 0.1, 0.26, 0.51, 0.7]
    played = [0.0, 0.3, 0.2]
    found = simulated_regrets(
        game, "first-look", played, rng(), horizon=horizon, revision=revision, efforts=tried
    )
    now = first_look_by_hand(game, [played] * horizon, revision == "alternating")
    gains = [0.0] * 3
    for i in range(3):
        for effort in tried:
            other = [effort if j == i else e for j, e in enumerate(played)]
            by_hand = first_look_by_hand(game, [other] * horizon, revision == "alternating")[i]
            gains[i] = max(gains[i], by_hand - now[i])
    assert max(gains) > 0.1
    np.testing.assert_allclose(found.estimate, gains, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(found.high, found.low)


def test_drawn_boards_of_independent_scores_against_the_certified_grader() -> None:
    rule = bg.make_protocol("finite-test", items=100)
    exact = bg.metrics.regrets("five", rule, np.zeros(5))
    found = simulated_regrets("five", rule, np.zeros(5), rng(1), boards=1_000)
    assert (found.low <= exact).all()
    assert (exact <= found.high).all()
    assert (found.high - found.low)[-1] < 0.1  # P is 1


def test_intervals_hold_where_scores_are_drawn() -> None:
    # The certified grader knows the largest gain over all efforts; levels of 0.1 come close to it, as
    # the prize is smooth: at the best effort its second derivative is below 4, so 4 / 2 x 0.05^2.
    rule, levels = bg.make_protocol("finite-test", items=20), np.linspace(0.0, 1.0, 11)
    exact = bg.metrics.regrets("duel", rule, [0.0, 0.3])
    missed = np.zeros(2)
    for seed in range(40):
        found = simulated_regrets("duel", rule, [0.0, 0.3], rng(seed), 100, efforts=levels)
        missed += (found.low > exact).any(), (found.high < exact - 5e-3)[0]
    assert (missed <= binom.ppf(0.999, 40, 0.025)).all(), missed


def test_intervals_hold_where_boards_are_drawn_apart() -> None:
    # As above, with few boards: each is a unit of its own under this rule, and 40 calls would be 20.
    rule, levels = bg.make_protocol("finite-test", items=20), np.linspace(0.0, 1.0, 11)
    assert rule.traits.apart
    exact = bg.metrics.regrets("duel", rule, [0.0, 0.3])
    missed = np.zeros(2)
    for seed in range(100):
        found = simulated_regrets("duel", rule, [0.0, 0.3], rng(seed), 40, efforts=levels)
        missed += (found.low > exact).any(), (found.high < exact - 5e-3)[0]
    assert (missed <= binom.ppf(0.999, 100, 0.025)).all(), missed


def test_episodes_in_random_turns_count_once() -> None:
    # A long first stay decides the prize of an episode, so all boards of a play hang together: playing
    # two plays a thousand times each is no thousand independent draws of the two.
    plays = np.zeros((2, 3, 2))
    plays[1, :, 0] = 0.3
    found = simulated_regrets(
        "duel", "first-look", plays, rng(), 2_000, revision="random", efforts=[0.0, 0.501]
    )
    assert found.samples == 2_000
    assert (found.high - found.estimate > 0.1).all()  # two independent units


def test_a_shared_test_is_graded_exactly() -> None:
    # Items are shared, so the better model never shows less: who leads has nothing to gain. Ahead by d,
    # the second wins unless none of the 100 items lies between the two: 1 - (1 - d)^100.
    found = simulated_regrets("duel", ("shared-test", {"items": 100}), [0.0, 0.0], rng(), boards=400)
    efforts = np.linspace(0.5, 1.0, 1_001)
    ahead = np.exp(-1.0) - np.exp(-0.5 - efforts)
    gain = (1 - (1 - ahead) ** 100 - efforts).max()
    assert found.samples == 0
    for values in (found.low, found.estimate, found.high):
        assert values[0] == 0
        assert values[1] == pytest.approx(gain, rel=0, abs=FOUND_TO)


def test_episodes_that_were_played_are_graded_as_they_were_played() -> None:
    # Half of the episodes the first developer spends nothing, so the second overtakes at 0.5 and wins 1.
    plays = np.zeros((40, 4, 2))
    plays[::2, :, 0] = 0.3
    found = simulated_regrets("duel", "first-look", plays, rng(), efforts=[0.0, 0.501])
    assert found.samples == 40
    assert found.estimate[1] == 0  # 0.5 x 1 - 0.501
    assert found.estimate[0] == pytest.approx(0.15)  # without 0.3 in half of the episodes
    assert found.low[0] < 0.15 < found.high[0]


def test_too_few_plays_say_nothing() -> None:
    found = simulated_regrets("duel", "direct", np.zeros((1, 2)), rng())
    noisy = simulated_regrets("duel", Bare(), np.zeros((1, 2)), rng(), boards=2)
    assert found.samples == 0  # nothing is drawn: one play is all there is to know
    assert np.isfinite(noisy.high).all()
    two = simulated_regrets("duel", "direct", np.array([[0.0, 0.0], [0.1, 0.0]]), rng())
    assert two.low.max() == 0
    assert two.high.min() >= 1  # P


def test_the_same_seed_gives_the_same_numbers() -> None:
    def found(seed: int) -> RegretBounds:
        rule = ("first-look", {"base": ("finite-test", {"items": 50})})
        return simulated_regrets("duel", rule, [0.0, 0.2], rng(seed), boards=40, horizon=3)

    one, again, other = found(0), found(0), found(1)
    for name in ("estimate", "low", "high"):
        np.testing.assert_array_equal(getattr(one, name), getattr(again, name))
    assert not np.array_equal(one.estimate, other.estimate)


def test_unsuitable_arguments_are_refused() -> None:
    honest = [0.0, 0.0]
    for words, parts in {
        "confidence": {"confidence": 1.5},
        "boards": {"boards": 1},
        "horizon": {"horizon": 0},
        "revision": {"revision": "sometimes"},
        "efforts": {"efforts": [math.nan]},
    }.items():
        with pytest.raises(ValueError, match=words):
            simulated_regrets("duel", "direct", honest, rng(), **parts)
    with pytest.raises(ValueError, match="plays"):
        simulated_regrets("duel", "direct", np.zeros((4, 3)), rng())
