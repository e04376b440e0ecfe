"""Deep Q-learning (Mnih et al. 2015) with stable-baselines3's loss."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3 import DQN as SB3DQN

from agents.base import Seat
from agents.learned.replay import DecisionBuffer, ReplayAgent
from benchgame_env.validate import integer, number


class DQN(ReplayAgent):
    """Learns the values of a head's choices; plays the best, and in ``learn`` sometimes any.

    Formula: SB3's Huber loss between ``Q(s, a)`` and ``G + gamma^K max Q_target(s', .)``, see `SB3Agent`
    for G and K. With gamma 0 this is a regression on payoffs. Used as: the value-based learner.

    Parameters
    ----------
    head: ``overtake``, or ``axis`` on discrete levels; default: by the actions.
    epsilon: probability of any choice in ``learn``, in [0, 1].
    target_update: trainings after which the target network is renewed.
    others: of `SB3Agent` and `ReplayAgent`.
    """

    choices = "discrete"
    counters = ("_n_updates", "_n_calls")
    algorithm: SB3DQN

    def __init__(
        self,
        seat: Seat,
        head: str | None = None,
        resolution: float | None = None,
        gamma: float = 0.0,
        epsilon: float = 0.6,
        exploring_starts: int | None = None,
        learning_rate: float = 6e-3,
        rate_halving: float = 400.0,
        hidden: int = 64,
        buffer_size: int = 50_000,
        batch_size: int = 256,
        learning_starts: int = 1000,
        gradient_steps: int = 4,
        target_update: int = 100,
    ) -> None:
        self.epsilon = number("epsilon", epsilon, low=0, high=1)
        self.target_update = integer("target_update", target_update, low=1)
        super().__init__(
            seat,
            buffer_size=buffer_size,
            batch_size=batch_size,
            learning_starts=learning_starts,
            gradient_steps=gradient_steps,
            head=head,
            resolution=resolution,
            gamma=gamma,
            exploring_starts=exploring_starts,
            learning_rate=learning_rate,
            rate_halving=rate_halving,
            hidden=hidden,
        )

    def _algorithm(self, **common: Any) -> SB3DQN:
        return SB3DQN(
            buffer_size=self.buffer_size,
            replay_buffer_class=DecisionBuffer,
            target_update_interval=self.target_update,
            **common,
        )

    def _choose(self, seen: torch.Tensor, rng: np.random.Generator) -> NDArray[Any]:
        values = self.algorithm.q_net(seen).numpy()
        best = values.argmax(axis=1)
        if self.mode != "learn":
            return best
        tries = rng.uniform(size=len(best)) < self.epsilon
        return np.where(tries, rng.integers(values.shape[1], size=len(best)), best)
