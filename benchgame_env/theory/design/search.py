"""Search for the least loss on a range: a coarse grid, then finer certificates around what may be least.

A point is kept apart from another only where their losses differ by more than the errors of both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from benchgame_env.theory.design.outcome import DesignOutcome
from benchgame_env.validate import Floats

ROUNDING = 1e-9  # of a loss: smaller differences are those of quadrature


class Point(NamedTuple):
    """A point that was tried."""

    value: float
    outcome: DesignOutcome
    share: float  # the tolerance of its certificate

    @property
    def loss(self) -> float:
        """The loss."""
        return self.outcome.loss

    @property
    def least(self) -> float:
        """The loss less its error."""
        return self.outcome.loss - self._error

    @property
    def most(self) -> float:
        """The loss and its error."""
        return self.outcome.loss + self._error

    @property
    def _error(self) -> float:
        return max(self.outcome.error, ROUNDING * abs(self.outcome.loss))


Look = Callable[[float, float], DesignOutcome]  # at a value, to a tolerance


def grid(low: float, high: float, unit: float, count: int) -> Floats:
    """About ``count`` values from ``low`` to ``high``: two thirds evenly spaced, the others denser
    towards 0, from ``unit`` on."""
    even = np.linspace(low, high, max(2, 2 * count // 3))
    first, last = float(np.log1p(low / unit)), float(np.log1p(high / unit))
    dense = np.expm1(np.linspace(first, last, max(2, count // 3))) * unit
    return np.unique(np.clip(np.concatenate((even, dense)), low, high))


def search(
    look: Look,
    values: Iterable[float],
    known: Iterable[Point],
    tolerances: tuple[float, float],
    width: float,
    tries: int,
    told: Callable[[int], None] = lambda done: None,
) -> list[Point]:
    """Points at ``values``, and more around those that may have the least loss.

    Parameters
    ----------
    look : callable
        A value and a tolerance to the outcome there.
    values : iterable of float
        Where to look first.
    known : iterable of Point
        Points that need not be looked at, such as stable ones.
    tolerances : pair of float
        Of the certificates on the first look, and on the next ones.
    width : float
        Neighbours closer than this are not halved.
    tries : int
        Points to look at again or anew at most, after the first look.
    told : callable
        Told how many points were looked at.

    Returns
    -------
    list of Point
        In increasing order of value.
    """
    coarse, fine = tolerances
    points = {point.value: point for point in known}
    done = 0

    def visit(value: float, tolerance: float) -> None:
        nonlocal done
        points[value] = Point(value, look(value, tolerance), tolerance)
        done += 1
        told(done)

    for value in values:
        if value not in points:
            visit(value, coarse)
    last = done + tries
    while done < last:
        ordered = sorted(points.values())
        best = min((point.most for point in ordered if point.loss == point.loss), default=np.inf)
        hopeful = [k for k, point in enumerate(ordered) if point.least <= best]
        rough = [ordered[k] for k in hopeful if ordered[k].share > fine and ordered[k].outcome.error > 0]
        if rough:
            for point in sorted(rough, key=lambda point: point.loss)[: last - done]:
                visit(point.value, fine)
            continue
        gaps = {(k + side - 1, k + side) for k in hopeful for side in (0, 1)}
        wide = [
            (ordered[j].value + ordered[k].value) / 2
            for j, k in sorted(gaps)
            if j >= 0 and k < len(ordered) and ordered[k].value - ordered[j].value > width
        ]
        if not wide:
            break
        for value in wide[: last - done]:
            visit(value, fine)
    return sorted(points.values())


def local_minima(points: list[Point]) -> list[Point]:
    """The points that are surely lower than what lies between them and any lower point; of equal ones
    in a row the first."""
    points = [point for point in points if point.loss == point.loss]
    return [
        point
        for k, point in enumerate(points)
        if _apart(point, points[k + 1 :], point.loss)
        and _apart(point, points[k - 1 :: -1] if k else [], np.nextafter(point.loss, np.inf))
    ]


def _apart(point: Point, others: list[Point], limit: float) -> bool:
    """Whether losses surely rise before one of ``others``, in order of distance, is below ``limit``."""
    barrier = point.least
    for other in others:
        if other.loss < limit:
            return barrier > point.most
        barrier = max(barrier, other.least)
    return True
