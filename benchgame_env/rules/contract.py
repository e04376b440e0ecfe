"""What a protocol is. To add one, copy `tune_before_test.py` and change the rule."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any, ClassVar, TypeGuard

import numpy as np
from numpy.typing import NDArray

from benchgame_env.game import Board, Game, Ties
from benchgame_env.validate import Floats


class Protocol:
    """The designer's rule: how efforts become a leaderboard.

    A rule needs only ``evaluate``, or ``start`` and ``play`` if it remembers earlier rounds; this base
    adds what it publishes. Parameters are the fields of a frozen dataclass, so they are typed, shown by
    ``repr`` and validated in ``__post_init__``. A rule itself never remembers: what an episode has to
    keep is the state that ``start`` makes and ``play`` takes and returns.
    """

    name: ClassVar[str]  # given by `register_protocol`
    example: ClassVar[dict[str, Any]] = {}  # parameters for tests and help texts
    ties: Ties = "quality"

    @property
    def shows_accuracies(self) -> bool:
        """Whether shown scores are in [0, 1] whenever the curves are."""
        return False

    @property
    def rewards_effort(self) -> bool:
        """Whether more own effort never lowers the own expected score, in a single evaluation."""
        return True

    @property
    def ranks_by_score(self) -> bool:
        """Whether ranks and prizes follow from the shown scores, by `Game.board` with ``ties``."""
        return True

    @property
    def noisy(self) -> bool:
        """Whether boards are drawn, so that equal efforts may give different ones."""
        return False

    @property
    def stateful(self) -> bool:
        """Whether a board depends on earlier rounds of its episode."""
        return False

    def evaluate(self, game: Game, efforts: Floats, rng: np.random.Generator | None = None) -> Board:
        """The board that own efforts ``[..., n]`` (effort units) earn when an episode begins; every
        array ``[..., n]``."""
        return self.play(game, efforts, self.start(game, np.shape(efforts)), rng)[0]

    def start(self, game: Game, shape: tuple[int, ...]) -> Any:
        """The state before the first board of episodes whose efforts have ``shape`` ``(..., n)``."""
        return None

    def play(
        self,
        game: Game,
        efforts: Floats,
        state: Any = None,
        rng: np.random.Generator | None = None,
        revised: NDArray[np.bool_] | None = None,
    ) -> tuple[Board, Any]:
        """The next board of episodes, and the state after it.

        Parameters
        ----------
        efforts: own efforts held, ``[..., n]``, effort units.
        state: what `start` or the round before returned; it is not changed in place.
        revised: who could hand in a new model since the last board, ``[..., n]``; None: everybody. On
            the board that opens an episode nobody has: it shows the models as they are.
        """
        if type(self).evaluate is Protocol.evaluate:
            raise NotImplementedError(f"{type(self).__name__} has neither evaluate nor play")
        return self.evaluate(game, efforts, rng), state

    def distribution(self, game: Game, efforts: Floats) -> tuple[Floats, Floats] | None:
        """Shown scores that may be drawn, ascending ``[m]``, and their chances ``[..., n, m]`` at
        ``efforts``, where the rule is noisy, without state, and draws developers independently; else
        None. Ranks must come from the scores by `Game.board`."""
        return None

    def designer_cost(self, game: Game) -> dict[str, float]:
        """What one evaluation of all models costs the designer, by resource: ``tuning`` (effort
        units), ``items`` (test items scored), ``refresh`` (tests' worth of new items)."""
        return {}

    @property
    def published(self) -> dict[str, float]:
        """The numeric parameters that every developer is told, name to value."""
        names: list[str] = [f.name for f in fields(self)] if is_dataclass(self) else []
        values = {name: getattr(self, name) for name in names}
        return {k: float(v) for k, v in values.items() if isinstance(v, (int, float))}


class DeterministicProtocol(Protocol):
    """A rule whose shown score is a fixed non-decreasing function of the developer's own effort.

    The exact theory and the exact regrets apply to these rules, see `is_exact`.
    """

    @property
    def strict(self) -> bool:
        """Whether shown scores rise strictly where the curves do, and are continuous where those are."""
        return False

    def score(self, game: Game, efforts: Floats) -> Floats:
        """Own efforts ``[..., n]`` to shown scores ``[..., n]``."""
        raise NotImplementedError

    def effort_for(self, game: Game, scores: Floats) -> Floats:
        """Least own effort ``[..., n]`` that shows at least ``scores`` ``[..., n]``; 0 where no effort
        is needed, ``inf`` where none suffices. Budgets are not considered here."""
        raise NotImplementedError

    def shown(self, scores: Floats) -> Floats:
        """The least scores that may be shown and are at least ``scores``, where not all may be."""
        return scores

    def evaluate(self, game: Game, efforts: Floats, rng: np.random.Generator | None = None) -> Board:
        return game.board(self.score(game, efforts), self.ties)


def is_exact(protocol: Any) -> TypeGuard[DeterministicProtocol]:
    """Whether the board is a fixed non-decreasing function of own efforts, with ``score`` and
    ``effort_for``: a `DeterministicProtocol` that is neither noisy nor stateful (a layer over a noisy
    rule is)."""
    return isinstance(protocol, DeterministicProtocol) and not (protocol.noisy or protocol.stateful)


def start(protocol: Any, game: Game, shape: tuple[int, ...]) -> Any:
    """`Protocol.start`, also for a class of the user's own with ``evaluate`` alone."""
    return protocol.start(game, shape) if hasattr(protocol, "start") else None


def play(
    protocol: Any,
    game: Game,
    efforts: Floats,
    state: Any,
    rng: np.random.Generator | None,
    revised: NDArray[np.bool_] | None,
) -> tuple[Board, Any]:
    """`Protocol.play`, also for a class of the user's own with ``evaluate`` alone."""
    if hasattr(protocol, "play"):
        board, state = protocol.play(game, efforts, state, rng, revised)
    else:
        board = protocol.evaluate(game, efforts, rng)
    return Board(board.scores, board.ranks, board.prizes), state
