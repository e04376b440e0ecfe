"""Mixed strategies as they are handed to the grader."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from benchgame_env.game import Game
from benchgame_env.validate import Floats, array, vector

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

    Raises
    ------
    ValueError
        No samples, or efforts that are not finite.
    """
    columns = array("efforts", efforts).T
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
            efforts, weights = ([strategy], [1.0]) if pure else strategy
        except (TypeError, ValueError):
            raise ValueError(
                f"strategies[{i}]: expected (efforts, probabilities), got {strategy!r}"
            ) from None
        support = _within_budget(f"strategies[{i}]: efforts", efforts, game.budget[i])
        probabilities = _probabilities(f"strategies[{i}]: probabilities", weights)
        if support.size != probabilities.size:
            raise ValueError(
                f"strategies[{i}]: {support.size} efforts, {probabilities.size} probabilities"
            )
        if support.size > 1:
            support, where = np.unique(support, return_inverse=True)
            probabilities = np.bincount(where.reshape(-1), probabilities).astype(np.float64)
        result.append((support, probabilities))
    return result


def _within_budget(field: str, efforts: ArrayLike, budget: float) -> Floats:
    """``efforts`` as a vector of float64; those that exceed ``budget`` by the rounding of their own
    type, as float32 efforts may, are the budget."""
    given = vector(field, efforts)
    if given.min() < 0 or (given > budget * (1 + rounding(efforts))).any():
        raise ValueError(f"{field} must be in [0, {budget}], got {given.min()} to {given.max()}")
    return np.minimum(given, budget)


def rounding(values: ArrayLike) -> float:
    """Relative rounding error of the type of ``values``: 0 for float64, the type of computation."""
    kind = np.asarray(values).dtype
    return float(np.finfo(kind).eps) if kind in (np.float16, np.float32) else 0.0


def _probabilities(field: str, weights: ArrayLike) -> Floats:
    """``weights`` with sum 1; they may miss it by rounding in their own type, once for each of them."""
    given = vector(field, weights)
    total = given.sum()
    if given.min() < 0 or abs(total - 1) > max(1e-9, given.size * rounding(weights)):
        raise ValueError(f"{field} sum to {total}")
    return given / total
