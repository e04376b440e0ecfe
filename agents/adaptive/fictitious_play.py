"""Fictitious play: believes that the others draw from what they have shown so far."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.adaptive.levels import LEVELS, HindsightLearner
from agents.base import Round, Seat
from benchgame_env.validate import Floats


class FictitiousPlay(HindsightLearner):
    """Best level against the empirical distribution of the others' shown scores (their joint one).

    Formula: ``argmax_a sum_t u(a, s_-i(t))``, of equal levels the lowest. In the duel averages of play
    tend to the equilibrium (Robinson 1951: adding the rival's cost makes it zero-sum, theory section
    5). Needs a `DeterministicProtocol`. Used as: the oldest model of learning in games.

    Parameters
    ----------
    levels: as of `LevelLearner`.

    State: ``payoffs [copies, m]``, summed over rounds.
    """

    def __init__(self, seat: Seat, levels: int = LEVELS) -> None:
        super().__init__(seat, levels)
        self.state = {"payoffs": self.table()}

    def strategy(self, observations: NDArray[np.float32]) -> Floats:
        return np.eye(self.levels.size)[self.state["payoffs"].argmax(axis=1)]

    def learn(self, played: Round, rng: np.random.Generator) -> None:
        turn = self.seat.has_turn(played.observations)[:, None]
        self.state["payoffs"] += turn * self.payoffs(played.scores)
