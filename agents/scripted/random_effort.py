"""Random: any effort on the axis."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchgame_env.agents.base import Agent


class RandomEffort(Agent):
    """Draws a new position uniformly on the effort axis in every round.

    Formula: ``e = axis(u)``, ``u ~ U[0, 1]``. Used as: the least that a learner has to beat.

    Parameters
    ----------
    seat : Seat
        The seat that it plays.
    """

    def act(self, observations: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float64]:
        return self.seat.action(self.seat.efforts(rng.uniform(size=len(observations))))
