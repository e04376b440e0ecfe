"""The order in which developers revise one after the other, for play and theory."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def in_turn(rounds: ArrayLike, n: int) -> NDArray[np.int64]:
    """The developer on turn in each of these rounds: worst quality first, then upwards, then again.

    Parameters
    ----------
    rounds : array_like of int
        Rounds of an episode, any shape; the first is 0.
    n : int
        Number of developers.

    Returns
    -------
    array of int64
        Indices of developers, the shape of ``rounds``.

    Examples
    --------
    >>> in_turn([0, 1, 2, 3], 3).tolist()
    [2, 1, 0, 2]
    """
    return n - 1 - np.asarray(rounds, dtype=np.int64) % n
