"""Agents with stable-baselines3's own algorithms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from stable_baselines3 import A2C
from tools.players import against_a_constant_rival, against_constant, greedy_levels, rng

from benchgame_env import VectorEnv, theory
from benchgame_env.agents import Seat, line_up, make_agent, play
from benchgame_env.agents.learned.replay import DecisionBuffer
from benchgame_env.agents.learned.sb3_agent import Decisions, SB3Agent

LEARNERS = ("a2c", "dqn", "sac")


# What a decision is


class Recorder(SB3Agent):
    """Plays at random and keeps what it was given to learn from."""

    make = A2C

    def __init__(self, seat: Seat, gamma: float, starts: int) -> None:
        super().__init__(seat, head="axis", gamma=gamma, exploring_starts=starts, hidden=8)
        self.taken: list[Decisions] = []

    def _choose(self, seen: torch.Tensor, rng: np.random.Generator) -> np.ndarray:
        return rng.uniform(-1, 1, len(seen))

    def _take(self, decisions: Decisions, rng: np.random.Generator) -> None:
        self.taken.append(decisions)

    def _collected(self) -> dict[str, Any]:
        return {}

    def _restore(self, collected: Any) -> None:
        return


@pytest.mark.parametrize("gamma", [0.0, 0.5])
@pytest.mark.parametrize("revision", ["simultaneous", "alternating", "random"])
@pytest.mark.parametrize("starts", [0, 1])
def test_a_decision_gains_until_the_next_own_turn(revision: str, gamma: float, starts: int) -> None:
    # The witness: copy by copy, round by round, from what `play` says was earned and who had the turn.
    copies, horizon = 3, 7
    vec = VectorEnv("three", "direct", copies, horizon=horizon, revision=revision)
    player = Recorder(Seat.of(vec, 2), gamma, starts)
    turns: list[np.ndarray] = []
    act = player.act

    def watched(observations: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        turns.append(player.seat.has_turn(observations))
        return act(observations, rng)

    player.act = watched  # type: ignore[method-assign]
    others = [make_agent("random", Seat.of(vec, i)) for i in (0, 1)]
    paid = play(vec, [*others, player], 2 * horizon, rng(3), seed=1)["payoff"][..., 2]
    expected = []
    for copy in range(copies):
        for episode in range(2):
            rounds = range(episode * horizon, (episode + 1) * horizon)
            own = [t for t in rounds if turns[t][copy]]
            for k, t in enumerate(own[starts:], starts):
                end = own[k + 1] if k + 1 < len(own) else rounds[-1] + 1
                end = end if gamma else t + 1
                gain = sum(gamma ** (s - t) * paid[s, copy] for s in range(t, end))
                expected.append((round(gain, 9), round(gamma ** (end - t), 9)))
    found = [
        (round(float(gain), 9), round(float(discount), 9))
        for taken in player.taken
        for gain, discount in zip(taken.gains, taken.discounts, strict=True)
    ]
    assert sorted(found) == sorted(expected)
    assert found


def test_at_gamma_zero_the_clock_is_hidden() -> None:
    vec = VectorEnv("duel", "direct", 2, horizon=4)
    clock = vec.observer.layout.parts["rounds_left"]
    seen, _ = vec.reset(0)
    for gamma, left in ((0.0, 0.0), (0.5, 1.0)):
        view = Recorder(Seat.of(vec, 0), gamma, 0).view(seen[:, 0])
        assert (view[:, clock] == left).all()


def test_the_oldest_decisions_make_room() -> None:
    import gymnasium

    buffer = DecisionBuffer(4, gymnasium.spaces.Box(-1, 1, (1,)), gymnasium.spaces.Discrete(9), "cpu")
    for k in (0, 3):
        gains = np.arange(k, k + 3.0)
        column = gains.astype(np.float32)[:, None]
        buffer.extend(Decisions(column, gains.astype(int), gains, gains / 10, column))
    # Rows 0, 1, 2, then 3 in the last row, and 4 and 5 in place of 0 and 1.
    assert buffer.rewards[:, 0].tolist() == [4, 5, 2, 3]
    assert buffer.actions[:, 0, 0].tolist() == [4, 5, 2, 3]
    assert buffer.discounts[:, 0] == pytest.approx([0.4, 0.5, 0.2, 0.3])
    fresh = DecisionBuffer(4, gymnasium.spaces.Box(-1, 1, (1,)), gymnasium.spaces.Discrete(9), "cpu")
    fresh.refill(buffer.content())
    assert (fresh.pos, fresh.full) == (buffer.pos, buffer.full) == (2, True)
    assert np.array_equal(fresh.rewards, buffer.rewards)


# Known answers


@pytest.mark.parametrize("name", LEARNERS)
def test_a_small_prize_teaches_zero_effort(name: str) -> None:
    # Zero effort is dominant once rivals are near it (theory section 5): pure, all zero; F is 0.4.
    kind = "continuous" if name == "sac" else "discrete"
    vec = VectorEnv("duel-small-prize", "direct", 64, horizon=1, action_type=kind, effort_levels=5)
    options = {"dqn": {"learning_starts": 128}, "sac": {"learning_starts": 128}}.get(name, {})
    players = line_up(name, vec, {name: options})
    for update in range(120):
        play(vec, players, 1, rng(update), seed=update)
    efforts = play(vec, players, 1, rng(), seed=0, mode="greedy")["effort"]
    assert efforts.max() < 0.02 * 0.4 if name != "sac" else efforts.max() < 0.05 * 0.4


@pytest.mark.parametrize("name", ["a2c", "dqn"])
@against_a_constant_rival
def test_the_best_level_against_a_constant_rival_is_found(
    name: str, seat: int, share: float, best: float
) -> None:
    own, updates = {
        "a2c": ({"batch_size": 64, "entropy": 0.3}, 250),
        "dqn": ({"learning_starts": 128}, 150),
    }[name]
    vec, players = against_constant(name, seat, share, 64, own)
    assert np.array_equal(greedy_levels(vec, players, seat, updates), np.full(64, best))


def test_dqn_that_overtakes_learns_the_edgeworth_cycle() -> None:
    # At a score resolution of 0.02 the cycle of the duel has 18 revisions instead of 290.
    vec = VectorEnv("duel", "direct", 16, horizon=20, revision="alternating")
    seats = [Seat.of(vec, i, resolution=0.02) for i in range(2)]
    players = [make_agent("dqn", seat, learning_starts=256, gradient_steps=2) for seat in seats]
    for update in range(30):
        play(vec, players, 20, rng(update), seed=update)
    cycle = theory.best_response_cycle(vec.game, "direct", resolution=0.02)
    long = VectorEnv("duel", "direct", 16, horizon=4 * cycle.period, revision="alternating")
    efforts = play(long, players, 4 * cycle.period, rng(), seed=0, mode="greedy")["effort"][:, 0]
    late = efforts[-cycle.period :]
    np.testing.assert_allclose(efforts[-2 * cycle.period : -cycle.period], late, atol=1e-9)
    assert late.max(axis=0) == pytest.approx(cycle.peaks, abs=1e-4)


# Modes, seeds, state


@pytest.mark.parametrize("name", LEARNERS)
def test_seeds_make_networks_and_draws(name: str) -> None:
    def played(seed: int, draws: int) -> np.ndarray:
        vec = VectorEnv("duel", "direct", 8, horizon=3)
        players = line_up(name, vec, seed=seed)
        return play(vec, players, 6, rng(draws), seed=0)["effort"]

    assert np.array_equal(played(1, 1), played(1, 1))
    assert not np.array_equal(played(1, 1), played(1, 2))
    if name != "dqn":  # whose first choices are near the same for many weights
        assert not np.array_equal(played(1, 1), played(2, 1))


@pytest.mark.parametrize("name", LEARNERS)
def test_only_greedy_play_is_without_chance(name: str) -> None:
    vec = VectorEnv("duel", "direct", 32, horizon=1)
    players = line_up(name, vec)
    spread = {
        mode: play(vec, players, 1, rng(), seed=0, mode=mode)["effort"][0, :, 1].std()  # type: ignore[arg-type]
        for mode in ("learn", "play", "greedy")
    }
    assert spread["greedy"] < 1e-12 < spread["learn"]
    assert (spread["play"] > 1e-12) == (name != "dqn")  # whose strategy is pure


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("dqn", "epsilon", 1.5),
        ("dqn", "gamma", -0.1),
        ("dqn", "buffer_size", 1),  # there are 8 copies
        ("dqn", "batch_size", 0),
        ("dqn", "learning_starts", -1),
        ("dqn", "target_update", 0),
        ("a2c", "exploring_starts", 3),  # episodes have 3 rounds
        ("a2c", "exploring_starts", -1),
        ("a2c", "entropy", -1),
        ("a2c", "entropy_halving", 0),
        ("a2c", "rate_halving", 0),
        ("a2c", "hidden", 0),
        ("sac", "temperature", -1),
        ("sac", "learning_rate", 0.0),
        ("sac", "tau", 2.0),
    ],
)
def test_bad_parameters_are_refused(name: str, field: str, value: float) -> None:
    vec = VectorEnv("duel", "direct", 8, horizon=3)
    with pytest.raises(ValueError, match=rf"^{field}:.* {value:g}$"):
        make_agent(name, Seat.of(vec, 0), **{field: value})


@pytest.mark.parametrize(
    ("name", "kind", "parameters", "needed"),
    [
        ("dqn", {}, {"head": "axis"}, "^DQN .*discrete choices.*'axis'"),
        (
            "dqn",
            {"protocol": ("finite-test", {"items": 10})},
            {},
            "^DQN .*discrete.*FiniteTest.*items=10",
        ),
        ("sac", {"action_type": "discrete"}, {}, "^SAC .*continuous choices"),
    ],
)
def test_choices_that_an_algorithm_cannot_make_are_refused(
    name: str, kind: dict[str, Any], parameters: dict[str, Any], needed: str
) -> None:
    vec = VectorEnv("duel", **{"protocol": "direct", "num_envs": 8} | kind)
    with pytest.raises(ValueError, match=needed):
        make_agent(name, Seat.of(vec, 0), **parameters)


def test_the_actions_of_sac_are_efforts() -> None:
    with pytest.raises(ValueError, match=r"'sac' takes .*head"):
        make_agent("sac", Seat.of(VectorEnv("duel", "direct", 8), 0), head="overtake")
