"""Finite tests: what is shown is the share of a finite number of test items that a model solves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, xlog1py, xlogy

from benchgame_env._validate import Floats, choice, integer
from benchgame_env.game import TIES, Board, Game, Ties
from benchgame_env.protocols.base import Protocol, is_exact
from benchgame_env.protocols.registry import as_protocol, register_protocol

SLACK = 1e-9  # scores this far outside [0, 1] are rounding


@register_protocol("finite-test")
@dataclass(frozen=True)
class FiniteTest(Protocol):
    """Rank by the share of ``items`` that a model solves, drawn anew at every evaluation.

    Formula: ``s_i = X_i / items``, ``X_i ~ Binomial(items, a_i)`` independent, ``a_i`` the score under
    ``base`` (theory section 7: standard deviation ``sqrt(a_i (1 - a_i) / items)``).
    Parameters: ``items``: size of the test, >= 1; GSM8K has 1,319. ``base``: the exact rule, on a game
    whose scores are accuracies, that gives the chances. ``ties``: ``quality`` or ``split``.
    Used by: every benchmark; arenas and lotteries of test items draw anew, fixed test sets once.
    Rewards: effort that is cheap at the margin, even where overtaking for sure would not pay.
    Publishes: what ``base`` publishes, and ``items``.
    Costs the designer: ``items`` for each model, and what ``base`` costs.
    Deterministic: no.
    State: none.
    Ties: frequent on small tests; by quality, or split.
    Version: 0.
    """

    example: ClassVar[dict[str, Any]] = {"items": 100}
    shows_accuracies: ClassVar[bool] = True

    items: int
    base: Any = "direct"
    ties: Ties = "quality"

    def __post_init__(self) -> None:
        object.__setattr__(self, "items", integer("items", self.items, low=1))
        object.__setattr__(self, "base", as_protocol(self.base))
        if not is_exact(self.base):
            raise ValueError(f"base: chances need a fixed score for each effort, got {self.base!r}")
        choice("ties", self.ties, TIES)

    @property
    def noisy(self) -> bool:
        return True

    @property
    def published(self) -> dict[str, float]:
        return {**self.base.published, **super().published}

    def evaluate(self, game: Game, efforts: Floats, rng: np.random.Generator | None = None) -> Board:
        if rng is None:
            raise ValueError(f"rng: {self!r} draws its boards, so it needs a generator")
        solved = rng.binomial(self.items, accuracies(game, self.base, efforts))
        return game.board(solved / self.items, self.ties)

    def distribution(self, game: Game, efforts: Floats) -> tuple[Floats, Floats]:
        shares = np.arange(self.items + 1) / self.items
        return shares, binomial_pmf(self.items, accuracies(game, self.base, efforts))

    def designer_cost(self, game: Game) -> dict[str, float]:
        cost = dict(self.base.designer_cost(game))
        cost["items"] = cost.get("items", 0.0) + float(self.items * game.n_developers)
        return cost


def accuracies(game: Game, base: Any, efforts: Floats) -> Floats:
    """Scores ``[..., n]`` under the exact rule ``base``, in [0, 1].

    Raises
    ------
    ValueError: a score is not the chance of solving an item.
    """
    scores = np.asarray(base.score(game, efforts), dtype=np.float64)
    wrong = (scores < -SLACK) | (scores > 1 + SLACK)
    if wrong.any():
        where = tuple(np.argwhere(wrong)[0])
        raise ValueError(
            f"scores: a test of items needs accuracies in [0, 1], but {game.names[where[-1]]} scores "
            f"{scores[where]:.6g} at effort {np.asarray(efforts)[where]:.6g} under {base!r}"
        )
    return np.clip(scores, 0.0, 1.0)


def binomial_pmf(items: int, chances: Floats) -> NDArray[np.float64]:
    """Probabilities ``[..., items + 1]`` of solving 0 to ``items`` items at ``chances`` ``[...]``."""
    solved = np.arange(items + 1.0)
    ways = gammaln(items + 1.0) - gammaln(solved + 1) - gammaln(items - solved + 1)
    p = np.asarray(chances, dtype=np.float64)[..., None]
    pmf = np.exp(ways + xlogy(solved, p) + xlog1py(items - solved, -p))
    # The logarithms of large factorials are right to about 1e-12; chances should sum to 1.
    return pmf / pmf.sum(axis=-1, keepdims=True)
