"""The game on cells of the score axis, for numerical mixed equilibria (theory sections 5 and 6).

Every developer chooses among slots on a common score axis: its honest score (effort 0) and cells
between neighbouring edges, inside which it spreads uniformly. Two developers in one cell are equally
likely to be ahead, which a grid of point efforts gets wrong by a whole step; three are taken as if each
pair were so on its own. Expected prizes come from the Poisson-binomial number of rivals ahead; no
profile is ever enumerated. What cells leave out fades as they are halved; no certificate rests on them.
"""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchgame_env.numerics import above, publish
from benchgame_env.subgame import Subgame
from benchgame_env.theory.mixed.effort_choices import Strategies
from benchgame_env.theory.mixed.linear_program import even_step
from benchgame_env.theory.mixed.regret_matching import EVERYONE
from benchgame_env.theory.mixed.rivals_ahead import expected_prizes
from benchgame_env.validate import Floats

# Slots that hold less than this of a strategy are not played.
NEGLIGIBLE = 1e-7
FORBIDDING = 3.0  # of P: what a slot costs in which a developer cannot be; nobody would play it
# Places inside a cell at which deviations are looked for, as shares of its width.
PROBES = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
WEIGHTS = np.array([7.0, 32.0, 12.0, 32.0, 7.0]) / 90  # Boole's rule for means over them
# Of this many steps of the grid of scores below a ceiling, those that cost a larger share of P are too
# coarse for a certificate.
STEEP, UNCLEAR = 64, 2e-4
TRIED = np.array([True, False, True, False, True])  # those of a linear program
NARROW = 4  # steps of the grid of scores: no cell but between seats is narrower
ROUNDING = 1e-9  # a cell whose upper end costs more than P by a larger share is worth nothing


