"""The slow witness: one copy of the developer subgame in plain Python, written from the rules.

It shares no code with what it checks (ranks, boards, actions, observations, revisions) and has no
array operations; of the package it calls only the curves and the cost, on one profile at a time.
What is drawn in the environment (whose turn it is, a noisy board) is handed in and replayed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

import benchgame_env as bg

Floats = list[float]


def publish(score: float) -> float:
    """A score as a board shows it: to the nearest multiple of 2^-23 below 2, as float32 beyond."""
    if abs(score) < 2:
        return round(score * 2**23) / 2**23
    return float(np.float32(score))


def rank_all(scores: Floats, ties: str) -> list[int]:
    """Rank = 1 + how many stand above; under ``quality`` an equal score of a better model does."""
    n = len(scores)
    ranks = []
    for i in range(n):
        above = sum(scores[j] > scores[i] for j in range(n))
        if ties == "quality":
            above += sum(scores[j] == scores[i] for j in range(i))
        ranks.append(1 + above)
    return ranks


def award_all(scores: Floats, prizes: Floats, ties: str) -> Floats:
    """The prize of one's rank; under ``split`` the mean of the prizes that the tied block covers."""
    ranks = rank_all(scores, ties)
    if ties == "quality":
        return [prizes[rank - 1] for rank in ranks]
    awards = []
    for i, rank in enumerate(ranks):
        block = sum(score == scores[i] for score in scores)
        awards.append(math.fsum(prizes[rank - 1 : rank - 1 + block]) / block)
    return awards


def scores_all(game: bg.Game, protocol: Any, efforts: Floats) -> Floats:
    """Shown scores: ``v_i(e_i)`` directly, ``v_i(level + e_i)`` after tuning (theory section 1).

    A protocol that this file has no rule for is asked for its own, one profile at a time.
    """
    if protocol.name == "direct":
        return _floats(game.curves.score(np.array(efforts)))
    if protocol.name == "tune-before-test":
        return _floats(game.curves.score(np.array([protocol.level + effort for effort in efforts])))
    return _floats(protocol.score(game, np.array(efforts)))


def costs_all(game: bg.Game, efforts: Floats) -> Floats:
    # As one profile: NumPy's power of a single number may differ from that of an array by one ulp.
    return _floats(game.cost(np.array(efforts)))


def largest_effort(game: bg.Game, i: int) -> float:
    """The budget, or without one the effort that costs what rank can win, ``R_1 - R_n``."""
    budget = float(game.budget[i])
    if math.isfinite(budget):
        return budget
    return float(game.cost.inverse(float(game.prizes[0]) - float(game.prizes[-1])))


def position_of(action: float, action_type: str, levels: int) -> float:
    """Share of the effort axis that an action names; out of range is clipped."""
    if action_type == "discrete":
        return min(max(action, 0), levels - 1) / (levels - 1)
    return (min(max(action, -1.0), 1.0) + 1.0) / 2.0


def effort_at(position: float, largest: float, scale: str) -> float:
    """Linear, or log: ``1 + 10^4 e / largest`` grows geometrically from 1 to 10,001."""
    if scale == "log":
        position = min(math.expm1(position * math.log1p(1e4)) / 1e4, 1.0)
    return position * largest


@dataclass
class Replay:
    """What the environment drew at one opening or step; None where the rules leave nothing open."""

    turn: list[bool] | None = None
    board: tuple[Floats, list[int], Floats] | None = None


NOTHING_DRAWN = Replay()


class Reference:
    """One copy of the game; arguments as those of `benchgame_env.VectorEnv`."""

    def __init__(
        self,
        game: bg.Game,
        protocol: Any,
        horizon: int,
        revision: str = "simultaneous",
        action_type: str = "continuous",
        effort_levels: int = 41,
        action_scale: str = "linear",
    ) -> None:
        self.game, self.protocol, self.horizon, self.revision = game, protocol, horizon, revision
        self.action_type, self.levels, self.scale = action_type, effort_levels, action_scale
        self.n = len(game.prizes)
        self.largest = [largest_effort(game, i) for i in range(self.n)]

    def reset(self, drawn: Replay = NOTHING_DRAWN) -> None:
        """Nobody holds any effort, and the board of that is published."""
        self.round = 0
        self.positions = [0.0] * self.n
        self.revised = [False] * self.n
        self._publish(drawn)

    def step(self, actions: Floats, drawn: Replay = NOTHING_DRAWN) -> None:
        """Whose turn it is takes a new effort; the others keep theirs."""
        for i in range(self.n):
            if self.turn[i]:
                self.positions[i] = position_of(actions[i], self.action_type, self.levels)
        self.round += 1
        self.revised = self.turn
        self._publish(drawn)

    def _publish(self, drawn: Replay) -> None:
        self.efforts = [
            effort_at(position, largest, self.scale)
            for position, largest in zip(self.positions, self.largest, strict=True)
        ]
        self.scores, self.ranks, self.awards = drawn.board or self._board()
        self.costs = costs_all(self.game, self.efforts)
        self.payoffs = [award - cost for award, cost in zip(self.awards, self.costs, strict=True)]
        self.turn = self._next_turn() if drawn.turn is None else drawn.turn

    def _board(self) -> tuple[Floats, list[int], Floats]:
        scores = [publish(s) for s in scores_all(self.game, self.protocol, self.efforts)]
        prizes, ties = _floats(self.game.prizes), self.protocol.ties
        return scores, rank_all(scores, ties), award_all(scores, prizes, ties)

    def _next_turn(self) -> list[bool]:
        """All, or one: the worst quality first (the last index), then upwards, then again."""
        if self.revision == "simultaneous":
            return [True] * self.n
        assert self.revision == "alternating", "random turns have to be handed in"
        upwards = list(reversed(range(self.n)))
        return [i == upwards[self.round % self.n] for i in range(self.n)]

    def infos(self) -> dict[str, list[Any]]:
        return {
            "effort": self.efforts,
            "score": self.scores,
            "rank": self.ranks,
            "prize": self.awards,
            "cost": self.costs,
            "payoff": self.payoffs,
            "turn": self.revised,
        }

    def observation(self, i: int) -> Floats:
        """The vector that developer i sees, part by part as `ObservationLayout` lists them."""
        vector = [float(j == i) for j in range(self.n)]
        vector += [self._own_curve(i, k / 4) for k in range(5)] + self._published()
        return [*vector, self.positions[i], self.scores[i], *self._seen_by_all()]

    def state(self) -> Floats:
        """The global state, part by part as `StateLayout` lists them."""
        vector = [self._own_curve(i, k / 4) for i in range(self.n) for k in range(5)]
        return [*vector, *self._published(), *self.positions, *self._seen_by_all()]

    def _published(self) -> Floats:
        return [_signed_log(p) / 10 for p in getattr(self.protocol, "published", {}).values()]

    def _seen_by_all(self) -> Floats:
        """The board, whose turn it is and what is left of the episode."""
        ranks = [(rank - 1) / (self.n - 1) if self.n > 1 else 0.0 for rank in self.ranks]
        left = (self.horizon - self.round) / self.horizon
        return [*self.scores, *ranks, *(float(may) for may in self.turn), left]

    def _own_curve(self, i: int, position: float) -> float:
        """Own score after a total effort at this position of the own axis."""
        efforts = [effort_at(position, largest, self.scale) for largest in self.largest]
        return _floats(self.game.curves.score(np.array(efforts)))[i]


def _signed_log(parameter: float) -> float:
    return math.copysign(math.log1p(abs(parameter)), parameter)


def _floats(array: Any) -> Floats:
    return [float(value) for value in array]
