"""Figures over seeds with intervals, and their bounds: the interval decides, not the mean.

A check of developers is decided by each of them alone (theory section 8). It is a ``match`` if the upper
end of every developer is below the bound, each at 2.5 %, and a ``mismatch`` if the lower end of one is
not, at 2.5 % for all developers together. Never by an interval of the largest figure, which is biased.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import scipy
from numpy.typing import ArrayLike

from benchgame_env.metrics.regret_bounds import RegretBounds
from benchgame_env.validate import Floats

Outcome = Literal["match", "mismatch", "undecided"]

CONFIDENCE = 0.95
TAIL = (1 - CONFIDENCE) / 2


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
        ``match`` if the intervals keep the bound, ``mismatch`` if one does not, see the module.
    passed, failed : tuple of bool
        Whether the figure of each seed on its own keeps the bound, and whether it surely does not. A
        seed with too few plays does neither.
    who : int or None
        The developer whose figure this is: the one that decides, or the one closest to the bound. None
        if the figure is not of developers.
    """

    bound: float
    outcome: Outcome
    passed: tuple[bool, ...]
    failed: tuple[bool, ...]
    who: int | None = None

    def __str__(self) -> str:
        return f"{super().__str__()}, bound {self.bound:g}: {self.outcome}"


@dataclass(frozen=True, eq=False)
class Bounds:
    """Figures of developers in one seed, with the ends of their intervals.

    Attributes
    ----------
    estimate : array ``[n]``
        The figures, as estimated; never biased downwards.
    low, high : array ``[n]``
        Lower and upper ends; the same as the estimates where these are exact.
    """

    estimate: Floats
    low: Floats
    high: Floats

    @classmethod
    def exact(cls, values: ArrayLike) -> Bounds:
        """Figures ``[n]`` without an error."""
        array = np.atleast_1d(np.asarray(values, dtype=np.float64))
        return cls(array, array, array)

    @classmethod
    def of(cls, found: RegretBounds, scale: float) -> Bounds:
        """Regrets as shares of ``scale``."""
        return cls(found.estimate / scale, found.low / scale, found.high / scale)


def all_below(name: str, seeds: Sequence[Bounds], bound: float, one_set: bool = False) -> Check:
    """Check that the figures of all developers are below ``bound``; ``seeds`` holds those of each seed.

    T intervals over seeds decide: of the estimates for the upper ends, and of the lower ends for the
    lower ones. What no seed saw in its few plays may still happen: seeds together leave open a share of
    what each of them does. With ``one_set`` the only seed is a set of plays whose own intervals decide.
    """
    estimate, low, high = (
        np.array([getattr(seed, end) for seed in seeds]) for end in ("estimate", "low", "high")
    )
    mean, n = estimate.mean(axis=0), estimate.shape[1]
    if one_set:
        lower, upper = low[0], high[0]
    elif len(seeds) > 1:
        upper = mean + _half_width(estimate, TAIL) + (high - estimate).mean(axis=0) / len(seeds)
        lower = low.mean(axis=0) - _half_width(low, TAIL / n)
    else:
        lower, upper = np.full((2, n), [[-np.inf], [np.inf]])
    outcome: Outcome = (
        "mismatch" if (lower >= bound).any() else "match" if (upper < bound).all() else "undecided"
    )
    who = int(np.argmax(lower if outcome == "mismatch" else upper))
    if np.isnan(mean).any():
        outcome, who = "undecided", int(np.argmax(np.isnan(mean)))
    return Check(
        name,
        mean=float(mean[who]),
        low=float(lower[who]),
        high=float(upper[who]),
        bound=bound,
        outcome=outcome,
        passed=tuple(bool(own.all()) for own in estimate < bound),
        failed=tuple(bool(own.any()) for own in low >= bound),
        who=who if n > 1 else None,
    )


def below(name: str, values: Iterable[float], bound: float, one_set: bool = False) -> Check:
    """Check that a figure of which each seed has one of ``values`` is below ``bound``."""
    return all_below(name, [Bounds.exact([value]) for value in values], bound, one_set)


def mostly(name: str, flags: Iterable[bool], one_set: bool = False) -> Check:
    """Check by the exact binomial interval that ``flags`` (one for each seed) are mostly true; with
    ``one_set`` the only flag decides."""
    passed = tuple(map(bool, flags))
    found = Figure(name, *(3 * passed)) if one_set else share(name, passed)
    outcome: Outcome = "match" if found.low > 0.5 else "mismatch" if found.high <= 0.5 else "undecided"
    failed = tuple(not flag for flag in passed)
    return Check(**vars(found), bound=0.5, outcome=outcome, passed=passed, failed=failed)


def share(name: str, flags: tuple[bool, ...]) -> Figure:
    """The share of true ``flags`` with its exact (Clopper-Pearson) interval."""
    found = scipy.stats.binomtest(sum(flags), len(flags)).proportion_ci(CONFIDENCE)
    return Figure(name, float(np.mean(flags)), float(found.low), float(found.high))


def average(name: str, values: Iterable[float]) -> Figure:
    """The mean of ``values`` (one for each seed) with its t interval."""
    array = np.array(list(values), dtype=np.float64)
    return Figure(name, float(array.mean()), *t_interval(array))


def t_interval(values: Floats) -> tuple[float, float]:
    """The 95 % t interval of the mean of ``values``; from -inf to inf for a single value."""
    if values.size < 2:
        return -np.inf, np.inf
    half = _half_width(values, TAIL)
    return float(values.mean() - half), float(values.mean() + half)


def _half_width(values: Floats, tail: float) -> Any:
    """Half of the t interval of the mean of ``values`` ``[seeds, ...]``, with an error of ``tail`` on
    each side."""
    return scipy.stats.t.ppf(1 - tail, len(values) - 1) * scipy.stats.sem(values)


def with_margin(values: Floats, form: str, margin_form: str = "") -> str:
    """The mean and half of its 95 % t interval as text; the mean alone for a single value."""
    low, high = t_interval(values)
    margin = f" ± {(high - low) / 2:{margin_form or form}}" if np.isfinite(high) else ""
    return f"{values.mean():{form}}{margin}"
