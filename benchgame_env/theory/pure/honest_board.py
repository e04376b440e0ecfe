"""The honest board, on which nobody spends effort, and what passing each of its places takes and wins.

Places are counted from 0, the top. Arrays "by place" are ``[n]`` in board order, those "by developer" in
order of quality. In arrays ``[m, n]`` each developer has a column, with ``m`` overtakes in it.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from benchgame_env.game import Game
from benchgame_env.rules import DeterministicProtocol
from benchgame_env.validate import Floats

# Scores closer than this many units in the last place count as equal: the ties that float64 can tell.
SCORE_NOISE = 4

Places = NDArray[np.int64]


class HonestBoard:
    """The board at zero effort, under an exact rule.

    Attributes
    ----------
    scores: shown at zero effort, by developer.
    prizes: earned there, by developer.
    developers: who stands where, by place.
    won: the prize of whoever passes a place, by place; non-increasing.
    next_up: the place above, past all that share the same rank; -1 at the top; by place.
    start: the place to pass first, the one above or (``split``) one level with it; -1 at the top; by
        developer.
    """

    def __init__(self, game: Game, rule: DeterministicProtocol) -> None:
        self.game, self.rule = game, rule
        self.who = np.arange(game.n_developers)
        self.scores = rule.score(game, np.zeros(game.n_developers))
        board = game.board(self.scores, rule.ties)
        self.prizes = board.prizes
        self.developers = np.argsort(board.ranks, kind="stable")
        ranks = board.ranks[self.developers]
        self.won = game.prizes[ranks - 1]
        self.next_up = ranks - 2
        last = np.searchsorted(ranks, board.ranks, side="right") - 1
        self.start = last - (self.developers[last] == self.who)
        by_place = self.scores[self.developers]
        noise = SCORE_NOISE * np.spacing(np.abs(by_place))
        self._tie, self._beat = by_place - noise, by_place + noise

    def strictly(self, places: Places) -> NDArray[np.bool_]:
        """Whether each developer must exceed a place, because the tie rule does not favour it there."""
        return (self.who > self.developers[places]) | (self.rule.ties == "split")

    def efforts(self, places: Places) -> Floats:
        """Efforts ``[m, n]`` with which developers pass ``places`` (``[m, n]`` or ``[m, 1]``).

        A score a few float64 steps higher stands for "strictly more", which is right on flat stretches
        too.
        """
        return self.least_effort(np.where(self.strictly(places), self._beat[places], self._tie[places]))

    def least_effort(self, aims: Floats) -> Floats:
        """``inf {e in [0, B] : shown score >= aim}``, ``inf`` if there is none; ``[m, n]``, as are
        the aims unless those of a row are all alike."""
        aims = np.broadcast_to(aims, (len(aims), self.who.size))  # rules take profiles
        effort = self.rule.effort_for(self.game, aims)
        limited = np.isfinite(self.game.budget)
        if limited.any():
            # The inverse may miss the budget by rounding; the score there decides.
            capped = np.where(self._top >= aims, np.minimum(effort, self.game.budget), np.inf)
            effort = np.where(limited, capped, effort)
        return np.where(self.scores >= aims, 0.0, effort)

    @cached_property
    def _top(self) -> Floats:
        """Scores at the whole budget; at zero effort without one."""
        budget = self.game.budget
        return self.rule.score(self.game, np.where(np.isfinite(budget), budget, 0.0))

    def gains(self, places: Places) -> Floats:
        """What developers gain by passing ``places``, as in `offers`."""
        return self.offers(places)[1]

    def offers(self, places: Places) -> tuple[Floats, Floats]:
        """Efforts that pass ``places`` (``[m, n]`` or ``[m, 1]``), or under ``split`` join them where
        that gains more, and the gains, ``[m, n]``; ``-inf`` where it cannot be done, or where one is
        ahead already."""
        effort = self.efforts(places)
        # A supremum that is not attained costs the right limit (a fixed cost of any effort counts).
        right = np.where(self.strictly(places), np.nextafter(effort, np.inf), effort)
        gain = self.won[places] - self.prizes - self._price(right)
        if self.rule.ties == "split":
            joining, joined = self._offers_to_join(places)
            effort, gain = np.where(joined > gain, joining, effort), np.maximum(gain, joined)
        ahead = (places > self.start) | (self.developers[places] == self.who)
        return effort, np.where(ahead, -np.inf, gain)

    def _price(self, effort: Floats) -> Floats:
        return np.where(np.isinf(effort), np.inf, self.game.cost(effort))

    def _offers_to_join(self, places: Places) -> tuple[Floats, Floats]:
        """Under ``split``: efforts that join those at ``places`` at exactly their score, and the gains
        from it, ``[m, n]``."""
        k = self.developers[places]
        effort = self.least_effort(self._tie[places])
        _, number, size = np.unique(self.scores, return_inverse=True, return_counts=True)
        members = size[number.reshape(-1)][k] + (self.scores != self.scores[k])  # with the newcomer
        pot = np.concatenate(([0.0], np.cumsum(self.game.prizes)))
        ahead = self.next_up[places] + 1
        share = (pot[np.minimum(ahead + members, self.who.size)] - pot[ahead]) / members
        return effort, share - self.prizes - self._price(effort)

    def expense(self, places: Places) -> Floats:
        """``R_r`` and the least price at which r passes or joins any place from ``places`` ``[m, n]``
        upwards, ``[m, n]``: no gain there exceeds ``won - expense``."""
        aims = self._easiest[places]
        if self.rule.ties != "split":
            aims = np.where(self.strictly(places), self._easiest_beaten[places], aims)
        return self.prizes + self._price(self.least_effort(aims))

    @cached_property
    def _easiest(self) -> Floats:
        """The lowest aim from each place upwards, by place: aims follow scores but for their noise."""
        return np.minimum.accumulate(self._tie)

    @cached_property
    def _easiest_beaten(self) -> Floats:
        """Likewise for those who have to exceed the place, and so everybody above it at its score."""
        descending = -self.scores[self.developers]
        block = np.searchsorted(descending, descending)  # the first place with the same score
        beyond = np.where(block > 0, self._easiest[block - 1], np.inf)
        return np.minimum(self._beat, beyond)
