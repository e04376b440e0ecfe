"""What each developer could gain by another effort, as far as plays or simulations tell."""

from __future__ import annotations

from dataclasses import dataclass

from benchgame_env.validate import Floats


@dataclass(frozen=True, eq=False)
class RegretBounds:
    """Regrets with intervals, one for each developer, prize units.

    Attributes
    ----------
    estimate : array ``[n]``
        Best estimate of each regret, >= 0.
    low : array ``[n]``
        Lower ends: each regret is at least this with the stated confidence.
    high : array ``[n]``
        Upper ends: each regret is at most this with the stated confidence; inf where too few plays tell.
    samples : int
        Plays, or simulated boards, that the figures rest on; 0 where they are exact.
    method : str
        How they were obtained, one phrase.
    """

    estimate: Floats
    low: Floats
    high: Floats
    samples: int
    method: str
