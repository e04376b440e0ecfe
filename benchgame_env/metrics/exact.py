"""Exact grading where the board is a fixed function of efforts (theory sections 2 and 6).

A best deviation lies at effort 0, or where a developer reaches or passes a score that a rival may show.
These efforts are found by bisection over the float64 numbers on the rule's own score
(`first_efforts`), so every deviation that is credited exists. What was played ranks by published
scores; deviations pass the scores themselves, the limit of ever finer grids; but where curves may be
flat, scores that differ by rounding alone are one score (`settled`). Where one step of the grid decides
what a deviation gains, the regret is NaN.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchgame_env.metrics.expected_prize import worth_of
from benchgame_env.metrics.first_efforts import (
    Integers,
    Pairs,
    first_efforts,
    own_first_efforts,
    useful_efforts,
)
from benchgame_env.metrics.strategies import Strategy
from benchgame_env.numerics import above, publish
from benchgame_env.subgame import Subgame
from benchgame_env.validate import Floats

# Costs that differ by less than this share of P are equal for a grade: a tenth of the tightest bound.
RESOLVED = 1e-3
# Where curves may be flat, what is less than this share of a score below it reaches it: eight float64
# numbers. Two of these shares above it are needed to pass it. Scores four of them apart are two scores.
SAME = 2.0**-50
# Deviations tried at once, and how many times finer each round of them is than the one before.
AT_ONCE, FINER = 1 << 14, 2


def expected_payoffs(subgame: Subgame, mixed: list[Strategy]) -> Floats:
    """Expected payoffs ``[n]``, prize units."""
    return _of_play(subgame, mixed, published(shown_scores(subgame, mixed)))[0]


def regrets(subgame: Subgame, mixed: list[Strategy]) -> Floats:
    """``sup_e u_i(e, x_-i) - u_i(x)``, ``[n]``, prize units, >= 0; NaN where one step of the grid moves
    it by more than `RESOLVED` P and a tenth of itself."""
    shown = shown_scores(subgame, mixed)
    board = published(shown)
    now, sure = _of_play(subgame, mixed, board)
    for efforts in extremes(subgame):
        scores = publish(subgame.scores(efforts))
        sure = np.maximum(sure, payoffs_of(subgame, board, np.arange(subgame.n), scores, efforts))
    best, hoped, sure = Deviations(subgame, shown, sure).best_payoffs()
    slack = np.maximum(RESOLVED * subgame.game.prize_range, (hoped - now) / 10)
    return np.where(hoped - sure > slack, np.nan, np.maximum(best - now, 0.0))


def shown_scores(subgame: Subgame, mixed: list[Strategy]) -> list[Strategy]:
    """Per developer the scores that its efforts show, not yet published, and their probabilities."""
    who = np.repeat(np.arange(subgame.n), [efforts.size for efforts, _ in mixed])
    scores = Pairs(subgame, who).scores(np.concatenate([efforts for efforts, _ in mixed]))
    return _with_chances(scores, mixed)


def _with_chances(scores: Floats, mixed: list[Strategy]) -> list[Strategy]:
    """Scores ``[k]`` of one developer after the other, with the probabilities of ``mixed``."""
    parts = np.split(scores, np.cumsum([chances.size for _, chances in mixed])[:-1])
    return [(own, chances) for own, (_, chances) in zip(parts, mixed, strict=True)]


def published(shown: list[Strategy]) -> list[Strategy]:
    """The same with scores as a board publishes them."""
    return [(publish(scores), chances) for scores, chances in shown]


def _of_play(subgame: Subgame, mixed: list[Strategy], board: list[Strategy]) -> tuple[Floats, Floats]:
    """Expected payoffs of what is played, and those of the best effort that is played; ``[n]``."""
    who = np.repeat(np.arange(subgame.n), [efforts.size for efforts, _ in mixed])
    efforts, chances = (np.concatenate(parts) for parts in zip(*mixed, strict=True))
    scores = np.concatenate([own for own, _ in board])
    payoffs = payoffs_of(subgame, board, who, scores, efforts)
    best = np.full(subgame.n, -np.inf)
    np.maximum.at(best, who, payoffs)
    return np.bincount(who, chances * payoffs, subgame.n).astype(np.float64), best


def payoffs_of(
    subgame: Subgame, shown: list[Strategy], who: Integers, scores: Floats, efforts: Floats
) -> Floats:
    """Expected payoffs ``[k]`` of developers ``who`` whose ``efforts`` show ``scores`` while the others
    mix."""
    worth = worth_of(subgame.game.prizes, shown, subgame.rule.ties, scores)
    return worth(who, np.arange(who.size)) - subgame.game.cost(efforts)


def extremes(subgame: Subgame) -> Floats:
    """Each developer's least effort, 0, and the first one that shows all it can show for what may pay;
    ``[2, n]``."""
    top = useful_efforts(subgame.game)
    with np.errstate(over="ignore"):  # without a budget the search starts at the largest float
        highest = subgame.scores(top)
    efforts, reached = own_first_efforts(subgame, np.arange(subgame.n), highest)
    return np.stack((np.zeros(subgame.n), np.where(reached, efforts, top)))


def settled(subgame: Subgame, scores: Floats) -> Floats:
    """``scores`` ``[...]``; those that differ by rounding alone made equal where curves may be flat: on
    a slope a little effort tells them apart, on a flat stretch the last digit would."""
    if subgame.declares("strictly_increasing"):
        return scores
    distinct, place = np.unique(scores, return_inverse=True)
    apart = np.diff(distinct, prepend=-np.inf) > 4 * SAME * np.abs(distinct)
    return distinct[apart][np.cumsum(apart) - 1][place].reshape(scores.shape)


def _needed(subgame: Subgame, scores: Floats) -> tuple[Floats, Floats]:
    """What has to be shown to reach and to pass `settled` ``scores`` ``[m]``, not yet published."""
    if subgame.declares("strictly_increasing"):
        return scores, np.nextafter(scores, np.inf)
    slack = SAME * np.abs(scores)
    return scores - slack, np.maximum(np.nextafter(scores, np.inf), scores + 2 * slack)


def limit_efforts(subgame: Subgame, scores: Floats) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """The efforts among which every developer's best deviation lies, up to rounding and `extremes`.

    For `settled` ``scores`` ``[m]`` that rivals may show: each and the next float64 number, as aims
    ``[2 m]``, the first efforts ``[2 m, n]`` that reach and pass them, 0 where none does, and whether
    one does. At the budget published scores decide.
    """
    scores = np.unique(scores)
    efforts, reached = first_efforts(subgame, np.concatenate(_needed(subgame, scores)))
    reached[scores.size :] &= publish(subgame.top_scores) > publish(scores)[:, None]
    aims = np.concatenate((scores, np.nextafter(scores, np.inf)))
    return aims, np.where(reached, efforts, 0.0), reached


class Deviations:
    """The deviations of `limit_efforts`, tried only where they may pay.

    Parameters
    ----------
    subgame : Subgame
        Of the kind ``exact``.
    shown : list of pairs
        Scores that each developer may show, and their probabilities.
    sure : array of float
        Payoffs ``[n]`` that each developer can have in any case.
    """

    def __init__(self, subgame: Subgame, shown: list[Strategy], sure: Floats) -> None:
        scores = settled(subgame, np.concatenate([own for own, _ in shown]))
        self._subgame, self._shown = subgame, _with_chances(scores, shown)
        scores = np.unique(scores)
        # Ascending: each score, and the next float64 number.
        self._aims = np.stack((scores, np.nextafter(scores, np.inf)), axis=1).reshape(-1)
        self._needed = np.stack(_needed(subgame, scores), axis=1).reshape(-1)
        self._passed = np.repeat(publish(scores), 2)
        self._worth = worth_of(subgame.game.prizes, self._shown, subgame.rule.ties, self._aims)
        self._best, self._hoped, self._sure = sure.copy(), sure.copy(), sure.copy()
        self._slack = RESOLVED * subgame.game.prize_range
        self._strict = bool(subgame.declares("strictly_increasing"))
        # Efforts this close are equal, also if the cost jumps.
        self._near = RESOLVED * subgame.game.finite_effort_scale
        self._top = useful_efforts(subgame.game)
        with np.errstate(over="ignore"):  # without a budget
            self._highest = subgame.scores(self._top)
            self._before = subgame.scores(np.maximum(self._top - self._near, 0.0))

    def best_payoffs(self) -> tuple[Floats, Floats, Floats]:
        """The best payoffs, those that may be had, and those that can be had whatever one step of the
        grid does; ``[n]`` all.

        Prizes and costs rise with the score. So between two deviations none earns more than the prize
        of the upper one, at the cost of the lower one: where that is no gain, none is tried.
        """
        n, m, stride = self._subgame.n, self._aims.size, 1
        while n * m > stride * AT_ONCE:
            stride *= FINER
        k = np.arange(0, m, stride)
        who, k = np.repeat(np.arange(n), k.size), np.tile(k, n)
        floor = self._try(who, k)
        while stride > 1:
            # One beyond what the next deviation passes, in case they are neighbours in float64.
            beyond = k + stride + 1
            most = np.where(
                beyond < m, self._worth(who, np.minimum(beyond, m - 1)), self._subgame.game.prizes[0]
            )
            kept = most - floor > self._sure[who]
            who, k, floor, stride = who[kept], k[kept], floor[kept], stride // FINER
            finer = (k[:, None] + stride * np.arange(1, FINER)).reshape(-1)
            again = np.repeat(who, FINER - 1)[finer < m]
            finer = finer[finer < m]
            floor = np.concatenate((floor, self._try(again, finer)))
            who, k = np.concatenate((who, again)), np.concatenate((k, finer))
        return self._best, self._hoped, self._sure

    def _try(self, who: Integers, k: Integers) -> Floats:
        """Developers ``who`` show ``aims[k]``. What that costs at least, less a step of the grid."""
        subgame, aims = self._subgame, self._aims[k]
        efforts, attained = own_first_efforts(subgame, who, self._needed[k])
        # At the budget published scores decide what passes.
        reached = attained & ((k % 2 == 0) | (publish(subgame.top_scores)[who] > self._passed[k]))
        efforts = np.where(reached, efforts, 0.0)
        cost = subgame.game.cost(efforts)
        payoffs = np.where(reached, self._worth(who, k) - cost, -np.inf)
        np.maximum.at(self._best, who, payoffs)
        np.maximum.at(self._hoped, who, payoffs)
        floor = np.where(attained, cost, np.inf)
        if self._slack > 0:
            doubtful, floor = self._doubts(who, k, efforts, reached, floor)
            if doubtful.any():
                payoffs[doubtful] = -np.inf
                floor[doubtful] = self._settle(who[doubtful], aims[doubtful])
        np.maximum.at(self._sure, who, payoffs)
        return floor

    def _doubts(
        self, who: Integers, k: Integers, efforts: Floats, reached: NDArray[np.bool_], floor: Floats
    ) -> tuple[NDArray[np.bool_], Floats]:
        """Whether one step of the grid changes the cost of ``efforts``, which show ``aims[k]`` where
        that is ``reached``, by more than `RESOLVED` P, as where curves saturate. Where it does not: what
        a step less costs at least. A stretch that is flat leaves no doubt; curves that rise strictly by
        their formula have none, though float64 may show one."""
        cost, top, aims = self._subgame.game.cost, self._top[who], self._aims[k]
        step, value, pairs = _step(aims), cost(efforts), Pairs(self._subgame, who)
        lower = np.where(value > self._slack, cost.inverse(np.maximum(value - self._slack, 0.0)), 0.0)
        lower = np.maximum(np.minimum(lower, efforts - self._near), 0.0)
        higher = np.minimum(np.maximum(cost.inverse(value + self._slack), efforts + self._near), top)
        less = pairs.scores(lower)
        enough = (lower > 0) & (less > aims - step)
        more = pairs.scores(higher)
        too_little = (higher < top) & (more < aims + step)
        # Where scores still rise at the budget, published ones decide there.
        before, highest = self._before[who], self._highest[who]
        hopeful = (before > highest - step) & (highest >= aims - step)
        if not self._strict:
            score = self._aims[k - k % 2]
            enough &= less < score - SAME * np.abs(score)
            too_little &= more > score + 2 * SAME * np.abs(score)
            hopeful &= before < highest - SAME * np.abs(highest)
        short = np.where(less < aims - step, cost(lower), 0.0)
        return np.where(reached, enough | too_little, hopeful), np.where(reached, short, floor)

    def _settle(self, who: Integers, aims: Floats) -> Floats:
        """The effort for a doubtful score lies between those for the steps of the grid around it.
        Returns what the lower one costs."""
        subgame, step = self._subgame, _step(aims)
        (lower, _), (upper, passed) = (
            own_first_efforts(subgame, who, aims + sign * step) for sign in (-1, 1)
        )
        hoped, feared = (
            payoffs_of(subgame, self._shown, who, np.nextafter(aims, np.inf), efforts)
            for efforts in (lower, upper)
        )
        np.maximum.at(self._hoped, who, hoped)
        np.maximum.at(self._sure, who, np.where(passed, feared, -np.inf))
        return np.asarray(subgame.game.cost(lower))


def _step(scores: Floats) -> Floats:
    """The width of the grid's cells at ``scores``."""
    return above(publish(scores)) - publish(scores)
