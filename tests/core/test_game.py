"""The constitution: ranks, ties, prizes, payoffs, and every game that is refused."""

from __future__ import annotations

import math
from dataclasses import FrozenInstanceError, dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools.generators import Fee, Index, games, profiles, rngs
from witnesses.episodes import award_all, rank_all

import benchgame_env as bg
from benchgame_env.curves import Additive, ScalingLaw
from benchgame_env.game import COUNT_FROM, COUNT_UP_TO, TIES, rank

ties = st.sampled_from(TIES)
# Few distinct values, so that ties of every size occur; -0.0 and 0.0 are one score.
score_lists = st.lists(st.sampled_from([-1.0, -0.0, 0.0, 0.25, 0.5, 1.0]), min_size=1, max_size=6)


def game_with(prizes, **changes) -> bg.Game:
    n = len(prizes)
    return bg.Game(
        **({"curves": Additive(np.zeros(n)), "cost": bg.LinearCost(), "prizes": prizes} | changes)
    )


# --- ranks and prizes --------------------------------------------------------------------------


@given(score_lists, ties)
def test_ranks_and_prizes_against_the_slow_reference(scores, rule) -> None:
    prizes = [float(k) for k in range(len(scores), 0, -1)]
    board = game_with(prizes).board(np.array(scores), rule)
    assert board.ranks.tolist() == rank_all(scores, rule)
    assert board.prizes.tolist() == pytest.approx(award_all(scores, prizes, rule), abs=1e-12)


@pytest.mark.parametrize("rule", TIES)
@pytest.mark.parametrize("n", [1, 2, 5, COUNT_UP_TO, COUNT_UP_TO + 1])
@pytest.mark.parametrize("boards", [(1,), (COUNT_FROM - 1,), (COUNT_FROM,), (3, COUNT_FROM)])
def test_few_boards_and_many_are_ranked_alike(boards, n, rule) -> None:
    scores = np.random.default_rng(n).choice([-1.0, -0.0, 0.0, 0.25, 0.5, np.inf], (*boards, n))
    ranks = rank(scores, rule)
    assert ranks.shape == scores.shape
    assert ranks.dtype == np.int64
    flat = zip(ranks.reshape(-1, n).tolist(), scores.reshape(-1, n).tolist(), strict=True)
    assert all(found == rank_all(row, rule) for found, row in flat)


@pytest.mark.parametrize("rule", TIES)
@pytest.mark.parametrize("boards", [1, COUNT_FROM])
def test_what_is_no_number_ranks_last(boards, rule) -> None:
    scores = np.tile([0.5, math.nan, 0.7, 0.5], (boards, 1))
    expected = {"quality": [2, 4, 1, 3], "split": [2, 4, 1, 2]}[rule]
    assert rank(scores, rule).tolist() == [expected] * boards


@given(score_lists)
def test_ranks_are_a_ranking_when_quality_breaks_ties(scores) -> None:
    assert sorted(rank(np.array(scores)).tolist()) == list(range(1, len(scores) + 1))


@given(games(), ties, rngs)
def test_prizes_paid_sum_to_the_pot(game, rule, rng) -> None:
    scores = rng.integers(0, 3, (10, game.n_developers)) / 2
    paid = game.board(scores, rule).prizes.sum(axis=-1)
    np.testing.assert_allclose(paid, game.prizes.sum(), rtol=0, atol=1e-12)


@given(games(), ties, rngs)
def test_prizes_follow_scores(game, rule, rng) -> None:
    scores = rng.integers(0, 4, game.n_developers) / 4
    prizes = game.board(scores, rule).prizes
    ahead = scores[:, None] > scores
    assert (prizes[:, None] >= prizes - 1e-12)[ahead].all()


@given(games(least=2), ties, rngs)
def test_payoffs_permute_with_the_developers_when_scores_are_distinct(game, rule, rng) -> None:
    n = game.n_developers
    scores, efforts = rng.permutation(n) / n, rng.random(n)
    permutation = rng.permutation(n)

    def payoffs(order):
        return game.payoffs(game.board(scores[order], rule).prizes, efforts[order])

    # Under split a prize is a difference of running totals: one rounding each.
    np.testing.assert_allclose(payoffs(permutation), payoffs(np.arange(n))[permutation], atol=1e-12)


@given(games(), ties, rngs)
def test_boards_of_a_batch_are_the_boards_of_its_rows(game, rule, rng) -> None:
    scores = rng.integers(0, 3, (2, 3, game.n_developers)) / 2
    batch = game.board(scores, rule)
    for row in np.ndindex(2, 3):
        single = game.board(scores[row], rule)
        np.testing.assert_array_equal(batch.ranks[row], single.ranks)
        np.testing.assert_array_equal(batch.prizes[row], single.prizes)


