"""Mixed equilibria in closed form: two developers who compete for one prize (theory section 5).

This is an all-pay contest with a head start. Notation: the leader is ahead at effort 0 and wins ties,
the chaser is behind; ``g`` is the prize gap, ``E = c^{-1}(g)`` the effort it is worth, ``T`` the highest
score that anybody shows.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from benchgame_env.subgame import Subgame
from benchgame_env.theory.mixed.effort_choices import Strategies
from benchgame_env.validate import Floats

POINTS = 2001
SLACK = 1e-9  # of what the chaser pays for T: who is cheaper by less is not


class Duel(NamedTuple):
    """The closed form at rising scores ``[points]``, from the honest one of the leader to T.

    Attributes
    ----------
    players : pair of int
        The leader, then the chaser.
    efforts : array of float
        Least efforts that show the scores, ``[points, 2]``, the leader's first.
    cost : array of float
        What they cost, as shares of the prize, ``[points, 2]``.
    chances : array of float
        The chance that a player shows at most each score, ``[points, 2]``: its first row are the atoms
        at effort 0.
    """

    players: tuple[int, int]
    efforts: Floats
    cost: Floats
    chances: Floats


def duel_equilibrium(subgame: Subgame, points: int = POINTS) -> Strategies | None:
    """The mixed equilibrium of two developers who compete for one prize, where its form is known.

    Covers two developers. Covers more with one prize (``R_2 = ... = R_n``) if showing any score up to T
    costs everybody but the two ahead at least what it costs the second; those stay at 0.

    Parameters
    ----------
    subgame : Subgame
        Of the kind ``exact``, with a finite effort scale.
    points : int
        Number of scores that stand for the whole range, >= 2.

    Returns
    -------
    list of pairs or None
        Efforts and probabilities of each developer; None where no closed form is known.
    """
    found = duel_of(subgame, points)
    if found is None:
        return None
    strategies = [(np.zeros(1), np.ones(1))] * subgame.n
    for player, efforts, chances in zip(found.players, found.efforts.T, found.chances.T, strict=True):
        strategies[player] = _strategy(efforts, chances)
    return strategies


def duel_of(subgame: Subgame, points: int = POINTS) -> Duel | None:
    """The closed form itself, as `duel_equilibrium`."""
    prizes = subgame.game.prizes
    if subgame.n < 2 or prizes[1] != prizes[-1] or prizes[0] == prizes[1]:
        return None
    leader, chaser, *others = np.argsort(subgame.board(np.zeros(subgame.n)).ranks, kind="stable")
    scores = _contested(subgame, leader, chaser, points)
    if scores is None:
        return None
    price = subgame.price(scores[:, None])
    if (price[:, others] < price[:, [chaser]] - SLACK * price[-1, chaser]).any():
        return None
    efforts = np.minimum(subgame.efforts_for(scores[:, None]), subgame.game.effort_scale)
    both = [leader, chaser]
    cost = (subgame.cost(efforts) / subgame.game.prize_range)[:, both]
    # Shares of the prize that a player must win at each score for its rival to be indifferent: the CDFs.
    # Whoever can go further leaves its rival nothing to win: that one stays out at times.
    reach = subgame.scores(subgame.game.effort_scale)
    stronger = 0 if reach[leader] >= reach[chaser] else 1
    chances = cost[:, ::-1].copy()
    chances[:, 1 - stronger] += 1 - cost[-1, stronger]
    return Duel((int(leader), int(chaser)), efforts[:, both], cost, chances)


def _contested(subgame: Subgame, leader: int, chaser: int, points: int) -> Floats | None:
    """The scores ``[points]`` that the two show, from the leader's honest one to T; None if the chaser
    cannot profit, or if a budget binds in a way that the closed form does not cover."""
    game = subgame.game
    reach = subgame.scores(game.effort_scale)
    start = subgame.honest_scores[leader]
    budget = game.budget[[leader, chaser]]
    binds = budget.min() < float(game.cost.inverse(game.prize_range))
    if reach[chaser] <= start or (binds and (budget[0] != budget[1] or reach[leader] < reach[chaser])):
        return None
    return np.linspace(start, min(reach[leader], reach[chaser]), points)


def _strategy(efforts: Floats, distribution: Floats) -> tuple[Floats, Floats]:
    """Point masses for a CDF over rising efforts: an atom at 0, each cell's mass at its upper end, and
    what is left at the top."""
    mass = np.diff(distribution, prepend=0.0)
    mass[-1] += 1 - distribution[-1]
    efforts = np.concatenate(([0.0], efforts[1:]))
    kept = mass > 0
    return efforts[kept], mass[kept] / mass[kept].sum()
