"""The finite game in which each developer chooses among some efforts (theory section 6).

What it shares with the grader is the game alone: `contest` splits ties by integrating over a random
tie-break.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from benchgame_env.subgame import Subgame
from benchgame_env.theory.mixed.contest import Contest
from benchgame_env.theory.mixed.regret_matching import regret_matching
from benchgame_env.validate import Floats

Strategies = list[tuple[Floats, Floats]]

NEGLIGIBLE = 1e-6  # choices that hold less than this of a strategy are not played


class EffortChoices(ABC):
    """A subgame in which each developer chooses among ``efforts``.

    Parameters
    ----------
    subgame : Subgame
        The game under a protocol.
    efforts : array of float
        The choices of each developer, ``[m, n]``, effort units.
    """

    def __init__(self, subgame: Subgame, efforts: Floats) -> None:
        self.efforts = efforts
        self._contest = Contest(subgame.game.prizes, subgame.rule.ties)
        self._costs = subgame.cost(efforts).T

    @abstractmethod
    def payoffs(self, mixed: Floats) -> Floats:
        """Expected payoffs of every choice against ``mixed``, both ``[n, m]``, prize units."""

    def solve(self, iterations: int, goal: float) -> Floats:
        """Mixed strategies ``[n, m]`` by predictive regret matching+, to a NashConv of ``goal`` (prize
        units) if that can be had in ``iterations``."""
        return regret_matching(self.payoffs, self._costs.shape, iterations, goal)

    def strategies(self, mixed: Floats) -> Strategies:
        """Mixed strategies ``[n, m]`` as efforts and probabilities of each developer."""
        kept = np.where(mixed > NEGLIGIBLE, mixed, 0.0)
        return [(self.efforts[own > 0, i], own[own > 0] / own.sum()) for i, own in enumerate(kept)]


class ShownChoices(EffortChoices):
    """The choices under a rule whose board is a fixed function of efforts."""

    def __init__(self, subgame: Subgame, efforts: Floats) -> None:
        super().__init__(subgame, efforts)
        shown = subgame.shown(efforts)
        scores, place = np.unique(shown, return_inverse=True)
        self._place, self._n_scores = place.reshape(shown.shape).T, scores.size  # [n, m]
        self._rows = np.arange(subgame.n)[:, None]

    def payoffs(self, mixed: Floats) -> Floats:
        chances = np.zeros((len(mixed), self._n_scores))
        np.add.at(chances, (self._rows, self._place), mixed)
        return self._contest.worth(chances)[self._rows, self._place] - self._costs


class DrawnChoices(EffortChoices):
    """The choices under a rule that draws scores independently.

    Parameters
    ----------
    subgame, efforts
        As for `EffortChoices`.
    chances : array of float
        Probability of each shown score at each choice, ``[m, n, s]``.
    """

    def __init__(self, subgame: Subgame, efforts: Floats, chances: Floats) -> None:
        super().__init__(subgame, efforts)
        self._chances = np.ascontiguousarray(chances.transpose(1, 0, 2))

    def payoffs(self, mixed: Floats) -> Floats:
        worth = self._contest.worth((mixed[:, None] @ self._chances)[:, 0])
        return (self._chances @ worth[..., None])[..., 0] - self._costs
