"""What a protocol is. To add one, copy `tune_before_test.py` and change the rule."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any, ClassVar

import numpy as np

from benchgame_env._validate import Floats
from benchgame_env.game import Board, Game, Ties


class Protocol:
    """The designer's rule: how efforts become a leaderboard.

    A protocol needs only ``evaluate``; this base adds what it publishes. Parameters are the fields of
    a frozen dataclass, so they are typed, shown by ``repr`` and validated in ``__post_init__``.
    """

    name: ClassVar[str]  # given by `register_protocol`
    example: ClassVar[dict[str, Any]] = {}  # parameters for tests and help texts
    shows_accuracies: ClassVar[bool] = False  # shown scores are in [0, 1] whenever the curves are
    ties: Ties = "quality"

    def evaluate(self, game: Game, efforts: Floats, rng: np.random.Generator | None = None) -> Board:
        """The board after own efforts ``[..., n]`` (effort units); every array ``[..., n]``."""
        raise NotImplementedError

    @property
    def published(self) -> dict[str, float]:
        """The numeric parameters that every developer is told, name to value."""
        names: list[str] = [f.name for f in fields(self)] if is_dataclass(self) else []
        values = {name: getattr(self, name) for name in names}
        return {k: float(v) for k, v in values.items() if isinstance(v, (int, float))}


class DeterministicProtocol(Protocol):
    """A rule whose shown score is a fixed non-decreasing function of the developer's own effort.

    The exact theory and the exact regrets apply to these rules alone.
    """

    strict: ClassVar[bool] = False  # shown scores rise strictly wherever the curves do

    def score(self, game: Game, efforts: Floats) -> Floats:
        """Own efforts ``[..., n]`` to shown scores ``[..., n]``."""
        raise NotImplementedError

    def effort_for(self, game: Game, scores: Floats) -> Floats:
        """Least own effort ``[..., n]`` that shows at least ``scores`` ``[..., n]``; 0 where no effort
        is needed, ``inf`` where none suffices. Budgets are not considered here."""
        raise NotImplementedError

    def evaluate(self, game: Game, efforts: Floats, rng: np.random.Generator | None = None) -> Board:
        return game.board(self.score(game, efforts), self.ties)
