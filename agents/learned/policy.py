"""A trained stable-baselines3 policy as a developer."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3.common.distributions import (
    CategoricalDistribution,
    DiagGaussianDistribution,
    Distribution,
)
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
        return likeliest(chances) if self.mode == "greedy" else draw(chances, rng)


def draw(chances: Distribution, rng: np.random.Generator) -> NDArray[np.float64]:
    """One action each ``[batch]``, with NumPy: torch would use a hidden global stream."""
    if isinstance(chances, CategoricalDistribution):
        levels = chances.distribution.probs.detach().double().numpy().cumsum(axis=1)
        return (rng.uniform(size=(len(levels), 1)) * levels[:, -1:] > levels).sum(axis=1).astype(float)
    assert isinstance(chances, DiagGaussianDistribution)
    mean, spread = chances.distribution.mean.detach(), chances.distribution.stddev.detach()
    return rng.normal(mean[:, 0].double().numpy(), spread[:, 0].double().numpy())


def likeliest(chances: Distribution) -> NDArray[np.float64]:
    """The likeliest action of each, ``[batch]``."""
    return chances.mode().detach().double().numpy().reshape(-1)
