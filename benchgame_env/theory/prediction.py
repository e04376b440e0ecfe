"""The prediction for a game under a protocol: every solution concept is asked in turn."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from benchgame_env.game import Game
from benchgame_env.named_games import as_game
from benchgame_env.numerics import publish
from benchgame_env.rules import as_protocol
from benchgame_env.subgame import Subgame
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
from benchgame_env.theory.solutions.with_memory import depends_on_order
from benchgame_env.validate import Floats, number

SEED = 0  # of boards that are drawn; a prediction is the same each time
BOARDS = 1_000  # over which mean ranks are averaged where they are not known
SAME = 1e-9  # expected ranks that differ by less are equal
ERRORS = 3.0  # standard errors up to which simulated mean ranks may be equal
UNCOVERED = Decision(
    "undecided",
    "the board is no fixed function of own efforts, and no independent distribution of each model's "
    "score, which effort raises, is known",
    "none: the theory does not cover this rule",
)


@dataclass(frozen=True, eq=False)
class BoardOrder:
    """The order of developers on a board.

    Attributes
    ----------
    ranking : array of int
        Developers by mean rank, best first, ``[n]``; of equal ones the better model comes first.
    mean_ranks : array of float
        Expected rank of developer 0, 1, ..., ``[n]``: exact where boards are fixed or scores are drawn
        independently, else the mean of simulated boards.
    tied : list of pairs
        Neighbours in ``ranking`` whose mean ranks are equal, or cannot be told apart by the simulation:
        their order says nothing.
    profile : str
        The play: ``equilibrium`` or ``honest``.
    """

    ranking: NDArray[np.int64]
    mean_ranks: Floats
    tied: list[tuple[int, int]]
    profile: Literal["equilibrium", "honest"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Prediction(Decision):
    """The predicted play of one developer subgame: the decision, and the solutions of all concepts.

    Slow solutions are found when they are first asked for: `mixed`, `cycle`, `classes`,
    `equilibria`, `solutions`.

    Parameters
    ----------
    question : Question
        What was asked.
    order : BoardOrder
        The order of developers at the predicted pure equilibrium; at honest play where there is none.
    answers : dict
        The answers so far, by the name of the concept.
    """

    question: Question
    order: BoardOrder
    answers: dict[str, Answer]

    @classmethod
    def of(cls, question: Question, order: BoardOrder, answers: dict[str, Answer]) -> Prediction:
        """The prediction of a decided question."""
        decided = vars(question.decision or UNCOVERED)
        return cls(**decided, question=question, order=order, answers=answers)

    @property
    def ranking(self) -> NDArray[np.int64]:
        """Developers in board order at the predicted pure equilibrium (at honest play where there is
        none), best first, ``[n]``; see `order` for which of them are level."""
        return self.order.ranking

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
        """Best responses under a rule that remembers, in the order asked for; else None."""
        return next(iter(self.orders.values()), None)

    @property
    def orders(self) -> Mapping[str, Dynamics]:
        """Best responses under a rule that remembers by who hands in first, such as ``worst first``;
        empty under any other rule."""
        return self.answer("with_memory").found or {}

    @property
    def depends_on_order(self) -> bool:
        """Whether who hands in first decides where play settles under a rule that remembers."""
        return bool(self.orders) and depends_on_order(self.question, dict(self.orders))

    @property
    def mixed(self) -> MixedEquilibrium | None:
        """A mixed equilibrium with its certificate, or the closest profile found where that is none (see
        ``is_equilibrium``); None in the pure regime, outside the exact theory unless scores are drawn
        independently, and where no solver reaches: see `reasons`."""
        return self.answer("mixed").found

    @property
    def cycle(self) -> Cycle | None:
        """A cycle of best responses one at a time; None in the pure regime, outside the exact theory
        unless the rule remembers, and where they do not repeat: see `reasons`."""
        if self.dynamics is not None and self.regime == "cycle":
            return self.dynamics.cycle
        return self.answer("best_response_cycle").found

    @property
    def classes(self) -> list[Cycle]:
        """Recurrent classes of best responses in random order, the likeliest first: each with its
        profiles, their long-run ``chances``, and the chance that it is ``reached``. Empty unless the
        scope says random revision and the game is small: see `reasons`."""
        return list(self.answer("random_order").found or [])

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
    return Prediction.of(question, _order(question, answers), answers)


def _order(question: Question, answers: dict[str, Answer]) -> BoardOrder:
    """The order on the board of the predicted play."""
    game, rule, n = question.game, question.rule, question.game.n_developers
    settled = None if question.decision is None else question.decision.equilibrium
    orders: dict[str, Dynamics] = {}
    if settled is not None and "with_memory" in answers:
        orders = answers["with_memory"].found or {}
    profile = np.zeros(n) if settled is None else settled
    error = np.full((n, n), SAME)
    if orders:  # the board there depends on what was shown before
        mean = next(iter(orders.values())).ranks[-1].astype(np.float64)
    elif rule.traits.draws == "none":
        mean = np.asarray(rule.evaluate(game, profile).ranks, dtype=np.float64)
    elif Subgame(game, rule).kind == "independent":
        scores, chances = rule.distribution(game, profile)
        mean = _expected_ranks(scores, chances, rule.ties)
    else:
        boards = np.tile(profile, (BOARDS, 1))
        ranks = np.asarray(rule.evaluate(game, boards, np.random.default_rng(SEED)).ranks)
        apart = ranks[:, :, None] - ranks[:, None, :]
        mean, error = ranks.mean(axis=0), ERRORS * apart.std(axis=0) / math.sqrt(BOARDS)
    ranking = np.argsort(mean, kind="stable")
    tied = [(i, j) for i, j in pairwise(ranking.tolist()) if abs(mean[i] - mean[j]) <= error[i, j]]
    return BoardOrder(ranking, mean, tied, "honest" if settled is None else "equilibrium")


def _expected_ranks(scores: Floats, chances: Floats, ties: str) -> Floats:
    """Expected ranks ``[n]`` where scores ``[m]`` are drawn independently, with ``chances`` ``[n, m]``;
    a score may be listed several times in a row."""
    first = np.flatnonzero(np.diff(publish(scores), prepend=-np.inf))
    chances = np.add.reduceat(chances, first, axis=-1)
    above = 1 - np.cumsum(chances, axis=-1)
    ahead = chances @ above.T  # [i, j]: the chance that j shows more than i
    if ties == "quality":  # equal scores stand in the order of quality
        ahead += np.tril(chances @ chances.T, -1)
    np.fill_diagonal(ahead, 0.0)
    return 1 + ahead.sum(axis=1)
