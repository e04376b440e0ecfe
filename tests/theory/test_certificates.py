"""Certificates of mixed equilibria against the slow grader, on random games of 2 to 8 developers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tools.generators import linear_cost, power_cost, random_game
from witnesses.slow_grader import slow_regrets

import benchgame_env as bg

KINDS = [(curves, even) for curves in ("additive", "scaling law") for even in (True, False)]
ROUNDING = 1e-12  # of P: sums of products in another order


def tempted_game(seed: int) -> Any:
    """The game of this seed: additive curves or scaling laws, even or other prizes, somebody tempted."""
    rng, (curves, even) = np.random.default_rng(seed), KINDS[seed % len(KINDS)]
    while True:
        kind = "equal steps" if even else str(rng.choice(["uneven", "equal neighbours"]))
        game = random_game(rng, n=2 + seed // 4 % 7, curves=curves, prizes=kind, budget="none")
        cost = (linear_cost, power_cost)[rng.integers(2)](rng)
        game = bg.Game(game.curves, cost, game.prizes)
        if bg.theory.temptation(game, "direct") > 0:
            return game


def compared(seed: int) -> tuple[float, float, float]:
    """NashConv as certified, and what it and the largest regret are off from the slow grader's; shares
    of P."""
    game = tempted_game(seed)
    found = bg.theory.mixed_equilibrium(game, "direct")
    slow = slow_regrets(game, "direct", found.strategies)
    off = (found.nash_conv - slow.sum(), found.largest_regret - slow.max())
    share = np.abs([found.nash_conv, *off]) / game.prize_range
    return float(share[0]), float(share[1]), float(share[2])


@pytest.mark.parametrize(
    "first", [0, *(pytest.param(first, marks=pytest.mark.long) for first in range(32, 320, 32))]
)
def test_certificates_are_those_of_the_slow_grader(first: int) -> None:
    for seed in range(first, first + 32):
        _, *off = compared(seed)
        assert max(off) <= ROUNDING, seed
