"""The same play with and without a known prediction: do the verdicts agree?

Without one, play is judged by its own deviation gains. Once the rule is as it is and the prediction is
taken away; once the rule is a class with ``evaluate`` alone, of which nothing is known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchgame_env import Game, LinearCost, curves, make_protocol, theory
from benchgame_env.game import Board
from benchgame_env.training.adversary.wrong_play import draws
from benchgame_env.training.grading.exact_figures import certified_equilibrium
from benchgame_env.training.grading.one_set import judge
from benchgame_env.validate import Floats

PLAYS = 10_000
KINDS = ("honest", "equilibrium", "uniform")
WAYS = ("known", "no prediction", "evaluate alone")


class Bare:
    """A rule of which nothing is known but its boards.

    Parameters
    ----------
    rule : protocol
        The rule that makes the boards.
    """

    def __init__(self, rule: Any) -> None:
        self.rule = rule

    def evaluate(self, game: Game, efforts: Floats, rng: np.random.Generator | None = None) -> Board:
        """The board of the rule."""
        board: Board = self.rule.evaluate(game, efforts, rng)
        return board


@dataclass(frozen=True)
class Agreement:
    """Verdicts on the same play.

    Attributes
    ----------
    number : int
        Number of the random game.
    regime : str
        The regime that is predicted.
    play : str
        One of `KINDS`.
    outcomes, sentences : tuple of str
        Outcomes and sentences, in the order of `WAYS`.
    """

    number: int
    regime: str
    play: str
    outcomes: tuple[str, ...]
    sentences: tuple[str, ...]


def random_game(rng: np.random.Generator) -> tuple[Game, Any]:
    """A game of two to four developers on additive curves, and a rule."""
    n = int(rng.integers(2, 5))
    quality, prizes = (np.sort(rng.random(n))[::-1] for _ in range(2))
    game = Game(curves.Additive(1.5 * quality), LinearCost(1.0), prizes)
    level = float(rng.choice([0.0, rng.random()]))
    return game, make_protocol("tune-before-test", level=level)


def agreements(number: int, plays: int = PLAYS, bare: bool = True) -> list[Agreement]:
    """Verdicts on all kinds of play of the random game of this number; none if no equilibrium is
    predicted. Without ``bare`` the last of `WAYS`, which takes longest, is left out."""
    game, rule = random_game(np.random.default_rng(number))
    prediction = theory.predict(game, rule)
    equilibrium = certified_equilibrium(prediction)
    if game.prize_range == 0 or equilibrium is None:
        return []
    nothing = replace(prediction, regime="undecided", equilibrium=None)
    ways = [prediction, nothing, *([theory.predict(game, Bare(rule))] if bare else [])]
    found = []
    for kind in KINDS:
        rng = np.random.default_rng([number, KINDS.index(kind)])
        efforts = _plays(kind, game, equilibrium, plays, rng)
        verdicts = [
            judge(game, one.protocol, plays=efforts, prediction=one, rng=np.random.default_rng(number))
            for one in ways
        ]
        words = tuple(one.sentence for one in verdicts)
        outcomes = tuple(one.outcome for one in verdicts)
        found.append(Agreement(number, prediction.regime, kind, outcomes, words))
    return found


def _plays(kind: str, game: Game, equilibrium: Any, plays: int, rng: np.random.Generator) -> Floats:
    if kind == "honest":
        return np.zeros((plays, game.n_developers))
    if kind == "equilibrium":
        return draws(equilibrium, plays, rng)
    return rng.random((plays, game.n_developers)) * game.effort_scale
