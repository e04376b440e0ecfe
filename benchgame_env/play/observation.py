"""What a developer sees: one flat float32 vector, its parts and their order.

It sees the board, never the others' latent quality or curves.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchgame_env.game import Board, Game
from benchgame_env.play.actions import EffortAxis
from benchgame_env.rules import is_exact
from benchgame_env.validate import Floats

# Positions on the effort axis at which a developer knows its own curve.
CURVE_POSITIONS = np.linspace(0.0, 1.0, 5)
# Published parameters span 1e-3 to 1e6; signed logs over ten keep them near [-1, 1].
PARAMETER_SCALE = 10.0


@dataclass(frozen=True, eq=False)
class ObservationLayout:
    """Where each part of an observation ``[..., size]`` lies, as slices.

    ================  ===========  ========================================================  =======
    part              length       meaning                                                   range
    ================  ===========  ========================================================  =======
    identity          n            own index, one-hot                                        0 or 1
    own_curve         5            own score at total efforts 0 to max, evenly on the axis   scores
    published         parameters   protocol parameters p as sign(p) log(1 + abs(p)) / 10     [-71, 71]
    own_effort        1            own effort, position on the effort axis                   [0, 1]
    own_score         1            own shown score                                           scores
    board_scores      n            shown scores of all, by developer index                   scores
    board_ranks       n            (rank - 1) / (n - 1) of all; 0 is first                   [0, 1]
    turn              n            who may revise next                                       0 or 1
    rounds_left       1            share of the episode still to play                        [0, 1]
    ================  ===========  ========================================================  =======

    Scores lie in [0, 1] where the rule is known to show accuracies, else they are unbounded.
    """

    n_developers: int
    n_published: int
    bounded_scores: bool
    parts: dict[str, slice] = field(init=False)
    size: int = field(init=False)

    def __post_init__(self) -> None:
        n = self.n_developers
        lengths = {
            "identity": n,
            "own_curve": CURVE_POSITIONS.size,
            "published": self.n_published,
            "own_effort": 1,
            "own_score": 1,
            "board_scores": n,
            "board_ranks": n,
            "turn": n,
            "rounds_left": 1,
        }
        ends = np.cumsum(list(lengths.values())).tolist()
        starts = [0, *ends[:-1]]
        parts = {name: slice(a, b) for name, a, b in zip(lengths, starts, ends, strict=True)}
        object.__setattr__(self, "parts", parts)
        object.__setattr__(self, "size", ends[-1])

    def bounds(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Lowest and highest observation, each ``[size]``."""
        low = np.zeros(self.size, dtype=np.float32)
        high = np.ones(self.size, dtype=np.float32)
        extreme = 71.0  # log1p of the largest float64 is 709.8
        low[self.parts["published"]], high[self.parts["published"]] = -extreme, extreme
        if not self.bounded_scores:
            for part in ("own_curve", "own_score", "board_scores"):
                low[self.parts[part]], high[self.parts[part]] = -np.inf, np.inf
        return low, high


class Observer:
    """Turns the state of a batch of subgames into observations ``[batch, n, size]``."""

    # Bytes of observations written at a time, so that in large batches what is needed stays in cache.
    block = 4 << 20

    def __init__(self, game: Game, protocol: Any, axis: EffortAxis) -> None:
        n = game.n_developers
        published = np.array(list(protocol.published.values()), dtype=np.float64)
        self.layout = ObservationLayout(n, published.size, _scores_are_bounded(game, protocol))
        curve = game.curves.score(axis.effort(CURVE_POSITIONS[:, None] * np.ones(n)))
        told = np.sign(published) * np.log1p(np.abs(published)) / PARAMETER_SCALE
        known = np.hstack([np.eye(n), curve.T, np.tile(told, (n, 1))])
        self._template = np.zeros((n, self.layout.size), dtype=np.float32)
        self._template[:, : known.shape[1]] = known
        # From the board on, all developers of a copy see the same: written once, then repeated.
        self._alike_from = self.layout.parts["board_scores"].start

    def observe(
        self,
        board: Board,
        position: Floats,
        turn: NDArray[np.bool_],
        rounds_left: float,
        out: NDArray[np.float32] | None = None,
    ) -> NDArray[np.float32]:
        """Observations of everybody.

        Parameters
        ----------
        board: arrays ``[batch, n]``.
        position: efforts held, as positions on the effort axis, ``[batch, n]``.
        turn: who may revise next, ``[n]`` or ``[batch, n]``.
        rounds_left: share of the episode still to play.
        out: where to write them, ``[batch, n, size]`` float32; default a new array.
        """
        batch, block = len(position), max(self.block // self._template.nbytes, 1)
        if out is None:
            out = np.empty((batch, *self._template.shape), dtype=np.float32)
        if batch <= block:
            self._write(out, position, board.scores, board.ranks, turn, rounds_left)
            return out
        turn = np.broadcast_to(turn, position.shape)
        for k in range(0, batch, block):
            some = slice(k, k + block)
            seen = position[some], board.scores[some], board.ranks[some], turn[some]
            self._write(out[some], *seen, rounds_left)
        return out

    def _write(self, out: Any, position: Any, scores: Any, ranks: Any, turn: Any, left: float) -> None:
        n, first = self.layout.n_developers, self._alike_from
        alike = np.empty((len(out), self.layout.size - first), dtype=np.float32)
        alike[:, :n] = scores
        places = alike[:, n : 2 * n]
        places[:] = ranks
        places -= 1
        places /= max(n - 1, 1)  # in float32: rounded once, as a quotient of float64 rounded twice is
        alike[:, 2 * n : 3 * n] = turn
        alike[:, 3 * n] = left
        out[:] = self._template
        out[..., first - 2] = position
        out[..., first - 1] = scores
        out[..., first:] = alike[:, None]

    def state(
        self, board: Board, position: Floats, turn: NDArray[np.bool_], rounds_left: float
    ) -> NDArray[np.float32]:
        """Everybody's observations in one vector ``[batch, n * size]``, for centralised critics."""
        return self.observe(board, position, turn, rounds_left).reshape(position.shape[0], -1)


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
