"""Fictitious play: expects the others to repeat what they have shown so far."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchgame_env.agents.adaptive.levels import HindsightLearner
from benchgame_env.agents.base import Round
from benchgame_env.validate import Floats


class FictitiousPlay(HindsightLearner):
    """Plays the best level against the joint empirical distribution of the scores that the others
    have shown.

    Formula: ``argmax_a sum_t u(a, s_-i(t))``; among equal levels the lowest. In the duel, averages of
    play tend to the equilibrium, because the game becomes zero-sum when the rival's cost is added
    (Robinson 1951, theory section 5). Needs a `DeterministicProtocol`. Used as: the oldest model of
    learning in games.

    Parameters
    ----------
    seat, levels
        As for `LevelLearner`.

    Attributes
    ----------
    state : dict
        ``payoffs`` ``[copies, m]``, summed over rounds.
    """

    tables = ("payoffs",)
    by_copy = True

    def strategy(self, observations: NDArray[np.float32]) -> Floats:
        return np.eye(self.levels.size)[self.state["payoffs"].argmax(axis=1)]

    def learn(self, played: Round, rng: np.random.Generator) -> None:
        turn = self.seat.has_turn(played.observations)[:, None]
        self.state["payoffs"] += turn * self.payoffs(played.scores)
