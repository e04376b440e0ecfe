"""Advantage actor-critic with stable-baselines3's loss, one learner a developer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3 import A2C as SB3A2C
from stable_baselines3.common.buffers import RolloutBuffer

from agents.base import Seat
from agents.policy import draw, likeliest
from agents.sb3_agent import Decisions, SB3Agent
from benchgame_env._validate import number


class A2C(SB3Agent):
    """Learns a mixed strategy by one gradient step on every round's decisions.

    Formula: SB3's synchronous version of Mnih et al. 2016 (arXiv 1602.01783) with one-step advantages
    ``G + gamma^K V(s') - V(s)``, see `SB3Agent` for G and K. With gamma > 0 a decision made just before
    a step is learned from just after it. Used as: policy gradient without PPO's clipping.

    Parameters
    ----------
    entropy: entropy bonus, >= 0; other ones see `SB3Agent`.
    """

    algorithm: SB3A2C

    def __init__(
        self,
        seat: Seat,
        head: str = "axis",
        resolution: float | None = None,
        gamma: float = 0.0,
        entropy: float = 0.01,
        exploring_starts: int = 0,
        learning_rate: float = 3e-3,
        rate_halving: float | None = None,
        hidden: int = 64,
    ) -> None:
        self.entropy = number("entropy", entropy, low=0)
        super().__init__(
            seat, head, resolution, gamma, exploring_starts, learning_rate, rate_halving, hidden
        )
        self.explores = exploring_starts > 0  # type: ignore[misc]

    def _algorithm(self, **common: Any) -> SB3A2C:
        return SB3A2C(gamma=self.gamma, ent_coef=self.entropy, n_steps=1, **common)

    def _choose(self, seen: torch.Tensor, rng: np.random.Generator) -> NDArray[Any]:
        chances = self.algorithm.policy.get_distribution(seen)
        return likeliest(chances) if self.mode == "greedy" else draw(chances, rng)

    def _take(self, decisions: Decisions, rng: np.random.Generator) -> None:
        policy, rows = self.algorithm.policy, len(decisions.gains)
        seen, after = torch.as_tensor(decisions.seen), torch.as_tensor(decisions.after)
        actions = torch.as_tensor(decisions.choices).reshape(rows, -1).float()
        with torch.no_grad():
            values, log_probs, _ = policy.evaluate_actions(
                seen, actions.squeeze(1) if self.head.count else actions
            )
            later = policy.predict_values(after).flatten().numpy()
        spaces = self.algorithm.observation_space, self.algorithm.action_space
        buffer = RolloutBuffer(1, *spaces, device="cpu", gamma=self.gamma, n_envs=rows)
        gains = decisions.gains + decisions.discounts * later
        buffer.add(decisions.seen, actions.numpy(), gains, np.ones(rows), values, log_probs)
        buffer.compute_returns_and_advantage(torch.zeros(rows), np.ones(rows))  # all is in the gains
        self.algorithm.rollout_buffer = buffer
        self._prepare(rng)
        self.algorithm.train()

    def _buffers(self) -> dict[str, NDArray[Any]]:
        return {}

    def _refill(self, buffers: Mapping[str, NDArray[Any]]) -> None:
        return
