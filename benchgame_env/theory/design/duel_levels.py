"""Two developers under tune-before-test: when all or nothing is best (theory section 13.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchgame_env.costs import LinearCost
from benchgame_env.curves import ScalingLaw
from benchgame_env.game import Game
from benchgame_env.theory.design.loss import DesignLoss
from benchgame_env.theory.design.outcome import DesignOutcome
from benchgame_env.theory.pure.thresholds import stabilizing_levels

BETWEEN = 199  # levels at which a loss is compared with a chord


def all_or_nothing(game: Game, loss: DesignLoss, rule: Any) -> tuple[float, float] | None:
    """The prices per effort unit and model from which on level 0 is best, and from which on small steps
    from level 0 do not pay, for two laws with one floor, ceiling and slope, and a linear cost; None for
    any other game.

    With ``r = (rho - 1)(1 + level)``, ``x = r / E`` and E the effort that the prize is worth, the weaker
    is on top with the chance ``(1 - x^2) / (2 rho)``, and ``(1 - x) / rho`` of the prize is burnt. Both
    are concave in the level up to ``Delta* = E / (rho - 1) - 1``, and 0 from there on.
    """
    curves, cost = game.curves, game.cost
    if game.n_developers != 2 or not isinstance(curves, ScalingLaw) or not isinstance(cost, LinearCost):
        return None
    alike = all(np.ptp(values) == 0 for values in (curves.lower, curves.upper, curves.slope))
    log_rho = float(-np.diff(curves.intercept)[0] / curves.slope[0])
    unequal = game.quality[0] > game.quality[1] and game.prize_range > 0
    worth = float(cost.inverse(game.prize_range)) if game.prize_range > 0 else 0.0
    if not alike or log_rho <= 0 or not unequal or (game.budget < worth).any() or rule.ties != "quality":
        return None
    rho = float(np.exp(log_rho))
    start = (rho - 1) / worth
    if start >= 1:
        return 0.0, 0.0
    wrong = 2 * loss.w_tau + loss.w_best_on_top
    burnt = loss.w_burnt * game.prize_range / float(game.prizes.sum()) if loss.w_burnt else 0.0
    base = wrong * (1 - start**2) / (2 * rho) + burnt * (1 - start) / rho
    slope = (wrong * start + burnt) * start / rho
    return base / (2 * (1 / start - 1)), slope / 2


def chord_price(game: Game, loss: DesignLoss, look: Callable[[float], DesignOutcome]) -> float | None:
    """The price from which on level 0 is better than the first stable level, if the loss without the
    price lies above the chord between them at `BETWEEN` levels; else None."""
    stable = stabilizing_levels(game)
    if not stable or stable[0][0] <= 0:
        return None
    levels = np.linspace(0.0, stable[0][0], BETWEEN + 2)
    rate = game.n_developers * loss.price
    found = [look(float(level)) for level in levels]
    base = np.array([one.loss for one in found]) - rate * levels
    slope = (base[0] - base[-1]) / levels[-1]
    above = base >= base[0] - slope * levels - found[0].error
    return float(slope) / game.n_developers if above.all() else None
