"""Soft actor-critic (Haarnoja et al. 2018) with stable-baselines3's losses."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3 import SAC as SB3SAC

from agents.base import Seat
from agents.learned.replay import DecisionBuffer, ReplayAgent
from benchgame_env.validate import number


class SAC(ReplayAgent):
    """Learns a critic of efforts and an actor that climbs it; plays the actor's squashed normal.

    Formula: SB3's losses of the twin critics, with ``G + gamma^K (min Q_target(s', a') - temperature
    log pi)``, see `SB3Agent` for G and K; of the actor; and of the temperature if it is tuned, to an
    entropy of -1. Needs continuous actions. Used as: the off-policy learner on continuous effort.

    Parameters
    ----------
    temperature: weight of entropy, in units of P, >= 0; None: tuned.
    tau: share by which target networks follow in each gradient step, in (0, 1].
    others: of `SB3Agent` and `ReplayAgent`.
    """

    choices = "continuous"
    algorithm: SB3SAC

    def __init__(
        self,
        seat: Seat,
        gamma: float = 0.0,
        temperature: float | None = 0.01,
        exploring_starts: int | None = None,
        learning_rate: float = 3e-3,
        rate_halving: float = 1000.0,
        hidden: int = 64,
        buffer_size: int = 50_000,
        batch_size: int = 256,
        learning_starts: int = 1000,
        gradient_steps: int = 2,
        tau: float = 0.005,
    ) -> None:
        self.temperature = None if temperature is None else number("temperature", temperature, low=0)
        self.tau = number("tau", tau, low=0, high=1, strict=True)
        super().__init__(
            seat,
            buffer_size=buffer_size,
            batch_size=batch_size,
            learning_starts=learning_starts,
            gradient_steps=gradient_steps,
            head="axis",
            resolution=None,
            gamma=gamma,
            exploring_starts=exploring_starts,
            learning_rate=learning_rate,
            rate_halving=rate_halving,
            hidden=hidden,
        )

    def _algorithm(self, **common: Any) -> SB3SAC:
        return SB3SAC(
            buffer_size=self.buffer_size,
            replay_buffer_class=DecisionBuffer,
            tau=self.tau,
            ent_coef="auto" if self.temperature is None else self.temperature,
            target_entropy=-1.0,
            **common,
        )

    def _choose(self, seen: torch.Tensor, rng: np.random.Generator) -> NDArray[Any]:
        mean, log_spread, _ = self.algorithm.actor.get_action_dist_params(seen)
        centre = mean[:, 0].double().numpy()
        if self.mode == "greedy":
            return np.tanh(centre)
        return np.tanh(rng.normal(centre, log_spread[:, 0].double().exp().numpy()))
