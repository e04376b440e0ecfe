"""Soft actor-critic (Haarnoja et al. 2018) with stable-baselines3's losses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3 import SAC as SB3SAC

from benchgame_env.agents.learned.replay import ReplayAgent, ReplaySettings


@dataclass(frozen=True)
class SACSettings(ReplaySettings):
    """Hyperparameters of `SAC`; ``head`` and ``resolution`` cannot be chosen.

    Attributes
    ----------
    temperature : float, optional
        Weight of the entropy, in units of P, >= 0; None: tuned during training.
    tau : float
        Share by which target networks move to the trained ones in a gradient step, in (0, 1].
    """

    head: str = field(default="axis", init=False)
    resolution: None = field(default=None, init=False)
    temperature: float | None = 0.01
    rate_halving: float = 1000.0
    gradient_steps: int = 2
    tau: float = 0.005

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.temperature is not None:
            self._number("temperature", low=0)
        self._number("tau", low=0, high=1, strict=True)


class SAC(ReplayAgent):
    """Learns the values of efforts, and an actor that climbs them; plays the actor's squashed normal.

    Formula: SB3's losses. That of the two critics aims at ``G + gamma^K (min Q_target(s', a') -
    temperature log pi)``, see `SB3Agent` for G and K. If it is tuned, the temperature aims at an entropy
    of -1. Needs continuous actions. Used as: the off-policy learner on continuous effort.

    Parameters
    ----------
    seat : Seat
        The seat that it plays.
    **settings
        Fields of `SACSettings`.
    """

    Settings = SACSettings
    make = SB3SAC
    choices = "continuous"
    settings: SACSettings
    algorithm: SB3SAC

    def _options(self) -> dict[str, Any]:
        tau, temperature = self.settings.tau, self.settings.temperature
        weight = "auto" if temperature is None else temperature
        return super()._options() | {"tau": tau, "ent_coef": weight, "target_entropy": -1.0}

    def _choose(self, seen: torch.Tensor, rng: np.random.Generator) -> NDArray[Any]:
        mean, log_spread, _ = self.algorithm.actor.get_action_dist_params(seen)
        centre = mean[:, 0].double().numpy()
        if self.mode == "greedy":
            return np.tanh(centre)
        return np.tanh(rng.normal(centre, log_spread[:, 0].double().exp().numpy()))
