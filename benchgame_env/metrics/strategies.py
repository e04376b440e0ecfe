"""Mixed strategies as they are handed to the grader."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from benchgame_env.game import Game
from benchgame_env.validate import Floats, vector

Strategy = tuple[Floats, Floats]  # efforts and their probabilities


def empirical(efforts: ArrayLike) -> list[Strategy]:
    """Empirical mixed strategies: every sample of play is equally likely.

    Parameters
    ----------
    efforts : array of float
        Efforts that were played, ``[samples, n]``, effort units.

    Returns
    -------
    list of pairs
        Efforts and probabilities of each developer.
    """
    columns = np.asarray(efforts, dtype=np.float64).T
    return [(column, np.full(column.size, 1 / column.size)) for column in columns]


def read_strategies(game: Game, strategies: Any) -> list[Strategy]:
    """The strategies of all developers, checked, with distinct ascending efforts.

    Parameters
    ----------
    game : Game
    strategies : array of float, or list of pairs
        Efforts ``[n]``, or one pair ``(efforts, probabilities)`` per developer.

    Returns
    -------
    list of pairs
        Efforts and probabilities of each developer.

    Raises
    ------
    ValueError
        Efforts outside the budget, probabilities that do not sum to 1, not one strategy per developer.
    """
    if len(strategies) != game.n_developers:
        raise ValueError(f"strategies: {len(strategies)} for {game.n_developers} developers")
    # A profile of efforts is one number per developer; any mixture makes it a list of pairs.
    pure = all(not isinstance(s, (tuple, list)) and np.ndim(s) == 0 for s in strategies)
    result = []
    for i, strategy in enumerate(strategies):
        try:
            efforts, probabilities = ([strategy], [1.0]) if pure else strategy
        except (TypeError, ValueError):
            raise ValueError(
                f"strategies[{i}]: expected (efforts, probabilities), got {strategy!r}"
            ) from None
        efforts = vector(f"strategies[{i}]: efforts", efforts)
        probabilities = vector(f"strategies[{i}]: probabilities", probabilities)
        if efforts.size != probabilities.size:
            raise ValueError(
                f"strategies[{i}]: {efforts.size} efforts, {probabilities.size} probabilities"
            )
        if efforts.min() < 0 or efforts.max() > game.budget[i]:
            raise ValueError(
                f"strategies[{i}]: efforts must be in [0, {game.budget[i]}], "
                f"got {efforts.min()} to {efforts.max()}"
            )
        if probabilities.min() < 0 or abs(probabilities.sum() - 1) > 1e-9:
            raise ValueError(f"strategies[{i}]: probabilities sum to {probabilities.sum()}")
        if efforts.size > 1:
            efforts, where = np.unique(efforts, return_inverse=True)
            probabilities = np.bincount(where.reshape(-1), probabilities).astype(np.float64)
        result.append((efforts, probabilities))
    return result
