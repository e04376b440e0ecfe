"""A mixed equilibrium with its certificate, where no pure one is predicted (theory sections 5 to 7)."""

from __future__ import annotations

from benchgame_env.rules import is_exact
from benchgame_env.theory.mixed.certified import LARGEST_REGRET, MixedEquilibrium
from benchgame_env.theory.mixed.equilibrium import NoSolverError, mixed_equilibrium
from benchgame_env.theory.mixed.tournament import is_tournament, mixed_on_levels
from benchgame_env.theory.solutions.solution import Answer, Concept, Question, Scope, Solution

# Learned play and outcomes are compared with an equilibrium only up to this largest regret, as a share
# of P: a fifth of the bound for play (theory section 8).
REFERENCE_REGRET = LARGEST_REGRET / 5


def find(question: Question) -> Answer:
    """A `MixedEquilibrium`; none for games that no solver here can search."""
    game, rule = question.game, question.rule
    if question.is_pure:
        return Answer("a pure equilibrium is predicted")
    if is_tournament(game, rule):
        found = mixed_on_levels(game, rule)
    elif not is_exact(rule):
        return Answer("expected payoffs of mixed strategies are not known under this rule")
    else:
        try:
            found = mixed_equilibrium(game, rule, question.tolerance, progress=question.progress)
        except NoSolverError as error:
            return Answer(str(error))
    reason = f"NashConv {found.nash_conv:.2g}, by independent code"
    if not found.is_equilibrium:
        share = found.largest_regret / game.prize_range
        reason = f"the closest profile found leaves one developer a gain of {share:.2%} of P: {reason}"
    return Answer(reason, found, found.largest_regret)


def solutions(question: Question, answer: Answer) -> tuple[Solution, ...]:
    """The mixed equilibrium, if one was found: not the closest profile, where that is no equilibrium."""
    found: MixedEquilibrium | None = answer.found
    if found is None or not found.is_equilibrium:
        return ()
    certifies = "NashConv over all efforts, by independent code"
    return (
        Solution(
            concept=CONCEPT.name,
            play=found.strategies,
            certificate=found.nash_conv,
            certifies=certifies,
            largest_regret=answer.largest_regret,
            method=found.method,
            scope=Scope(),
        ),
    )


CONCEPT = Concept("mixed", find, solutions, MixedEquilibrium)
