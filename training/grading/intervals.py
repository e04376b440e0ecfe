"""Figures over seeds, and figures against their bounds. An interval decides, never a point."""

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
    """A figure against its bound: ``match`` if its interval lies inside, ``mismatch`` if outside, else
    ``undecided``; ``passed`` says of each seed whether it lies inside on its own."""

    bound: float
    outcome: Outcome
    passed: tuple[bool, ...]

    def __str__(self) -> str:
        return f"{super().__str__()}, bound {self.bound:g}: {self.outcome}"


def below(name: str, values: Iterable[float], bound: float) -> Check:
    """Whether the mean of ``values`` (one per seed) lies below ``bound``, by the t interval."""
    array = np.array(list(values), dtype=np.float64)
    low, high = t_interval(array)
    outcome: Outcome = "match" if high < bound else "mismatch" if low >= bound else "undecided"
    return Check(name, float(array.mean()), low, high, bound, outcome, _flags(array < bound))


def mostly(name: str, flags: Iterable[bool]) -> Check:
    """Whether more than half of all seeds would be true, by the exact binomial interval."""
    passed = _flags(flags)
    found = share(name, passed)
    outcome: Outcome = "match" if found.low > 0.5 else "mismatch" if found.high <= 0.5 else "undecided"
    return Check(name, found.mean, found.low, found.high, 0.5, outcome, passed)


def share(name: str, flags: tuple[bool, ...]) -> Figure:
    """The share of true ``flags`` with its exact (Clopper-Pearson) interval."""
    found = stats.binomtest(sum(flags), len(flags)).proportion_ci(CONFIDENCE)
    return Figure(name, float(np.mean(flags)), float(found.low), float(found.high))


def average(name: str, values: Iterable[float]) -> Figure:
    """The mean of ``values`` (one per seed) with its t interval."""
    array = np.array(list(values), dtype=np.float64)
    return Figure(name, float(array.mean()), *t_interval(array))


def t_interval(values: Floats) -> tuple[float, float]:
    """The 95 % t interval of a mean; all of the line for a single value."""
    if values.size < 2:
        return -np.inf, np.inf
    half = stats.t.ppf(0.5 + CONFIDENCE / 2, values.size - 1) * stats.sem(values)
    return float(values.mean() - half), float(values.mean() + half)


def _flags(values: Iterable[bool]) -> tuple[bool, ...]:
    return tuple(bool(value) for value in values)
