"""Deep Q-learning (Mnih et al. 2015) with stable-baselines3's loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3 import DQN as SB3DQN

from benchgame_env.agents.learned.replay import ReplayAgent, ReplaySettings


@dataclass(frozen=True)
class DQNSettings(ReplaySettings):
    """Hyperparameters of `DQN`.

    Attributes
    ----------
    epsilon : float
        Probability of a random choice in mode ``learn``, in [0, 1].
    target_update : int
        Trainings after which the target network is renewed, >= 1.
    """

    learning_rate: float = 6e-3
    rate_halving: float = 400.0
    epsilon: float = 0.6
    gradient_steps: int = 4
    target_update: int = 100

    def __post_init__(self) -> None:
        super().__post_init__()
        self._number("epsilon", low=0, high=1)
        self._counts("target_update")


class DQN(ReplayAgent):
    """Learns the value of each choice; plays the best one, in mode ``learn`` sometimes a random one.

    Formula: SB3's Huber loss between ``Q(s, a)`` and ``G + gamma^K max Q_target(s', .)``, see `SB3Agent`
    for G and K. With gamma 0 this is a regression on payoffs. Used as: the value-based learner.

    Parameters
    ----------
    seat : Seat
        The seat that it plays.
    **settings
        Fields of `DQNSettings`.
    """

    Settings = DQNSettings
    make = SB3DQN
    choices = "discrete"
    counters = ("_n_updates", "_n_calls")
    settings: DQNSettings
    algorithm: SB3DQN

    def _options(self) -> dict[str, Any]:
        return super()._options() | {"target_update_interval": self.settings.target_update}

    def _choose(self, seen: torch.Tensor, rng: np.random.Generator) -> NDArray[Any]:
        values = self.algorithm.q_net(seen).numpy()
        best = values.argmax(axis=1)
        if self.mode != "learn":
            return best
        tries = rng.uniform(size=len(best)) < self.settings.epsilon
        return np.where(tries, rng.integers(values.shape[1], size=len(best)), best)
