"""The finite game in which each developer chooses among some efforts (theory section 6).

What it shares with the grader is the game alone: `contest` splits ties by integrating over a random
tie-break.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import partial

import numpy as np
import scipy

from benchgame_env.subgame import Subgame
from benchgame_env.theory.mixed.contest import Contest
from benchgame_env.theory.mixed.linear_program import (
    MOST_ENTRIES,
    Deviations,
    descend,
    even_step,
    least_nash_conv,
)
from benchgame_env.theory.mixed.regret_matching import EVERYONE, nash_conv_among, regret_matching
from benchgame_env.validate import Floats

Strategies = list[tuple[Floats, Floats]]

BY_PROGRAM = "linear programming, for prizes are evenly spaced"
BY_SELF_PLAY = "predictive regret matching+"
BY_BOTH = f"{BY_SELF_PLAY}, then linear programs nearby"
# Iterations of self-play before programs nearby, how many of these, and the share of the goal at which
# they end: close to an equilibrium each comes much closer.
FIRST, MOVES, SHARPER = 1_000, 40, 1e-3
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

    @property
    @abstractmethod
    def entries(self) -> int:
        """Of the table that `by_tails` returns, at most."""

    @abstractmethod
    def chances(self, mixed: Floats) -> Floats:
        """Of each shown score if developers play ``mixed`` ``[n, m]``; ``[n, s]``, scores ascending."""

    @abstractmethod
    def payoffs(self, mixed: Floats, who: slice = EVERYONE) -> Floats:
        """Expected payoffs of every choice of the developers ``who`` against ``mixed`` ``[n, m]``;
        ``[those, m]``, prize units."""

    @abstractmethod
    def by_tails(self, by_above: Floats, by_level: Floats) -> scipy.sparse.csr_array:
        """How payoffs of all choices change with the tails of all choices (see `Deviations`), if they
        change so with the chances that each rival shows more and the same (`Contest.slopes`).

        ``[n * m, n * m]``, where each developer's choices ascend. What is handed in has the shape
        ``[n, n, s]``, or ``[n, n, 1]`` if it is the same at all scores.
        """

    def solve(self, iterations: int, goal: float) -> tuple[Floats, str]:
        """Mixed strategies ``[n, m]``, and how they were found.

        They are an equilibrium if prizes are evenly spaced. Else self-play goes on until the NashConv
        among the choices is ``goal`` (prize units), or for as many ``iterations``. Where linear programs
        nearby are small, they follow a short self-play, and go on far below ``goal``.
        """
        if even_step(self._contest.prizes):
            found = self._program()
            if found is not None:
                return found, BY_PROGRAM
        prizes = self._contest.prizes
        few = self.entries <= MOST_ENTRIES and bool(prizes[0] > prizes[-1])
        played = self.self_play(min(iterations, FIRST) if few else iterations, goal)
        if not few:
            return np.where(played > NEGLIGIBLE, played, 0.0), BY_SELF_PLAY
        conv = partial(nash_conv_among, self.payoffs)
        return descend(played, self._program, conv, SHARPER * goal, MOVES), BY_BOTH

    def self_play(self, iterations: int, goal: float) -> Floats:
        """Mixed strategies ``[n, m]`` by predictive regret matching+, to a NashConv of ``goal`` (prize
        units) among the choices if that can be had in ``iterations``."""
        return regret_matching(self.payoffs, self._costs.shape, iterations, goal)

    def _program(self, mixed: Floats | None = None, radius: float = 1.0) -> Floats | None:
        """Mixed strategies ``[n, m]`` with the least NashConv, if prizes are evenly spaced; else those
        whose tails are within ``radius`` of those of ``mixed``, if payoffs were linear."""
        n, m = self._costs.shape
        owner, cost = np.repeat(np.arange(n), m), self._costs.reshape(-1)
        scale, around = float(self._contest.prizes[0] - self._contest.prizes[-1]), None
        if mixed is None:
            step = scale / max(n - 1, 1)
            rivals = -step * (1.0 - np.eye(n))[..., None]
            prize, paid = self.by_tails(rivals, rivals * self._contest.mean_lots), cost
        else:
            tails = np.cumsum(mixed[:, ::-1], axis=1)[:, ::-1].reshape(-1)
            prize = self.by_tails(*self._contest.slopes(self.chances(mixed)))
            paid, around = prize @ tails - self.payoffs(mixed).reshape(-1), (tails, radius)
        instead = Deviations(owner, paid, prize, scipy.sparse.csr_array((0, n * m)))
        found = least_nash_conv(owner, cost, instead, scale, around)
        return None if found is None else found.reshape(n, m)

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

    @property
    def entries(self) -> int:
        return 2 * self._place.size * len(self._place)

    def chances(self, mixed: Floats) -> Floats:
        chances = np.zeros((len(mixed), self._n_scores))
        np.add.at(chances, (self._rows, self._place), mixed)
        return chances

    def payoffs(self, mixed: Floats, who: slice = EVERYONE) -> Floats:
        worth = self._contest.worth(self.chances(mixed), who)
        return np.take_along_axis(worth, self._place[who], axis=1) - self._costs[who]

    def by_tails(self, by_above: Floats, by_level: Floats) -> scipy.sparse.csr_array:
        n, m = self._costs.shape
        scores = np.arange(self._n_scores + 1)
        first = np.array([np.searchsorted(own, scores) for own in self._place])  # that shows the score
        reaching, passing = first[:, self._place], first[:, self._place + 1]  # [rival, n, m]
        rival, who, choice = np.indices(reaching.shape).reshape(3, -1)
        at = (who, rival, self._place[who, choice] if by_above.shape[-1] > 1 else 0)
        total = scipy.sparse.csr_array((n * m, n * m))
        for pick, slopes in ((passing, by_above - by_level), (reaching, by_level)):
            slope = slopes[at]
            there = (pick.reshape(-1) < m) & (slope != 0)
            cell = (who * m + choice)[there], (rival * m + pick.reshape(-1))[there]
            total += scipy.sparse.csr_array((slope[there], cell), shape=(n * m, n * m))
        return total


class DrawnChoices(EffortChoices):
    """The choices under a rule that draws scores independently."""

    def __init__(self, subgame: Subgame, efforts: Floats) -> None:
        super().__init__(subgame, efforts)
        chances = drawn_scores(subgame, efforts)
        self._chances = np.ascontiguousarray(chances[..., shown_at_all(chances)].transpose(1, 0, 2))

    @property
    def entries(self) -> int:
        return self._costs.size**2

    def chances(self, mixed: Floats) -> Floats:
        return (mixed[:, None] @ self._chances)[:, 0]

    def payoffs(self, mixed: Floats, who: slice = EVERYONE) -> Floats:
        worth = self._contest.worth(self.chances(mixed), who)
        return (self._chances[who] @ worth[..., None])[..., 0] - self._costs[who]

    def by_tails(self, by_above: Floats, by_level: Floats) -> scipy.sparse.csr_array:
        n, m, _ = self._chances.shape
        above = np.cumsum(self._chances[..., ::-1], axis=-1)[..., ::-1] - self._chances
        slopes = np.zeros((n, m, n, m))
        for i, j in np.ndindex(n, n):
            if i != j:
                change = by_above[i, j] * above[j] + by_level[i, j] * self._chances[j]
                slopes[i, :, j] = self._chances[i] @ change.T
        slopes[..., 1:] -= slopes[..., :-1].copy()
        return scipy.sparse.csr_array(slopes.reshape(n * m, n * m))


def drawn_scores(subgame: Subgame, efforts: Floats) -> Floats:
    """Probabilities of each shown score at efforts ``[..., n]``, ``[..., n, s]``, equal scores added
    up."""
    scores, chances = subgame.rule.distribution(subgame.game, efforts)
    firsts = np.flatnonzero(np.diff(scores, prepend=-np.inf) > 0)
    return chances if firsts.size == len(scores) else np.add.reduceat(chances, firsts, axis=-1)


def shown_at_all(chances: Floats) -> slice:
    """From the first to the last score with a chance ``[..., s]`` above 0."""
    there = np.flatnonzero(chances.any(axis=tuple(range(chances.ndim - 1))))
    return slice(there[0], there[-1] + 1)
