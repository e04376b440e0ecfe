"""The parameter-free Ladder: the step is the standard error of the improvement itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from benchgame_env.numerics import publish
from benchgame_env.rules.ladder import BestSoFar
from benchgame_env.rules.registry import register_protocol
from benchgame_env.validate import Floats, count


@register_protocol("ladder-free")
@dataclass(frozen=True, kw_only=True)
class LadderFree(BestSoFar):
    """A developer's shown score moves only when a test beats what it shows by a standard error.

    Formula: ``b_t = round(a_t)`` if ``a_t > b_{t-1} + sqrt((a_t (1 - a_t) + b_{t-1} (1 - b_{t-1})) /
    items)``, else ``b_{t-1}``; ``round`` to the nearest multiple of ``1 / items``, ``a_t`` the score
    under ``base``, ``b_0 = -inf``. Blum and Hardt (2015, the parameter-free Ladder) take the standard
    error of the paired differences on the sample; a rule sees scores and not answers, so here the two
    tests count as independent binomials. Where models solve much the same items this is the larger one.
    Parameters: ``items``: size of the sample, >= 1. ``base``: any rule that ranks by score, as a
    ``finite-test`` of as many items; scores beyond 0 and 1 have no error. ``ties``: default those of
    ``base``.
    Publishes: what ``base`` publishes, and ``items``.
    Costs the designer: what ``base`` costs; every board tests every model.
    Deterministic: as ``base``.
    State: what each developer shows, its best; and that of ``base``.
    Ties: frequent, as scores are multiples of ``1 / items``; as ``base``, or by quality, or split.
    Used by: machine learning competitions that do not want to choose a step.
    Rewards: improvements that a test of this size can tell; less effort later on loses nothing.
    Version: 0.
    """

    example: ClassVar[dict[str, Any]] = {"items": 100}

    items: int

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "items", count("items", self.items))

    def improves(self, scores: Floats, best: Floats) -> NDArray[np.bool_]:
        a, b = np.clip(scores, 0.0, 1.0), np.clip(best, 0.0, 1.0)
        return scores > publish(best + np.sqrt((a * (1 - a) + b * (1 - b)) / self.items))

    def steps(self, scores: Floats) -> Floats:
        return np.rint(scores * self.items) / self.items
