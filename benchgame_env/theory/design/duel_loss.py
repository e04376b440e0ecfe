"""Outcomes of the duel's closed form by quadrature (theory sections 5 and 13.1)."""

from __future__ import annotations

import numpy as np

from benchgame_env.subgame import Subgame
from benchgame_env.theory.mixed.duel import Duel, duel_of
from benchgame_env.validate import Floats

POINTS = 2001  # odd, so that every other one is a rule of half as many cells

Outcome = tuple[float, float, float, dict[str, float]]


def duel_outcome(subgame: Subgame, points: int = POINTS) -> Outcome | None:
    """Expected tau, burnt share and P(best on top) of two developers' mixed equilibrium, and how far
    each moves with half as many points; None where the closed form is not known."""
    found = duel_of(subgame, points)
    if found is None:
        return None
    fine, coarse = (_outcome(subgame, _part(found, step)) for step in (1, 2))
    names = ("tau", "burnt", "best_on_top")
    moved = {name: abs(a - b) for name, a, b in zip(names, fine, coarse, strict=True)}
    return (*fine, moved)


def _part(duel: Duel, step: int) -> Duel:
    return duel._replace(
        efforts=duel.efforts[::step], cost=duel.cost[::step], chances=duel.chances[::step]
    )


def _outcome(subgame: Subgame, duel: Duel) -> tuple[float, float, float]:
    chaser_on_top = _mean(duel.chances[:, 0], duel.chances[:, 1])
    costs = [_mean(duel.cost[:, i], duel.chances[:, i]) for i in (0, 1)]
    game, (leader, _) = subgame.game, duel.players
    best_on_top = 1 - chaser_on_top if leader == 0 else chaser_on_top
    pot = float(game.prizes.sum())
    burnt = game.prize_range * sum(costs) / pot if pot > 0 else np.nan
    if game.quality[0] == game.quality[1]:
        return 1.0, burnt, 1.0  # as the grader counts: there is no pair to misorder
    return 2 * best_on_top - 1, burnt, best_on_top


def _mean(values: Floats, chances: Floats) -> float:
    """The integral of ``values`` by the distribution ``chances`` above its first point, where an atom
    would be at effort 0; what is left at the top is an atom there."""
    middles = 0.5 * (values[1:] + values[:-1])
    return float(middles @ np.diff(chances) + values[-1] * (1 - chances[-1]))
