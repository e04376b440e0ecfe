"""The TorchRL environment is the batched environment, in TorchRL's words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tools.cases import REVISIONS

import benchgame_env as bg

pytest.importorskip("torchrl")

import torch
from torchrl.envs.utils import check_env_specs

from benchgame_env.adapters.torchrl import TorchRLEnv

CASES: list[dict[str, Any]] = [
    {"horizon": 5},
    {"horizon": 3, "action_type": "discrete", "effort_levels": 7},
    *({"game": "three", "horizon": 4, "revision": revision} for revision in REVISIONS),
    {"game": "three", "protocol": ("finite-test", {"items": 5}), "horizon": 4},
    {"game": "pythia-gsm8k", "protocol": ("ladder", {"step": 0.01}), "action_scale": "log"},
]


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("num_envs", [1, 3])
def test_torchrls_own_check(case: dict[str, Any], num_envs: int) -> None:
    check_env_specs(TorchRLEnv(num_envs=num_envs, seed=0, **case))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_plays_what_the_batched_environment_plays(case: dict[str, Any]) -> None:
    env = TorchRLEnv(num_envs=3, seed=5, **case)
    settings = {"game": "duel", "protocol": "direct", **case}
    vec = bg.vector_env(num_envs=3, auto_reset=False, **settings)
    rounds = 2 * vec.horizon + 1  # two episodes, and a round of the third
    # A rollout resets in between; all of it is kept, so no array may have been used again.
    rollout = env.rollout(rounds, break_when_any_done=False)
    for t in range(rounds):
        if t % vec.horizon == 0:
            observations, _ = vec.reset(5 if t == 0 else None)
        now, after = rollout[:, t], rollout[:, t]["next"]
        np.testing.assert_array_equal(now["agents", "observation"], observations)
        observations, rewards, never, ended, infos = vec.step(now["agents", "action"].numpy())
        np.testing.assert_array_equal(after["agents", "observation"], observations)
        np.testing.assert_array_equal(after["agents", "reward"][..., 0], rewards.astype(np.float32))
        np.testing.assert_array_equal(after["state"], vec.state())
        np.testing.assert_array_equal(after["truncated"][:, 0], ended[:, 0])
        np.testing.assert_array_equal(after["done"], after["truncated"])
        np.testing.assert_array_equal(after["terminated"][:, 0], never[:, 0])
        for key in env.observation_spec["agents", "info"].keys():  # noqa: SIM118 - no dict
            np.testing.assert_array_equal(after["agents", "info", key][..., 0], infos[key])


def test_seeds() -> None:
    def played(**settings: Any) -> Any:
        torch.manual_seed(7)  # of the random actions
        env = TorchRLEnv("duel", ("finite-test", {"items": 5}), num_envs=4, horizon=3, **settings)
        first = env.rollout(3)
        return torch.stack(
            (first["next", "agents", "reward"], env.rollout(3)["next", "agents", "reward"])
        )

    assert torch.equal(played(seed=1), played(seed=1))
    assert torch.equal(played(), played())  # torch's own seed
    assert not torch.equal(played(seed=1), played(seed=2))
    first, second = played(seed=1)
    assert not torch.equal(first, second)  # the stream goes on


def test_the_environment_leaves_torchs_stream_alone() -> None:
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    TorchRLEnv(num_envs=2, seed=11).reset()
    assert torch.equal(torch.rand(2), expected)


def test_copies_open_together() -> None:
    env = TorchRLEnv(num_envs=2, seed=0)
    opened = env.reset()
    opened["_reset"] = torch.tensor([[True], [False]])
    with pytest.raises(ValueError, match="reset: the copies of this environment open and end"):
        env.reset(opened)


def test_unsuitable_settings_name_themselves() -> None:
    with pytest.raises(ValueError, match="horizon"):
        TorchRLEnv(horizon=0)
