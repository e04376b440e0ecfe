"""How many line-ups of real models have no pure equilibrium, by the temptation of section 3."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import scipy

from benchgame_env.fitting.calibration import WORTH
from benchgame_env.named_games.fitted import calibration
from benchgame_env.rules import TuneBeforeTest
from benchgame_env.subgame import Subgame
from benchgame_env.theory.claims.registry import card
from benchgame_env.theory.pure.assumptions import temptation_of
from benchgame_env.validate import integer, number

SIZES = (2, 3, 5, 10)
LEVELS = (0.0, 300.0, 1_000.0, 3_000.0, 10_000.0)
LINE_UPS = 1_000
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Prevalence:
    """How many line-ups of one size have no pure equilibrium at one level.

    Parameters
    ----------
    benchmark : str
        Where the curves were measured.
    size : int
        Number of models in a line-up.
    level : float
        Tune-before-test level, effort units; 0 is direct evaluation.
    line_ups : int
        Line-ups looked at.
    complete : bool
        Whether these are all there are; else they are drawn.
    cycling : int
        Those without a pure equilibrium.
    undecided : int
        Those in which scores are too close to tell.
    """

    benchmark: str
    size: int
    level: float
    line_ups: int
    complete: bool
    cycling: int
    undecided: int

    @property
    def share(self) -> float:
        """The share without a pure equilibrium."""
        return self.cycling / self.line_ups

    @property
    def interval(self) -> tuple[float, float]:
        """The exact binomial interval (Clopper and Pearson) of the share among all line-ups, at 95 %;
        the share itself where all were looked at."""
        k, n, tail = self.cycling, self.line_ups, (1 - CONFIDENCE) / 2
        if self.complete:
            return self.share, self.share
        low = 0.0 if k == 0 else float(scipy.special.betaincinv(k, n - k + 1, tail))
        return low, 1.0 if k == n else float(scipy.special.betaincinv(k + 1, n - k, 1 - tail))


def prevalence(
    benchmark: str,
    sizes: Sequence[int] = SIZES,
    levels: Sequence[float] = LEVELS,
    line_ups: int = LINE_UPS,
    seed: int = 0,
    worth: float = WORTH,
    progress: Callable[[float], None] = lambda share: None,
) -> list[Prevalence]:
    """The share of line-ups of fitted models without a pure equilibrium, by size and level.

    Models of a line-up are drawn without replacement. Prizes fall in equal steps, and a rank is worth
    ``worth`` steps of tuning. The same line-ups are judged at each level.

    Parameters
    ----------
    benchmark : str
        A shipped calibration, such as ``gsm8k``, or a calibration file (``*.json``).
    sizes : sequence of int, optional
        Numbers of models, each >= 2 and at most as many as have curves.
    levels : sequence of float, optional
        Tune-before-test levels, effort units, >= 0.
    line_ups : int, optional
        Line-ups drawn of each size, >= 1; all of them where there are no more.
    seed : int, optional
        Of all that is drawn, >= 0.
    worth : float, optional
        Steps of tuning that cost as much as a rank wins, > 0.
    progress : callable, optional
        Called now and then with the share that is done.

    Returns
    -------
    list of Prevalence
        By size, then by level.

    Raises
    ------
    ValueError
        An unknown benchmark or an unsuitable number.
    """
    source = calibration(benchmark)
    integer("line_ups", line_ups, low=1)
    integer("seed", seed, low=0)
    rules = [TuneBeforeTest(number("level", level, low=0)) for level in levels]
    if not len(sizes) or not rules:
        raise ValueError("sizes, levels: need at least one of each")
    for size in sizes:
        if integer("size", size, low=2) > len(source.identified):
            raise ValueError(f"size: {source.benchmark} has {len(source.identified)} models, got {size}")
    found = []
    for k, size in enumerate(sizes):
        counts = np.zeros((len(rules), 2), dtype=int)
        drawn = list(_line_ups(source.identified, size, line_ups, np.random.default_rng([seed, size])))
        for j, names in enumerate(drawn):
            game = source.game(names, worth=worth)
            counts += [_judged(Subgame(game, rule)) for rule in rules]
            progress((k + (j + 1) / len(drawn)) / len(sizes))
        complete = math.comb(len(source.identified), size) <= line_ups
        found += [
            Prevalence(source.benchmark, size, rule.level, len(drawn), complete, *map(int, count))
            for rule, count in zip(rules, counts, strict=True)
        ]
    return found


def _line_ups(
    names: Sequence[str], size: int, most: int, rng: np.random.Generator
) -> Iterator[tuple[str, ...]]:
    """All line-ups if there are at most ``most``, else as many drawn ones."""
    if math.comb(len(names), size) <= most:
        yield from combinations(names, size)
    else:
        for _ in range(most):
            yield tuple(names[k] for k in rng.choice(len(names), size, replace=False))


def _judged(subgame: Subgame) -> tuple[bool, bool]:
    """Whether there is no pure equilibrium, and whether that is undecided."""
    decided = card("temptation").applies(subgame)
    return decided and temptation_of(subgame).pair is not None, not decided
