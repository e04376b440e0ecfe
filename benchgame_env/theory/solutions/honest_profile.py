"""All-zero effort, by the theorems of the pure regime (theory section 3)."""

from __future__ import annotations

import numpy as np

from benchgame_env.rules import is_exact
from benchgame_env.subgame import Subgame
from benchgame_env.theory.claims.readings import deciding_card
from benchgame_env.theory.pure import assumptions
from benchgame_env.theory.solutions.solution import (
    Answer,
    Concept,
    Decision,
    Question,
    Regime,
    Scope,
    Solution,
)

METHOD = "gains of all overtakes on the honest board (exact), and what they decide"


def find(question: Question) -> Answer:
    """The regime, from the hypotheses of the theorems and the largest gain of an overtake."""
    subgame = Subgame(question.game, question.rule).reduced()
    if subgame.kind != "exact":
        return Answer("the theorems are about boards that are a fixed function of own efforts")
    tempted = assumptions.temptation_of(subgame)
    checked = assumptions.check(subgame)
    failed = [name for name in assumptions.REQUIRED if not checked[name]]
    regime, reason = _regime(tempted.amount, failed)
    decision = Decision(
        regime=regime,
        reason=reason,
        method=METHOD,
        assumptions=checked,
        temptation=tempted.known,
        temptation_error=tempted.error,
        binding=tempted.pair,
        equilibrium=None if tempted.pair else np.zeros(subgame.n),
        card=deciding_card(subgame),
    )
    return Answer(reason, largest_regret=tempted.known, decision=decision)


def solutions(question: Question, answer: Answer) -> tuple[Solution, ...]:
    """All-zero effort, where it is an equilibrium by the theorems."""
    decision = question.decision
    if decision is None or decision.equilibrium is None or not is_exact(question.rule):
        return ()
    certifies = "temptation: the largest gain of an overtake on the honest board, exact"
    regret = decision.temptation
    play = decision.equilibrium
    return (Solution(CONCEPT.name, play, regret, certifies, regret, decision.method, Scope()),)


def _regime(amount: float, failed: list[str]) -> tuple[Regime, str]:
    if "scores_resolved" in failed:
        return "undecided", "scores are too close: one step of the grid decides who gains by overtaking"
    honest = "nobody gains by effort" if amount == 0 else "someone gains by overtaking"
    if failed:
        return "undecided", f"{honest}, but {', '.join(failed)} fail: other equilibria are possible"
    if amount == 0:
        return "pure", f"{honest} (T = 0), and only all-zero effort can be a pure equilibrium"
    return "cycle", f"{honest} (T > 0), and only all-zero effort could be a pure equilibrium"


CONCEPT = Concept("honest_profile", find, solutions, type(None), decides=True)
