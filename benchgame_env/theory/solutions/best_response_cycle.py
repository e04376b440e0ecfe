"""The cycle of best responses one at a time, where no pure equilibrium is predicted (section 5)."""

from __future__ import annotations

import math

from benchgame_env.rules import is_exact
from benchgame_env.theory.dynamics.cycle import best_response_cycle
from benchgame_env.theory.dynamics.path import Cycle, NoRepetitionError
from benchgame_env.theory.solutions.solution import Answer, Concept, Question, Scope, Solution


def find(question: Question) -> Answer:
    """A `Cycle` of best responses for the choices, the order and the start of the question."""
    scope = question.scope
    if question.is_pure:
        return Answer("a pure equilibrium is predicted")
    if not is_exact(question.rule):
        return Answer("the board is not a fixed function of own efforts")
    if scope.revision not in (None, "alternating"):
        return Answer(f"best responses in turn do not apply to {scope.revision} revision")
    if scope.levels is not None and scope.levels.ndim > 1:
        return Answer("developers have different levels of effort")
    try:
        found = best_response_cycle(
            question.game,
            question.rule,
            resolution=scope.resolution,
            order=scope.order,
            start=scope.start,
            levels=scope.levels,
        )
    except NoRepetitionError as error:
        return Answer(str(error))
    return Answer(f"best responses in turn repeat with period {found.period}", found)


def solutions(question: Question, answer: Answer) -> tuple[Solution, ...]:
    """The states of the cycle, if one was found."""
    found: Cycle | None = answer.found
    if found is None:
        return ()
    scope = Scope(order=found.order, resolution=found.resolution, levels=found.levels, start=found.start)
    method = "best responses one after another, until efforts and scores repeat"
    certifies = "nothing beside the method: somebody gains by revising at each board of a cycle"
    return (Solution(CONCEPT.name, found.states, math.nan, certifies, math.nan, method, scope),)


CONCEPT = Concept("best_response_cycle", find, solutions, Cycle)
