"""Fit one scaling law to the checkpoints of one model, or say why the law does not describe them.

Real models need not follow the law, so the fit is tested; the constants are the criteria.
All arrays are one value per checkpoint, ``[m]``, in order of steps.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np
from scipy.optimize import isotonic_regression, least_squares
from scipy.special import expit
from scipy.stats import chi2

from benchgame_env.validate import Floats

PARAMETERS = 4
# Probability of finding harm, or a gain, in pure noise: small, as dozens of models are tested.
SIGNIFICANCE = 0.001
# A stderr computed from k right answers is itself off by 1 / (2 sqrt(k)), 10 % at 25, and too small
# just when the score came out low by chance. With fewer, right or wrong, the stderr of 25 is used.
MIN_ANSWERS = 25
# At slope 20 the rise from 0.1 to 99.9 % takes twice the steps; checkpoints that double the steps
# cannot tell steeper rises apart.
MAX_SLOPE = 20.0
# Beyond this share of U - L, two standard errors of the ceiling exceed all that tuning gains.
MAX_CEILING_STDERR = 0.5
# At rms 2, three quarters of the squared residual are misfit rather than sampling noise.
MAX_RMS_RESIDUAL = 2.0

# Where the fit starts: midpoints of the rise as shares of the range of log(1 + steps), and slopes.
_START_MIDPOINTS = (0.1, 0.3, 0.5, 0.7, 0.9, 1.2)
_START_SLOPES = (0.5, 1.0, 2.0, 5.0)


class LawFit(NamedTuple):
    """Parameters as in `benchgame_env.curves.ScalingLaw`; residuals in units of `usable_stderr`.

    ``scores`` are those of the law at the checkpoints, and ``stderr`` what scores measured there have.
    """

    lower: float
    upper: float
    upper_stderr: float
    intercept: float
    slope: float
    rms_residual: float
    max_residual: float
    identified: bool
    scores: Floats
    stderr: Floats


def fit_law(steps: Floats, score: Floats, stderr: Floats) -> LawFit | str:
    """The weighted least-squares fit of at least 4 checkpoints, or a sentence saying why there is none.

    A model is rejected, in this order, if a checkpoint has stderr 0, if tuning does `harm`, if there is
    `no_gain`, or if the rms residual exceeds `MAX_RMS_RESIDUAL`. A ceiling whose stderr exceeds
    `MAX_CEILING_STDERR` of the gain is not identified.
    """
    if (stderr == 0).any():
        return _no_weight(score, stderr)
    given, stderr = stderr, usable_stderr(score, stderr)
    reason = harm(steps, score, stderr)
    if reason:
        return reason
    law = _minimise(steps, score, stderr)
    scores = _score(law, steps)
    residuals = (scores - score) / stderr
    lower, upper, intercept, slope = map(float, law)
    upper_stderr = min(_upper_stderr(law, steps, stderr), 1.0)
    fitted = LawFit(
        lower=lower,
        upper=upper,
        upper_stderr=upper_stderr,
        intercept=intercept,
        slope=slope,
        rms_residual=float(np.sqrt(np.mean(residuals**2))),
        max_residual=float(np.abs(residuals).max()),
        identified=upper_stderr <= MAX_CEILING_STDERR * (upper - lower),
        scores=scores,
        stderr=_stderr_at(scores, score, given),
    )
    return no_gain(score, stderr, residuals) or _doubt(fitted) or fitted


def usable_stderr(score: Floats, stderr: Floats) -> Floats:
    """``stderr``, but at least the standard error of `MIN_ANSWERS` right (or wrong) answers."""
    return _of_enough_answers(stderr, _items(score, stderr))


def _items(score: Floats, stderr: Floats) -> float:
    """The number of test items, after ``stderr**2 = score (1 - score) / items``; 0 where most scores are
    0 or 1, so that their stderr was not computed like this."""
    return float(np.median(score * (1 - score) / stderr**2))


def _of_enough_answers(stderr: Floats, items: float) -> Floats:
    if items == 0:
        return stderr
    share = min(MIN_ANSWERS / items, 0.5)
    return np.maximum(stderr, np.sqrt(share * (1 - share) / items))


def _stderr_at(fitted: Floats, score: Floats, stderr: Floats) -> Floats:
    """The standard errors of scores measured anew where the law says ``fitted``: those of so many items,
    if the given ones are, else the given ones."""
    items = _items(score, stderr)
    given = _of_enough_answers(stderr, items)
    if items == 0:
        return given
    binomial, anew = (_of_enough_answers(np.sqrt(s * (1 - s) / items), items) for s in (score, fitted))
    return anew if np.allclose(binomial, given, rtol=0.1) else given


def harm(steps: Floats, score: Floats, stderr: Floats) -> str:
    """The reason why tuning harms this model, or an empty string.

    Tuning harms it if the best non-decreasing curve (weighted isotonic regression) leaves a chi-square
    that noise explains with probability below `SIGNIFICANCE`. The comparison is with chi-square of m - 1
    degrees of freedom, which exceeds the exact null distribution (chi-bar-square) for every
    non-decreasing truth.
    """
    rising = isotonic_regression(score, weights=stderr**-2.0).x
    misfit = float(np.sum(((score - rising) / stderr) ** 2))
    if chi2.sf(misfit, score.size - 1) >= SIGNIFICANCE:
        return ""
    falls = (score[:, None] - score) / np.hypot(stderr[:, None], stderr)
    i, j = np.unravel_index(np.argmax(np.triu(falls, k=1)), falls.shape)
    when = "" if score[-1] < score[i] else " for a while"
    return (
        f"tuning harms it{when}: the score falls from {score[i]:.3f} at {steps[i]:,g} steps "
        f"to {score[j]:.3f} at {steps[j]:,g}, {falls[i, j]:.1f} standard errors."
    )


def no_gain(score: Floats, stderr: Floats, residuals: Floats) -> str:
    """The reason why the gain is not measurable, or an empty string.

    It is not measurable if a constant fits almost as well: the law's other three parameters improve the
    chi-square by what noise explains with probability above `SIGNIFICANCE`.
    """
    constant = np.average(score, weights=stderr**-2.0)
    improvement = float(np.sum(((score - constant) / stderr) ** 2) - np.sum(residuals**2))
    if chi2.sf(improvement, PARAMETERS - 1) < SIGNIFICANCE:
        return ""
    return (
        f"no measurable gain, it stays near {constant:.3f} (chance, or what it knew before): the law "
        f"improves the chi-square of a constant by only {max(improvement, 0):.1f}."
    )


def _no_weight(score: Floats, stderr: Floats) -> str:
    edge = score[stderr == 0]
    where = "score 0: chance" if (edge == 0).all() else f"scores {edge.min():g} to {edge.max():g}"
    return (
        f"{edge.size} of {score.size} checkpoints have stderr 0 ({where}), "
        "so their weight is not defined; give items in its place."
    )


def _doubt(fitted: LawFit) -> str:
    if fitted.rms_residual > MAX_RMS_RESIDUAL:
        return (
            f"the law does not describe it: the rms residual is {fitted.rms_residual:.2f} standard "
            f"errors, more than {MAX_RMS_RESIDUAL:g}."
        )
    return ""


def _score(law: Floats, steps: Floats) -> Floats:
    lower, upper, intercept, slope = law
    return lower + (upper - lower) * expit(intercept + slope * np.log1p(steps))


def _minimise(steps: Floats, score: Floats, stderr: Floats) -> Floats:
    """The best of the local minima from every start, as (lower, upper, intercept, slope)."""
    x = np.log1p(steps)

    # Fitted as (L, (U - L) / (1 - L), midpoint, slope): nearly uncorrelated, and the bounds are a box.
    def residuals(p: Floats) -> Floats:
        return (p[0] + p[1] * (1 - p[0]) * expit(p[3] * (x - p[2])) - score) / stderr

    def jacobian(p: Floats) -> Floats:
        lower, share, midpoint, slope = p
        rise = expit(slope * (x - midpoint))
        steep = share * (1 - lower) * rise * (1 - rise)
        columns = (1 - share * rise, (1 - lower) * rise, -slope * steep, (x - midpoint) * steep)
        return np.stack(columns, axis=1) / stderr[:, None]

    box = ([0.0, 0.0, -np.inf, 0.0], [1.0, 1.0, np.inf, MAX_SLOPE])
    tight = {"xtol": 1e-14, "ftol": 1e-14, "gtol": 1e-14, "max_nfev": 200}
    runs = [
        least_squares(residuals, start, jacobian, bounds=box, x_scale="jac", **tight)
        for start in _starts(x, score, stderr)
    ]
    lower, share, midpoint, slope = min(runs, key=lambda run: run.cost).x
    return np.array([lower, min(lower + share * (1 - lower), 1.0), -slope * midpoint, slope])


def _starts(x: Floats, score: Floats, stderr: Floats) -> list[Floats]:
    """Midpoints and slopes on a grid, each with the floor and ceiling that suit it best."""
    starts = []
    for where, slope in product(_START_MIDPOINTS, _START_SLOPES):
        midpoint = x[0] + where * (x[-1] - x[0])
        rise = expit(slope * (x - midpoint))
        columns = np.stack((1 - rise, rise), axis=1) / stderr[:, None]
        lower, upper = np.linalg.lstsq(columns, score / stderr, rcond=None)[0]
        lower = np.clip(lower, 1e-3, 0.99)
        share = np.clip((upper - lower) / (1 - lower), 1e-3, 0.99)
        starts.append(np.array([lower, share, midpoint, slope]))
    return starts


def _upper_stderr(law: Floats, steps: Floats, stderr: Floats) -> float:
    """Standard error of U, all four parameters free: from the Jacobian of the scores at the fit.

    What the scores say about U alone is the part of dv/dU that no mix of the other derivatives
    imitates; that form stays right where the covariance matrix is singular.
    """
    rise = expit(law[2] + law[3] * np.log1p(steps))
    steep = rise * (1 - rise)
    target = rise / stderr
    others = np.stack((1 - rise, steep, steep * np.log1p(steps)), axis=1) / stderr[:, None]
    others /= np.maximum(np.linalg.norm(others, axis=0), np.finfo(np.float64).tiny)
    own = target - others @ np.linalg.lstsq(others, target, rcond=None)[0]
    information = float(np.linalg.norm(own))
    return 1 / information if information > 0 else float("inf")
