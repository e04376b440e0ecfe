"""The global state: all that anybody sees, each thing once."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools.cases import GAMES, REVISIONS, Noisy, kinds

import benchgame_env as bg
from benchgame_env.play.global_state import StateLayout
from benchgame_env.play.observation import ObservationLayout

KINDS = kinds() | {"noisy": Noisy()}
ORDER = ["curves", "published", "efforts", "board_scores", "board_ranks", "turn", "rounds_left"]


def played(game: Any, protocol: Any, rounds: int, **settings: Any) -> tuple[bg.VectorEnv, np.ndarray]:
    """A batch of two after some rounds of random play, and its observations."""
    kind = {"num_envs": 2, "horizon": 4, "auto_reset": False} | settings
    vec, rng = bg.vector_env(game, protocol, **kind), np.random.default_rng(0)
    seen, _ = vec.reset(0)
    for _ in range(rounds):
        seen, *_ = vec.step(rng.uniform(-1, 1, (2, vec.n_developers)))
    return vec, seen


@given(n=st.integers(1, 60), published=st.integers(0, 5), bounded=st.booleans())
def test_the_parts_cover_the_state_in_the_documented_order(
    n: int, published: int, bounded: bool
) -> None:
    layout = StateLayout(n, published, bounded)
    covered = [k for where in layout.parts.values() for k in range(where.start, where.stop)]
    assert covered == list(range(layout.size))
    assert list(layout.parts) == ORDER
    assert layout.size == 5 * n + published + 4 * n + 1


def test_a_state_of_31_developers_is_no_longer_thousands_of_numbers() -> None:
    env = bg.parallel_env("open-gsm8k")  # all observations in a row: 31 * (4 * 31 + 8) = 4,092
    assert len(env.possible_agents) == 31
    assert env.state_space.shape == (9 * 31 + 1,)


@pytest.mark.parametrize("rounds", [0, 3, 4])
@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize("rule", KINDS)
@pytest.mark.parametrize("name", GAMES)
def test_every_observation_follows_from_the_state(
    name: str, rule: str, revision: str, rounds: int
) -> None:
    vec, seen = played(GAMES[name](), KINDS[rule], rounds, revision=revision)
    state, n = vec.state(), vec.n_developers
    part = {key: state[:, where] for key, where in vec.state_parts.items()}
    shared = [part[key] for key in ("board_scores", "board_ranks", "turn", "rounds_left")]
    for i in range(n):
        seat = np.tile(np.eye(n, dtype=np.float32)[i], (2, 1))
        curve, held = part["curves"][:, 5 * i : 5 * i + 5], part["efforts"][:, i : i + 1]
        own = [seat, curve, part["published"], held, part["board_scores"][:, i : i + 1]]
        assert np.array_equal(np.hstack([*own, *shared]), seen[:, i])


@pytest.mark.parametrize("rule", KINDS)
@pytest.mark.parametrize("revision", REVISIONS)
def test_no_number_of_the_state_is_said_twice(revision: str, rule: str) -> None:
    # Two entries that agree in all of 40 rounds of random play say the same, unless both are constant.
    kind = {"num_envs": 1, "horizon": 40, "revision": revision}
    vec, rng = bg.vector_env("pythia-gsm8k", KINDS[rule], **kind), np.random.default_rng(1)
    vec.reset(0)
    states = [vec.state()[0]]
    for _ in range(39):
        vec.step(rng.uniform(-1, 1, (1, vec.n_developers)))
        states.append(vec.state()[0])
    table = np.array(states).T
    moving = table[(table != table[:, :1]).any(axis=1)]
    assert len(np.unique(moving, axis=0)) == len(moving)
    assert len(moving) > 2 * vec.n_developers  # efforts and ranks move under every rule, and the clock


def test_every_part_of_the_duel() -> None:
    rule = ("tune-before-test", {"level": 0.25})
    vec = bg.vector_env("duel", rule, num_envs=1, horizon=4, revision="alternating")
    vec.reset(0)
    vec.step(np.array([[0.0, -0.5]]))  # the turn of developer 1: effort 0.25, a quarter of the scale
    state = vec.state()[0]
    part = {key: state[where].tolist() for key, where in vec.state_parts.items()}
    curves = [1 - math.exp(-(theta + k / 4)) for theta in (1.0, 0.5) for k in range(5)]
    assert part["curves"] == pytest.approx(curves, abs=1e-7)
    assert part["published"] == pytest.approx([math.log1p(0.25) / 10])
    assert part["efforts"] == [0.0, 0.25]
    # theta + level + effort: 1 + 0.25 + 0 and 0.5 + 0.25 + 0.25.
    assert part["board_scores"] == pytest.approx([1 - math.exp(-1.25), 1 - math.exp(-1.0)], abs=1e-6)
    assert part["board_ranks"] == [0.0, 1.0]
    assert part["turn"] == [1.0, 0.0]
    assert part["rounds_left"] == [0.75]


def test_with_auto_reset_the_state_is_that_of_what_was_returned() -> None:
    vec = bg.vector_env("duel", "direct", num_envs=2, horizon=3)
    vec.reset(0)
    opening = vec.state()
    for _ in range(3):
        vec.step(np.ones((2, 2)))
    assert np.array_equal(vec.state(), opening)


def test_states_are_new_arrays() -> None:
    vec, _ = played("duel", "direct", 2)
    state = vec.state()
    known = state.copy()
    state[:] = 77
    assert np.array_equal(vec.state(), known)


@pytest.mark.parametrize("layout", [ObservationLayout, StateLayout])
def test_of_all_parts_only_efforts_grow_with_the_tasks(layout: Any) -> None:
    one, two = layout(3, 1, True, 1), layout(3, 1, True, 2)
    grown = {
        key: two.parts[key].stop - two.parts[key].start - (where.stop - where.start)
        for key, where in one.parts.items()
    }
    assert {key for key, more in grown.items() if more} <= {"own_effort", "efforts"}
    assert list(one.parts) == list(two.parts)
