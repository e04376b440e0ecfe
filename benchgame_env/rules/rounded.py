"""Rounded boards: scores are published to a few decimals, and models that look equal share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from benchgame_env.game import Ties
from benchgame_env.numerics import RHO, above, below, publish
from benchgame_env.rules.contract import Traits
from benchgame_env.rules.layer import Layer
from benchgame_env.rules.registry import register_protocol
from benchgame_env.validate import Floats, integer

DIGITS = 15  # decimals that float64 carries
MOST = 2.0**52  # whole numbers from here on are all the numbers that there are


@register_protocol("rounded")
@dataclass(frozen=True, kw_only=True)
class Rounded(Layer):
    """Show the scores of ``base`` to a fixed number of decimals, and rank by what is shown.

    Formula: ``s_i = rint(10^decimals a_i) / 10^decimals``, ``a_i`` the score under ``base`` as published
    (see `benchgame_env.numerics`); half a unit goes to the even neighbour.
    Parameters: ``decimals``: 0 to 15; leaderboards in per cent with one decimal have 3. ``base``: any
    rule that ranks by score. ``ties``: ``split`` or ``quality``.
    Publishes: what ``base`` publishes, and ``decimals``.
    Costs the designer: what ``base`` costs.
    Deterministic: as ``base``.
    State: that of ``base``.
    Ties: models that show the same share the prizes of their block; or by quality.
    Used by: nearly every published table.
    Rewards: effort up to the next step of the last decimal, and nothing between steps.
    Version: 0.
    """

    example: ClassVar[dict[str, Any]] = {"decimals": 2}

    decimals: int
    ties: Ties = "split"

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "decimals", integer("decimals", self.decimals, low=0))
        if self.decimals > DIGITS:
            raise ValueError(f"decimals: must be <= {DIGITS}, got {self.decimals}")

    @property
    def traits(self) -> Traits:
        return self.base.traits if self._shows_all else super().traits

    @property
    def _shows_all(self) -> bool:
        """Whether the decimals are finer than the grid of published scores: the rule is its base."""
        return 10.0**-self.decimals < RHO

    def show(self, scores: Floats) -> Floats:
        if self._shows_all:
            return scores
        # Multiplied, rounded, divided by a constant: each is monotone, so the whole is.
        return np.rint(publish(scores) * self._unit) / self._unit

    def hidden(self, shown: Floats) -> Floats:
        if self._shows_all:
            return shown
        # On the grid of published scores, so that last digits of a curve decide nothing.
        aims, shown = publish(shown), np.asarray(shown, dtype=np.float64)
        searched = np.isfinite(aims) & (np.abs(aims) * self._unit < MOST)
        aims = np.where(searched, aims, 0.0)
        step = np.ceil(aims * self._unit)
        step -= publish((step - 1) / self._unit) >= aims  # the product is rounded
        least = publish((step - 0.5) / self._unit)
        while (short := publish(self.show(least)) < aims).any():
            least = np.where(short, above(least), least)
        while (ample := publish(self.show(below(least))) >= aims).any():
            least = np.where(ample, below(least), least)
        return np.where(searched, least, shown)  # a score without an end is shown as it is

    @property
    def _unit(self) -> float:
        return 10.0**self.decimals