class CellGame:
    """A subgame in which developers choose among slots of the score axis.

    Slot ``2 k`` is the score ``edges[k]`` exactly, where an honest developer or one at its budget sits.
    Slot ``2 k + 1`` is the cell between ``edges[k]`` and ``edges[k + 1]``.

    Parameters
    ----------
    subgame : Subgame
        Of the kind ``exact``, with a finite effort scale.
    edges : array of float
        Rising scores ``[m]``, with every developer's honest score and its score at a binding budget.
        Where several developers sit at one score, it is repeated for each, the better ones last: so
        that they win the tie.

    Attributes
    ----------
    allowed : array of bool
        Who can be where, ``[n, slots]``.
    cost : array of float
        Mean cost of effort there, ``[n, slots]``, prize units; elsewhere more than anybody would pay.
    span : array of float
        What the upper end of a cell costs more than the lower, ``[n, cells]``, prize units.
    """

    def __init__(self, subgame: Subgame, edges: Floats) -> None:
        self.subgame, self.game, self.edges = subgame, subgame.game, edges
        everyone = np.arange(subgame.n)
        honest, ceiling, at_budget = _anchors(subgame)
        self.n_slots = 2 * edges.size - 1
        self.is_cell = np.arange(self.n_slots) % 2 == 1
        seats, owners = _seats(honest, ceiling)
        taken = 2 * (np.searchsorted(edges, seats) + _repeats(seats))
        self.home = _seat_of(owners, taken, seats, honest)
        self.brink = _seat_of(owners, taken, seats, ceiling)
        places = edges[:-1, None] + np.diff(edges)[:, None] * PROBES  # [cells, probes]
        paid = subgame.price(places[..., None])  # [cells, probes, n]
        pays = paid <= self.game.prize_range * (1 + ROUNDING)
        pays &= ((edges[:-1, None] >= honest) & (np.diff(edges)[:, None] > 0))[:, None]
        within = pays[:, -1]
        self.allowed = np.zeros((everyone.size, self.n_slots), dtype=bool)
        self.allowed[:, 1::2] = within.T
        self.allowed[everyone, self.home] = self.allowed[everyone, self.brink] = True
        self._probe_costs = np.where(pays, paid, np.inf)
        paid = np.where(within[:, None], paid, 0.0)
        self.span = (paid[:, -1] - paid[:, 0]).T
        self.cost = np.full((everyone.size, self.n_slots), FORBIDDING * self.game.prize_range)
        self.cost[:, 1::2][within.T] = np.einsum("cpi,p->ic", paid, WEIGHTS)[within.T]
        self.cost[everyone, self.home] = 0.0
        self.cost[everyone, self.brink] = self.game.cost(at_budget)

    @classmethod
    def of(cls, subgame: Subgame, cells: int) -> CellGame:
        """The game on about ``cells`` cells whose edges are spread like evenly spaced efforts."""
        honest, ceiling, _ = _anchors(subgame)
        shares = np.linspace(0.0, 1.0, cells + 1)[:, None]
        spread = subgame.scores(shares * subgame.game.effort_scale)
        pooled, furthest = np.sort(spread.reshape(-1)), spread[-1]
        even = pooled[np.linspace(0, pooled.size - 1, cells + 1).astype(int)]
        seats, _ = _seats(honest, ceiling)
        others = np.setdiff1d(np.concatenate((even, furthest)), seats)
        edges = np.unique(np.concatenate((seats, others)))
        close = np.append(False, np.diff(edges) < NARROW * _steps(edges[1:]))
        close[:-1] |= np.isin(edges[1:], seats) & close[1:]
        return cls(subgame, np.sort(np.concatenate((seats, np.setdiff1d(edges[~close], seats)))))

    @property
    def divisible(self) -> NDArray[np.bool_]:
        """Cells ``[cells]`` whose halves are wide enough to be cells."""
        return np.diff(self.edges) >= 2 * NARROW * _steps(self.edges[1:])

    def places(self) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats, Floats]:
        """Where developers may go: who ``[r]``, the slot, which share of its width they are beyond its
        lower end, and the cost. The lower end of a cell is just above what is below it."""
        everyone = np.arange(len(self.allowed))
        twice, seats = np.tile(everyone, 2), np.concatenate((self.home, self.brink))
        pays = np.isfinite(self._probe_costs)
        pays[:-1, -1] &= ~pays[1:, 0]  # no better than the lower end of the next cell
        cell, probe, who = np.nonzero(pays[:, TRIED])
        probe = np.flatnonzero(TRIED)[probe]
        return (
            np.concatenate((twice, who)),
            np.concatenate((seats, 2 * cell + 1)),
            np.concatenate((np.ones(seats.size), PROBES[probe])),
            np.concatenate((self.cost[twice, seats], self._probe_costs[cell, probe, who])),
        )

    def ahead(self, mixed: Floats) -> Floats:
        """``[n, slots]``: probability that developer j is ahead of somebody in each slot."""
        return np.cumsum(mixed[..., ::-1], axis=-1)[..., ::-1] - np.where(self.is_cell, 0.5, 1.0) * mixed

    def payoffs(self, mixed: Floats, who: slice = EVERYONE) -> Floats:
        """Expected payoffs ``[n, slots]`` of the developers ``who`` in every slot against ``mixed``; in
        a cell, those at its middle less its mean cost."""
        prizes, step = self.game.prizes, even_step(self.game.prizes)
        if step is None:
            return expected_prizes(prizes, self.ahead(mixed))[who] - self.cost[who]
        # Each rival ahead costs a step. This is what self-play spends its time on.
        rivals = self.ahead(mixed.sum(axis=0)) - self.ahead(mixed[who])
        return (prizes[0] - self.cost[who]) - step * rivals

    def survey(self, mixed: Floats) -> Survey:
        """What ``mixed`` earns, and what other play would. Without the shortcut of `payoffs`: what a
        cell wins is averaged over the places inside it."""
        here, ahead = mixed[:, 1::2], self.ahead(mixed)
        places = (ahead - 0.5 * mixed)[:, 1::2, None] + here[..., None] * (1 - PROBES)
        won = expected_prizes(self.game.prizes, places.reshape(len(mixed), -1)).reshape(places.shape)
        earned = expected_prizes(self.game.prizes, ahead)
        earned[:, 1::2] = np.einsum("icp,p->ic", won, WEIGHTS)
        earned = np.where(self.allowed, earned - self.cost, -np.inf)
        value = (np.where(self.allowed, earned, 0.0) * mixed).sum(axis=1)
        inside = (won - self._probe_costs.transpose(2, 0, 1)).max(axis=2) - value[:, None]
        stay = earned.max(axis=1) - value
        return Survey(value, earned, stay.clip(0.0), inside)

    def split(self, marked: NDArray[np.bool_], play: Floats) -> tuple[CellGame, Floats]:
        """The game with the marked cells ``[cells]`` halved, and ``play`` ``[..., n, slots]`` on its
        slots: what a cell has is shared by its halves."""
        halved = np.flatnonzero(marked)
        middles = 0.5 * (self.edges[halved] + self.edges[halved + 1])
        finer = CellGame(self.subgame, np.insert(self.edges, halved + 1, middles))
        parts = 1 + marked.astype(int)
        shared = np.zeros((*play.shape[:-1], finer.n_slots))
        shared[..., 1::2] = np.repeat(play[..., 1::2] / parts, parts, axis=-1)
        shared[..., 2 * (np.arange(self.edges.size) + np.cumsum(np.append(0, marked)))] = play[..., ::2]
        shared = np.where(finer.allowed, shared, 0.0)
        kept = shared.sum(axis=-1, keepdims=True)
        return finer, shared * (play.sum(axis=-1, keepdims=True) / np.where(kept > 0, kept, 1.0))

    def strategies(self, mixed: Floats, points: int) -> Strategies:
        """Mixed slots ``[n, slots]`` as efforts and probabilities.

        A cell has as many points as its probability is a share of 1/``points``, for everybody the same
        number: the developers' points alternate, so that they never tie and nobody gains by standing
        just above one of them.
        """
        played = np.where(mixed > NEGLIGIBLE, mixed, 0.0)
        inside = played[:, 1::2] > 0
        there = np.maximum(inside.sum(axis=0), 1)
        room = np.diff(self.edges) / (_steps(self.edges[1:]) * there)  # so that scores are different
        count = np.ceil(np.minimum(played[:, 1::2].max(axis=0) * points, np.maximum(room / 16, 1)))
        turn = (np.cumsum(inside, axis=0) - 0.5) / there
        return [self._strategy(i, row, count.astype(int), turn[i]) for i, row in enumerate(played)]

    def _strategy(
        self, i: int, play: Floats, count: NDArray[np.int64], turn: Floats
    ) -> tuple[Floats, Floats]:
        cells = np.flatnonzero(play[1::2])
        count, mass, turn = count[cells], play[1::2][cells], turn[cells]
        number = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        part = (number + np.repeat(turn, count)) / np.repeat(count, count)
        scores = (
            np.repeat(self.edges[cells], count) + np.repeat(np.diff(self.edges)[cells], count) * part
        )
        scores = self._resolved(i, scores)
        # A score at the top of a curve may be out of reach by rounding.
        needed = np.minimum(self.subgame.own_efforts_for(i, scores), self.game.effort_scale[i])
        efforts = np.concatenate(([0.0], needed))
        chances = np.concatenate(([play[self.home[i]]], np.repeat(mass / count, count)))
        if self.brink[i] != self.home[i]:
            efforts = np.append(efforts, self.game.budget[i])
            chances = np.append(chances, play[self.brink[i]])
        kept = chances > 0
        return efforts[kept], chances[kept] / chances.sum()

    def _resolved(self, i: int, scores: Floats) -> Floats:
        """``scores`` ``[m]`` of developer i, moved above a rival's ceiling from where the grid of scores
        cannot tell what the rival pays to pass them."""
        for low, high in self._unclear:
            mine = (scores > low) & (scores <= high)
            if mine.any() and self.subgame.price(np.array([[high]]))[0, i] <= self.game.prize_range:
                scores = np.where(mine, high, scores)
        return scores

    @cached_property
    def _unclear(self) -> list[tuple[float, float]]:
        """The stretches below developers' ceilings where a step of the grid costs much."""
        top = publish(self.subgame.scores(self.game.effort_scale))
        below = top - np.arange(STEEP + 1)[::-1, None] * _steps(top)
        steep = np.diff(self.subgame.price(below), axis=0) > UNCLEAR * self.game.prize_range
        first = steep.argmax(axis=0)
        return [
            (float(below[first[j], j] - _steps(top)[j]), float(top[j] + 2 * _steps(top)[j]))
            for j in np.flatnonzero(steep.any(axis=0))
        ]


