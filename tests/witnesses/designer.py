"""Two developers on scaling laws under tune-before-test: the designer's loss by a plain sum along the
chaser's efforts (theory section 5), at one level after another."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

POINTS = 2000


class Law(NamedTuple):
    """``v(x) = lower + (upper - lower) z / (1 + z)``, ``z = exp(intercept) (1 + x)^slope``."""

    lower: float
    upper: float
    intercept: float
    slope: float

    def score(self, x: np.ndarray) -> np.ndarray:
        z = np.exp(self.intercept) * (1 + np.asarray(x)) ** self.slope
        return self.lower + (self.upper - self.lower) * z / (1 + z)

    def effort(self, score: np.ndarray) -> np.ndarray:
        score = np.asarray(score, dtype=float)
        with np.errstate(divide="ignore", invalid="ignore"):
            odds = (score - self.lower) / (self.upper - score) * np.exp(-self.intercept)
            return np.where(score >= self.upper, np.inf, np.maximum(odds, 0) ** (1 / self.slope) - 1)


def duel_loss(better: Law, weaker: Law, prize: float, level: float, price: float) -> float:
    """1 - tau + burnt share + 2 price level, where an effort of 1 costs 1."""
    laws = [better, weaker]
    shown = [float(law.score(level)) for law in laws]
    ahead = 0 if shown[0] >= shown[1] else 1
    leader, chaser = laws[ahead], laws[1 - ahead]
    needed = float(chaser.effort(shown[ahead])) - level
    if needed >= prize:
        wrong, burnt = float(ahead == 1), 0.0
    else:
        top = min(float(law.score(level + prize)) for law in laws)
        last = min(float(chaser.effort(top)) - level, prize)
        mine = np.linspace(needed, last, POINTS)  # of the chaser
        yours = np.maximum(leader.effort(np.minimum(chaser.score(level + mine), top)) - level, 0)
        by_leader, by_chaser = mine / prize, yours / prize  # chances to show at most as much
        if leader.score(level + prize) >= chaser.score(level + prize):
            by_chaser = 1 - by_chaser[-1] + by_chaser
        else:
            by_leader = 1 - by_leader[-1] + by_leader
        overtaken = float(np.sum((by_leader[1:] + by_leader[:-1]) / 2 * np.diff(by_chaser)))
        spent = np.sum((mine[1:] + mine[:-1]) / 2 * np.diff(by_chaser))
        spent += np.sum((yours[1:] + yours[:-1]) / 2 * np.diff(by_leader))
        wrong, burnt = (overtaken if ahead == 0 else 1 - overtaken), float(spent) / prize
    return 2 * wrong + burnt + 2 * price * level
