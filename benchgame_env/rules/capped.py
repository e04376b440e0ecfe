"""Capped effort: own effort counts up to a cap that all developers share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from benchgame_env.rules.layer import Layer
from benchgame_env.rules.registry import register_protocol
from benchgame_env.validate import Floats, number


@register_protocol("capped")
@dataclass(frozen=True, kw_only=True)
class Capped(Layer):
    """Own effort beyond the cap does not count.

    Formula: ``base`` sees ``min(e_i, effort)``; developers pay for all of ``e_i``.
    Parameters: ``effort``: the cap, effort units, >= 0; 0 leaves nothing to choose. ``base``: any rule
    that ranks by score. ``ties``: default those of ``base``.
    Publishes: what ``base`` publishes, and ``effort``.
    Costs the designer: what ``base`` costs; that the cap is kept to is taken for granted.
    Deterministic: as ``base``.
    State: that of ``base``.
    Ties: as ``base``; models of equal curves tie at the cap.
    Used by: closed divisions (MLPerf) and compute-matched tracks.
    Rewards: what ``base`` rewards, up to the cap; beyond it effort is wasted.
    Version: 0.
    """

    example: ClassVar[dict[str, Any]] = {"effort": 0.5}

    effort: float

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "effort", number("effort", self.effort, low=0))

    def counted(self, efforts: Floats) -> Floats:
        return np.minimum(efforts, self.effort)

    def needed(self, counted: Floats) -> Floats:
        return np.where(counted <= self.effort, counted, np.inf)
