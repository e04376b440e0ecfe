"""Myopic best response: the best effort against the board as it is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchgame_env.agents.base import Agent, Seat
from benchgame_env.theory.dynamics.best_response import respond
from benchgame_env.validate import Floats


class BestResponse(Agent):
    """Plays the best effort as if the others kept their scores; moves only if that gains something.

    Formula: the candidates of theory section 2, see `benchgame_env.theory.best_response`; with discrete
    actions every level is a candidate. Needs a `DeterministicProtocol`. Used as: the engine of Edgeworth
    cycles (theory section 5).

    Parameters
    ----------
    seat : Seat
        The seat that it plays.
    resolution : float, optional
        Score by which a rival is beaten, at least 1.2e-7 because boards are seen in float32; default:
        that of the seat.
    """

    needs_exact_rule = True

    def __init__(self, seat: Seat, resolution: float | None = None) -> None:
        super().__init__(seat)
        self.resolution = seat.visible_resolution(resolution)
        self._subgame = seat.subgame.reduced()
        discrete = seat.axis.action_type == "discrete"
        self._levels: Floats | None = seat.levels(seat.axis.levels) if discrete else None

    def act(self, observations: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float64]:
        seat, on_turn = self.seat, self.seat.has_turn(observations)
        actions = np.zeros(len(observations))
        if not on_turn.any():  # no action has an effect
            return actions
        seen = observations[on_turn]
        scores = seat.read(seen, "board_scores").astype(np.float64)
        held = seat.efforts(seat.read(seen, "own_effort")[:, 0].astype(np.float64))
        effort, _ = respond(self._subgame, seat.developer, scores, held, self.resolution, self._levels)
        actions[on_turn] = seat.action(effort)
        return actions
