"""Gymnasium's spaces of what developers see and do."""

from __future__ import annotations

import numpy as np
from gymnasium import Space
from gymnasium.spaces import Box, Discrete

from benchgame_env.play.actions import EffortAxis
from benchgame_env.play.parts import Layout


def box(layout: Layout) -> Box:
    """The space of vectors of this layout, a new object."""
    low, high = layout.bounds()
    return Box(low, high, dtype=np.float32)


def of_action(axis: EffortAxis) -> Space:
    """The space of one developer's action, a new object."""
    if axis.action_type == "discrete":
        return Discrete(axis.levels)
    return Box(-1.0, 1.0, (1,), dtype=np.float32)
