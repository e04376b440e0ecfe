"""The honest board, on which nobody spends effort: the cost and the prize of passing each place.

Places are counted from 0, the top. Arrays "by place" are ``[n]`` in board order, those "by developer" in
order of quality. In arrays ``[m, n]`` each developer has a column, with ``m`` overtakes in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from benchgame_env.numerics import above, publish
from benchgame_env.subgame import Subgame
from benchgame_env.validate import Floats

# A figure that one step of the grid of scores moves by more than this share of P is not resolved: a
# tenth of the tightest bound that a verdict has.
RESOLVED = 1e-3

Places = NDArray[np.int64]


class HonestBoard:
    """The board at zero effort, under an exact rule.

    Ranks and ties are those of published scores. The efforts to pass come from the curves themselves,
    since theory is the limit of ever finer grids.

    Parameters
    ----------
    subgame : Subgame
        Of an exact rule; see also `of`.

    Attributes
    ----------
    scores : array ``[n]``
        Scores at zero effort, not yet published, by developer.
    shown : array ``[n]``
        The same, published.
    prizes : array ``[n]``
        Prizes at zero effort, by developer.
    developers : array ``[n]``
        The developer at each place, by place.
    won : array ``[n]``
        The prize for passing a place, by place; non-increasing.
    next_up : array ``[n]``
        The place above, past all that share the same rank; -1 at the top; by place.
    start : array ``[n]``
        The place to pass first, the one above or (``split``) one level with it; -1 at the top; by
        developer.
    """

    def __init__(self, subgame: Subgame) -> None:
        self.subgame, self.game, self.ties = subgame, subgame.game, subgame.rule.ties
        self.who = np.arange(subgame.n)
        self.scores = subgame.honest_scores
        board = self.game.board(self.scores, self.ties)
        self.shown, self.prizes = board.scores, board.prizes
        self.developers = np.argsort(board.ranks, kind="stable")
        ranks = board.ranks[self.developers]
        self.won = self.game.prizes[ranks - 1]
        self.next_up = ranks - 2
        last = np.searchsorted(ranks, board.ranks, side="right") - 1
        self.start = last - (self.developers[last] == self.who)
        self._is_strict = subgame.rule.traits.strict
        self._step = (above(self.shown) - self.shown)[self.developers]
        self._shift, self._tie = 0.0, self.scores[self.developers]

    @classmethod
    def of(cls, subgame: Subgame, shift: float = 0.0) -> HonestBoard:
        """The board of a subgame, built once, with every rival's score moved by ``shift`` steps of the
        grid: by a step or so, to see what the grid leaves open. A rule that rounds more coarsely than
        the grid leaves nothing open."""
        built = subgame.notes.get(cls) or subgame.notes.setdefault(cls, cls(subgame))
        if not shift or not built._is_strict:
            return built
        board = cls.__new__(cls)
        board.__dict__.update(built.__dict__)
        for name in ("_easiest", "_easiest_beaten"):
            board.__dict__.pop(name, None)
        board._shift, board._tie = shift, built._tie + shift * built._step
        return board

    def strictly(self, places: Places) -> NDArray[np.bool_]:
        """Whether each developer must exceed a place, because the tie rule does not favour it there."""
        return (self.who > self.developers[places]) | (self.ties == "split")

    def efforts(self, places: Places) -> Floats:
        """Efforts ``[m, n]`` with which developers pass ``places`` (``[m, n]`` or ``[m, 1]``)."""
        strictly = self.strictly(places)
        effort = self._least_effort(self._aims(places, strictly, self._shift))
        if not self.subgame.limited:
            return effort
        shown = self.shown[self.developers[places]]
        within = self._top >= np.where(strictly, above(shown), shown)
        if self._shift:
            within = self._perhaps_within(self._least_effort(self._aims(places, strictly, 0)), within)
        return np.where(within, np.minimum(effort, self.game.budget), np.inf)

    def _aims(self, places: Places, strictly: NDArray[np.bool_], shift: float) -> Floats:
        """Scores to be reached; "strictly more" is what `_more` says."""
        k = self.developers[places]
        aims = self.scores[k] + shift * self._step[places]
        # Of a published tie both scores have to be exceeded, whichever is higher in the last digits.
        tied = (self.shown == self.shown[k]) & (shift == 0)
        beaten = np.where(tied, np.maximum(aims, self.scores), aims)
        return np.where(strictly, self._more(beaten), aims)

    def _more(self, scores: Floats) -> Floats:
        """The next scores to show: float64 numbers, which is right on flat stretches of curves too, or
        published ones where the rule rounds."""
        return np.nextafter(scores, np.inf) if self._is_strict else above(publish(scores))

    def _perhaps_within(self, effort: Floats, within: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """At the budget published scores decide. Where the curves differ from them by far, a positive
        and a negative ``shift`` give the two possible answers."""
        most, needed = self.subgame.cost(self.game.budget), self.subgame.cost(effort)
        much = RESOLVED * self.game.prize_range
        if self._shift < 0:
            return within | (needed + much < most)
        return within & ~(needed > most + much)

    def _least_effort(self, aims: Floats) -> Floats:
        """``inf {e >= 0 : score >= aim}``, ``inf`` if there is none; ``[m, n]``, as are the aims unless
        those of a row are all alike."""
        aims = np.broadcast_to(aims, (len(aims), self.who.size))  # rules take profiles
        return np.where(self.scores >= aims, 0.0, self.subgame.rule.effort_for(self.game, aims))

    @cached_property
    def _top(self) -> Floats:
        """Published scores at the whole budget, by developer."""
        return publish(self.subgame.top_scores)

    def gains(self, places: Places) -> Floats:
        """What developers gain by passing ``places``, as in `offers`."""
        return self.offers(places)[1]

    def offers(self, places: Places) -> tuple[Floats, Floats]:
        """Efforts that pass ``places`` (``[m, n]`` or ``[m, 1]``), or under ``split`` join them where
        that gains more, and the gains, ``[m, n]``; ``-inf`` where it cannot be done, or where one is
        ahead already."""
        (effort, won, cost), *others = self._ways(places)
        gain = won - cost
        for joining, won, cost in others:
            effort, gain = np.where(won - cost > gain, joining, effort), np.maximum(gain, won - cost)
        return effort, np.where(self._ahead(places), -np.inf, gain)

    def factors(self, places: Places, edge: float) -> Floats:
        """By what all prizes may be multiplied before developers gain by passing or joining ``places``
        (``[m, n]`` or ``[m, 1]``), ``[m, n]``; a gain of ``edge`` times that factor is none."""
        least = np.full((len(places), self.who.size), np.inf)
        for _, won, cost in self._ways(places):
            more = won - edge
            least = np.minimum(
                least, np.divide(cost, more, out=np.full_like(least, np.inf), where=more > 0)
            )
        return np.where(self._ahead(places), np.inf, least)

    def _ahead(self, places: Places) -> NDArray[np.bool_]:
        """Whether each developer stands above a place, or on it."""
        return (places > self.start) | (self.developers[places] == self.who)

    def _ways(self, places: Places) -> Iterator[tuple[Floats, Floats, Floats]]:
        """Efforts ``[m, n]`` that pass ``places``, or (``split``) join those there at exactly their
        score, with the prize money that this wins and what it costs."""
        effort = self.efforts(places)
        # A supremum that is not attained costs the right limit (a fixed cost of any effort counts).
        moved = (self.shown[self.developers] + self._shift * self._step)[places]
        short = self.strictly(places) & (self.shown <= moved)
        right = np.where(short, np.nextafter(effort, np.inf), effort)
        yield effort, self.won[places] - self.prizes, self.subgame.cost(right)
        if self.ties == "split":
            effort = self._least_effort(self._tie[places])
            k = self.developers[places]
            if self.subgame.limited:
                within = self._top >= self.shown[k]
                effort = np.where(within, np.minimum(effort, self.game.budget), np.inf)
            _, number, size = np.unique(self.shown, return_inverse=True, return_counts=True)
            members = size[number.reshape(-1)][k] + (self.shown != self.shown[k])  # with the newcomer
            pot = np.concatenate(([0.0], np.cumsum(self.game.prizes)))
            first = self.next_up[places] + 1
            share = (pot[np.minimum(first + members, self.who.size)] - pot[first]) / members
            yield effort, share - self.prizes, self.subgame.cost(effort)

    def expense(self, places: Places) -> Floats:
        """``R_r`` and the least price at which r passes or joins any place from ``places`` ``[m, n]``
        upwards, ``[m, n]``: no gain there exceeds ``won - expense``."""
        aims = self._easiest[places]
        if self.ties != "split":
            aims = np.where(self.strictly(places), self._easiest_beaten[places], aims)
        effort = np.minimum(self._least_effort(aims), self.game.budget)
        if self.subgame.limited:
            beyond = aims - 4 * self._step[places] > self.subgame.top_scores
            effort = np.where(beyond, np.inf, effort)
        return self.prizes + self.subgame.cost(effort)

    @cached_property
    def _easiest(self) -> Floats:
        """The lowest aim from each place upwards, by place: scores that are published as equal may
        stand in any order."""
        return np.minimum.accumulate(self._tie)

    @cached_property
    def _easiest_beaten(self) -> Floats:
        """Likewise for those who have to exceed the place, and so everybody above it at its score."""
        descending = -self.shown[self.developers]
        block = np.searchsorted(descending, descending)  # the first place with the same score
        beyond = np.where(block > 0, self._easiest[block - 1], np.inf)
        least = np.minimum.reduceat(self._tie, np.unique(block))  # of those level with it
        beat = self._more(least[np.searchsorted(np.unique(block), block)])
        return np.minimum(beat, beyond)
