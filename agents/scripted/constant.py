"""Constant: always the same effort."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchgame_env.agents.base import Agent, Seat
from benchgame_env.metrics import Strategy
from benchgame_env.validate import number


class Constant(Agent):
    """Always plays the same share of the effort that the prizes are worth.

    Formula: ``e = share * F``, where F is the effort scale of theory section 8; with discrete actions
    the nearest level. Used as: a rival to whom the best response is known.

    Parameters
    ----------
    seat : Seat
        The seat that it plays.
    share : float
        Share of F, in [0, 1].
    """

    def __init__(self, seat: Seat, share: float = 0.5) -> None:
        super().__init__(seat)
        share = number("share", share, low=0, high=1)
        self.effort = share * seat.game.effort_scale[seat.developer]

    def act(self, observations: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float64]:
        return self.seat.action(np.full(len(observations), self.effort))

    def strategies(self, observations: NDArray[np.float32]) -> list[Strategy]:
        axis, action = self.seat.axis, self.seat.action(np.full(1, self.effort))
        own = axis.effort(axis.position(np.repeat(action[:, None], self.seat.game.n_developers, axis=1)))
        return [(own[:, self.seat.developer], np.ones(1))]
