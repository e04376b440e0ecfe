"""The hypotheses of the theorems, checked on one game (theory sections 1, 3 and 4)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchgame_env.game import Game
from benchgame_env.numerics import RHO
from benchgame_env.subgame import Subgame
from benchgame_env.theory.pure.overtaking import BLOCK, Temptation
from benchgame_env.validate import Floats

# Hypotheses H of section 3, and one more because scores are published on a grid. If all hold, T decides
# between pure and cycle.
REQUIRED = (
    "strict_tie_order",
    "positive_budgets",
    "scores_continuous",
    "scores_strictly_increasing",
    "cost_continuous",
    "cost_strictly_increasing",
    "scores_resolved",
)

# A rise between neighbouring floats by more than this share of the whole rise is a jump.
JUMP = 1e-9
# How far to look where cost is bounded, so that any effort may pay.
FAR = 1e6


def check(subgame: Subgame, temptation: Temptation) -> dict[str, bool]:
    """Each assumption, and whether it holds numerically on about 1,000 efforts.

    The first seven are `REQUIRED`. Scores and costs are checked on ``[0, F]``, beyond which effort
    cannot pay (`Game.effort_scale`). ``C1`` (better models score more at equal effort), ``C2``
    (concave) and ``C3`` (a worse model's extra effort grows with the target) are the paper's conditions
    on curves, checked on total efforts ``[0, 100 F]``; predictions here do not need them.
    """
    game = subgame.game
    reach = np.where(np.isinf(game.effort_scale), FAR, game.effort_scale)
    paid = _probe(1.0) * reach.max()
    return {
        "strict_tie_order": subgame.rule.ties == "quality",
        "positive_budgets": bool((game.budget > 0).all()),
        "scores_continuous": bool(subgame.declares("continuous")) or _is_continuous(subgame, reach),
        # A steep scaling law is flat in float64 far below its rise, but not in truth.
        "scores_strictly_increasing": bool(subgame.declares("strictly_increasing"))
        or _rises(subgame, reach),
        "cost_continuous": not _has_jump(game.cost, paid, JUMP * float(np.max(game.cost(paid)))),
        "cost_strictly_increasing": bool(
            game.cost.strictly_increasing and (np.diff(game.cost(paid))[np.diff(paid) > 0] > 0).all()
        ),
        "scores_resolved": temptation.resolved,
        **_paper_conditions(game),
    }


def _is_continuous(subgame: Subgame, reach: Floats) -> bool:
    efforts = _probe(1.0)[:, None] * reach
    ends = subgame.scores(np.stack((np.zeros(reach.size), reach)))
    size = max(RHO, JUMP * float(ends[1].max() - ends[0].min()))
    rows = max(1, BLOCK // reach.size)  # cells are independent, so blocks of them bound the memory
    runs = (efforts[start : start + rows + 1] for start in range(0, len(efforts) - 1, rows))
    return not any(_has_jump(subgame.scores, run, size) for run in runs)


def _rises(subgame: Subgame, reach: Floats) -> bool:
    scores = subgame.scores(_probe(1.0)[:, None] * reach)
    return bool((np.diff(scores, axis=0)[:, reach > 0] > 0).all())


def _paper_conditions(game: Game) -> dict[str, bool]:
    unit = game.finite_effort_scale
    x = _probe(100.0)
    total = np.broadcast_to((x * unit)[:, None], (x.size, game.n_developers))
    scores = game.curves.score(total)
    # Beyond saturation, float64 shows ties that are not there.
    slack = 1e-7 * np.maximum(total, unit)
    clear = (np.abs(game.curves.effort_for(scores) - total) <= slack).all(axis=1)
    x, scores = x[clear], scores[clear]
    # Neighbours suffice for C1 and C3: larger gaps are sums of theirs.
    gap = -np.diff(scores, axis=1)
    slope = np.diff(scores, axis=0) / np.diff(x)[:, None]
    with np.errstate(invalid="ignore"):
        needed = game.curves.effort_for(np.roll(scores, 1, axis=1))[:, 1:] / unit - x[:, None]
        growth = np.diff(np.maximum(needed, 0.0), axis=0)
    return {
        "C1": bool((gap > 0).all()),
        "C2": bool((np.diff(slope, axis=0) <= 1e-12 + 1e-6 * slope[:-1]).all()),
        # inf - inf is nan: out of reach and staying so.
        "C3": bool((np.isnan(growth) | (growth >= -1e-6 * np.maximum(x[1:, None], 1.0))).all()),
    }


def _probe(top: float) -> Floats:
    """0 to ``top``, evenly and geometrically spaced."""
    return np.union1d(np.linspace(0.0, top, 500), np.geomspace(1e-6 * top, top, 500))


def _has_jump(f: Callable[[Floats], Floats], x: Floats, size: float) -> bool:
    """Whether ``f`` rises by more than ``size`` between two neighbouring float64 numbers.

    Each cell of ``x`` is halved towards its steeper side: by bit patterns while its ends are of
    different magnitude, which comes down to the smallest floats quickly, else in the middle.
    """
    low, high = x[:-1], x[1:]
    below, above = f(low), f(high)
    for _ in range(128):
        if not (above - below > size).any():
            return False
        bits = low.view(np.int64) + (high.view(np.int64) - low.view(np.int64)) // 2
        middle = np.where(high > 2 * low, bits.view(np.float64), low + 0.5 * (high - low))
        value = f(middle)
        right = above - value > value - below
        low, below = np.where(right, middle, low), np.where(right, value, below)
        high, above = np.where(right, high, middle), np.where(right, above, value)
    return True
