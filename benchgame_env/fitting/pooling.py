"""What the fitted models have in common: a prior for each from the others, and models yet to come.

The coordinates of the models of a benchmark are taken to be normal about a common mean. Mean and
covariance are fitted by expectation maximisation: each model's most probable coordinates under the
present population and what is left open about them, then the population of these.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy

from benchgame_env.curves import ScalingLaw
from benchgame_env.fitting.coordinates import HIGH, LOW, to_law
from benchgame_env.fitting.refits import Evidence, Prior, information, refit, weak_prior
from benchgame_env.validate import Floats

FEWEST = 3  # models that pooling takes: two others tell little, one nothing
# Few models say little about how models differ. As much as `PSEUDO` models say that the standard
# deviations are these: odds of floor and gain by a factor of 5 and 3, half the gain after 5 times
# the steps, slopes by a factor of 1.7.
PSEUDO = 5
USUAL_SD = np.array([1.5, 1.0, 1.5, 0.5])
ROUNDS = 40


@dataclass(frozen=True)
class Population:
    """The models that a benchmark's fitted models come from.

    Attributes
    ----------
    mean : array of float
        Of the coordinates of `benchgame_env.fitting.coordinates`, ``[4]``.
    covariance : array of float
        ``[4, 4]``.
    models : int
        Number of models that it was fitted to.
    """

    mean: Floats
    covariance: Floats
    models: int

    @property
    def dof(self) -> float:
        """Degrees of freedom of the t distribution of a new model."""
        return float(self.models + PSEUDO - 3)

    def sample(self, n: int, k: int, rng: np.random.Generator) -> ScalingLaw:
        """The curves of new models.

        Parameters
        ----------
        n : int
            Number of draws; mean and spread of the population are drawn anew in each.
        k : int
            Number of new models in each draw.
        rng : numpy.random.Generator
            Source of chance.

        Returns
        -------
        ScalingLaw
            Parameters ``[n, k]``.
        """
        root = np.linalg.cholesky(self.covariance)
        widths = np.sqrt(self.dof / rng.chisquare(self.dof, (n, 1, 1)))
        noise = rng.standard_normal((n, k, 4)) + rng.standard_normal((n, 1, 4)) / np.sqrt(self.models)
        return to_law(np.clip(self.mean + widths * (noise @ root.T), LOW, HIGH))

    def __str__(self) -> str:
        sd = np.sqrt(np.diag(self.covariance))
        low, middle, high = (self.mean + z * sd for z in (-1.645, 0, 1.645))
        words = ("floor", "gain as a share of what is above it", "steps to half of it", "slope")
        scales = (scipy.special.expit, scipy.special.expit, np.expm1, np.exp)
        ends = zip(words, scales, low, middle, high, strict=True)
        shown = [
            f"{word} {_short(f(a))} to {_short(f(c))} (middle {_short(f(b))})"
            for word, f, a, b, c in ends
        ]
        return f"Nine in ten models of this kind ({self.models} fitted): {'; '.join(shown)}"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


@dataclass(frozen=True)
class Pooled:
    """A population, and each of its models within it.

    Attributes
    ----------
    population : Population
        Of all models.
    prior : Prior
        Of each model, from the others.
    mode : array of float
        The most probable coordinates of each model under that prior, ``[k, 4]``.
    """

    population: Population
    prior: Prior
    mode: Floats


def alone(start: Floats, evidence: Evidence) -> tuple[Prior, Floats]:
    """The weak prior of each model, and its most probable coordinates under it, ``[k, 4]``."""
    prior = weak_prior(evidence)
    return prior, refit(start, evidence, prior)


def pool(start: Floats, evidence: Evidence) -> Pooled:
    """Fit the population of at least `FEWEST` models, whose fits start at ``start``, ``[k, 4]``."""
    _, mode = alone(start, evidence)
    k = len(mode)
    within = np.zeros((k, 4, 4))
    mean, covariance = _population(mode, within)
    for _ in range(ROUNDS):
        inverse = np.linalg.inv(covariance)
        root = np.linalg.cholesky(inverse).T
        mode = refit(mode, evidence, Prior(np.tile(mean, (k, 1)), np.tile(root, (k, 1, 1))))
        within = np.linalg.inv(information(mode, evidence) + inverse)
        before = mean
        mean, covariance = _population(mode, within)
        if np.abs(mean - before).max() < 1e-4:
            break
    population = Population(mean, covariance, k)
    return Pooled(population, *_from_the_others(mode, within, evidence))


def _population(mode: Floats, within: Floats) -> tuple[Floats, Floats]:
    mean = mode.mean(axis=0)
    off = mode - mean
    total = off.T @ off + within.sum(axis=0) + PSEUDO * np.diag(USUAL_SD**2)
    return mean, total / (len(mode) - 1 + PSEUDO)


def _from_the_others(mode: Floats, within: Floats, evidence: Evidence) -> tuple[Prior, Floats]:
    """The prior of each model: the t distribution of one more model, after the others."""
    k = len(mode)
    others = [_population(*(np.delete(part, i, axis=0) for part in (mode, within))) for i in range(k)]
    scale = np.stack([covariance for _, covariance in others]) * (1 + 1 / (k - 1))
    root = np.swapaxes(np.linalg.cholesky(np.linalg.inv(scale)), 1, 2)
    prior = Prior(np.stack([mean for mean, _ in others]), root, float(k - 1 + PSEUDO - 3))
    precision = np.ones(k)
    for _ in range(5):  # the factor of `_precisions` at its mean
        mode = refit(mode, evidence, prior.scaled(precision))
        inverse = (np.swapaxes(root, 1, 2) @ root) * precision[:, None, None]
        left = np.linalg.inv(information(mode, evidence) + inverse)
        distance = ((root @ (mode - prior.mean)[..., None]) ** 2).sum(axis=(1, 2))
        distance += np.einsum("kij,kjl,kil->k", root, left, root)
        precision = (prior.dof + 4) / (prior.dof + distance)
    return prior, mode
