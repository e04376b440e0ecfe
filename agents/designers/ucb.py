"""UCB1: the setting that may be the best, as far as is known."""

from __future__ import annotations

import numpy as np

from benchgame_env.agents.designers.base import Designer, Means
from benchgame_env.validate import number


class UCB(Designer):
    """Announces each setting once, then the one whose loss may be the lowest.

    Formula (Auer, Cesa-Bianchi and Fischer 2002): the least ``mean - c sqrt(2 log(t) / count)`` after t
    announcements; c = 1 is meant for losses whose range is 1. Used as: the standard learner of
    stationary bandits, which developers who learn too are not.

    Parameters
    ----------
    settings : int
        As for `Designer`.
    width : float
        c, in units of the loss, > 0.
    """

    def __init__(self, settings: int, width: float = 0.25) -> None:
        super().__init__(settings)
        self.width = number("width", width, low=0, strict=True)
        self.known = Means(settings)

    def announce(self, rng: np.random.Generator) -> int:
        counts = self.known.counts
        if not counts.all():
            return int(counts.argmin())
        bonus = self.width * np.sqrt(2 * np.log(counts.sum()) / counts)
        return int((self.known.means - bonus).argmin())

    def learn(self, setting: int, loss: float) -> None:
        self.known.add(setting, loss)
