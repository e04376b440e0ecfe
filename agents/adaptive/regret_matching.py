"""Regret matching+: plays each level in proportion to the regret of not having played it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchgame_env.agents.adaptive.levels import HindsightLearner
from benchgame_env.agents.base import Round
from benchgame_env.validate import Floats


class RegretMatchingPlus(HindsightLearner):
    """Plays levels in proportion to their regrets, which never fall below 0; while all regrets are 0,
    it plays uniformly.

    Formula (Tammelin 2014): ``x = Q / sum(Q)``, ``Q <- max(Q + u(., s_-i) - x . u(., s_-i), 0)``. After
    T rounds its regret per round is at most ``D sqrt(m / T)``, where D is the range of its payoffs. In
    the duel, averages of play therefore tend to the equilibrium (theory section 5). Needs a
    `DeterministicProtocol`. Used as: the no-regret learner behind the solver of mixed equilibria.

    Parameters
    ----------
    seat, levels
        As for `LevelLearner`.

    Attributes
    ----------
    state : dict
        ``regrets`` ``[copies, m]``.
    """

    tables = ("regrets",)
    by_copy = True

    def strategy(self, observations: NDArray[np.float32]) -> Floats:
        regrets = self.state["regrets"]
        total = regrets.sum(axis=1, keepdims=True)
        return np.where(total > 0, regrets, 1.0) / np.where(total > 0, total, regrets.shape[1])

    def learn(self, played: Round, rng: np.random.Generator) -> None:
        payoffs = self.payoffs(played.scores)
        expected = (self.strategy(played.observations) * payoffs).sum(axis=1, keepdims=True)
        turn = self.seat.has_turn(played.observations)[:, None]
        self.state["regrets"] = np.maximum(self.state["regrets"] + turn * (payoffs - expected), 0.0)
