"""The Ladder: a shown score moves only when it improves on the developer's best by a step."""

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


class BestSoFar(Layer):
    """A layer that shows each developer's best score so far, in steps. Say `improves` and `steps`."""

    def improves(self, scores: Floats, best: Floats) -> NDArray[np.bool_]:
        """Which scores ``[..., n]`` move what is shown, ``best``, which is ``-inf`` at first."""
        raise NotImplementedError

    def steps(self, scores: Floats) -> Floats:
        """Scores to the steps at which they are shown."""
        raise NotImplementedError

    @property
    def traits(self) -> Traits:
        kept = super().traits.with_memory()
        return replace(kept, accuracies=kept.accuracies and float(self.steps(np.ones(()))) <= 1)

    def start(self, game: Game, shape: tuple[int, ...]) -> Any:
        return self.base.start(game, shape), np.full(shape, -np.inf)

    def play(
        self, game: Game, efforts: Floats, state: Any = None, rng: Rng = None, revised: Revised = None
    ) -> tuple[Board, Any]:
        before, best = state
        board, after = self.base.play(game, efforts, before, rng, revised)
        best = np.where(self.improves(board.scores, best), self.steps(board.scores), best)
        return game.board(best.copy(), self.ties), (after, best)


@register_protocol("ladder")
@dataclass(frozen=True, kw_only=True)
class Ladder(BestSoFar):
    """A developer's shown score moves only when a test beats what it shows by more than a step.

    Formula: ``b_t = round(a_t)`` if ``a_t > b_{t-1} + step``, else ``b_{t-1}``; ``round`` to the nearest
    multiple of ``step`` (half to even), ``a_t`` the score under ``base``, ``b_0 = -inf``, so that the
    board that opens an episode shows everybody (Blum and Hardt 2015, the Ladder mechanism).
    Parameters: ``step``: score units, > 0. ``base``: any rule that ranks by score, as a noisy test.
    ``ties``: default those of ``base``.
    Publishes: what ``base`` publishes, and ``step``.
    Costs the designer: what ``base`` costs; every board tests every model.
    Deterministic: as ``base``.
    State: what each developer shows, its best; and that of ``base``.
    Ties: frequent, as scores are multiples of ``step``; as ``base``, or by quality, or split.
    Used by: machine learning competitions that want to keep their holdout set from being overfitted.
    Rewards: real improvements; less effort later on loses nothing.
    Version: 0.
    """

    example: ClassVar[dict[str, Any]] = {"step": 0.01}

    step: float

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "step", number("step", self.step, low=0, strict=True))

    def improves(self, scores: Floats, best: Floats) -> NDArray[np.bool_]:
        return scores > publish(best + self.step)

    def steps(self, scores: Floats) -> Floats:
        return np.rint(scores / self.step) * self.step
