"""Named parts, of which observations and the global state are made: one flat float32 vector each.

A part that would say nothing new in some games has length 0 there. So vectors of games with one task and
public qualities stay as they are when games with more are added.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchgame_env.game import Game
from benchgame_env.play.actions import EffortAxis
from benchgame_env.rules import is_exact
from benchgame_env.validate import Floats

# Positions on the effort axis at which a developer knows its own curve.
CURVE_POSITIONS = np.linspace(0.0, 1.0, 5)
# Published parameters span 1e-3 to 1e6; signed logs over ten keep them near [-1, 1].
PARAMETER_SCALE = 10.0
PARAMETERS = (-71.0, 71.0)  # log1p of the largest float64 is 709.8
UNIT = (0.0, 1.0)


class Setting(NamedTuple):
    """What does not change during play; the fixed parts are made of it."""

    game: Game
    axis: EffortAxis
    published: Floats  # the protocol's numeric parameters

    @classmethod
    def of(cls, game: Game, protocol: Any, axis: EffortAxis) -> Setting:
        """The setting of ``game`` under ``protocol``."""
        return cls(game, axis, np.array(list(protocol.published.values()), dtype=np.float64))


class Seen(NamedTuple):
    """What changes from round to round, for a batch of copies; the other parts are made of it."""

    position: Floats  # efforts held, as positions on the effort axis, [batch, n, K]
    scores: Floats  # of the board, [batch, n]
    ranks: NDArray[np.int64]  # of the board, [batch, n]
    turn: NDArray[np.bool_]  # who may revise next, [batch, n]
    rounds_left: float  # share of the episode still to play


@dataclass(frozen=True)
class Part:
    """One named part of a vector.

    Parameters
    ----------
    name : str
        Key of `Layout.parts`.
    length : int
        How many numbers.
    bounds : tuple of float
        Lowest and highest number.
    fill : callable
        The numbers. In observations: of a fixed part ``Setting -> [n, length]``, of an own part
        ``Seen -> [batch, n, length]``, of a shared part ``Seen -> [batch, length]``. In the global
        state: of a fixed part ``Setting -> [length]``, of the others ``Seen -> [batch, length]``.
    """

    name: str
    length: int
    bounds: tuple[float, float]
    fill: Callable[[Any], Any]


@dataclass(frozen=True, eq=False)
class Layout:
    """Where each part of a vector lies; its subclasses say of which parts it is made.

    Parameters
    ----------
    n_developers : int
        Number of developers.
    n_published : int
        Number of parameters that the protocol publishes.
    bounded_scores : bool
        Whether all scores lie in [0, 1].
    n_tasks : int
        Number of tasks K of the game.

    Attributes
    ----------
    parts : dict
        Name of a part to its slice.
    size : int
        Length of the vector.
    """

    n_developers: int
    n_published: int
    bounded_scores: bool
    n_tasks: int = 1
    parts: dict[str, slice] = field(init=False)
    size: int = field(init=False)

    def __post_init__(self) -> None:
        ends = np.cumsum([part.length for part in self.every]).tolist()
        starts = [0, *ends[:-1]]
        parts = {part.name: slice(a, b) for part, a, b in zip(self.every, starts, ends, strict=True)}
        object.__setattr__(self, "parts", parts)
        object.__setattr__(self, "size", ends[-1])

    @property
    def every(self) -> tuple[Part, ...]:
        """All parts, in their order."""
        raise NotImplementedError

    @property
    def scores(self) -> tuple[float, float]:
        """Lowest and highest score."""
        return UNIT if self.bounded_scores else (-np.inf, np.inf)

    def bounds(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Lowest and highest vector, each ``[size]``."""
        lengths = [part.length for part in self.every]
        bounds = np.repeat([part.bounds for part in self.every], lengths, axis=0)
        low, high = bounds.T.astype(np.float32)
        return low, high


def identity(setting: Setting) -> Floats:
    """The own index of everybody, one-hot, ``[n, n]``."""
    return np.eye(setting.game.n_developers)


def own_curves(setting: Setting) -> Floats:
    """Scores of everybody at `CURVE_POSITIONS`, ``[n, 5]``."""
    n = setting.game.n_developers
    efforts = setting.axis.effort(CURVE_POSITIONS[:, None] * np.ones(n))
    return setting.game.curves.score(efforts).T


def published(setting: Setting) -> Floats:
    """Signed logs of the protocol's parameters, ``[parameters]``."""
    return np.sign(setting.published) * np.log1p(np.abs(setting.published)) / PARAMETER_SCALE


def board_scores(seen: Seen) -> Floats:
    """Scores of the board, ``[batch, n]``."""
    return seen.scores


def board_ranks(seen: Seen) -> NDArray[np.float32]:
    """Ranks of the board from 0 for the first to 1 for the last, ``[batch, n]``."""
    places = seen.ranks.astype(np.float32)
    places -= 1
    # In float32: rounded once, as a quotient of float64 rounded twice is.
    places /= max(places.shape[-1] - 1, 1)
    return places


def turn(seen: Seen) -> NDArray[np.bool_]:
    """Who may revise next, ``[batch, n]``."""
    return seen.turn


def rounds_left(seen: Seen) -> float:
    """Share of the episode still to play, the same in all copies."""
    return seen.rounds_left


def shared_parts(layout: Layout) -> tuple[Part, ...]:
    """Parts that change from round to round and are the same for all developers of a copy."""
    n = layout.n_developers
    return (
        Part("board_scores", n, layout.scores, board_scores),
        Part("board_ranks", n, UNIT, board_ranks),
        Part("turn", n, UNIT, turn),
        Part("rounds_left", 1, UNIT, rounds_left),
    )


def scores_are_bounded(game: Game, protocol: Any) -> bool:
    """Whether all scores, own and shown, are accuracies in [0, 1]; they do not fall with effort, so
    the ends tell."""
    ends = np.array([[0.0], [1e300]]) * np.ones(game.n_developers)
    exact = is_exact(protocol)
    if not exact and not protocol.traits.accuracies:
        return False
    with np.errstate(all="ignore"):  # curves need not be made for such efforts
        own = game.curves.score(ends)
        shown = protocol.score(game, ends) if exact else own
    return bool(min(own.min(), shown.min()) >= 0 and max(own.max(), shown.max()) <= 1)
