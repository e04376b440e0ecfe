"""Which grader a rule goes to: the doors of the package."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchgame_env.game import Game
from benchgame_env.metrics import exact as fixed
from benchgame_env.metrics import noisy as drawn
from benchgame_env.metrics.strategies import read_strategies
from benchgame_env.rules import as_protocol, is_exact
from benchgame_env.subgame import Subgame
from benchgame_env.validate import Floats, number

TOLERANCE = 1e-6


def regrets(game: Game, protocol: Any, strategies: Any, tolerance: float = TOLERANCE) -> Floats:
    """What each developer could gain by the best deviation; ``[n]``, prize units, >= 0.

    ``sup_e u_i(e, x_-i) - u_i(x)`` over all efforts in ``[0, B_i]`` (theory section 2) for developers
    who mix independently. Exact where the board is a fixed function of efforts. Where scores are drawn
    independently the supremum is replaced by a certified upper bound: a regret is never understated, and
    overstated by at most ``tolerance`` times P unless efforts by the hundred thousand do not suffice.

    Parameters
    ----------
    strategies: efforts ``[n]``, or one ``(efforts, probabilities)`` pair per developer.
    tolerance: > 0, of use only where scores are drawn.

    Raises
    ------
    ValueError: efforts outside the budget, probabilities that do not sum to 1, a rule with a state or
        of whose draws no independent `distribution` is known.
    """
    rule = as_protocol(protocol)
    number("tolerance", tolerance, low=0, strict=True)
    if Subgame(game, rule).kind != "independent":
        return fixed.regrets(game, _exact(rule), read_strategies(game, strategies))
    # Sums of products of prizes are right to rounding, which no search can undercut.
    slack = max(tolerance * game.prize_range, 1e-12 * float(np.abs(game.prizes).max()))
    return drawn.regrets(game, rule, read_strategies(game, strategies), slack)


def nash_conv(game: Game, protocol: Any, strategies: Any, tolerance: float = TOLERANCE) -> float:
    """Sum of `regrets`: 0 exactly at the Nash equilibria (where scores are drawn, up to n times the
    tolerance); prize units."""
    return float(regrets(game, protocol, strategies, tolerance).sum())


def expected_payoffs(game: Game, protocol: Any, strategies: Any) -> Floats:
    """Exact expected payoffs ``[n]`` under independent mixing (theory section 6), prize units."""
    rule = as_protocol(protocol)
    if Subgame(game, rule).kind == "independent":
        return drawn.expected_payoffs(game, rule, read_strategies(game, strategies))
    return fixed.expected_payoffs(game, _exact(rule), read_strategies(game, strategies))


def can_grade(game: Game, protocol: Any) -> bool:
    """Whether `regrets` are known under the rule: its board is a fixed function of efforts, or it draws
    scores independently, keeps no state and promises to reward effort."""
    subgame = Subgame(game, protocol)
    promised = subgame.rule.traits.rewards_effort
    return subgame.kind == "exact" or (promised and subgame.kind == "independent")


def _exact(rule: Any) -> Any:
    if not is_exact(rule):
        raise ValueError(
            f"protocol {rule!r}: exact grading needs a DeterministicProtocol, or a rule without state "
            "that hands out its distribution"
        )
    return rule
