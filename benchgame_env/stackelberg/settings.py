"""What a designer can announce: a finite list of rules, made of families and their levels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from benchgame_env.game import Game
from benchgame_env.rules import Protocol, as_protocol
from benchgame_env.rules.registry import parameter_names
from benchgame_env.theory.pure.thresholds import stabilizing_levels
from benchgame_env.validate import Floats, integer, number, vector

FAMILIES = ("tune-before-test",)
LEVELS = 10


def settings_of(
    game: Game,
    families: Sequence[Any] = FAMILIES,
    levels: int | ArrayLike = LEVELS,
    max_level: float | None = None,
) -> tuple[Protocol, ...]:
    """The rules that a designer can announce, in their order.

    Parameters
    ----------
    game : Game
        The game that they are for.
    families : sequence
        Protocols, each as a name, a pair or an object. A name or pair that leaves the parameter
        ``level`` of its rule open stands for the rule at each of the levels.
    levels : int or sequence of float
        The levels, effort units, or how many from 0 to ``max_level``, evenly spaced, >= 2.
    max_level : float, optional
        The highest level. Default: the least one from which honest play is stable, above 0; where there
        is none, the largest effort that the prizes are worth.

    Returns
    -------
    tuple of Protocol
        At least two.

    Raises
    ------
    ValueError
        Unknown or unsuitable families or levels, or fewer than two settings.
    """
    grid = level_grid(game, levels, max_level)
    rules = tuple(rule for family in families for rule in _family(family, grid))
    if len(rules) < 2:
        raise ValueError(f"families: a designer needs two settings to choose from, got {rules}")
    return rules


def level_grid(game: Game, levels: int | ArrayLike, max_level: float | None) -> Floats:
    """The levels ``[k]``, effort units, see `settings_of`."""
    if not isinstance(levels, (int, np.integer)):
        return vector("levels", levels)
    top = _least_stable(game) if max_level is None else number("max_level", max_level, low=0)
    return np.linspace(0.0, top, integer("levels", levels, low=2))


def _least_stable(game: Game) -> float:
    lows = [low for low, _ in stabilizing_levels(game) if low > 0]
    return lows[0] if lows else float(np.max(game.effort_scale))


def _family(family: Any, levels: Floats) -> Iterator[Protocol]:
    name, parameters = family if isinstance(family, (tuple, list)) and len(family) == 2 else (family, {})
    if isinstance(name, str) and "level" in parameter_names(name) and "level" not in parameters:
        for level in levels.tolist():
            yield as_protocol((name, {**parameters, "level": level}))
    else:
        yield as_protocol(family)
