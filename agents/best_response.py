"""Myopic best response: the best effort against the board as it stands."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.base import Agent, Seat
from benchgame_env import DeterministicProtocol


class BestResponse(Agent):
    """Answers the board it sees as if the others kept their scores; moves only on strict gain.

    Formula: the candidates of theory section 2, effort 0 and for each rival the least effort that beats
    its score by ``resolution``. Needs a `DeterministicProtocol`. Used as: the engine of Edgeworth
    cycles (section 5).

    Parameters
    ----------
    resolution: score by which a rival is beaten, > 0 (a leaderboard shows three decimals).
    """

    def __init__(self, seat: Seat, resolution: float = 1e-3) -> None:
        super().__init__(seat)
        if not isinstance(seat.protocol, DeterministicProtocol):
            raise ValueError(f"best-response needs a DeterministicProtocol, got {seat.protocol!r}")
        if not resolution > 0:
            raise ValueError(f"resolution: must be > 0, got {resolution}")
        self.resolution = resolution

    def act(self, observations: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float64]:
        seat, me = self.seat, self.seat.developer
        scores = seat.read(observations, "board_scores").astype(np.float64)
        rivals = np.delete(scores, me, axis=1)
        held = self._own_effort(seat.read(observations, "own_effort")[:, 0])
        aims = np.column_stack([rivals + self.resolution, np.zeros(len(rivals))])
        candidates = np.column_stack([self._effort_for(aims), held])
        payoffs = np.stack([self._payoff(e, rivals) for e in candidates.T], axis=1)
        # A little in favour of what is held, so that equal payoffs move nobody.
        payoffs[:, -1] += 1e-9 * seat.game.prize_range
        best = np.argmax(payoffs, axis=1)
        return seat.action(np.take_along_axis(candidates, best[:, None], axis=1)[:, 0])

    def _own_effort(self, position: NDArray[np.float32]) -> NDArray[np.float64]:
        profile = np.repeat(position[:, None].astype(np.float64), self.seat.game.n_developers, axis=1)
        return self.seat.axis.effort(profile)[:, self.seat.developer]

    def _effort_for(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Least own effort ``[batch, m]`` that shows ``scores`` ``[batch, m]``; inf if out of budget."""
        seat = self.seat
        aims = np.repeat(scores[..., None], seat.game.n_developers, axis=-1)
        effort = seat.protocol.effort_for(seat.game, aims)[..., seat.developer]
        return np.where(effort <= seat.axis.max_effort[seat.developer], effort, np.inf)

    def _payoff(self, efforts: NDArray[np.float64], rivals: NDArray[np.float64]) -> NDArray[np.float64]:
        """Payoffs ``[batch]`` at own efforts ``[batch]`` if the rivals show ``[batch, n - 1]``."""
        seat, me = self.seat, self.seat.developer
        possible = np.where(np.isinf(efforts), 0.0, efforts)
        profile = np.repeat(possible[:, None], seat.game.n_developers, axis=1)
        own = seat.protocol.score(seat.game, profile)[:, me]
        board = seat.game.board(np.insert(rivals, me, own, axis=1), seat.protocol.ties)
        payoff = board.prizes[:, me] - seat.game.cost(possible)
        return np.where(np.isinf(efforts), -np.inf, payoff)
