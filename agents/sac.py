"""Soft actor-critic with stable-baselines3's losses, one learner a developer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3 import SAC as SB3SAC

from agents.base import Seat
from agents.replay import DecisionBuffer
from agents.sb3_agent import Decisions, SB3Agent
from benchgame_env._validate import integer, number


class SAC(SB3Agent):
    """Learns values of continuous effort, and a mixed strategy that is as random as it is asked to be.

    Formula: Haarnoja et al. 2018 (arXiv 1812.05905) as SB3 has it, the temperature learned, with
    ``G + gamma^K (...)`` for its target, see `SB3Agent` for G and K. Used as: the off-policy learner on
    continuous effort. Its critics are smooth, prizes jump.

    Parameters
    ----------
    target_entropy: of the strategy on actions in [-1, 1], nats; other ones see `SB3Agent`.
    buffer_size: decisions remembered.
    batch_size: decisions in a gradient step.
    learning_starts: decisions before the first.
    gradient_steps: whenever decisions come in, from all copies at once.
    """

    takes_choices = False
    algorithm: SB3SAC

    def __init__(
        self,
        seat: Seat,
        gamma: float = 0.0,
        target_entropy: float = -2.0,
        exploring_starts: int = 0,
        learning_rate: float = 3e-3,
        rate_halving: float | None = None,
        hidden: int = 64,
        buffer_size: int = 20_000,
        batch_size: int = 256,
        learning_starts: int = 256,
        gradient_steps: int = 2,
    ) -> None:
        self.target_entropy = number("target_entropy", target_entropy)
        self.buffer_size = integer("buffer_size", buffer_size, low=1)
        self.batch_size = integer("batch_size", batch_size, low=1)
        self.learning_starts = integer("learning_starts", learning_starts, low=0)
        self.gradient_steps = integer("gradient_steps", gradient_steps, low=1)
        super().__init__(
            seat, "axis", None, gamma, exploring_starts, learning_rate, rate_halving, hidden
        )
        self.explores = exploring_starts > 0  # type: ignore[misc]

    def _algorithm(self, **common: Any) -> SB3SAC:
        return SB3SAC(
            gamma=self.gamma,
            buffer_size=self.buffer_size,
            replay_buffer_class=DecisionBuffer,
            target_entropy=self.target_entropy,
            **common,
        )

    def _choose(self, seen: torch.Tensor, rng: np.random.Generator) -> NDArray[Any]:
        mean, log_std, _ = self.algorithm.actor.get_action_dist_params(seen)
        middle = mean[:, 0].double().numpy()
        if self.mode == "greedy":
            return np.tanh(middle)
        return np.tanh(rng.normal(middle, log_std[:, 0].exp().double().numpy()))

    def _take(self, decisions: Decisions, rng: np.random.Generator) -> None:
        self.replay.extend(decisions)
        if self.replay.size() >= self.learning_starts:
            self._prepare(rng)
            self.algorithm.train(self.gradient_steps, self.batch_size)

    @property
    def replay(self) -> DecisionBuffer:
        buffer = self.algorithm.replay_buffer
        assert isinstance(buffer, DecisionBuffer)
        return buffer

    def _buffers(self) -> dict[str, NDArray[Any]]:
        return self.replay.content()

    def _refill(self, buffers: Mapping[str, NDArray[Any]]) -> None:
        self.replay.refill(buffers)
