"""Many fits of the law at once, and draws of the curves that checkpoints leave open.

A draw is a fit to checkpoints drawn anew (parametric bootstrap): the fitted scores plus noise of the
size of their standard errors. A prior is one more measurement of the coordinates, so it is drawn anew
too (randomise, then optimise); where a law is linear in its coordinates, these are exact draws from the
posterior. Arrays are ``[k]`` for models; their coordinates ``theta`` are those of
`benchgame_env.fitting.coordinates`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from benchgame_env.fitting.coordinates import HIGH, LOW, derivatives, scores
from benchgame_env.validate import Floats

# The weak prior: so wide that it decides only what checkpoints leave open (a ceiling out of sight).
WEAK_CENTRE = np.array([-2.0, 0.0, np.nan, 0.0])  # the midpoint: in the middle of the checkpoints
WEAK_SD = np.array([5.0, 5.0, 20.0, 5.0])
MOST_STEPS = 100  # of one fit
PRECISION = 1e-5  # of the coordinates; their standard errors are above 1e-2
FITS = 1 << 12  # at once, so that their arrays stay in cache


class Evidence(NamedTuple):
    """Checkpoints of models, ``[k, m]``; models with fewer than m are filled up with weight 0.

    Attributes
    ----------
    x : array of float
        ``log(1 + steps)``.
    score : array of float
        Scores.
    weight : array of float
        Their inverse standard errors.
    """

    x: Floats
    score: Floats
    weight: Floats


@dataclass(frozen=True)
class Prior:
    """What is known of each model beside its checkpoints: a multivariate t, or a normal, distribution.

    Attributes
    ----------
    mean : array of float
        Coordinates, ``[k, 4]``.
    root : array of float
        ``R`` with ``R.T @ R`` the inverse of the scale matrix, ``[k, 4, 4]``.
    dof : float
        Degrees of freedom of the t distribution; ``inf`` for a normal one.
    """

    mean: Floats
    root: Floats
    dof: float = np.inf

    def scaled(self, precision: Floats) -> Prior:
        """The normal prior whose precision is ``precision`` ``[k]`` times that of the scale matrix."""
        return Prior(self.mean, self.root * np.sqrt(precision)[:, None, None])


def weak_prior(evidence: Evidence) -> Prior:
    """The prior of models of which nothing but their checkpoints is known."""
    k = len(evidence.x)
    mean = np.tile(WEAK_CENTRE, (k, 1))
    mean[:, 2] = evidence.x.max(axis=1) / 2
    return Prior(mean, np.tile(np.diag(1 / WEAK_SD), (k, 1, 1)))


def refit(start: Floats, evidence: Evidence, prior: Prior) -> Floats:
    """The most probable coordinates ``[k, 4]`` under a normal prior, by Levenberg and Marquardt."""
    theta, damping, left = start.copy(), np.full(len(start), 1e-3), np.arange(len(start))
    loss = _loss(theta, evidence, prior)
    for _ in range(MOST_STEPS):
        some = Evidence(*(part[left] for part in evidence))
        known = Prior(prior.mean[left], prior.root[left])
        slope, curvature = _gradient(theta[left], some, known)
        diagonal = damping[left, None] * np.einsum("kii->ki", curvature)
        step = np.linalg.solve(curvature + diagonal[:, :, None] * np.eye(4), slope[..., None])[..., 0]
        trial = np.clip(theta[left] - step, LOW, HIGH)
        moved, found = np.abs(trial - theta[left]).max(axis=1), _loss(trial, some, known)
        better = found <= loss[left]
        theta[left[better]], loss[left[better]] = trial[better], found[better]
        damping[left] = np.clip(damping[left] * np.where(better, 0.2, 8.0), 1e-9, None)
        left = left[moved > PRECISION]
        if not left.size:
            break
    return theta


def information(theta: Floats, evidence: Evidence) -> Floats:
    """What checkpoints say of the coordinates: Fisher's information ``[k, 4, 4]``."""
    jacobian = derivatives(theta, evidence.x)[1] * evidence.weight[..., None]
    return np.swapaxes(jacobian, 1, 2) @ jacobian


def draw(n: int, rng: np.random.Generator, mode: Floats, evidence: Evidence, prior: Prior) -> Floats:
    """Draws ``[n, k, 4]`` of what checkpoints and prior leave open, models independent of each other.

    Parameters
    ----------
    n : int
        Number of draws.
    rng : numpy.random.Generator
        Source of chance.
    mode : array of float
        The most probable coordinates, ``[k, 4]``, where fits start.
    evidence : Evidence
        The checkpoints; their scores are the means of those drawn anew.
    prior : Prior
        What else is known.
    """
    k, m = evidence.x.shape
    precision = _precisions(n, rng, mode, evidence, prior).ravel()
    noise, shift = rng.standard_normal((n * k, m)), rng.standard_normal((n * k, 4))
    model = np.tile(np.arange(k), n)
    found = np.empty((n * k, 4))
    for first in range(0, n * k, FITS):
        some = slice(first, first + FITS)
        own = model[some]
        x, score, weight = (part[own] for part in evidence)
        error = np.divide(noise[some], weight, out=np.zeros_like(weight), where=weight > 0)
        known = Prior(prior.mean[own], prior.root[own]).scaled(precision[some])
        known.mean[...] += np.linalg.solve(known.root, shift[some, :, None])[..., 0]
        found[some] = refit(mode[own], Evidence(x, score + error, weight), known)
    return found.reshape(n, k, 4)


def _precisions(
    n: int, rng: np.random.Generator, mode: Floats, evidence: Evidence, prior: Prior
) -> Floats:
    """Draws ``[n, k]`` of the factor that turns a normal prior into a t: a model that is unlike the
    others has a small one, so that it is pulled less."""
    if np.isinf(prior.dof):
        return np.ones((n, len(mode)))
    inverse = np.swapaxes(prior.root, 1, 2) @ prior.root
    spread = np.linalg.cholesky(np.linalg.inv(information(mode, evidence) + inverse))
    theta = mode + (spread @ rng.standard_normal((n, *mode.shape, 1)))[..., 0]
    distance = ((prior.root @ (theta - prior.mean)[..., None]) ** 2).sum(axis=(-2, -1))
    return rng.chisquare(prior.dof + 4, (n, len(mode))) / (prior.dof + distance)


def _loss(theta: Floats, evidence: Evidence, prior: Prior) -> Floats:
    misfit = (scores(theta, evidence.x) - evidence.score) * evidence.weight
    known = (prior.root @ (theta - prior.mean)[..., None])[..., 0]
    return (misfit**2).sum(axis=1) + (known**2).sum(axis=1)


def _gradient(theta: Floats, evidence: Evidence, prior: Prior) -> tuple[Floats, Floats]:
    """Half the gradient of `_loss` and, after Gauss and Newton, half its curvature."""
    score, jacobian = derivatives(theta, evidence.x)
    misfit = (score - evidence.score) * evidence.weight
    jacobian = jacobian * evidence.weight[..., None]
    known = prior.root @ (theta - prior.mean)[..., None]
    across, up = np.swapaxes(jacobian, 1, 2), np.swapaxes(prior.root, 1, 2)
    slope = across @ misfit[..., None] + up @ known
    return slope[..., 0], across @ jacobian + up @ prior.root
