"""Regrets and payoffs the obvious way, to compare `benchgame_env.metrics` with.

Expected payoffs enumerate every combination of pure strategies in plain loops. Deviations are tried on a
grid and just at and just above every score that a rival may show, found by the curves' own inverse. So
no line is shared with the grader except the rules.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from witnesses.episodes import award_all

Mixture = list[tuple[list[float], list[float]]]  # per developer: efforts, probabilities


class Witness:
    """One game under one rule and one profile of mixed strategies.

    ``shown(i, e)``, the score developer i shows at effort e, is ``v_i(level + e)`` (theory section 1).
    """

    def __init__(self, game: Any, rule: Any, strategies: Any) -> None:
        self.game, self.ties = game, rule.ties
        self.n = len(game.prizes)
        self.level = getattr(rule, "level", 0.0)
        self.prizes = [float(prize) for prize in game.prizes]
        self.play: Mixture = [([float(e) for e in es], [float(p) for p in ps]) for es, ps in strategies]
        self.board = [[self.shown(i, e) for e in es] for i, (es, _) in enumerate(self.play)]

    def shown(self, i: int, effort: float) -> float:
        total = np.full(self.n, self.level)
        total[i] += effort
        return float(np.asarray(self.game.curves.score(total))[i])

    def expected_prize(self, i: int, score: float) -> float:
        """Developer i's prize at ``score``, averaged over all that the others may play."""
        options = [
            [(score, 1.0)] if j == i else list(zip(self.board[j], self.play[j][1], strict=True))
            for j in range(self.n)
        ]
        return math.fsum(
            math.prod(p for _, p in profile)
            * award_all([s for s, _ in profile], self.prizes, self.ties)[i]
            for profile in itertools.product(*options)
        )

    def payoff(self, i: int, effort: float) -> float:
        return self.expected_prize(i, self.shown(i, effort)) - float(self.game.cost(effort))

    def expected_payoff(self, i: int) -> float:
        return math.fsum(p * self.payoff(i, e) for e, p in zip(*self.play[i], strict=True))

    def regret(self, i: int, grid: int = 25) -> float:
        """The best of all the deviations tried, against what developer i expects now."""
        tried = [*self.grid(i, grid), *self.play[i][0], *self.overtakes(i)]
        return max(self.payoff(i, effort) for effort in tried) - self.expected_payoff(i)

    def grid(self, i: int, size: int) -> list[float]:
        """Efforts up to a quarter beyond what all prizes together are worth, or the whole budget."""
        top = min(
            float(self.game.budget[i]), 1.25 * float(self.game.cost.inverse(self.game.prize_range))
        )
        return [float(effort) for effort in np.linspace(0.0, top, size)]

    def overtakes(self, i: int) -> Iterator[float]:
        """For every score of a rival: the first effort that reaches it and the first that exceeds it."""
        rivals = {score for j in range(self.n) if j != i for score in self.board[j]}
        for score in rivals:
            guess = float(np.asarray(self.game.curves.effort_for(np.full(self.n, score)))[i])
            for enough in (score.__le__, score.__lt__):
                effort = first_effort(
                    lambda e, enough=enough: enough(self.shown(i, e)),
                    max(guess - self.level, 0.0),
                    float(self.game.budget[i]),
                )
                if effort is not None:
                    yield effort


def first_effort(enough: Callable[[float], bool], guess: float, budget: float) -> float | None:
    """Least effort up to ``budget`` that is enough, near ``guess``; None if there is none.

    Widens around the guess, since an inverse is off by rounding and stops at the left end of a plateau,
    then halves down to a relative 1e-13.
    """
    if math.isinf(guess):
        return None
    low, high, step = None, min(guess, budget), 1e-16
    while not enough(high):
        if high >= min(budget, 1e3):  # no curve in these tests rises beyond
            return None
        low, high, step = high, min(budget, high + step), 4 * step
    step = 1e-16
    while low is None and high > 0 and enough(max(high - step, 0.0)):
        high, step = max(high - step, 0.0), 4 * step
    low = max(high - step, 0.0) if low is None else low
    while high - low > 1e-13 * high and low < (middle := 0.5 * (low + high)) < high:
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def drawn_boards(game: Any, rule: Any, strategies: Any) -> Iterator[tuple[float, list[float], Any]]:
    """Every board that a test of few items may show, by plain enumeration: its probability, the shown
    scores, and the efforts behind them. ``rule`` is a `finite-test` over direct evaluation."""
    n, items = len(game.prizes), rule.items
    play = [list(zip(*strategy, strict=True)) for strategy in strategies]
    for choice in itertools.product(*play):
        efforts = [float(effort) for effort, _ in choice]
        p = [float(x) for x in game.curves.score(np.array(efforts))]
        for solved in itertools.product(range(items + 1), repeat=n):
            chance = math.prod(float(weight) for _, weight in choice)
            for k, a in zip(solved, p, strict=True):
                chance *= math.comb(items, k) * a**k * (1 - a) ** (items - k)
            yield chance, [k / items for k in solved], efforts
