"""Expected prizes from the Poisson-binomial distribution of rivals ahead (theory section 6)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from benchgame_env.game import Ties
from benchgame_env.validate import Floats

# Prizes count as evenly spaced if none is off by more than this share of the largest. An expected prize
# is a mean of prizes, so it moves by no more than that: a hundredth of the 1e-12 that grades are right
# to, and ten times the rounding of prizes that are written as decimals.
EVEN = 1e-14
NUMBERS = 1 << 17  # that a block of the convolution holds: what fits into a cache
Worth = Callable[[NDArray[np.int64], Any], Floats]  # of developers and positions in a list of scores
Shown = Sequence[tuple[Floats, Floats]]  # scores that each developer may show, and their probabilities


def worth_of(prizes: Floats, shown: Shown, ties: Ties, scores: Floats) -> Worth:
    """What ``scores`` ``[m]`` earn against rivals who mix independently.

    Parameters
    ----------
    prizes : array of float
        Prizes of rank 1 to n, ``[n]``, prize units.
    shown : sequence of pairs
        Scores that each developer may show, and their probabilities.
    ties : {"quality", "split"}
        Who is ahead at equal scores, see `benchgame_env.game.rank`.
    scores : array of float
        ``[m]``.

    Returns
    -------
    callable
        ``(who, k)`` to the expected prizes of developers ``who`` ``[...]`` who show ``scores[k]``, ``k``
        ``[...]``, while the others mix.
    """
    if all(own.size == 1 and chance[0] == 1.0 for own, chance in shown):
        return _worth_of_ranks(prizes, np.concatenate([own for own, _ in shown]), ties, scores)
    distinct, place = np.unique(scores, return_inverse=True)
    above, level = np.stack([_beats(distinct, *strategy) for strategy in shown], axis=1)
    table, place = expected_prizes(prizes, above, level, ties), place.reshape(-1)
    return lambda who, k: table[who, place[k]]


def _beats(score: Floats, rival: Floats, probabilities: Floats) -> tuple[Floats, Floats]:
    """Probabilities that a rival's score lies above ``score`` ``[m]`` and that it equals it."""
    order = np.argsort(rival)
    tail = np.concatenate((np.cumsum(probabilities[order][::-1])[::-1], [0.0]))
    at_least = tail[np.searchsorted(rival[order], score, side="left")]
    above = tail[np.searchsorted(rival[order], score, side="right")]
    return above, at_least - above


def _worth_of_ranks(prizes: Floats, board: Floats, ties: Ties, scores: Floats) -> Worth:
    """As `worth_of` where each developer shows one score, ``board`` ``[n]``: rivals are counted."""
    n, levels = board.size, np.unique(board)
    # Level d from the top is 2 d, what lies just above it 2 d - 1. Times n, plus the developer, it is a
    # number that sorts like the board does, the better of two at one level first.
    height = 2 * (levels.size - np.searchsorted(levels, scores, side="right")) - 1
    height += np.isin(scores, levels)
    keys = np.sort(2 * (levels.size - 1 - np.searchsorted(levels, board)) * n + np.arange(n))

    def by_quality(who: NDArray[np.int64], k: Any) -> Floats:
        ahead = np.searchsorted(keys, height[k] * n + who)
        return prizes[ahead - (board[who] > scores[k])]

    pot = np.concatenate(([0.0], np.cumsum(prizes)))
    above, at_least = (np.searchsorted(keys, (height + end) * n) for end in (0, 1))

    def split(who: NDArray[np.int64], k: Any) -> Floats:
        ahead = above[k] - (board[who] > scores[k])
        tied = at_least[k] - (board[who] >= scores[k]) - ahead
        return np.where(tied > 0, (pot[ahead + tied + 1] - pot[ahead]) / (tied + 1), prizes[ahead])

    return split if ties == "split" else by_quality


def expected_prizes(prizes: Floats, above: Floats, level: Floats, ties: Ties) -> Floats:
    """Expected prizes of each developer at each of some scores, if rivals are ahead independently.

    Parameters
    ----------
    prizes : array of float
        Prizes of rank 1 to n, ``[n]``, prize units.
    above, level : array of float
        Probabilities that each developer shows more than a score, and just that score, ``[n, m]``. What
        a developer is paid does not depend on its own row.
    ties : {"quality", "split"}
        Who is ahead at equal scores, see `benchgame_env.game.rank`.

    Returns
    -------
    array of float
        ``[n, m]``, prize units.
    """
    n, m = above.shape
    even = np.linspace(prizes[0], prizes[-1], n)
    if np.abs(prizes - even).max() <= EVEN * np.abs(prizes).max():
        return _even(prizes, above, level, ties)
    if ties == "quality":
        return _in_blocks(prizes, above + level, above)
    # Prizes that are shared are those of a random order: each tied rival is ahead with the probability
    # u that is drawn for one's own place, uniformly. Of what is a polynomial in u, of the degree of
    # the number of tied rivals, Gauss's rule takes the exact mean.
    result = np.zeros((n, m))
    nodes = np.count_nonzero(level, axis=0) // 2 + 1
    for size in np.unique(nodes):
        columns = np.flatnonzero(nodes == size)
        for node, weight in zip(*scipy.special.roots_legendre(size), strict=True):
            ahead = above[:, columns] + 0.5 * (1 + node) * level[:, columns]
            result[:, columns] += 0.5 * weight * _in_blocks(prizes, ahead, ahead)
    return result


def _even(prizes: Floats, above: Floats, level: Floats, ties: Ties) -> Floats:
    """`expected_prizes` where each rival ahead costs the same."""
    tied = np.cumsum(level, axis=0) if ties == "quality" else 0.5 * (level.sum(axis=0) + level)
    step = (prizes[0] - prizes[-1]) / max(prizes.size - 1, 1)
    return prizes[0] - step * (above.sum(axis=0) - above + tied - level)


def _in_blocks(prizes: Floats, at_least: Floats, above: Floats) -> Floats:
    """`_convolved` for as many scores at a time as the cache takes."""
    result = np.empty(above.shape)
    size = max(16, 2 * NUMBERS // prizes.size**2)
    for start in range(0, above.shape[1], size):
        part = np.s_[:, start : start + size]
        result[part] = _convolved(prizes, at_least[part], above[part])
    return result


def _convolved(prizes: Floats, at_least: Floats, above: Floats) -> Floats:
    """``sum_k R_k P(exactly k - 1 rivals ahead)`` ``[n, m]``; better models are ahead with the
    probabilities ``at_least``, weaker ones with ``above``, ``[n, m]`` both.

    Better rivals are convolved from the best on. Weaker ones are averaged over from the weakest on, for
    each number of better ones ahead. Nothing is divided, so errors stay those of sums of products.
    """
    n, m = above.shape
    worth = [np.repeat(prizes[:, None], m, axis=1)]  # of 0, 1, ... better models ahead
    for p in above[:0:-1]:
        later = worth[-1]
        worth.append(later[:-1] + (later[1:] - later[:-1]) * p)
    result, count = np.empty((n, m)), np.zeros((n, m))
    count[0] = 1.0  # probabilities of 0, 1, ... better models ahead
    for i, p in enumerate(at_least):
        result[i] = (count[: i + 1] * worth[n - 1 - i]).sum(axis=0)
        moved = count[: i + 1] * p
        count[: i + 1] -= moved
        count[1 : i + 2] += moved[: n - 1]
    return result
