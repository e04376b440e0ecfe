"""Small figures of an outcome against a protocol's parameter, as SVG."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape

from benchgame_env.training.html.drawing import Axis, Frame

LETTER = 6.0  # pixels of a digit of a tick
SHAPES = {"pure": "disc", "cycle": "square", "undecided": "diamond", "unpredicted": "cross"}


@dataclass(frozen=True)
class Point:
    """A value with its interval at one setting.

    Attributes
    ----------
    where : str
        The parameters, in words.
    value, low, high : float
        The value and the ends of its interval; a value of NaN leaves the interval alone.
    regime : str
        Key of `SHAPES`.
    label : str
        The setting, in words.
    """

    where: str
    value: float
    low: float
    high: float
    regime: str
    label: str


def panel(points: list[Point], axis: Axis, parameter: str, description: str) -> str:
    """Points of one protocol over its settings, which are evenly spaced, in order but not to scale."""
    across = Axis(-0.5, len(points) - 0.5, ())
    widest = max((len(f"{tick:,.10g}") for tick in axis.ticks), default=0)
    left = max(46.0, LETTER * widest + 8)
    frame = Frame(across, axis, width=280, height=210, left=left, right=10, top=8, bottom=62)
    parts = [frame.line(range(len(points)), [point.value for point in points], "joined")]
    foot = frame.height - frame.bottom + 11
    for k, point in enumerate(points):
        whisker = frame.line([k, k], [point.low, point.high], "joined")
        there = math.isfinite(point.value)
        sign = frame.dot(k, point.value, point.regime, SHAPES[point.regime]) if there else ""
        words = f"{point.value:.4g}" if there else f"{point.low:.4g} to {point.high:.4g}"
        parts += [
            whisker if point.high > point.low else "",
            f"<g><title>{escape(point.label)}: {words}</title>{sign}</g>",
            f'<text class="tick" text-anchor="end" '
            f'transform="translate({float(frame.x(k)) + 3:.1f},{foot}) rotate(-50)">'
            f"{escape(point.where)}</text>",
        ]
    return frame.svg(parts, description, parameter)
