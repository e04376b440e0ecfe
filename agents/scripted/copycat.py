"""Copycat: does what it takes to look like the best of the others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.base import Agent


class Copycat(Agent):
    """The least effort that shows the highest score among the others on the board.

    Formula: ``e = min(v_i^{-1}(max_{j != i} s_j) - Delta, max)``: as far as the axis goes where that
    score is out of reach, 0 where it is passed untuned. Boards are seen in float32 and discrete actions
    have the nearest level: the score is met up to that, on either side. Needs a `DeterministicProtocol`.
    Used as: imitation, which follows a leader up and down.
    """

    needs_exact_rule = True

    def act(self, observations: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float64]:
        scores = self.seat.read(observations, "board_scores").astype(np.float64)
        if scores.shape[1] == 1:  # nobody to copy
            return self.seat.action(np.zeros(len(scores)))
        leader = np.delete(scores, self.seat.developer, axis=1).max(axis=1)
        most = self.seat.axis.max_effort[self.seat.developer]
        return self.seat.action(np.minimum(self.seat.efforts_for(leader), most))
