"""The finite game in which each developer chooses among some efforts (theory section 6).

What it shares with the grader is the game alone: `contest` splits ties by integrating over a random
tie-break.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from scipy.sparse import csr_array

from benchgame_env.subgame import Subgame
from benchgame_env.theory.mixed.contest import Contest
from benchgame_env.theory.mixed.linear_program import Deviations, even_step, least_nash_conv
from benchgame_env.theory.mixed.regret_matching import regret_matching
from benchgame_env.validate import Floats

Strategies = list[tuple[Floats, Floats]]

BY_PROGRAM = "linear programming, for prizes are evenly spaced"
BY_SELF_PLAY = "predictive regret matching+"
NEGLIGIBLE = 1e-6  # choices that self-play gives less than this are not played


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

    @abstractmethod
    def ahead(self) -> csr_array:
        """Expected rivals ahead of every choice, by the tails of all choices (see `Deviations`),
        ``[n * m, n * m]``, where each developer's choices ascend."""

    def solve(self, iterations: int, goal: float) -> tuple[Floats, str]:
        """Mixed strategies ``[n, m]``, and how they were found.

        They are an equilibrium if prizes are evenly spaced. Else self-play goes on until the NashConv
        among the choices is ``goal`` (prize units), or for as many ``iterations``.
        """
        step = even_step(self._contest.prizes)
        if step:
            n, m = self._costs.shape
            owner, cost = np.repeat(np.arange(n), m), self._costs.reshape(-1)
            instead = Deviations(owner, cost, -step * self.ahead(), csr_array((0, n * m)))
            found = least_nash_conv(owner, cost, instead, step * (n - 1))
            if found is not None:
                return found.reshape(n, m), BY_PROGRAM
        averaged = self.self_play(iterations, goal)
        return np.where(averaged > NEGLIGIBLE, averaged, 0.0), BY_SELF_PLAY

    def self_play(self, iterations: int, goal: float) -> Floats:
        """Mixed strategies ``[n, m]`` by predictive regret matching+, to a NashConv of ``goal`` (prize
        units) among the choices if that can be had in ``iterations``."""
        return regret_matching(self.payoffs, self._costs.shape, iterations, goal)

    def strategies(self, mixed: Floats) -> Strategies:
        """Mixed strategies ``[n, m]`` as efforts and probabilities of each developer."""
        return [(self.efforts[own > 0, i], own[own > 0] / own.sum()) for i, own in enumerate(mixed)]


class ShownChoices(EffortChoices):
    """The choices under a rule whose board is a fixed function of efforts."""

    def __init__(self, subgame: Subgame, efforts: Floats) -> None:
        super().__init__(subgame, efforts)
        shown = subgame.shown(efforts)
        scores, place = np.unique(shown, return_inverse=True)
        self._place, self._n_scores = place.reshape(shown.shape).T, scores.size  # [n, m]
        self._rows = np.arange(subgame.n)[:, None]

    def ahead(self) -> csr_array:
        n, m = self._costs.shape
        scores = np.arange(self._n_scores + 1)
        first = np.array([np.searchsorted(own, scores) for own in self._place])  # that shows the score
        reaching, passing = first[:, self._place], first[:, self._place + 1]  # [rival, n, m]
        rival, who, choice = np.indices(reaching.shape).reshape(3, -1)
        if self._contest.ties == "split":
            picks = [(reaching, 0.5), (passing, 0.5)]
        else:
            better = np.arange(n)[:, None] < np.arange(n)  # [rival, who]
            picks = [(np.where(better[..., None], reaching, passing), 1.0)]
        blocks = []
        for pick, weight in picks:
            there = (pick.reshape(-1) < m) & (rival != who)
            at = (who * m + choice)[there], (rival * m + pick.reshape(-1))[there]
            blocks.append(csr_array((np.full(at[0].size, weight), at), shape=(n * m, n * m)))
        return sum(blocks[1:], blocks[0])

    def payoffs(self, mixed: Floats) -> Floats:
        chances = np.zeros((len(mixed), self._n_scores))
        np.add.at(chances, (self._rows, self._place), mixed)
        return self._contest.worth(chances)[self._rows, self._place] - self._costs


class DrawnChoices(EffortChoices):
    """The choices under a rule that draws scores independently."""

    def __init__(self, subgame: Subgame, efforts: Floats) -> None:
        super().__init__(subgame, efforts)
        self._chances = np.ascontiguousarray(drawn_scores(subgame, efforts).transpose(1, 0, 2))

    def ahead(self) -> csr_array:
        n, m, _ = self._chances.shape
        above = np.cumsum(self._chances[..., ::-1], axis=-1)[..., ::-1] - self._chances
        won = np.zeros((n, m, n, m))  # how often the latter is ahead of the former
        for i, j in np.ndindex(n, n):
            if i != j:
                split = self._contest.ties == "split"
                ties = 0.5 if split else float(j < i)
                won[i, :, j] = self._chances[i] @ (above[j] + ties * self._chances[j]).T
        won[..., 1:] -= won[..., :-1].copy()
        return csr_array(won.reshape(n * m, n * m))

    def payoffs(self, mixed: Floats) -> Floats:
        worth = self._contest.worth((mixed[:, None] @ self._chances)[:, 0])
        return (self._chances @ worth[..., None])[..., 0] - self._costs


def drawn_scores(subgame: Subgame, efforts: Floats) -> Floats:
    """Probabilities of each shown score at efforts ``[..., n]``, ``[..., n, s]``, equal scores added
    up."""
    scores, chances = subgame.rule.distribution(subgame.game, efforts)
    firsts = np.flatnonzero(np.diff(scores, prepend=-np.inf) > 0)
    return chances if firsts.size == len(scores) else np.add.reduceat(chances, firsts, axis=-1)
