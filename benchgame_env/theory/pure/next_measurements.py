"""Which checkpoint to measure next, so that a lower level can be announced.

The draws of the curves say how each measurement may turn out, and every outcome says how probable each
draw is then. So the level after a measurement is the level of the same draws with other weights.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np
import scipy

from benchgame_env.draws import Draws
from benchgame_env.theory.pure.draws import levels_by_draw
from benchgame_env.validate import Floats, choice, count, integer, number

LEVELS = 240  # at which stability is looked at, evenly in logarithms
FROM = 1e-3  # of the effort scale: the first of them
ITEMS = 1000
# Default candidates: so many numbers of steps, up to how many times the level of today, or less.
STEPS, AROUND = 7, 10.0


class Candidate(NamedTuple):
    """A measurement that may be made: the score of ``model`` after ``steps`` of tuning, on ``items``."""

    model: str
    steps: float
    items: int


@dataclass(frozen=True)
class Measurement:
    """What a measurement may be expected to do.

    Attributes
    ----------
    model : str
        The model to measure.
    steps : float
        After how much tuning, effort units: what it costs.
    items : int
        On how many test items.
    level : float
        The level expected after it: geometric mean over what may come out, with the largest level looked
        at where the data would support none; effort units.
    level_now : float
        The level without it, from the same draws.
    supported : float
        The probability that the data support a level after it.
    """

    model: str
    steps: float
    items: int
    level: float
    level_now: float
    supported: float


def next_measurements(
    draws: Draws,
    rng: np.random.Generator,
    candidates: Iterable[tuple[str, float, int]] | None = None,
    confidence: float = 0.95,
    most: int | None = 3,
    max_level: float | None = None,
    outcomes: int = 100,
) -> list[Measurement]:
    """The measurements that lower the level most.

    Parameters
    ----------
    draws : Draws
        Draws of a game, some hundred or more.
    rng : numpy.random.Generator
        For what may come out.
    candidates : iterable of (str, float, int), optional
        Model, steps and items of each measurement that may be made. Default: every model at seven
        numbers of steps, from a tenth of the present level to ten times it, on 1,000 items.
    confidence : float, optional
        Share of the draws that have to be stable, in (0, 1), as for `least_level`.
    most : int, optional
        How many to return; None for all.
    max_level : float, optional
        Largest level looked at, effort units, > 0. Default: 100 times what the prizes are worth.
    outcomes : int, optional
        Outcomes that are drawn for each measurement, >= 1.

    Returns
    -------
    list of Measurement
        The lowest expected level first.

    Raises
    ------
    ValueError
        An unknown model, or unsuitable numbers.

    Notes
    -----
    In each outcome one draw is the truth, and the number of right answers is binomial. Levels are read
    between 240 levels by a straight line, so that they are coarser than those of `least_level`. A
    measurement need not lower the level expected: what may come out includes bad news.
    """
    number("confidence", confidence, low=0, high=1, strict=True)
    integer("outcomes", outcomes, low=1)
    max_level = 100 * draws.game.finite_effort_scale if max_level is None else max_level
    max_level = number("max_level", max_level, low=0, strict=True)
    first = min(FROM * draws.game.finite_effort_scale, FROM * max_level)
    levels = np.geomspace(first, max_level, LEVELS)
    stable = levels_by_draw(draws, levels).stable.astype(np.float64)
    now = float(_least(levels, stable.mean(axis=1)[:, None], confidence)[0])
    found = []
    for model, steps, items in _checked(draws, candidates, min(now, draws.game.finite_effort_scale)):
        weights = _weights(draws, model, steps, items, outcomes, rng)
        after = _least(levels, stable @ weights, confidence)
        mean = float(np.exp(np.log(np.minimum(after, max_level)).mean()))
        share = float(np.isfinite(after).mean())
        found.append(Measurement(model, steps, items, mean, now, share))
    return sorted(found, key=lambda one: one.level)[:most]


def _checked(
    draws: Draws, candidates: Iterable[tuple[str, float, int]] | None, level: float
) -> list[Candidate]:
    names = draws.game.names
    if candidates is None:
        steps = np.geomspace(level / AROUND, level * AROUND, STEPS)
        return [Candidate(name, float(f"{x:.2g}"), ITEMS) for name, x in product(names, steps)]
    return [
        Candidate(choice("model", model, names), number("steps", steps, low=0), count("items", items))
        for model, steps, items in candidates
    ]


def _weights(
    draws: Draws, model: str, steps: float, items: int, outcomes: int, rng: np.random.Generator
) -> Floats:
    """How probable each draw is after each outcome, ``[draws, outcomes]``."""
    place = draws.game.names.index(model)
    score = draws.curves[:, [place]].score(np.full((len(draws), 1), steps))[:, 0]
    truth = rng.integers(len(draws), size=outcomes)
    right = rng.binomial(items, score[truth])
    log = scipy.special.xlogy(right, score[:, None])
    log += scipy.special.xlog1py(items - right, -score[:, None])
    weights = np.exp(log - log.max(axis=0))
    return np.asarray(weights / weights.sum(axis=0))


def _least(levels: Floats, shares: Floats, confidence: float) -> Floats:
    """From which level on the share ``[levels, k]`` suffices, between two levels by a straight line;
    ``inf`` where it does not at the last one; ``[k]``."""
    short = shares < confidence - 1e-12
    last = len(levels) - 1 - np.argmax(short[::-1], axis=0)  # the last level that does not suffice
    before = np.minimum(last, len(levels) - 2)
    low, high = (np.take_along_axis(shares, row[None], axis=0)[0] for row in (before, before + 1))
    part = np.clip((confidence - low) / np.where(high > low, high - low, 1.0), 0.0, 1.0)
    logs = np.log(levels)
    between = np.exp(logs[before] + part * (logs[before + 1] - logs[before]))
    found = np.where(short.any(axis=0), between, levels[0])
    return np.where(short[-1], np.inf, found)
