"""Score curves ``v_i(x)``: what model i scores after total effort ``x`` (theory section 1).

Symbols, here and in the paper (arXiv 2603.08371):

====================  =============================================================  ===================
``theta_i``           latent quality of developer i's model, best first
``x = Delta + e_i``   total effort: the designer's tuning plus the developer's own   effort units
``v_i(x)``            score after total effort ``x``, non-decreasing and continuous  accuracy in [0, 1]
``L_i, U_i``          floor and ceiling of the scaling law                           accuracy
``alpha_i, beta_i``   intercept and slope of the scaling law
====================  =============================================================  ===================

Any object with ``score`` and ``effort_for`` is a valid family; `Curves` says what they mean. Curves may
cross, need not be concave, and a better model may need more effort than a worse one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import isotonic_regression
from scipy.special import expit, logit

from benchgame_env.validate import Floats, vector


class Curves(Protocol):
    """The two members that make an object a family of score curves for n developers."""

    def score(self, effort: Any, /) -> Any:
        """Total effort ``[..., n]`` (>= 0) to score ``[..., n]``, non-decreasing in effort."""

    def effort_for(self, score: Any, /) -> Any:
        """Score ``[..., n]`` to the least total effort ``[..., n]`` that reaches it: 0 where the
        model has that score without tuning, ``inf`` where no effort suffices."""

    # Optional: ``strictly_increasing``, True if by the family's formula more effort always raises the
    # score, even where float64 cannot show it; False if the curves have flat stretches.
    # ``continuous``, True if scores do not jump by formula. Where a family does not declare these, they
    # are found numerically.


@dataclass(frozen=True, eq=False)
class ScalingLaw:
    """The paper's generalised logit law: ``log((v - L) / (U - v)) = alpha + beta * log(1 + x)``.

    Parameters
    ----------
    lower, upper : array_like
        Floor ``L`` and ceiling ``U``, ``[n]``, ``0 <= L < U <= 1``.
    intercept, slope : array_like
        ``alpha`` and ``beta``, ``[n]``, ``beta > 0``.
    """

    lower: Any
    upper: Any
    intercept: Any
    slope: Any
    strictly_increasing = True
    continuous = True

    def __post_init__(self) -> None:
        for field in ("lower", "upper", "intercept", "slope"):
            value = vector(field, getattr(self, field))
            object.__setattr__(self, field, value)
            if value.size != self.lower.size:
                raise ValueError(f"{field}: {value.size} values, but lower has {self.lower.size}")
        bad = np.flatnonzero(~((self.lower >= 0) & (self.lower < self.upper) & (self.upper <= 1)))
        if bad.size:
            raise ValueError(
                "lower, upper: need 0 <= lower < upper <= 1, got "
                f"lower={self.lower[bad].tolist()} upper={self.upper[bad].tolist()}"
            )
        if (self.slope <= 0).any():
            raise ValueError(f"slope: must be > 0 (scores would fall), got {self.slope.tolist()}")

    @property
    def n_developers(self) -> int:
        """Number of developers."""
        return self.lower.size

    def score(self, effort: ArrayLike) -> Floats:
        """Scores ``[..., n]`` at total efforts ``[..., n]``."""
        log_odds = self.intercept + self.slope * np.log1p(effort)
        return self.lower + (self.upper - self.lower) * expit(log_odds)

    def effort_for(self, score: ArrayLike) -> Floats:
        """Least total efforts ``[..., n]`` that reach scores ``[..., n]``; ``inf`` where none does."""
        share = (np.asarray(score, dtype=np.float64) - self.lower) / (self.upper - self.lower)
        # logit(0) = -inf becomes effort 0, logit(1) = inf stays out of reach.
        with np.errstate(over="ignore"):
            effort = np.expm1((logit(np.clip(share, 0.0, 1.0)) - self.intercept) / self.slope)
        return np.maximum(effort, 0.0)


@dataclass(frozen=True, eq=False)
class Additive:
    """``v_i(x) = 1 - exp(-(theta_i + x))``: effort adds to quality one for one.

    ``Delta`` is the same for all and cancels out of every comparison, so tune-before-test has no effect.

    Parameters
    ----------
    quality : array_like
        ``theta``, ``[n]``, >= 0.
    """

    quality: Any
    strictly_increasing = True
    continuous = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "quality", vector("quality", self.quality))
        if (self.quality < 0).any():
            raise ValueError(f"quality: must be >= 0, got {self.quality.tolist()}")

    @property
    def n_developers(self) -> int:
        """Number of developers."""
        return self.quality.size

    def score(self, effort: ArrayLike) -> Floats:
        """Scores ``[..., n]`` at total efforts ``[..., n]``."""
        return -np.expm1(-(self.quality + effort))

    def effort_for(self, score: ArrayLike) -> Floats:
        """Least total efforts ``[..., n]`` that reach scores ``[..., n]``; ``inf`` where none does."""
        reach = np.minimum(np.asarray(score, dtype=np.float64), 1.0)
        with np.errstate(divide="ignore"):
            return np.maximum(-np.log1p(-reach) - self.quality, 0.0)


@dataclass(frozen=True, eq=False)
class Tabulated:
    """Straight lines through measured checkpoints, constant before the first and after the last.

    Parameters
    ----------
    efforts : sequence of array_like
        Per developer a vector of total efforts, strictly increasing, >= 0. Lengths may differ.
    scores : sequence of array_like
        Per developer the scores there, non-decreasing. Noisy checkpoints rarely are: see
        `Tabulated.isotonic`.
    """

    efforts: Any
    scores: Any
    strictly_increasing = False
    continuous = True

    def __post_init__(self) -> None:
        efforts, scores = list(self.efforts), list(self.scores)
        if len(efforts) != len(scores) or not efforts:
            raise ValueError(f"efforts, scores: {len(efforts)} and {len(scores)} developers")
        for i, (x, y) in enumerate(zip(efforts, scores, strict=True)):
            x, y = vector(f"efforts[{i}]", x), vector(f"scores[{i}]", y)
            if x.size != y.size:
                raise ValueError(f"scores[{i}]: {y.size} values for {x.size} efforts")
            if x[0] < 0 or (np.diff(x) <= 0).any():
                raise ValueError(f"efforts[{i}]: must be >= 0 and strictly increasing: {x.tolist()}")
            if (np.diff(y) < 0).any():
                raise ValueError(f"scores[{i}]: must not decrease, got {y.tolist()}")
            efforts[i], scores[i] = x, y
        object.__setattr__(self, "efforts", tuple(efforts))
        object.__setattr__(self, "scores", tuple(scores))

    @classmethod
    def isotonic(
        cls,
        efforts: Sequence[ArrayLike],
        scores: Sequence[ArrayLike],
        stderr: Sequence[ArrayLike],
    ) -> Tabulated:
        """The closest non-decreasing curves to noisy checkpoints, weighted by ``1 / stderr**2``."""
        for errors in stderr:
            if (vector("stderr", errors) <= 0).any():
                raise ValueError(f"stderr: must be > 0, got {np.asarray(errors).tolist()}")
        smooth = [
            isotonic_regression(np.asarray(y, dtype=np.float64), weights=vector("stderr", se) ** -2.0).x
            for y, se in zip(scores, stderr, strict=True)
        ]
        return cls(efforts, smooth)

    @property
    def n_developers(self) -> int:
        """Number of developers."""
        return len(self.efforts)

    def score(self, effort: ArrayLike) -> Floats:
        """Scores ``[..., n]`` at total efforts ``[..., n]``."""
        columns = np.moveaxis(np.asarray(effort, dtype=np.float64), -1, 0)
        tables = zip(columns, self.efforts, self.scores, strict=True)
        return np.stack([np.interp(column, x, y) for column, x, y in tables], axis=-1)

    def effort_for(self, score: ArrayLike) -> Floats:
        """Least total efforts ``[..., n]`` that reach scores ``[..., n]``; ``inf`` where none does."""
        columns = np.moveaxis(np.asarray(score, dtype=np.float64), -1, 0)
        tables = zip(columns, self.efforts, self.scores, strict=True)
        return np.stack([_least_effort(column, x, y) for column, x, y in tables], axis=-1)


def _least_effort(score: Floats, x: Floats, y: Floats) -> Floats:
    """Left inverse of the line through (x, y): on a plateau of y, its left end."""
    knot = np.searchsorted(y, score, side="left")
    right = np.clip(knot, 1, y.size - 1) if y.size > 1 else np.zeros_like(knot)
    left = np.maximum(right - 1, 0)
    rise = np.where(y[right] > y[left], y[right] - y[left], 1.0)
    inside = x[left] + (x[right] - x[left]) * np.clip((score - y[left]) / rise, 0.0, 1.0)
    return np.where(knot == 0, 0.0, np.where(knot == y.size, np.inf, inside))
