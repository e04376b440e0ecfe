"""Choices of effort for any game: ranges of effort, finer where effort is small."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from benchgame_env.agents.base import Seat
from benchgame_env.validate import Floats, count

POINTS = 8  # efforts in a range, all equally likely


class Ranges:
    """No effort, or a range of efforts from which one is drawn evenly.

    Choice 0 is no effort. Choice k of m is one of `POINTS` efforts, evenly spread from ``F ((k - 1) /
    (m - 1))^2`` (left out) to ``F (k / (m - 1))^2``. F is the most effort that the prizes are worth to
    the developer, or its budget if that is less. Draws within a range matter: were each choice a single
    effort, rivals would gain by efforts just above it. Discrete actions are choices themselves.

    Parameters
    ----------
    seats : sequence of Seat
        The k seats that choose.
    choices : int
        m, >= 2. Discrete actions have their own number.

    Attributes
    ----------
    efforts : array of float
        What the choices may mean, ``[k, m, points]``, effort units.
    """

    def __init__(self, seats: Sequence[Seat], choices: int) -> None:
        tables = [_table(seat, choices) for seat in seats]
        self._actions, self.efforts = (np.stack(part) for part in zip(*tables, strict=True))
        self._seats = np.arange(len(seats))[:, None]

    def actions(self, choices: NDArray[np.int64], rng: np.random.Generator) -> Floats:
        """Actions ``[k, batch]`` for choices ``[k, batch]``; ``rng`` draws within ranges."""
        points = self.efforts.shape[2]
        within = rng.integers(points, size=choices.shape) if points > 1 else 0
        return np.asarray(self._actions[self._seats, choices, within])

    def strategies(self, chances: Floats) -> list[tuple[Floats, Floats]]:
        """Efforts and their probabilities for those of the choices, ``[k, m]``."""
        points = self.efforts.shape[2]
        each = np.repeat(chances[..., None] / points, points, axis=2)
        each[:, 0, 0] = chances[:, 0]
        kept = np.ones(each.shape[1:], dtype=bool)
        kept[0, 1:] = False  # no effort, once
        pairs = zip(self.efforts, each, strict=True)
        return [(efforts[kept], row[kept] / row[kept].sum()) for efforts, row in pairs]


def _table(seat: Seat, choices: int) -> tuple[Floats, Floats]:
    """Actions and efforts ``[m, points]`` of a seat."""
    if seat.axis.action_type == "discrete":
        levels = seat.levels(0)
        return seat.action(levels)[:, None].astype(np.float64), levels[:, None]
    ends = np.linspace(0.0, 1.0, count("choices", choices, "levels")) ** 2
    within = np.arange(1, POINTS + 1) / POINTS
    low = np.concatenate(([0.0], ends[:-1]))
    points, own = low[:, None] + (ends - low)[:, None] * within, seat.developer
    efforts = min(seat.game.effort_scale[own], seat.axis.max_effort[own]) * points
    actions = seat.action(efforts.ravel())
    shown = seat.efforts(seat.axis.position(actions))  # what these actions come to, to the last digit
    return actions.reshape(points.shape).astype(np.float64), shown.reshape(points.shape)
