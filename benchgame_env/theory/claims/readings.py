"""Which claims apply to a game, and which decides between pure and cycle."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from benchgame_env.game import Game
from benchgame_env.subgame import Subgame
from benchgame_env.theory.claims.card import Card
from benchgame_env.theory.claims.hypotheses import just_overtaking_pays, overtaking_loses
from benchgame_env.theory.claims.registry import card, cards
from benchgame_env.theory.pure.assumptions import PAPER, REQUIRED, checked_to, temptation_of
from benchgame_env.theory.pure.hypothesis import HYPOTHESES


@dataclass(frozen=True)
class Reading:
    """A card held against one game.

    Attributes
    ----------
    card : Card
        The card.
    hypotheses : dict
        The names of its hypotheses, and whether each holds.
    checked_to : float
        The total effort up to which the hypotheses on curves were checked, ``inf`` for all; effort
        units.
    """

    card: Card
    hypotheses: dict[str, bool]
    checked_to: float = math.inf

    @property
    def applies(self) -> bool:
        """Whether all hypotheses hold."""
        return all(self.hypotheses.values())


def theorem_cards(game: Game | str, protocol: Any) -> list[Reading]:
    """Every card with its hypotheses checked on ``game`` under an exact rule."""
    subgame = Subgame.exact(game, protocol).reduced()

    def read(found: Card) -> Reading:
        limit = checked_to(subgame) if {*found.needs} & {*PAPER} else math.inf
        return Reading(found, {needed.name: needed.on(subgame) for needed in found.hypotheses}, limit)

    return [read(card(name)) for name in cards()]


def deciding_card(subgame: Subgame) -> str:
    """The title of the card that decides between pure and cycle, ``none`` if none applies."""
    if not all(HYPOTHESES[name].on(subgame) for name in REQUIRED):
        return "none"
    if temptation_of(subgame).pair:
        name = "theorem-4.6" if just_overtaking_pays.on(subgame) else "temptation"
    else:
        name = "dominance" if overtaking_loses.on(subgame) else "temptation"
    return card(name).title
