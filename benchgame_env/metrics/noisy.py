"""Grading where every developer's shown score is drawn, independently (theory section 6, noise).

Expected payoffs are exact: a developer's prize is computed for each score it may be shown, against the
Poisson-binomial number of rivals ahead of that score, then averaged over its own distribution. Prizes
are smooth in effort, so there are no finitely many deviations to try; but they are non-decreasing in
effort, so on ``[a, b]`` no payoff exceeds ``prize(b) - c(a)``. `best_payoffs` halves the intervals that
may hold the best deviation until that bound is as close to a payoff that is attained as asked.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchgame_env.game import Ties
from benchgame_env.metrics.expected_prize import expected_prizes
from benchgame_env.metrics.first_efforts import useful_efforts
from benchgame_env.metrics.strategies import Strategy
from benchgame_env.rules.contract import as_profiles
from benchgame_env.subgame import Subgame
from benchgame_env.validate import Floats

CELLS = 32  # intervals at first
EVALUATIONS = 200_000  # efforts tried at most, for each developer
NUMBERS = 1 << 18  # of a distribution held at a time: what fits into a cache
ROUNDING = 1e-9  # of the largest prize: what falls by more with effort falls in truth


class Drawn:
    """Distributions of shown scores under one rule, on one common list of distinct scores ``[s]``."""

    def __init__(self, subgame: Subgame) -> None:
        game, rule = self.game, self.rule = subgame.game, subgame.rule
        self._listed = np.asarray(rule.distribution(game, np.zeros(subgame.n))[0])
        if (np.diff(self._listed) < 0).any():
            raise ValueError(f"protocol {rule!r}: distribution has to list scores in ascending order")
        # A rule that rounds may list a score several times.
        self.scores, self._first = np.unique(self._listed, return_index=True)

    def _chances(self, who: NDArray[np.int64], efforts: Floats) -> Floats:
        """Of each score of developers ``who`` at ``efforts``, ``[k]`` both; ``[k, s]``."""
        listed, chances = self.rule.distribution_of(self.game, who, efforts)
        if not np.array_equal(listed, self._listed):
            raise ValueError(f"protocol {self.rule!r}: distribution has to list the same scores always")
        if self.scores.size == self._listed.size:
            return chances
        return np.add.reduceat(chances, self._first, axis=-1)

    def mixtures(self, mixed: list[Strategy]) -> Floats:
        """Chances of each score under mixed strategies, ``[n, s]``."""
        who = np.repeat(np.arange(len(mixed)), [efforts.size for efforts, _ in mixed])
        weights = np.concatenate([probabilities for _, probabilities in mixed])
        total = np.zeros((len(mixed), self.scores.size))
        for part, chances in self._each(who, np.concatenate([efforts for efforts, _ in mixed])):
            np.add.at(total, who[part], weights[part, None] * chances)
        return total

    def averages(self, worth: Floats, who: NDArray[np.int64], efforts: Floats) -> Floats:
        """Developer ``who``'s expectation of ``worth[who]``, its worth of each score ``[s]``, at each of
        ``efforts``; ``[m]`` all three."""
        result = np.empty(efforts.size)
        for part, chances in self._each(who, efforts):
            ends = np.searchsorted(who[part], np.arange(len(worth) + 1))
            for i in np.flatnonzero(np.diff(ends)):
                mine = slice(ends[i], ends[i + 1])
                result[part[mine]] = chances[mine] @ worth[i]
        return result

    def _each(self, who: NDArray[np.int64], efforts: Floats) -> Any:
        """Blocks of positions, sorted by developer, with the chances ``[block, s]`` there. Rules may
        take whole profiles, so each block has about as many efforts of each developer."""
        _, row = as_profiles(self.game.n_developers, who, efforts)
        order, size = np.argsort(row, kind="stable"), max(1, NUMBERS // self._listed.size)
        for start in range(0, who.size, size):
            part = order[start : start + size]
            part = part[np.argsort(who[part], kind="stable")]
            yield part, self._chances(who[part], efforts[part])


def expected_payoffs(subgame: Subgame, mixed: list[Strategy]) -> Floats:
    """Expected payoffs ``[n]``, prize units."""
    return _against(Drawn(subgame), mixed)[0]


def regrets(subgame: Subgame, mixed: list[Strategy], tolerance: float) -> Floats:
    """Upper bounds on what deviations gain.

    Parameters
    ----------
    subgame : Subgame
        Of the kind ``independent``.
    mixed : list of pairs
        Efforts and probabilities of each developer.
    tolerance : float
        How much too high a bound may be, prize units.

    Returns
    -------
    array of float
        ``[n]``, prize units, >= 0.

    Raises
    ------
    ValueError
        The protocol does not promise that effort never lowers the expected score, or breaks the promise.
    """
    if not subgame.rule.traits.rewards_effort:
        raise ValueError(
            f"protocol {subgame.rule!r}: the best deviation can be bounded only where effort never "
            "lowers the expected score, see rewards_effort"
        )
    drawn = Drawn(subgame)
    payoffs, worth = _against(drawn, mixed)
    return np.maximum(best_payoffs(drawn, worth, tolerance) - payoffs, 0.0)


def _against(drawn: Drawn, mixed: list[Strategy]) -> tuple[Floats, Floats]:
    """Expected payoffs ``[n]``, and what each score is worth against the rivals ``[n, s]``."""
    chances = drawn.mixtures(mixed)
    worth = worth_of_scores(drawn.game.prizes, chances, drawn.rule.ties)
    cost = [float((p * np.asarray(drawn.game.cost(e))).sum()) for e, p in mixed]
    return (chances * worth).sum(axis=1) - np.array(cost), worth


def worth_of_scores(prizes: Floats, chances: Floats, ties: Ties) -> Floats:
    """Entry ``(i, s)``: developer i's expected prize when it is shown score s and each rival draws from
    its ``chances`` ``[n, s]``."""
    above = np.cumsum(chances[:, ::-1], axis=1)[:, ::-1] - chances
    above = np.clip(above, 0.0, 1.0 - chances)
    return expected_prizes(prizes, above, chances, ties)


class Cells(NamedTuple):
    """Intervals of effort of various developers, ``[k]`` each."""

    who: NDArray[np.int64]
    low: Floats
    high: Floats
    prize: Floats  # at the upper end, so no effort inside wins more
    cost: Floats  # at the lower end, so none costs less

    def pick(self, chosen: NDArray[np.bool_]) -> Cells:
        """The intervals that are ``chosen``, ``[k]``."""
        return Cells._make(part[chosen] for part in self)

    def halves(self, middle: Floats, prize: Floats, cost: Floats) -> Cells:
        """Both halves of every interval; ``prize`` and ``cost`` are those at the ``middle``, ``[k]``."""
        lower = self._replace(high=middle, prize=prize)
        upper = self._replace(low=middle, cost=cost)
        return Cells._make(np.concatenate(parts) for parts in zip(lower, upper, strict=True))


def best_payoffs(drawn: Drawn, worth: Floats, slack: float) -> Floats:
    """Bounds ``[n]`` on ``E[worth_i] - c(e)`` over all efforts, within ``slack`` of a value attained.

    Should that take more than `EVALUATIONS` efforts, they are still bounds, only looser ones.
    """
    game = drawn.game
    cells, best = _first_cells(drawn, worth)
    bound, left = best.copy(), EVALUATIONS * best.size
    while cells.who.size:
        middle = _between(cells.low, cells.high)
        left -= middle.size
        limit = cells.prize - cells.cost
        inside = (cells.low < middle) & (middle < cells.high)  # else both its efforts have been tried
        split = inside & (limit > best[cells.who] + slack) & (left >= 0)
        set_aside = inside & ~split
        np.maximum.at(bound, cells.who[set_aside], limit[set_aside])
        cells, middle = cells.pick(split), middle[split]
        prize, cost = drawn.averages(worth, cells.who, middle), np.asarray(game.cost(middle))
        np.maximum.at(best, cells.who, prize - cost)
        cells = cells.halves(middle, prize, cost)
    return np.maximum(bound, best)


def _first_cells(drawn: Drawn, worth: Floats) -> tuple[Cells, Floats]:
    """`CELLS` even intervals of ``[0, min(B, c^-1(P))]`` for every developer, and the best payoffs at
    their ends ``[n]``. Effort that costs more than P cannot pay."""
    game = drawn.game
    ends = np.linspace(0.0, useful_efforts(game), CELLS + 1)
    who = np.broadcast_to(np.arange(game.n_developers), ends.shape)
    prize = drawn.averages(worth, who.reshape(-1), ends.reshape(-1)).reshape(ends.shape)
    if (np.diff(prize, axis=0) < -ROUNDING * np.abs(game.prizes).max()).any():
        raise ValueError(
            f"protocol {drawn.rule!r}: rewards_effort, but expected prizes fall with effort"
        )
    cost = np.asarray(game.cost(ends))
    parts = who[1:], ends[:-1], ends[1:], prize[1:], cost[:-1]
    return Cells._make(part.reshape(-1) for part in parts), (prize - cost).max(axis=0)


def _between(low: Floats, high: Floats) -> Floats:
    """An effort inside each interval: the middle, or if its ends are of different magnitude, that of
    their bit patterns, which comes down to small efforts quickly."""
    bits = low.view(np.int64) + (high.view(np.int64) - low.view(np.int64)) // 2
    return np.where(high / 4 > low, bits.view(np.float64), low + 0.5 * (high - low))
