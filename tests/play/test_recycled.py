"""Observations live in memory that is used again, and are nevertheless the caller's own."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

import benchgame_env as bg
from benchgame_env.agents import line_up, play
from benchgame_env.play import recycled
from benchgame_env.play.recycled import KEPT, Shelf


def address(array: Any) -> int:
    return int(array.__array_interface__["data"][0])


def test_an_array_is_handed_out_again_once_it_is_let_go() -> None:
    shelf = Shelf((4, 3), np.float32)
    held = shelf.take()
    first = address(held)
    assert address(shelf.take()) != first
    del held
    assert address(shelf.take()) == first


@pytest.mark.parametrize(
    "keep",
    [
        lambda array: [array],
        lambda array: array[1:, 0],
        lambda array: array.T[::2],
        memoryview,
        lambda array: {"observation": array.view(np.int32)},
    ],
    ids=["a list", "a part", "a turned part", "a buffer", "a view"],
)
def test_an_array_is_kept_by_whatever_shows_it(keep: Any) -> None:
    shelf = Shelf((4, 3), np.float32)
    kept = keep(shelf.take())
    before = np.array(kept["observation"] if isinstance(kept, dict) else kept)
    for value in range(2 * KEPT):
        shelf.take()[:] = value
    assert (np.array(kept["observation"] if isinstance(kept, dict) else kept) == before).all()


def test_a_tensor_keeps_its_array() -> None:
    torch = pytest.importorskip("torch")
    shelf = Shelf((4, 3), np.float32)
    tensor = torch.from_numpy(shelf.take())
    tensor[:] = 7.0
    for value in range(2 * KEPT):
        shelf.take()[:] = value
    assert (tensor == 7.0).all()


@pytest.mark.parametrize("revision", ["simultaneous", "alternating", "random"])
def test_observations_that_are_kept_never_change(revision: str) -> None:
    # Over two episodes, the first ends with an auto-reset. Kept: all of them, every second one, or a
    # single developer's; against copies made at once.
    vec = bg.vector_env("three", "direct", num_envs=5, horizon=4, revision=revision)
    rng = np.random.default_rng(0)
    seen, infos = vec.reset(seed=1)
    shown, copies = [seen], [seen.copy()]
    for t in range(9):
        seen, _, _, _, infos = vec.step(rng.uniform(-1, 1, (5, 3)))
        kept = [seen, *([infos["final_observation"]] if "final_observation" in infos else [])]
        shown += [array[:, 1] if t % 2 else array for array in kept]
        copies += [np.array(array) for array in shown[-len(kept) :]]
    for array, copy in zip(shown, copies, strict=True):
        np.testing.assert_array_equal(array, copy)


def test_a_loop_that_keeps_only_the_last_observations_needs_two_arrays() -> None:
    vec = bg.vector_env("three", "direct", num_envs=5, horizon=50)
    observations, _ = vec.reset(seed=0)
    places = set()
    for _ in range(40):
        observations, *_ = vec.step(np.zeros((5, 3)))
        places.add(address(observations))
    assert len(places) == 2


def test_a_loop_that_lets_go_before_it_steps_needs_one_array() -> None:
    vec = bg.vector_env("three", "direct", num_envs=5, horizon=50)
    observations, _ = vec.reset(seed=0)
    places = {address(observations)}
    for _ in range(40):
        del observations
        observations, *_ = vec.step(np.zeros((5, 3)))
        places.add(address(observations))
    assert len(places) == 1


# One more than is held: the last round ends the episode and opens another.
@pytest.mark.parametrize(("mode", "arrays"), [("learn", 2 + 1), ("play", 1 + 1)])
def test_play_holds_observations_only_for_those_who_learn(mode: Any, arrays: int) -> None:
    vec = bg.vector_env("three", "direct", num_envs=5, horizon=50)
    places: set[int] = set()
    take = vec._shelf.take

    def watched() -> Any:
        array = take()
        places.add(address(array))
        return array

    vec._shelf.take = watched  # type: ignore[method-assign]
    play(vec, line_up("best-response", vec, {}, 50, 0), 50, np.random.default_rng(0), 0, mode)
    assert len(places) == arrays


def test_without_counted_references_every_array_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    def play() -> list[Any]:
        vec = bg.vector_env("three", "direct", num_envs=5, horizon=4, revision="random")
        vec.reset(seed=3)
        rng = np.random.default_rng(0)
        return [vec.step(rng.uniform(-1, 1, (5, 3)))[0].copy() for _ in range(8)]

    expected = play()
    monkeypatch.setattr(recycled, "NOBODY", -1)
    np.testing.assert_array_equal(play(), expected)
    shelf = Shelf((1,), np.float32)
    taken = [shelf.take() for _ in range(3)]
    assert len({address(array) for array in taken}) == 3
    assert shelf._arrays == []


def test_a_pickled_environment_carries_no_free_arrays() -> None:
    vec = bg.vector_env("three", "direct", num_envs=5, horizon=4)
    empty = len(pickle.dumps(vec))
    vec.reset(seed=0)
    vec.step(np.zeros((5, 3)))
    played = pickle.loads(pickle.dumps(vec))
    assert played._shelf._arrays == []
    assert len(pickle.dumps(vec)) < empty + 5000
    actions = np.full((5, 3), 0.5)
    np.testing.assert_array_equal(vec.step(actions)[0], played.step(actions)[0])
