"""What a developer sees: one flat float32 vector, its parts and their order.

It sees the board, never the others' latent quality or curves.
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
PARAMETER_BOUND = 71.0  # log1p of the largest float64 is 709.8


class Setting(NamedTuple):
    """What does not change during play; the fixed parts are made of it."""

    game: Game
    axis: EffortAxis
    published: Floats  # the protocol's numeric parameters


class Seen(NamedTuple):
    """What changes from round to round, for a batch of copies; the other parts are made of it."""

    position: Floats  # efforts held, as positions on the effort axis, [batch, n, K]
    scores: Floats  # of the board, [batch, n]
    ranks: NDArray[np.int64]  # of the board, [batch, n]
    turn: NDArray[np.bool_]  # who may revise next, [batch, n]
    rounds_left: float  # share of the episode still to play


@dataclass(frozen=True)
class Part:
    """One named part of an observation.

    Parameters
    ----------
    name : str
        Key of `ObservationLayout.parts`.
    length : int
        How many numbers.
    bounds : tuple of float
        Lowest and highest number.
    fill : callable
        The numbers: of a fixed part ``Setting -> [n, length]``; of an own part
        ``Seen -> [batch, n, length]``; of a shared part ``Seen -> [batch, length]``.
    """

    name: str
    length: int
    bounds: tuple[float, float]
    fill: Callable[[Any], Any]


@dataclass(frozen=True, eq=False)
class ObservationLayout:
    """Where each part of an observation ``[..., size]`` lies, as slices.

    ================  ===========  ========================================================  =======
    part              length       meaning                                                   range
    ================  ===========  ========================================================  =======
    identity          n            own index, one-hot                                        0 or 1
    own_curve         5            own score at total efforts 0 to max, evenly on the axis   scores
    published         parameters   protocol parameters p as sign(p) log(1 + abs(p)) / 10     [-71, 71]
    own_effort        K            own effort by task, position on the effort axis           [0, 1]
    own_score         1            own shown score                                           scores
    board_scores      n            shown scores of all, by developer index                   scores
    board_ranks       n            (rank - 1) / (n - 1) of all; 0 is first                   [0, 1]
    turn              n            who may revise next                                       0 or 1
    rounds_left       1            share of the episode still to play                        [0, 1]
    ================  ===========  ========================================================  =======

    Scores lie in [0, 1] where the rule is known to show accuracies, else they are unbounded.

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
        Length of an observation.
    """

    n_developers: int
    n_published: int
    bounded_scores: bool
    n_tasks: int = 1
    parts: dict[str, slice] = field(init=False)
    size: int = field(init=False)

    def __post_init__(self) -> None:
        every = [*self.fixed, *self.own, *self.shared]
        ends = np.cumsum([part.length for part in every]).tolist()
        starts = [0, *ends[:-1]]
        parts = {part.name: slice(a, b) for part, a, b in zip(every, starts, ends, strict=True)}
        object.__setattr__(self, "parts", parts)
        object.__setattr__(self, "size", ends[-1])

    # A new part is one entry in one of these lists, and a line in the table above.

    @property
    def fixed(self) -> tuple[Part, ...]:
        """Parts that never change during play, the developer's own."""
        return (
            Part("identity", self.n_developers, UNIT, _identity),
            Part("own_curve", CURVE_POSITIONS.size, self._scores, _own_curve),
            Part("published", self.n_published, (-PARAMETER_BOUND, PARAMETER_BOUND), _published),
        )

    @property
    def own(self) -> tuple[Part, ...]:
        """Parts that change from round to round, the developer's own."""
        return (
            Part("own_effort", self.n_tasks, UNIT, _own_effort),
            Part("own_score", 1, self._scores, _own_score),
        )

    @property
    def shared(self) -> tuple[Part, ...]:
        """Parts that change from round to round, the same for all developers of a copy."""
        n = self.n_developers
        return (
            Part("board_scores", n, self._scores, _board_scores),
            Part("board_ranks", n, UNIT, _board_ranks),
            Part("turn", n, UNIT, _turn),
            Part("rounds_left", 1, UNIT, _rounds_left),
        )

    @property
    def _scores(self) -> tuple[float, float]:
        return UNIT if self.bounded_scores else (-np.inf, np.inf)

    def bounds(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Lowest and highest observation, each ``[size]``."""
        every = [*self.fixed, *self.own, *self.shared]
        bounds = np.repeat([part.bounds for part in every], [part.length for part in every], axis=0)
        low, high = bounds.T.astype(np.float32)
        return low, high


UNIT = (0.0, 1.0)


def _identity(setting: Setting) -> Floats:
    return np.eye(setting.game.n_developers)


def _own_curve(setting: Setting) -> Floats:
    n = setting.game.n_developers
    efforts = setting.axis.effort(CURVE_POSITIONS[:, None] * np.ones(n))
    return setting.game.curves.score(efforts).T


def _published(setting: Setting) -> Floats:
    told = np.sign(setting.published) * np.log1p(np.abs(setting.published)) / PARAMETER_SCALE
    return np.tile(told, (setting.game.n_developers, 1))


def _own_effort(seen: Seen) -> Floats:
    return seen.position


def _own_score(seen: Seen) -> Floats:
    return seen.scores[..., None]


def _board_scores(seen: Seen) -> Floats:
    return seen.scores


def _board_ranks(seen: Seen) -> NDArray[np.float32]:
    places = seen.ranks.astype(np.float32)
    places -= 1
    # In float32: rounded once, as a quotient of float64 rounded twice is.
    places /= max(places.shape[-1] - 1, 1)
    return places


def _turn(seen: Seen) -> NDArray[np.bool_]:
    return seen.turn


def _rounds_left(seen: Seen) -> float:
    return seen.rounds_left


class Observer:
    """Turns the state of a batch of subgames into observations ``[batch, n, size]``.

    Parameters
    ----------
    game : Game
        The game that is seen.
    protocol : Protocol
        Its published parameters are seen.
    axis : EffortAxis
        Positions on it are seen instead of efforts.
    """

    # Bytes of observations written at a time, so that in large batches what is needed stays in cache.
    block = 4 << 20

    def __init__(self, game: Game, protocol: Any, axis: EffortAxis) -> None:
        n, bounded = game.n_developers, _scores_are_bounded(game, protocol)
        published = np.array(list(protocol.published.values()), dtype=np.float64)
        self.layout = ObservationLayout(n, published.size, bounded, game.n_tasks)
        self._template = np.zeros((n, self.layout.size), dtype=np.float32)
        for part in self.layout.fixed:
            values = part.fill(Setting(game, axis, published))
            self._template[:, self.layout.parts[part.name]] = values
        at = self.layout.parts
        self._own = [(at[part.name], part.fill) for part in self.layout.own]
        # Here all developers of a copy see the same: written once, then repeated.
        self._alike_from = first = at[self.layout.shared[0].name].start
        self._shared = [
            (slice(at[part.name].start - first, at[part.name].stop - first), part.fill)
            for part in self.layout.shared
        ]

    @property
    def bytes_per_copy(self) -> int:
        """Bytes of one copy's observations."""
        return self._template.nbytes

    def observe(self, seen: Seen, out: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
        """Observations of everybody.

        Parameters
        ----------
        seen : Seen
            What there is to see.
        out : array of float32, optional
            Where to write them, ``[batch, n, size]``; default a new array.

        Returns
        -------
        array of float32
            ``[batch, n, size]``.
        """
        batch, block = len(seen.position), max(self.block // self.bytes_per_copy, 1)
        if out is None:
            out = np.empty((batch, *self._template.shape), dtype=np.float32)
        if batch <= block:
            self._write(out, seen)
            return out
        position, scores, ranks, turn, left = seen
        for k in range(0, batch, block):
            some = slice(k, k + block)
            part = Seen(position[some], scores[some], ranks[some], turn[some], left)
            self._write(out[some], part)
        return out

    def _write(self, out: NDArray[np.float32], seen: Seen) -> None:
        first = self._alike_from
        alike = np.empty((len(out), self.layout.size - first), dtype=np.float32)
        for where, fill in self._shared:
            alike[:, where] = fill(seen)
        out[:] = self._template
        for where, fill in self._own:
            out[..., where] = fill(seen)
        out[..., first:] = alike[:, None]

    def state(self, seen: Seen) -> NDArray[np.float32]:
        """Everybody's observations in one vector ``[batch, n * size]``, for centralised critics."""
        return self.observe(seen).reshape(len(seen.position), -1)


def _scores_are_bounded(game: Game, protocol: Any) -> bool:
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
