"""Constant: always the same effort."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.base import Agent, Seat
from benchgame_env.validate import number


class Constant(Agent):
    """The same share of the effort that the prizes are worth, always.

    Formula: ``e = share * F``, F the effort scale of theory section 8; on discrete actions the nearest
    level. Used as: a rival against whom the best response is known.

    Parameters
    ----------
    share: of F, in [0, 1].
    """

    def __init__(self, seat: Seat, share: float = 0.5) -> None:
        super().__init__(seat)
        number("share", share, low=0, high=1)
        self.effort = share * seat.game.effort_scale[seat.developer]

    def act(self, observations: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float64]:
        return self.seat.action(np.full(len(observations), self.effort))
