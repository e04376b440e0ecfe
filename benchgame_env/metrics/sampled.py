"""Regrets of sampled play with intervals, where the board is a fixed function of efforts.

A set of independent plays of a whole profile says how much a constant effort would have gained on
average, for every effort at once (theory section 8). Three things keep the ends of the intervals honest.
An upper end is the maximum over deviations of the estimate plus its standard errors: it covers the gain
of the best deviation, whichever that is. A lower end needs a critical value for all deviations of all
developers together, from a multiplier bootstrap. And what never happened in N plays may happen with a
probability of ``log(1 / error) / N``: so much of the largest possible change of a payoff is added.
Developers are not assumed to be independent of each other: what is graded is their joint play.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from benchgame_env.game import Game, Ties
from benchgame_env.metrics import exact
from benchgame_env.metrics.limit_cycle import within_budget
from benchgame_env.metrics.regret_bounds import RegretBounds
from benchgame_env.numerics import GAIN
from benchgame_env.subgame import Subgame
from benchgame_env.validate import Floats

ERROR = 0.025  # of each end of an interval
CELLS = 1_000  # deviations that are tried; between them the bounds are those of their neighbours
BOOTSTRAPS = 1_000  # draws of the multiplier bootstrap
TRIED, LEAST = 200, 8  # deviations in it of all developers together, and of each one at least
BLOCKS = 64  # successive plays are compared in so many blocks
SEED = 0  # of the multiplier bootstrap, so that the same plays have the same interval


def sampled_regrets(game: Game | str, protocol: Any, plays: ArrayLike) -> RegretBounds:
    """What each developer could gain by another constant effort, as far as sampled plays tell.

    Parameters
    ----------
    game : Game or str
        The game, or its name.
    protocol : protocol, str or pair
        The protocol, its name, or ``(name, parameters)``; its board must be a fixed function of efforts.
    plays : array_like
        Efforts that were played together, ``[plays, n]``, effort units, in the order of play.

    Returns
    -------
    RegretBounds
        The upper end of each developer's regret errs with 2.5 %, the lower ends with 2.5 % together.
        Where plays that follow one another resemble each other, both are widened by as much as the means
        of blocks of plays vary more than those of independent plays would.

    Raises
    ------
    ValueError
        A rule whose board is not a fixed function of efforts, or efforts outside the budget.

    Examples
    --------
    >>> import benchgame_env as bg
    >>> bounds = bg.metrics.sampled_regrets("duel", "direct", [[0.0, 0.0]] * 10_000)
    >>> bounds.estimate.round(3).tolist()  # as `regrets`: the second could be first, at a cost of 0.5
    [0.0, 0.5]
    """
    subgame = Subgame.exact(game, protocol)
    efforts = within_budget(subgame.game, plays, "plays")
    scores = exact.settled(subgame, subgame.scores(efforts))
    steps = _Steps.of(subgame, scores)
    deviations = [_Deviations(subgame, i, efforts, scores, steps) for i in range(subgame.n)]
    critical = _critical_value([one.differences() for one in deviations])
    estimate, low, high = np.array([one.interval(critical) for one in deviations]).T
    method = "gains of constant efforts in joint play"
    return RegretBounds(estimate, low, high, len(efforts), method)


@dataclass(frozen=True, eq=False)
class _Steps:
    """Cells of scores that were shown, and the first efforts of each developer there.

    Attributes
    ----------
    first, last : array ``[m]``
        The lowest and the highest score of each cell, ascending.
    reach, least, most : array ``[m, n]``
        Efforts that reach the lowest score, that pass it, and that pass the highest; inf if none does.
    """

    first: Floats
    last: Floats
    reach: Floats
    least: Floats
    most: Floats

    @classmethod
    def of(cls, subgame: Subgame, scores: Floats) -> _Steps:
        first, last = _cells(np.unique(scores))
        aims, tried, reached = exact.limit_efforts(subgame, np.concatenate((first, last)))
        reach, passing = np.split(np.where(reached, tried, np.inf), 2)
        lowest, highest = (np.searchsorted(aims[: len(reach)], s) for s in (first, last))
        return cls(first, last, reach[lowest], passing[lowest], passing[highest])


class _Deviations:
    """Deviations of one developer from ``efforts`` ``[plays, n]`` that show ``scores``, and what they
    gain: those that pass a cell of scores, then the ends of the efforts, then those that only reach a
    score where passing it costs more.

    Attributes
    ----------
    mean, spread : array ``[m]``
        Mean and standard deviation over plays of the gain of each deviation.
    by_block : array ``[blocks, m]``
        Mean gains in blocks of successive plays; one block if plays are too few.
    hoped : array ``[m]``
        How much more a deviation to a lower effort in the same cell of scores could save.
    possible : array ``[m]`` of bool
        Whether the deviation can be made, and does not only bound others.
    """

    def __init__(self, subgame: Subgame, i: int, efforts: Floats, scores: Floats, steps: _Steps) -> None:
        game, self.n = subgame.game, subgame.n
        self.unseen = 2 * game.prize_range / len(efforts)
        self.prizes = game.prizes
        now = game.payoffs(game.board(scores, subgame.rule.ties).prizes, efforts)[:, i]
        rivals = np.delete(scores, i, axis=1)

        seen = np.isfinite(steps.least[:, i])
        least, most = steps.least[seen, i], steps.most[seen, i]
        within = np.isfinite(most)
        most = np.where(within, most, least)
        self.cost, saved = game.cost(most), game.cost(most) - game.cost(least)
        self.places = np.sort(np.searchsorted(steps.last[seen], rivals), axis=1)

        ends = exact.extremes(subgame)[:, i]
        at_ends = np.stack([_prizes_at(subgame, i, scores, end) for end in ends], axis=1)
        cheaper = _cheaper_to_reach(game, steps.reach[:, i], steps.least[:, i])
        level = _prizes_level(game.prizes, i, rivals, steps.first[cheaper], subgame.rule.ties)
        direct = np.hstack((at_ends, level))
        spent = game.cost(np.concatenate((ends, steps.reach[cheaper, i])))
        self.now, self.gains = now, direct - spent - now[:, None]

        blocks = BLOCKS if len(efforts) >= 2 * BLOCKS else 1
        self.block = np.arange(len(efforts)) * blocks // len(efforts)
        count = np.bincount(self.block)
        means, spread = self._moments(count)
        blocked = np.add.reduceat(self.gains, np.searchsorted(self.block, range(blocks)), axis=0)
        self.by_block = np.hstack((means, blocked / count[:, None]))
        self.mean = count @ self.by_block / len(efforts)
        self.spread = np.concatenate((spread, self.gains.std(axis=0)))
        rest = self.gains.shape[1]
        self.hoped = np.concatenate((saved, np.zeros(rest)))
        self.possible = np.concatenate((within, np.ones(rest, dtype=bool)))

    def _moments(self, count: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Of the deviations that pass cells: mean gains ``[blocks, m]`` and standard deviations
        ``[m]``. A prize is a sum of jumps, one for each rival that is passed."""
        prizes = self.prizes - self.prizes[-1]
        jumps = (prizes[:-1] - prizes[1:])[::-1]
        squared = (prizes[:-1] ** 2 - prizes[1:] ** 2)[::-1]
        middle = self.now.mean()
        now = self.now - middle
        prize = self._sums(np.broadcast_to(jumps, self.places.shape))
        means = (prize - np.bincount(self.block, now)[:, None]) / count[:, None]
        plays = count.sum()
        second = self._sums(squared - 2 * now[:, None] * jumps).sum(axis=0) + (now**2).sum()
        spread = np.sqrt(np.maximum(second / plays - (count @ means / plays) ** 2, 0.0))
        return means + self.prizes[-1] - middle - self.cost, spread

    def _sums(self, jumps: Floats) -> Floats:
        """Sums ``[blocks, m]`` over the plays of a block and over the rivals passed of ``jumps``
        ``[plays, n - 1]``."""
        width, blocks = self.cost.size + 1, self.block[-1] + 1
        cells = (width * self.block[:, None] + self.places).reshape(-1)
        sums = np.bincount(cells, jumps.reshape(-1), minlength=width * blocks)
        return sums.reshape(blocks, width)[:, :-1].cumsum(axis=1)

    def differences(self) -> Floats:
        """Gains ``[plays, k]`` of some deviations, without their means and in standard errors."""
        some = np.unique(np.linspace(0, self.mean.size - 1, max(TRIED // self.n, LEAST)).astype(int))
        passing, other = some[some < self.cost.size], some[some >= self.cost.size] - self.cost.size
        passed = np.zeros((len(self.now), passing.size), np.min_scalar_type(self.n))
        for place in self.places.T:
            passed += place[:, None] <= passing
        gains = np.empty((len(self.now), some.size))
        gains[:, : passing.size] = self.prizes[::-1][passed]
        gains[:, : passing.size] -= self.now[:, None]
        gains[:, : passing.size] -= self.cost[passing]
        gains[:, passing.size :] = self.gains[:, other]
        gains -= self.mean[some]
        gains /= np.where(self.spread[some] > 0, self.spread[some], np.inf)
        return gains

    def interval(self, critical: float) -> tuple[float, float, float]:
        """The estimate of the regret, its lower and its upper end, prize units."""
        plays = len(self.now)
        error = self.spread / np.sqrt(max(plays - 1, 1)) * self._dependence()
        normal = scipy.stats.t.ppf(1 - ERROR, max(plays - 1, 1))
        low = (self.mean - critical * error)[self.possible].max() - self.unseen * np.log(self.n / ERROR)
        high = (self.mean + self.hoped + normal * error).max() + self.unseen * np.log(1 / ERROR)
        return max(self.mean[self.possible].max(), 0.0), max(low, 0.0), max(high, 0.0)

    def _dependence(self) -> Floats:
        """How many times larger errors of means ``[m]`` are than for independent plays; 1 unless the
        means of blocks of successive plays say so with 99.9 %."""
        if len(self.by_block) < BLOCKS:
            return np.ones(self.mean.size)
        size = len(self.now) / BLOCKS
        variance = np.where(self.spread > 0, self.spread**2, np.inf)
        ratio = size * self.by_block.var(axis=0, ddof=1) / variance
        chance = scipy.stats.chi2.ppf(0.999, BLOCKS - 1) / (BLOCKS - 1)
        return np.where(ratio > chance, np.sqrt(ratio), 1.0)


def _cells(scores: Floats) -> tuple[Floats, Floats]:
    """The lowest and the highest of ``scores`` ``[m]``, ascending, in each of at most `CELLS` cells.

    Half of the cells hold as many scores as each other; the widest gaps divide them further."""
    gaps = 1 + np.argsort(np.diff(scores), kind="stable")[-(CELLS // 2) :]
    even = np.linspace(0, scores.size, CELLS // 2 + 1).astype(int)
    edges = np.unique(np.concatenate((even, gaps)))
    return scores[edges[:-1]], scores[edges[1:] - 1]


def _prizes_at(subgame: Subgame, i: int, scores: Floats, effort: float) -> Floats:
    """Developer i's prizes ``[plays]`` if it spent ``effort`` in every play."""
    boards = scores.copy()
    boards[:, i] = subgame.own_scores(i, np.array([effort]))[0]
    return subgame.game.board(boards, subgame.rule.ties).prizes[:, i]


def _cheaper_to_reach(game: Game, reach: Floats, passing: Floats) -> NDArray[np.bool_]:
    """Whether it is cheaper to reach a score with effort ``reach`` ``[m]`` than to pass it, as on a
    plateau of a curve, or where scores are rounded."""
    beyond = ~np.isfinite(passing)
    cost, more = (game.cost(np.where(np.isfinite(one), one, 0.0)) for one in (reach, passing))
    return np.isfinite(reach) & (beyond | (more - cost > GAIN * game.prize_range))


def _prizes_level(prizes: Floats, i: int, rivals: Floats, aims: Floats, ties: Ties) -> Floats:
    """Prizes ``[plays, m]`` of developer i if it showed ``aims`` ``[m]`` beside ``rivals``
    ``[plays, n - 1]``, which may show the same."""
    shape = len(rivals), aims.size
    above, better, level = np.zeros((3, *shape), dtype=np.int64)
    for j, rival in enumerate(rivals.T):
        equal = rival[:, None] == aims
        above += rival[:, None] > aims
        level += equal
        better += equal & (j < i)
    if ties == "quality":
        return prizes[above + better]
    pot = np.concatenate(([0.0], np.cumsum(prizes)))
    return (pot[above + level + 1] - pot[above]) / (level + 1)


def _critical_value(differences: list[Floats]) -> float:
    """The 97.5 % quantile of the largest of all standardised means under the multiplier bootstrap, which
    draws from the normal distribution with their covariance."""
    columns = np.hstack(differences)
    plays, count = columns.shape
    # The diagonal makes the covariance of columns that depend on each other positive definite.
    root = np.linalg.cholesky(columns.T @ columns / plays + 1e-6 * np.eye(count))
    draws = np.random.default_rng(SEED).standard_normal((BOOTSTRAPS, count)) @ root.T
    # A whole step of 0.01, so that the order in which a processor adds decides nothing.
    wide = scipy.stats.t.ppf(1 - ERROR, max(plays - 1, 1)) / scipy.stats.norm.ppf(1 - ERROR)
    return float(np.ceil(100 * wide * np.quantile(draws.max(axis=1), 1 - ERROR)) / 100)
