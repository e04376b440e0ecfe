"""The whole game and the view of its designer, through TorchRL's wrappers for other environments."""

from __future__ import annotations

from typing import Any

import pytest

import benchgame_env as bg
from benchgame_env.agents import designer_env

pytest.importorskip("torchrl")

import torch
from torchrl.envs.libs.gym import GymEnv, GymWrapper
from torchrl.envs.libs.pettingzoo import PettingZooWrapper
from torchrl.envs.utils import MarlGroupMapType, check_env_specs

FEW: dict[str, Any] = {"announcements": 2, "revise_every": 3}
# Rules of different kinds: without parameters, with memory, with a level.
MIXED = ("direct", ("ladder", {"step": 0.1}), ("tune-before-test", {"level": (0.0, 1.0)}))


@pytest.mark.parametrize("developers", ["expected", "predicted", "regret-matching-plus"])
@pytest.mark.parametrize("categorical", [True, False])
def test_torchrls_own_check_of_the_designer(developers: str, categorical: bool) -> None:
    env = designer_env("law-duel", developers=developers, **FEW)
    wrapped = GymWrapper(env, categorical_action_encoding=categorical)
    check_env_specs(wrapped)
    played = wrapped.rollout(5, break_when_any_done=False)["next"]
    assert played["truncated"].flatten().tolist() == [False, True, False, True, False]
    assert (played["reward"] <= 0).all()


def test_the_designer_by_its_name_and_what_it_is_told() -> None:
    env = GymEnv("benchgame/designer-v0", **FEW).auto_register_info_dict()
    check_env_specs(env)
    played = env.rollout(4, break_when_any_done=False)["next"]
    torch.testing.assert_close(played["loss"].float(), -played["reward"].flatten())


@pytest.mark.filterwarnings("ignore:PettingZoo in TorchRL is tested using version")
@pytest.mark.parametrize("action_type", ["continuous", "discrete"])
@pytest.mark.parametrize(
    "words", [{}, {"return_state": True}, {"group_map": MarlGroupMapType.ONE_GROUP_PER_AGENT}], ids=str
)
def test_torchrls_own_check_of_the_whole_game(action_type: str, words: dict[str, Any]) -> None:
    kind = {"families": MIXED, "levels": 3, "action_type": action_type, **FEW}
    check_env_specs(PettingZooWrapper(bg.stackelberg_env("three", **kind), **words))


@pytest.mark.filterwarnings("ignore:PettingZoo in TorchRL is tested using version")
def test_an_episode_of_the_whole_game() -> None:
    env = PettingZooWrapper(bg.stackelberg_env("three", families=MIXED, levels=3, **FEW))
    assert env.group_map == {
        "designer": ["designer"],
        "developer": ["developer_0", "developer_1", "developer_2"],
    }
    played = env.rollout(20, break_when_any_done=True)
    assert len(played) == 8  # two announcements and three rounds after each
    rewards = played["next", "designer", "reward"].flatten()
    losses = played["next", "designer", "info", "loss"].flatten()
    # Nobody is paid in an announcement.
    paid = torch.tensor([0.0, 1, 1, 1, 0, 1, 1, 1])
    torch.testing.assert_close(rewards, -losses * paid)
