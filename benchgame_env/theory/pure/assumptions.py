"""The hypotheses of the theorems, checked on one game (theory sections 1, 3 and 4)."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from benchgame_env.curves import Additive, ScalingLaw
from benchgame_env.game import Game
from benchgame_env.numerics import RHO
from benchgame_env.rules import TuneBeforeTest
from benchgame_env.subgame import Subgame
from benchgame_env.theory.pure.hypothesis import HYPOTHESES, hypothesis, noted
from benchgame_env.theory.pure.overtaking import BLOCK, Temptation, largest_temptation
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
PAPER = ("C1", "C2", "C3")

# A rise between neighbouring floats by more than this share of the whole rise is a jump.
JUMP = 1e-9
# How far to look where cost is bounded, so that any effort may pay.
FAR = 1e6


def check(subgame: Subgame) -> dict[str, bool]:
    """Each assumption, and whether it holds numerically on about 1,000 efforts.

    The first seven are `REQUIRED`. Scores and costs are checked on ``[0, F]``, beyond which effort
    cannot pay (`Game.effort_scale`). ``C1`` to ``C3`` are the paper's conditions on curves, checked on
    total efforts up to `checked_to`; predictions here do not need them.
    """
    return {name: HYPOTHESES[name].on(subgame) for name in (*REQUIRED, *PAPER)}


def temptation_of(subgame: Subgame) -> Temptation:
    """`largest_temptation`, worked out once."""
    return noted(subgame, largest_temptation)


@hypothesis("strict_tie_order")
def _strict_tie_order(subgame: Subgame) -> bool:
    """a tie always goes to the same model, the better one"""
    return subgame.rule.ties == "quality"


@hypothesis("positive_budgets")
def _positive_budgets(subgame: Subgame) -> bool:
    """everybody can spend some effort"""
    return bool((subgame.game.budget > 0).all())


@hypothesis("scores_continuous")
def _scores_continuous(subgame: Subgame) -> bool:
    """a little more effort never makes a shown score jump"""
    return bool(subgame.declares("continuous")) or _is_continuous(subgame, _reach(subgame))


@hypothesis("scores_strictly_increasing")
def _scores_strictly_increasing(subgame: Subgame) -> bool:
    """more effort always shows a higher score, up to what effort can pay"""
    # A steep scaling law is flat in float64 far below its rise, but not in truth.
    return bool(subgame.declares("strictly_increasing")) or _rises(subgame, _reach(subgame))


@hypothesis("cost_continuous")
def _cost_continuous(subgame: Subgame) -> bool:
    """a little more effort never makes the cost jump"""
    cost, paid = subgame.game.cost, _probe(1.0) * _reach(subgame).max()
    declared = getattr(cost, "continuous", None)
    if declared is not None:
        return bool(declared)
    return not _has_jump(cost, paid, JUMP * float(np.max(cost(paid))))


@hypothesis("cost_strictly_increasing")
def _cost_strictly_increasing(subgame: Subgame) -> bool:
    """more effort always costs more"""
    cost, paid = subgame.game.cost, _probe(1.0) * _reach(subgame).max()
    return bool(cost.strictly_increasing and (np.diff(cost(paid))[np.diff(paid) > 0] > 0).all())


@hypothesis("scores_resolved")
def _scores_resolved(subgame: Subgame) -> bool:
    """scores are far enough apart for the grid on which they are published"""
    return temptation_of(subgame).resolved


@hypothesis("C1")
def _c1(subgame: Subgame) -> bool:
    """at equal effort the better model always scores more: curves do not cross (at all efforts for
    additive curves and for scaling laws with one floor and ceiling; for others, up to 100 F beyond the
    level)
    """
    return noted(subgame, paper_conditions)["C1"]


@hypothesis("C2")
def _c2(subgame: Subgame) -> bool:
    """every further step of effort gains less than the one before (up to 100 F beyond the level)"""
    return noted(subgame, paper_conditions)["C2"]


@hypothesis("C3")
def _c3(subgame: Subgame) -> bool:
    """the extra effort that a worse model needs grows with the score aimed at (as far as for C1)"""
    return noted(subgame, paper_conditions)["C3"]


def _reach(subgame: Subgame) -> Floats:
    scale = subgame.game.effort_scale
    return np.where(np.isinf(scale), FAR, scale)


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


def checked_to(subgame: Subgame) -> float:
    """The total effort up to which ``C1`` and ``C3`` are checked: ``inf`` where their closed forms
    decide, else 100 F beyond the level; effort units."""
    if _closed_form(subgame.game.curves) is not None:
        return math.inf
    level = subgame.rule.level if isinstance(subgame.rule, TuneBeforeTest) else 0.0
    return level + 100.0 * subgame.game.finite_effort_scale


def paper_conditions(subgame: Subgame) -> dict[str, bool]:
    """Whether the paper's conditions on curves hold, see `check`."""
    top = checked_to(subgame)
    top = top if math.isfinite(top) else 100.0 * subgame.game.finite_effort_scale
    found = conditions_up_to(subgame.game, top)
    return found | (_closed_form(subgame.game.curves) or {})


