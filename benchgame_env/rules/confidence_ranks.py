"""Ranks by confidence intervals: models that a test cannot tell apart share a rank and its prizes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from benchgame_env.game import Board, Game, Ties
from benchgame_env.numerics import publish
from benchgame_env.rules.contract import Traits
from benchgame_env.rules.finite_test import FiniteTest
from benchgame_env.rules.registry import register_protocol
from benchgame_env.validate import Floats, number


@register_protocol("confidence-ranks")
@dataclass(frozen=True)
class ConfidenceRanks(FiniteTest):
    """Rank a model below those alone whose confidence intervals lie wholly above its own.

    Formula: ``rank_i = 1 + #{j : s_j - h_j > s_i + h_i}``, ``h = z sqrt(s (1 - s) / items)``, with ``s``
    drawn as in ``finite-test``.
    Parameters: ``items``: size of the test, >= 1. ``z``: half width in standard errors, >= 0 (1.96 for
    95 %); 0 is ``finite-test`` with split ties. ``base``: the rule without noise, on a game whose scores
    are accuracies, that gives the chances.
    Publishes: what ``base`` publishes, ``items`` and ``z``.
    Costs the designer: ``items`` for each model, and what ``base`` costs.
    Deterministic: no.
    State: that of ``base``.
    Ties: models of equal rank share the mean of the prizes they cover. Groups cover consecutive places
    in order of rank, so the pot is always paid out: ranks 1, 1, 2 win places 1 and 2 (shared) and 3.
    Intervals of width 0, at scores 0 and 1, are taken as they are.
    Used by: Chatbot Arena, as rank (UB).
    Rewards: being so far ahead that the test can tell; small leads share.
    Version: 0.
    """

    example: ClassVar[dict[str, Any]] = {"items": 100, "z": 1.96}
    ties: ClassVar[Ties] = "split"  # type: ignore[misc]  # shared ranks leave no choice

    z: float = 1.96

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "z", number("z", self.z, low=0))

    @property
    def traits(self) -> Traits:
        # Intervals of width 0 leave a finite test with split ties.
        if self.z == 0:
            return super().traits
        return replace(super().traits, draws="joint", ranks_by_score=False)

    def award(self, game: Game, shares: Floats) -> Board:
        half = self.z * np.sqrt(shares * (1 - shares) / self.items)
        lower, upper = shares - half, shares + half
        ranks = 1 + (lower[..., None, :] > upper[..., :, None]).sum(axis=-1)
        # Ranks in the place of scores: blocks of equal rank cover consecutive places.
        prizes = game.board(-ranks.astype(np.float64), "split").prizes
        return Board(publish(shares), ranks, prizes)
