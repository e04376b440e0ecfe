"""Whether a second play of a suite, for instance after another tuning, orders its algorithms alike.

Two algorithms are told apart if the interval of their mean difference excludes 0. Differences are of
scores on the same draws, see `statistics.score`, and intervals draw anew within each family. The order
stays if no two algorithms are told apart one way in one play and the other way in the other.

An algorithm with the same settings plays the same again. So pairs of which neither algorithm has other
settings are left out: they say nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from benchgame_env.cli import commands
from benchgame_env.training.benchmark.statistics import aggregate, mean
from benchgame_env.training.grading.intervals import Estimate

Scores = Mapping[str, Mapping[str, Sequence[float]]]  # by algorithm and task; NaN where missing


class Pair(NamedTuple):
    """Two algorithms in two plays.

    Attributes
    ----------
    one, other : str
        Their names.
    before, now : Estimate
        Mean score of ``one`` less that of ``other``, in the first play and in the second.
    """

    one: str
    other: str
    before: Estimate
    now: Estimate

    @property
    def signs(self) -> tuple[int, int]:
        """Who is better in each play: 1 is ``one``, -1 the other, 0 if they are not told apart."""
        return _sign(self.before), _sign(self.now)


def _sign(found: Estimate) -> int:
    return int(found.low > 0) - int(found.high < 0)


def lead(
    one: Mapping[str, Sequence[float]], other: Mapping[str, Sequence[float]], rng: np.random.Generator
) -> Estimate | None:
    """Mean difference of two algorithms' scores on the draws on which both have one; None without."""
    differences = [np.subtract(one[task], other[task]) for task in one if task in other]
    both = [own[~np.isnan(own)] for own in differences]
    scored = [own for own in both if own.size]
    return aggregate(scored, rng, mean) if scored else None


def pairs(before: Scores, now: Scores, changed: Collection[str], rng: np.random.Generator) -> list[Pair]:
    """Compare all pairs of algorithms of which at least one has changed.

    Parameters
    ----------
    before, now : mapping of str to mapping of str to sequence of float
        Scores of the two plays by algorithm and task, in the same order of draws and seeds.
    changed : collection of str
        Algorithms with other settings in the second play.
    rng : numpy.random.Generator
        Random numbers of the bootstrap.

    Returns
    -------
    list of Pair
        In the order of ``now``; without pairs that have no common draw.
    """
    found = []
    for one, other in itertools.combinations([name for name in now if name in before], 2):
        if one in changed or other in changed:
            first, second = (lead(play[one], play[other], rng) for play in (before, now))
            if first and second:
                found.append(Pair(one, other, first, second))
    return found


def order_table(found: Sequence[Pair], where: str) -> str:
    """How many pairs are told apart, which are reversed, and the conclusion."""
    if not found:
        return f"No algorithm has other settings than in {where}."
    products = [pair.signs[0] * pair.signs[1] for pair in found]
    counts = {
        "told apart in both plays, alike": products.count(1),
        "told apart in both plays, the other way round": products.count(-1),
        "told apart in one play only": sum(any(pair.signs) and not all(pair.signs) for pair in found),
        "told apart in neither": sum(not any(pair.signs) for pair in found),
    }
    table = commands.table(["two algorithms", "pairs"], [[k, str(v)] for k, v in counts.items()])
    reversed_pairs = [p for p, product in zip(found, products, strict=True) if product < 0]
    lines = [f"{p.one} less {p.other}: {p.before} there, {p.now} here" for p in reversed_pairs]
    stays = "is not the same" if lines else "is unchanged within the intervals"
    heading = f"Mean differences on the same draws, here and in {where}:"
    return "\n".join([heading, table, *lines, f"The order of algorithms {stays}."])
