"""Policy gradient: a softmax over settings, moved by each loss."""

from __future__ import annotations

import numpy as np

from benchgame_env.agents.base import draw_choices
from benchgame_env.agents.designers.base import Designer
from benchgame_env.validate import Floats, number


class PolicyGradient(Designer):
    """Draws settings from a softmax, and follows the gradient of the expected loss.

    Formula (Williams 1992, REINFORCE with a baseline): ``h_k <- h_k - rate (loss - mean) (1[k] - p_k)``,
    ``p = softmax(h)``, mean of all losses so far. Used as: the designer that learns without knowing
    which settings are neighbours, and whether losses stay the same.

    Parameters
    ----------
    settings : int
        As for `Designer`.
    rate : float
        Step size, per unit of loss, > 0.

    Attributes
    ----------
    preferences : array of float
        h, ``[settings]``.
    """

    def __init__(self, settings: int, rate: float = 0.5) -> None:
        super().__init__(settings)
        self.rate = number("rate", rate, low=0, strict=True)
        self.preferences = np.zeros(settings)
        self._mean, self._seen = 0.0, 0

    def chances(self) -> Floats:
        """Probabilities of the settings, ``[settings]``."""
        weights = np.exp(self.preferences - self.preferences.max())
        return weights / weights.sum()

    def announce(self, rng: np.random.Generator) -> int:
        return int(draw_choices(self.chances(), rng))

    def learn(self, setting: int, loss: float) -> None:
        self._seen += 1
        self._mean += (loss - self._mean) / self._seen
        step = -self.chances()
        step[setting] += 1
        self.preferences = self.preferences - self.rate * (loss - self._mean) * step
