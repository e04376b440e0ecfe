"""Scores compared as published, once more: theory section 2 in plain loops over developers.

Published scores are whole numbers ``k``, in units of ``RHO``, and are compared as such. Nothing is
shared with `benchgame_env.numerics`, with the theory or with the graders: the curves, the cost and the
prizes of a game are all that is asked.

A second witness, `Exact`, needs no grid at all: on additive curves the order of scores is that of
``theta + e``, which is exact in fractions.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

RHO = Fraction(1, 2**23)
GAIN, STEPS = 1e-9, 1.5  # a gain exceeds this share of P, and what this many steps of the grid cost


# --- the grid ----------------------------------------------------------------------------------


def step(k: int) -> int:
    """The width of the grid at ``k``, in units of rho: 1 below a score of 2, then float32's spacing."""
    size = abs(k) * RHO
    width = 1
    while size >= 2:
        size, width = size / 2, width * 2
    return width


def publish(score: float) -> int:
    """A score as a board shows it, in units of rho. Halves go to the even multiple of the step."""
    exact = Fraction(score) / RHO
    width = step(math.floor(abs(exact)))
    return round(exact / width) * width


def above(k: int) -> int:
    """The next score on the grid."""
    return k + (step(k) if k >= 0 else step(k + 1))


def beating(k: int, resolution: float) -> int:
    """What beats ``k`` by a resolution, rounded to the grid, and by one step at least."""
    return max(publish(float(k * RHO) + resolution), above(k))


def ranks(ks: Sequence[int], ties: str) -> list[int]:
    """1 + how many stand above; of two who are tied, the better model does under ``quality``."""
    return [
        1
        + sum(
            other > own or (other == own and j < i and ties == "quality") for j, other in enumerate(ks)
        )
        for i, own in enumerate(ks)
    ]


def prize(i: int, ks: Sequence[int], prizes: Sequence[float], ties: str) -> float:
    """What developer i wins; a tied block shares the prizes that it covers under ``split``."""
    best = ranks(ks, ties)[i] - 1
    block = 1 if ties == "quality" else sum(k == ks[i] for k in ks)
    return math.fsum(prizes[best : best + block]) / block


# --- best responses on a published board -------------------------------------------------------


@dataclass(frozen=True)
class Course:
    """A path of best responses that has come back to itself.

    ``efforts`` and ``shown`` are those before each revision of one period.
    """

    efforts: list[tuple[Any, ...]]
    shown: list[tuple[int, ...]]

    @property
    def period(self) -> int:
        return len(self.efforts)

    @property
    def peaks(self) -> list[Any]:
        return [max(own) for own in zip(*self.efforts, strict=True)]

    @property
    def troughs(self) -> list[Any]:
        return [min(own) for own in zip(*self.efforts, strict=True)]

    @property
    def highest(self) -> list[int]:
        """The highest published score of each developer."""
        return [max(own) for own in zip(*self.shown, strict=True)]

    def misranked(self, ties: str, quality: Sequence[float]) -> Fraction:
        """Share of boards on which somebody is not ahead of a worse one."""
        return Fraction(sum(out_of_order(ranks(ks, ties), quality) for ks in self.shown), self.period)


def out_of_order(ranks: Sequence[int], quality: Sequence[float]) -> bool:
    """Whether a board of ``ranks`` has somebody who is not ahead of a worse one."""
    pairs = itertools.product(range(len(ranks)), repeat=2)
    return any(quality[i] > quality[j] and ranks[i] >= ranks[j] for i, j in pairs)


