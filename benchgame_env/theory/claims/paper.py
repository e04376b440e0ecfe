"""The theorems of the paper (arXiv 2603.08371), with the hypotheses that they really need.

The paper states its hypotheses on the cost too weakly: effort may be free in it, and then each of these
is false (theory section 4).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from benchgame_env.game import Game
from benchgame_env.subgame import Subgame
from benchgame_env.theory.claims.candidates import pure_equilibria
from benchgame_env.theory.claims.card import Counterexample
from benchgame_env.theory.claims.certificates import equilibrium, no_equilibrium
from benchgame_env.theory.claims.hypotheses import honest_board_by_quality
from benchgame_env.theory.claims.levels import (
    CLEAR,
    FURTHEST,
    largest_gains,
    level_of,
    overtakes_at,
    regret_at,
    spread,
    unstable_level,
)
from benchgame_env.theory.claims.registry import register_card
from benchgame_env.theory.pure.assumptions import REQUIRED, checked_to

# That no level stabilises is believed if as many levels were looked at, if they reach this multiple of
# F and of the level that should stabilise, and if in the last half of these many levels the least regret
# is at least this share of the largest.
MANY, FAR_ENOUGH, STEADY = 20, 10.0, 0.9
PAPER = "arXiv 2603.08371"


@register_card(
    "proposition-4.3",
    title="Proposition 4.3",
    hypotheses=(*REQUIRED, "honest_board_by_quality"),
    sentence="in a pure equilibrium nobody spends effort and the board is in the order of quality",
    source=f"{PAPER}, Proposition 4.3",
    example=("duel-small-prize", "direct"),
    boundary=("flat-cost-equal-prizes", "direct"),
    lesson="effort up to 1 is free: efforts (0, 0.75) are an equilibrium with the weaker model first",
)
def proposition_4_3(subgame: Subgame) -> Counterexample | None:
    efforts, regret = None, 0.0
    # In order of quality, zero effort is no counterexample, whether it is an equilibrium or not.
    for efforts, regret in pure_equilibria(subgame, with_zero=not honest_board_by_quality.on(subgame)):
        order = np.argsort(subgame.board(efforts).ranks)
        if (np.diff(subgame.game.quality[order]) > 0).any():
            return equilibrium(subgame, efforts, regret, "the board is out of order")
    if efforts is None or not efforts.any():
        return None
    return equilibrium(subgame, efforts, regret, "somebody spends effort")


@register_card(
    "theorem-4.6",
    title="Theorem 4.6",
    hypotheses=(*REQUIRED, "just_overtaking_pays"),
    sentence="there is no pure equilibrium: somebody gains by just passing the next one up",
    source=f"{PAPER}, Theorem 4.6",
    example=("duel", "direct"),
    boundary=("flat-cost-small-prize", "direct"),
    lesson="effort up to 1 is free: just overtaking pays, and (1, 1) is an equilibrium all the same",
)
def theorem_4_6(subgame: Subgame) -> Counterexample | None:
    for efforts, regret in pure_equilibria(subgame):
        return equilibrium(subgame, efforts, regret, "there is a pure equilibrium")
    return None


@register_card(
    "proposition-5.3",
    title="Proposition 5.3",
    hypotheses=(*REQUIRED, "tune_before_test", "no_temptation", "C1", "C3"),
    sentence="zero effort stays an equilibrium at every larger tune-before-test level, as far as C1 and "
    "C3 were checked",
    source=f"{PAPER}, Proposition 5.3, with C1 and C3 as its proof needs them",
    example=("scaling-laws", ("tune-before-test", {"level": 5.0})),
    boundary=("crossing", "direct"),
    lesson="the curves cross (no C1): stable at first, not around the crossing, stable again after it",
)
def proposition_5_3(subgame: Subgame) -> Counterexample | None:
    game, low = subgame.game, level_of(subgame)
    scale = game.finite_effort_scale
    found = unstable_level(game, low, min(low + FURTHEST * scale, checked_to(subgame) - scale))
    return found and no_equilibrium(game, *found, f"it was one at level {low:.6g}")


GROWTH: Any = {
    "hypotheses": (*REQUIRED, "tune_before_test", "cost_exceeds_the_prizes", "one_floor_and_ceiling",
                   "intercepts_by_quality", "slopes_by_quality"),
    "source": f"{PAPER}, Proposition 5.6",
    "example": ("scaling-laws", "direct"),
    "boundary": ("decreasing-intercept", "direct"),
    "lesson": "floors rise and intercepts fall with quality: overtaking costs 0.5 at every level",
}  # fmt: skip


@register_card(
    "proposition-5.6",
    title="Proposition 5.6",
    sentence="whatever the prizes, zero effort is an equilibrium at some tune-before-test level",
    **GROWTH,
)
def proposition_5_6(subgame: Subgame) -> Counterexample | None:
    """It is none at any of many levels, some of them far beyond the one at which `growth` ends."""
    game, bar = subgame.game, CLEAR * subgame.game.prize_range
    enough, scale = _level_by_growth(game), game.finite_effort_scale
    enough = scale if math.isinf(enough) else max(enough, scale)
    levels = spread(game, 0.0, FURTHEST * enough)
    gains = largest_gains(game, levels)
    if bar == 0 or not (gains[np.isfinite(gains)] > bar).all():
        return None
    regrets = {float(level): regret_at(game, level) for level in levels[np.isfinite(gains)]}
    regrets = {level: regret for level, regret in regrets.items() if not math.isnan(regret)}
    reached = len(regrets) >= MANY and max(regrets) >= FAR_ENOUGH * enough
    if not reached or min(regrets.values()) <= bar:
        return None
    level, last = max(regrets), [regrets[level] for level in sorted(regrets)[-MANY // 2 :]]
    if min(last) < STEADY * max(last):
        return None
    besides = f"and at {len(regrets) - 1} lower levels from 0 on, at the last of them the same"
    return no_equilibrium(game, level, regrets[level], besides)


@register_card(
    "growth",
    title="Proposition 5.6, growth",
    sentence="overtaking takes at least 1 + level times the effort that it takes at level 0, so that "
    "zero effort is an equilibrium from the level on at which that no longer pays",
    **GROWTH,
)
def growth(subgame: Subgame) -> Counterexample | None:
    game, enough = subgame.game, _level_by_growth(subgame.game)
    if math.isinf(enough):
        return None
    far = max(FURTHEST * game.finite_effort_scale, 100 * enough)
    found = unstable_level(game, enough * (1 + 1e-6), far)
    return found and no_equilibrium(game, *found, f"it should be one from level {enough:.6g} on")


def _level_by_growth(game: Game) -> float:
    """The level from which on no overtake pays, if each takes 1 + level times the effort of level 0."""
    enough = 0.0
    for efforts, gap in overtakes_at(game, np.zeros(1)):
        worth = game.cost.inverse(np.maximum(gap, 0.0))
        with np.errstate(divide="ignore", invalid="ignore"):
            levels = np.where((gap > 0) & (efforts < worth), worth / efforts - 1, 0.0)
        enough = max(enough, float(levels.max()))
    return enough
