"""First look: a developer's first evaluation is the one that counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from benchgame_env.game import Board, Game
from benchgame_env.rules.contract import Revised, Rng, Traits
from benchgame_env.rules.layer import Layer
from benchgame_env.rules.registry import register_protocol
from benchgame_env.validate import Floats


@register_protocol("first-look")
@dataclass(frozen=True, kw_only=True)
class FirstLook(Layer):
    """Only the first model that a developer hands in is ever tested.

    Formula: ``s_i(t) = a_i(min(t, t_i))``, ``a_i`` the score under ``base`` and ``t_i`` the first board
    after developer i could revise. Until then its model is shown as it is.
    Parameters: ``base``: any rule that ranks by score. ``ties``: default those of ``base``.
    Publishes: what ``base`` publishes.
    Costs the designer: what ``base`` costs, at most; tests of locked models could be saved.
    Deterministic: as ``base``.
    State: who is locked and at which score; and that of ``base``.
    Ties: as ``base``.
    Used by: sealed competitions, and readers who trust only scores from before a test was known.
    Rewards: effort once, before the first test; later effort is wasted.
    Version: 0.
    """

    @property
    def traits(self) -> Traits:
        return super().traits.with_memory()

    def start(self, game: Game, shape: tuple[int, ...]) -> Any:
        return self.base.start(game, shape), np.zeros(shape, dtype=bool), np.zeros(shape)

    def play(
        self, game: Game, efforts: Floats, state: Any = None, rng: Rng = None, revised: Revised = None
    ) -> tuple[Board, Any]:
        before, locked, first = state
        board, after = self.base.play(game, efforts, before, rng, revised)
        scores = np.where(locked, first, board.scores)
        locked = locked | (True if revised is None else revised)
        return game.board(scores.copy(), self.ties), (after, locked, scores)
