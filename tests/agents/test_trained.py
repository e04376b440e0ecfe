"""Loops of other libraries as agents: they learn, resume alike, and leave global streams alone."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
import torch

import benchgame_env as bg
from benchgame_env.agents import play
from benchgame_env.agents.base import Player
from benchgame_env.agents.registry import line_up

ROOM = "benchgame_env.agents.libraries"
LOOPS = ("cleanrl_like:PPO", "sb3:PPO", "torchrl:PPO", "benchmarl:IPPO")
LEVELS: dict[str, Any] = {"action_type": "discrete", "effort_levels": 11, "action_scale": "linear"}


def learner(loop: str, copies: int = 64, seed: int = 0, **options: Any) -> tuple[Player, bg.VectorEnv]:
    module = loop.partition(":")[0]
    if module not in ("cleanrl_like", "sb3"):
        pytest.importorskip(module)
    vec = bg.VectorEnv("duel-small-prize", "direct", num_envs=copies, horizon=1, **LEVELS)
    name = f"{ROOM}.{loop}"
    return line_up(name, vec, {name: options}, rounds=1, seed=seed)[0], vec


def train(player: Player, vec: bg.VectorEnv, updates: int) -> list[Any]:
    rng = np.random.default_rng(1)
    for k in range(updates):
        play(vec, [player], 1, rng, k)
    return chances(player, vec)


def chances(player: Player, vec: bg.VectorEnv) -> list[Any]:
    found = player.strategies(vec.reset(0)[0][:1, player.at])
    assert found is not None
    return [own for _, own in found]


@pytest.mark.parametrize("loop", LOOPS)
def test_it_learns_to_leave_effort_alone_where_nobody_is_tempted(loop: str) -> None:
    player, vec = learner(loop, learning_rate=3e-3)
    before = chances(player, vec)
    after = train(player, vec, 12)
    # No effort is strictly dominant there: to overtake costs more than the prize.
    assert all(late[0] > max(0.8, early[0]) for early, late in zip(before, after, strict=True))


@pytest.mark.parametrize("loop", LOOPS)
def test_a_resumed_loop_ends_alike_and_another_seed_does_not(loop: str) -> None:
    player, vec = learner(loop)
    train(player, vec, 2)
    other, _ = learner(loop)
    other.load(player.save())
    assert np.array_equal(train(player, vec, 1), train(other, vec, 1))
    third, _ = learner(loop, seed=1)
    assert not np.array_equal(chances(third, vec), train(other, vec, 0))


def test_streams_of_others_are_left_alone() -> None:
    player, vec = learner("cleanrl_like:PPO")
    torch.manual_seed(5)
    random.seed(5)
    before = torch.random.get_rng_state(), random.getstate()
    train(player, vec, 2)
    assert torch.equal(before[0], torch.random.get_rng_state())
    assert before[1] == random.getstate()


@pytest.mark.parametrize(
    ("settings", "options", "culprit"),
    [
        ({"action_type": "continuous"}, {}, "PPO needs action_type discrete"),
        ({**LEVELS, "horizon": 2}, {}, "a horizon of 1"),
        (LEVELS, {"learning_rate": 0}, "learning_rate"),
        (LEVELS, {"epochs": 0}, "epochs"),
    ],
)
def test_what_does_not_suit_is_refused(
    settings: dict[str, Any], options: dict[str, Any], culprit: str
) -> None:
    vec = bg.VectorEnv("duel", "direct", num_envs=4, **{"horizon": 1, **settings})
    name = f"{ROOM}.cleanrl_like:PPO"
    with pytest.raises(ValueError, match=culprit):
        line_up(name, vec, {name: options})


def test_it_plays_all_seats_or_none() -> None:
    vec = bg.VectorEnv("duel", "direct", num_envs=4, horizon=1, **LEVELS)
    with pytest.raises(ValueError, match="plays all 2 developers or none"):
        line_up(f"{ROOM}.cleanrl_like:PPO,honest", vec)
