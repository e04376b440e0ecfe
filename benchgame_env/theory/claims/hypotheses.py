"""The hypotheses that single claims need, beside those of `benchgame_env.theory.pure.assumptions`."""

from __future__ import annotations

import numpy as np

from benchgame_env.curves import ScalingLaw
from benchgame_env.numerics import GAIN, publish
from benchgame_env.rules import Direct, TuneBeforeTest
from benchgame_env.subgame import Subgame
from benchgame_env.theory.pure.assumptions import temptation_of
from benchgame_env.theory.pure.honest_board import HonestBoard
from benchgame_env.theory.pure.hypothesis import hypothesis
from benchgame_env.theory.pure.overtaking import largest_gain


@hypothesis("honest_board_by_quality")
def honest_board_by_quality(subgame: Subgame) -> bool:
    """the board is in the order of quality when nobody spends effort"""
    # Neighbours suffice, since both orders are transitive.
    shown = publish(subgame.honest_scores)
    return bool((np.sign(np.diff(shown)) == np.sign(np.diff(subgame.game.quality))).all())


@hypothesis("just_overtaking_pays")
def just_overtaking_pays(subgame: Subgame) -> bool:
    """somebody gains by just passing the next one up"""
    board = HonestBoard.of(subgame, 1)  # even if that one's score is a step of the grid higher
    gains = board.gains(np.maximum(board.start, 0)[None])
    return bool((gains > GAIN * subgame.game.prize_range).any())


@hypothesis("no_temptation")
def no_temptation(subgame: Subgame) -> bool:
    """nobody gains by passing anybody (T = 0)"""
    temptation = temptation_of(subgame)
    return temptation.resolved and temptation.pair is None


@hypothesis("overtaking_loses")
def overtaking_loses(subgame: Subgame) -> bool:
    """passing anybody costs more than it wins, never as much"""
    board = HonestBoard.of(subgame, -1)
    return largest_gain(board, -GAIN * subgame.game.prize_range)[1] is None


@hypothesis("tune_before_test")
def tune_before_test(subgame: Subgame) -> bool:
    """the rule is direct evaluation or tune-before-test"""
    return isinstance(subgame.rule, (Direct, TuneBeforeTest))


@hypothesis("one_floor_and_ceiling")
def one_floor_and_ceiling(subgame: Subgame) -> bool:
    """curves are scaling laws with the same floor and ceiling"""
    law = _law(subgame)
    return law is not None and bool(np.ptp(law.lower) + np.ptp(law.upper) == 0)


@hypothesis("intercepts_by_quality")
def intercepts_by_quality(subgame: Subgame) -> bool:
    """the better the model, the higher its scaling law's intercept"""
    # Strictly: of equal laws none is ahead, and their required effort stays 0.
    law = _law(subgame)
    return law is not None and bool((np.diff(law.intercept) < 0).all())


@hypothesis("slopes_by_quality")
def slopes_by_quality(subgame: Subgame) -> bool:
    """the better the model, the steeper its scaling law, or as steep"""
    law = _law(subgame)
    return law is not None and bool((np.diff(law.slope) <= 0).all())


@hypothesis("cost_exceeds_the_prizes")
def cost_exceeds_the_prizes(subgame: Subgame) -> bool:
    """some effort costs more than all that rank can win"""
    return bool(np.isfinite(subgame.game.cost.inverse(subgame.game.prize_range)))


def _law(subgame: Subgame) -> ScalingLaw | None:
    return subgame.game.curves if isinstance(subgame.game.curves, ScalingLaw) else None
