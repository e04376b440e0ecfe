"""Pure equilibria on a grid of efforts, where the hypotheses of the theorems fail."""

from __future__ import annotations

from benchgame_env import metrics
from benchgame_env.rules import is_exact
from benchgame_env.theory.pure.grid_search import TooManyProfilesError, pure_equilibria_on_grid
from benchgame_env.theory.solutions.solution import Answer, Concept, Question, Scope, Solution
from benchgame_env.validate import Floats


def find(question: Question) -> Answer:
    """All profiles of the grid that are equilibria, ``[found, n]``."""
    game, rule, decision = question.game, question.rule, question.decision
    if not is_exact(rule):
        return Answer("profiles can be tried only where the board is a fixed function of own efforts")
    if decision is not None and decision.regime != "undecided":
        return Answer("the theorems already say which pure equilibria there are")
    try:
        found = pure_equilibria_on_grid(game, rule)
    except TooManyProfilesError as error:
        return Answer(str(error))
    reason = f"{len(found)} profiles of a grid are equilibria; others may lie between its efforts"
    regrets = [float(metrics.regrets(game, rule, profile).max()) for profile in found]
    return Answer(reason, found, max(regrets, default=0.0))


def solutions(question: Question, answer: Answer) -> tuple[Solution, ...]:
    """Every equilibrium that was found on the grid."""
    if answer.found is None:
        return ()
    regret, method = answer.largest_regret, "every profile of a grid of efforts was tried"
    certifies = "the largest regret of all that were found, over all efforts, by independent code"
    return tuple(
        Solution(CONCEPT.name, profile, regret, certifies, regret, method, Scope())
        for profile in answer.found
    )


CONCEPT = Concept("grid_pure", find, solutions, Floats)
