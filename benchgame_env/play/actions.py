"""What an action means: a number on the effort axis of the game, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from benchgame_env.game import Game
from benchgame_env.validate import Floats, choice, integer

ACTION_TYPES = ("continuous", "discrete")
ACTION_SCALES = ("linear", "log")
# The log scale resolves about one ten-thousandth of the largest effort: single steps in thousands.
LOG_RANGE = 1e4
LOG_SPAN = np.log1p(LOG_RANGE)


@dataclass(frozen=True, eq=False)
class EffortAxis:
    """Maps actions to efforts in ``[0, max_effort]`` by way of a position in [0, 1].

    Parameters
    ----------
    max_effort: effort at position 1, ``[n]``, finite, >= 0.
    action_type: ``continuous``: actions in [-1, 1], -1 is effort 0; ``discrete``: level numbers
        0 to ``levels - 1``, level 0 is effort 0.
    levels: number of discrete levels, >= 2.
    scale: ``linear``: effort = position * max; ``log``: equal steps of position multiply effort.
    """

    max_effort: Floats
    action_type: str = "continuous"
    levels: int = 41
    scale: str = "linear"

    def __post_init__(self) -> None:
        choice("action_type", self.action_type, ACTION_TYPES)
        choice("action_scale", self.scale, ACTION_SCALES)
        integer("effort_levels", self.levels, low=2)

    @classmethod
    def of(cls, game: Game, action_type: str, levels: int, scale: str) -> EffortAxis:
        """The axis of ``game``: up to the budget, or to what the prizes are worth without one."""
        if np.isinf(game.max_effort).any():
            raise ValueError("budget: must be finite where the cost of effort is bounded")
        return cls(game.max_effort, action_type, levels, scale)

    def position(self, action: Any) -> Floats:
        """Finite actions to positions in [0, 1], same shape; out-of-range actions are clipped."""
        action = np.asarray(action, dtype=np.float64)
        if self.action_type == "discrete":
            return _clip(action, 0.0, self.levels - 1.0) / (self.levels - 1)
        return _clip(action, -1.0, 1.0) * 0.5 + 0.5

    def effort(self, position: Floats) -> Floats:
        """Positions ``[..., n]`` to efforts ``[..., n]``."""
        if self.scale == "log":
            share = np.expm1(position * LOG_SPAN) / LOG_RANGE
            position = np.where(position < 1, np.minimum(share, 1.0), 1.0)  # the top is exact
        return position * self.max_effort

    def action(self, effort: ArrayLike) -> Any:
        """Efforts ``[..., n]`` to the actions ``[..., n]`` that name them (the nearest level)."""
        share = np.asarray(effort) / np.where(self.max_effort > 0, self.max_effort, 1.0)
        share = np.clip(share, 0.0, 1.0)
        if self.scale == "log":
            share = np.log1p(share * LOG_RANGE) / LOG_SPAN
        if self.action_type == "discrete":
            return np.rint(share * (self.levels - 1)).astype(np.int64)
        return 2.0 * share - 1.0


def _clip(values: Floats, low: float, high: float) -> Floats:
    """As ``np.clip``, whose own checks take longer than a batch of one."""
    return np.minimum(np.maximum(values, low), high)
