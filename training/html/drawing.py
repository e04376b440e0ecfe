"""Axes, lines, areas and markers as SVG; `page` puts pages together."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from html import escape

import numpy as np
from numpy.typing import ArrayLike

from benchgame_env.cli.figures import COLOURS
from benchgame_env.validate import Floats

MOST_TICKS = 6
MOST_POINTS = 400  # of a line; a figure has fewer pixels across
# Dashes distinguish lines that meet, on paper too.
DASHES = ("none", "7 3", "2 2", "9 3 2 3", "4 2", "12 3", "1 3")
STYLE = (
    """
svg { width: 100%; height: auto; display: block; }
.tick { font-size: 10px; fill: #444; } .name { font-size: 11px; fill: #1a1a1a; }
.grid { stroke: #ddd; } .curve { fill: none; stroke: currentColor; stroke-width: 1.5; }
.area { fill: currentColor; } .disc { fill: currentColor; stroke: #fff; }
.square { fill: #fff; stroke: currentColor; stroke-width: 2; } .diamond { fill: currentColor; }
.cross { fill: none; stroke: currentColor; stroke-width: 2; }
.faint { stroke-width: .8; opacity: .4; } .bold { stroke-width: 2.4; } .band { opacity: .15; }
.truth { color: #1a1a1a; stroke-width: 1.6; stroke-dasharray: 5 3; }
.bound { color: #1a1a1a; stroke-width: 1; stroke-dasharray: 2 3; }
"""
    + "".join(
        f".c{k} {{ color: {colour}; }} .dash{k} {{ stroke-dasharray: {dash}; }}\n"
        for k, (colour, dash) in enumerate(zip(COLOURS, DASHES, strict=True))
    )
    + ".solid { stroke-dasharray: none; }\n"
)


@dataclass(frozen=True)
class Axis:
    """One direction of a figure.

    Attributes
    ----------
    low, high : float
        Its ends.
    ticks : tuple of float
        Values with a line and a number.
    scale : callable
        Function of values that is linear on the axis.
    """

    low: float
    high: float
    ticks: tuple[float, ...]
    scale: Callable[[ArrayLike], Floats] = np.asarray

    def share(self, values: ArrayLike) -> Floats:
        """Places of values: 0 at the low end, 1 at the high end; values beyond are at the ends."""
        low, high = float(self.scale(self.low)), float(self.scale(self.high))
        inside = np.clip(np.asarray(values, dtype=np.float64), self.low, self.high)
        return (self.scale(inside) - low) / (high - low)


SHARES = Axis(0, 1, (0, 0.25, 0.5, 0.75, 1))


def colour(i: int, dashed: bool = False) -> str:
    """CSS classes of the i-th of several lines, with ``dashed`` if they share a figure."""
    n = len(COLOURS)
    return f"c{i % n} dash{(i + i // n) % n}" if dashed else f"c{i % n}"


def linear_axis(low: float, high: float) -> Axis:
    """An axis from at most ``low`` to at least ``high``, with ticks at round numbers."""
    high = high if high > low else low + 1.0
    rough = (high - low) / (MOST_TICKS - 1)
    unit = 10.0 ** math.floor(math.log10(rough))
    step = unit * next(m for m in (1, 2, 5, 10) if m * unit >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = tuple(round(k * step, 12) for k in range(first, last + 1))
    return Axis(ticks[0], ticks[-1], ticks)


def exact_axis(low: float, high: float) -> Axis:
    """An axis from exactly ``low`` to ``high``, with ticks at the round numbers between them."""
    high = high if high > low else low + 1.0
    ticks = linear_axis(low, high).ticks
    return Axis(low, high, tuple(tick for tick in ticks if low <= tick <= high))


def logarithmic_axis(low: float, high: float) -> Axis:
    """A logarithmic axis over the powers of ten around ``low`` and ``high``, both positive."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    last = max(last, first + 1)
    return Axis(10.0**first, 10.0**last, _decades(first, last), np.log10)


def zero_axis(threshold: float, high: float) -> Axis:
    """An axis from 0 to ``high``: linear up to ``threshold``, a power of ten, then logarithmic."""
    high = max(high, 10 * threshold)
    first, last = round(math.log10(threshold)), math.floor(math.log10(high) + 1e-9)
    return Axis(0.0, high, (0.0, *_decades(first, last)), partial(_linear_then_log, threshold))


def power_of_ten(value: float) -> float:
    """The largest power of ten that is at most ``value``."""
    return float(10.0 ** math.floor(math.log10(value)))


def _decades(first: int, last: int) -> tuple[float, ...]:
    return tuple(10.0**k for k in range(first, last + 1, 1 + (last - first) // MOST_TICKS))


def _linear_then_log(threshold: float, values: ArrayLike) -> Floats:
    share = np.asarray(values, dtype=np.float64) / threshold
    return np.where(share <= 1, share, 1 + np.log10(np.maximum(share, 1)))


@dataclass(frozen=True)
class Frame:
    """Axes and size of a figure; its methods return SVG, or places in pixels.

    Attributes
    ----------
    across, up : Axis
        The horizontal and the vertical axis.
    width, height : float
        Size, pixels.
    left, right, top, bottom : float
        Margins, pixels.
    """

    across: Axis
    up: Axis
    width: float = 340
    height: float = 220
    left: float = 48
    right: float = 12
    top: float = 10
    bottom: float = 36

    def x(self, values: ArrayLike) -> Floats:
        """Horizontal places of values, pixels."""
        return self.left + self.across.share(values) * (self.width - self.left - self.right)

    def y(self, values: ArrayLike) -> Floats:
        """Vertical places of values, pixels."""
        return self.height - self.bottom - self.up.share(values) * (self.height - self.bottom - self.top)

    def line(self, x: ArrayLike, y: ArrayLike, kind: str) -> str:
        """A line through points, broken where ``y`` is not finite; ``kind``: its CSS classes."""
        points = zip(self.x(x), self.y(y), np.isfinite(y), strict=True)
        path, pen = [], "M"
        for px, py, there in points:
            if there:
                path.append(f"{pen}{px:.1f},{py:.1f}")
            pen = "L" if there else "M"
        return f'<path class="curve {kind}" d="{"".join(path)}"/>'

    def area(self, x: ArrayLike, low: ArrayLike, high: ArrayLike, kind: str) -> str:
        """The area between two lines."""
        x = np.asarray(x)
        corners = zip(
            np.concatenate((self.x(x), self.x(x[::-1]))),
            np.concatenate((self.y(high), self.y(np.asarray(low)[::-1]))),
            strict=True,
        )
        points = " ".join(f"{px:.1f},{py:.1f}" for px, py in corners)
        return f'<polygon class="area {kind}" points="{points}"/>'

    def level(self, value: float, kind: str = "bound") -> str:
        """A horizontal line at a value."""
        return self.line([self.across.low, self.across.high], [value, value], kind)

    def upright(self, value: float, kind: str = "bound") -> str:
        """A vertical line at a value."""
        return self.line([value, value], [self.up.low, self.up.high], kind)

    def band(self, low: float, high: float, kind: str) -> str:
        """A band over the whole height between two values of the horizontal axis."""
        return self.area([low, high], [self.up.low] * 2, [self.up.high] * 2, kind)

    def dot(self, x: float, y: float, kind: str, shape: str = "disc") -> str:
        """A marker at a point; ``kind``: its CSS classes."""
        return marker(shape, float(self.x(x)), float(self.y(y)), kind)

    def words(self, x: float, y: float, text: str, anchor: str = "middle", kind: str = "tick") -> str:
        """A text at a point; ``kind``: its CSS class."""
        place = f'text-anchor="{anchor}" x="{float(self.x(x)):.1f}" y="{float(self.y(y)):.1f}"'
        return f'<text class="{kind}" {place}>{escape(text)}</text>'

    def svg(self, parts: Iterable[str], description: str, across: str = "") -> str:
        """The whole figure: grid, ``parts``, and ``across``, the name of the horizontal axis."""
        middle = f'text-anchor="middle" x="{(self.left + self.width - self.right) / 2}"'
        name = f'<text class="name" {middle} y="{self.height - 4}">{escape(across)}</text>'
        drawn = (*self._rows(), *self._columns(), *parts, name)
        return svg(self.width, self.height, "".join(drawn), description)

    def _rows(self) -> Iterable[str]:
        for tick, y in zip(self.up.ticks, self.y(self.up.ticks), strict=True):
            ends = f'x1="{self.left}" x2="{self.width - self.right}" y1="{y:.1f}" y2="{y:.1f}"'
            place = f'text-anchor="end" x="{self.left - 5}" y="{y + 3:.1f}"'
            yield f'<line class="grid" {ends}/><text class="tick" {place}>{tick:,.10g}</text>'

    def _columns(self) -> Iterable[str]:
        for tick, x in zip(self.across.ticks, self.x(self.across.ticks), strict=True):
            foot = self.height - self.bottom
            place = f'text-anchor="middle" x="{x:.1f}" y="{foot + 14}"'
            yield (
                f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{foot}" y2="{foot + 3}"/>'
                f'<text class="tick" {place}>{tick:,.10g}</text>'
            )


def svg(width: float, height: float, inside: str, description: str) -> str:
    """An SVG picture; screen readers read ``description``."""
    box = f'viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(description)}"'
    return f"<svg {box}>{inside}</svg>"


def marker(shape: str, x: float, y: float, kind: str = "") -> str:
    """A disc, an empty square, a diamond or a cross around a place; ``kind``: its CSS classes."""
    look = f'class="{shape} {kind}"'
    if shape == "disc":
        return f'<circle {look} cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>'
    if shape == "square":
        return f'<rect {look} x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8"/>'
    if shape == "cross":
        return f'<path {look} d="M{x - 4:.1f},{y - 4:.1f}l8,8m0,-8l-8,8"/>'
    corners = f"{x:.1f},{y - 5:.1f} {x + 5:.1f},{y:.1f} {x:.1f},{y + 5:.1f} {x - 5:.1f},{y:.1f}"
    return f'<polygon {look} points="{corners}"/>'


def sample(kind: str, shape: str = "line") -> str:
    """A sign for a legend: a line, an area or a marker."""
    if shape == "line":
        drawn = f'<path class="curve {kind}" d="M1,7h26"/>'
    elif shape == "area":
        drawn = f'<rect class="area {kind}" x="1" y="2" width="26" height="10"/>'
    else:
        drawn = marker(shape, 14, 7, kind)
    return f'<svg class="sign" viewBox="0 0 28 14" aria-hidden="true">{drawn}</svg>'


def thinned(length: int, most: int = MOST_POINTS) -> np.ndarray:
    """Indices of at most ``most`` of ``length`` points, evenly spaced, with both ends."""
    return np.unique(np.linspace(0, length - 1, min(length, most)).round().astype(np.int64))
