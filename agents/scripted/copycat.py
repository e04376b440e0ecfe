"""Copycat: shows the same score as the best of the others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchgame_env.agents.base import Agent


class Copycat(Agent):
    """Plays the least effort that shows the highest score among the others on the board.

    Formula: ``e = min(v_i^{-1}(max_{j != i} s_j) - Delta, max)``: the largest effort of the axis if that
    score is out of reach, 0 if zero effort already shows it. The score is met up to the rounding of
    float32, in which boards are seen, or up to the nearest level of discrete actions. Needs a
    `DeterministicProtocol`. Used as: imitation, which follows a leader up and down.

    Parameters
    ----------
    seat : Seat
        The seat that it plays.
    """

    needs_exact_rule = True

    def act(self, observations: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float64]:
        seat = self.seat
        scores = seat.read(observations, "board_scores").astype(np.float64)
        if scores.shape[1] == 1:  # nobody to copy
            return seat.action(np.zeros(len(scores)))
        leader = np.delete(scores, seat.developer, axis=1).max(axis=1)
        efforts = seat.subgame.own_efforts_for(seat.developer, leader)
        return seat.action(np.minimum(efforts, seat.axis.max_effort[seat.developer]))
