"""Figures of the comparison of algorithms that a benchmark keeps in ``statistics.json``."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from benchgame_env.records import read_record, reading
from benchgame_env.training.benchmark.statistics import (
    SCHEMA,
    Comparison,
    Improvement,
    Profile,
    Statistics,
)
from benchgame_env.training.grading.intervals import Estimate
from benchgame_env.training.html.drawing import SHARES, Axis, Frame, linear_axis, sample
from benchgame_env.training.html.page import legend, panels, paragraph

ROW = 26  # pixels


def section(path: Path, colour_of: Callable[[str], str]) -> str:
    """HTML of the figures of ``statistics.json``; empty without that file.

    Parameters
    ----------
    path : Path
        The file; its content is a `Statistics`.
    colour_of : callable
        From the name of an algorithm to its CSS classes, see `drawing.colour`.

    Returns
    -------
    str
        HTML.

    Raises
    ------
    ValueError
        If the file is damaged.
    """
    if not path.exists():
        return ""
    content: Statistics = read_record(Statistics, path, SCHEMA)
    with reading(path):
        for one in content.comparisons:
            for name in one.iqm:
                colour_of(name)  # an algorithm that is not in the suite has none
    parts = [_comparison(one, colour_of) for one in content.comparisons if len(one.iqm) > 1]
    if not parts:
        return ""
    without = ", ".join(f"{name} {count}" for name, count in content.missing.items() if count)
    note = f"Score: {content.score}; more is better. 95 % intervals by stratified bootstrap; "
    note += "none where a task has a single seed."
    note += f" Runs without a score: {without}." * bool(without)
    return f"<h2>Algorithms compared</h2>\n{paragraph(note)}{''.join(parts)}"


def _comparison(comparison: Comparison, colour_of: Callable[[str], str]) -> str:
    iqm = comparison.iqm
    best = max(iqm, key=lambda name: iqm[name].value)
    pairs = (pair for pair in comparison.improvement if best in (pair.better, pair.than))
    chances = dict(_against(best, pair) for pair in pairs)
    ends = np.array([(one.value, one.low, one.high) for one in iqm.values()])
    across = linear_axis(float(np.nanmin(ends)), float(np.nanmax(ends)))
    drawn = [
        ("Interquartile mean", intervals(iqm, across, "score", colour_of)),
        (
            f"Probability that {best} does better than",
            intervals(chances, SHARES, "probability", colour_of, reference=0.5),
        ),
        ("Performance profile", _profile(comparison.profile, colour_of)),
    ]
    signs = legend((sample(colour_of(name)), name) for name in iqm)
    return f"{paragraph('On ' + '; '.join(comparison.tasks) + ':')}{signs}{panels(drawn)}"


def _against(best: str, pair: Improvement) -> tuple[str, Estimate]:
    """The other algorithm of a pair, and the probability that ``best`` does better."""
    if pair.better == best:
        return pair.than, pair
    return pair.better, Estimate(1 - pair.value, 1 - pair.high, 1 - pair.low)


def intervals(
    estimates: Mapping[str, Estimate],
    across: Axis,
    unit: str,
    colour_of: Callable[[str], str],
    reference: float | None = None,
) -> str:
    """One row for each estimate: its name, and below it a point with its interval."""
    height = 46 + ROW * max(len(estimates), 1)
    frame = Frame(across, Axis(-len(estimates), 0, ()), height=height, left=12)
    parts = [] if reference is None else [frame.upright(reference)]
    for k, (name, one) in enumerate(estimates.items()):
        row, kind = -k - 0.7, f"{colour_of(name)} solid"
        parts += [
            frame.words(across.low, row + 0.3, name, "start"),
            "" if math.isnan(one.low) else frame.line([one.low, one.high], [row, row], f"{kind} bold"),
            frame.dot(one.value, row, kind),
        ]
    described = "; ".join(
        f"{name} {e.value:.3g}" + ("" if math.isnan(e.low) else f" [{e.low:.3g}, {e.high:.3g}]")
        for name, e in estimates.items()
    )
    return frame.svg(parts, described, unit)


def _profile(profiles: dict[str, Profile], colour_of: Callable[[str], str]) -> str:
    bands, lines = [], []
    frame = Frame(SHARES, SHARES)
    for name, one in profiles.items():
        if np.isfinite(one.low).all():
            bands.append(frame.area(one.tau, one.low, one.high, f"{colour_of(name)} band"))
        lines.append(frame.line(one.tau, one.share, colour_of(name)))
    described = f"Share of runs whose score exceeds a threshold: {', '.join(profiles)}"
    return frame.svg([*bands, *lines], described, "score")
