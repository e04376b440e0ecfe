"""A trained stable-baselines3 policy as a developer."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3.common.distributions import CategoricalDistribution, DiagGaussianDistribution
from stable_baselines3.common.policies import ActorCriticPolicy

from agents.base import Agent, Seat


class Policy(Agent):
    """Plays a mixed strategy: samples from the policy's action distribution, or takes its mode.

    Parameters
    ----------
    policy: an actor-critic policy on this seat's observations and actions.
    """

    def __init__(self, seat: Seat, policy: ActorCriticPolicy) -> None:
        super().__init__(seat)
        self.policy = policy

    def act(self, observations: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float64]:
        with torch.no_grad():
            chances = self.policy.get_distribution(torch.as_tensor(observations))
        if self.mode == "greedy":
            return chances.mode().double().numpy().reshape(len(observations))
        # Drawn with NumPy: torch would use a hidden global stream.
        if isinstance(chances, CategoricalDistribution):
            levels = chances.distribution.probs.double().numpy().cumsum(axis=1)
            draw = rng.uniform(size=(len(levels), 1)) * levels[:, -1:]
            return (draw > levels).sum(axis=1).astype(np.float64)
        assert isinstance(chances, DiagGaussianDistribution)
        mean, spread = chances.distribution.mean, chances.distribution.stddev
        return rng.normal(mean[:, 0].double().numpy(), spread[:, 0].double().numpy())
