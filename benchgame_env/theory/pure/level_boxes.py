"""Certified answers for all tune-before-test levels from one to another: interval branch and bound.

Scores do not fall with effort. So what a developer needs to pass another one, at any level of a box
``[low, high]``, lies between bounds that the two ends give. Where the bounds do not settle whether
anybody gains by overtaking, the box is halved. Bounds for a box hold for its halves, so that a rival
whom nobody could gain by passing is not looked at again.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchgame_env.game import Game
from benchgame_env.theory.pure.level_bounds import HIGHER, LOWER, SAME, Bounds
from benchgame_env.validate import Floats

EDGE = 1e-10  # of P: a gain below is rounding, so that equality is stable; a tenth of what counts
COARSE = 0.1  # of P: a gain that one step of the grid of scores moves by more is not known
FIRST = 64  # boxes to begin with
# Relative widths: boxes this narrow are not halved again; or so narrow that a long run of them means
# that rounding decides.
NARROW, FINE = 2.0**-40, 2.0**-30
# A run of boxes that nothing settles is given up if it has more boxes and more pairs in them, or fine
# boxes, than this.
LONGEST, MOST_PAIRS, LONGEST_FINE = 512, 1 << 18, 256
PAIRS = 1 << 13  # pairs looked at in one go: what is needed stays in cache
WORK = 1 << 28  # pairs looked at in all
# The four questions about a level; each is answered by 1 (yes), -1 (no) or 0 (not settled).
STABLE, SURELY, PERHAPS, HIDDEN = range(4)

Flags = NDArray[np.int8]


class Boxes(NamedTuple):
    """Boxes in increasing order, without gaps, and what is certain of every level in each.

    Attributes
    ----------
    low, high : arrays ``[m]``
        Ends, effort units.
    flags : array ``[m, 4]``
        `STABLE`: nobody gains by overtaking, nor would gain more than `COARSE` P if rivals' scores were
        one step of the grid lower. `SURELY`: nobody would gain even then. `PERHAPS`: nobody would gain
        if rivals' scores were one step higher. `HIDDEN`: that one step decides it, and moves the largest
        gain by more than `COARSE` P.
    """

    low: Floats
    high: Floats
    flags: Flags

    def spans(self, question: int, answer: int) -> Floats:
        """The longest intervals ``[s, 2]`` made of boxes with this ``answer`` to ``question``."""
        edges = np.flatnonzero(np.diff(self.flags[:, question] == answer, prepend=False, append=False))
        first, last = edges[::2], edges[1::2] - 1
        return np.stack((self.low[first], self.high[last]), axis=1)


class _Open(NamedTuple):
    """Boxes that are not settled, and what is known of them."""

    low: Floats  # [m]
    high: Floats
    ahead: NDArray[np.bool_]  # k is above r on the published board at every level, [m, k, r]
    worth: NDArray[np.bool_]  # somebody may gain by passing k, [m, k]

    def part(self, some: Any) -> _Open:
        return _Open(*(field[some] for field in self))

    def halved(self, unit: float) -> _Open:
        low, high, *known = self
        cut = middle(low, high, unit)
        ends = np.stack((low, cut, cut, high), 1).reshape(-1, 2)
        return _Open(ends[:, 0], ends[:, 1], *(np.repeat(field, 2, axis=0) for field in known))


def first_edges(game: Game, max_level: float) -> tuple[float, Floats]:
    """An effort that is small on this game, and the edges of `FIRST` boxes, which grow from there on."""
    unit = min(1e-3 * game.finite_effort_scale, 1e-3 * max_level)
    edges = np.expm1(np.linspace(0.0, np.log1p(max_level / unit), FIRST + 1)) * unit
    edges[-1] = max_level
    return unit, edges


def middle(low: Any, high: Any, unit: float) -> Any:
    """Where boxes are halved: in the middle of their logarithms, from ``unit`` on."""
    return np.sqrt((low + unit) * (high + unit)) - unit


def settle(game: Game, max_level: float, progress: Callable[[float], None] | None = None) -> Boxes:
    """Boxes from 0 to ``max_level``; what stays unsettled is as narrow as float64 allows or given up.
    ``progress`` is told the share of the work that is done, by the width of the boxes that are left."""
    n = game.n_developers
    unit, edges = first_edges(game, max_level)
    nobody, all_ = np.zeros((FIRST, n, n), dtype=bool), np.ones((FIRST, n), dtype=bool)
    left, done, work = _Open(edges[:-1], edges[1:], nobody, all_), [], WORK
    widest = float(((left.high - left.low) / (left.high + unit)).max())
    while left.low.size:
        work -= int(left.worth.sum()) * n
        flags, left = _look(game, left)
        width = (left.high - left.low) / (left.high + unit)
        if progress is not None:
            progress(min(1.0, math.log(widest / float(width.max())) / math.log(widest / NARROW)))
        unsettled: Any = flags == 0
        again = unsettled.any(axis=1) & left.worth.any(axis=1) & (width > NARROW) & (work > 0)
        again &= ~_hopeless(left, again, width < FINE)
        done.append((left.low[~again], left.high[~again], flags[~again]))
        left = left.part(again).halved(unit)
    low, high, flags = (np.concatenate(parts) for parts in zip(*done, strict=True))
    order = np.argsort(low)
    return Boxes(low[order], high[order], flags[order])


def _hopeless(left: _Open, again: NDArray[np.bool_], fine: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Boxes in runs so long that something is level there, to the last digit or to rounding."""
    run = np.cumsum(np.append(True, (left.low[1:] != left.high[:-1]) | ~again[:-1])) - 1
    pairs = left.worth.sum(axis=1) * left.worth.shape[1]
    boxes, work, tiny = (np.bincount(run, weights=again * each)[run] for each in (1, pairs, fine))
    return (tiny > LONGEST_FINE) | ((boxes > LONGEST) & (work > MOST_PAIRS))


def _look(game: Game, left: _Open) -> tuple[Flags, _Open]:
    """The answers ``[m, 4]``, and what is now known of the boxes; some boxes at a time."""
    pairs = np.cumsum(left.worth.sum(axis=1)) * game.n_developers
    cuts = np.flatnonzero(np.diff(pairs // PAIRS)) + 1
    parts = [_answers(game, left.part(some)) for some in np.split(np.arange(left.low.size), cuts)]
    flags, known = zip(*parts, strict=True)
    return np.concatenate(flags), _Open(*(np.concatenate(field) for field in zip(*known, strict=True)))


def _answers(game: Game, left: _Open) -> tuple[Flags, _Open]:
    bounds = Bounds(game, left.low, left.high, left.ahead, left.worth)
    least, most = bounds.least_gain, bounds.most_gain
    edge, coarse = EDGE * game.prize_range, COARSE * game.prize_range
    perhaps = _answer(most[HIGHER] <= edge, least[HIGHER] > edge)
    flags = (
        _answer((most[SAME] <= edge) & (most[LOWER] <= coarse),
                (least[SAME] > edge) | (least[LOWER] > coarse)),
        _answer(most[LOWER] <= edge, least[LOWER] > edge),
        perhaps,
        _answer((perhaps > 0) & (least[LOWER] > coarse), (perhaps < 0) | (most[LOWER] <= coarse)),
    )  # fmt: skip
    known = left._replace(ahead=bounds.ahead, worth=bounds.worth_passing(edge))
    return np.stack(flags, axis=1) * bounds.sound[:, None], known


def _answer(yes: Any, no: Any) -> Flags:
    return yes.astype(np.int8) - no.astype(np.int8)
