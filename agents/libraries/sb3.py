"""PPO of stable-baselines3, with its own loop."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import stable_baselines3
import torch
from numpy.typing import NDArray
from stable_baselines3.common.logger import Logger

from benchgame_env import VectorEnv
from benchgame_env.agents.learned.sb3_env import SharedPolicyVecEnv
from benchgame_env.agents.outside.trained import Chances, Trained
from benchgame_env.validate import Floats


class PPO(Trained):
    """PPO of stable-baselines3 with parameters that all developers share.

    Formula: SB3's own ``learn`` on `SharedPolicyVecEnv`, a rollout an update. Used as: the learner of a
    library with one policy; an observation says which developer sees it.

    Parameters
    ----------
    seats, learning_rate, entropy, epochs
        As for `Trained`.
    """

    def training(self, vec: VectorEnv, seed: int) -> Iterator[Chances]:
        rows = SharedPolicyVecEnv(vec)
        model = stable_baselines3.PPO(
            "MlpPolicy",
            rows,
            n_steps=1,
            batch_size=-(-rows.num_envs // 4),
            n_epochs=self.epochs,
            gamma=0.0,  # one round: what comes after its end does not count
            learning_rate=self.learning_rate,
            ent_coef=self.entropy,
            seed=seed,
            device="cpu",
        )
        model.set_logger(Logger(folder=None, output_formats=[]))  # its own makes a folder for every call

        def chances(seen: NDArray[np.float32]) -> Floats:
            with torch.no_grad():
                told = torch.as_tensor(seen).flatten(0, 1)
                policy = model.policy.get_distribution(told).distribution
                return policy.probs.double().numpy().reshape(*seen.shape[:2], -1)  # type: ignore[union-attr]

        yield chances
        while True:
            model.learn(rows.num_envs, reset_num_timesteps=False)
            yield chances
