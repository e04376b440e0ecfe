"""Refreshed tests: part of the test is replaced every round, so effort spent on it wears off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from benchgame_env.game import Board, Game
from benchgame_env.rules.contract import Revised, Rng, Traits
from benchgame_env.rules.layer import Layer
from benchgame_env.rules.registry import register_protocol
from benchgame_env.validate import Floats, number


@register_protocol("refreshed")
@dataclass(frozen=True, kw_only=True)
class Refreshed(Layer):
    """A share of past effort stops counting every round, so what counts is a stock.

    Formula: ``k_t = (1 - rate) k_{t-1} + e_t``, each developer's own; ``base`` sees the stock ``k_t``.
    Parameters: ``rate``: share of the test replaced between rounds, in [0, 1]; 1 is ``base`` itself, at
    0 all effort ever spent counts. ``base``: any rule that ranks by score. ``ties``: default those of
    ``base``.
    Publishes: what ``base`` publishes, and ``rate``.
    Costs the designer: ``refresh`` of ``rate`` tests' worth of new items, and what ``base`` costs.
    Deterministic: as ``base``.
    State: the stock, effort units, 0 before the board that opens an episode; and that of ``base``.
    Ties: as ``base``.
    Used by: benchmarks with monthly questions, such as LiveBench and LiveCodeBench.
    Rewards: effort sustained over rounds; little ``rate`` lets early effort last.
    Version: 0.
    """

    example: ClassVar[dict[str, Any]] = {"rate": 0.25}

    rate: float

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "rate", number("rate", self.rate, low=0))
        if self.rate > 1:
            raise ValueError(f"rate: must be <= 1, got {self.rate:g}")

    @property
    def traits(self) -> Traits:
        # At rate 1 nothing is left of earlier rounds: the rule is its base.
        return self.base.traits if self.rate == 1 else super().traits.with_memory()

    def start(self, game: Game, shape: tuple[int, ...]) -> Any:
        return self.base.start(game, shape), np.zeros(shape)

    def play(
        self, game: Game, efforts: Floats, state: Any = None, rng: Rng = None, revised: Revised = None
    ) -> tuple[Board, Any]:
        before, stock = state
        stock = (1 - self.rate) * stock + efforts
        board, after = self.base.play(game, stock, before, rng, revised)
        if not (self.base.traits.ranks_by_score and self.ties == self.base.ties):
            board = game.board(board.scores, self.ties)
        return board, (after, stock)

    def designer_cost(self, game: Game) -> dict[str, float]:
        cost = super().designer_cost(game)
        return {**cost, "refresh": cost.get("refresh", 0.0) + self.rate}
