"""Data sets of invented leaderboards, the level that is announced for each, and the true one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from benchgame_env.calibration import fit
from benchgame_env.curves import ScalingLaw
from benchgame_env.draws import Draws
from benchgame_env.game import Game
from benchgame_env.theory import single_level, stabilizing_levels, stable_from, temptation
from benchgame_env.training.coverage.leaderboards import (
    FIVE,
    NEAR_TIES,
    TEN,
    game_on,
    least_stable,
    measured,
    told_apart,
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
    ties : bool
        Whether some ceilings are too close to be told apart.
    single : bool
        Whether the level is the least at which enough draws are stable, instead of from which on.
    """

    steps: tuple[float, ...] = TEN
    law: bool = True
    shared: float = 0.0
    pooling: tuple[bool, ...] = (True,)
    often: float = 1.0
    ties: bool = False
    single: bool = False

    @property
    def leaderboards(self) -> dict[str, ScalingLaw]:
        """The true curves, or those that they are made of."""
        return NEAR_TIES if self.ties else told_apart()

    def level(self, draws: Draws, confidence: float) -> float:
        """The level to announce."""
        if self.single:
            return single_level(draws, confidence).level
        return stable_from(draws, (confidence,))[0]

    def holds(self, level: float, game: Game, true: float) -> bool:
        """Whether the level is high enough in truth; no level at all is."""
        if self.single:
            return level == np.inf or temptation(game, ("tune-before-test", {"level": level})) == 0
        return level >= true


PARTS = {
    "ten": Part(pooling=(True, False)),
    "five": Part(FIVE, pooling=(True, False)),
    "near-ties": Part(ties=True),
    "near-ties-at": Part(ties=True, single=True, often=0.5),
    "two-rises": Part(law=False, often=0.5),
    "shared-items": Part(shared=0.5, often=0.5),
}


@cache
def truth(part: str, board: str) -> tuple[Game, float]:
    """The true game, and from which level on it is stable, or at which; once in each process."""
    what = PARTS[part]
    curves = what.leaderboards[board]
    game = game_on(curves if what.law else two_rises(curves), curves.upper)
    return game, stabilizing_levels(game)[0][0] if what.single else least_stable(game)


def judged(part: str, board: str, number: int, draws: int, confidence: float = CONFIDENCE) -> list[Row]:
    """The rows of one data set: the level announced, with and without pooling, and the true one."""
    what = PARTS[part]
    place, (game, true) = list(what.leaderboards).index(board), truth(part, board)
    rng = np.random.default_rng([list(PARTS).index(part), place, number])
    found = fit(measured(game.curves, game.n_developers, what.steps, rng, what.shared))
    rows = []
    for pooling in what.pooling:
        drawn = found.draws(draws, np.random.default_rng([number, place, 1]), pooling=pooling)
        level = what.level(drawn, confidence)
        rows.append(
            {
                "part": part,
                "board": board,
                "number": number,
                "pooling": int(pooling),
                "left_out": game.n_developers - len(found.report),
                "level": level,
                "truth": true,
                "held": int(what.holds(level, game, true)),
            }
        )
    return rows
