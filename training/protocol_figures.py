"""Small figures of an outcome against a protocol's parameter, as SVG that needs nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 280, 210
LEFT, RIGHT, TOP, BOTTOM = 46, 10, 8, 62  # margins
MOST_TICKS = 6


@dataclass(frozen=True)
class Point:
    """A value with its interval at one setting."""

    where: str  # the parameter, in words
    value: float
    low: float
    high: float
    regime: str
    label: str


@dataclass(frozen=True)
class Axis:
    """A vertical axis that all panels of an outcome share."""

    low: float
    high: float
    ticks: tuple[float, ...]
    logarithmic: bool = False

    def height(self, value: float) -> float:
        """Where ``value`` stands in a panel, in pixels from the top."""
        scale: Callable[[float], float] = math.log10 if self.logarithmic else float
        share = (scale(value) - scale(self.low)) / (scale(self.high) - scale(self.low))
        return HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP)


def linear_axis(low: float, high: float) -> Axis:
    """From below ``low`` to above ``high``, with ticks at round numbers."""
    high = high if high > low else low + 1.0
    rough = (high - low) / (MOST_TICKS - 1)
    unit = 10.0 ** math.floor(math.log10(rough))
    step = unit * next(m for m in (1, 2, 5, 10) if m * unit >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = tuple(round(k * step, 12) for k in range(first, last + 1))
    return Axis(ticks[0], ticks[-1], ticks)


def logarithmic_axis(low: float, high: float) -> Axis:
    """Decades around positive values."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    last = max(last, first + 1)
    ticks = tuple(10.0**k for k in range(first, last + 1, 1 + (last - first) // MOST_TICKS))
    return Axis(10.0**first, 10.0**last, ticks, logarithmic=True)


def panel(points: list[Point], axis: Axis, parameter: str, description: str) -> str:
    """One protocol's points over its settings, which stand evenly and in order, not to scale."""
    step = (WIDTH - LEFT - RIGHT) / max(len(points), 1)
    across = [LEFT + (k + 0.5) * step for k in range(len(points))]
    parts = [_grid(axis)]
    line = " ".join(f"{x:.1f},{axis.height(p.value):.1f}" for x, p in zip(across, points, strict=True))
    parts.append(f'<polyline class="line" points="{line}"/>')
    for x, point in zip(across, points, strict=True):
        y = HEIGHT - BOTTOM + 11
        parts += [
            _whisker(x, point, axis),
            f"<g><title>{escape(point.label)}: {point.value:.4g}</title>"
            f"{marker(point.regime, x, axis.height(point.value))}</g>",
            f'<text class="tick" text-anchor="end" transform="translate({x + 3:.1f},{y}) rotate(-50)">'
            f"{escape(point.where)}</text>",
        ]
    middle = (LEFT + WIDTH - RIGHT) / 2
    place = f'text-anchor="middle" x="{middle}" y="{HEIGHT - 4}"'
    parts.append(f'<text class="name" {place}>{escape(parameter)}</text>')
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(description)}">'
        + "".join(parts)
        + "</svg>"
    )


def marker(regime: str, x: float, y: float) -> str:
    """A disc for pure, an empty square for cycle, a diamond for undecided, a cross for anything else."""
    if regime == "pure":
        return f'<circle class="pure" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>'
    if regime == "cycle":
        return f'<rect class="cycle" x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8"/>'
    if regime != "undecided":
        strokes = f"M{x - 4:.1f},{y - 4:.1f}l8,8m0,-8l-8,8"
        return f'<path class="unpredicted" d="{strokes}"/>'
    corners = f"{x:.1f},{y - 5:.1f} {x + 5:.1f},{y:.1f} {x:.1f},{y + 5:.1f} {x - 5:.1f},{y:.1f}"
    return f'<polygon class="undecided" points="{corners}"/>'


def _grid(axis: Axis) -> str:
    lines = []
    for tick in axis.ticks:
        y = axis.height(tick)
        lines.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text class="tick" text-anchor="end" x="{LEFT - 5}" y="{y + 3:.1f}">{tick:,.6g}</text>'
        )
    return "".join(lines)


def _whisker(x: float, point: Point, axis: Axis) -> str:
    if point.high <= point.low:
        return ""
    low, high = (axis.height(min(max(v, axis.low), axis.high)) for v in (point.low, point.high))
    return f'<line class="line" x1="{x:.1f}" x2="{x:.1f}" y1="{low:.1f}" y2="{high:.1f}"/>'
