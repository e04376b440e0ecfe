"""The adapters to stable-baselines3: their contract, and plain PPOs that learn known answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from stable_baselines3 import PPO
from stable_baselines3.common.logger import configure
from stable_baselines3.common.vec_env import VecMonitor, VecNormalize

from benchgame_env import VectorEnv
from benchgame_env.agents import Seat, make_agent
from benchgame_env.agents.learned.policy import Policy
from benchgame_env.agents.learned.sb3_env import DeveloperVecEnv, SharedPolicyVecEnv
from benchgame_env.agents.scripted.best_response import BestResponse
from benchgame_env.agents.scripted.honest import Honest
from benchgame_env.agents.scripted.random_effort import RandomEffort
from benchgame_env.training.callbacks import ExactRegret
from benchgame_env.training.run.storage import read_rows


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
    with pytest.raises(ValueError, match=r"^rivals: .*2 .*developer 1.*NoneType"):
        DeveloperVecEnv(vec, 1, [None, None])


@pytest.mark.parametrize("unsuitable", [{"auto_reset": False}, {"copy": False}])
def test_batches_that_sb3_cannot_use_are_refused(unsuitable: dict[str, bool]) -> None:
    # SB3 stores the last observation after the step: it must not be overwritten by it.
    vec = VectorEnv("duel", "direct", 2, **unsuitable)  # type: ignore[arg-type]
    for adapt in (SharedPolicyVecEnv, lambda vec: DeveloperVecEnv(vec, 1, [None, None])):
        with pytest.raises(ValueError, match=r"^vec:.*auto_reset=True and copy=True"):
            adapt(vec)


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


# All developers under one policy


def everybody(game: str = "duel", copies: int = 4, **settings: object) -> SharedPolicyVecEnv:
    return SharedPolicyVecEnv(VectorEnv(game, "direct", copies, **settings))  # type: ignore[arg-type]


@pytest.mark.parametrize("action_type", ["continuous", "discrete"])
def test_rows_are_the_developers_of_each_copy_in_turn(action_type: str) -> None:
    kind = {"horizon": 3, "revision": "random", "action_type": action_type}
    env, plain = everybody("five", **kind), everybody("five", **kind).vec
    env.seed(4)
    assert env.num_envs == 20
    assert np.array_equal(env.reset(), plain.reset(4)[0].reshape(20, -1))
    rng = np.random.default_rng(0)
    for step in range(7):
        actions = rng.integers(0, 41, 20) if action_type == "discrete" else rng.uniform(-1, 1, (20, 1))
        seen, rewards, ended, infos = env.step(actions)
        expected, paid, _, truncated, known = plain.step(actions.reshape(4, 5))
        assert np.array_equal(seen, expected.reshape(20, -1))
        assert rewards.tolist() == paid.ravel().tolist()
        assert ended.tolist() == truncated.ravel().tolist() == [step % 3 == 2] * 20
        if ended.any():
            last = np.stack([info["terminal_observation"] for info in infos])
            assert np.array_equal(last, known["final_observation"].reshape(20, -1))
        assert [info.get("TimeLimit.truncated") for info in infos] == [
            True if step % 3 == 2 else None
        ] * 20


def shared_play(seed: int | None) -> list[np.ndarray]:
    env = everybody("five", copies=8, horizon=4, revision="random")
    env.seed(seed)
    return [env.reset(), *(env.step(np.zeros(40))[0] for _ in range(9))]


def test_a_seed_fixes_the_shared_view_and_copies_differ() -> None:
    one, same, other = shared_play(1), shared_play(1), shared_play(2)
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    # Whose turn it is was drawn for each copy: that all eight agree in all rounds has chance 5^-70.
    assert any(not np.array_equal(seen[:5], seen[5 * k : 5 * k + 5]) for seen in one for k in range(8))


def test_infos_are_nobody_elses() -> None:
    env = everybody()
    env.reset()
    _, _, _, infos = env.step(np.zeros(8))
    infos[0]["mine"] = 1
    assert infos[1:] == [{}] * 7
    assert env.step(np.zeros(8))[3] == [{}] * 8


def test_the_wrappers_of_sb3_go_over_it() -> None:
    # A wrapper that counts episodes and one that rewrites the terminal observation.
    env = VecNormalize(VecMonitor(everybody(horizon=2)), norm_reward=False)
    env.reset()
    env.step(np.full(8, -1.0))
    _, rewards, ended, infos = env.step(np.full(8, -1.0))
    assert ended.all()
    # Nobody spends effort: prize 1 for the better model in both rounds, 0 for the other.
    assert rewards.tolist() == [1.0, 0.0] * 4
    assert [info["episode"]["r"] for info in infos] == [2.0, 0.0] * 4
    assert [info["episode"]["l"] for info in infos] == [2] * 8
    for info in infos:
        assert np.abs(info["terminal_observation"]).max() <= env.clip_obs


def test_one_policy_learns_that_a_small_prize_is_not_worth_it() -> None:
    # Overtaking costs 0.5 and wins 0.4, so zero effort is dominant once iterated (theory section 3):
    # payoffs 0.4 and 0. A uniform policy spends 0.2 on average, half of the most it can be worth.
    env = everybody("duel-small-prize", copies=64, horizon=1)
    learner = PPO("MlpPolicy", env, n_steps=2, batch_size=256, gamma=0.0, learning_rate=3e-3, seed=0)
    learner.learn(128 * 2 * 40)
    action, _ = learner.predict(env.reset(), deterministic=True)
    _, rewards, _, _ = env.step(action)
    assert rewards.reshape(64, 2).mean(axis=0) == pytest.approx([0.4, 0.0], abs=0.02)


def test_rivals_that_adapt_learn_while_sb3_trains() -> None:
    vec = VectorEnv("duel", "direct", 4, horizon=4)
    for mode, learns in (("learn", True), ("play", False)):
        rival = make_agent("fictitious-play", Seat.of(vec, 1), levels=3)
        rival.mode = mode  # type: ignore[assignment]
        env = DeveloperVecEnv(vec, 0, [None, rival])  # type: ignore[list-item]
        env.seed(0)
        env.reset()
        for _ in range(8):
            env.step(np.full((4, 1), -1.0))  # the stronger stays at zero
        # Levels 0, 0.5 and 1 against score theta = 1: lose; tie and lose at cost 0.5; win at cost 1.
        paid = rival.save()["payoffs"]
        assert np.allclose(paid, 8 * np.array([0.0, -0.5, 0.0]) if learns else 0.0)


def test_exact_regret_is_recorded_while_sb3_trains(tmp_path: Path) -> None:
    vec = VectorEnv("duel-small-prize", "direct", 16, horizon=1)
    env = SharedPolicyVecEnv(vec)
    ppo = PPO("MlpPolicy", env, n_steps=8, batch_size=256, seed=0, device="cpu", gamma=0.0)
    ppo.set_logger(configure(str(tmp_path), ["csv", "tensorboard"]))
    table = VectorEnv("duel-small-prize", "direct", 64, horizon=1)
    players = [Policy(Seat.of(table, i), ppo.policy) for i in range(2)]
    ppo.learn(8 * 32 * 4, callback=ExactRegret(table, players, every=2))
    ppo.logger.close()
    rows = read_rows(tmp_path / "progress.csv")
    # NashConv is at most what both could win more than the worst they can do: 2 (P + c(F)) = 1.6.
    found = [float(row["game/nash_conv"]) for row in rows if row["game/nash_conv"]]
    assert len(found) == 2
    assert all(0 < value <= 1.6 for value in found)
    assert {"game/distance", "game/kendall_tau"} <= set(rows[-1])
    assert list(tmp_path.glob("events.out.tfevents.*"))
