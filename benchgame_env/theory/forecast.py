"""What can be foretold of rules outside the exact theory: drawn boards, and boards that remember.

No theorem decides between regimes here. What is found is stated with the way it was found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from benchgame_env.game import Game
from benchgame_env.subgame import Subgame
from benchgame_env.theory.dynamics.rule_states import UnknownStateError
from benchgame_env.theory.dynamics.with_memory import Dynamics, best_response_dynamics
from benchgame_env.theory.mixed import tournament as noise
from benchgame_env.validate import Floats

SEED = 0  # of boards that are drawn to look ahead; a prediction is the same each time
BOARDS = 1_000  # over which an expected ranking is averaged


@dataclass(frozen=True, eq=False)
class Forecast:
    """The parts of a `Prediction` that come from here; see there."""

    regime: Literal["pure", "cycle", "undecided"]
    reason: str
    method: str
    equilibrium: Floats | None = None
    certificate: float | None = None
    dynamics: Dynamics | None = None


def forecast(game: Game, rule: Any) -> Forecast:
    """Foretell play under a rule whose board is no fixed function of own efforts."""
    if noise.is_tournament(game, rule):
        return _under_noise(game, rule)
    if Subgame(game, rule).kind == "stateful":
        return _over_rounds(game, rule)
    reason = (
        "the board is no fixed function of own efforts, and no independent distribution of each model's "
        "score, which effort raises, is known"
    )
    return Forecast("undecided", reason, "none: the theory does not cover this rule")


def expected_ranking(game: Game, rule: Any) -> NDArray[np.int64]:
    """Developers by their mean rank on the opening board when nobody spends effort, best first."""
    honest = np.zeros((BOARDS if rule.traits.draws != "none" else 1, game.n_developers))
    ranks = np.asarray(rule.evaluate(game, honest, np.random.default_rng(SEED)).ranks)
    return np.argsort(ranks.mean(axis=0), kind="stable")


def _under_noise(game: Game, rule: Any) -> Forecast:
    found = noise.pure_equilibrium(game, rule)
    if found.converged:
        effort = "no effort" if not found.efforts.any() else "positive efforts"
        reason = (
            f"nobody gains more than {found.nash_conv:.1e} by leaving a profile of {effort}, which is a "
            "pure equilibrium; that it is the only one is not claimed"
        )
        return Forecast("pure", reason, found.method, found.efforts, found.nash_conv)
    reason = (
        "scores are drawn, and best-response iteration found no pure equilibrium (there may be one); "
        "the mixed equilibrium on a grid of efforts has its certificate"
    )
    return Forecast("undecided", reason, found.method)


def _over_rounds(game: Game, rule: Any) -> Forecast:
    try:
        found = best_response_dynamics(game, rule, rng=np.random.default_rng(SEED))
    except UnknownStateError as error:
        return Forecast(
            "undecided", f"the rule remembers in a way that cannot be tried out: {error}", "none"
        )
    story = {
        "settles": "settle",
        "cycles": "come back in a cycle",
        "open": f"neither settle nor repeat in {len(found.trajectory) - 1} rounds",
    }[found.outcome]
    reason = f"the rule remembers; in simulation, myopic best responses in turn {story}"
    if found.cycle is None:
        return Forecast("undecided", reason, found.method, dynamics=found)
    reason += (
        f", and the board there is out of the order of quality {found.cycle.misranked:.0%} of the time"
    )
    method = f"{found.method}; no other effort tried gains more than {found.gain:.1e} one round ahead"
    if not found.proven:
        method += "; efforts and ranks repeat, though not the rule's state"
    if rule.traits.draws != "none":
        return Forecast("undecided", f"{reason}, on drawn boards", method, dynamics=found)
    if found.outcome == "cycles":
        return Forecast("cycle", reason, method, dynamics=found)
    return Forecast("pure", reason, method, found.cycle.states[0], dynamics=found)
