"""What the speed table times solves the game: one grader measures the NashConv of all solvers."""

from __future__ import annotations

import pytest

from benchgame_env.training.speed import solvers

CASES = [(2, 41), (3, 6), (5, 21)]
SOLVED = 1e-6  # of P = 1: the solvers work in float64, or to 1e-8 of the payoffs
# Averages of CFR+ come closer with the number of iterations, of which there are a thousand.
AVERAGED = 1e-3


@pytest.mark.parametrize(("developers", "levels"), CASES)
def test_every_contestant_solves_the_game(developers: int, levels: int) -> None:
    found = solvers.contestants(developers, levels)
    assert {"ours", "HiGHS"} <= set(found)
    assert ("Gambit lcp" in found) == (developers == 2)
    for who, prepare in found.items():
        if who.startswith("Gambit"):
            pytest.importorskip("pygambit")
        bound = AVERAGED if who == "OpenSpiel CFR+" else SOLVED
        assert solvers.nash_conv(developers, levels, prepare()()) <= bound, who


@pytest.mark.parametrize(("developers", "levels"), [(2, 41), (3, 6)])
def test_openspiel_is_a_contestant_where_it_is_installed(developers: int, levels: int) -> None:
    pytest.importorskip("pyspiel")
    assert "OpenSpiel CFR+" in solvers.contestants(developers, levels)
