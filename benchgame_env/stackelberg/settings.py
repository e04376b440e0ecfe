"""What a designer can announce: a finite list of rules, made of families and their levels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from benchgame_env.game import Game
from benchgame_env.play.actions import real_number
from benchgame_env.rules import Protocol
from benchgame_env.theory.design.families import Family, families_of
from benchgame_env.theory.pure.thresholds import stabilizing_levels
from benchgame_env.validate import Floats, integer, number, vector

FAMILIES = ("tune-before-test",)
LEVELS = 10


def settings_of(
    game: Game,
    families: Iterable[Any] = FAMILIES,
    levels: int | ArrayLike = LEVELS,
    max_level: float | None = None,
) -> tuple[Protocol, ...]:
    """The rules that a designer can announce, in their order.

    Parameters
    ----------
    game : Game
        The game that they are for.
    families : iterable
        As for `theory.optimal_design`, see `Family.of`.
    levels : int or sequence of float
        Of a parameter that is chosen from a range: the values, or how many between its ends, evenly
        spaced, >= 2.
    max_level : float, optional
        The end of a range that has none. Default: the least tune-before-test level above 0 from which
        honest play is stable; where there is none, the largest effort that the prizes are worth.

    Returns
    -------
    tuple of Protocol
        At least two.

    Raises
    ------
    ValueError
        Unknown or unsuitable families or levels, fewer than two settings, or two that are equal.
    """
    rules = tuple(
        family.rule(value)
        for family in families_of(families, game)
        for value in _values(game, family, levels, max_level)
    )
    if len(rules) < 2:
        raise ValueError(f"families: a designer needs two settings to choose from, got {rules}")
    shown = [repr(rule) for rule in rules]
    if twice := [one for one in dict.fromkeys(shown) if shown.count(one) > 1]:
        raise ValueError(f"families, levels: {twice[0]} is among the settings more than once")
    return rules


def read_setting(field: str, action: Any, settings: int) -> int:
    """The number of a setting that a designer's action holds.

    Parameters
    ----------
    field : str
        What errors name.
    action : array_like
        One whole number of any real type.
    settings : int
        How many settings there are.

    Raises
    ------
    ValueError
        The action is not one number, or not the number of a setting.
    """
    chosen = real_number(field, action)
    if chosen not in range(settings):
        raise ValueError(f"{field}: expected a setting from 0 to {settings - 1}, got {chosen:g}")
    return int(chosen)


def _values(game: Game, family: Family, levels: int | ArrayLike, max_level: float | None) -> list[Any]:
    if not family.is_range:
        return list(family.values) or [None]
    if not isinstance(levels, (int, np.integer)):
        return vector("levels", levels).tolist()
    return _spread(game, family, integer("levels", levels, low=2), max_level).tolist()


def _spread(game: Game, family: Family, levels: int, max_level: float | None) -> Floats:
    high = family.high
    if np.isinf(high):
        high = _least_stable(game) if max_level is None else number("max_level", max_level)
    if not high > family.low:
        raise ValueError(f"max_level: the range begins at {family.low:g} and ends at {high:g}")
    return np.linspace(family.low, high, levels)


def _least_stable(game: Game) -> float:
    lows = [low for low, _ in stabilizing_levels(game) if low > 0]
    return lows[0] if lows else game.finite_effort_scale
