"""Figures over seeds with 95 % intervals, and their bounds: the interval decides, not the mean."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from benchgame_env.validate import Floats

Outcome = Literal["match", "mismatch", "undecided"]

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval, from ``low`` to ``high``."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.4f} [{self.low:.4f}, {self.high:.4f}]"


@dataclass(frozen=True)
class Figure:
    """A mean over seeds with its 95 % interval."""

    name: str
    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.name}: {self.mean:.4g} [{self.low:.4g}, {self.high:.4g}]"


@dataclass(frozen=True)
class Check(Figure):
    """A figure with its bound.

    Attributes
    ----------
    bound : float
        The bound, in the unit of the figure.
    outcome : "match", "mismatch" or "undecided"
        ``match`` if the whole interval keeps the bound, ``mismatch`` if none of it does.
    passed : tuple of bool
        Whether each seed keeps the bound on its own.
    """

    bound: float
    outcome: Outcome
    passed: tuple[bool, ...]

    def __str__(self) -> str:
        return f"{super().__str__()}, bound {self.bound:g}: {self.outcome}"


def below(name: str, values: Iterable[float], bound: float) -> Check:
    """Check by the t interval that the mean of ``values`` (one for each seed) is below ``bound``."""
    values = list(values)
    found = average(name, values)
    outcome: Outcome = (
        "match" if found.high < bound else "mismatch" if found.low >= bound else "undecided"
    )
    return Check(
        **vars(found), bound=bound, outcome=outcome, passed=tuple(bool(v < bound) for v in values)
    )


def mostly(name: str, flags: Iterable[bool]) -> Check:
    """Check by the exact binomial interval that ``flags`` (one for each seed) are mostly true."""
    passed = tuple(map(bool, flags))
    found = share(name, passed)
    outcome: Outcome = "match" if found.low > 0.5 else "mismatch" if found.high <= 0.5 else "undecided"
    return Check(**vars(found), bound=0.5, outcome=outcome, passed=passed)


def share(name: str, flags: tuple[bool, ...]) -> Figure:
    """The share of true ``flags`` with its exact (Clopper-Pearson) interval."""
    found = stats.binomtest(sum(flags), len(flags)).proportion_ci(CONFIDENCE)
    return Figure(name, float(np.mean(flags)), float(found.low), float(found.high))


def average(name: str, values: Iterable[float]) -> Figure:
    """The mean of ``values`` (one for each seed) with its t interval."""
    array = np.array(list(values), dtype=np.float64)
    return Figure(name, float(array.mean()), *t_interval(array))


def t_interval(values: Floats) -> tuple[float, float]:
    """The 95 % t interval of the mean of ``values``; from -inf to inf for a single value."""
    if values.size < 2:
        return -np.inf, np.inf
    half = stats.t.ppf(0.5 + CONFIDENCE / 2, values.size - 1) * stats.sem(values)
    return float(values.mean() - half), float(values.mean() + half)


def with_margin(values: Floats, form: str, margin_form: str = "") -> str:
    """The mean and half of its 95 % t interval as text; the mean alone for a single value."""
    low, high = t_interval(values)
    margin = f" ± {(high - low) / 2:{margin_form or form}}" if np.isfinite(high) else ""
    return f"{values.mean():{form}}{margin}"
