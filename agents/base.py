"""What a developer agent is: observations in, actions out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchgame_env import Game, VectorEnv
from benchgame_env.actions import EffortAxis
from benchgame_env.observation import ObservationLayout


@dataclass(frozen=True, eq=False)
class Seat:
    """What a developer is told before the game: the rules, its own place, how to read and to act."""

    game: Game
    protocol: Any
    developer: int
    axis: EffortAxis
    layout: ObservationLayout

    @classmethod
    def of(cls, vec: VectorEnv, developer: int) -> Seat:
        """The seat of ``developer`` (index) in ``vec``; of an environment, pass ``env.vector``."""
        return cls(vec.game, vec.protocol, developer, vec.axis, vec.observer.layout)

    def read(self, observations: NDArray[np.float32], part: str) -> NDArray[np.float32]:
        """The named part ``[batch, length]`` of observations ``[batch, size]``."""
        return observations[:, self.layout.parts[part]]

    def action(self, efforts: NDArray[np.float64]) -> NDArray[Any]:
        """Own efforts ``[batch]`` to the actions ``[batch]`` that name them."""
        profile = np.repeat(efforts[:, None], self.game.n_developers, axis=1)
        return self.axis.action(profile)[:, self.developer]


class Agent(ABC):
    """One developer. To add one, copy `honest.py`, change ``act`` and name it in `agents`."""

    def __init__(self, seat: Seat) -> None:
        self.seat = seat

    @abstractmethod
    def act(self, observations: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float64]:
        """Actions ``[batch]`` for observations ``[batch, size]``; all randomness comes from ``rng``."""
