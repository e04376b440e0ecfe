"""The prediction for a game under a protocol: every solution concept is asked in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchgame_env.game import Game
from benchgame_env.named_games import as_game
from benchgame_env.rules import as_protocol
from benchgame_env.theory.dynamics.path import Cycle
from benchgame_env.theory.dynamics.with_memory import Dynamics
from benchgame_env.theory.mixed.certified import MixedEquilibrium
from benchgame_env.theory.mixed.equilibrium import TOLERANCE
from benchgame_env.theory.solutions import CONCEPTS
from benchgame_env.theory.solutions.solution import (
    Answer,
    Decision,
    Question,
    Scope,
    Solution,
    no_progress,
)
from benchgame_env.validate import Floats, number

SEED = 0  # of boards that are drawn; a prediction is the same each time
BOARDS = 1_000  # over which an expected ranking is averaged
UNCOVERED = Decision(
    "undecided",
    "the board is no fixed function of own efforts, and no independent distribution of each model's "
    "score, which effort raises, is known",
    "none: the theory does not cover this rule",
)


@dataclass(frozen=True, eq=False, kw_only=True)
class Prediction(Decision):
    """The predicted play of one developer subgame: the decision, and the solutions of all concepts.

    Slow solutions are found when they are first asked for: `mixed`, `cycle`, `equilibria`, `solutions`.

    Parameters
    ----------
    question : Question
        What was asked.
    ranking : array of int
        Developers in board order at the honest profile, best first, ``[n]``; by mean rank where boards
        are drawn.
    answers : dict
        The answers so far, by the name of the concept.
    """

    question: Question
    ranking: NDArray[np.int64]
    answers: dict[str, Answer]

    @classmethod
    def of(
        cls, question: Question, ranking: NDArray[np.int64], answers: dict[str, Answer]
    ) -> Prediction:
        """The prediction of a decided question."""
        decided = vars(question.decision or UNCOVERED)
        return cls(**decided, question=question, ranking=ranking, answers=answers)

    @property
    def game(self) -> Game:
        """The game asked about."""
        return self.question.game

    @property
    def protocol(self) -> Any:
        """The protocol asked about."""
        return self.question.rule

    @property
    def scope(self) -> Scope:
        """What was assumed of play when the prediction was asked for."""
        return self.question.scope

    @property
    def dynamics(self) -> Dynamics | None:
        """Best responses under a rule that remembers; None under any other."""
        return self.answer("with_memory").found

    @property
    def mixed(self) -> MixedEquilibrium | None:
        """A mixed equilibrium with its certificate; None in the pure regime, outside the exact theory
        unless scores are drawn independently, and where no solver reaches: see `reasons`."""
        return self.answer("mixed").found

    @property
    def cycle(self) -> Cycle | None:
        """A cycle of best responses one at a time; None in the pure regime, outside the exact theory
        unless the rule remembers, and where they do not repeat: see `reasons`."""
        if self.dynamics is not None and self.regime == "cycle":
            return self.dynamics.cycle
        return self.answer("best_response_cycle").found

    @property
    def equilibria(self) -> Floats | None:
        """Pure equilibria found on a grid, ``[found, n]``, each certified, where the hypotheses of the
        theorems fail and the game is small enough to try; else None."""
        found = self.answer("grid_pure").found
        return None if found is None else found.reshape(-1, self.game.n_developers)

    @property
    def reasons(self) -> Mapping[str, str]:
        """Why a concept has a solution or has none, by its name, such as ``mixed``."""
        return _Reasons(self)

    @property
    def solutions(self) -> tuple[Solution, ...]:
        """All solutions of all concepts."""
        return self.solutions_of(CONCEPTS)

    def solutions_of(self, names: Iterable[str]) -> tuple[Solution, ...]:
        """The solutions of these concepts."""
        return tuple(
            solution
            for name in names
            for solution in CONCEPTS[name].solutions(self.question, self.answer(name))
        )

    def answer(self, name: str) -> Answer:
        """The answer of the concept called ``name``, which is asked once."""
        if name not in self.answers:
            self.answers[name] = CONCEPTS[name].find(self.question)
        return self.answers[name]


class _Reasons(Mapping[str, str]):
    """Concepts to their reasons; a concept is asked when its reason is."""

    def __init__(self, prediction: Prediction) -> None:
        self._prediction = prediction

    def __getitem__(self, name: str) -> str:
        return self._prediction.answer(name).reason

    def __iter__(self) -> Iterator[str]:
        return iter(CONCEPTS)

    def __len__(self) -> int:
        return len(CONCEPTS)


def predict(
    game: Game | str,
    protocol: Any,
    scope: Scope | None = None,
    tolerance: float = TOLERANCE,
    progress: Callable[[float], None] = no_progress,
) -> Prediction:
    """Predict how developers play ``game`` under ``protocol``.

    A theorem is applied only where its hypotheses hold; where one fails, the answer is ``undecided``.

    Parameters
    ----------
    game : Game or str
        The game, or its name.
    protocol : protocol, str or pair
        The protocol, its name, or ``(name, parameters)``.
    scope : Scope, optional
        What is assumed of play; default: any effort, round-robin from zero, one round ahead.
    tolerance : float
        NashConv at which a numerical mixed equilibrium is good enough, as a share of P, > 0.
    progress : callable
        Called now and then with the NashConv so far, as a share of P, while one is being found.

    Returns
    -------
    Prediction

    Raises
    ------
    ValueError
        An unknown name, unsuitable parameters, or a ``gamma`` that no concept covers.

    Examples
    --------
    >>> import benchgame_env as bg
    >>> bg.theory.predict("duel", "direct").regime
    'cycle'
    >>> bg.theory.predict("scaling-laws", ("tune-before-test", {"level": 2.0})).regime
    'pure'
    """
    number("tolerance", tolerance, low=0, strict=True)
    scope = Scope() if scope is None else scope
    if scope.gamma != 0.0:
        raise ValueError(f"gamma: only 0, one round ahead, is covered, got {scope.gamma:g}")
    question = Question(as_game(game), as_protocol(protocol), scope, tolerance, progress)
    answers: dict[str, Answer] = {}
    for name, concept in CONCEPTS.items():
        if concept.decides and question.decision is None:
            found = concept.find(question)
            question = replace(question, decision=found.decision)
            answers[name] = replace(found, decision=None)
    if question.decision is None:
        question = replace(question, decision=UNCOVERED)
    return Prediction.of(question, _ranking(question.game, question.rule), answers)


def _ranking(game: Game, rule: Any) -> NDArray[np.int64]:
    """Developers by their mean rank on the opening board when nobody spends effort, best first."""
    honest = np.zeros((1 if rule.traits.draws == "none" else BOARDS, game.n_developers))
    ranks = np.asarray(rule.evaluate(game, honest, np.random.default_rng(SEED)).ranks)
    return np.argsort(ranks.mean(axis=0), kind="stable")
