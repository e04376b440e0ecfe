"""The adapter to stable-baselines3: its contract, and a plain PPO that learns a known best response."""

from __future__ import annotations

import numpy as np
import pytest
from stable_baselines3 import PPO

from agents import BestResponse, Honest, RandomEffort, Seat
from agents.sb3_env import DeveloperVecEnv
from benchgame_env import VectorEnv


def adapter(horizon: int = 3, copies: int = 4, action_type: str = "continuous") -> DeveloperVecEnv:
    """The weaker duellist among honest rivals."""
    vec = VectorEnv("duel", "direct", copies, horizon=horizon, action_type=action_type)
    return DeveloperVecEnv(vec, 1, [Honest(Seat.of(vec, 0)), None])


def test_episodes_end_as_stable_baselines3_expects() -> None:
    env = adapter(horizon=3)
    first = env.reset()
    for step in range(3):
        observations, rewards, ended, infos = env.step(np.zeros((4, 1)))
        assert ended.tolist() == [step == 2] * 4
        assert [info.get("TimeLimit.truncated") for info in infos] == [True if step == 2 else None] * 4
    assert np.array_equal(observations, first)  # the next episode, opened in the same step
    layout = env.vec.observer.layout.parts
    last = np.stack([info["terminal_observation"] for info in infos])
    assert last[:, layout["rounds_left"]].tolist() == [[0.0]] * 4
    assert last[:, layout["own_effort"]].tolist() == [[0.5]] * 4  # action 0 is the middle of the axis
    # Effort 0.5 of at most 1 only ties with the honest rival and loses the tie: payoff 0 - 0.5.
    assert rewards.tolist() == [-0.5] * 4


def random_play(seed: int) -> list[np.ndarray]:
    vec = VectorEnv("five", "direct", 3, horizon=2, revision="random")
    rivals = [RandomEffort(Seat.of(vec, j)) for j in range(5)]
    env = DeveloperVecEnv(vec, 2, [*rivals])
    env.seed(seed)
    seen = [env.reset()]
    for _ in range(6):
        seen += env.step(np.zeros((3, 1)))[:2]
    return seen


def test_a_seed_fixes_whole_episodes_and_copies_differ() -> None:
    one, same, other = random_play(1), random_play(1), random_play(2)
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    assert any(not np.array_equal(step[0], step[1]) for step in one[1:])


def test_a_missing_rival_is_named() -> None:
    vec = VectorEnv("duel", "direct", 2)
    with pytest.raises(ValueError, match="rivals"):
        DeveloperVecEnv(vec, 1, [None, None])
    with pytest.raises(ValueError, match="auto_reset"):
        DeveloperVecEnv(VectorEnv("duel", "direct", 2, auto_reset=False), 1, [None, None])


@pytest.mark.parametrize("action_type", ["continuous", "discrete"])
def test_plain_ppo_learns_to_overtake_an_honest_rival(action_type: str) -> None:
    # Against effort 0 the weaker duellist's best response is just above 0.5, worth just under 0.5
    # (theory section 5). Never overtaking, always the ceiling and uniform play each earn 0 or less,
    # so half of the best is learned overtaking.
    env = adapter(horizon=1, copies=64, action_type=action_type)
    learner = PPO("MlpPolicy", env, n_steps=4, batch_size=256, gamma=0.0, learning_rate=3e-3, seed=0)
    learner.learn(64 * 4 * 60)
    action, _ = learner.predict(env.reset(), deterministic=True)
    _, rewards, _, _ = env.step(action)
    assert rewards.min() > 0.25


def test_best_responders_play_on_as_rivals() -> None:
    vec = VectorEnv("duel", "direct", 1, horizon=4)
    env = DeveloperVecEnv(vec, 0, [None, BestResponse(Seat.of(vec, 1))])
    env.reset()
    _, rewards, _, _ = env.step(np.array([[-1.0]]))
    # The honest favourite is overtaken in the first round: prize 0, no cost.
    assert rewards.tolist() == [0.0]
