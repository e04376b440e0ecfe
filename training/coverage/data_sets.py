"""Data sets of invented leaderboards, the level that is announced for each, and the true one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from benchgame_env.calibration import fit
from benchgame_env.game import Game
from benchgame_env.theory import least_level
from benchgame_env.training.coverage.leaderboards import (
    FIVE,
    LEADERBOARDS,
    TEN,
    game_on,
    least_stable,
    measured,
    two_rises,
)

CONFIDENCE = 0.95  # of the level that is announced
Row = dict[str, Any]


@dataclass(frozen=True)
class Part:
    """Data sets of one kind, with the same leaderboards in each.

    Parameters
    ----------
    steps : tuple of float
        Steps of the checkpoints.
    law : bool
        Whether the true curves follow the law.
    shared : float
        Share of the variance of answers that is how hard the item is, in [0, 1).
    pooling : tuple of bool
        With and without which the level is found.
    often : float
        How many sets are taken, as a share of those of the parts that have bounds.
    """

    steps: tuple[float, ...] = TEN
    law: bool = True
    shared: float = 0.0
    pooling: tuple[bool, ...] = (True,)
    often: float = 1.0


PARTS = {
    "ten": Part(pooling=(True, False)),
    "five": Part(FIVE, pooling=(True, False)),
    "two-rises": Part(law=False, often=0.5),
    "shared-items": Part(shared=0.5, often=0.5),
}


@cache
def truth(board: str, law: bool) -> tuple[Game, float]:
    """The true game and its least stable level; once in each process."""
    curves = LEADERBOARDS[board]
    game = game_on(curves if law else two_rises(curves), curves.upper)
    return game, least_stable(game)


def judged(part: str, board: str, number: int, draws: int, confidence: float = CONFIDENCE) -> list[Row]:
    """The rows of one data set: the level announced, with and without pooling, and the true one."""
    what, place = PARTS[part], list(LEADERBOARDS).index(board)
    game, true = truth(board, what.law)
    rng = np.random.default_rng([list(PARTS).index(part), place, number])
    found = fit(measured(game.curves, game.n_developers, what.steps, rng, what.shared))
    rows = []
    for pooling in what.pooling:
        drawn = found.draws(draws, np.random.default_rng([number, place, 1]), pooling=pooling)
        level = least_level(drawn, confidence).level
        rows.append(
            {
                "part": part,
                "board": board,
                "number": number,
                "pooling": int(pooling),
                "left_out": game.n_developers - len(found.report),
                "level": level,
                "truth": true,
                "held": int(level >= true),
            }
        )
    return rows
