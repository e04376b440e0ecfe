"""At which tune-before-test levels honest play is stable (theory section 3, Prop 5.3)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from benchgame_env.game import Game
from benchgame_env.rules import TuneBeforeTest
from benchgame_env.theory.pure.overtaking import (
    finite_effort_scale,
    is_resolved,
    largest_gain,
    largest_temptation,
)
from benchgame_env.validate import number

GRID = 1000


def stabilizing_levels(game: Game, max_level: float | None = None) -> list[tuple[float, float]]:
    """Tune-before-test levels at which all-zero effort is an equilibrium.

    Intervals, never one number: where curves cross, stability can come and go.

    Parameters
    ----------
    max_level: largest level looked at, effort units, > 0. Default: 100 times what the prizes are
        worth.

    Returns
    -------
    Disjoint ``(low, high)`` in increasing order, both ends included up to rounding; ``high`` is
    ``max_level`` where the last interval goes on beyond it, or the level from which float64 scores are
    too coarse to tell (saturated curves). Empty if no level stabilises.
    """

    def stable(level: float) -> bool:
        return largest_temptation(game, TuneBeforeTest(level))[1] is None

    if max_level is None:
        max_level = 100 * finite_effort_scale(game)
    number("max_level", max_level, low=0, strict=True)
    grid = _resolved(game, _level_grid(game, max_level))
    margin = np.array([_margin(game, level) for level in grid])
    levels = np.concatenate((grid, _hidden_turns(game, grid, margin), _crossings(game, grid)))
    levels.sort()
    flags = [stable(level) for level in levels]
    intervals: list[tuple[float, float]] = []
    low = 0.0
    for k, flag in enumerate(flags):
        if flag and (k == 0 or not flags[k - 1]):
            low = levels[0] if k == 0 else _boundary(stable, levels[k], levels[k - 1])
        if flag and k + 1 == len(flags):
            intervals.append((float(low), float(levels[k])))
        elif flag and not flags[k + 1]:
            intervals.append((float(low), _boundary(stable, levels[k], levels[k + 1])))
    return intervals


def _margin(game: Game, level: float) -> float:
    """Largest signed gain from overtaking: at most 0 where honest play is stable; prize units."""
    # Out of reach is finite here, to be minimised.
    return largest_gain(game, TuneBeforeTest(level), -10 * game.prize_range)[0]


def _level_grid(game: Game, max_level: float) -> np.ndarray:
    """0 and `GRID` levels up to ``max_level``, dense where one prize step of effort matters."""
    first = min(1e-3 * finite_effort_scale(game), 1e-3 * max_level)
    even = np.linspace(0.0, max_level, GRID // 2)
    return np.union1d(even, np.geomspace(first, max_level, GRID // 2))


def _hidden_turns(game: Game, grid: np.ndarray, margin: np.ndarray) -> list[float]:
    """Levels inside the grid's cells where the margin turns towards zero, to catch short intervals."""
    turns = []
    sign = np.where(margin > 0, 1.0, -1.0)
    for k in range(1, grid.size - 1):
        near = sign[k] * margin[k - 1 : k + 2]  # >= 0; a minimum here may dip below zero
        flat = np.ptp(near) <= 1e-9 * game.prize_range
        if len(set(sign[k - 1 : k + 2])) == 1 and near[1] == near.min() and not flat:
            found = minimize_scalar(
                lambda level, s=sign[k]: s * _margin(game, level),
                bounds=(grid[k - 1], grid[k + 1]),
                method="bounded",
                options={"xatol": 1e-9 * (grid[k + 1] - grid[k - 1])},
            )
            turns.append(float(found.x))
    return turns


def _crossings(game: Game, grid: np.ndarray) -> list[float]:
    """Levels inside the grid's cells where two curves cross: overtaking is free there, so honest play
    is unstable around each, in a window that may be far narrower than a cell."""
    scores = game.curves.score(np.broadcast_to(grid[:, None], (grid.size, game.n_developers)))
    boards = np.argsort(-scores, axis=1, kind="stable")

    def lead(level: float, pair: tuple[int, int]) -> float:
        score = game.curves.score(np.full(game.n_developers, level))
        return float(score[pair[0]] - score[pair[1]])

    return [
        brentq(lead, grid[k], grid[k + 1], args=(pair,))
        for k in np.flatnonzero((boards[1:] != boards[:-1]).any(axis=1))
        for pair in _swaps(boards[k], boards[k + 1])
        if lead(grid[k], pair) * lead(grid[k + 1], pair) < 0
    ]


def _swaps(before: np.ndarray, after: np.ndarray) -> list[tuple[int, int]]:
    """Pairs of developers whose order differs between two boards (developers, best first)."""
    place = np.argsort(after)[before]  # where those in order before stand after
    first, second = np.nonzero(np.triu(place[:, None] > place, k=1))
    return list(zip(before[first].tolist(), before[second].tolist(), strict=True))


def _boundary(stable: Callable[[float], bool], inside: float, outside: float) -> float:
    """The end of the stable interval between a stable and an unstable level, by bisection."""
    while True:
        middle = 0.5 * (inside + outside)
        if not min(inside, outside) < middle < max(inside, outside):
            return float(inside)
        if stable(middle):
            inside = middle
        else:
            outside = middle


def _resolved(game: Game, grid: np.ndarray) -> np.ndarray:
    """``grid`` up to where float64 scores become too coarse, that level included."""

    def resolved(level: float) -> bool:
        return is_resolved(game, TuneBeforeTest(level))

    coarse = next((k for k, level in enumerate(grid) if not resolved(level)), None)
    if coarse is None or coarse == 0:
        return grid if coarse is None else grid[:0]
    return np.append(grid[:coarse], _boundary(resolved, grid[coarse - 1], grid[coarse]))
