"""What developers that learn on effort levels share: a state per copy, and payoffs in hindsight."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.base import Agent, Seat
from benchgame_env.validate import Floats

LEVELS = 41


class LevelLearner(Agent):
    """Draws a level from a strategy that it learns.

    Each copy of the batch has a learner of its own: they share nothing, so copies are repetitions. All
    that is learned is in ``state``, name to array with copies on the first axis. A developer learns from
    the rounds in which it had the turn.

    Parameters
    ----------
    levels: of effort, evenly on a continuous axis (ties may then be off by rounding); discrete actions
        bring their own.
    """

    def __init__(self, seat: Seat, levels: int = LEVELS) -> None:
        super().__init__(seat)
        self.levels = seat.levels(levels)
        self.state: dict[str, Any] = {}

    @abstractmethod
    def strategy(self, observations: NDArray[np.float32]) -> Floats:
        """Probabilities of the levels ``[copies, m]``."""

    def act(self, observations: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float64]:
        strategy = self.strategy(observations)
        if self.mode == "greedy":
            return self.seat.action(self.levels[strategy.argmax(axis=1)])
        total = strategy.cumsum(axis=1)
        draw = rng.uniform(size=(len(total), 1)) * total[:, -1:]
        return self.seat.action(self.levels[(draw >= total[:, :-1]).sum(axis=1)])

    def save(self) -> dict[str, Any]:
        return dict(self.state)

    def load(self, saved: dict[str, Any]) -> None:
        self.state = {key: np.asarray(value).copy() for key, value in saved.items()}

    def level_of(self, efforts: Floats) -> NDArray[np.int64]:
        """The levels nearest to own efforts, each ``[copies]``."""
        return np.abs(self.levels - efforts[:, None]).argmin(axis=1)

    def table(self) -> Floats:
        """Zeros ``[copies, m]``."""
        return np.zeros((self.seat.copies, self.levels.size))


class HindsightLearner(LevelLearner):
    """Learns with full feedback: what each level would have paid against the scores then shown."""

    needs_exact_rule = True

    def __init__(self, seat: Seat, levels: int = LEVELS) -> None:
        super().__init__(seat, levels)
        self._shown = seat.scores(self.levels)
        self._costs = np.asarray(seat.game.cost(self.levels))

    def payoffs(self, scores: Floats) -> Floats:
        """Payoffs of the levels ``[batch, m]`` while the others show ``scores`` ``[batch, n]``."""
        seat = self.seat
        boards = np.repeat(scores[:, None], self.levels.size, axis=1)
        boards[..., seat.developer] = self._shown
        prizes = seat.game.board(boards, seat.protocol.ties).prizes[..., seat.developer]
        return prizes - self._costs
