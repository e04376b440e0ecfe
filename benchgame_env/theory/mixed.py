"""Mixed equilibria, each with its certificate (theory sections 5 and 6).

The solvers are in `duel` (closed form) and `no_regret` (numerical). The certificate is computed by
`benchgame_env.metrics`, which shares no code with them; this is the only place where theory calls it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from benchgame_env import metrics
from benchgame_env._validate import Floats, integer, number
from benchgame_env.game import Game
from benchgame_env.protocols import DeterministicProtocol
from benchgame_env.theory import no_regret
from benchgame_env.theory.duel import Strategies, duel_equilibrium
from benchgame_env.theory.pure import exact_rule, largest_temptation

ITERATIONS = 25_000
TOLERANCE = 5e-3


@dataclass(frozen=True, eq=False)
class MixedEquilibrium:
    """An approximate equilibrium and how good it is.

    Attributes
    ----------
    strategies: per developer ``(efforts, probabilities)``.
    payoffs: expected payoffs ``[n]``, prize units.
    nash_conv: of exactly these strategies against deviations to any effort, prize units.
    method: how it was found.
    unique: whether it is known to be the only equilibrium: the duel's closed form is.
    """

    strategies: Strategies
    payoffs: Floats
    nash_conv: float
    method: str
    unique: bool = False

    @property
    def mean_efforts(self) -> Floats:
        """``[n]``, effort units."""
        return np.array([efforts @ chances for efforts, chances in self.strategies])


def mixed_equilibrium(
    game: Game,
    protocol: Any,
    tolerance: float = TOLERANCE,
    iterations: int = ITERATIONS,
    cells: int | None = None,
) -> MixedEquilibrium:
    """An equilibrium of ``game``: all-zero if that is one, the duel's closed form, else numerical.

    Parameters
    ----------
    tolerance: NashConv, as a share of P, at which the numerical solver may stop early, > 0.
    iterations: when it stops at the latest, >= 1.
    cells: how finely it cuts the score axis, >= 2; default 200, and more for few developers.

    The answer need not reach the tolerance; its ``nash_conv`` says what it reaches.
    """
    rule = exact_rule(protocol)
    number("tolerance", tolerance, low=0, strict=True)
    integer("iterations", iterations, low=1)
    cells = integer("cells", max(200, 2000 // game.n_developers) if cells is None else cells, low=2)
    if largest_temptation(game, rule)[1] is None:
        nothing = [(np.zeros(1), np.ones(1))] * game.n_developers
        return _certified(game, rule, nothing, "all-zero effort, which nobody gains by leaving")
    closed = duel_equilibrium(game, rule)
    if closed is not None:
        method = "closed form: an all-pay contest with a head start"
        found = _certified(game, rule, closed, method, unique=game.n_developers == 2)
        if found.nash_conv <= tolerance * game.prize_range:
            return found
    slots = no_regret.SlotGame(game, rule, cells)
    goal = 0.2 * tolerance * game.prize_range  # the continuum adds to what the cells show

    def good_enough(average: Floats) -> bool:
        return no_regret.slot_nash_conv(slots, average) <= goal

    average = no_regret.solve(slots, iterations, good_enough)
    points = max(2, 40 // game.n_developers)
    strategies = slots.strategies(average, points)
    return _certified(game, rule, strategies, "predictive regret matching+ on cells of the score axis")


def _certified(
    game: Game,
    rule: DeterministicProtocol,
    strategies: Strategies,
    method: str,
    unique: bool = False,
) -> MixedEquilibrium:
    return MixedEquilibrium(
        strategies=strategies,
        payoffs=metrics.expected_payoffs(game, rule, strategies),
        nash_conv=metrics.nash_conv(game, rule, strategies),
        method=method,
        unique=unique,
    )
