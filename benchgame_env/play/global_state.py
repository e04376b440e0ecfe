"""What a centralised critic may see: all that observations show, each thing once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchgame_env.play.parts import (
    CURVE_POSITIONS,
    PARAMETERS,
    UNIT,
    Layout,
    Part,
    Seen,
    Setting,
    own_curves,
    published,
    shared_parts,
)
from benchgame_env.validate import Floats


@dataclass(frozen=True, eq=False)
class StateLayout(Layout):
    """Where each part of the global state ``[size]`` lies, as slices.

    ================  ===========  ========================================================  =======
    part              length       meaning                                                   range
    ================  ===========  ========================================================  =======
    curves            5 n          ``own_curve`` of developer 0, then of developer 1, ...    scores
    published         parameters   as in observations                                        [-71, 71]
    efforts           n K          ``own_effort`` of developer 0, then of developer 1, ...   [0, 1]
    board_scores      n            as in observations                                        scores
    board_ranks       n            as in observations                                        [0, 1]
    turn              n            as in observations                                        0 or 1
    rounds_left       1            as in observations                                        [0, 1]
    ================  ===========  ========================================================  =======

    What a rule remembers beyond its last board is not in it. Observations are those of
    `benchgame_env.play.observation.ObservationLayout`; parameters and attributes are those of
    `benchgame_env.play.parts.Layout`.
    """

    # A new part is one entry in one of these lists, and a line in the table above.

    @property
    def fixed(self) -> tuple[Part, ...]:
        """Parts that never change during play."""
        points = self.n_developers * CURVE_POSITIONS.size
        return (
            Part("curves", points, self.scores, _curves),
            Part("published", self.n_published, PARAMETERS, published),
        )

    @property
    def changing(self) -> tuple[Part, ...]:
        """Parts that change from round to round."""
        efforts = Part("efforts", self.n_developers * self.n_tasks, UNIT, _efforts)
        return (efforts, *shared_parts(self))

    @property
    def every(self) -> tuple[Part, ...]:
        return (*self.fixed, *self.changing)


def _curves(setting: Setting) -> Floats:
    return own_curves(setting).ravel()


def _efforts(seen: Seen) -> Floats:
    return seen.position.reshape(len(seen.position), -1)


class StateWriter:
    """Turns a batch of subgames into their global states ``[batch, size]``.

    Parameters
    ----------
    setting : Setting
        What does not change.
    bounded_scores : bool
        Whether all scores lie in [0, 1].
    """

    def __init__(self, setting: Setting, bounded_scores: bool) -> None:
        game = setting.game
        self.layout = StateLayout(
            game.n_developers, setting.published.size, bounded_scores, game.n_tasks
        )
        self._template = np.zeros(self.layout.size, dtype=np.float32)
        for part in self.layout.fixed:
            self._template[self.layout.parts[part.name]] = part.fill(setting)

    def write(self, seen: Seen) -> NDArray[np.float32]:
        """The states, ``[batch, size]``, a new array."""
        out = np.tile(self._template, (len(seen.position), 1))
        for part in self.layout.changing:
            out[:, self.layout.parts[part.name]] = part.fill(seen)
        return out
