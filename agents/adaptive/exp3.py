"""EXP3: learns from its own payoffs alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchgame_env.agents.adaptive.levels import LEVELS, LevelLearner
from benchgame_env.agents.base import Round, Seat
from benchgame_env.validate import Floats, number


class EXP3(LevelLearner):
    """Exponential weights: each payoff counts more, the less likely its level was to be played.

    Formula (Auer, Cesa-Bianchi, Freund and Schapire 2002): ``p = (1 - gamma) w / sum(w) + gamma / m``.
    The weight of the played level a is multiplied by ``exp(gamma r / (m p_a))``. The reward r is the
    payoff on a scale from the smallest one (last prize, most expensive level: 0) to the largest (first
    prize, no cost: 1). Used as: the learner for any rule, with noise or memory too, that needs no
    knowledge of it.

    Parameters
    ----------
    seat, levels
        As for `LevelLearner`.
    exploration : float
        gamma, in (0, 1].

    Attributes
    ----------
    state : dict
        ``log_weights`` ``[copies, m]``; the largest in each copy is 0.
    """

    tables = ("log_weights",)
    by_copy = True

    def __init__(self, seat: Seat, levels: int = LEVELS, exploration: float = 0.1) -> None:
        super().__init__(seat, levels)
        self.exploration = number("exploration", exploration, low=0, high=1, strict=True)
        self._least = seat.game.prizes[-1] - np.max(seat.game.cost(self.levels))
        self._spread = max(float(seat.game.prizes[0] - self._least), np.finfo(np.float64).tiny)

    def strategy(self, observations: NDArray[np.float32]) -> Floats:
        weights = np.exp(self.state["log_weights"])
        share = weights / weights.sum(axis=1, keepdims=True)
        return (1 - self.exploration) * share + self.exploration / self.levels.size

    def learn(self, played: Round, rng: np.random.Generator) -> None:
        rows, level = np.arange(self.seat.copies), self.level_of(played.efforts)
        chance = self.strategy(played.observations)[rows, level]
        reward = (played.payoffs - self._least) / self._spread
        turn = self.seat.has_turn(played.observations)
        log_weights = self.state["log_weights"].copy()
        log_weights[rows, level] += turn * self.exploration / self.levels.size * reward / chance
        self.state["log_weights"] = log_weights - log_weights.max(axis=1, keepdims=True)
