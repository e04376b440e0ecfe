"""How often sampled plays get a wrong verdict: plays of the equilibrium, and of play that is wrong by a
known regret."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import product

import numpy as np
import scipy

from benchgame_env.metrics.strategies import Strategy
from benchgame_env.training.adversary.wrong_play import Case, draws
from benchgame_env.training.grading.one_set import judge
from benchgame_env.training.jobs import Job

GAMES = ("duel", "five", "pythia-gsm8k")
SIZES = (10, 30, 100, 300, 1_000, 3_000, 10_000)
REGRET = 0.05  # of the wrong play, share of P: twice the bound
EQUILIBRIUM = "equilibrium"
MOST_WRONG = 0.025  # of the verdicts
LEAST_RIGHT = 0.95
# From so many plays on that share of the verdicts has to be right.
ENOUGH = {
    EQUILIBRIUM: dict.fromkeys(GAMES, 10_000),
    "wrong": {"duel": 10_000} | dict.fromkeys(GAMES[1:], 3_000),
}
CHANCE = 0.002  # with which a share that is just good enough is called too bad: above 40 of 1,000
BATCH = 10  # sets of plays that a job judges


@dataclass(frozen=True)
class Rate:
    """Verdicts on sets of plays of one kind.

    Attributes
    ----------
    game, play : str
        The game, and who plays it.
    plays : int
        Plays in a set.
    match, mismatch, undecided : int
        Number of verdicts.
    """

    game: str
    play: str
    plays: int
    match: int
    mismatch: int
    undecided: int

    @property
    def sets(self) -> int:
        """Number of sets."""
        return self.match + self.mismatch + self.undecided

    @property
    def fault(self) -> str:
        """What is wrong, or nothing."""
        right, wrong = self.match, self.mismatch
        if self.play != EQUILIBRIUM:
            right, wrong = wrong, right
        if scipy.stats.binom.sf(wrong - 1, self.sets, MOST_WRONG) < CHANCE:
            return "too often wrong"
        enough = ENOUGH[self.play if self.play == EQUILIBRIUM else "wrong"][self.game]
        late = self.plays >= enough and scipy.stats.binom.cdf(right, self.sets, LEAST_RIGHT) < CHANCE
        return "too seldom right" if late else ""


@lru_cache
def _case(game: str) -> tuple[Case, dict[str, list[Strategy]]]:
    """A game with all that is played on it; once in each process."""
    case = Case.of(game)
    return case, {EQUILIBRIUM: case.equilibrium, **case.blends(REGRET)}


def jobs(games: Sequence[str], sizes: Sequence[int], sets: int) -> list[Job]:
    """All jobs, the long ones first; each returns a `Rate` of a part of the sets."""
    kinds = [(game, play) for game in games for play in (EQUILIBRIUM, *Case.of(game).other())]
    found: list[Job] = []
    for size, (game, play) in product(sorted(sizes, reverse=True), kinds):
        starts = range(0, sets, BATCH)
        found += [partial(rate, game, play, size, range(k, min(k + BATCH, sets))) for k in starts]
    return found


def rate(game: str, play: str, size: int, sets: range) -> Rate:
    """Judge the sets of these numbers."""
    case, kinds = _case(game)
    count = dict.fromkeys(("match", "mismatch", "undecided"), 0)
    for number in sets:
        rng = np.random.default_rng([number, size])
        plays = draws(kinds[play], size, rng)
        count[judge(game, "direct", plays=plays, prediction=case.prediction, rng=rng).outcome] += 1
    return Rate(game, play, size, **count)


def together(parts: Sequence[Rate]) -> list[Rate]:
    """One rate for each game, kind of play and size, in the order of the games and sizes."""
    found: dict[tuple[str, str, int], list[Rate]] = {}
    for part in sorted(parts, key=_place):
        found.setdefault((part.game, part.play, part.plays), []).append(part)
    outcomes = ("match", "mismatch", "undecided")
    return [
        Rate(*key, *(sum(getattr(one, what) for one in own) for what in outcomes))
        for key, own in found.items()
    ]


def _place(one: Rate) -> tuple[int, bool, str, int]:
    return GAMES.index(one.game), one.play != EQUILIBRIUM, one.play, one.plays
