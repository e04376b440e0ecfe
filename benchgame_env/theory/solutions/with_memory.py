"""Where best responses one round ahead lead under a rule that remembers: by simulation."""

from __future__ import annotations

import numpy as np

from benchgame_env.theory.dynamics.rule_states import UnknownStateError
from benchgame_env.theory.dynamics.with_memory import Dynamics, best_response_dynamics
from benchgame_env.theory.solutions.solution import (
    Answer,
    Concept,
    Decision,
    Question,
    Scope,
    Solution,
)

SEED = 0  # of boards that are drawn to look ahead; a prediction is the same each time


def find(question: Question) -> Answer:
    """``pure`` where play settles, ``cycle`` where it repeats, ``undecided`` where boards are drawn."""
    game, rule, scope = question.game, question.rule, question.scope
    if not rule.traits.remembers:
        return Answer("the rule remembers nothing: every round is a separate game")
    rng = np.random.default_rng(SEED)
    try:
        found = best_response_dynamics(game, rule, order=scope.order, start=scope.start, rng=rng)
    except UnknownStateError as error:
        reason = f"the rule's memory cannot be copied to look ahead: {error}"
        return Answer(reason, decision=Decision("undecided", reason, "none"))
    decision = _decision(found, rule.traits.draws != "none")
    return Answer(decision.reason, found, found.gain, decision)


def solutions(question: Question, answer: Answer) -> tuple[Solution, ...]:
    """The efforts at which play settles, or those that repeat, if either was found."""
    found: Dynamics | None = answer.found
    if found is None or found.cycle is None or question.decision is None:
        return ()
    settled = question.decision.equilibrium
    play = found.cycle.states if settled is None else settled
    certifies = "the largest gain one round ahead among four times as many efforts, by the same code"
    scope = Scope(order=found.cycle.order, start=found.cycle.start)
    return (Solution(CONCEPT.name, play, found.gain, certifies, found.gain, found.method, scope),)


def _decision(found: Dynamics, drawn: bool) -> Decision:
    story = {
        "settles": "settle",
        "cycles": "come back in a cycle",
        "open": f"neither settle nor repeat in {len(found.trajectory) - 1} rounds",
    }[found.outcome]
    reason = f"the rule remembers; in simulation, myopic best responses in turn {story}"
    if found.cycle is None:
        return Decision("undecided", reason, found.method)
    reason += (
        f", and the board there is out of the order of quality {found.cycle.misranked:.0%} of the time"
    )
    method = f"{found.method}; no other effort tried gains more than {found.gain:.1e} one round ahead"
    if not found.proven:
        method += "; efforts and ranks repeat, though not the rule's state"
    if drawn:
        return Decision("undecided", f"{reason}, on drawn boards", method)
    if found.outcome == "cycles":
        return Decision("cycle", reason, method)
    return Decision("pure", reason, method, equilibrium=found.cycle.states[0])


CONCEPT = Concept("with_memory", find, solutions, Dynamics, decides=True)
