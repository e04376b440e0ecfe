"""Tune-before-test levels at which zero effort is no equilibrium, looked for on many levels at once.

The search is quick and plain; the grader certifies what it finds.
"""

from __future__ import annotations

import numpy as np

from benchgame_env import metrics
from benchgame_env.game import Game, rank
from benchgame_env.numerics import RHO, publish
from benchgame_env.rules import TuneBeforeTest
from benchgame_env.subgame import Subgame
from benchgame_env.theory.pure.honest_board import RESOLVED
from benchgame_env.validate import Floats

LEVELS = 48
BISECTIONS = 50
# Gains above this share of P refute a claim about levels. Smaller ones tell nothing: T is 0 up to the
# cost of a step and a half of the grid of scores, each of which may cost `RESOLVED` P.
CLEAR = 0.01
# The furthest level looked at where hypotheses are known for all efforts, as a share of F.
FURTHEST = 1e6
MOST = 4  # levels certified for one game


def level_of(subgame: Subgame) -> float:
    """The tune-before-test level of the rule; 0 under direct evaluation."""
    return subgame.rule.level if isinstance(subgame.rule, TuneBeforeTest) else 0.0


def regret_at(game: Game, level: float) -> float:
    """NashConv of zero effort at a level, by the grader; prize units, NaN where scores are too close."""
    return metrics.nash_conv(game, TuneBeforeTest(level), np.zeros(game.n_developers))


def unstable_level(game: Game, low: float, high: float) -> tuple[float, float] | None:
    """A level in ``[low, high]`` at which somebody gains more than `CLEAR` P from zero effort.

    Parameters
    ----------
    game : Game
        The game.
    low, high : float
        Levels, effort units.

    Returns
    -------
    (float, float) or None
        The level and the NashConv of zero effort there, by the grader.
    """
    bar = CLEAR * game.prize_range
    if bar == 0 or not low < high:
        return None
    levels = spread(game, low, high)
    levels = np.concatenate((levels, _around_crossings(game, levels)))
    gains = largest_gains(game, levels)
    tempting = np.sort(levels[gains > bar])
    for level in tempting[np.linspace(0, tempting.size - 1, min(MOST, tempting.size), dtype=int)]:
        regret = regret_at(game, float(level))
        if regret > bar:
            return float(level), regret
    return None


def spread(game: Game, low: float, high: float) -> Floats:
    """Levels from ``low`` to ``high``, ever further apart."""
    first = min(1e-3 * game.finite_effort_scale, 0.1 * (high - low))
    return low + np.concatenate(([0.0], np.geomspace(first, high - low, LEVELS)))


def largest_gains(game: Game, levels: Floats) -> Floats:
    """About what the best overtake on the honest board gains, at each of ``levels`` ``[m]``; ``[m]``,
    prize units."""
    gains = np.full(levels.shape, -np.inf)
    for efforts, gap in overtakes_at(game, levels):
        pays = np.where(efforts < game.budget, gap - game.cost(np.where(gap > 0, efforts, 0.0)), -np.inf)
        gains = np.maximum(gains, np.where(gap > 0, pays, -np.inf).max(axis=1))
    return gains


def overtakes_at(game: Game, levels: Floats) -> list[tuple[Floats, Floats]]:
    """For each developer overtaken: the efforts with which the others pass it on the honest board at
    ``levels`` ``[m]``, and the prizes that they win, at most 0 where they are ahead, out of reach, or
    one step of the grid of scores changes the effort much; both ``[m, n]``."""
    much = RESOLVED * game.finite_effort_scale
    total = np.broadcast_to(levels[:, None], (levels.size, game.n_developers))
    scores = np.asarray(game.curves.score(total), dtype=np.float64)
    prizes = game.prizes[rank(publish(scores)) - 1]
    found = []
    for k in range(game.n_developers):
        aims = np.broadcast_to(scores[:, k : k + 1], scores.shape)
        efforts, higher = (
            np.maximum(np.asarray(game.curves.effort_for(aims + step)) - total, 0.0) for step in (0, RHO)
        )
        with np.errstate(invalid="ignore"):  # inf - inf is nan: out of reach
            known = higher - efforts <= much
        gap = np.where(known, prizes[:, k : k + 1] - prizes, -np.inf)
        found.append((np.where(known, efforts, 0.0), gap))
    return found


def _around_crossings(game: Game, levels: Floats) -> Floats:
    """Levels on both sides of each crossing of neighbours' curves between ``levels``."""
    ahead = _leads(game, levels)
    cells = np.argwhere(ahead[1:] != ahead[:-1])
    if not len(cells):
        return np.zeros(0)
    low, high = levels[cells[:, 0]], levels[cells[:, 0] + 1]
    pair, before = cells[:, 1], ahead[cells[:, 0], cells[:, 1]]
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        same = _leads(game, middle)[np.arange(len(cells)), pair] == before
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return np.concatenate((low, high))


def _leads(game: Game, levels: Floats) -> np.ndarray:
    """Whether each developer is ahead of the next in quality, ``[m, n - 1]``."""
    total = np.broadcast_to(levels[:, None], (levels.size, game.n_developers))
    return np.diff(game.curves.score(total), axis=1) < 0
