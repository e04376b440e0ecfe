"""Deep Q-learning (Mnih et al. 2015) with stable-baselines3's loss, one learner a developer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3 import DQN as SB3DQN

from agents.base import Seat
from agents.replay import DecisionBuffer
from agents.sb3_agent import Decisions, SB3Agent
from benchgame_env._validate import integer, number


class DQN(SB3Agent):
    """Learns the values of a head's choices; plays the best, and in ``learn`` sometimes any.

    Formula: SB3's Huber loss between ``Q(s, a)`` and ``G + gamma^K max Q_target(s', .)``, see `SB3Agent`
    for G and K. With gamma 0 this is a regression on payoffs. Used as: the value-based learner.

    Parameters
    ----------
    head: ``axis`` (discrete levels) or ``overtake``; other common ones see `SB3Agent`.
    epsilon: probability of any choice in ``learn``, in [0, 1].
    buffer_size: decisions remembered.
    batch_size: decisions in a gradient step.
    learning_starts: decisions before the first.
    gradient_steps: whenever decisions come in, from all copies at once.
    target_update: own turns after which the target network is renewed.
    """

    takes_numbers = False
    counters = ("_n_updates", "_n_calls")
    algorithm: SB3DQN

    def __init__(
        self,
        seat: Seat,
        head: str = "overtake",
        resolution: float | None = None,
        gamma: float = 0.0,
        epsilon: float = 0.6,
        exploring_starts: int = 1,
        learning_rate: float = 3e-3,
        rate_halving: float | None = 400.0,
        hidden: int = 64,
        buffer_size: int = 50_000,
        batch_size: int = 256,
        learning_starts: int = 1000,
        gradient_steps: int = 4,
        target_update: int = 100,
    ) -> None:
        self.epsilon = number("epsilon", epsilon, low=0)
        if epsilon > 1:
            raise ValueError(f"epsilon: must be <= 1, got {epsilon:g}")
        self.buffer_size = integer("buffer_size", buffer_size, low=1)
        self.batch_size = integer("batch_size", batch_size, low=1)
        self.learning_starts = integer("learning_starts", learning_starts, low=0)
        self.gradient_steps = integer("gradient_steps", gradient_steps, low=1)
        self.target_update = integer("target_update", target_update, low=1)
        common = gamma, exploring_starts, learning_rate, rate_halving, hidden
        super().__init__(seat, head, resolution, *common)

    def _algorithm(self, **common: Any) -> SB3DQN:
        return SB3DQN(
            gamma=self.gamma,
            buffer_size=self.buffer_size,
            replay_buffer_class=DecisionBuffer,
            target_update_interval=self.target_update,
            **common,
        )

    def _choose(self, seen: torch.Tensor, rng: np.random.Generator) -> NDArray[Any]:
        best = self.algorithm.q_net(seen).argmax(dim=1).numpy()
        if self.mode != "learn":
            return best
        tries = rng.uniform(size=len(best)) < self.epsilon
        return np.where(tries, rng.integers(self.head.count, size=len(best)), best)

    def _take(self, decisions: Decisions, rng: np.random.Generator) -> None:
        self.replay.extend(decisions)
        if self.replay.size() < self.learning_starts:
            return
        self._prepare(rng)
        self.algorithm.train(self.gradient_steps, self.batch_size)
        self.algorithm._on_step()

    @property
    def replay(self) -> DecisionBuffer:
        buffer = self.algorithm.replay_buffer
        assert isinstance(buffer, DecisionBuffer)
        return buffer

    def _buffers(self) -> dict[str, NDArray[Any]]:
        return self.replay.content()

    def _refill(self, buffers: Mapping[str, NDArray[Any]]) -> None:
        self.replay.refill(buffers)
