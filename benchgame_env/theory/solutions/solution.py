"""Questions to solution concepts, their answers, and solutions.

A concept is a file of this package that finds `Solution`s of a game under a protocol. Where it finds
none, its answer says why.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from benchgame_env.game import Game
from benchgame_env.theory.dynamics.best_response import RESOLUTION
from benchgame_env.theory.mixed.equilibrium import TOLERANCE
from benchgame_env.validate import Floats

Regime = Literal["pure", "cycle", "undecided"]


def no_progress(nash_conv: float) -> None:
    """Report nothing while a solver runs."""


@dataclass(frozen=True, eq=False)
class Scope:
    """The assumptions about play, beside the game and the protocol.

    Attributes
    ----------
    gamma : float
        Weight of the next round's payoff; 0: developers look one round ahead.
    order : str or sequence of int
        Who revises when revisions are made one at a time, see `theory.best_response_cycle`.
    revision : str or None
        Who may revise in a round of play; None: not said.
    horizon : int or None
        Rounds of an episode; None: not said.
    resolution : float
        Score by which best responses on continuous effort beat a rival.
    levels : array of float or None
        Efforts to choose from: ascending ``[m]``, or ``[m, n]`` where developers have different ones;
        None: any effort.
    start : array of float or None
        Efforts before the first revision, ``[n]``; None: all zero.
    """

    gamma: float = 0.0
    order: Any = "round-robin"
    revision: str | None = None
    horizon: int | None = None
    resolution: float = RESOLUTION
    levels: Floats | None = None
    start: Floats | None = None


@dataclass(frozen=True, eq=False)
class Solution:
    """A predicted play with its certificate.

    Attributes
    ----------
    concept : str
        The file of `benchgame_env.theory.solutions` that found it.
    play : array or list
        Efforts ``[n]``; or per developer ``(efforts, probabilities)``; or a path ``[period, n]``.
    certificate : float
        A figure that shows how good the play is, prize units; NaN where there is none.
    certifies : str
        What the certificate measures, and which code computed it.
    largest_regret : float
        The most that any developer gains by leaving the play, prize units; NaN where not known.
    method : str
        How the play was found.
    scope : Scope
        What it assumes.
    """

    concept: str
    play: Any
    certificate: float
    certifies: str
    largest_regret: float
    method: str
    scope: Scope


@dataclass(frozen=True, eq=False)
class Decision:
    """The predicted regime, and its reasons.

    Attributes
    ----------
    regime : str
        ``pure``: all-zero effort is the only pure equilibrium. ``cycle``: there is none. ``undecided``:
        the theorems that would tell do not cover this game. Where scores are drawn ``pure`` means that
        one was found, and where a rule remembers ``pure`` and ``cycle`` mean that best responses one
        round ahead settle and repeat; ``reason`` says so.
    reason : str
        Why this regime is predicted, one sentence.
    method : str
        How it was obtained.
    assumptions : dict
        Hypotheses, and whether each was found to hold on this game.
    temptation : float
        ``T``, prize units; NaN where the rule is outside the exact theory, or where scores are too close
        on the grid on which they are published.
    temptation_error : float
        By how much ``T`` changes if one step of that grid moves every rival's score, prize units; NaN
        where the rule is outside the exact theory.
    binding : tuple or None
        ``(overtaker, overtaken)`` at the largest temptation.
    equilibrium : array or None
        A pure equilibrium (or where best responses settle), efforts ``[n]``; None if none is known.
    certificate : float or None
        NashConv of ``equilibrium``, prize units, where it was found numerically.
    card : str
        The theorem card that decides, see `theory.cards`; ``none`` if none does.
    """

    regime: Regime
    reason: str
    method: str
    assumptions: dict[str, bool] = field(default_factory=dict)
    temptation: float = math.nan
    temptation_error: float = math.nan
    binding: tuple[int, int] | None = None
    equilibrium: Floats | None = None
    certificate: float | None = None
    card: str = "none"


@dataclass(frozen=True, eq=False)
class Question:
    """A question to a concept.

    Attributes
    ----------
    game : Game
        The game.
    rule : Protocol
        The protocol.
    scope : Scope
        The assumptions about play.
    tolerance : float
        NashConv at which a numerical mixed equilibrium is good enough, as a share of P.
    progress : callable
        Called now and then with the NashConv so far, as a share of P.
    decision : Decision or None
        The regime, if an earlier concept has decided it.
    """

    game: Game
    rule: Any
    scope: Scope = Scope()
    tolerance: float = TOLERANCE
    progress: Callable[[float], None] = no_progress
    decision: Decision | None = None

    @property
    def is_pure(self) -> bool:
        """Whether a pure equilibrium has been predicted."""
        return self.decision is not None and self.decision.regime == "pure"


@dataclass(frozen=True, eq=False)
class Answer:
    """The answer of a concept.

    Attributes
    ----------
    reason : str
        Why there is a solution, or why there is none.
    found : object or None
        The result in the concept's own form, see `Concept.found`.
    largest_regret : float
        As in `Solution`.
    decision : Decision or None
        The regime, if the concept decides it.
    """

    reason: str
    found: Any = None
    largest_regret: float = math.nan
    decision: Decision | None = None


@dataclass(frozen=True)
class Concept:
    """A solution concept.

    Attributes
    ----------
    name : str
        The name of its file.
    find : callable
        Question to Answer.
    solutions : callable
        Question and Answer to the solutions that were found.
    found : type
        The type of `Answer.found`, by which it is read from a file.
    decides : bool
        Whether it may decide the regime; if so it is asked at once, else when needed.
    """

    name: str
    find: Callable[[Question], Answer]
    solutions: Callable[[Question, Answer], tuple[Solution, ...]]
    found: Any
    decides: bool = False
