"""A stable-baselines3 policy as an agent."""

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

from benchgame_env.agents.base import Agent, Seat, draw_choices


class Policy(Agent):
    """Plays a mixed strategy: draws from the policy's action distribution, or takes the mode of it.

    Parameters
    ----------
    seat : Seat
        The seat that it plays.
    policy : ActorCriticPolicy
        A policy for the observations and actions of this seat.
    """

    def __init__(self, seat: Seat, policy: ActorCriticPolicy) -> None:
        super().__init__(seat)
        self.policy = policy

    def act(self, observations: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float64]:
        with torch.no_grad():
            chances = self.policy.get_distribution(torch.as_tensor(observations))
        if self.mode == "greedy":
            return chances.mode().detach().double().numpy().reshape(-1)
        return _draw(chances, rng)


def _draw(chances: Distribution, rng: np.random.Generator) -> NDArray[np.float64]:
    """One action ``[batch]`` from each distribution, with NumPy, since torch has a global stream."""
    if isinstance(chances, CategoricalDistribution):
        return draw_choices(chances.distribution.probs.detach().double().numpy(), rng).astype(float)
    assert isinstance(chances, DiagGaussianDistribution)
    mean, spread = chances.distribution.mean.detach(), chances.distribution.stddev.detach()
    return rng.normal(mean[:, 0].double().numpy(), spread[:, 0].double().numpy())
