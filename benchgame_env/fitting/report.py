"""What a calibration prints: every fitted figure to the digits that its draws' spread leaves."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchgame_env.curves import ScalingLaw
from benchgame_env.validate import Floats

REPORT_DRAWS = 1000
SURE = 0.95  # share of draws from which on the order of two ceilings counts as known
MARK = "*"
LAW = ("lower", "upper", "intercept", "slope")


@dataclass(frozen=True)
class Spread:
    """How far the figures of fitted models may be off, ``[k]`` each.

    Attributes
    ----------
    lower, upper, intercept, slope : array of float
        Half of the width of the central 68 % of draws of a parameter.
    ceiling : array of float
        5 and 95 % quantiles of the ceilings, ``[k, 2]``.
    half : array of float
        Of the steps after which half of the gain is made, their median and half width, ``[k, 2]``.
    above : array of float
        Share of draws in which a model's ceiling exceeds another's, ``[k, k]``.
    """

    lower: Floats
    upper: Floats
    intercept: Floats
    slope: Floats
    ceiling: Floats
    half: Floats
    above: Floats

    @classmethod
    def of(cls, laws: ScalingLaw) -> Spread:
        """The spread of draws, parameters ``[draws, k]``."""
        upper = laws.upper
        with np.errstate(over="ignore"):
            half = np.maximum(np.expm1(-laws.intercept / laws.slope), 0)
        above = np.stack([(upper > upper[:, [k]]).mean(axis=0) for k in range(upper.shape[1])], axis=1)
        return cls(
            half_width(laws.lower),
            half_width(upper),
            half_width(laws.intercept),
            half_width(laws.slope),
            ceiling=np.quantile(upper, [0.05, 0.95], axis=0).T,
            half=np.stack([np.median(half, axis=0), half_width(half)], axis=1),
            above=above,
        )


def half_width(draws: Floats) -> Floats:
    """Half of the width of the central 68 % of draws ``[draws, ...]``."""
    low, high = np.quantile(draws, [0.16, 0.84], axis=0)
    return np.asarray((high - low) / 2)


def deserved(value: float, spread: float) -> str:
    """A figure to the digits that it deserves.

    Parameters
    ----------
    value : float
        The figure.
    spread : float
        How far it may be off, >= 0, such as `half_width` of its draws; where it is 0 or not finite,
        four digits are shown.

    Returns
    -------
    str
        Rounded to the first digit of the spread, or to the second where the first is 1.

    Examples
    --------
    >>> deserved(2248.27, 412.0), deserved(0.47871, 0.0312), deserved(0.47871, 0.0131)
    ('2,200', '0.48', '0.479')
    """
    if not (math.isfinite(value) and math.isfinite(spread) and spread > 0):
        return f"{value:,.4g}"
    exponent = math.floor(math.log10(spread))
    places = (1 if spread < 2 * 10.0**exponent else 0) - exponent
    return f"{round(value, places):,.{max(places, 0)}f}"


def beyond_checkpoints(level: float, ranges: Mapping[str, tuple[float, float]]) -> list[str]:
    """The models whose last checkpoint lies before ``level``, so that their curves are extrapolated.

    Parameters
    ----------
    level : float
        Total effort, effort units.
    ranges : mapping
        First and last measured effort by model, as `benchgame_env.named_games.checkpoints` gives.
    """
    return [name for name, (_, last) in ranges.items() if level > last]


def mark(level: float, ranges: Mapping[str, tuple[float, float]]) -> str:
    """`MARK` behind a level beyond the last checkpoint of a model, else an empty text."""
    return MARK if beyond_checkpoints(level, ranges) else ""


def meaning_of_mark(levels: Iterable[float], ranges: Mapping[str, tuple[float, float]]) -> str:
    """The sentence that explains the marks at ``levels``; empty if none is marked."""
    names = list(dict.fromkeys(name for level in levels for name in beyond_checkpoints(level, ranges)))
    if not names:
        return ""
    last = min(ranges[name][1] for name in names)
    who = "every model" if len(names) == len(ranges) else ", ".join(names)
    return f"{MARK} beyond the last checkpoint of {who} ({last:,.6g}): there curves are extrapolated."


def not_told_apart(names: Sequence[str], above: Floats) -> dict[str, list[str]]:
    """The models whose ceilings cannot be told apart.

    Parameters
    ----------
    names : sequence of str
        Best fitted ceiling first.
    above : array of float
        Share of draws in which the ceiling of the row's model exceeds that of the column's, ``[k, k]``.

    Returns
    -------
    dict of str to list of str
        Each model and those below it whose ceilings exceed its own in more than 5 % of draws.
    """
    unsure = np.triu(np.minimum(above, above.T) > 1 - SURE, k=1)
    return {
        name: [names[int(j)] for j in np.flatnonzero(row)]
        for name, row in zip(names, unsure, strict=True)
        if row.any()
    }


COLUMNS = ("points", "to step", "floor", "ceiling", "9 in 10", "half at", "slope", "rms", "max")
WIDTHS = (6, 7, 5, 7, 11, 7, 5, 4, 4)


def table(fits: Sequence[Any], spread: Spread | None) -> list[str]:
    """Lines of a table of `benchgame_env.calibration.ModelFit`, and what has to be said of it."""
    rows = [("model", *COLUMNS), *(_row(f, k, spread) for k, f in enumerate(fits))]
    width = max(len(row[0]) for row in rows)
    lines = [
        " ".join([row[0].ljust(width), *(c.rjust(w) for c, w in zip(row[1:], WIDTHS, strict=True))])
        for row in rows
    ]
    return [*lines, *_notes(fits, spread)]


def _row(fitted: Any, k: int, spread: Spread | None) -> tuple[str, ...]:
    off = [0.0005] * 4 if spread is None else [getattr(spread, key)[k] for key in LAW]
    lower, upper, _, slope = (deserved(getattr(fitted, key), s) for key, s in zip(LAW, off, strict=True))
    ends, half = "", ""
    if spread is not None:
        ends = "-".join(deserved(end, spread.upper[k]) for end in spread.ceiling[k])
        half = deserved(*spread.half[k]) + (MARK if _is_far(fitted, k, spread) else "")
    name = fitted.name + ("" if fitted.identified else "?")
    misfit = (f"{fitted.rms_residual:.2f}", f"{fitted.max_residual:.2f}")
    points, last = f"{fitted.checkpoints:,}", f"{fitted.last_steps:,.6g}"
    return name, points, last, lower, upper, ends, half, slope, *misfit


def _is_far(fitted: Any, k: int, spread: Spread) -> bool:
    own = {fitted.name: (fitted.first_steps, fitted.last_steps)}
    return bool(beyond_checkpoints(spread.half[k][0], own))


def _notes(fits: Sequence[Any], spread: Spread | None) -> list[str]:
    lines = ["rms, max: residuals, in standard errors of the checkpoints."]
    unsure = [f.name for f in fits if not f.identified]
    if unsure:
        lines.append(
            f"? ceiling not identified by the checkpoints: {', '.join(unsure)}. Figures are the most "
            "probable ones given the other models; draws show what is left open."
        )
    if spread is None:
        return lines
    lines.insert(
        0, "9 in 10: where that share of draws has the ceiling; half at: steps to half of the gain."
    )
    far = [f.name for k, f in enumerate(fits) if _is_far(f, k, spread)]
    if far:
        lines.append(
            f"{MARK} beyond the last checkpoint of {', '.join(far)}: the curve is extrapolated."
        )
    pairs = not_told_apart([f.name for f in fits], spread.above)
    if pairs:
        lines.append("Ceilings that cannot be told apart (either order in more than 5 % of draws):")
        lines += [f"  {name} and {', '.join(others)}" for name, others in pairs.items()]
    return lines
