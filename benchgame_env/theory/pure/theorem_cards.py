"""Theorem cards: what each theorem needs, whether this game meets it, and what then follows.

The paper (arXiv 2603.08371) states its hypotheses on the cost too weakly; each card names what is really
needed (theory sections 3 and 4), a named game to which it applies, and one just outside where its
conclusion is false.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from benchgame_env.curves import ScalingLaw
from benchgame_env.game import Game
from benchgame_env.numerics import GAIN, publish
from benchgame_env.rules import Direct, TuneBeforeTest
from benchgame_env.subgame import Subgame
from benchgame_env.theory.pure import assumptions
from benchgame_env.theory.pure.honest_board import HonestBoard
from benchgame_env.theory.pure.overtaking import Temptation, largest_gain, largest_temptation

Facts = dict[str, bool]


@dataclass(frozen=True)
class Card:
    """A theorem.

    Attributes
    ----------
    name : str
        As in the paper, or the section of the mathematical notes.
    needs : tuple of str
        Names of its hypotheses, each checked on the game by `facts`.
    conclusion : str
        What follows, one sentence.
    example : tuple
        A named game and rule to which it applies.
    boundary : tuple
        A named game and rule that lack a hypothesis and contradict the conclusion.
    lesson : str
        What happens there.
    """

    name: str
    needs: tuple[str, ...]
    conclusion: str
    example: tuple[str, Any]
    boundary: tuple[str, Any]
    lesson: str


@dataclass(frozen=True)
class Reading:
    """A card held against one game: ``hypotheses`` and whether each holds."""

    card: Card
    hypotheses: Facts

    @property
    def applies(self) -> bool:
        """Whether all hypotheses hold."""
        return all(self.hypotheses.values())


H = assumptions.REQUIRED
CARDS: tuple[Card, ...] = (
    Card(
        "Proposition 4.3",
        (*H, "honest_board_by_quality"),
        "in a pure equilibrium nobody spends effort and the board is in the order of quality",
        ("duel-small-prize", "direct"),
        ("flat-cost-equal-prizes", "direct"),
        "effort up to 1 is free: efforts (0, 0.75) are an equilibrium with the weaker model first",
    ),
    Card(
        "Theorem 4.6",
        (*H, "just_overtaking_pays"),
        "there is no pure equilibrium: somebody gains by just passing the next one up",
        ("duel", "direct"),
        ("flat-cost-small-prize", "direct"),
        "effort up to 1 is free: just overtaking pays, and (1, 1) is an equilibrium all the same",
    ),
    Card(
        "Section 3, temptation",
        (*H,),
        "only zero effort can be a pure equilibrium, and it is one exactly if the temptation T is 0",
        ("winner-take-all", "direct"),
        ("flat-cost-small-prize", "direct"),
        "effort up to 1 is free: T = 0.1, and efforts (1, 0) are an equilibrium",
    ),
    Card(
        "Section 3, dominance",
        (*H, "overtaking_loses"),
        "zero effort survives iterated strict dominance: it is the only Nash, correlated and coarse "
        "correlated equilibrium, where every no-regret learner ends",
        ("five-small-prizes", "direct"),
        ("flat-cost-equal-prizes", "direct"),
        "effort up to 1 is free: T = 0, and every profile of efforts up to 1 is an equilibrium",
    ),
    Card(
        "Proposition 5.3",
        (*H, "tune_before_test", "C1", "C3", "no_temptation"),
        "zero effort stays the equilibrium at every larger tune-before-test level",
        ("scaling-laws", ("tune-before-test", {"level": 5.0})),
        ("crossing", "direct"),
        "the curves cross (no C1): stable at first, not around the crossing, stable again after it",
    ),
    Card(
        "Proposition 5.6",
        (*H, "tune_before_test", "one_floor_and_ceiling", "intercepts_by_quality", "slopes_by_quality",
         "cost_exceeds_the_prizes"),
        "required efforts grow with the level, at least linearly: some tune-before-test level is stable "
        "whatever the prizes",
        ("scaling-laws", "direct"),
        ("decreasing-intercept", "direct"),
        "floors rise and intercepts fall with quality: overtaking costs 0.5 at every level",
    ),
)  # fmt: skip


MEANING = {
    "strict_tie_order": "a tie always goes to the same model, the better one",
    "positive_budgets": "everybody can spend some effort",
    "scores_continuous": "a little more effort never makes a shown score jump",
    "scores_strictly_increasing": "more effort always shows a higher score, up to what effort can pay",
    "cost_continuous": "a little more effort never makes the cost jump",
    "cost_strictly_increasing": "more effort always costs more",
    "scores_resolved": "scores are far enough apart for the grid on which they are published",
    "C1": "at equal effort the better model always scores more: curves do not cross",
    "C2": "every further step of effort gains less than the one before",
    "C3": "the extra effort that a worse model needs grows with the score aimed at",
    "honest_board_by_quality": "the board is in the order of quality when nobody spends effort",
    "just_overtaking_pays": "somebody gains by just passing the next one up",
    "no_temptation": "nobody gains by passing anybody (T = 0)",
    "overtaking_loses": "passing anybody costs more than it wins, never as much",
    "tune_before_test": "the rule is direct evaluation or tune-before-test",
    "one_floor_and_ceiling": "curves are scaling laws with the same floor and ceiling",
    "intercepts_by_quality": "the better the model, the higher its scaling law's intercept",
    "slopes_by_quality": "the better the model, the steeper its scaling law, or as steep",
    "cost_exceeds_the_prizes": "some effort costs more than all that rank can win",
}


def theorem_cards(game: Game | str, protocol: Any) -> list[Reading]:
    """Every card with its hypotheses checked on ``game`` under an exact rule."""
    known = facts(Subgame.exact(game, protocol).reduced())
    return [Reading(card, {name: known[name] for name in card.needs}) for card in CARDS]


def deciding_card(subgame: Subgame, checked: Facts, temptation: Temptation) -> str:
    """The name of the card that decides between pure and cycle, ``none`` if none applies."""
    if not all(checked[name] for name in H):
        return "none"
    if temptation.pair:
        return "Theorem 4.6" if _just_overtaking_pays(subgame) else "Section 3, temptation"
    return "Section 3, dominance" if _overtaking_loses(subgame) else "Section 3, temptation"


def facts(subgame: Subgame) -> Facts:
    """Every hypothesis that a card may need, found on this game."""
    game, rule = subgame.game, subgame.rule
    law = game.curves if isinstance(game.curves, ScalingLaw) else None
    temptation = largest_temptation(subgame)
    return {
        **assumptions.check(subgame, temptation),
        "honest_board_by_quality": _board_by_quality(subgame),
        "just_overtaking_pays": _just_overtaking_pays(subgame),
        "no_temptation": temptation.resolved and temptation.pair is None,
        "overtaking_loses": _overtaking_loses(subgame),
        "cost_exceeds_the_prizes": bool(np.isfinite(game.cost.inverse(game.prize_range))),
        "tune_before_test": isinstance(rule, (Direct, TuneBeforeTest)),
        "one_floor_and_ceiling": law is not None and bool(np.ptp(law.lower) + np.ptp(law.upper) == 0),
        # Strictly: of equal laws none is ahead, and their required effort stays 0.
        "intercepts_by_quality": law is not None and bool((np.diff(law.intercept) < 0).all()),
        "slopes_by_quality": law is not None and bool((np.diff(law.slope) <= 0).all()),
    }


def _board_by_quality(subgame: Subgame) -> bool:
    """``sign(v_i - v_j) = sign(quality_i - quality_j)`` for every pair on the honest board (section 3);
    neighbours suffice, since both orders are transitive."""
    shown = publish(subgame.honest_scores)
    return bool((np.sign(np.diff(shown)) == np.sign(np.diff(subgame.game.quality))).all())


def _just_overtaking_pays(subgame: Subgame) -> bool:
    """Whether somebody gains by passing the next one up on the honest board, even if that one's score
    is a step of the grid higher."""
    board = HonestBoard.of(subgame, 1)
    gains = board.gains(np.maximum(board.start, 0)[None])
    return bool((gains > GAIN * subgame.game.prize_range).any())


def _overtaking_loses(subgame: Subgame) -> bool:
    """Whether every overtake costs more than it wins, and none as much."""
    return largest_gain(HonestBoard.of(subgame, -1), -GAIN * subgame.game.prize_range)[1] is None
