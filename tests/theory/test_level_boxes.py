"""Bounds that hold for whole boxes of levels, and the intervals made of them, against single levels.

The witness is `theory.temptation`'s own honest board at one level after another: a slow grid.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tools.cases import tuned
from tools.generators import CURVES, random_game

import benchgame_env as bg
from benchgame_env.subgame import Subgame
from benchgame_env.theory.pure import level_boxes
from benchgame_env.theory.pure.honest_board import HonestBoard
from benchgame_env.theory.pure.level_bounds import Bounds
from benchgame_env.theory.pure.overtaking import largest_gain


def random_laws(rng: np.random.Generator) -> bg.Game:
    """Two to six crossing laws, some with the same ceiling, some prizes equal."""
    n = int(rng.integers(2, 7))
    upper = np.sort(rng.choice([0.7, 0.8, 0.9], n) if rng.random() < 0.5 else rng.uniform(0.6, 1, n))
    curves = bg.curves.ScalingLaw(
        rng.uniform(0, 0.2, n), upper[::-1], rng.uniform(-5, 0, n), rng.uniform(0.3, 1.2, n)
    )
    prizes = np.sort(rng.choice([0.0, 0.25, 0.5, 0.75, 1.0], n))[::-1]
    budget = np.inf if rng.random() < 0.7 else rng.uniform(0.1, 5)
    return bg.Game(curves, bg.LinearCost(rng.uniform(0.05, 1)), prizes, budget=budget)


def some_game(family: str, seed: int) -> bg.Game:
    rng = np.random.default_rng([seed, len(family)])
    if family == "crossing laws":
        return random_laws(rng)
    return random_game(rng, n=int(rng.integers(2, 6)), curves=family, lattice=bool(seed % 2))


def margin(game: bg.Game, level: float, shift: float) -> float:
    """The largest gain from overtaking at one level, -10 P if nobody can."""
    board = HonestBoard.of(Subgame(game, tuned(level)), shift)
    return largest_gain(board, -10 * game.prize_range)[0]


def stable(game: bg.Game, level: float) -> bool:
    """Nobody gains, and one step of the grid of scores would not make it a tenth of P."""
    gains = margin(game, level, 0) / game.prize_range, margin(game, level, -1) / game.prize_range
    return gains[0] <= level_boxes.EDGE and gains[1] <= level_boxes.COARSE


FAMILIES = [*CURVES, "crossing laws"]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("seed", range(4))
def test_bounds_hold_at_every_level_of_a_box(family: str, seed: int) -> None:
    game = some_game(family, seed)
    n, rng = game.n_developers, np.random.default_rng(seed)
    low = np.append(0.0, rng.uniform(0, 8, 11))
    high = low + 10.0 ** rng.uniform(-6, 1, low.size)
    unknown, all_ = np.zeros((low.size, n, n), dtype=bool), np.ones((low.size, n), dtype=bool)
    bounds = Bounds(game, low, high, unknown, all_)
    nothing, room = -10 * game.prize_range, 1e-9 * (game.prize_range or 1.0)
    for box, share in zip(range(low.size), rng.random(low.size), strict=True):
        for level in (low[box], low[box] + share * (high[box] - low[box]), high[box]):
            for shift in (-1, 0, 1):
                found = margin(game, level, shift)
                most, least = bounds.most_gain[1 + shift, box], bounds.least_gain[1 + shift, box]
                assert max(least, nothing) - room <= found <= max(most, nothing) + room
            board = game.board(game.curves.score(np.full(n, level)))
            above = board.ranks[:, None] < board.ranks
            assert above[bounds.ahead[box]].all()


def far_from(spans: Any, level: float) -> bool:
    return not any(low - 1e-9 * (1 + low) <= level <= high + 1e-9 * (1 + high) for low, high in spans)


CASES = [(family, seed) for family in FAMILIES for seed in range(3)]


# In the last, at a budget, one developer may have to leave a plateau that is published as a tie.
@pytest.mark.parametrize(("family", "seed"), [*CASES, ("tabulated", 138)])
def test_no_stable_level_outside_and_no_unstable_level_inside(family: str, seed: int) -> None:
    game = some_game(family, seed)
    if not game.prize_range:
        pytest.skip("nothing to win: stable everywhere")
    levels = bg.theory.stabilizing_levels(game, max_level=8)
    ends = np.array([end for interval in levels for end in interval])
    grid = np.concatenate((np.linspace(0, 8, 60), ends * (1 - 1e-7), ends * (1 + 1e-7)))
    for level in grid[grid <= 8]:
        if far_from(levels.undecided, level):
            inside = any(low <= level <= high for low, high in levels)
            assert stable(game, level) == inside, (level, levels, levels.undecided)


# --- where nothing can be proved ----------------------------------------------------------------


def test_an_overtake_that_costs_what_it_wins_is_stable() -> None:
    # Additive: developer 1 needs 1 - 0.5 at every level, and wins 0.5 by it. Equality is stable.
    game = bg.Game(bg.curves.Additive([1.0, 0.5]), bg.LinearCost(), [0.5, 0.0])
    assert bg.theory.stabilizing_levels(game, max_level=8) == [(0.0, 8.0)]


def test_curves_that_touch_are_unstable_around_it() -> None:
    # v_1 = 0.1 + x/20 and v_2 = v_1 - (x - 2)^2/1000 touch at 2, where overtaking is free. Developer 1
    # passes with e if (D + e - 2)^2/1000 = e/20. With c = 1000 e and a prize of 0.5 it has e = 0.0005 to
    # spend: unstable while |D + e - 2| < sqrt(0.025). The lead changes by 0.006 there for a level of 1,
    # less than a box of these curves, which have no `exchange`, leaves open: 1e-9 / 0.006.
    class Touching:
        def score(self, effort: Any) -> Any:
            x = np.asarray(effort, dtype=np.float64)
            behind = np.where(x <= 20, 0.1 + x / 20 - (x - 2) ** 2 / 1000, 0.776 + (x - 20) / 1000)
            return np.stack((0.1 + x[..., 0] / 20, behind[..., 1]), axis=-1)

        def effort_for(self, score: Any) -> Any:
            s = np.asarray(score, dtype=np.float64)
            root = np.sqrt(np.maximum(27**2 - 4 - 1000 * (s - 0.1), 0.0))
            behind = np.where(s <= 0.776, 27 - root, 20 + 1000 * (s - 0.776))
            return np.maximum(np.stack((20 * (s[..., 0] - 0.1), behind[..., 1]), axis=-1), 0.0)

    game = bg.Game(Touching(), bg.LinearCost(1000), [0.5, 0.0])
    levels = bg.theory.stabilizing_levels(game, max_level=10)
    low, high = 2 - 0.0005 + np.sqrt(0.025) * np.array([-1, 1])
    assert np.array(levels) == pytest.approx(np.array([[0, low], [high, 10]]), abs=2e-7)
    assert levels.assumes == ("scores do not fall with effort",)
    # The grader says so, too; closer to the ends one step of the grid, at a cost of 0.0024, decides.
    for level in (levels[0][1] - 0.05, levels[1][0] + 0.05):
        assert bg.metrics.nash_conv(game, tuned(level), np.zeros(2)) <= 1e-9


def test_curves_that_cross_with_nothing_to_win_change_nothing() -> None:
    # The two behind cross at 2; they share a prize, and the first is out of reach.
    curves = bg.curves.Tabulated([[0, 4]] * 3, [[0.9, 0.95], [0.2, 0.3], [0.1, 0.4]])
    game = bg.Game(curves, bg.LinearCost(), [1.0, 0.0, 0.0])
    assert bg.theory.stabilizing_levels(game, max_level=3) == [(0.0, 3.0)]


def test_where_a_curve_falls_nothing_is_certain() -> None:
    # What `Game` checks is a number of efforts; between two of them these curves fall and rise again.
    class Falling:
        def score(self, effort: Any) -> Any:
            x = np.asarray(effort, dtype=np.float64)
            dip = np.where(np.abs(x - 3.003) < 1e-3, 0.3, 0.0)
            return np.array([0.9, 0.1]) + 1e-3 * x - dip

        def effort_for(self, score: Any) -> Any:
            return np.maximum((np.asarray(score) - np.array([0.9, 0.1])) / 1e-3, 0.0)

    game = bg.Game(Falling(), bg.LinearCost(), [1.0, 0.0])
    low, high = np.array([2.0, 2.0, 3.003]), np.array([3.0, 3.003, 4.0])
    bounds = Bounds(game, low, high, np.zeros((3, 2, 2), dtype=bool), np.ones((3, 2), dtype=bool))
    assert bounds.sound.tolist() == [True, False, True]
    assert bg.theory.stabilizing_levels(game).assumes == ("scores do not fall with effort",)
