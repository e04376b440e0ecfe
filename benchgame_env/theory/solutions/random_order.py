"""The recurrent classes of best responses in random order, on small games (theory section 5).

Where the developer who revises is drawn each time, best responses one round ahead are a Markov chain on
profiles. What play ends in is a recurrent class: a set of profiles that it never leaves.
"""

from __future__ import annotations

import math

from benchgame_env.rules import is_exact
from benchgame_env.theory.dynamics.path import Cycle, NoRepetitionError
from benchgame_env.theory.dynamics.random_order import recurrent_classes
from benchgame_env.theory.solutions.solution import Answer, Concept, Question, Scope, Solution

MAX_STATES = 5_000  # profiles that are visited; a file keeps them


def find(question: Question) -> Answer:
    """The classes, the one most likely to be reached first; only where revisions are in random order."""
    scope = question.scope
    if scope.revision != "random":
        return Answer("revisions are not made in random order")
    if question.is_pure:
        return Answer("a pure equilibrium is predicted")
    if not is_exact(question.rule):
        return Answer("the board is not a fixed function of own efforts")
    if scope.levels is not None and scope.levels.ndim > 1:
        return Answer("developers have different levels of effort")
    try:
        found = recurrent_classes(
            question.game, question.rule, scope.resolution, scope.start, scope.levels, MAX_STATES
        )
    except NoRepetitionError as error:
        return Answer(str(error))
    sizes = ", ".join(f"{one.period:,}" for one in found)
    return Answer(f"best responses in random order end in recurrent classes of {sizes} profiles", found)


def solutions(question: Question, answer: Answer) -> tuple[Solution, ...]:
    """The profiles of each class."""
    found: list[Cycle] = answer.found or []
    return tuple(_solution(one) for one in found)


def _solution(found: Cycle) -> Solution:
    scope = Scope(
        order="random", revision="random", resolution=found.resolution, levels=found.levels,
        start=found.start,
    )  # fmt: skip
    chance = f"play ends here with chance {found.reached:.3g}"
    method = f"all best responses from the start on were followed; {chance}"
    certifies = "nothing beside the method: somebody gains by revising at boards of a class"
    return Solution(CONCEPT.name, found.states, math.nan, certifies, math.nan, method, scope)


CONCEPT = Concept("random_order", find, solutions, list[Cycle])
