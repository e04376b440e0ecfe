"""Heads: what a network's choice means in the game, and how the network sees the board."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from benchgame_env.agents.base import Seat
from benchgame_env.theory.dynamics.best_response import reach
from benchgame_env.validate import Floats, choice


class Head(ABC):
    """Translates between a network and its seat.

    Parameters
    ----------
    seat : Seat
        The seat that the network plays.

    Attributes
    ----------
    count : int or None
        Number of choices, which are 0 to ``count - 1``; None: a choice is a number in [-1, 1].
    """

    count: int | None

    def __init__(self, seat: Seat) -> None:
        self.seat = seat

    @property
    def space(self) -> gymnasium.Space:
        """The space of choices."""
        return choice_space(self.count)

    @abstractmethod
    def actions(self, choices: NDArray[Any], observations: NDArray[np.float32]) -> NDArray[Any]:
        """Actions ``[batch]`` for choices ``[batch]`` at observations ``[batch, size]``."""

    def view(self, observations: NDArray[np.float32]) -> NDArray[np.float32]:
        """Observations ``[batch, size]`` in units of the seat, with the same shape and parts.

        Scores become shares of the way from the own honest score (0) to the own highest score (1), both
        of which ``own_curve`` shows.
        """
        curve = self.seat.read(observations, "own_curve")
        low, span = curve[:, :1], curve[:, -1:] - curve[:, :1]
        seen = observations.copy()
        for part in ("own_curve", "own_score", "board_scores"):
            at = self.seat.layout.parts[part]
            seen[:, at] = (observations[:, at] - low) / np.where(span > 0, span, 1.0)
        return seen


class Axis(Head):
    """The environment's own actions: any effort on a continuous axis, or one of its discrete levels.

    Parameters
    ----------
    seat : Seat
        The seat that the network plays.
    """

    def __init__(self, seat: Seat) -> None:
        super().__init__(seat)
        self.count = seat.axis.levels if seat.axis.action_type == "discrete" else None

    def actions(self, choices: NDArray[Any], observations: NDArray[np.float32]) -> NDArray[Any]:
        return choices


class Overtake(Head):
    """Which rival to overtake: choice k is the least effort that ranks above developer k on the board.

    The efforts are the candidates of `benchgame_env.theory.best_response`. The own index and rivals out
    of reach mean zero effort. The view describes the choices instead of the rivals: ``board_scores`` are
    the efforts of the choices, as shares of the largest effort on the axis, and ``board_ranks`` are the
    ranks that they would earn on the present board.

    Parameters
    ----------
    seat : Seat
        The seat that the network plays.
    resolution : float, optional
        Score by which a rival is beaten, at least 1.2e-7 because boards are seen in float32; default:
        that of the seat. Where the tie rule favours the seat, an equal score is enough.

    Raises
    ------
    ValueError
        Discrete actions, or a rule that exact theory does not cover.
    """

    def __init__(self, seat: Seat, resolution: float | None = None) -> None:
        super().__init__(seat)
        if seat.axis.action_type == "discrete":
            raise ValueError("head 'overtake' needs continuous actions, got discrete ones")
        seat.need_exact_rule("head 'overtake'")
        self.resolution = seat.visible_resolution(resolution)
        self._subgame = seat.subgame.reduced()
        self.count = seat.game.n_developers
        self._last: tuple[NDArray[np.float32], tuple[Floats, NDArray[np.int64]]] | None = None

    def moves(self, observations: NDArray[np.float32]) -> tuple[Floats, NDArray[np.int64]]:
        """Efforts of all choices, and the ranks that they earn on the present board.

        Parameters
        ----------
        observations : array of float32
            ``[batch, size]``.

        Returns
        -------
        efforts : array of float
            ``[batch, n]``, effort units.
        ranks : array of int
            ``[batch, n]``.
        """
        if self._last is not None and np.array_equal(observations, self._last[0]):
            return self._last[1]  # asked for the view, then for the actions
        seat, scores = self.seat, self.seat.read(observations, "board_scores").astype(np.float64)
        efforts, ranks = reach(self._subgame, seat.developer, scores, self.resolution)
        near = efforts <= seat.axis.max_effort[seat.developer]
        efforts, ranks = np.where(near, efforts, 0.0), np.where(near, ranks, ranks[:, [seat.developer]])
        self._last = observations.copy(), (efforts, ranks)
        return efforts, ranks

    def actions(self, choices: NDArray[Any], observations: NDArray[np.float32]) -> NDArray[Any]:
        efforts = self.moves(observations)[0]  # of one row, if all copies see the same
        return self.seat.action(np.take_along_axis(efforts, choices[:, None], axis=1)[:, 0])

    def view(self, observations: NDArray[np.float32]) -> NDArray[np.float32]:
        seen, parts = super().view(observations), self.seat.layout.parts
        efforts, ranks = self.moves(observations)
        most = self.seat.axis.max_effort[self.seat.developer]
        seen[:, parts["board_scores"]] = efforts / (most if most > 0 else 1.0)
        seen[:, parts["board_ranks"]] = (ranks - 1) / max(self.seat.game.n_developers - 1, 1)
        return seen


HEADS = ("axis", "overtake")


def make_head(name: str, seat: Seat, resolution: float | None = None) -> Head:
    """The head called ``name`` for a seat.

    Parameters
    ----------
    name : {"axis", "overtake"}
        Which head.
    seat : Seat
        The seat that the network plays.
    resolution : float, optional
        As for `Overtake`; ``axis`` has none.

    Raises
    ------
    ValueError
        An unknown name (the message lists the known ones), or a seat that does not suit the head.
    """
    return Axis(seat) if choice("head", name, HEADS) == "axis" else Overtake(seat, resolution)


def choice_space(count: int | None) -> gymnasium.Space:
    """The space of ``count`` choices; None: of numbers in [-1, 1]."""
    if count is None:
        return gymnasium.spaces.Box(-1.0, 1.0, (1,), dtype=np.float32)
    return gymnasium.spaces.Discrete(count)
