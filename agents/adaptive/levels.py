"""The common part of agents that learn on effort levels."""

from __future__ import annotations

import copy
from abc import abstractmethod
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from benchgame_env.agents.base import Agent, Seat, draw_choices
from benchgame_env.agents.saved import check_names, saved_array
from benchgame_env.metrics import Strategy
from benchgame_env.validate import Floats

LEVELS = 41


class LevelLearner(Agent):
    """Learns a strategy over effort levels and draws from it.

    Each copy of the batch has its own learner. Learners share nothing, so the copies are independent
    repetitions. A developer learns only from rounds in which it had the turn.

    Parameters
    ----------
    seat : Seat
        The seat that it plays.
    levels : int
        Number of effort levels, >= 2, evenly spaced on a continuous axis, where rounding may break
        ties between them. Discrete actions have their own levels.

    Attributes
    ----------
    levels : array of float
        The levels ``[m]``, effort units.
    state : dict
        Everything learned: name to array with the copies on the first axis.
    tables : tuple of str
        Names in ``state`` that start as a number for each level, ``[copies, m]``, all 0.
    """

    tables: ClassVar[tuple[str, ...]] = ()

    def __init__(self, seat: Seat, levels: int = LEVELS) -> None:
        super().__init__(seat)
        self.levels = seat.levels(levels)
        shape = (seat.copies, self.levels.size)
        self.state: dict[str, Any] = {name: np.zeros(shape) for name in self.tables}

    def widened(self, times: int) -> LevelLearner:
        wide = copy.copy(self)
        wide.seat = replace(self.seat, copies=self.seat.copies * times)
        wide.state = {name: np.tile(table, (times, 1)) for name, table in self.state.items()}
        return wide

    @abstractmethod
    def strategy(self, observations: NDArray[np.float32]) -> Floats:
        """Probabilities of the levels, ``[copies, m]``."""

    def act(self, observations: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float64]:
        strategy = self.strategy(observations)
        likeliest = self.mode == "greedy"
        chosen = strategy.argmax(axis=1) if likeliest else draw_choices(strategy, rng)
        return self.seat.action(self.levels[chosen])

    def strategies(self, observations: NDArray[np.float32]) -> list[Strategy] | None:
        chances = self.strategy(np.repeat(observations, self.seat.copies, axis=0))
        same = bool((chances == chances[0]).all())  # else the copies have learned different strategies
        return [(self.levels, chances[0] / chances[0].sum())] if same else None

    def save(self) -> dict[str, Any]:
        return dict(self.state)

    def load(self, saved: dict[str, Any]) -> None:
        check_names("state", saved, self.state)
        self.state = {name: saved_array(saved, name, like) for name, like in self.state.items()}

    def level_of(self, efforts: Floats) -> NDArray[np.int64]:
        """Indices of the levels nearest to own efforts, both ``[copies]``."""
        return np.abs(self.levels - efforts[:, None]).argmin(axis=1)


class HindsightLearner(LevelLearner):
    """Learns from what every level would have paid against the scores that the others showed.

    Parameters
    ----------
    seat, levels
        As for `LevelLearner`.
    """

    needs_exact_rule = True

    def __init__(self, seat: Seat, levels: int = LEVELS) -> None:
        super().__init__(seat, levels)
        self._shown = seat.subgame.own_scores(seat.developer, self.levels)
        self._costs = seat.subgame.cost(self.levels)

    def payoffs(self, scores: Floats) -> Floats:
        """Payoffs ``[batch, m]`` of the levels while the others show ``scores`` ``[batch, n]``."""
        own, subgame = self.seat.developer, self.seat.subgame
        boards = np.repeat(scores[:, None], self.levels.size, axis=1)
        boards[..., own] = self._shown
        return subgame.game.board(boards, subgame.rule.ties).prizes[..., own] - self._costs
