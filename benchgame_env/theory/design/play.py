"""The play that is predicted under a rule, with its certificate and its outcomes.

It is a pure equilibrium where one is known; else a mixed equilibrium whose certificate is good enough;
where the rule remembers, what best responses lead to in the long run, for each order of first
submissions. Where none of these is known, nothing is predicted, and the reason is told.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchgame_env import metrics
from benchgame_env.game import Game
from benchgame_env.metrics import Outcomes
from benchgame_env.theory.dynamics.path import movers_at, opening_and_lap
from benchgame_env.theory.dynamics.with_memory import Dynamics
from benchgame_env.theory.mixed.certified import MixedEquilibrium
from benchgame_env.theory.prediction import Prediction
from benchgame_env.theory.solutions.mixed import REFERENCE_REGRET

SEED = 0  # of simulated boards, so that outcomes are the same each time
SAMPLES = 2_000  # simulated boards, where boards do not depend on each other
EPISODES = 500  # simulated episodes, where boards depend on earlier rounds
UNPREDICTED = "none predicted"
NASH, MYOPIC = "Nash equilibrium", "best responses one round ahead"


@dataclass(frozen=True, eq=False)
class Play:
    """The play under a rule.

    Attributes
    ----------
    kind : str
        The kind of play, in words.
    concept : str
        `NASH`, `MYOPIC`, or nothing if no play is predicted.
    outcomes : list of Outcomes
        Its outcomes, one for each order of first submissions where the rule remembers; none if no play
        is predicted.
    nash_conv : float or None
        Certificate over deviations to any effort, prize units; None where the grader cannot compute it.
    one_round_gain : float or None
        Certificate of best responses under a rule that remembers, see `theory.Dynamics`.
    why : str
        Why no play is predicted.
    """

    kind: str
    concept: str = ""
    outcomes: list[Outcomes] = field(default_factory=list)
    nash_conv: float | None = None
    one_round_gain: float | None = None
    why: str = ""


def predicted_play(p: Prediction) -> Play:
    """The predicted play with its certificate and outcomes; without outcomes if none is predicted."""
    if p.orders:
        return _by_order(p)
    if p.equilibrium is None:
        return mixed_play(p.game, p.protocol, p.mixed, p.reasons["mixed"])
    found = outcomes_of(p.game, p.protocol, p.equilibrium)
    conv = _nash_conv(p.game, p.protocol, p.equilibrium) if p.certificate is None else p.certificate
    return Play("pure equilibrium", NASH, [found], conv)


def mixed_play(game: Game, rule: Any, found: MixedEquilibrium | None, why: str) -> Play:
    """A mixed equilibrium, if there is one (else ``why`` not) with a certificate that is good enough."""
    if found is None:
        return Play(UNPREDICTED, why=why)
    share = found.largest_regret / game.prize_range
    if not share <= REFERENCE_REGRET:
        gain = f"one developer a gain of {share:.2%} of P, more than {REFERENCE_REGRET:.1%}"
        return Play(UNPREDICTED, why=f"the closest mixed profile found leaves {gain}")
    outcomes = [outcomes_of(game, rule, found.strategies)]
    return Play("mixed equilibrium", NASH, outcomes, found.nash_conv)


def outcomes_of(game: Game, rule: Any, strategies: Any) -> Outcomes:
    """Outcomes of strategies, the same each time where boards are simulated."""
    return metrics.outcomes(game, rule, strategies, np.random.default_rng(SEED), SAMPLES)


def _by_order(p: Prediction) -> Play:
    """Where best responses lead under a rule that remembers, for each order of first submissions."""
    found = list(p.orders.values())
    if unfinished := [order for order, one in p.orders.items() if one.cycle is None]:
        why = f"{', '.join(unfinished)}, best responses come to no end"
        return Play(UNPREDICTED, why=why)
    kinds = {"settles": "best responses, settled", "cycles": "cycle of best responses"}
    kind = " or ".join(dict.fromkeys(kinds[one.outcome] for one in found))
    outcomes = [
        metrics.played_outcomes(
            p.game, p.protocol, *replay(p.game, p.protocol, one, np.random.default_rng(SEED))
        )
        for one in found
    ]
    return Play(kind, MYOPIC, outcomes, one_round_gain=max(one.gain for one in found))


def _nash_conv(game: Game, rule: Any, efforts: Any) -> float | None:
    """NashConv by the grader, prize units; None where it cannot compute it."""
    return metrics.nash_conv(game, rule, efforts) if metrics.can_grade(game, rule) else None


def replay(
    game: Game, rule: Any, dynamics: Dynamics, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Efforts and ranks on the boards of one period, each ``[episodes, period, n]``.

    If boards are drawn, the path of efforts is played again in many independent episodes, from the
    beginning, because boards depend on earlier rounds.
    """
    assert dynamics.cycle is not None
    episodes, period, path = EPISODES, dynamics.cycle.period, dynamics.trajectory
    if rule.traits.draws == "none":
        once = slice(-1 - period, -1)
        return path[None, once], dynamics.ranks[None, once]
    opening, lap = opening_and_lap(dynamics.cycle.order, game.n_developers)
    state = rule.start(game, (episodes, game.n_developers))
    efforts, ranks = [], []
    for k, held in enumerate(path[:-1]):
        revised = np.zeros((episodes, held.size), dtype=bool)
        if k:  # nobody does before the first board
            revised[:, movers_at(k - 1, opening, lap)] = True
        played = np.tile(held, (episodes, 1))
        board, state = rule.play(game, played, state, rng, revised)
        efforts.append(played)
        ranks.append(board.ranks)
    return np.stack(efforts[-period:], axis=1), np.stack(ranks[-period:], axis=1)
