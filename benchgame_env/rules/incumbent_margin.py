"""Incumbent's margin: who is on top stays there until beaten by more than a margin."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from benchgame_env.game import Board, Game
from benchgame_env.numerics import publish
from benchgame_env.rules.contract import Revised, Rng, Traits
from benchgame_env.rules.layer import Layer
from benchgame_env.rules.registry import register_protocol
from benchgame_env.validate import Floats, number


@register_protocol("incumbent-margin")
@dataclass(frozen=True, kw_only=True)
class IncumbentMargin(Layer):
    """Rank 1 changes hands only to a model that beats the incumbent by a margin, which fades with time.

    Formula: challenger j takes the top if ``s_j > s_inc + margin exp(-decay age)``, ``age`` the number
    of rounds since the incumbent took it. If several do, the one with the highest score, of equal ones
    the one of higher quality. The first incumbent has the highest score (quality) on the board that
    opens the episode. Below the top, models are ranked by score.
    Parameters: ``margin``: score units, >= 0; 0 is ``base`` with ties at the top to the incumbent.
    ``decay``: per round, >= 0; 0 keeps the margin. ``base``: any rule that ranks by score. ``ties``:
    default those of ``base``.
    Publishes: what ``base`` publishes, ``margin`` and ``decay``.
    Costs the designer: what ``base`` costs.
    Deterministic: as ``base``.
    State: for how many boards each model has been on top, 0 for all but the incumbent, who has 1
    whenever the margin does not fade; and that of ``base``.
    Ties: the top is never shared; below it as ``ties``.
    Used by: leaderboards and journals where a new state of the art must be a clear improvement.
    Rewards: an early lead; later, leaps rather than just-overtakes.
    Version: 0.
    """

    example: ClassVar[dict[str, Any]] = {"margin": 0.1, "decay": 0.5}

    margin: float
    decay: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "margin", number("margin", self.margin, low=0))
        object.__setattr__(self, "decay", number("decay", self.decay, low=0))

    @property
    def traits(self) -> Traits:
        return replace(super().traits.with_memory(), ranks_by_score=False)

    def start(self, game: Game, shape: tuple[int, ...]) -> Any:
        return self.base.start(game, shape), np.zeros(shape, dtype=np.int64)

    def play(
        self, game: Game, efforts: Floats, state: Any = None, rng: Rng = None, revised: Revised = None
    ) -> tuple[Board, Any]:
        before, tenure = state
        board, after = self.base.play(game, efforts, before, rng, revised)
        top = self._top(board.scores, tenure)
        lifted = game.board(np.where(top, np.inf, board.scores), self.ties)
        # A margin that does not fade needs no age: states then come back when boards do.
        tenure = np.where(top, tenure + 1 if self.decay else 1, 0)
        return Board(board.scores, lifted.ranks, lifted.prizes), (after, tenure)

    def _top(self, scores: Floats, tenure: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Who is on top now, ``[..., n]``, one each; nobody has been before the first board."""
        # An incumbent of k boards took the top k rounds before the board now made.
        margin = self.margin * np.exp(-self.decay * tenure)
        to_beat = np.where(tenure > 0, publish(scores + margin), -np.inf)
        best = np.arange(scores.shape[-1]) == scores.argmax(axis=-1)[..., None]
        taken = scores.max(axis=-1) > to_beat.max(axis=-1)
        return np.where(taken[..., None], best, tenure > 0)
