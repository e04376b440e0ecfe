"""Algorithms compared, as ``statistics.json`` of a benchmark has it.

The file holds ``score``, what is compared, in words, of which more is better; ``missing``, per algorithm
how many runs have none; and ``comparisons``, each with

* ``tasks``: on which its algorithms are compared;
* ``iqm``: per algorithm an estimate, ``{"value": ..., "low": ..., "high": ...}``;
* ``improvement``: probabilities that an algorithm does better than another, estimates with their names
  ``better`` and ``than``;
* ``profile``: per algorithm thresholds ``tau`` ``[m]``, and the ``share`` of the runs that score above
  them, with ``low`` and ``high``, each ``[m]``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from training.grading.intervals import Estimate
from training.html.drawing import Axis, Frame, linear_axis, sample
from training.html.page import legend, panels, paragraph

ROW = 26  # pixels
SHARES = Axis(0, 1, (0, 0.25, 0.5, 0.75, 1))


def section(path: Path, colour_of: Callable[[str], str]) -> str:
    """The figures of ``statistics.json``; nothing without that file.

    ``colour_of``: the classes of an algorithm, see `drawing.colour`.

    Raises
    ------
    ValueError: the file is damaged.
    """
    if not path.exists():
        return ""
    try:
        content = json.loads(path.read_text())
        parts = [_comparison(one, colour_of) for one in content["comparisons"] if len(one["iqm"]) > 1]
        without = ", ".join(f"{name} {count}" for name, count in content["missing"].items() if count)
        note = (
            f"Score: {content['score']}; more is better. 95 % intervals by stratified bootstrap."
            + f" Runs without a score: {without}." * bool(without)
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is damaged: {type(error).__name__} {error}") from error
    return f"<h2>Algorithms compared</h2>\n{paragraph(note)}{''.join(parts)}" if parts else ""


def _comparison(content: dict[str, Any], colour_of: Callable[[str], str]) -> str:
    iqm = {name: _estimate(one) for name, one in content["iqm"].items()}
    best = max(iqm, key=lambda name: iqm[name].value)
    chances = dict(
        _against(best, one) for one in content["improvement"] if best in (one["better"], one["than"])
    )
    ends = list(iqm.values())
    across = linear_axis(min(one.low for one in ends), max(one.high for one in ends))
    drawn = [
        ("Interquartile mean", intervals(iqm, across, "score", colour_of)),
        (
            f"Probability that {best} does better than",
            intervals(chances, SHARES, "probability", colour_of, reference=0.5),
        ),
        ("Performance profile", _profile(content["profile"], colour_of)),
    ]
    signs = legend((sample(colour_of(name)), name) for name in iqm)
    return f"{paragraph('On ' + '; '.join(content['tasks']) + ':')}{signs}{panels(drawn)}"


def _against(best: str, pair: dict[str, Any]) -> tuple[str, Estimate]:
    """The other of a pair, and the chance that ``best`` beats it."""
    chance = _estimate(pair)
    if pair["better"] == best:
        return pair["than"], chance
    return pair["better"], Estimate(1 - chance.value, 1 - chance.high, 1 - chance.low)


def _estimate(given: dict[str, Any]) -> Estimate:
    return Estimate(float(given["value"]), float(given["low"]), float(given["high"]))


def intervals(
    estimates: dict[str, Estimate],
    across: Axis,
    unit: str,
    colour_of: Callable[[str], str],
    reference: float | None = None,
) -> str:
    """A row an estimate: its name, and below it a point with its interval."""
    height = 46 + ROW * max(len(estimates), 1)
    frame = Frame(across, Axis(-len(estimates), 0, ()), height=height, left=12)
    parts = [] if reference is None else [frame.upright(reference)]
    for k, (name, one) in enumerate(estimates.items()):
        row, kind = -k - 0.7, f"{colour_of(name)} solid"
        parts += [
            frame.words(across.low, row + 0.3, name, "start"),
            frame.line([one.low, one.high], [row, row], f"{kind} bold"),
            frame.dot(one.value, row, kind),
        ]
    described = "; ".join(
        f"{name} {e.value:.3g} [{e.low:.3g}, {e.high:.3g}]" for name, e in estimates.items()
    )
    return frame.svg(parts, described, unit)


def _profile(given: dict[str, Any], colour_of: Callable[[str], str]) -> str:
    bands, lines = [], []
    frame = Frame(SHARES, SHARES)
    for name, one in given.items():
        tau, share, low, high = (
            np.array(one[key], dtype=np.float64) for key in ("tau", "share", "low", "high")
        )
        bands.append(frame.area(tau, low, high, f"{colour_of(name)} band"))
        lines.append(frame.line(tau, share, colour_of(name)))
    described = f"Share of runs whose score exceeds a threshold: {', '.join(given)}"
    return frame.svg([*bands, *lines], described, "score")
