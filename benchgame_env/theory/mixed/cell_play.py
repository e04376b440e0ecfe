"""Mixed equilibria of many developers with evenly spaced prizes, by self-play on ever finer cells.

With evenly spaced prizes a game is a sum of contests between two whose prizes add up to a constant, and
of own costs: so averages of no-regret learners come ever closer to an equilibrium. An iteration takes as
many steps as there are choices, where a linear program takes minutes.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchgame_env.theory.mixed.cell_program import coarse
from benchgame_env.theory.mixed.regret_matching import SelfPlay
from benchgame_env.theory.mixed.score_cells import Approach, CellGame

METHOD = "predictive regret matching+ on cells of the score axis, for prizes are evenly spaced"
ROUNDS, ITERATIONS = 12, 500  # of self-play; in each round
INSIDE = 0.5  # of what is gained: cells are halved if as much is gained inside them alone


def play_out(cells: CellGame, rounds: int) -> Iterator[Approach]:
    """Closer and closer to an equilibrium on ever finer ``cells``, in at most so many ``rounds``, or
    `ROUNDS`."""
    play = SelfPlay(cells.allowed / cells.allowed.sum(axis=1, keepdims=True))
    for _ in range(min(rounds, ROUNDS)):
        play.go_on(cells.payoffs, ITERATIONS)
        mixed = play.mixed
        now = cells.survey(mixed)
        yield Approach(float(now.gains.sum()), cells, mixed, METHOD)
        if now.stay.sum() < INSIDE * now.gains.sum():
            cells, play.state = cells.split(coarse(cells, mixed, now), play.state)
