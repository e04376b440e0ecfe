"""Expected prizes from the Poisson-binomial distribution of rivals ahead (theory section 6)."""

from __future__ import annotations

import numpy as np

from benchgame_env.game import Ties
from benchgame_env.validate import Floats


def expected_prize(prizes: Floats, i: int, above: Floats, level: Floats, ties: Ties) -> Floats:
    """Expected prize of developer i, whose rivals stand above or level by chance, independently.

    Parameters
    ----------
    prizes : array of float
        Prizes of rank 1 to n, ``[n]``, prize units.
    i : int
        The developer.
    above, level : array of float
        Probabilities that each developer's score is above developer i's, and equal to it, ``[n, m]``.
        Row i counts for nothing.
    ties : {"quality", "split"}
        Who is ahead at equal scores, see `benchgame_env.game.rank`.

    Returns
    -------
    array of float
        ``[m]``, prize units.
    """
    rivals = np.arange(prizes.size) != i
    if ties == "quality":
        better = (np.arange(prizes.size) < i)[:, None]
        return _prize(prizes, (above + level * better)[rivals])
    if not level[rivals].any():
        return _prize(prizes, above[rivals])
    return _prize_if_split(prizes, above[rivals], level[rivals])


def _prize(prizes: Floats, ahead: Floats) -> Floats:
    """``sum_k R_k P(exactly k - 1 rivals ahead)``; ``ahead`` are the probabilities ``[n - 1, m]``."""
    count = np.zeros((prizes.size, ahead.shape[1]))
    count[0] = 1.0
    for p in ahead:
        count[1:] = count[1:] * (1 - p) + count[:-1] * p
        count[0] *= 1 - p
    return prizes @ count


def _prize_if_split(prizes: Floats, ahead: Floats, level: Floats) -> Floats:
    """As `_prize` when a tied block shares its prizes: convolves (rivals ahead, rivals level)."""
    n, m = prizes.size, ahead.shape[1]
    count = np.zeros((n, n, m))  # [ahead, level, m]
    count[0, 0] = 1.0
    for p, q in zip(ahead, level, strict=True):
        step = count * (1 - p - q)
        step[1:] += count[:-1] * p
        step[:, 1:] += count[:, :-1] * q
        count = step
    pot = np.concatenate(([0.0], np.cumsum(prizes)))
    prize = np.zeros(m)
    for a in range(n):
        for tied in range(n - a):
            prize += count[a, tied] * (pot[a + tied + 1] - pot[a]) / (tied + 1)
    return prize