def _closed_form(curves: Any) -> dict[str, bool] | None:
    """``C1`` and ``C3`` at all efforts, for additive curves and for scaling laws with one floor and
    ceiling; None for others. A class derived from these may be another family."""
    if type(curves) is Additive:  # the extra effort is the difference in quality
        return {"C1": bool((np.diff(curves.quality) < 0).all()), "C3": True}
    if type(curves) is not ScalingLaw or np.ptp(curves.lower) + np.ptp(curves.upper) > 0:
        return None
    # The log odds are intercept + slope log(1 + x), so a steeper law overtakes in the end, however late.
    behind, steeper = np.diff(curves.intercept) < 0, np.diff(curves.slope) > 0
    return {"C1": bool((behind & ~steeper).all()), "C3": not bool((behind & steeper).any())}


def conditions_up_to(game: Game, top: float) -> dict[str, bool]:
    """The paper's conditions on curves, on about 1,000 total efforts up to ``top`` (effort units)."""
    unit = game.finite_effort_scale
    x = _probe(top / unit)
    total = np.broadcast_to((x * unit)[:, None], (x.size, game.n_developers))
    scores = game.curves.score(total)
    # Beyond saturation, float64 shows ties that are not there; flat stretches that are declared are.
    flat = getattr(game.curves, "strictly_increasing", None) is False
    slack = 1e-7 * np.maximum(total, unit)
    clear = np.abs(game.curves.effort_for(scores) - total) <= slack
    rows = clear.all(axis=1)
    # Neighbours suffice for C1 and C3: larger gaps are sums of theirs.
    gap = -np.diff(scores, axis=1)
    ahead = (gap > 0) | (~rows[:, None] & (gap >= -RHO) & (not flat))
    slope = np.diff(scores[rows], axis=0) / np.diff(x[rows])[:, None]
    with np.errstate(invalid="ignore"):  # inf - inf is nan: out of reach and staying so
        needed = game.curves.effort_for(np.roll(scores, 1, axis=1))[:, 1:] / unit - x[:, None]
        needed = np.where(clear[:, :-1] | flat, np.maximum(needed, 0.0), np.nan)
        fall = np.fmax.accumulate(needed, axis=0) - needed
    return {
        "C1": bool(ahead.all()),
        "C2": bool((np.diff(slope, axis=0) <= 1e-12 + 1e-6 * slope[:-1]).all()),
        "C3": bool((np.isnan(fall) | (fall <= 1e-6 * np.maximum(x[:, None], 1.0))).all()),
    }


@lru_cache(maxsize=4)
def _probe(top: float) -> Floats:
    """0 to ``top``, evenly and geometrically spaced; read-only."""
    efforts = np.union1d(np.linspace(0.0, top, 500), np.geomspace(1e-6 * top, top, 500))
    efforts.flags.writeable = False
    return efforts


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
