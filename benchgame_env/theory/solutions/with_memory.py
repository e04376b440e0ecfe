"""Where best responses one round ahead lead under a rule that remembers: by simulation.

First submissions may last there, so who hands in first may decide what follows. Until developers are
modelled who see that coming, three orders are followed: worst first, best first, and all at once first.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchgame_env.theory.dynamics.path import TOGETHER
from benchgame_env.theory.dynamics.rule_states import UnknownStateError
from benchgame_env.theory.dynamics.with_memory import RESOLUTION, Dynamics, best_response_dynamics
from benchgame_env.theory.solutions.solution import (
    Answer,
    Concept,
    Decision,
    Question,
    Scope,
    Solution,
)

SEED = 0  # of boards that are drawn to look ahead; a prediction is the same each time
FIRST = {"round-robin": "worst first", "round-robin-down": "best first", TOGETHER: "all at once first"}
MOST_RANKS = 10  # developers whose ranks are listed in a reason


def find(question: Question) -> Answer:
    """A `Dynamics` for each order, by its words, that of the question first. ``pure`` where play settles
    on the same board whoever hands in first, ``cycle`` where it repeats in every order."""
    game, rule, scope = question.game, question.rule, question.scope
    if not rule.traits.remembers:
        return Answer("the rule remembers nothing: every round is a separate game")
    found = {}
    try:
        for order in (scope.order, *(name for name in FIRST if name != scope.order)):
            rng = np.random.default_rng(SEED)
            found[_words(order)] = best_response_dynamics(
                game, rule, order=order, start=scope.start, rng=rng
            )
    except UnknownStateError as error:
        reason = f"the rule's memory cannot be copied to look ahead: {error}"
        return Answer(reason, decision=Decision("undecided", reason, "none"))
    decision = _decision(question, found)
    gain = max(one.gain for one in found.values())  # NaN where one is
    return Answer(decision.reason, found, gain, decision)


def solutions(question: Question, answer: Answer) -> tuple[Solution, ...]:
    """For each order the efforts at which play settles, or those that repeat."""
    found: dict[str, Dynamics] | None = answer.found
    return tuple(_solution(one) for one in (found or {}).values() if one.cycle is not None)


def depends_on_order(question: Question, found: dict[str, Dynamics]) -> bool:
    """Whether who hands in first decides where play settles, or whether it does."""
    first, *others = found.values()
    if first.outcome != "settles":
        return any(one.outcome != first.outcome for one in others)
    close = 2 * RESOLUTION * question.game.finite_effort_scale
    drawn = question.rule.traits.draws != "none"  # ranks then differ by chance
    return not all(
        one.outcome == "settles"
        and (drawn or (one.ranks[-1] == first.ranks[-1]).all())
        and np.allclose(one.trajectory[-1], first.trajectory[-1], rtol=0.0, atol=close)
        for one in others
    )


def _words(order: Any) -> str:
    return FIRST[order] if isinstance(order, str) and order in FIRST else f"in the order {order}"


def _solution(found: Dynamics) -> Solution:
    assert found.cycle is not None
    states = found.cycle.states
    play = states[0] if found.outcome == "settles" else states
    certifies = "the largest gain one round ahead among four times as many efforts, by the same code"
    scope = Scope(order=found.cycle.order, start=found.cycle.start)
    return Solution(CONCEPT.name, play, found.gain, certifies, found.gain, found.method, scope)


def _decision(question: Question, found: dict[str, Dynamics]) -> Decision:
    first = next(iter(found.values()))
    drawn = question.rule.traits.draws != "none"
    opening = "the rule remembers; in simulation, myopic best responses in turn"
    method = f"{first.method}; also {' and '.join(list(found)[1:])}"
    if depends_on_order(question, found):
        stories = "; ".join(f"{words} they {_story([one], not drawn)}" for words, one in found.items())
        reason = f"{opening} depend on who hands in first: {stories}"
        return Decision("undecided", reason, method)
    reason = f"{opening} {_story(list(found.values()), False)}, whoever hands in first"
    if first.cycle is None:
        return Decision("undecided", reason, method)
    gain = max(one.gain for one in found.values())
    method += f"; no other effort tried gains more than {gain:.1e} one round ahead"
    if not all(one.proven for one in found.values()):
        method += "; efforts and ranks repeat, though not the rule's state"
    if drawn:
        return Decision("undecided", f"{reason}, on drawn boards", method)
    if first.outcome == "cycles":
        return Decision("cycle", reason, method)
    return Decision("pure", reason, method, equilibrium=first.cycle.states[0])


def _story(found: list[Dynamics], ranked: bool) -> str:
    """What plays of the same kind do, and what their boards are like: with ``ranked`` the ranks."""
    first, ranks = found[0], found[0].ranks[-1].tolist()
    if first.cycle is None:
        return f"neither settle nor repeat in {len(first.trajectory) - 1} rounds"
    if first.outcome == "settles" and ranked and len(ranks) <= MOST_RANKS:
        return f"settle with the ranks {' '.join(map(str, ranks))}"
    story = "settle" if first.outcome == "settles" else "come back in a cycle"
    wrong = [one.cycle.misranked for one in found if one.cycle is not None]
    low, high = f"{min(wrong):.0%}", f"{max(wrong):.0%}"
    share = low if low == high else f"{low} to {high}"
    return f"{story}, and the board there is out of the order of quality {share} of the time"


CONCEPT = Concept("with_memory", find, solutions, dict[str, Dynamics], decides=True)
