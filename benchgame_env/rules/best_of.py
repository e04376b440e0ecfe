"""Best of k: developers test privately several times and publish the best result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from benchgame_env.game import Board, Game
from benchgame_env.rules.contract import Revised, Rng
from benchgame_env.rules.layer import Layer
from benchgame_env.rules.registry import register_protocol
from benchgame_env.validate import Floats, count


@register_protocol("best-of")
@dataclass(frozen=True, kw_only=True)
class BestOf(Layer):
    """Each developer is tested ``k`` times in private, and its best test is shown.

    Formula: ``s_i = max(a_i1, ..., a_ik)``, independent draws under ``base``:
    ``P(s_i <= x) = P(a_i <= x)^k``.
    Parameters: ``k``: private tests, >= 1; one number, or one for each developer. ``base``: a rule that
    draws its boards, ranks by score and keeps no state. ``ties``: default those of ``base``.
    Publishes: what ``base`` publishes, and ``k``, or ``k_0``, ``k_1``, ... of the developers.
    Costs the designer: what ``base`` costs, for each of the private tests.
    Deterministic: no.
    State: none.
    Ties: as ``base``.
    Used by: providers with private variants on Chatbot Arena (The Leaderboard Illusion, 2025).
    Rewards: the number of private tests, most where a single test is noisy.
    Version: 0.
    """

    example: ClassVar[dict[str, Any]] = {"k": 3, "base": ("finite-test", {"items": 100})}

    k: Any  # a number, or a tuple of one for each developer
    base: Any = ("finite-test", {"items": 1319})

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.base.traits.draws == "none" or self.base.traits.remembers:
            raise ValueError(f"base: private tests need boards drawn without state, got {self.base!r}")
        if isinstance(self.k, Sequence):
            object.__setattr__(self, "k", tuple(count("k", k) for k in self.k))
        else:
            object.__setattr__(self, "k", count("k", self.k))

    @property
    def published(self) -> dict[str, float]:
        one_each = isinstance(self.k, tuple)
        tests = {f"k_{i}": float(k) for i, k in enumerate(self.k)} if one_each else {"k": float(self.k)}
        return {**self.base.published, **tests}

    def play(
        self, game: Game, efforts: Floats, state: Any = None, rng: Rng = None, revised: Revised = None
    ) -> tuple[Board, Any]:
        tests = self._tests(game)
        best = np.full(np.shape(efforts), -np.inf)
        for k in range(tests.max()):
            scores = self.base.evaluate(game, efforts, rng).scores
            best = np.where(k < tests, np.maximum(scores, best), best)
        return game.board(best, self.ties), state

    def distribution(self, game: Game, efforts: Floats) -> tuple[Floats, Floats] | None:
        found, tests = self.base.distribution(game, efforts), self._tests(game)
        return None if found is None else (found[0], _of_best(found[1], tests))

    def distribution_of(
        self, game: Game, who: NDArray[np.int64], efforts: Floats
    ) -> tuple[Floats, Floats] | None:
        found, tests = self.base.distribution_of(game, who, efforts), self._tests(game)[who]
        return None if found is None else (found[0], _of_best(found[1], tests))

    def designer_cost(self, game: Game) -> dict[str, float]:
        mean = self._tests(game).mean()
        return {resource: float(cost * mean) for resource, cost in super().designer_cost(game).items()}

    def _tests(self, game: Game) -> NDArray[np.int64]:
        """Private tests ``[n]``."""
        if isinstance(self.k, tuple) and len(self.k) != game.n_developers:
            raise ValueError(f"k: {len(self.k)} numbers for {game.n_developers} developers")
        return np.broadcast_to(np.asarray(self.k), game.n_developers)


def _of_best(chances: Floats, tests: NDArray[np.int64]) -> Floats:
    """Chances ``[..., k, s]`` of each score to be the best of ``tests`` ``[k]``, scores ascending."""
    if (tests == 1).all():
        return chances  # to the last bit: a single test is the base
    at_most = np.cumsum(chances, axis=-1)
    several = np.unique(tests)
    at_most = _power(at_most, several[0]) if several.size == 1 else at_most ** tests[:, None]
    best = at_most.copy()
    best[..., 1:] -= at_most[..., :-1]
    return best


def _power(values: Floats, exponent: int) -> Floats:
    """``values`` to a power >= 1, by few multiplications."""
    result = values
    for bit in f"{exponent:b}"[1:]:
        result = result * result
        if bit == "1":
            result *= values
    return result
