"""What a developer sees: the board, its own curve and effort; never the others' curves or quality."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchgame_env.game import Game
from benchgame_env.play.actions import EffortAxis
from benchgame_env.play.parts import (
    CURVE_POSITIONS,
    PARAMETERS,
    UNIT,
    Layout,
    Part,
    Seen,
    Setting,
    identity,
    own_curves,
    published,
    scores_are_bounded,
    shared_parts,
)
from benchgame_env.validate import Floats


@dataclass(frozen=True, eq=False)
class ObservationLayout(Layout):
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

    Parameters and attributes are those of `benchgame_env.play.parts.Layout`.
    """

    # A new part is one entry in one of these lists, and a line in the table above.

    @property
    def fixed(self) -> tuple[Part, ...]:
        """Parts that never change during play, the developer's own."""
        return (
            Part("identity", self.n_developers, UNIT, identity),
            Part("own_curve", CURVE_POSITIONS.size, self.scores, own_curves),
            Part("published", self.n_published, PARAMETERS, published),
        )

    @property
    def own(self) -> tuple[Part, ...]:
        """Parts that change from round to round, the developer's own."""
        return (
            Part("own_effort", self.n_tasks, UNIT, _own_effort),
            Part("own_score", 1, self.scores, _own_score),
        )

    @property
    def shared(self) -> tuple[Part, ...]:
        """Parts that change from round to round, the same for all developers of a copy."""
        return shared_parts(self)

    @property
    def every(self) -> tuple[Part, ...]:
        return (*self.fixed, *self.own, *self.shared)


def _own_effort(seen: Seen) -> Floats:
    return seen.position


def _own_score(seen: Seen) -> Floats:
    return seen.scores[..., None]


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
        self.setting = setting = Setting.of(game, protocol, axis)
        bounded = scores_are_bounded(game, protocol)
        n, k = game.n_developers, game.n_tasks
        self.layout = ObservationLayout(n, setting.published.size, bounded, k)
        self._template = np.zeros((n, self.layout.size), dtype=np.float32)
        for part in self.layout.fixed:
            self._template[:, self.layout.parts[part.name]] = part.fill(setting)
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
