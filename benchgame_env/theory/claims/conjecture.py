"""A conjecture, to be copied: the theory of neighbours. It is false, and `falsify` finds out.

benchgame falsify benchgame_env.theory.claims.conjecture:neighbours-suffice
"""

from __future__ import annotations

import numpy as np

from benchgame_env import metrics
from benchgame_env.subgame import Subgame
from benchgame_env.theory.claims.card import Counterexample
from benchgame_env.theory.claims.certificates import regret_of_zero
from benchgame_env.theory.claims.hypotheses import just_overtaking_pays
from benchgame_env.theory.claims.registry import register_card
from benchgame_env.theory.pure.assumptions import REQUIRED


def nobody_passes_the_next(subgame: Subgame) -> bool:
    """nobody gains by just passing the next one up"""
    return not just_overtaking_pays.on(subgame)


@register_card(
    "neighbours-suffice",
    hypotheses=(*REQUIRED, nobody_passes_the_next),
    sentence="zero effort of everybody is an equilibrium",
    source="an example: whoever cannot gain one rank, cannot gain two",
)
def neighbours_suffice(subgame: Subgame) -> Counterexample | None:
    regret = metrics.nash_conv(subgame.game, subgame.rule, np.zeros(subgame.n))
    if regret <= 1e-3 * subgame.game.prize_range or np.isnan(regret):
        return None
    return regret_of_zero(subgame, regret, "passing the next one up gains nothing")
