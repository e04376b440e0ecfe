"""Joint play as a coarse correlated equilibrium (theory sections 5 and 8).

Where developers learned together, what they play is correlated, and only the joint play approaches an
equilibrium of any kind. Against samples of the others' joint play, the mean prize of a constant own
score is a step function: it jumps where the score reaches, and where it passes, one that a rival showed.
So all jumps are sorted once, and every deviation reads off its mean prize.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from benchgame_env.game import Game
from benchgame_env.metrics import exact
from benchgame_env.metrics.limit_cycle import course
from benchgame_env.rules import DeterministicProtocol
from benchgame_env.subgame import Subgame
from benchgame_env.validate import Floats


def external_regrets(game: Game | str, protocol: Any, profiles: ArrayLike) -> Floats:
    """What each developer could have gained by one constant effort; ``[n]``, prize units, >= 0.

    ``sup_e mean_t u_i(e, x_-i^t) - mean_t u_i(x^t)`` over all efforts in ``[0, B_i]``, exact up to
    rounding; 0 for all exactly at the coarse correlated equilibria. Who gets more from its play than any
    constant effort would pay has no regret, and makes up for nobody else's. On independent play it is
    `regrets`. Time ``O(m n log m)`` and memory ``O(m n)`` for ``m`` scores that differ.

    Parameters
    ----------
    profiles: efforts that were played together, ``[samples, n]``, each row equally likely.

    Raises
    ------
    ValueError: a rule without exact theory, efforts outside the budget.
    """
    subgame, efforts = Subgame.exact(game, protocol), course(profiles)
    game, rule = subgame.game, subgame.rule
    if efforts.shape[1] != game.n_developers:
        raise ValueError(f"profiles: {efforts.shape[1]} efforts for {game.n_developers} developers")
    if (efforts < 0).any() or (efforts > game.budget).any():
        raise ValueError(f"profiles: must be in [0, budget], got {efforts.min()} to {efforts.max()}")
    scores = rule.score(game, efforts)
    prizes = game.board(scores, rule.ties).prizes
    got = game.payoffs(prizes, efforts).mean(axis=0)
    _, efforts = exact.limit_efforts(game, rule, scores)
    tried = np.vstack((np.zeros(game.n_developers), efforts))
    regrets = np.empty(game.n_developers)
    for i in range(game.n_developers):
        own = exact.own_scores(game, rule, i, tried[:, i])
        worth = _prize_steps(game, rule, i, scores).at(own) - game.cost(tried[:, i])
        regrets[i] = max(0.0, worth.max() - got[i])
    return regrets


class PrizeSteps(NamedTuple):
    """A mean prize that rises with one's score: its value at and above ``scores`` ``[m]``, ascending."""

    scores: Floats
    reached: Floats
    passed: Floats

    def at(self, own: Floats) -> Floats:
        below = np.searchsorted(self.scores, own, side="right") - 1
        return np.where(self.scores[below] == own, self.reached[below], self.passed[below])


def _prize_steps(game: Game, rule: DeterministicProtocol, i: int, scores: Floats) -> PrizeSteps:
    """Developer i's mean prize for a constant own score against ``scores`` ``[samples, n]``."""
    rivals = np.sort(np.delete(scores, i, axis=1), axis=1)
    reach, passing = np.zeros((2, *rivals.shape))
    before = np.full(len(scores), game.prizes[-1])  # behind everybody
    for k in range(rivals.shape[1]):
        level = _prizes(game, rule, i, scores, rivals[:, k])
        above = _prizes(game, rule, i, scores, np.nextafter(rivals[:, k], np.inf))
        # A score that several rivals show is reached and passed once.
        new = rivals[:, k] > rivals[:, k - 1] if k else True
        reach[:, k], passing[:, k] = np.where(new, [level - before, above - level], 0.0)
        before = above
    found, place = np.unique(rivals, return_inverse=True)
    jumps = [
        np.bincount(place.reshape(-1), jump.reshape(-1), found.size) / len(scores)
        for jump in (reach, passing)
    ]
    passed = game.prizes[-1] + np.cumsum(jumps[0] + jumps[1])
    behind = [game.prizes[-1]]
    return PrizeSteps(
        np.concatenate(([-np.inf], found)),
        np.concatenate((behind, passed - jumps[1])),
        np.concatenate((behind, passed)),
    )


def _prizes(game: Game, rule: DeterministicProtocol, i: int, scores: Floats, own: Floats) -> Floats:
    """Developer i's prize on each board ``[samples, n]`` if it showed ``own`` ``[samples]`` there."""
    boards = scores.copy()
    boards[:, i] = own
    return game.award(boards, rule.ties).prizes[:, i]
