"""Honest: never spends effort on the benchmark."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchgame_env.agents.base import Agent
from benchgame_env.metrics import Strategy


class Honest(Agent):
    """Always plays zero effort.

    Formula: ``e = 0``. Used as: the profile whose stability is the subject of theory section 3.

    Parameters
    ----------
    seat : Seat
        The seat that it plays.
    """

    def act(self, observations: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float64]:
        return self.seat.action(np.zeros(len(observations)))

    def strategies(self, observations: NDArray[np.float32]) -> list[Strategy]:
        return [(np.zeros(1), np.ones(1))]
