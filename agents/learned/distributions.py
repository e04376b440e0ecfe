"""Distributions of actions of k networks, and how their figures change with the networks' outputs.

Outputs have ``rows``, actions and log probabilities ``count`` samples, see `agents.learned.samples`.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from benchgame_env.agents.learned.samples import for_each, sums

HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)


class Normal:
    """A normal distribution of numbers.

    Parameters
    ----------
    outputs : Tensor
        Means ``[k, rows, 1]``.
    log_std : Tensor
        Logarithms of the standard deviations, ``[k, 1]``.
    """

    def __init__(self, outputs: Tensor, log_std: Tensor) -> None:
        self.mean, self.log_std = outputs.squeeze(-1), log_std
        self.entropy = (0.5 + HALF_LOG_2PI + log_std).expand_as(self.mean)

    def draw(self, count: int, rng: np.random.Generator) -> Tensor:
        """Actions ``[k, count]``."""
        noise = rng.standard_normal((len(self.mean), count), dtype=np.float32)
        return self.likeliest(count) + self.log_std.exp() * torch.as_tensor(noise)

    def likeliest(self, count: int) -> Tensor:
        """The likeliest actions ``[k, count]``."""
        return for_each(self.mean, count)

    def log_probs(self, actions: Tensor) -> Tensor:
        """Log probabilities of actions ``[k, count]``."""
        self._apart = (actions - for_each(self.mean, actions.shape[1])) * (-self.log_std).exp()
        return -0.5 * self._apart.square() - (self.log_std + HALF_LOG_2PI)

    def pass_back(self, by_log_prob: Tensor, by_entropy: Tensor) -> tuple[Tensor, Tensor]:
        """The gradient by ``outputs`` and by ``log_std`` of what has these derivatives ``[k, count]`` by
        the `log_probs` asked for last and by the entropy."""
        along = by_log_prob * self._apart
        by_mean = sums(along, self.mean.shape[1]) * (-self.log_std).exp()
        by_spread = (along * self._apart - by_log_prob + by_entropy).sum(dim=1, keepdim=True)
        return by_mean.unsqueeze(-1), by_spread


class Categorical:
    """A distribution of whole numbers from 0.

    Parameters
    ----------
    outputs : Tensor
        Logarithms of the probabilities, up to a constant, ``[k, rows, actions]``.
    """

    def __init__(self, outputs: Tensor) -> None:
        self.log_chances = outputs.log_softmax(dim=-1)
        self.chances = self.log_chances.exp()
        self.entropy = -(self.chances * self.log_chances).sum(dim=-1)

    def draw(self, count: int, rng: np.random.Generator) -> Tensor:
        """Actions ``[k, count]``."""
        total = for_each(self.chances.cumsum(dim=-1), count)
        draw = torch.as_tensor(rng.random(total.shape[:2], dtype=np.float32)).unsqueeze(-1)
        return (draw * total[..., -1:] >= total[..., :-1]).sum(dim=-1)

    def likeliest(self, count: int) -> Tensor:
        """The likeliest actions ``[k, count]``."""
        return for_each(self.chances.argmax(dim=-1), count)

    def log_probs(self, actions: Tensor) -> Tensor:
        """Log probabilities of actions ``[k, count]``."""
        rows, width = self.log_chances.shape[1:]
        starts = torch.arange(0, rows * width, width).repeat_interleave(actions.shape[1] // rows)
        self._at = actions.long() + starts  # among all rows one after another
        return self.log_chances.flatten(1).gather(1, self._at)

    def pass_back(self, by_log_prob: Tensor, by_entropy: Tensor) -> tuple[Tensor, None]:
        """As that of `Normal`; there is no ``log_std``."""
        rows = self.chances.shape[1]
        made = torch.zeros_like(self.log_chances).flatten(1).scatter_add_(1, self._at, by_log_prob)
        spread = self.log_chances + self.entropy.unsqueeze(-1)
        lost = sums(by_log_prob, rows).unsqueeze(-1) + sums(by_entropy, rows).unsqueeze(-1) * spread
        return made.view_as(self.chances) - self.chances * lost, None


Distribution = Normal | Categorical
