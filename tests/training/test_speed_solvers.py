"""What the speed table times solves the game: one grader measures the NashConv of all solvers."""

from __future__ import annotations

import pytest

from benchgame_env.training.speed import solvers

CASES = [(2, 41), (3, 6), (5, 21)]
SOLVED = 1e-6  # of P = 1: the solvers work in float64, or to 1e-8 of the payoffs


@pytest.mark.parametrize(("developers", "levels"), CASES)
def test_every_contestant_solves_the_game(developers: int, levels: int) -> None:
    found = solvers.contestants(developers, levels)
    assert {"ours", "HiGHS"} <= set(found)
    assert ("Gambit lcp" in found) == (developers == 2)
    for who, prepare in found.items():
        if who.startswith("Gambit"):
            pytest.importorskip("pygambit")
        assert solvers.nash_conv(developers, levels, prepare()()) <= SOLVED, who
