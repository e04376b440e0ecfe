"""Regrets with intervals, of sampled plays and of strategies that are known (theory section 8)."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy

from benchgame_env import Game, metrics
from benchgame_env.metrics.strategies import Strategy
from benchgame_env.subgame import Subgame
from benchgame_env.training.grading.intervals import TAIL, Bounds
from benchgame_env.validate import Floats

SHAPES = 4  # functions of ranks whose correlations are looked at


def played_regrets(game: Game, protocol: Any, plays: Floats, rng: np.random.Generator) -> Bounds:
    """Regrets of sampled plays ``[plays, n]``, shares of P: those of the joint play or those of the same
    efforts played independently, whichever are larger; NaN where no grader here reaches."""
    kind = Subgame(game, protocol).kind
    if kind == "exact":
        apart = rng.permuted(plays, axis=0)
        bounds = [metrics.sampled_regrets(game, protocol, each) for each in (plays, apart)]
        return larger(*(Bounds.of(one, game.prize_range) for one in bounds))
    if metrics.can_grade(game, protocol) and (plays == plays[0]).all():
        held = [(effort[None], np.ones(1)) for effort in plays[0]]
        return strategy_regrets(game, protocol, held, rng)
    return Bounds.of(metrics.simulated_regrets(game, protocol, plays, rng), game.prize_range)


def strategy_regrets(
    game: Game, protocol: Any, strategies: list[Strategy], rng: np.random.Generator
) -> Bounds:
    """Regrets of strategies that are known, shares of P; upper bounds where scores are drawn, and
    simulated where no grader reaches."""
    if not metrics.can_grade(game, protocol):
        found = metrics.simulated_regrets(game, protocol, strategies, rng)
        return Bounds.of(found, game.prize_range)
    return Bounds.exact(metrics.regrets(game, protocol, strategies) / game.prize_range)


def mean_bounds(values: Floats) -> Bounds:
    """Means of ``values`` ``[plays, n]`` over plays with their intervals, at least 0."""
    mean, below, above = _means(values)
    return Bounds(mean, np.maximum(mean - below, 0.0), mean + above)


def distance_of_means(values: Floats, means: Floats) -> Bounds:
    """How far the means of ``values`` ``[plays, n]`` are from ``means`` ``[n]``, with intervals."""
    mean, below, above = _means(values)
    apart = np.abs(mean - means)
    return Bounds(apart, np.maximum(apart - np.maximum(below, above), 0.0), apart + above)


def _means(values: Floats) -> tuple[Floats, Floats, Floats]:
    """Means of ``values`` ``[plays, n]``, and how far they may be too high and too low; ``[n]`` each.
    What was never seen may add or take away 1."""
    plays, n = values.shape
    error, free = values.std(axis=0) / np.sqrt(plays), max(plays - 1, 1)
    below = scipy.stats.t.ppf(1 - TAIL / n, free) * error - np.log(TAIL / n) / plays
    above = scipy.stats.t.ppf(1 - TAIL, free) * error - np.log(TAIL) / plays
    return values.mean(axis=0), below, above


def dependence(plays: Floats, earlier: Floats | None = None) -> Bounds:
    """Each developer's largest correlation, in size, of its effort in a play of ``plays`` ``[plays, n]``
    with another developer's in the same play, or with anybody's in another play, at any distance; and
    with anybody's in ``earlier``, the efforts ``[plays, n]`` of the round before.

    Correlations are those of `SHAPES` functions of the rank of an effort, so that one is large too where
    large and small efforts meet middle ones. An effort that is played often makes them smaller, as far
    as it leaves less to depend on. Of independent plays each has a standard error of at most
    ``1 / sqrt(plays)``, and the largest of all is about 0.05 for 10,000 plays.
    """
    count, n = plays.shape
    if count < 3:
        return Bounds(np.zeros(n), np.zeros(n), np.full(n, np.inf))
    parts = _functions_of_ranks(plays)
    spectra = np.fft.rfft(parts)
    largest = np.zeros((n, n))
    for i in range(n):
        for one in spectra[SHAPES * i : SHAPES * (i + 1)]:
            found = np.fft.irfft(spectra * one.conj(), count) / count  # at all distances
            found[SHAPES * i : SHAPES * (i + 1), 0] = 0.0  # of an effort with itself
            largest[i] = np.maximum(largest[i], _by_developer(found))
    if earlier is not None:
        found = parts @ _functions_of_ranks(earlier).T / count
        largest = np.maximum(largest, [_by_developer(own) for own in np.split(found.T, n, axis=1)])
    most = np.maximum(largest.max(axis=0), largest.max(axis=1))
    error, tried = 1 / np.sqrt(count), count * (SHAPES * n) ** 2
    low = most - scipy.stats.norm.ppf(1 - TAIL / tried) * error
    return Bounds(most, np.maximum(low, 0.0), most + scipy.stats.norm.ppf(1 - TAIL) * error)


def _functions_of_ranks(plays: Floats) -> Floats:
    """Cosines ``[n SHAPES, plays]`` of the ranks of efforts ``[plays, n]``: uncorrelated, with mean 0
    and variance 1; equal efforts have the mean of theirs."""
    count = len(plays)
    places = np.pi * (np.arange(count) + 0.5) / count
    cosines = np.sqrt(2) * np.cos(np.arange(1, SHAPES + 1)[:, None] * places)
    found = []
    for column in plays.T:
        _, place, ties = np.unique(column, return_inverse=True, return_counts=True)
        means = np.add.reduceat(cosines, np.cumsum(ties) - ties, axis=1) / ties
        found.append(means[:, place.reshape(-1)])
    return np.concatenate(found)


def _by_developer(found: Floats) -> Floats:
    """The largest in size for each of n developers, of figures ``[n SHAPES, ...]``."""
    return np.abs(found).reshape(-1, SHAPES * found.shape[1]).max(axis=1)


def larger(one: Bounds, other: Bounds) -> Bounds:
    """The larger ends of two bounds."""
    return Bounds(*(np.maximum(getattr(one, end), getattr(other, end)) for end in vars(one)))
