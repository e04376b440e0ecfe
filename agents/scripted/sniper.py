"""Sniper: waits, then overtakes when nobody can answer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchgame_env.agents.scripted.best_response import BestResponse


class Sniper(BestResponse):
    """Plays zero effort until its last chance to revise in the episode, then the best response.

    Formula: `BestResponse` when at most ``n / (number of developers on turn)`` rounds are left. This is
    the last round if all revise at once, and the last n rounds if they take turns; in random order, any
    turn in the last n rounds may be the last one. Needs a `DeterministicProtocol`. Used as: the
    behaviour that deadlines invite.

    Parameters
    ----------
    seat, resolution
        As for `BestResponse`.
    """

    def act(self, observations: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float64]:
        left = np.rint(self.seat.read(observations, "rounds_left")[:, 0] * self.seat.horizon)
        lap = self.seat.game.n_developers / self.seat.read(observations, "turn").sum(axis=1)
        wait = self.seat.action(np.zeros(len(observations)))
        return np.where(left <= lap, super().act(observations, rng), wait)
