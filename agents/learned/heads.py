"""What a network's choice means in the game, and how the network is shown the board."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from agents.base import Seat
from benchgame_env import theory
from benchgame_env.rules import is_exact
from benchgame_env.validate import Floats, choice, number


class Head(ABC):
    """Between a network and its seat.

    Attributes
    ----------
    count: how many choices there are, 0 to ``count - 1``; None: a choice is a number in [-1, 1].
    """

    count: int | None

    def __init__(self, seat: Seat) -> None:
        self.seat = seat

    @property
    def space(self) -> gymnasium.Space:
        """The space of choices."""
        if self.count is None:
            return gymnasium.spaces.Box(-1.0, 1.0, (1,), dtype=np.float32)
        return gymnasium.spaces.Discrete(self.count)

    @abstractmethod
    def actions(self, choices: NDArray[Any], observations: NDArray[np.float32]) -> NDArray[Any]:
        """Choices ``[batch]`` at observations ``[batch, size]`` to actions ``[batch]``."""

    def view(self, observations: NDArray[np.float32]) -> NDArray[np.float32]:
        """Observations ``[batch, size]`` in units of the seat, of the same shape and parts: scores as
        shares of the way from the own honest score (0) to the own highest (1), see ``own_curve``."""
        curve = self.seat.read(observations, "own_curve")
        low, span = curve[:, :1], curve[:, -1:] - curve[:, :1]
        seen = observations.copy()
        for part in ("own_curve", "own_score", "board_scores"):
            at = self.seat.layout.parts[part]
            seen[:, at] = (observations[:, at] - low) / np.where(span > 0, span, 1.0)
        return seen


class Axis(Head):
    """The environment's own actions: any effort of a continuous axis, or one of its discrete levels."""

    def __init__(self, seat: Seat) -> None:
        super().__init__(seat)
        self.count = seat.axis.levels if seat.axis.action_type == "discrete" else None

    def actions(self, choices: NDArray[Any], observations: NDArray[np.float32]) -> NDArray[Any]:
        return choices


class Overtake(Head):
    """Whom to overtake: choice k is the least effort that ranks above developer k on the board.

    The efforts are the candidates of `benchgame_env.theory.best_response`. One's own index is zero
    effort, and so is a rival out of reach. Its view tells of the choices instead of the rivals:
    ``board_scores`` are their efforts, as shares of the largest that an action can name, and
    ``board_ranks`` the places that they take on the board as it stands.

    Parameters
    ----------
    resolution: score by which a rival is beaten, at least 1.2e-7: boards are seen in float32; default
        that of the seat. Where the tie rule favours the seat, equality will do.

    Raises
    ------
    ValueError: discrete actions, or a rule that is not exact.
    """

    def __init__(self, seat: Seat, resolution: float | None = None) -> None:
        super().__init__(seat)
        if seat.axis.action_type == "discrete":
            raise ValueError("head 'overtake' needs continuous actions")
        if not is_exact(seat.protocol):
            raise ValueError(f"head 'overtake' needs a DeterministicProtocol, got {seat.protocol!r}")
        chosen = seat.resolution if resolution is None else resolution
        self.resolution = number("resolution", chosen, low=float(np.finfo(np.float32).eps))
        self.count = seat.game.n_developers
        self._last: tuple[NDArray[np.float32], tuple[Floats, NDArray[np.int64]]] | None = None

    def moves(self, observations: NDArray[np.float32]) -> tuple[Floats, NDArray[np.int64]]:
        """Efforts of all choices, and the ranks they earn on the board as it stands, ``[batch, n]``."""
        if self._last is not None and np.array_equal(observations, self._last[0]):
            return self._last[1]  # asked for the view, then for the actions
        seat, scores = self.seat, self.seat.read(observations, "board_scores").astype(np.float64)
        efforts, ranks = theory.overtakes_in_reach(
            seat.game, seat.protocol, seat.developer, scores, self.resolution
        )
        near = efforts <= seat.axis.max_effort[seat.developer]
        efforts, ranks = np.where(near, efforts, 0.0), np.where(near, ranks, ranks[:, [seat.developer]])
        self._last = observations.copy(), (efforts, ranks)
        return efforts, ranks

    def actions(self, choices: NDArray[Any], observations: NDArray[np.float32]) -> NDArray[Any]:
        return self.seat.action(self.moves(observations)[0][np.arange(len(choices)), choices])

    def view(self, observations: NDArray[np.float32]) -> NDArray[np.float32]:
        seen, parts = super().view(observations), self.seat.layout.parts
        efforts, ranks = self.moves(observations)
        most = self.seat.axis.max_effort[self.seat.developer]
        seen[:, parts["board_scores"]] = efforts / (most if most > 0 else 1.0)
        seen[:, parts["board_ranks"]] = (ranks - 1) / max(self.seat.game.n_developers - 1, 1)
        return seen


HEADS = ("axis", "overtake")


def make_head(name: str, seat: Seat, resolution: float | None = None) -> Head:
    """The head called ``name`` for a seat; ``resolution`` is of ``overtake`` alone.

    Raises
    ------
    ValueError: an unknown name (the known ones are listed), or a seat that does not suit.
    """
    return Axis(seat) if choice("head", name, HEADS) == "axis" else Overtake(seat, resolution)
