"""Mixed equilibria in closed form: two developers who compete for one prize (theory section 5).

An all-pay contest with a head start. Notation: developer 1 leads at effort 0 and wins ties, developer
2 trails; ``g`` is the prize gap, ``E = c^{-1}(g)`` the effort it is worth, ``e_i(s)`` the effort with
which i shows score s, ``T`` the highest score anybody shows.
"""

from __future__ import annotations

import numpy as np

from benchgame_env.game import Game
from benchgame_env.rules import DeterministicProtocol
from benchgame_env.theory.mixed.score_cells import Strategies
from benchgame_env.validate import Floats

POINTS = 2001


def duel_equilibrium(game: Game, rule: DeterministicProtocol, points: int = POINTS) -> Strategies | None:
    """The mixed equilibrium on ``points`` scores, or None where no closed form is known.

    Covers two developers, and more with one prize (``R_2 = ... = R_n``) of whom everybody but the two
    ahead needs at least as much effort as the second for every score up to T; those stay at 0.
    """
    honest = rule.score(game, np.zeros(game.n_developers))
    board = np.argsort(game.board(honest, rule.ties).ranks, kind="stable")
    if game.n_developers < 2 or game.prizes[1] != game.prizes[-1] or game.prizes[0] == game.prizes[1]:
        return None
    leader, chaser = int(board[0]), int(board[1])
    found = _duel(game, rule, leader, chaser, points)
    if found is None:
        return None
    first, second, scores = found
    needed = _efforts(game, rule, scores)
    if any((needed[:, j] < needed[:, chaser] - 1e-9 * needed[-1, chaser]).any() for j in board[2:]):
        return None
    nothing = (np.zeros(1), np.ones(1))
    strategies = [nothing] * game.n_developers
    strategies[leader], strategies[chaser] = first, second
    return strategies


def _duel(
    game: Game, rule: DeterministicProtocol, leader: int, chaser: int, points: int
) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats], Floats] | None:
    """Strategies of the two and the scores they show; None if the chaser cannot profit or is capped
    in a way that the closed form does not cover."""
    gap = float(game.prizes[0] - game.prizes[1])
    worth = float(game.cost.inverse(gap))
    budget = game.budget[[leader, chaser]]
    capped = budget.min() < worth
    if capped and budget[0] != budget[1]:
        return None
    reach = rule.score(game, np.full(game.n_developers, min(worth, budget[0])))
    start = rule.score(game, np.zeros(game.n_developers))[leader]
    leader_reaches_further = reach[leader] >= reach[chaser]
    if reach[chaser] <= start or (capped and not leader_reaches_further):
        return None
    top = min(reach[leader], reach[chaser])
    scores = np.linspace(start, top, points)
    efforts = np.minimum(_efforts(game, rule, scores), np.minimum(worth, game.budget))
    cost = {i: np.asarray(game.cost(efforts[:, i])) / gap for i in (leader, chaser)}
    # Shares of the prize that i must win at each score for its rival to be indifferent: the CDFs.
    wins = {leader: cost[chaser], chaser: 1 - cost[leader][-1] + cost[leader]}
    if not leader_reaches_further:
        wins = {leader: 1 - cost[chaser][-1] + cost[chaser], chaser: cost[leader]}
    return (
        _strategy(efforts[:, leader], wins[leader]),
        _strategy(efforts[:, chaser], wins[chaser]),
        scores,
    )


def _strategy(efforts: Floats, distribution: Floats) -> tuple[Floats, Floats]:
    """Point masses for a CDF over rising efforts: an atom at 0, each cell's mass at its upper end, and
    what is left at the top."""
    mass = np.diff(distribution, prepend=0.0)
    mass[-1] += 1 - distribution[-1]
    efforts = np.concatenate(([0.0], efforts[1:]))
    kept = mass > 0
    return efforts[kept], mass[kept] / mass[kept].sum()


def _efforts(game: Game, rule: DeterministicProtocol, scores: Floats) -> Floats:
    """Least own efforts ``[points, n]`` that show each score."""
    return rule.effort_for(game, np.repeat(scores[:, None], game.n_developers, axis=1))
