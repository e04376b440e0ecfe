"""Policies as users bring them, named ``tools.policies:NAME`` in tests."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch


def honest(observation: np.ndarray, rng: Any = None) -> list[float]:
    """No effort."""
    return [-1.0]


def half(observation: np.ndarray) -> float:
    """Half of the axis; it takes no generator."""
    return 0.0


def lowest_level(observation: np.ndarray, rng: Any = None) -> int:
    """Level 0 of discrete actions."""
    return 0


def noisy(observation: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Anything on the axis."""
    return rng.uniform(-1, 1, size=1)


def all_at_once(observations: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The same for a batch."""
    return rng.uniform(-1, 1, size=(len(observations), 1))


all_at_once.batched = True  # type: ignore[attr-defined]


def far_out(observation: np.ndarray) -> float:
    """Beyond the axis."""
    return 1e6


def careless(observation: np.ndarray) -> float:
    """Writes into what it is given, and fails on a later line."""
    observation[:] = 0
    return {}["effort"]


class Constant:
    """A class is made without arguments."""

    def __call__(self, observation: np.ndarray, rng: Any = None) -> float:
        return -1.0


class Net(torch.nn.Module):
    """A network whose last layer is dropped out in training."""

    def __init__(self, size: int, bias: float = -1.0) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(size, 1)
        torch.nn.init.zeros_(self.layer.weight)
        torch.nn.init.constant_(self.layer.bias, bias)
        self.dropout = torch.nn.Dropout(0.5)

    def forward(self, observations: torch.Tensor) -> torch.Tensor:
        """Actions ``[batch, 1]``."""
        return self.dropout(self.layer(observations))


class Gaussian(Net):
    """The same with noise of torch's own."""

    def forward(self, observations: torch.Tensor) -> torch.Tensor:
        """Actions ``[batch, 1]``."""
        means = self.layer(observations)
        return means + torch.randn_like(means)
