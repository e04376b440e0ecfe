"""Advantage actor-critic (Mnih et al. 2016) with stable-baselines3's loss."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3 import A2C as SB3A2C
from stable_baselines3.common.buffers import RolloutBuffer

from agents.base import Seat
from agents.learned.policy import Policy
from agents.learned.sb3_agent import Decisions, SB3Agent
from benchgame_env.validate import integer, number


class A2C(SB3Agent):
    """Learns a policy by its gradient, one step for every ``batch_size`` decisions or more.

    Formula: SB3's loss with one-step returns ``G + gamma^K V(s')`` (lambda 0: turns of the copies need
    not be at the same time), see `SB3Agent` for G and K. Used as: the plain policy gradient.

    Parameters
    ----------
    head: ``axis`` or ``overtake``.
    entropy: entropy bonus at first, >= 0.
    entropy_halving: gradient steps after which it has halved: entropy / (1 + steps / entropy_halving).
    batch_size: least decisions in a gradient step.
    others: of `SB3Agent`.
    """

    algorithm: SB3A2C

    def __init__(
        self,
        seat: Seat,
        head: str = "axis",
        resolution: float | None = None,
        gamma: float = 0.0,
        entropy: float = 0.01,
        entropy_halving: float = 100.0,
        exploring_starts: int = 0,
        learning_rate: float = 5e-3,
        rate_halving: float = math.inf,
        hidden: int = 64,
        batch_size: int = 64,
    ) -> None:
        self.entropy = number("entropy", entropy, low=0)
        self.entropy_halving = number(
            "entropy_halving", entropy_halving, low=0, strict=True, finite=False
        )
        self.batch_size = integer("batch_size", batch_size, low=1)
        super().__init__(
            seat, head, resolution, gamma, exploring_starts, learning_rate, rate_halving, hidden
        )
        self._player = Policy(seat, self.algorithm.policy)
        self._waiting: list[Decisions] = []

    def _algorithm(self, **common: Any) -> SB3A2C:
        return SB3A2C(**common)

    def _choose(self, seen: torch.Tensor, rng: np.random.Generator) -> NDArray[Any]:
        self._player.mode = self.mode
        choices = self._player.act(seen.numpy(), rng)
        return choices if self.head.count is None else choices.astype(np.int64)

    def _take(self, decisions: Decisions, rng: np.random.Generator) -> None:
        self._waiting.append(decisions)
        if sum(len(some.gains) for some in self._waiting) < self.batch_size:
            return
        self._prepare(rng)
        steps = self.algorithm._n_updates
        self.algorithm.ent_coef = self.entropy / (1 + steps / self.entropy_halving)
        self.algorithm.rollout_buffer = self._rollout(_together(self._waiting))
        self.algorithm.train()
        self._waiting = []

    def _rollout(self, decisions: Decisions) -> RolloutBuffer:
        """SB3's buffer of ``decisions``, one after another."""
        known, policy = self.algorithm, self.algorithm.policy
        spaces = known.observation_space, known.action_space
        buffer = RolloutBuffer(len(decisions.gains), *spaces, device="cpu")
        with torch.no_grad():
            values, later = (
                policy.predict_values(torch.as_tensor(seen)).numpy()
                for seen in (decisions.seen, decisions.after)
            )
        buffer.observations[:, 0] = decisions.seen
        buffer.actions[:, 0, 0] = decisions.choices
        buffer.values[:] = values
        buffer.returns[:, 0] = decisions.gains + decisions.discounts * later[:, 0]
        buffer.advantages[:] = buffer.returns - values
        buffer.full = True
        return buffer

    def _collected(self) -> dict[str, NDArray[Any]]:
        return _together(self._waiting)._asdict() if self._waiting else {}

    def _restore(self, collected: Mapping[str, NDArray[Any]]) -> None:
        self._waiting = [Decisions(**collected)] if collected else []


def _together(decisions: list[Decisions]) -> Decisions:
    return Decisions(*(np.concatenate(parts) for parts in zip(*decisions, strict=True)))
