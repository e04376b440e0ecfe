"""Hypotheses, checked on the game at hand (theory sections 1, 3 and 4)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchgame_env._validate import Floats
from benchgame_env.game import Game
from benchgame_env.protocols import DeterministicProtocol
from benchgame_env.theory.pure import finite_effort_scale, is_resolved

# Hypotheses H of section 3 and what float64 adds; together they make T decide between pure and cycle.
REQUIRED = (
    "strict_tie_order",
    "positive_budgets",
    "scores_continuous",
    "scores_strictly_increasing",
    "cost_continuous",
    "cost_strictly_increasing",
    "scores_resolved",
)


def check(game: Game, rule: DeterministicProtocol) -> dict[str, bool]:
    """Each assumption and whether it holds, found numerically on about 1,000 efforts.

    The first seven are `REQUIRED`. Scores and costs are checked on ``[0, F]``, beyond which effort
    cannot pay (`Game.effort_scale`). ``C1`` (better models score more at equal effort), ``C2``
    (concave) and ``C3`` (a worse model's extra effort grows with the target) are the paper's conditions
    on curves, checked on total efforts ``[0, 10 F]``; predictions here do not need them.
    """
    reach = np.minimum(game.effort_scale, finite_effort_scale(game))
    efforts = _probe(1.0)[:, None] * reach
    scores = rule.score(game, efforts)
    paid = efforts[:, np.argmax(reach)]
    cost = game.cost(paid)
    return {
        "strict_tie_order": rule.ties == "quality",
        "positive_budgets": bool((game.budget > 0).all()),
        "scores_continuous": not _has_jump(lambda e: rule.score(game, e), efforts, 1e-3),
        "scores_strictly_increasing": bool((np.diff(scores, axis=0)[:, reach > 0] > 0).all()),
        "cost_continuous": not _has_jump(game.cost, paid, 1e-3 * game.prize_range),
        "cost_strictly_increasing": bool(game.cost.strictly_increasing and (np.diff(cost) >= 0).all()),
        "scores_resolved": is_resolved(game, rule),
        **_paper_conditions(game),
    }


def _paper_conditions(game: Game) -> dict[str, bool]:
    x = _probe(10 * finite_effort_scale(game))
    scores = game.curves.score(np.broadcast_to(x[:, None], (x.size, game.n_developers)))
    noise = 1e-12
    # Neighbours suffice for C1 and C3: larger gaps are sums of theirs.
    gap = -np.diff(scores, axis=1)
    slope = np.diff(scores, axis=0) / np.diff(x)[:, None]
    needed = game.curves.effort_for(np.roll(scores, 1, axis=1))[:, 1:]
    with np.errstate(invalid="ignore"):
        growth = np.diff(needed - x[:, None], axis=0)
    return {
        "C1": bool((gap > 0).all()),
        "C2": bool((np.diff(slope, axis=0) <= noise + 1e-6 * slope[:-1]).all()),
        # inf - inf is nan: out of reach and staying so.
        "C3": bool((np.isnan(growth) | (growth >= -1e-6 * np.maximum(x[1:, None], x[1]))).all()),
    }


def _probe(top: float) -> Floats:
    """0 to ``top``, evenly and geometrically spaced."""
    return np.union1d(np.linspace(0.0, top, 500), np.geomspace(1e-6 * top, top, 500))


def _has_jump(f: Callable[[Floats], Floats], x: Floats, size: float) -> bool:
    """Whether ``f`` still rises by ``size`` across some cell of ``x`` however far the cell is halved."""
    low, high = x[:-1], x[1:]
    below, above = f(low), f(high)
    for _ in range(60):
        middle = 0.5 * (low + high)
        value = f(middle)
        right = above - value > value - below
        low, below = np.where(right, middle, low), np.where(right, value, below)
        high, above = np.where(right, high, middle), np.where(right, above, value)
    return bool(size > 0 and (above - below > size).any())
