"""The tune-before-test levels at which honest play is stable (theory section 3, Prop 5.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from benchgame_env.costs import LinearCost, PowerCost
from benchgame_env.curves import Additive, ScalingLaw, Tabulated
from benchgame_env.game import Game
from benchgame_env.named_games import as_game
from benchgame_env.theory.pure.level_boxes import (
    FINE,
    HIDDEN,
    PERHAPS,
    STABLE,
    SURELY,
    Boxes,
    settle,
)
from benchgame_env.validate import Floats, number

Levels = list[tuple[float, float]]
# Families that by their formula never fall, and are known to float64's precision.
CURVES, COSTS = (ScalingLaw, Additive, Tabulated), (LinearCost, PowerCost)
# Developers up to which all pairs are looked at: memory grows as their square.
LARGEST = 2000


class StableLevels(list[tuple[float, float]]):
    """Intervals ``(low, high)`` of tune-before-test levels, in increasing order.

    Parameters
    ----------
    levels, errors, resolved_to, certain, undecided, assumes
        The intervals, and the attributes below.

    Attributes
    ----------
    errors : list of (float, float)
        How far one step of the grid of scores moves the lower and upper end at most, effort units.
    resolved_to : float
        The level beyond which scores are too close on the grid to tell who could overtake whom, or the
        largest level looked at; effort units.
    certain : list of (float, float)
        The parts of the intervals in which honest play is stable even if every rival's score is one
        step of the grid lower.
    undecided : list of (float, float)
        Levels of which nothing is proved either way, because float64 rounds or the work would not end.
        Every end of an interval is the end of such a range, about a billionth of the level wide or less.
    assumes : tuple of str
        What the proof takes from the curves and the cost as they promise it; empty for those of this
        library.
    """

    def __init__(
        self,
        levels: Levels,
        errors: Levels,
        resolved_to: float,
        certain: Levels,
        undecided: Levels,
        assumes: Sequence[str] = (),
    ) -> None:
        super().__init__(levels)
        self.errors, self.resolved_to, self.certain = errors, resolved_to, certain
        self.undecided, self.assumes = undecided, tuple(assumes)


def stabilizing_levels(
    game: Game | str,
    max_level: float | None = None,
    progress: Callable[[float], None] | None = None,
) -> StableLevels:
    """Tune-before-test levels at which all-zero effort is an equilibrium.

    The answer is a list of intervals: where curves cross, stability can end and begin again. It is
    proved for every level in an interval, and refuted for every level outside, but for the narrow
    ranges in ``undecided``. It follows from the curves themselves; ``errors`` says what the grid of
    scores changes.

    Parameters
    ----------
    game : Game or str
        The game, or its name.
    max_level : float, optional
        Largest level looked at, effort units, > 0. Default: 100 times what the prizes are worth.
    progress : callable, optional
        Called now and then with the share of the work that is done, in [0, 1].

    Returns
    -------
    StableLevels
        Disjoint ``(low, high)``, both ends included. ``high`` is ``max_level`` where the last interval
        goes on beyond it, or near ``resolved_to``. Empty if no level is known to stabilise.

    Raises
    ------
    ValueError
        An unsuitable level, or more than 2,000 developers.

    Examples
    --------
    >>> import benchgame_env as bg
    >>> [(round(low, 2), round(high)) for low, high in bg.theory.stabilizing_levels("scaling-laws", 100)]
    [(1.31, 100)]
    """
    game = as_game(game)
    max_level = 100 * game.finite_effort_scale if max_level is None else max_level
    max_level = number("max_level", max_level, low=0, strict=True)
    if game.n_developers > LARGEST:
        raise ValueError(f"stabilizing_levels: {game.n_developers} developers, more than {LARGEST}")
    boxes = _without_crumbs(settle(game, max_level, progress))
    stable, surely = boxes.spans(STABLE, 1), boxes.spans(SURELY, 1)
    return StableLevels(
        _pairs(stable),
        _pairs((_error(boxes, low, 1), _error(boxes, high, -1)) for low, high in stable),
        _resolved_to(boxes),
        _pairs(part for low, high in stable for part in _inside(surely, low, high)),
        _pairs(boxes.spans(STABLE, 0)),
        _assumed(game),
    )


def _without_crumbs(boxes: Boxes) -> Boxes:
    """The boxes with stable intervals that are too narrow for float64 marked as undecided."""
    flags = boxes.flags.copy()
    for low, high in boxes.spans(STABLE, 1):
        if high - low < FINE * high:
            flags[(boxes.low >= low) & (boxes.high <= high), STABLE] = 0
    return boxes._replace(flags=flags)


def _error(boxes: Boxes, end: float, inwards: int) -> float:
    """How far one step of the grid of scores moves the ``end`` of a stable interval at most."""
    last = float(boxes.high[-1])
    if end == (0.0 if inwards > 0 else last):
        return 0.0
    beyond = (boxes.flags[:, STABLE] < 0) & (inwards * (end - boxes.low) > 0)
    if not beyond.any():  # nothing but rounding keeps the interval from going on
        return 0.0
    nearest = np.flatnonzero(beyond)[-1 if inwards > 0 else 0]
    if boxes.flags[nearest, HIDDEN] > 0:  # not an end of stability, but of what can be told
        return 0.0
    spans = boxes.spans(SURELY, 1), boxes.spans(PERHAPS, -1)
    room = end if inwards > 0 else last - end
    return min(max(_distance(spans[0], end, inwards), _distance(spans[1], end, -inwards)), room)


def _distance(spans: Floats, end: float, way: int) -> float:
    """How far the next of ``spans`` is from ``end`` in direction ``way``; infinite if there is none."""
    if way > 0:
        after = spans[spans[:, 1] > end, 0]
        return max(float(after.min()) - end, 0.0) if after.size else np.inf
    before = spans[spans[:, 0] < end, 1]
    return max(end - float(before.max()), 0.0) if before.size else np.inf


def _inside(spans: Floats, low: float, high: float) -> Floats:
    """The parts of ``spans`` ``[s, 2]`` in one interval."""
    parts = np.clip(spans, low, high)
    return parts[parts[:, 0] < parts[:, 1]]


def _resolved_to(boxes: Boxes) -> float:
    """The level beyond which one step of the grid of scores decides; else the last level."""
    told = np.flatnonzero(boxes.flags[:, HIDDEN] < 0)
    hidden = np.flatnonzero(boxes.flags[:, HIDDEN] > 0)
    if not hidden.size or (told.size and told[-1] > hidden[-1]):
        return float(boxes.high[-1])
    return float(boxes.low[told[-1] + 1]) if told.size else 0.0


def _assumed(game: Game) -> list[str]:
    curves = [] if isinstance(game.curves, CURVES) else ["scores do not fall with effort"]
    return curves + ([] if isinstance(game.cost, COSTS) else ["the cost does not fall with effort"])


def _pairs(spans: Iterable[Any]) -> Levels:
    return [(float(low), float(high)) for low, high in spans]
