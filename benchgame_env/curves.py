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
from dataclasses import dataclass, fields
from typing import Any, NamedTuple, Protocol

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from benchgame_env.validate import Floats, array, vector


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
    #
    # Optional: ``exchange``, see `End`. With it, questions about whole ranges of levels take less work.


class End(NamedTuple):
    """One end of a range of levels ``Delta``: there r, with total effort x, scores what k does, or a
    little more or less.

    ``curves.exchange(low, high)`` returns bounds on the least and the largest ``dx / dDelta`` in the
    range, ``[..., rows, r]``.

    Attributes
    ----------
    k : array ``[rows, 1]``
        Who is passed, in each row.
    level : array ``[rows, 1]``
        ``Delta``, effort units.
    score : array ``[rows, 1]``
        What k scores there.
    aim : array ``[..., rows, r]``
        What r scores with x.
    effort : array ``[..., rows, r]``
        ``x``, effort units.
    """

    k: NDArray[np.int64]
    level: Floats
    score: Floats
    aim: Floats
    effort: Floats


NEAR = 2.0**-20  # differences of scores that are smaller than this say little: float64 rounds scores
SAME = 2.0**-50  # a difference of scores that is rounding
ROUNDING = 2.0**-28  # of a ratio of two differences that say something


def _ratio(low: tuple[Floats, Floats], high: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """Bounds on a ratio that is monotone between two ends, each (numerator, denominator)."""
    known = np.minimum(np.minimum(low[0], low[1]), np.minimum(high[0], high[1])) > NEAR
    first, last = (np.divide(a, b, out=np.ones(known.shape), where=known) for a, b in (low, high))
    least, most = np.minimum(first, last), np.maximum(first, last)
    return np.where(known, least * (1 - ROUNDING), 0.0), np.where(known, most * (1 + ROUNDING), np.inf)


@dataclass(frozen=True, eq=False)
class ScalingLaw:
    """The paper's generalised logit law: ``log((v - L) / (U - v)) = alpha + beta * log(1 + x)``.

    Parameters
    ----------
    lower, upper : array_like
        Floor ``L`` and ceiling ``U``, ``[n]``, ``0 <= L < U <= 1``; or ``[draws, n]``, for many draws of
        the curves at once.
    intercept, slope : array_like
        ``alpha`` and ``beta``, likewise, ``beta > 0``.
    """

    lower: Any
    upper: Any
    intercept: Any
    slope: Any
    strictly_increasing = True
    continuous = True

    def __post_init__(self) -> None:
        for field in fields(self):
            value = array(field.name, getattr(self, field.name))
            object.__setattr__(self, field.name, value)
            if value.shape != self.lower.shape:
                raise ValueError(f"{field.name}: {value.size} values, but lower has {self.lower.size}")
        bad = ~((self.lower >= 0) & (self.lower < self.upper) & (self.upper <= 1))
        if bad.any():
            raise ValueError(
                "lower, upper: need 0 <= lower < upper <= 1, got "
                f"lower={self.lower[bad].tolist()} upper={self.upper[bad].tolist()}"
            )
        if (self.slope <= 0).any():
            raise ValueError(f"slope: must be > 0 (scores would fall), got {self.slope.tolist()}")

    def __getitem__(self, index: Any) -> ScalingLaw:
        """The laws at an index of the parameters' arrays; they are not checked again."""
        laws = object.__new__(ScalingLaw)
        laws.__dict__.update({name: values[index] for name, values in self.__dict__.items()})
        return laws

    @property
    def n_developers(self) -> int:
        """Number of developers."""
        return self.lower.shape[-1]

    def score(self, effort: ArrayLike) -> Floats:
        """Scores ``[..., n]`` at total efforts ``[..., n]``."""
        log_odds = self.intercept + self.slope * np.log1p(effort)
        return self.lower + (self.upper - self.lower) * scipy.special.expit(log_odds)

    def effort_for(self, score: ArrayLike) -> Floats:
        """Least total efforts ``[..., n]`` that reach scores ``[..., n]``; ``inf`` where none does."""
        share = (np.asarray(score, dtype=np.float64) - self.lower) / (self.upper - self.lower)
        # logit(0) = -inf becomes effort 0, logit(1) = inf stays out of reach.
        with np.errstate(over="ignore"):
            effort = np.expm1(
                (scipy.special.logit(np.clip(share, 0.0, 1.0)) - self.intercept) / self.slope
            )
        return np.maximum(effort, 0.0)

    def exchange(self, low: End, high: End) -> tuple[Floats, Floats]:
        """Bounds on ``dx / dDelta``, see `End`.

        With ``h(s) = (s - L) (U - s) / (U - L)`` the slope of a curve is ``beta h(v) / (1 + x)``. So
        it is ``beta_k / beta_r * (1 + x) / (1 + Delta) * h_k(score) / h_r(aim)``; the last ratio is
        a product of two that are monotone in the score.
        """
        steepness = self.slope / (self.upper - self.lower)
        shape = (len(low.k), self.n_developers)
        lower, upper, steeper = (
            np.take_along_axis(np.broadcast_to(p, shape), low.k, axis=1)
            for p in (self.lower, self.upper, steepness)
        )
        bounds = [(1 + low.effort) / (1 + high.level), (1 + high.effort) / (1 + low.level)]
        for ratio in (
            _ratio(*((end.score - lower, end.aim - self.lower) for end in (low, high))),
            _ratio(*((upper - end.score, self.upper - end.aim) for end in (low, high))),
        ):
            bounds = [bound * factor for bound, factor in zip(bounds, ratio, strict=True)]
        return bounds[0] * (steeper / steepness), bounds[1] * (steeper / steepness)


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

    def exchange(self, low: End, high: End) -> tuple[Floats, Floats]:
        """Bounds on ``dx / dDelta = (1 - score) / (1 - aim)``, see `End`."""
        slowest, fastest = _ratio(*((1 - end.score, 1 - end.aim) for end in (low, high)))
        same = np.abs(low.aim - low.score) <= SAME
        return np.where(same, 1.0, slowest), np.where(same, 1.0, fastest)


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
            scipy.optimize.isotonic_regression(
                np.asarray(y, dtype=np.float64), weights=vector("stderr", se) ** -2.0
            ).x
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

    def exchange(self, low: End, high: End) -> tuple[Floats, Floats]:
        """Bounds on ``dx / dDelta``, see `End`: a slope of k's over a slope of r's."""
        slopes = np.empty((2, *low.score.shape))
        for k in np.unique(low.k):
            rows = low.k[:, 0] == k
            slopes[:, rows] = _slopes(self.efforts[k], self.scores[k], low.level[rows], high.level[rows])
        flattest, steepest = np.empty((2, *low.effort.shape))
        for r, knots in enumerate(zip(self.efforts, self.scores, strict=True)):
            flattest[..., r], steepest[..., r] = _slopes(*knots, low.effort[..., r], high.effort[..., r])
        slowest = np.divide(slopes[0], steepest, out=np.zeros_like(steepest), where=steepest > 0)
        fastest = np.divide(slopes[1], flattest, out=np.full_like(flattest, np.inf), where=flattest > 0)
        return slowest, fastest


def _least_effort(score: Floats, x: Floats, y: Floats) -> Floats:
    """Left inverse of the line through (x, y): on a plateau of y, its left end."""
    knot = np.searchsorted(y, score, side="left")
    right = np.clip(knot, 1, y.size - 1) if y.size > 1 else np.zeros_like(knot)
    left = np.maximum(right - 1, 0)
    rise = np.where(y[right] > y[left], y[right] - y[left], 1.0)
    inside = x[left] + (x[right] - x[left]) * np.clip((score - y[left]) / rise, 0.0, 1.0)
    return np.where(knot == 0, 0.0, np.where(knot == y.size, np.inf, inside))


def _slopes(x: Floats, y: Floats, low: Floats, high: Floats) -> Floats:
    """The least and the largest slope of the line through (x, y) between two efforts, ``[2, ...]``."""
    pieces = np.concatenate(([0.0], np.diff(y) / np.diff(x), [0.0, 0.0]))  # the last is never asked for
    first = np.searchsorted(x, low * (1 - ROUNDING), side="left")
    last = np.maximum(np.searchsorted(x, high * (1 + ROUNDING), side="right"), first)
    ends = np.stack((first, last + 1), axis=-1).ravel()
    found = [extreme.reduceat(pieces, ends)[::2] for extreme in (np.minimum, np.maximum)]
    return np.stack(found).reshape(2, *first.shape)