@pytest.mark.parametrize(
    ("scores", "rule", "ranks", "prizes"),
    [
        # Equal scores go to the better model, which is the lower index.
        ([0.5, 0.5, 0.5], "quality", [1, 2, 3], [1.0, 0.0, 0.0]),
        ([0.2, 0.5, 0.5], "quality", [3, 1, 2], [0.0, 1.0, 0.0]),
        # A tied block shares the prizes it covers: 1/3 each, and (1 + 0)/2 each.
        ([0.5, 0.5, 0.5], "split", [1, 1, 1], [1 / 3, 1 / 3, 1 / 3]),
        ([0.2, 0.5, 0.5], "split", [3, 1, 1], [0.0, 0.5, 0.5]),
        ([0.2, 0.5, 0.2], "split", [2, 1, 2], [0.0, 1.0, 0.0]),
    ],
)
def test_tie_rules_known_answers(scores, rule, ranks, prizes) -> None:
    board = game_with([1.0, 0.0, 0.0]).board(np.array(scores), rule)
    assert board.ranks.tolist() == ranks
    assert board.prizes.tolist() == pytest.approx(prizes, abs=1e-15)


def test_split_ranks_skip_the_places_that_a_block_covers() -> None:
    assert rank(np.array([0.1, 0.5, 0.5, 0.9]), "split").tolist() == [4, 2, 2, 1]


def test_unknown_tie_rule_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"ties: .*'coin'.* quality, split"):
        rank(np.zeros(2), "coin")


# --- derived quantities ------------------------------------------------------------------------


@given(games(), st.data())
def test_payoff_is_prize_minus_cost(game, data) -> None:
    efforts = data.draw(profiles(game))[0]
    prizes = game.board(game.curves.score(efforts)).prizes
    for i in range(game.n_developers):
        expected = prizes[i] - float(game.cost(efforts[i]))
        assert game.payoffs(prizes, efforts)[i] == pytest.approx(expected, abs=1e-12)


@given(games(least=2))
def test_effort_scale_is_where_effort_stops_paying(game) -> None:
    # F = min(budget, sup{e : c(e) <= P}), theory section 8.
    worth = game.effort_scale[game.effort_scale < game.budget]
    assert (game.effort_scale <= game.budget).all()
    np.testing.assert_allclose(game.cost(worth), np.full(worth.size, game.prize_range), atol=1e-9)


def test_effort_scale_and_largest_effort_known_answers() -> None:
    # c(e) = 2 e pays up to e = 0.5 for P = 1; the largest action is the budget where there is one.
    game = game_with([1.0, 0.5, 0.0], cost=bg.LinearCost(2.0), budget=[0.2, math.inf, 3.0])
    assert game.effort_scale.tolist() == [0.2, 0.5, 0.5]
    assert game.max_effort.tolist() == [0.2, 0.5, 3.0]
    assert game.prize_range == 1.0


def test_defaults() -> None:
    game = bg.Game(Index([0.0, 1.0], [1.0, 1.0]), bg.LinearCost(), [1, 0])
    assert game.names == ("model-0", "model-1")
    assert game.quality.tolist() == [2.0, 1.0]
    assert game.budget.tolist() == [math.inf, math.inf]


def test_quality_defaults_to_that_of_the_curves() -> None:
    assert bg.load_game("duel").quality.tolist() == [1.0, 0.5]


def test_developers_are_found_by_name() -> None:
    game = game_with([1.0, 0.0], names=["a", "b"])
    assert game.developer("b") == 1
    with pytest.raises(ValueError, match=r"developer: .*'c'.* a, b"):
        game.developer("c")


def test_a_game_is_frozen_and_keeps_its_own_numbers() -> None:
    prizes = np.array([1.0, 0.0])
    game = game_with(prizes)
    prizes[0] = 9.0
    assert game.prizes[0] == 1.0
    with pytest.raises(FrozenInstanceError):
        game.prizes = prizes
    with pytest.raises(ValueError, match="read-only"):
        game.prizes[0] = 9.0
    with pytest.raises(ValueError, match="read-only"):
        game.budget[0] = 9.0


@pytest.mark.parametrize("prizes", [[1.0], [1.0, 1.0], [0.0, -1.0], [3, 2, 2, 0]])
def test_accepted_prizes(prizes) -> None:
    assert game_with(prizes).prizes.tolist() == prizes


# --- refused -----------------------------------------------------------------------------------

LAW = ScalingLaw([0, 0], [1, 0.9], [0, 0], [1, 1])


@dataclass(frozen=True)
class Falling:
    """A curve that falls by 0.1 somewhere in mid-range."""

    def score(self, effort: Any) -> Any:
        return np.where(np.asarray(effort) > 0.5, 0.4, 0.5)

    def effort_for(self, score: Any) -> Any:
        return np.where(np.asarray(score) <= 0.5, 0.0, np.inf)


class WrongInverse(Falling):
    """Rises from 0 to 1, but claims that no score takes any effort."""

    def score(self, effort: Any) -> Any:
        return 1 - np.exp(-np.asarray(effort))

    def effort_for(self, score: Any) -> Any:
        return np.zeros(np.shape(score))


class NotANumber(Falling):
    def score(self, effort: Any) -> Any:
        return np.where(np.asarray(effort) > 0.5, np.nan, 0.5)


class OneForAll(Falling):
    def score(self, effort: Any) -> Any:
        return np.asarray(effort)[..., :1]


