"""Rounded boards: scores are published to a few decimals, and models that look equal share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from benchgame_env.game import Game, Ties
from benchgame_env.rules.layer import Layer
from benchgame_env.rules.registry import register_protocol
from benchgame_env.validate import Floats, integer

DIGITS = 15  # decimals that float64 carries


@register_protocol("rounded")
@dataclass(frozen=True, kw_only=True)
class Rounded(Layer):
    """Show the scores of ``base`` to a fixed number of decimals, and rank by what is shown.

    Formula: ``s_i = rint(10^decimals a_i) / 10^decimals``, ``a_i`` the score under ``base``; half a unit
    goes to the even neighbour. It is monotone in float64 too, step by step.
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

    def show(self, scores: Floats) -> Floats:
        # Multiplied, rounded, divided by a constant: each is monotone, so the whole is.
        return np.rint(scores * self._unit) / self._unit

    def hidden(self, shown: Floats) -> Floats:
        shown = np.asarray(shown, dtype=np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            step = np.ceil(shown * self._unit)
            # The product is rounded, so it may have passed a whole number, either way.
            step += step / self._unit < shown
            step -= (step - 1) / self._unit >= shown
            guess = (step - 0.5) / self._unit
        searched = np.isfinite(guess)
        aim = np.where(searched, shown, 0.0)
        least = self._least(np.where(searched, guess, -0.5 / self._unit), aim)
        return np.where(searched, least, shown)  # a score without an end is shown as it is

    def _least(self, scores: Floats, shown: Floats) -> Floats:
        """From a few float64 numbers off, the first score that shows at least ``shown``."""
        while (short := self.show(scores) < shown).any():
            scores = np.where(short, np.nextafter(scores, np.inf), scores)
        while (ample := self.show(before := np.nextafter(scores, -np.inf)) >= shown).any():
            scores = np.where(ample, before, scores)
        return scores

    def effort_for(self, game: Game, scores: Floats) -> Floats:
        # An inverse is off by rounding, and just short of a step is a whole step short: go beyond it.
        least = super().effort_for(game, scores)
        for k in range(30):
            short = np.isfinite(least) & (self.score(game, np.where(np.isinf(least), 0, least)) < scores)
            if not short.any():
                break
            least = np.where(short, least + 2.0 ** (k - 52) * np.maximum(least, 1.0), least)
        return least

    @property
    def _unit(self) -> float:
        return 10.0**self.decimals
