"""Tabular Q-learning on effort levels, for games in which developers take turns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchgame_env.agents.adaptive.levels import LEVELS, LevelLearner
from benchgame_env.agents.base import Round, Seat
from benchgame_env.agents.saved import check_names, saved_array
from benchgame_env.numerics import publish
from benchgame_env.validate import Floats, number


class QLearning(LevelLearner):
    """Learns the value of each level for each board of the others that it meets on its turn.

    Formula (Klein 2021, for prices): a level held over the K rounds from one own turn to the next earns
    ``G = sum_k gamma^k payoff_k``; then ``Q(s, a) += rate (G + gamma^K max Q(s', .) - Q(s, a))``. If the
    episode is cut off before the next own turn, the board at its end is s'. It plays the best level
    (among equal ones the lowest), or a random level with a probability that halves every
    ``epsilon_halving`` own turns. With ``start`` 1 no level seems better than one that it has not tried,
    so on each board that it meets again it tries one after the other (optimistic initial values, Sutton
    and Barto 2018, section 2.6). Needs a `DeterministicProtocol`, because noise would make too many
    boards. Used as: the learner that found Edgeworth cycles; with gamma 0 it learns the best response.

    Parameters
    ----------
    seat, levels
        As for `LevelLearner`.
    gamma : float
        Discount per round, in [0, 1].
    rate : float
        Step size, in (0, 1].
    epsilon : float
        Probability of a random level at the start, in [0, 1].
    epsilon_halving : float
        Own turns after which this probability has halved, > 0.
    start : float
        Value of a level before it is tried, as a share of the highest prize, in [0, 1].

    Attributes
    ----------
    state : dict
        ``boards``: the scores seen (as bytes), each with its row in the table. ``values``: the table,
        ``[copies, rows, m]``. ``turns``: own turns so far. Of the decision that is open: ``row`` (-1:
        none), ``level``, ``gain`` (G so far) and ``discount`` (gamma^k so far). These are ``[copies]``.
    """

    needs_exact_rule = True
    explores = True

    def __init__(
        self,
        seat: Seat,
        levels: int = LEVELS,
        gamma: float = 0.0,
        rate: float = 0.3,
        epsilon: float = 1.0,
        epsilon_halving: float = 500.0,
        start: float = 0.0,
    ) -> None:
        super().__init__(seat, levels)
        self.rate = number("rate", rate, low=0, high=1, strict=True)
        self.gamma = number("gamma", gamma, low=0, high=1)
        self.epsilon = number("epsilon", epsilon, low=0, high=1)
        self.epsilon_halving = number("epsilon_halving", epsilon_halving, low=0, strict=True)
        self.start = number("start", start, low=0, high=1)
        scores = np.arange(seat.layout.size)[seat.layout.parts["board_scores"]]
        self._rivals = np.delete(scores, seat.developer)  # places of their scores in an observation
        nothing = np.zeros(seat.copies)
        self.state = {
            "boards": {},
            "values": np.zeros((seat.copies, 0, self.levels.size)),
            "turns": nothing,
            "row": np.full(seat.copies, -1),
            "level": np.zeros(seat.copies, dtype=np.int64),
            "gain": nothing,
            "discount": nothing,
        }

    def strategy(self, observations: NDArray[np.float32]) -> Floats:
        m = self.levels.size
        explore = self.epsilon * 0.5 ** (self.state["turns"] / self.epsilon_halving)
        explore = explore * (self.mode == "learn")
        chances = np.repeat(explore[:, None] / m, m, axis=1)
        best = self._values(self._rows(observations)).argmax(axis=1)
        chances[np.arange(len(best)), best] += 1 - explore
        return chances

    def save(self) -> dict[str, Any]:
        boards = np.frombuffer(b"".join(self.state["boards"]), dtype=np.float32)
        return self.state | {"boards": boards.reshape(len(self.state["boards"]), -1)}

    def load(self, saved: dict[str, Any]) -> None:
        check_names("state", saved, self.state)
        seen = np.zeros((0, self.seat.game.n_developers - 1), dtype=np.float32)
        boards = saved_array(saved, "boards", seen, grows=0)
        if (boards != publish(boards)).any():
            raise ValueError("boards: their scores, of version 0.1.0, are no longer shown: train anew")
        fixed = {name: self.state[name] for name in self.state if name not in ("boards", "values")}
        found: dict[str, Any] = {name: saved_array(saved, name, like) for name, like in fixed.items()}
        found["boards"] = {board.tobytes(): row for row, board in enumerate(boards)}
        found["values"] = saved_array(saved, "values", self.state["values"], grows=1)
        self.state = {name: found[name] for name in self.state}
        rows, levels = self.state["row"], self.state["level"]
        if not (
            len(self.state["boards"]) == len(boards) <= self.state["values"].shape[1]
            and ((rows >= -1) & (rows < len(boards))).all()
            and ((levels >= 0) & (levels < self.levels.size)).all()
        ):
            raise ValueError("boards, values, row, level: do not fit together")

    @property
    def looks_ahead(self) -> bool:
        return self.gamma > 0

    def learn(self, played: Round, rng: np.random.Generator) -> None:
        state, on_turn = self.state, self.seat.has_turn(played.observations)
        if self.seat.opens_episode(played.observations):
            state["row"] = np.full(self.seat.copies, -1)
        if on_turn.any():
            state["turns"] = state["turns"] + on_turn
            state["row"] = np.where(on_turn, self._rows(played.observations), state["row"])
            state["level"] = np.where(on_turn, self.level_of(played.efforts), state["level"])
        discount = np.where(on_turn, 1.0, state["discount"])
        state["gain"] = np.where(on_turn, 0.0, state["gain"]) + discount * played.payoffs
        state["discount"] = discount * self.gamma
        closes = (self.seat.has_turn(played.after) | played.ended) & (state["row"] >= 0)
        if closes.any():
            self._close(closes, played.after)

    def _close(self, closes: NDArray[np.bool_], after: NDArray[np.float32]) -> None:
        """Learn from the open decisions of the copies where ``closes`` ``[copies]`` is true."""
        state, copies = self.state, np.flatnonzero(closes)
        target = state["gain"]
        if self.gamma:
            target = target + state["discount"] * self._values(self._rows(after)).max(axis=1)
        cell = copies, state["row"][copies], state["level"][copies]
        state["values"][cell] += self.rate * (target[copies] - state["values"][cell])
        state["row"] = np.where(closes, -1, state["row"])

    def _values(self, rows: NDArray[np.int64]) -> Floats:
        return self.state["values"][np.arange(self.seat.copies), rows]

    def _rows(self, observations: NDArray[np.float32]) -> NDArray[np.int64]:
        """Rows ``[copies]`` of the table for the boards seen, with new rows for new ones."""
        scores = np.take(observations, self._rivals, axis=1)
        boards = self.state["boards"]
        rows = np.array([boards.setdefault(own.tobytes(), len(boards)) for own in scores])
        values = self.state["values"]
        if len(boards) > values.shape[1]:  # grow by half at least, since growing copies the table
            shape = len(values), max(len(boards), values.shape[1] // 2), values.shape[2]
            room = np.full(shape, self.start * self.seat.game.prizes.max())
            self.state["values"] = np.concatenate((values, room), axis=1)
        return rows
