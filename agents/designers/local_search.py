"""Local search: to a better neighbour, while there is one."""

from __future__ import annotations

import numpy as np

from benchgame_env.agents.designers.base import Designer, Means
from benchgame_env.validate import integer, number


class LocalSearch(Designer):
    """Hill climbing: tries its setting and the neighbours of it, moves to a better one, else stays.

    Each is announced ``tries`` times in turn. It moves to the neighbour of the lowest mean if that is
    lower by more than ``margin`` standard errors of the difference; else it stays for good. Used as: the
    designer who improves step by step. It ends in the first local optimum that it meets.

    Parameters
    ----------
    settings : int
        As for `Designer`.
    start : int
        Where it begins.
    tries : int
        Announcements of each setting before it decides, >= 2.
    margin : float
        See above, >= 0.
    """

    def __init__(self, settings: int, start: int = 0, tries: int = 20, margin: float = 2.0) -> None:
        super().__init__(settings)
        self.at = integer("start", start, low=0, high=settings - 1)
        self.tries = integer("tries", tries, low=2)
        self.margin = number("margin", margin, low=0)
        self.known, self.stays = Means(settings), False

    @property
    def neighbours(self) -> list[int]:
        """The setting where it is, and those beside it."""
        return [k for k in (self.at, self.at - 1, self.at + 1) if 0 <= k < self.settings]

    def announce(self, rng: np.random.Generator) -> int:
        return self.at if self.stays else min(self.neighbours, key=lambda k: self.known.counts[k])

    def learn(self, setting: int, loss: float) -> None:
        self.known.add(setting, loss)
        if self.stays or self.known.counts[self.neighbours].min() < self.tries:
            return
        means, variances = self.known.means, self.known.variances()
        best = min(self.neighbours, key=lambda k: means[k])
        error = np.sqrt(variances[best] + variances[self.at])
        if means[best] < means[self.at] - self.margin * error:
            self.at = best
        else:
            self.stays = True
