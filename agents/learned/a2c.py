"""Advantage actor-critic (Mnih et al. 2016) with stable-baselines3's loss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3 import A2C as SB3A2C
from stable_baselines3.common.buffers import RolloutBuffer

from benchgame_env.agents.base import Seat
from benchgame_env.agents.learned.policy import Policy
from benchgame_env.agents.learned.sb3_agent import Decisions, SB3Agent, SB3Settings
from benchgame_env.agents.learned.settings import FadingEntropy
from benchgame_env.agents.saved import check_names


@dataclass(frozen=True)
class A2CSettings(SB3Settings, FadingEntropy):
    """Hyperparameters of `A2C`; the entropy bonus fades by gradient steps.

    Attributes
    ----------
    head : {"axis", "overtake"}
        What a choice of the network means, see `agents.learned.heads`.
    batch_size : int
        Decisions that a gradient step waits for, >= 1.
    """

    head: str = "axis"
    exploring_starts: int = 0
    learning_rate: float = 5e-3
    entropy: float = 0.01
    entropy_halving: float = 100.0
    batch_size: int = 64

    def __post_init__(self) -> None:
        super().__post_init__()
        self._counts("batch_size")


class A2C(SB3Agent):
    """Learns a policy by its gradient, with one step for every ``batch_size`` decisions or more.

    Formula: SB3's loss with one-step returns ``G + gamma^K V(s')``, see `SB3Agent` for G and K; lambda
    is 0, because copies may have their turns at different times. Used as: the plain policy gradient.

    Parameters
    ----------
    seat : Seat
        The seat that it plays.
    **settings
        Fields of `A2CSettings`.
    """

    Settings = A2CSettings
    make = SB3A2C
    settings: A2CSettings
    algorithm: SB3A2C

    def __init__(self, seat: Seat, **settings: Any) -> None:
        super().__init__(seat, **settings)
        self._player = Policy(seat, self.algorithm.policy)
        self._waiting: Decisions | None = None

    def _choose(self, seen: torch.Tensor, rng: np.random.Generator) -> NDArray[Any]:
        self._player.mode = self.mode
        choices = self._player.act(seen.numpy(), rng)
        return choices if self.head.count is None else choices.astype(np.int64)

    def _take(self, decisions: Decisions, rng: np.random.Generator) -> None:
        if self._waiting is not None:
            parts: Any = zip(self._waiting, decisions, strict=True)
            decisions = Decisions(*map(np.concatenate, parts))
        self._waiting = decisions
        if len(decisions.gains) < self.settings.batch_size:
            return
        self._prepare(rng)
        self.algorithm.ent_coef = self.settings.entropy_at(self.algorithm._n_updates)
        self.algorithm.rollout_buffer = self._rollout(decisions)
        self.algorithm.train()
        self._waiting = None

    def _rollout(self, decisions: Decisions) -> RolloutBuffer:
        """SB3's buffer of ``decisions``, one after another."""
        policy, count = self.algorithm.policy, len(decisions.gains)
        buffer = RolloutBuffer(count, policy.observation_space, policy.action_space, device="cpu")
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
        return {} if self._waiting is None else self._waiting._asdict()

    def _restore(self, collected: Mapping[str, NDArray[Any]]) -> None:
        if not collected:
            self._waiting = None
            return
        check_names("collected", collected, Decisions._fields)
        count, size = len(np.atleast_1d(collected["gains"])), self.seat.layout.size
        for name, part in collected.items():
            expected = (count, size) if name in ("seen", "after") else (count,)
            if part.shape != expected:
                raise ValueError(f"collected.{name}: expected shape {expected}, got {part.shape}")
        self._waiting = Decisions(**collected)