class Developers:
    """Best responses of the developers of a game under direct evaluation or tune-before-test.

    Parameters
    ----------
    game : Game
    rule : Protocol
        With ``ties``, and ``level`` if it tunes.
    resolution : float
        Score by which a rival is beaten where ties do not favour the developer.
    levels : sequence of float, optional
        The efforts to choose from; default all.
    """

    def __init__(
        self, game: Any, rule: Any, resolution: float = 1e-3, levels: Sequence[float] | None = None
    ) -> None:
        self.game, self.ties, self.tuning = game, rule.ties, float(getattr(rule, "level", 0.0))
        self.resolution, self.levels = resolution, levels
        self.prizes = [float(each) for each in game.prizes]
        self.n = len(self.prizes)
        self.budget = [float(each) for each in game.budget]
        self.gain = GAIN * (self.prizes[0] - self.prizes[-1])

    def score(self, i: int, effort: float) -> float:
        return float(np.asarray(self.game.curves.score(np.full(self.n, self.tuning + effort)))[i])

    def effort_for(self, i: int, score: float) -> float:
        """Least own effort, within budget or not, with which the curve reaches ``score``; maybe inf."""
        total = float(np.asarray(self.game.curves.effort_for(np.full(self.n, score)))[i])
        return max(total - self.tuning, 0.0)

    def cost(self, effort: float) -> float:
        return math.inf if math.isinf(effort) else float(self.game.cost(effort))

    def effort_showing(self, i: int, k: int) -> float:
        """Least own effort within budget that is published as ``k`` or more, aimed at the middle of the
        cell, ``k`` itself; a tie at the budget is decided by what is published there."""
        if publish(self.score(i, 0.0)) >= k:
            return 0.0
        budget = self.budget[i]
        if math.isfinite(budget) and publish(self.score(i, budget)) < k:
            return math.inf
        return min(self.effort_for(i, float(k * RHO)), budget)

    def payoff(self, i: int, ks: Sequence[int], k: int, effort: float) -> float:
        board = [k if j == i else other for j, other in enumerate(ks)]
        return prize(i, board, self.prizes, self.ties) - self.cost(effort)

    def slack(self, i: int, effort: float) -> float:
        """What a move to ``effort`` must gain more than: a share of P, and the cost of 1.5 steps of the
        grid there, up or down, whichever is less: at the end of a flat part the other side is no matter
        of rounding."""
        here = publish(self.score(i, effort))
        up = self.effort_for(i, float(above(here) * RHO))
        down = self.effort_for(i, float((here - step(here)) * RHO))
        steps = (self.cost(max(up, effort)), self.cost(min(down, effort)))
        return max(self.gain, STEPS * min(abs(cost - self.cost(effort)) for cost in steps))

    def candidates(self, i: int, ks: Sequence[int]) -> list[tuple[float, int]]:
        """Efforts among which the best response lies, and what each shows."""
        if self.levels is not None:
            within = [float(level) for level in self.levels if level <= self.budget[i]]
            return [(level, publish(self.score(i, level))) for level in within]
        honest = publish(self.score(i, 0.0))
        found = [(0.0, honest)]
        if math.isfinite(self.budget[i]):
            # The budget, or where the score stops rising before it.
            most = publish(self.score(i, self.budget[i]))
            least = self.effort_showing(i, most)
            found.append((least if least < self.budget[i] * (1 - 1e-6) else self.budget[i], most))
        for j in range(self.n):
            favoured = self.ties == "quality" and j > i
            aim = ks[j] if favoured else beating(ks[j], self.resolution)
            effort = self.effort_showing(i, aim)
            if j != i and math.isfinite(effort):
                found.append((effort, max(aim, honest)))
        return found

    def best_response(self, i: int, ks: Sequence[int], held: float) -> tuple[float, int]:
        """Effort and published score; what is held unless another gains more than the slack."""
        tried = [(self.payoff(i, ks, k, effort), effort, k) for effort, k in self.candidates(i, ks)]
        best, effort, _ = max(tried)
        slack = self.slack(i, effort)
        if best - self.payoff(i, ks, ks[i], held) <= slack:
            return held, ks[i]
        # Of equal payoffs the least effort.
        return min((effort, k) for payoff, effort, k in tried if payoff >= best - slack)

    def course(self, limit: int = 20_000) -> Course | None:
        """Single revisions from zero effort, the worst model's first and then upwards, until they
        repeat; None if they do not within ``limit``."""
        efforts = (0.0,) * self.n
        ks = tuple(publish(self.score(i, 0.0)) for i in range(self.n))

        def answer(i: int, efforts: tuple[Any, ...], ks: tuple[int, ...]) -> Any:
            return self.best_response(i, ks, efforts[i])

        return repeat(efforts, ks, answer, limit)


Answer = Callable[[int, tuple[Any, ...], tuple[int, ...]], tuple[Any, int]]


def repeat(efforts: tuple[Any, ...], ks: tuple[int, ...], answer: Answer, limit: int) -> Course | None:
    """Follow ``answer`` round robin until efforts, board and turn have all been there before."""
    n, path = len(efforts), []
    seen: dict[Hashable, int] = {}
    for revision in range(limit):
        state = (revision % n, efforts, ks)
        if state in seen:
            period = path[seen[state] :]
            if all(each == period[0] for each in period):  # nobody moves
                period = period[:1]
            return Course([e for e, _ in period], [k for _, k in period])
        seen[state] = revision
        path.append((efforts, ks))
        i = n - 1 - revision % n
        effort, k = answer(i, efforts, ks)
        efforts = (*efforts[:i], effort, *efforts[i + 1 :])
        ks = (*ks[:i], k, *ks[i + 1 :])
    return None


# --- additive curves on levels, exactly --------------------------------------------------------


@dataclass(frozen=True)
class Exact:
    """Additive curves and linear cost in exact arithmetic: who is above whom is the order of
    ``theta + e``, ties to the better model, and a gain is any gain.

    Parameters
    ----------
    quality : sequence of Fraction
        ``theta``, best first.
    levels : sequence of Fraction
        The efforts to choose from, ascending.
    prizes : sequence of Fraction
    rate : Fraction
        Cost of one unit of effort.
    """

    quality: Sequence[Fraction]
    levels: Sequence[Fraction]
    prizes: Sequence[Fraction]
    rate: Fraction = Fraction(1)

    def payoff(self, i: int, reached: Sequence[Fraction], effort: Fraction) -> Fraction:
        own = self.quality[i] + effort
        ahead = sum(other > own or (other == own and j < i) for j, other in enumerate(reached) if j != i)
        return self.prizes[ahead] - self.rate * effort

    def course(self, limit: int = 20_000) -> Course | None:
        """As `Developers.course`. In place of published scores, places among all that can be reached."""
        n = len(self.quality)
        places = {
            at: k for k, at in enumerate(sorted({q + e for q in self.quality for e in self.levels}))
        }

        def answer(i: int, efforts: tuple[Any, ...], ks: tuple[int, ...]) -> Any:
            reached = [q + e for q, e in zip(self.quality, efforts, strict=True)]
            payoffs = [self.payoff(i, reached, level) for level in self.levels]
            best, now = max(payoffs), self.payoff(i, reached, efforts[i])
            effort = self.levels[payoffs.index(best)] if best > now else efforts[i]
            return effort, places[self.quality[i] + effort]

        start = (self.levels[0],) * n
        return repeat(start, tuple(places[q + self.levels[0]] for q in self.quality), answer, limit)


def exact_duel(m: int) -> Exact:
    """The named game `duel` on ``m`` evenly spaced levels from 0 to F = 1: theta = 1 and 1/2, one prize.

    Its period is ``m - 1`` for odd ``m`` and ``m`` for even ``m`` (theory section 2).
    """
    levels = [Fraction(k, m - 1) for k in range(m)]
    return Exact([Fraction(1), Fraction(1, 2)], levels, [Fraction(1), Fraction(0)])
