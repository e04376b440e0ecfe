"""The first efforts that show a score: what a deviation costs.

They are found on the rule's own score, by bisection over the float64 numbers. The rule's inverse only
says where to begin: each answer is an effort that shows the score, and the number before it does not.
A wrong inverse costs time and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchgame_env.game import Game
from benchgame_env.subgame import Subgame
from benchgame_env.validate import Floats

# How far from where the inverse points it is first looked, in float64 numbers, how many times farther
# each time, and where the inverse is given up: it is mostly right to some roundings.
NEAR, FARTHER, FAR = 1 << 3, 1 << 6, 1 << 50
Integers = NDArray[np.int64]


def first_efforts(
    subgame: Subgame, aims: Floats, shown: Callable[[Floats], Floats] = np.asarray
) -> tuple[Floats, NDArray[np.bool_]]:
    """The first float64 efforts ``[m, n]`` that show at least ``aims`` ``[m]``, 0 where no effort that
    may pay does, and whether one does; ``shown`` turns scores into those that are compared."""
    who = np.repeat(np.arange(subgame.n), aims.size)
    efforts, reached = own_first_efforts(subgame, who, np.tile(aims, subgame.n), shown)
    return efforts.reshape(subgame.n, -1).T, reached.reshape(subgame.n, -1).T


def own_first_efforts(
    subgame: Subgame, who: Integers, aims: Floats, shown: Callable[[Floats], Floats] = np.asarray
) -> tuple[Floats, NDArray[np.bool_]]:
    """As `first_efforts`, for pairs of a developer and an aim; ``[k]`` all."""
    top, efforts = useful_efforts(subgame.game), np.zeros(aims.shape)
    with np.errstate(over="ignore"):  # without a budget the search ends at the largest float
        reached = shown(subgame.scores(top))[who] >= aims
    sought = np.flatnonzero(reached & (shown(subgame.honest_scores)[who] < aims))
    efforts[sought] = _search(subgame, who[sought], aims[sought], top[who[sought]], shown)
    return efforts, reached


def useful_efforts(game: Game) -> Floats:
    """The largest efforts ``[n]`` that may pay: within budget, at a cost of at most P."""
    worth = np.nextafter(float(game.cost.inverse(game.prize_range)), np.inf)
    return np.minimum(np.minimum(game.budget, worth), np.finfo(np.float64).max)


class Pairs:
    """Pairs of a developer and a number, ``[k]``, in rows of profiles, which is what rules take."""

    def __init__(self, subgame: Subgame, who: Integers) -> None:
        self._subgame, self._who = subgame, who
        counts = np.bincount(who, minlength=subgame.n)
        self._row = np.empty_like(who)
        self._row[np.argsort(who, kind="stable")] = np.arange(who.size) - np.repeat(
            np.cumsum(counts) - counts, counts
        )
        self._rows = int(counts.max(initial=0))

    def scores(self, efforts: Floats) -> Floats:
        """What the developers show at ``efforts``."""
        with np.errstate(over="ignore"):  # without a budget the largest float may be among them
            return self._of(self._subgame.scores, efforts)

    def guesses(self, scores: Floats) -> Floats:
        """The efforts at which the rule says that they show ``scores``: anything, if it is wrong."""
        with np.errstate(all="ignore"):
            return self._of(lambda aims: self._subgame.rule.effort_for(self._subgame.game, aims), scores)

    def _of(self, function: Callable[[Floats], Any], values: Floats) -> Floats:
        # Developer by developer in memory, as the pairs mostly are.
        profiles = np.zeros((self._subgame.n, self._rows))
        profiles[self._who, self._row] = values
        return np.asarray(function(profiles.T), dtype=np.float64).T[self._who, self._row]


def _search(
    subgame: Subgame, who: Integers, aims: Floats, top: Floats, shown: Callable[[Floats], Floats]
) -> Floats:
    """The first efforts ``[k]`` that show ``aims``, where effort 0 does not and ``top`` does."""
    # Floats >= 0 sort like their bit patterns. ``low`` is not enough, ``high`` is.
    result, low, high = top.copy(), np.zeros(who.size, dtype=np.int64), top.view(np.int64)
    left, pairs, width = np.arange(who.size), Pairs(subgame, who), NEAR
    guess = np.maximum(np.nan_to_num(pairs.guesses(aims), posinf=np.inf), 0.0).view(np.int64)
    guess = np.minimum(guess, high)
    probe, (enclosed, higher) = guess, np.zeros((2, who.size), dtype=bool)
    while left.size:
        probe = np.minimum(np.maximum(probe, low + 1), high - 1)
        enough = shown(pairs.scores(probe.view(np.float64))) >= aims
        low, high = np.where(enough, low, probe), np.where(enough, probe, high)
        if width == NEAR:
            higher = ~enough
        enclosed |= (enough == higher) | (width > FAR)
        probe = np.where(enclosed, low + (high - low) // 2, guess + np.where(higher, width, -width))
        width = min(width * FARTHER, 2 * FAR)
        more = high - low > 1
        if 2 * np.count_nonzero(more) <= left.size:
            result[left] = high.view(np.float64)
            left, aims, guess = left[more], aims[more], guess[more]
            low, high, probe = low[more], high[more], probe[more]
            enclosed, higher = enclosed[more], higher[more]
            pairs = Pairs(subgame, who[left])
    return result
