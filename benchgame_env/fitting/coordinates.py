"""Scaling laws in coordinates without bounds, in which fits are nearly normal.

A law is ``theta = (logit L, logit (U - L) / (1 - L), midpoint, log beta)``, ``[..., 4]``; the midpoint,
``-alpha / beta``, is ``log(1 + steps)`` where half of the gain is made.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logit

from benchgame_env.curves import ScalingLaw
from benchgame_env.fitting.scaling_fit import MAX_SLOPE
from benchgame_env.validate import Floats

# Beyond these, laws are the same in float64, or steeper than checkpoints can tell apart.
LOW = np.array([-15.0, -15.0, -100.0, -10.0])
HIGH = np.array([15.0, 15.0, 200.0, np.log(MAX_SLOPE)])


def from_law(law: ScalingLaw) -> Floats:
    """The coordinates of laws ``[...]``, ``[..., 4]``, within `LOW` and `HIGH`."""
    share = (law.upper - law.lower) / (1 - law.lower)
    theta = (logit(law.lower), logit(share), -law.intercept / law.slope, np.log(law.slope))
    return np.clip(np.stack(theta, axis=-1), LOW, HIGH)


def to_law(theta: Floats) -> ScalingLaw:
    """The laws at coordinates ``[..., 4]``."""
    lower, slope = expit(theta[..., 0]), np.exp(theta[..., 3])
    upper = np.minimum(lower + expit(theta[..., 1]) * expit(-theta[..., 0]), 1.0)
    return ScalingLaw(lower, upper, -slope * theta[..., 2], slope)


def scores(theta: Floats, x: Floats) -> Floats:
    """Scores ``[..., m]`` of laws ``[..., 4]`` at ``x = log(1 + steps)``, ``[..., m]``."""
    lower, share, midpoint, log_slope = np.moveaxis(theta[..., None], -2, 0)
    return expit(lower) + expit(share) * expit(-lower) * expit(np.exp(log_slope) * (x - midpoint))


def derivatives(theta: Floats, x: Floats) -> tuple[Floats, Floats]:
    """`scores` and their derivatives by the coordinates, ``[..., m, 4]``."""
    lower, share, midpoint, log_slope = np.moveaxis(theta[..., None], -2, 0)
    room, gain, slope = expit(-lower), expit(share) * expit(-lower), np.exp(log_slope)
    rise = expit(slope * (x - midpoint))
    steep = gain * rise * (1 - rise) * slope
    columns = (
        expit(lower) * room * (1 - expit(share) * rise),
        gain * expit(-share) * rise,
        -steep,
        steep * (x - midpoint),
    )
    return expit(lower) + gain * rise, np.stack(columns, axis=-1)
