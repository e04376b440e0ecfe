"""Myopic best response: the best effort against the board as it stands."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.base import Agent, Seat
from benchgame_env import theory
from benchgame_env.validate import Floats, number


class BestResponse(Agent):
    """Answers the board it sees as if the others kept their scores; moves only on strict gain.

    Formula: the candidates of theory section 2, see `benchgame_env.theory.best_response`; on discrete
    actions every level is tried. Needs a `DeterministicProtocol`. Used as: the engine of Edgeworth
    cycles (section 5).

    Parameters
    ----------
    resolution: score by which a rival is beaten, at least 1.2e-7: boards are seen in float32; default
        that of the seat.
    """

    needs_exact_rule = True

    def __init__(self, seat: Seat, resolution: float | None = None) -> None:
        super().__init__(seat)
        chosen = seat.resolution if resolution is None else resolution
        self.resolution = number("resolution", chosen, low=float(np.finfo(np.float32).eps))
        discrete = seat.axis.action_type == "discrete"
        self._levels: Floats | None = seat.levels(seat.axis.levels) if discrete else None

    def act(self, observations: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float64]:
        scores = self.seat.read(observations, "board_scores").astype(np.float64)
        held = self.seat.efforts(self.seat.read(observations, "own_effort")[:, 0].astype(np.float64))
        effort, _ = theory.best_response(
            self.seat.game,
            self.seat.protocol,
            self.seat.developer,
            scores,
            held,
            self.resolution,
            self._levels,
        )
        return self.seat.action(effort)
