"""Algorithms compared over many tasks and seeds, as Agarwal et al. 2021 (arXiv 2108.13264) recommend:
interquartile means, probabilities of improvement and performance profiles, each with a percentile
interval from the stratified bootstrap, which resamples the seeds within each task.

The score of a run is ``1 - min(regret / P, 1)``, see `score`: 1 in equilibrium, 0 if developers forgo P
or more. Every scored run counts once. A run without a score (its cell failed, or its regret cannot be
computed) is missing: it does not count, and the number of missing runs is reported. Tasks may have
different numbers of seeds. Algorithms are compared on tasks for which the same algorithms have scores,
so that an algorithm with few tasks has no advantage and does not limit the comparison of the others.

The intervals are about other seeds on the same tasks. With few seeds they are too narrow; therefore
verdicts do not rest on them. There is none (its ends are NaN) where a task has a single seed.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike

from benchgame_env.training.grading.intervals import CONFIDENCE, Estimate
from benchgame_env.validate import Floats

SCHEMA = 1  # of `Statistics`
RESAMPLES = 2_000
TAUS = np.linspace(0.0, 1.0, 201)
TaskScores = Sequence[ArrayLike]  # scores of one algorithm: a vector of seeds for each task
Statistic = Callable[[Floats], Floats]  # [..., runs] to [...]


@dataclass(frozen=True, eq=False)
class Profile:
    """Share of the runs with a score above each threshold.

    Attributes
    ----------
    tau : array ``[m]``
        Thresholds.
    share : array ``[m]``
        Share of the runs above each threshold.
    low, high : array ``[m]``
        Ends of the 95 % interval at each threshold; NaN where there is none.
    """

    tau: Floats
    share: Floats
    low: Floats
    high: Floats

    def __post_init__(self) -> None:
        if (
            not self.tau.shape
            == self.share.shape
            == self.low.shape
            == self.high.shape
            == (self.tau.size,)
        ):
            raise ValueError("tau, share, low, high: need lists of the same length")


@dataclass(frozen=True)
class Improvement(Estimate):
    """Probability that one algorithm does better than another, see `probability_of_improvement`.

    Attributes
    ----------
    better, than : str
        Names of the two algorithms.
    """

    better: str
    than: str


@dataclass(frozen=True)
class Comparison:
    """Algorithms compared on the tasks for which exactly these algorithms have scores.

    Attributes
    ----------
    tasks : tuple of str
        Names of these tasks.
    runs : dict of str to int
        Number of scored runs of each algorithm.
    iqm, mean : dict of str to Estimate
        Interquartile mean and mean score of each algorithm.
    profile : dict of str to Profile
        Performance profile of each algorithm.
    improvement : tuple of Improvement
        One for each pair of algorithms.
    """

    tasks: tuple[str, ...]
    runs: dict[str, int]
    iqm: dict[str, Estimate]
    mean: dict[str, Estimate]
    profile: dict[str, Profile]
    improvement: tuple[Improvement, ...]

    def __post_init__(self) -> None:
        pairs = {name for one in self.improvement for name in (one.better, one.than)}
        if not (self.iqm.keys() == self.profile.keys() and pairs <= self.iqm.keys()):
            raise ValueError("iqm, profile, improvement: need figures of the same algorithms")


@dataclass(frozen=True)
class Statistics:
    """The content of ``statistics.json``.

    Attributes
    ----------
    score : str
        The formula of the score, in words; higher is better.
    missing : dict of str to int
        Number of runs of each algorithm without a score.
    comparisons : tuple of Comparison
        One for each set of algorithms that share tasks.
    """

    score: str
    missing: dict[str, int]
    comparisons: tuple[Comparison, ...]


def score(regret: ArrayLike) -> Floats:
    """Scores in [0, 1] from mean regrets, shares of P; higher is better, and NaN stays NaN.

    Scores are rounded to four decimals, so that runs tie if no verdict would tell their regrets apart.
    """
    return np.round(1.0 - np.clip(np.asarray(regret, dtype=np.float64), 0.0, 1.0), 4)


def iqm(runs: Floats) -> Floats:
    """Mean of the middle half of ``[..., runs]``, without the lowest and the highest quarter."""
    return scipy.stats.trim_mean(runs, 0.25, axis=-1)


def mean(runs: Floats) -> Floats:
    """Mean of ``[..., runs]``."""
    return runs.mean(axis=-1)


def aggregate(
    scores: TaskScores, rng: np.random.Generator, statistic: Statistic = iqm, resamples: int = RESAMPLES
) -> Estimate:
    """``statistic`` over all runs of one algorithm, with its interval. Raises ValueError like
    `probability_of_improvement`."""
    tasks = _scored(scores)
    drawn = np.concatenate([_redrawn(task, rng, resamples) for task in tasks], axis=1)
    return _estimate(float(statistic(np.concatenate(tasks))), statistic(drawn), tasks)


def probability_of_improvement(
    scores: TaskScores, others: TaskScores, rng: np.random.Generator, resamples: int = RESAMPLES
) -> Estimate:
    """Probability that a run of one algorithm has a higher score than a run of the other on the same
    task; a tie counts half (Mann-Whitney); mean over tasks.

    Parameters
    ----------
    scores, others : sequence of arrays ``[seeds]``
        Scores of the two algorithms, one array for each task.
    rng : numpy.random.Generator
        Random numbers of the bootstrap.
    resamples : int
        Number of bootstrap samples.

    Returns
    -------
    Estimate
        The probability and its interval.

    Raises
    ------
    ValueError
        If the tasks differ, there is none, or one has no scores.
    """
    pairs = list(zip(_scored(scores), _scored(others), strict=True))
    drawn = [
        _wins(_redrawn(mine, rng, resamples), _redrawn(theirs, rng, resamples)) for mine, theirs in pairs
    ]
    value = np.mean([_wins(mine, theirs) for mine, theirs in pairs])
    return _estimate(float(value), np.mean(drawn, axis=0), [seeds for pair in pairs for seeds in pair])


def performance_profile(
    scores: TaskScores, rng: np.random.Generator, taus: Floats = TAUS, resamples: int = RESAMPLES
) -> Profile:
    """Share of the runs of one algorithm with a score above each of ``taus``."""
    tasks = _scored(scores)
    drawn = np.concatenate([_redrawn(task, rng, resamples) for task in tasks], axis=1)
    share = (np.concatenate(tasks) > taus[:, None]).mean(axis=1)
    bands = np.array([_interval((drawn > tau).mean(axis=1), tasks) for tau in taus])
    return Profile(taus, share, bands[:, 0], bands[:, 1])


def compare(
    scores: Mapping[str, Mapping[str, ArrayLike]], rng: np.random.Generator, resamples: int = RESAMPLES
) -> list[Comparison]:
    """Compare algorithms on the tasks that they share.

    Parameters
    ----------
    scores : mapping of str to mapping of str to array ``[seeds]``
        Scores by algorithm and task, NaN where missing.
    rng : numpy.random.Generator
        Random numbers of the bootstrap.
    resamples : int
        Number of bootstrap samples.

    Returns
    -------
    list of Comparison
        One for each set of algorithms that share tasks, in the order of the tasks.
    """
    known = {(task, name): _known(own) for name, tasks in scores.items() for task, own in tasks.items()}
    everywhere = dict.fromkeys(task for task, _ in known)
    fields = fields_of((t, n) for t in everywhere for n in scores if np.size(known.get((t, n), ())))
    return [
        _compared(tuple(tasks), {n: [known[t, n] for t in tasks] for n in names}, rng, resamples)
        for names, tasks in fields.items()
    ]


def fields_of(played: Iterable[tuple[str, str]]) -> dict[tuple[str, ...], list[str]]:
    """Group tasks by the set of algorithms that play them.

    Parameters
    ----------
    played : iterable of (task, algorithm)
        Which algorithm plays which task.

    Returns
    -------
    dict of tuple of str to list of str
        From algorithms to the tasks that exactly these algorithms play, in the given order.
    """
    algorithms: dict[str, list[str]] = {}
    for task, name in played:
        algorithms.setdefault(task, []).append(name)
    fields: dict[tuple[str, ...], list[str]] = {}
    for task, names in algorithms.items():
        fields.setdefault(tuple(names), []).append(task)
    return fields


def missing(scores: Mapping[str, Mapping[str, ArrayLike]]) -> dict[str, int]:
    """Number of runs of each algorithm without a score; ``scores`` as for `compare`."""
    return {
        name: sum(np.size(seeds) - _known(seeds).size for seeds in tasks.values())
        for name, tasks in scores.items()
    }


def _known(seeds: ArrayLike) -> Floats:
    array = np.asarray(seeds, dtype=np.float64)
    return array[~np.isnan(array)]


def _compared(
    tasks: tuple[str, ...], scores: dict[str, list[Floats]], rng: np.random.Generator, resamples: int
) -> Comparison:
    return Comparison(
        tasks=tasks,
        runs={name: sum(map(len, own)) for name, own in scores.items()},
        iqm={name: aggregate(own, rng, iqm, resamples) for name, own in scores.items()},
        mean={name: aggregate(own, rng, mean, resamples) for name, own in scores.items()},
        profile={
            name: performance_profile(own, rng, resamples=resamples) for name, own in scores.items()
        },
        improvement=tuple(
            Improvement(
                **vars(probability_of_improvement(scores[one], scores[other], rng, resamples)),
                better=one,
                than=other,
            )
            for one, other in itertools.combinations(scores, 2)
        ),
    )


def _scored(scores: TaskScores) -> list[Floats]:
    tasks = [np.asarray(seeds, dtype=np.float64) for seeds in scores]
    if not tasks or any(seeds.ndim != 1 or not seeds.size or np.isnan(seeds).any() for seeds in tasks):
        raise ValueError("scores: need a non-empty vector without NaN for each of one or more tasks")
    return tasks


def _redrawn(seeds: Floats, rng: np.random.Generator, resamples: int) -> Floats:
    """``[resamples, seeds]`` drawn with replacement."""
    return seeds[rng.integers(seeds.size, size=(resamples, seeds.size))]


def _wins(mine: Floats, theirs: Floats) -> Floats:
    """Share of pairs with ``mine`` ``[..., a]`` above ``theirs`` ``[..., b]``; a tie counts half."""
    return np.heaviside(mine[..., :, None] - theirs[..., None, :], 0.5).mean(axis=(-2, -1))


def in_words(found: Estimate) -> str:
    """The estimate with its interval, if it has one."""
    return f"{found.value:.4f}" if math.isnan(found.low) else str(found)


def _estimate(value: float, drawn: Floats, tasks: list[Floats]) -> Estimate:
    low, high = _interval(drawn, tasks)
    return Estimate(value, float(low), float(high))


def _interval(drawn: Floats, tasks: list[Floats]) -> Floats:
    """Quantiles of what was drawn anew; NaN where some task has one seed, which drawing cannot vary."""
    if min(seeds.size for seeds in tasks) < 2:
        return np.full(2, np.nan)
    return np.quantile(drawn, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
