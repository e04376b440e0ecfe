"""Choices of effort for any game: ranges of effort, finer where effort is small."""

from __future__ import annotations

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
    seat : Seat
        The seat that chooses.
    choices : int
        m, >= 2. Discrete actions have their own number.

    Attributes
    ----------
    efforts : array of float
        What the choices may mean, ``[m, points]``, effort units.
    """

    def __init__(self, seat: Seat, choices: int) -> None:
        if seat.axis.action_type == "discrete":
            self.efforts = seat.levels(0)[:, None]
        else:
            ends = np.linspace(0.0, 1.0, count("choices", choices, "levels")) ** 2
            within = np.arange(1, POINTS + 1) / POINTS
            low = np.concatenate(([0.0], ends[:-1]))
            points = low[:, None] + (ends - low)[:, None] * within
            own = seat.developer
            self.efforts = min(seat.game.effort_scale[own], seat.axis.max_effort[own]) * points
        self._actions = seat.action(self.efforts.ravel()).reshape(self.efforts.shape)
        if seat.axis.action_type != "discrete":  # what these actions come to, to the last digit
            positions = seat.axis.position(self._actions.ravel())
            self.efforts = seat.efforts(positions).reshape(self.efforts.shape)

    def actions(self, choices: NDArray[np.int64], rng: np.random.Generator) -> Floats:
        """Actions ``[batch]`` for choices ``[batch]``; ``rng`` draws within ranges."""
        points = self.efforts.shape[1]
        within = rng.integers(points, size=choices.shape) if points > 1 else 0
        return np.asarray(self._actions[choices, within], dtype=np.float64)

    def strategy(self, chances: Floats) -> tuple[Floats, Floats]:
        """Efforts and their probabilities for those of the choices, ``[m]``."""
        zero, points = int(self.efforts.shape[1] > 1), self.efforts.shape[1]
        efforts, each = self.efforts[zero:].ravel(), np.repeat(chances[zero:] / points, points)
        if zero:
            efforts, each = np.append(0.0, efforts), np.append(chances[0], each)
        return efforts, each / each.sum()
