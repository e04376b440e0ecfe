"""At which tune-before-test levels honest play is stable (theory section 3, Prop 5.3)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from benchgame_env.game import Game
from benchgame_env.named_games import as_game
from benchgame_env.numerics import GAIN
from benchgame_env.rules import TuneBeforeTest
from benchgame_env.subgame import Subgame
from benchgame_env.theory.pure.honest_board import RESOLVED, HonestBoard
from benchgame_env.theory.pure.overtaking import largest_gain
from benchgame_env.validate import number

GRID = 1000
Levels = list[tuple[float, float]]


class StableLevels(list[tuple[float, float]]):
    """Intervals ``(low, high)`` of tune-before-test levels, in increasing order.

    Attributes
    ----------
    errors : list of (float, float)
        By how much one step of the grid of scores may move either end, effort units.
    resolved_to : float
        The level from which on scores are too close for the grid to tell who could overtake whom, or
        the largest level looked at; effort units.
    """

    def __init__(
        self, levels: list[tuple[float, float]], errors: list[tuple[float, float]], to: float
    ) -> None:
        super().__init__(levels)
        self.errors, self.resolved_to = errors, to


def stabilizing_levels(game: Game | str, max_level: float | None = None) -> StableLevels:
    """Tune-before-test levels at which all-zero effort is an equilibrium.

    Intervals, never one number: where curves cross, stability can come and go. A level counts as stable
    if it is so with every rival's score one step of the grid of scores lower, too.

    Parameters
    ----------
    game : Game or str
    max_level : float, optional
        Largest level looked at, effort units, > 0. Default: 100 times what the prizes are worth.

    Returns
    -------
    StableLevels
        Disjoint ``(low, high)``, both ends included up to rounding. ``high`` is ``max_level`` where the
        last interval goes on beyond it, or near ``resolved_to``. Empty if no level stabilises.
    """
    game = as_game(game)
    max_level = 100 * game.finite_effort_scale if max_level is None else max_level
    number("max_level", max_level, low=0, strict=True)

    def stable(level: float) -> bool:
        return _margin(game, level) <= GAIN * game.prize_range

    grid = _resolved(game, _level_grid(game, max_level))
    margin = np.array([_margin(game, level) for level in grid])
    levels = np.concatenate((grid, _hidden_turns(game, grid, margin), _crossings(game, grid)))
    levels.sort()
    flags = [stable(level) for level in levels]
    found: Levels = []
    low = 0.0
    for k, flag in enumerate(flags):
        if flag and (k == 0 or not flags[k - 1]):
            low = levels[0] if k == 0 else _boundary(stable, levels[k], levels[k - 1])
        if flag and k + 1 == len(flags):
            found.append((float(low), float(levels[k])))
        elif flag and not flags[k + 1]:
            found.append((float(low), _boundary(stable, levels[k], levels[k + 1])))
    to = float(grid[-1]) if grid.size else 0.0
    errors = [(_error(game, low, -1, to), _error(game, high, 1, to)) for low, high in found]
    return StableLevels(found, errors, to)


def _margin(game: Game, level: float, shift: int = -1) -> float:
    """Largest signed gain from overtaking, with rivals' scores moved by ``shift`` steps of the grid: at
    most 0 where honest play is stable; prize units."""
    # Out of reach is finite here, to be minimised.
    board = HonestBoard(Subgame(game, TuneBeforeTest(level)), shift)
    return largest_gain(board, -10 * game.prize_range)[0]


def _error(game: Game, end: float, outwards: int, largest: float) -> float:
    """How far beyond the ``end`` of a stable interval levels may be stable, by what the grid of scores
    leaves open: at most twice as far as they are with rivals' scores a step higher."""
    room = largest - end if outwards > 0 else end
    step = min(1e-12 * max(1.0, end), room)
    while step < room and _margin(game, end + outwards * step, 1) <= GAIN * game.prize_range:
        step = min(2 * step, room)
    return step


def _level_grid(game: Game, max_level: float) -> np.ndarray:
    """0 and `GRID` levels up to ``max_level``, dense where one prize step of effort matters."""
    first = min(1e-3 * game.finite_effort_scale, 1e-3 * max_level)
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
    """``grid`` up to where the grid of scores becomes too coarse, that level included."""

    def resolved(level: float) -> bool:
        lowest, highest = (max(_margin(game, level, shift), 0.0) for shift in (1, -1))
        return highest - lowest <= 2 * RESOLVED * game.prize_range

    coarse = next((k for k, level in enumerate(grid) if not resolved(level)), None)
    if coarse is None or coarse == 0:
        return grid if coarse is None else grid[:0]
    return np.append(grid[:coarse], _boundary(resolved, grid[coarse - 1], grid[coarse]))
