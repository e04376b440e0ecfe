"""External regret: how far joint play is from a coarse correlated equilibrium (theory sections 5 and 8).

Developers who learn together play correlated efforts, so only their joint play can approach an
equilibrium. Against samples of the others' joint play, the mean prize of a constant own score is a step
function: it jumps where the score reaches, and where it passes, a score that a rival showed. All jumps
are sorted once; the mean prize of every deviation is then read from the sorted list.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from benchgame_env.game import Game
from benchgame_env.metrics import exact
from benchgame_env.metrics.limit_cycle import within_budget
from benchgame_env.subgame import Subgame
from benchgame_env.validate import Floats


def external_regrets(game: Game | str, protocol: Any, profiles: ArrayLike) -> Floats:
    """What each developer could have gained by one constant effort; ``[n]``, prize units, >= 0.

    ``sup_e mean_t u_i(e, x_-i^t) - mean_t u_i(x^t)`` over all efforts in ``[0, B_i]``, exact up to
    rounding; 0 for all exactly at the coarse correlated equilibria. A developer whose play earns more
    than any constant effort has regret 0. For developers who mix independently it is `regrets`.

    Parameters
    ----------
    game : Game or str
        The game, or its name.
    protocol : protocol, str or pair
        The protocol, its name, or ``(name, parameters)``; its board must be a fixed function of efforts.
    profiles : array_like
        Efforts that were played together, ``[samples, n]``, each row equally likely.

    Returns
    -------
    array of float
        ``[n]``, prize units, >= 0.

    Raises
    ------
    ValueError
        A rule whose board is not a fixed function of efforts, or efforts outside the budget.

    Notes
    -----
    Time ``O(m n log m)`` and memory ``O(m n)`` for ``m`` different scores.
    """
    subgame = Subgame.exact(game, protocol)
    efforts = within_budget(subgame.game, profiles, "profiles")
    game, scores = subgame.game, subgame.scores(efforts)
    got = game.payoffs(game.board(scores, subgame.rule.ties).prizes, efforts).mean(axis=0)
    scores = exact.settled(subgame, scores)
    aims, tried, reached = exact.limit_efforts(subgame, scores)
    own = np.vstack((subgame.honest_scores, np.where(reached, aims[:, None], -np.inf)))
    tried = np.vstack((np.zeros(subgame.n), tried))
    worth = [_prize_steps(subgame, i, scores).at(own[:, i]) for i in range(subgame.n)]
    return np.maximum((np.transpose(worth) - game.cost(tried)).max(axis=0) - got, 0.0)


class PrizeSteps(NamedTuple):
    """A mean prize that rises with one's score: its value at and above ``scores`` ``[m]``, ascending."""

    scores: Floats
    reached: Floats
    passed: Floats

    def at(self, own: Floats) -> Floats:
        """Mean prizes ``[m]`` of own scores ``[m]``."""
        below = np.searchsorted(self.scores, own, side="right") - 1
        return np.where(self.scores[below] == own, self.reached[below], self.passed[below])


def _prize_steps(subgame: Subgame, i: int, scores: Floats) -> PrizeSteps:
    """Developer i's mean prize for a constant own score against ``scores`` ``[samples, n]``."""
    last = subgame.game.prizes[-1]
    rivals = np.sort(np.delete(scores, i, axis=1), axis=1)
    reach, passing = np.zeros((2, *rivals.shape))
    before = np.full(len(scores), last)  # behind everybody
    for k in range(rivals.shape[1]):
        level = _prizes(subgame, i, scores, rivals[:, k])
        above = _prizes(subgame, i, scores, np.nextafter(rivals[:, k], np.inf))
        # A score that several rivals show is reached and passed once.
        new = rivals[:, k] > rivals[:, k - 1] if k else True
        reach[:, k], passing[:, k] = np.where(new, [level - before, above - level], 0.0)
        before = above
    found, place = np.unique(rivals, return_inverse=True)
    jumps = [
        np.bincount(place.reshape(-1), jump.reshape(-1), found.size) / len(scores)
        for jump in (reach, passing)
    ]
    passed = last + np.cumsum(jumps[0] + jumps[1])
    return PrizeSteps(
        np.append(-np.inf, found),
        np.append(last, passed - jumps[1]),
        np.append(last, passed),
    )


def _prizes(subgame: Subgame, i: int, scores: Floats, own: Floats) -> Floats:
    """Developer i's prize on each board ``[samples, n]`` if it showed ``own`` ``[samples]`` there."""
    boards = scores.copy()
    boards[:, i] = own
    return subgame.game.award(boards, subgame.rule.ties).prizes[:, i]
