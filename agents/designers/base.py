"""Designers: they announce settings, and may learn from the losses."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from benchgame_env.validate import Floats, integer


class Designer(ABC):
    """Announces one of several settings, again and again. To add one, copy `ucb.py`, change ``announce``
    and ``learn``, and add it to `registry.py`.

    Parameters
    ----------
    settings : int
        How many settings there are, >= 2; neighbours in the list are neighbours in level.
    """

    def __init__(self, settings: int) -> None:
        self.settings = integer("settings", settings, low=2)

    @abstractmethod
    def announce(self, rng: np.random.Generator) -> int:
        """The number of the next setting; all randomness comes from ``rng``."""

    def learn(self, setting: int, loss: float) -> None:
        """Learn from the loss that an announced setting brought; default: nothing."""
        return


class Means:
    """Counts, means and spreads of the losses of each setting.

    Parameters
    ----------
    settings : int
        How many there are.

    Attributes
    ----------
    counts, means : array
        ``[settings]``.
    """

    def __init__(self, settings: int) -> None:
        self.counts, self.means = np.zeros(settings), np.zeros(settings)
        self._squares = np.zeros(settings)

    def add(self, setting: int, loss: float) -> None:
        """Count a loss (Welford's update)."""
        self.counts[setting] += 1
        before = loss - self.means[setting]
        self.means[setting] += before / self.counts[setting]
        self._squares[setting] += before * (loss - self.means[setting])

    def variances(self) -> Floats:
        """Variances of the means ``[settings]``; infinite where there are fewer than two losses."""
        few = self.counts < 2
        degrees = np.where(few, 1.0, self.counts - 1)
        return np.where(few, np.inf, self._squares / degrees / np.maximum(self.counts, 1.0))
