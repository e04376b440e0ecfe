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

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from benchgame_env.game import Game
from benchgame_env.metrics import exact
from benchgame_env.metrics.limit_cycle import within_budget
from benchgame_env.metrics.regret_bounds import RegretBounds
from benchgame_env.subgame import Subgame
from benchgame_env.validate import Floats

ERROR = 0.025  # of each end of an interval
CELLS = 1_000  # deviations that are tried; between them the bounds are those of their neighbours
BOOTSTRAPS, TRIED = 1_000, 64  # draws of the multiplier bootstrap, and deviations in it by developer
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
    deviations = [_Deviations(subgame, i, efforts) for i in range(subgame.n)]
    critical = _critical_value([one.differences() for one in deviations])
    ends = np.array([one.interval(critical) for one in deviations])
    return RegretBounds(*ends.T, samples=len(efforts), method="gains of constant efforts in joint play")


class _Deviations:
    """Deviations of one developer from ``efforts`` ``[plays, n]``, and what they gained in each play.

    Attributes
    ----------
    gains : array ``[plays, m]``
        Gains of deviations that can be made, by play.
    hoped : array ``[m]``
        How much more a deviation to a lower effort in the same cell of scores could save.
    """

    def __init__(self, subgame: Subgame, i: int, efforts: Floats) -> None:
        game = subgame.game
        self.unseen = 2 * game.prize_range / len(efforts)
        self.n = subgame.n
        scores = subgame.scores(efforts)
        now = game.payoffs(game.board(scores, subgame.rule.ties).prizes, efforts)[:, i]
        rivals = np.delete(scores, i, axis=1)
        first, last = _cells(np.unique(rivals))
        aims, tried, reached = exact.limit_efforts(subgame, np.concatenate((first, last)))
        passing = slice(aims.size // 2, None)  # the second half of the aims passes the first
        aims, spent = aims[passing], np.where(reached, tried, np.inf)[passing, i]
        least, most = (spent[np.searchsorted(aims, np.nextafter(s, np.inf))] for s in (first, last))
        least, most, last = least[np.isfinite(least)], most[np.isfinite(least)], last[np.isfinite(least)]
        within = np.isfinite(most)
        most = np.where(within, most, least)
        ends = exact.extremes(subgame)[:, i]
        at_ends = np.stack([_prizes_at(subgame, i, scores, end) for end in ends], axis=1)
        prizes = np.hstack((at_ends, _prizes_above(game, rivals, last)))
        cost = game.cost(np.concatenate((ends, most)))
        self.gains = prizes - cost - now[:, None]
        self.hoped = np.concatenate((np.zeros(2), game.cost(most) - game.cost(least)))
        self.possible = np.concatenate(([True, True], within))

    def differences(self) -> Floats:
        """Gains ``[plays, k]`` of some deviations, without their means and in standard errors."""
        some = np.unique(np.linspace(0, self.gains.shape[1] - 1, TRIED).astype(int))
        gains = self.gains[:, some]
        spread = gains.std(axis=0)
        return (gains - gains.mean(axis=0)) / np.where(spread > 0, spread, 1.0)

    def interval(self, critical: float) -> tuple[float, float, float]:
        """The estimate of the regret, its lower and its upper end, prize units."""
        plays, mean = len(self.gains), self.gains.mean(axis=0)
        error = self.gains.std(axis=0, ddof=1 if plays > 1 else 0) / np.sqrt(plays)
        error = error * _dependence(self.gains)
        normal = stats.t.ppf(1 - ERROR, max(plays - 1, 1))
        low = (mean - critical * error)[self.possible].max() - self.unseen * np.log(self.n / ERROR)
        high = (mean + self.hoped + normal * error).max() + self.unseen * np.log(1 / ERROR)
        return max(mean[self.possible].max(), 0.0), max(low, 0.0), max(high, 0.0)


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


def _prizes_above(game: Game, rivals: Floats, aims: Floats) -> Floats:
    """Prizes ``[plays, m]`` of somebody just above ``aims`` ``[m]``, ascending, beside ``rivals``
    ``[plays, n - 1]``."""
    places = np.searchsorted(aims, rivals)  # the first aims that are not below the rivals
    width = aims.size + 1
    rows = width * np.arange(len(rivals))[:, None]
    passed = np.bincount((rows + places).reshape(-1), minlength=rows.size * width)
    return game.prizes[rivals.shape[1] - passed.reshape(-1, width)[:, :-1].cumsum(axis=1)]


def _dependence(gains: Floats) -> Floats:
    """How many times larger errors of means ``[m]`` are than for independent plays; 1 unless the means
    of blocks of successive plays say so with 99.9 %."""
    size = len(gains) // BLOCKS
    if size < 2:
        return np.ones(gains.shape[1])
    blocks = gains[: size * BLOCKS].reshape(BLOCKS, size, -1)
    spread = blocks.var(axis=(0, 1))
    ratio = size * blocks.mean(axis=1).var(axis=0, ddof=1) / np.where(spread > 0, spread, np.inf)
    chance = stats.chi2.ppf(0.999, BLOCKS - 1) / (BLOCKS - 1)
    return np.where(ratio > chance, np.sqrt(ratio), 1.0)


def _critical_value(differences: list[Floats]) -> float:
    """The 97.5 % quantile of the largest of all standardised means under the multiplier bootstrap."""
    plays = len(differences[0])
    rng = np.random.default_rng(SEED)
    largest = np.zeros(BOOTSTRAPS)
    columns = np.hstack(differences)
    for k in range(0, BOOTSTRAPS, 100):
        means = rng.standard_normal((100, plays)) @ columns / np.sqrt(plays)
        largest[k : k + 100] = means.max(axis=1)
    # A whole step of 0.01, so that the order in which a processor adds decides nothing.
    wide = stats.t.ppf(1 - ERROR, max(plays - 1, 1)) / stats.norm.ppf(1 - ERROR)
    return float(np.ceil(100 * wide * np.quantile(largest, 1 - ERROR)) / 100)
