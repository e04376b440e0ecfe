"""A game: a function that returns one, whose arguments are overrides of `bg.load_game`."""

from __future__ import annotations

import benchgame_env as bg


def rivals(gap: float = 0.25) -> bg.Game:
    """Two developers whose qualities are a gap apart, one prize of 1."""
    return bg.Game(bg.curves.Additive([gap, 0.0]), bg.LinearCost(), [1.0, 0.0])
