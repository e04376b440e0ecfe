"""A pure equilibrium where scores are drawn independently: best responses to expected payoffs."""

from __future__ import annotations

from benchgame_env import metrics
from benchgame_env.theory.mixed import tournament
from benchgame_env.theory.solutions.solution import (
    Answer,
    Concept,
    Decision,
    Question,
    Scope,
    Solution,
)


def find(question: Question) -> Answer:
    """``pure`` if a profile is certified, else ``undecided``: no theorem says that there is none."""
    game, rule = question.game, question.rule
    if not tournament.is_tournament(game, rule):
        return Answer("the rule has no known independent distributions of scores that effort raises")
    found = tournament.pure_equilibrium(game, rule)
    if not found.converged:
        reason = (
            "scores are drawn, and best-response iteration found no pure equilibrium (there may be "
            "one); the mixed equilibrium on a grid of efforts has its certificate"
        )
        return Answer(reason, decision=Decision("undecided", reason, found.method))
    effort = "no effort" if not found.efforts.any() else "positive efforts"
    reason = (
        f"nobody gains more than {found.nash_conv:.1e} by leaving a profile of {effort}, which is a "
        "pure equilibrium; that it is the only one is not claimed"
    )
    decision = Decision(
        "pure", reason, found.method, equilibrium=found.efforts, certificate=found.nash_conv
    )
    largest = float(metrics.regrets(game, rule, found.efforts).max())
    return Answer(reason, found, largest, decision)


def solutions(question: Question, answer: Answer) -> tuple[Solution, ...]:
    """The pure profile with its certificate, if one was found."""
    found: tournament.NoisyEquilibrium | None = answer.found
    if found is None:
        return ()
    certifies = "NashConv over all efforts, an upper bound, by independent code"
    regret = answer.largest_regret
    return (
        Solution(CONCEPT.name, found.efforts, found.nash_conv, certifies, regret, found.method, Scope()),
    )


CONCEPT = Concept("noisy_pure", find, solutions, tournament.NoisyEquilibrium, decides=True)
