"""When two scores are equal, and when a gain counts: the same answer on every machine.

Floating-point curves break ties that exist on paper, and differ between processors. So scores are
published on a grid: its step is ``rho = 2**-23`` for scores between -2 and 2, and the spacing of float32
beyond. Every published score is exact in float32. Ranks, boards, observations, best responses and
graders compare published scores; "strictly above" is the next one on the grid. The effort for a
published score aims at exactly that score, the middle of the cell that is rounded to it. So a difference
of a few units in the last place of a curve changes nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from benchgame_env.validate import Floats

RHO = 2.0**-23
WIDE = 2.0  # from here on the spacing of float32 is wider than rho
# A gain counts if it exceeds this share of P, and the cost of this many steps of the grid at the effort
# in question. One and a half: play that moves by whole steps is then never at the threshold.
GAIN, STEPS = 1e-9, 1.5


def publish(scores: ArrayLike) -> Floats:
    """Scores ``[...]`` as a board shows them, on the grid; infinities and NaN stay what they are."""
    scores = np.asarray(scores, dtype=np.float64)
    if scores.min(initial=0.0) > -WIDE and scores.max(initial=0.0) < WIDE:
        return np.rint(scores * (1 / RHO)) * RHO
    with np.errstate(over="ignore"):
        near = np.rint(scores * (1 / RHO)) * RHO
        return np.where(np.abs(scores) < WIDE, near, scores.astype(np.float32))


def above(shown: ArrayLike) -> Floats:
    """The next published scores above published ``shown`` ``[...]``: what is strictly better."""
    return _neighbour(shown, np.inf)


def below(shown: ArrayLike) -> Floats:
    """The next published scores below published ``shown`` ``[...]``."""
    return _neighbour(shown, -np.inf)


def beating(shown: ArrayLike, resolution: float) -> Floats:
    """The published scores that beat ``shown`` ``[...]`` by ``resolution`` (score units), rounded to the
    grid, and by one step of it at least."""
    return np.maximum(publish(np.asarray(shown) + resolution), above(shown))


def _neighbour(shown: ArrayLike, towards: float) -> Floats:
    shown = np.asarray(shown, dtype=np.float64)
    step = np.copysign(RHO, towards)
    near = shown + step
    wide = np.maximum(np.abs(shown), np.abs(near)) > WIDE
    if not wide.any():
        return near
    with np.errstate(over="ignore"):
        far: Any = np.nextafter(shown.astype(np.float32), np.float32(towards)).astype(np.float64)
    return np.where(wide, far, near)
