"""The picture of a comparison: what each setting costs the designer, and how well its board ranks.

Resources are not weighed against each other, so each has an axis of its own; with prices there is one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from html import escape
from pathlib import Path

import numpy as np

from benchgame_env.cli import figures
from benchgame_env.cli.levels import plain
from benchgame_env.theory.design.play import NASH
from benchgame_env.training.compare_protocols.figures import SHAPES
from benchgame_env.training.compare_protocols.results import costs_of, is_stable, label_of
from benchgame_env.training.compare_protocols.rows import Row
from benchgame_env.training.html.drawing import Axis, Frame, exact_axis, logarithmic_axis

FREE = "free"
KINDS = {"pure": "stable", "cycle": "not stable", "undecided": "undecided"}
WHOLE = Frame(
    Axis(0, 1, ()), Axis(0, 1, ()), width=430, height=270, left=38, right=10, top=12, bottom=44
)
STRIP, GAP = 54.0, 24.0  # pixels: the part for what costs nothing, and between parts
LETTER = 7.0  # pixels of a digit of a tick, which is larger than in small figures
TAU = "kendall_tau"


def in_picture(row: Row) -> bool:
    """Whether a row has a place: an equilibrium with one Kendall tau."""
    return not row["error"] and row["concept"] == NASH and row[TAU] is not None


def picture(
    rows: list[Row],
    prices: Mapping[str, float] | None = None,
    announced: Row | None = None,
    band: tuple[float, float] | None = None,
) -> str:
    """The picture as SVG; empty if no row has a place in it.

    Parameters
    ----------
    rows : list of Row
        The settings.
    prices : mapping, optional
        Price of each resource; then cost is the total.
    announced : Row, optional
        The setting to announce, which is named in the picture.
    band : (float, float), optional
        Costs in tuning between which honest play becomes stable in most draws, shaded.
    """
    places = {id(row): _place(row, prices) for row in rows if in_picture(row)}
    kept = [row for row in rows if id(row) in places]
    if not kept:
        return ""
    ends = [row[f"{TAU}_low"] for row in kept if row.get(f"{TAU}_low") is not None]
    base = replace(WHOLE, up=exact_axis(min([*ends, *(row[TAU] for row in kept)]) - 0.02, 1.02))
    names = sorted({name for name, _ in places.values()}, key=lambda name: (name != FREE, name))
    parts: list[str] = []
    for name, left, right in _strips(names):
        here = [(row, places[id(row)][1]) for row in kept if places[id(row)][0] == name]
        shaded = band if name == "tuning" else None
        parts += _strip(
            replace(base, left=left, right=WHOLE.width - right), name, here, announced, shaded
        )
    about = "Kendall tau of each setting against the designer's cost of one evaluation"
    return base.svg(parts, about)


def draw(rows: list[Row], folder: Path) -> None:
    """Draw ranking against cost for a paper, as SVG, PDF and PNG: a file for each resource."""
    places = [(row, *_place(row, None)) for row in rows if in_picture(row)]
    for resource in sorted({name for _, name, _ in places} - {FREE}):
        groups: dict[str, tuple[list[float], list[float]]] = {}
        for row, name, cost in places:
            if name == resource:
                across, up = groups.setdefault(KINDS[kind_of(row)], ([], []))
                across.append(cost)
                up.append(row[TAU])
        in_order = (kind for kind in KINDS.values() if kind in groups)
        known = {kind: (np.array(groups[kind][0]), np.array(groups[kind][1])) for kind in in_order}
        words = f"the designer's cost of one evaluation, {resource}", "Kendall tau to quality"
        figures.points(known, words, folder, f"ranking-against-{resource}")


def kind_of(row: Row) -> str:
    """Whether a setting is stable, as the CSS class of its mark."""
    if is_stable(row):
        return "pure"
    return "undecided" if row["regime"] == "undecided" else "cycle"


def _place(row: Row, prices: Mapping[str, float] | None) -> tuple[str, float]:
    """The axis of a setting and where it is on that; what costs several resources is on the axis of the
    one that comes last in the alphabet."""
    costs = costs_of(row)
    if prices is not None:
        total = sum(prices[name] * cost for name, cost in costs.items())
        return ("total cost", total) if total else (FREE, 0.0)
    return max(costs.items()) if costs else (FREE, 0.0)


def _strips(names: list[str]) -> Iterable[tuple[str, float, float]]:
    """The part of the width for each name: its left and right end, pixels."""
    free = STRIP if FREE in names else 0.0
    others = [name for name in names if name != FREE]
    room = WHOLE.width - WHOLE.left - WHOLE.right - free - GAP * (len(names) - 1)
    left = WHOLE.left
    for name in names:
        wide = free if name == FREE else room / len(others)
        yield name, left, left + wide
        left += wide + GAP


def _strip(
    frame: Frame,
    name: str,
    here: list[tuple[Row, float]],
    announced: Row | None,
    band: tuple[float, float] | None,
) -> Iterable[str]:
    if name == FREE:  # side by side, for there is no cost that tells them apart
        here = [(row, float(k)) for k, (row, _) in enumerate(here)]
        frame = replace(frame, across=Axis(-1.0, len(here), ()))
    else:
        costs = [cost for _, cost in here]
        frame = replace(frame, across=logarithmic_axis(min(costs), max(costs)))
        yield from _ticks(frame)
    if band is not None:
        yield frame.band(*band, "band pure")
    middle = (frame.left + frame.width - frame.right) / 2
    place = f'text-anchor="middle" x="{middle:.1f}" y="{frame.height - 6}"'
    yield f'<text class="name" {place}>{name}</text>'
    if name != FREE:
        yield _frontier(frame, here)
    for row, at in here:
        yield _mark(frame, row, at, row is announced)


def _ticks(frame: Frame) -> Iterable[str]:
    """Ticks of the cost; the numbers that have room."""
    foot, free_from = frame.height - frame.bottom, -math.inf
    for tick, x in zip(frame.across.ticks, frame.x(frame.across.ticks), strict=True):
        words = plain(tick)
        yield f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{frame.top}" y2="{foot + 3}"/>'
        half = LETTER * len(words) / 2
        if x - half >= free_from and x + half <= frame.width - frame.right + GAP / 2:
            free_from = x + half + LETTER
            yield f'<text class="tick" text-anchor="middle" x="{x:.1f}" y="{foot + 14}">{words}</text>'


def _frontier(frame: Frame, here: list[tuple[Row, float]]) -> str:
    """The best ranking that stable settings give at each cost, as steps."""
    stable = sorted((cost, row[TAU]) for row, cost in here if is_stable(row))
    if not stable:
        return ""
    costs, best = np.array([cost for cost, _ in stable]), np.maximum.accumulate([t for _, t in stable])
    x = np.append(np.repeat(costs, 2)[1:], frame.across.high)
    return frame.line(x, np.repeat(best, 2), "pure bold")


def _mark(frame: Frame, row: Row, at: float, announced: bool) -> str:
    low, high = row.get(f"{TAU}_low"), row.get(f"{TAU}_high")
    whisker = "" if low is None or low == high else frame.line([at, at], [low, high], "joined")
    kind = kind_of(row)
    drawn = f"{whisker}{frame.dot(at, row[TAU], kind, SHAPES[kind])}"
    if announced:
        x, y = float(frame.x(at)), float(frame.y(row[TAU]))
        side, shift = ("end", -10) if x > frame.width / 2 else ("start", 10)
        drawn += (
            f'<circle class="ring" cx="{x:.1f}" cy="{y:.1f}" r="8"/>'
            f'<text class="name strong" text-anchor="{side}" x="{x + shift:.1f}" y="{y + 20:.1f}">'
            "announce this</text>"
        )
    return f"<g><title>{escape(label_of(row))}: {row[TAU]:.4g}</title>{drawn}</g>"