class Survey(NamedTuple):
    """What a profile on cells earns; prize units."""

    value: Floats  # of each developer, ``[n]``
    earned: Floats  # in each slot, ``[n, slots]``, ``-inf`` where it is not allowed
    stay: Floats  # what each gains by its best slot, ``[n]``
    inside: Floats  # and by the best place inside each cell, ``[n, cells]``

    @property
    def gains(self) -> Floats:
        """What each developer gains by its best slot or place, ``[n]``."""
        return np.maximum(self.inside.max(axis=1), self.stay)


class Approach(NamedTuple):
    """A profile on cells that may be close to an equilibrium."""

    nash_conv: float  # as the cells see it, prize units
    cells: CellGame
    mixed: Floats  # ``[n, slots]``
    method: str  # how it was found


def _steps(scores: Floats) -> Floats:
    """The width of the grid's cells at ``scores``."""
    return above(publish(scores)) - publish(scores)


def _anchors(subgame: Subgame) -> tuple[Floats, Floats, Floats]:
    """Scores ``[n]`` at effort 0 and at a budget that binds (else at 0), and that budget (else 0)."""
    game = subgame.game
    binds = game.budget < float(game.cost.inverse(game.prize_range))
    at_budget = np.where(binds, game.budget, 0.0)
    honest = subgame.honest_scores
    return honest, np.where(binds, subgame.scores(at_budget), honest), at_budget


def _seats(honest: Floats, ceiling: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Scores at which developers may sit exactly, ascending, of equal ones the better developer's
    last; and whose they are."""
    owners = np.tile(np.arange(honest.size), 2)
    scores = np.concatenate((honest, ceiling))
    scores, owners = np.unique(np.stack((scores, -owners)), axis=1)
    return scores, -owners.astype(np.int64)


def _repeats(seats: Floats) -> NDArray[np.int64]:
    """For each of the ascending seats, how many equal ones come before it."""
    return np.arange(seats.size) - np.searchsorted(seats, seats)


def _seat_of(
    owners: NDArray[np.int64], slots: NDArray[np.int64], seats: Floats, scores: Floats
) -> NDArray[np.int64]:
    """The slot ``[n]`` of each developer's own seat at its score in ``scores`` ``[n]``."""
    mine = (owners == np.arange(scores.size)[:, None]) & (seats == scores[:, None])
    return slots[mine.argmax(axis=1)]
