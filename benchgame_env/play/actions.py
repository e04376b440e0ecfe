"""What an action means: a number on the effort axis of the game, and back."""

from __future__ import annotations

import reprlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from benchgame_env.game import Game
from benchgame_env.validate import Floats, choice, integer

ACTION_TYPES = ("continuous", "discrete")
ACTION_SCALES = ("linear", "log")
# The log scale resolves about one ten-thousandth of the largest effort: single steps in thousands.
LOG_RANGE = 1e4
LOG_SPAN = np.log1p(LOG_RANGE)
REAL = "biuf"  # kinds of NumPy types that are real numbers


@dataclass(frozen=True, eq=False)
class EffortAxis:
    """Maps actions to efforts in ``[0, max_effort]`` by way of a position in [0, 1].

    Parameters
    ----------
    max_effort : array of float
        Effort at position 1, ``[n]``, finite, >= 0, effort units.
    action_type : str
        ``continuous``: actions in [-1, 1], -1 is effort 0. ``discrete``: level numbers 0 to
        ``levels - 1``, level 0 is effort 0.
    levels : int
        Number of discrete levels, >= 2.
    scale : str
        ``linear``: effort = position * max. ``log``: equal steps of position multiply effort.

    Raises
    ------
    ValueError
        An unknown action type or scale, too few levels.
    """

    max_effort: Floats
    action_type: str = "continuous"
    levels: int = 41
    scale: str = "linear"

    def __post_init__(self) -> None:
        choice("action_type", self.action_type, ACTION_TYPES)
        choice("action_scale", self.scale, ACTION_SCALES)
        integer("effort_levels", self.levels, low=2)

    @classmethod
    def of(cls, game: Game, action_type: str, levels: int, scale: str) -> EffortAxis:
        """The axis of ``game``: up to the budget, or to what the prizes are worth without one."""
        if np.isinf(game.max_effort).any():
            raise ValueError("budget: must be finite where the cost of effort is bounded")
        return cls(game.max_effort, action_type, levels, scale)

    def by_task(self, n_tasks: int) -> EffortAxis:
        """The same axis for efforts ``[..., n, K]``."""
        return replace(self, max_effort=by_task(self.max_effort, n_tasks))

    def check(self, actions: Floats, name: Callable[[tuple[int, ...]], str]) -> None:
        """ValueError if one of ``actions`` means no effort; ``name`` says whose it is, by its index.

        Continuous actions must be finite, and are clipped by `position`. Discrete ones must be levels.
        """
        top, wanted = self.levels - 1, "a finite number"
        if self.action_type == "discrete":
            wrong, wanted = actions != _clip(np.rint(actions), 0.0, top), f"a level from 0 to {top}"
        else:
            wrong = ~np.isfinite(actions)
        if wrong.any():
            at = tuple(np.argwhere(wrong)[0].tolist())
            raise ValueError(f"{name(at)}: expected {wanted}, got {actions[at]}")

    def position(self, action: Any) -> Floats:
        """Finite actions to positions in [0, 1], same shape; out-of-range actions are clipped."""
        action = np.asarray(action, dtype=np.float64)
        if self.action_type == "discrete":
            return _clip(action, 0.0, self.levels - 1.0) / (self.levels - 1)
        return _clip(action, -1.0, 1.0) * 0.5 + 0.5

    def effort(self, position: Floats) -> Floats:
        """Positions ``[..., n]`` to efforts ``[..., n]``."""
        if self.scale == "log":
            share = np.expm1(position * LOG_SPAN) / LOG_RANGE
            position = np.where(position < 1, np.minimum(share, 1.0), 1.0)  # the top is exact
        return position * self.max_effort

    def action(self, effort: ArrayLike) -> Any:
        """Efforts ``[..., n]`` to the actions ``[..., n]`` that name them (the nearest level)."""
        share = np.asarray(effort) / np.where(self.max_effort > 0, self.max_effort, 1.0)
        share = np.clip(share, 0.0, 1.0)
        if self.scale == "log":
            share = np.log1p(share * LOG_RANGE) / LOG_SPAN
        if self.action_type == "discrete":
            return np.rint(share * (self.levels - 1)).astype(np.int64)
        return 2.0 * share - 1.0


def by_task(values: Floats, n_tasks: int) -> Floats:
    """Public values, ``[..., n]`` while there is one task, as values inside play, ``[..., n, K]``."""
    return values[..., None] if n_tasks == 1 else values


def public(values: Floats) -> Floats:
    """The way back from `by_task`."""
    return values[..., 0] if values.shape[-1] == 1 else values


def real_numbers(field: str, value: Any) -> Floats:
    """``value`` as an array of floats.

    Parameters
    ----------
    field : str
        What errors name.
    value : array_like of float
        Numbers of any real type; never written to.

    Returns
    -------
    array of float
        The same shape.

    Raises
    ------
    ValueError
        ``value`` is ragged, masked, complex, text, a date or anything else but real numbers.
    """
    try:
        array = np.asarray(value)
        kind = array.dtype.kind
        real = kind in REAL or (kind == "O" and all(isinstance(x, Real) for x in array.flat))
        if real and not isinstance(value, np.ma.MaskedArray):
            return array.astype(np.float64, copy=False)
    except (TypeError, ValueError, OverflowError, RuntimeError):
        pass  # each library has its own words
    raise ValueError(f"{field}: expected real numbers, got {reprlib.repr(value)}")


def real_number(field: str, value: Any) -> float:
    """The one number that ``value`` holds, a number or an array of one; see `real_numbers`."""
    if type(value) is np.ndarray and value.size == 1 and value.dtype.kind in REAL:
        return float(value.item())  # the usual form, quickly
    tensor = hasattr(value, "detach")  # of torch, on any device
    array = real_numbers(field, value.tolist() if tensor else value)
    if array.size != 1:
        raise ValueError(f"{field}: expected one number, got {reprlib.repr(value)}")
    return float(array.item())


def _clip(values: Floats, low: float, high: float) -> Floats:
    """As ``np.clip``, whose own checks take longer than a batch of one."""
    return np.minimum(np.maximum(values, low), high)
