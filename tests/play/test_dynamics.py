"""One round of play: pure, on any leading axes, with efforts by task; and the order of turns."""

from __future__ import annotations

from copy import deepcopy
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools.cases import GAMES, REVISIONS, Noisy, kinds
from tools.checks import same

import benchgame_env as bg
from benchgame_env.play.actions import EffortAxis, by_task, public
from benchgame_env.play.dynamics import Rules, State, advance, opening
from benchgame_env.turns import in_turn

KINDS = kinds() | {"noisy": Noisy()}
every_kind = pytest.mark.parametrize("rule", KINDS)
every_revision = pytest.mark.parametrize("revision", REVISIONS)


def five(rule: str, revision: str) -> Rules:
    game = GAMES["five-with-ties"]()
    axis = EffortAxis.of(game, "continuous", 41, "linear").by_task(game.n_tasks)
    return Rules(game, KINDS[rule], axis, revision)


def arrays(state: State) -> list[np.ndarray]:
    return [state.position, state.effort, state.cost, *state.board, state.turn]


# A round


@every_kind
@every_revision
def test_a_round_is_a_pure_function(rule: str, revision: str) -> None:
    rules, rng = five(rule, revision), np.random.default_rng(0)
    state = opening(rules, (3, 5), rng)
    for _ in range(4):
        before, asked = deepcopy(state), rng.uniform(size=(3, 5, 1))
        first, second = (advance(rules, state, asked, np.random.default_rng(9)) for _ in range(2))
        assert same(arrays(first), arrays(second))
        assert same(arrays(state), arrays(before))
        state = first
    assert state.round == 4


@every_kind
@every_revision
def test_rounds_in_a_row_are_an_episode_of_the_environment(rule: str, revision: str) -> None:
    rules, rng = five(rule, revision), np.random.default_rng(4)
    vec = bg.vector_env(rules.game, rules.protocol, num_envs=3, horizon=4, revision=revision)
    vec.reset(4)
    state, actions = opening(rules, (3, 5), rng), np.random.default_rng(0).uniform(-1, 1, (4, 3, 5))
    for t in range(4):
        infos = vec.step(actions[t])[-1]
        state = advance(rules, state, vec.axis.position(actions[t])[..., None], rng)
        assert np.array_equal(infos["effort"], state.effort[..., 0])
        assert np.array_equal(infos["score"], state.board.scores)
        assert np.array_equal(infos["payoff"], state.board.prizes - state.cost)


@pytest.mark.parametrize("revision", ["simultaneous", "alternating"])
def test_leading_axes_are_copies(revision: str) -> None:
    rules, rng = five("direct-split", revision), np.random.default_rng(0)
    asked = rng.uniform(size=(6, 2, 3, 5, 1))
    many, one = opening(rules, (2, 3, 5), rng), opening(rules, (5,), rng)
    for t in range(6):
        many, one = advance(rules, many, asked[t], rng), advance(rules, one, asked[t, 1, 2], rng)
    for a, b in zip(arrays(many), arrays(one), strict=True):
        assert np.array_equal(a[1, 2], b)


# Efforts by task


@given(shape=st.lists(st.integers(1, 4), min_size=1, max_size=3))
def test_with_one_task_the_task_axis_comes_and_goes(shape: list[int]) -> None:
    values = np.random.default_rng(0).uniform(size=shape)
    assert by_task(values, 1).shape == (*shape, 1)
    assert np.array_equal(public(by_task(values, 1)), values)


def test_with_two_tasks_efforts_keep_their_axis() -> None:
    deep = np.zeros((3, 5, 2))
    assert by_task(deep, 2) is deep
    assert public(deep) is deep


class SumOfTasks(bg.Protocol):
    """A rule of two tasks: the score is the sum of the efforts."""

    def evaluate(self, game: Any, efforts: Any, rng: Any = None) -> bg.Board:
        scores = efforts.sum(axis=-1)
        return bg.Board(scores, np.ones(scores.shape, dtype=np.int64), np.zeros(scores.shape))


def test_a_round_of_two_tasks() -> None:
    # Largest efforts (2, 4) and (1, 3) by task; an effort costs half of its sum.
    game: Any = SimpleNamespace(n_tasks=2, cost=lambda efforts: efforts.sum(axis=-1) / 2)
    axis = EffortAxis(np.array([[2.0, 4.0], [1.0, 3.0]])).by_task(2)
    rules, rng = Rules(game, SumOfTasks(), axis, "alternating"), np.random.default_rng(0)
    state = opening(rules, (2,), rng)
    assert state.effort.tolist() == [[0.0, 0.0], [0.0, 0.0]]
    asked = np.array([[0.5, 0.5], [1.0, 0.5]])
    state = advance(rules, state, asked, rng)  # the turn of the second: (1, 1.5)
    assert state.effort.tolist() == [[0.0, 0.0], [1.0, 1.5]]
    state = advance(rules, state, asked, rng)  # then of the first: (1, 2)
    assert state.effort.tolist() == [[1.0, 2.0], [1.0, 1.5]]
    assert state.board.scores.tolist() == [3.0, 2.5]
    assert state.cost.tolist() == [1.5, 1.25]


def test_shipped_games_have_one_task() -> None:
    assert {bg.load_game(name).n_tasks for name in bg.games()} == {1}


# Turns


def test_turns_run_from_the_worst_quality_upwards_and_again() -> None:
    assert in_turn(range(7), 3).tolist() == [2, 1, 0, 2, 1, 0, 2]
    assert in_turn(range(3), 1).tolist() == [0, 0, 0]
    assert in_turn([[0, 4], [5, 9]], 5).tolist() == [[4, 0], [4, 0]]
    assert int(in_turn(10**12, 7)) == 6 - 10**12 % 7


@pytest.mark.parametrize("n", [1, 2, 5])
def test_the_environment_takes_turns_in_this_order(n: int) -> None:
    game = bg.Game(bg.curves.Additive(np.arange(n, 0, -1)), bg.LinearCost(1.0), np.arange(n, 0, -1.0))
    vec, on_turn = bg.vector_env(game, "direct", num_envs=1, revision="alternating", horizon=12), []
    vec.reset(0)
    for _ in range(11):
        on_turn.append(int(vec.turn[0].argmax()))
        vec.step(np.zeros((1, n)))
    assert on_turn == in_turn(range(11), n).tolist()
