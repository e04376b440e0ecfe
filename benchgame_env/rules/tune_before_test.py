"""Tune-before-test: the designer fine-tunes every model on the test task, equally, before testing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from benchgame_env.game import TIES, Game, Ties
from benchgame_env.rules.contract import DeterministicProtocol
from benchgame_env.rules.registry import register_protocol
from benchgame_env.validate import Floats, choice, number


@register_protocol("tune-before-test")
@dataclass(frozen=True)
class TuneBeforeTest(DeterministicProtocol):
    """Give every model the same tuning on the test task, then rank.

    Formula: ``s_i = v_i(level + e_i)`` (theory section 1, ``Delta = level``; paper section 5).
    Parameters: ``level``: effort the designer gives each model, effort units (fine-tuning steps on
    the real games), >= 0; 0 is direct evaluation. ``ties``: ``quality`` or ``split``.
    Publishes: ``level``.
    Costs the designer: ``tuning`` of ``level`` effort units for each model.
    Deterministic: yes.
    State: none.
    Ties: rare; by quality, or split.
    Used by: train-before-test evaluations (arXiv 2507.05195).
    Rewards: quality, once ``level`` is large enough that overtaking costs more than it wins.
    Version: 0.
    """

    example: ClassVar[dict[str, Any]] = {"level": 3000.0}

    level: float
    ties: Ties = "quality"

    traits = replace(DeterministicProtocol.traits, strict=True, accuracies=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "level", number("level", self.level, low=0))
        choice("ties", self.ties, TIES)

    def score(self, game: Game, efforts: Floats) -> Floats:
        return game.curves.score(self.level + np.asarray(efforts))

    def effort_for(self, game: Game, scores: Floats) -> Floats:
        return np.maximum(game.curves.effort_for(scores) - self.level, 0.0)

    def designer_cost(self, game: Game) -> dict[str, float]:
        return {"tuning": game.n_developers * self.level}
