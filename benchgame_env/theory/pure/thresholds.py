"""The tune-before-test levels at which honest play is stable (theory section 3, Prop 5.3)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from scipy.optimize import minimize_scalar

from benchgame_env.game import Game
from benchgame_env.named_games import as_game
from benchgame_env.rules import TuneBeforeTest
from benchgame_env.subgame import Subgame
from benchgame_env.theory.pure.honest_board import HonestBoard
from benchgame_env.theory.pure.overtaking import largest_gain
from benchgame_env.validate import number

GRID = 1000
EDGE = 1e-12  # of P: margins below are rounding
COARSE = 0.1  # of P: a margin that one step of the grid of scores moves by more tells nothing
Levels = list[tuple[float, float]]


class StableLevels(list[tuple[float, float]]):
    """Intervals ``(low, high)`` of tune-before-test levels, in increasing order.

    Parameters
    ----------
    levels, errors, to
        The intervals, and the attributes below.

    Attributes
    ----------
    errors : list of (float, float)
        Bounds on how far one step of the grid of scores moves the lower and upper end, effort units.
    resolved_to : float
        The level beyond which scores are too close on the grid to tell who could overtake whom, or the
        largest level looked at; effort units.
    """

    def __init__(
        self, levels: list[tuple[float, float]], errors: list[tuple[float, float]], to: float
    ) -> None:
        super().__init__(levels)
        self.errors, self.resolved_to = errors, to

    @property
    def certain(self) -> Levels:
        """The intervals shortened by their errors: honest play is stable there for certain."""
        ends = zip(self, self.errors, strict=True)
        shrunk = [(low + below, high - above) for (low, high), (below, above) in ends]
        return [(low, high) for low, high in shrunk if low <= high]


def stabilizing_levels(game: Game | str, max_level: float | None = None) -> StableLevels:
    """Tune-before-test levels at which all-zero effort is an equilibrium.

    The answer is a list of intervals: where curves cross, stability can end and begin again. The ends
    are computed from the curves themselves; ``errors`` bounds the effect of the grid of scores.

    Parameters
    ----------
    game : Game or str
        The game, or its name.
    max_level : float, optional
        Largest level looked at, effort units, > 0. Default: 100 times what the prizes are worth.

    Returns
    -------
    StableLevels
        Disjoint ``(low, high)``, both ends included up to rounding. ``high`` is ``max_level`` where the
        last interval goes on beyond it, or near ``resolved_to``. Empty if no level stabilises.

    Examples
    --------
    >>> import benchgame_env as bg
    >>> [(round(low, 2), round(high)) for low, high in bg.theory.stabilizing_levels("scaling-laws", 100)]
    [(1.31, 100)]
    """
    game = as_game(game)
    max_level = 100 * game.finite_effort_scale if max_level is None else max_level
    number("max_level", max_level, low=0, strict=True)

    grid = _level_grid(game, max_level)
    margin = np.array([_margin(game, level) for level in grid])
    levels = np.concatenate((grid, _hidden_turns(game, grid, margin), _crossings(game, grid)))
    levels.sort()
    flags = [_is_stable(game, level) for level in levels]
    edges = np.flatnonzero(np.diff([False, *flags, False]))

    def end(inside: int, outside: int) -> float:
        if outside in (-1, levels.size):
            return float(levels[inside])
        return _boundary(lambda level: _is_stable(game, level), levels[inside], levels[outside])

    found = [(end(k, k - 1), end(m - 1, m)) for k, m in edges.reshape(-1, 2).tolist()]
    errors = [
        (_error(game, low, 1, low), _error(game, high, -1, max_level - high)) for low, high in found
    ]
    return StableLevels(found, errors, _resolved_to(game, grid))


def _is_stable(game: Game, level: float) -> bool:
    edge = EDGE * game.prize_range
    if _margin(game, level, -1) <= edge:  # even if rivals are easier to pass
        return True
    return _margin(game, level) <= edge and not _is_hidden(game, level)


def _is_hidden(game: Game, level: float) -> bool:
    """Whether the grid of scores is too coarse to tell if honest play is stable: one step decides it,
    and changes the margin by more than `COARSE` P."""
    low, high = (_margin(game, level, shift) for shift in (1, -1))
    edge = EDGE * game.prize_range
    return low <= edge < high and high - max(low, 0.0) > COARSE * game.prize_range


def _resolved_to(game: Game, grid: np.ndarray) -> float:
    """The level beyond which all levels are hidden, see `_is_hidden`; else the last level."""
    last = len(grid) - 1
    while last >= 0 and _is_hidden(game, grid[last]):
        last -= 1
    if last in (-1, len(grid) - 1):
        return float(grid[-1]) if last >= 0 else 0.0
    return _boundary(lambda level: not _is_hidden(game, level), grid[last], grid[last + 1])


def _margin(game: Game, level: float, shift: int = 0) -> float:
    """Largest signed gain from overtaking, with rivals' scores moved by ``shift`` steps of the grid: at
    most 0 where honest play is stable; prize units."""
    # Out of reach is finite here, to be minimised.
    board = HonestBoard.of(Subgame(game, TuneBeforeTest(level)), shift)
    return largest_gain(board, -10 * game.prize_range)[0]


def _error(game: Game, end: float, inwards: int, room: float) -> float:
    """A bound on how far one step of the grid of scores moves the ``end`` of a stable interval; at most
    ``room``, and at most twice the true distance."""
    step = min(1e-12 * max(1.0, end), room)

    def open_at(way: int, shift: int) -> bool:
        level = max(end + way * step, 0.0)
        return (_margin(game, level, shift) <= EDGE * game.prize_range) == (shift > 0)

    if _is_hidden(game, end - 2 * inwards * step):  # not an end of stability, but of what can be told
        return 0.0
    while step < room and (open_at(inwards, -1) or open_at(-inwards, 1)):
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

    def leads(first: int, second: int, level: float) -> bool:
        score = game.curves.score(np.full(game.n_developers, level))
        return bool(score[first] > score[second])

    return [
        _boundary(partial(leads, *pair), grid[k], grid[k + 1])
        for k in np.flatnonzero((boards[1:] != boards[:-1]).any(axis=1))
        for pair in _swaps(boards[k], boards[k + 1])
        if scores[k, pair[0]] > scores[k, pair[1]] and scores[k + 1, pair[0]] < scores[k + 1, pair[1]]
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