class Scalar(Falling):
    def score(self, effort: Any) -> Any:
        return np.zeros(np.shape(effort))

    def effort_for(self, score: Any) -> Any:
        return np.float64(0.0)


class Cost:
    """A cost by formula; members as in `benchgame_env.costs.Cost`."""

    strictly_increasing = True

    def __init__(self, formula) -> None:
        self.formula = formula

    def __call__(self, effort: Any) -> Any:
        return self.formula(np.asarray(effort, dtype=np.float64))

    def inverse(self, value: Any) -> Any:
        return value


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"prizes": [0.0, 1.0]}, r"prizes: .*got \[0.0, 1.0\]"),
        ({"prizes": [[1.0, 0.0]]}, r"prizes: .*got shape \(1, 2\)"),
        ({"prizes": 1.0}, r"prizes: .*got shape \(\)"),
        ({"prizes": [math.inf, 0.0]}, r"prizes: .*got \[inf, 0.0\]"),
        ({"prizes": [1.0, math.nan]}, r"prizes: .*got \[1.0, nan\]"),
        ({"prizes": ["first", "second"]}, "prizes"),
        ({"prizes": [3, 2, 1], "curves": LAW}, "curves: 2 .*prizes has 3"),
        ({"prizes": [3, 2, 1], "curves": Index([0, 0], [1, 1])}, "curves: .*3 developers"),
        ({"quality": [0.5, 1.0]}, r"quality: .*got \[0.5, 1.0\]"),
        ({"quality": [1.0]}, "quality: 1 .*2 developers"),
        ({"quality": [1.0, math.inf]}, r"quality: .*got \[1.0, inf\]"),
        ({"curves": Additive([0.5, 1.0])}, r"quality: .*got \[0.5, 1.0\]"),
        ({"names": ["a", "a"]}, r"names: .*got \['a', 'a'\]"),
        ({"names": ["a"]}, r"names: .*got \['a'\]"),
        ({"names": "ab"}, "names"),  # one string is one name, not two
        ({"budget": -1.0}, r"budget: .*>= 0, got \[-1.0, -1.0\]"),
        ({"budget": [1.0, math.nan]}, r"budget: .*>= 0, got \[1.0, nan\]"),
        ({"budget": [1.0, 1.0, 1.0]}, "budget.*3"),
        ({"budget": "plenty"}, "budget.*plenty"),
        ({"cost": Cost(lambda e: -e)}, "cost: .*-1000.0"),
        ({"cost": Cost(lambda e: 1 + e)}, "cost: .* 0 at effort 0, got 1.0"),
        ({"cost": Cost(lambda e: e * np.nan)}, "cost: .* 0 at effort 0, got nan"),
        ({"cost": Cost(lambda e: np.where(e > 1, 0.5, e))}, "cost .*at effort .* to 0.5"),
        ({"cost": Cost(lambda e: 0.0)}, r"cost: .*\(\) .*\(257,\)"),
        ({"curves": Falling()}, "curves: developer 0 .*0.5 at effort .* to 0.4"),
        ({"curves": WrongInverse()}, "curves: effort_for .*developer 0 .* 0"),
        ({"curves": NotANumber()}, "curves: developer 0 .*nan"),
        ({"curves": OneForAll()}, r"curves: score .*\(257, 2\) to \(257, 1\)"),
        ({"curves": Scalar()}, r"curves: effort_for .*\(257, 2\) to \(\)"),
    ],
)
def test_refused(changes, message) -> None:
    duel = {"curves": Additive([0.0, 0.0]), "cost": bg.LinearCost(), "prizes": [1.0, 0.0]}
    with pytest.raises(ValueError, match=message):
        bg.Game(**(duel | changes))


def test_validation_runs_again_when_fields_are_replaced() -> None:
    with pytest.raises(ValueError, match=r"budget: .*>= 0"):
        replace(bg.load_game("duel"), budget=-0.1)


# --- users' classes ----------------------------------------------------------------------------


def test_users_curves_and_cost_are_accepted() -> None:
    game = bg.Game(Index([1.0, 0.5], [1.0, 2.0]), Fee(0.1), [1.0, 0.0])
    board = bg.make_protocol("direct").evaluate(game, np.array([0.0, 0.3]))
    # Indices 1 and 0.5 + 2 * 0.3 = 1.1; developer 1 pays 0.1 + 0.3.
    assert board.ranks.tolist() == [2, 1]
    assert game.payoffs(board.prizes, np.array([0.0, 0.3])).tolist() == pytest.approx([0.0, 0.6])


@pytest.mark.parametrize(
    "formula",
    [
        np.expm1,  # overflows to inf far beyond any effort that pays
        lambda e: np.where(e <= 2, e, np.inf),  # a hard cap
    ],
    ids=["exponential", "capped"],
)
def test_a_cost_may_become_infinite(formula) -> None:
    # Validation probes far beyond use; what it meets there must not end in a NumPy warning.
    with np.errstate(over="ignore"):
        game = game_with([1.0, 0.0], cost=Cost(formula))
    assert game.prize_range == 1.0
