"""Finite tests: what is shown is the share of a finite number of test items that a model solves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
import scipy
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from benchgame_env.game import TIES, Board, Game, Ties
from benchgame_env.rules.contract import Draws, Protocol, Revised, Rng, Traits, as_profiles, is_exact
from benchgame_env.rules.registry import as_protocol, register_protocol
from benchgame_env.validate import Floats, choice, count

SLACK = 1e-9  # scores this far outside [0, 1] are rounding
LOG_OF_0 = -1e4  # far below the logarithm of any positive float64, and exp of it is 0


@register_protocol("finite-test")
@dataclass(frozen=True)
class FiniteTest(Protocol):
    """Rank by the share of ``items`` that a model solves, drawn anew at every evaluation.

    Formula: ``s_i = X_i / items``, ``X_i ~ Binomial(items, a_i)`` independent, ``a_i`` the score under
    ``base`` (theory section 7: standard deviation ``sqrt(a_i (1 - a_i) / items)``).
    Parameters: ``items``: size of the test, >= 1; GSM8K has 1,319. ``base``: the rule without noise, on
    a game whose scores are accuracies, that gives the chances. ``ties``: ``quality`` or ``split``.
    Publishes: what ``base`` publishes, and ``items``.
    Costs the designer: ``items`` for each model, and what ``base`` costs.
    Deterministic: no.
    State: that of ``base``.
    Ties: frequent on small tests; by quality, or split.
    Used by: every benchmark; arenas and lotteries of test items draw anew, fixed test sets once.
    Rewards: effort that is cheap at the margin, even where overtaking for sure would not pay.
    Version: 0.
    """

    example: ClassVar[dict[str, Any]] = {"items": 100}

    items: int
    base: Any = "direct"
    ties: Ties = "quality"

    def __post_init__(self) -> None:
        object.__setattr__(self, "items", count("items", self.items))
        object.__setattr__(self, "base", as_protocol(self.base))
        if self.base.traits.draws != "none" or self.base.traits.ranks_by_score is False:
            raise ValueError(f"base: chances need a fixed score for each effort, got {self.base!r}")
        choice("ties", self.ties, TIES)

    @property
    def traits(self) -> Traits:
        draws: Draws = "independent" if is_exact(self.base) else "joint"
        return replace(self.base.traits, draws=draws, apart=True, own_score=False, strict=False)

    @property
    def published(self) -> dict[str, float]:
        return {**self.base.published, **super().published}

    def start(self, game: Game, shape: tuple[int, ...]) -> Any:
        return self.base.start(game, shape)

    def play(
        self, game: Game, efforts: Floats, state: Any = None, rng: Rng = None, revised: Revised = None
    ) -> tuple[Board, Any]:
        if rng is None:
            raise ValueError(f"rng: {self!r} draws its boards, so it needs a generator")
        # The curves' own scores, where they are known: rounding before chance would make steps of them.
        if is_exact(self.base):
            scores = self.base.score(game, efforts)
        else:
            board, state = self.base.play(game, efforts, state, None, revised)
            scores = board.scores
        solved = self.solve(_chances(game, self.base, efforts, scores), rng)
        return self.award(game, solved / self.items), state

    def solve(self, chances: Floats, rng: np.random.Generator) -> NDArray[np.int64]:
        """Draw how many items are solved, ``[..., n]``, by models that solve one at ``chances``."""
        return rng.binomial(self.items, chances)

    def award(self, game: Game, shares: Floats) -> Board:
        """The board that shows ``shares`` ``[..., n]`` of items solved."""
        return game.board(shares, self.ties)

    def distribution(self, game: Game, efforts: Floats) -> tuple[Floats, Floats] | None:
        if self.traits.draws != "independent":
            return None
        return self._shares, binomial_pmf(self.items, accuracies(game, self.base, efforts))

    def distribution_of(
        self, game: Game, who: NDArray[np.int64], efforts: Floats
    ) -> tuple[Floats, Floats] | None:
        if self.traits.draws != "independent":
            return None
        profiles, row = as_profiles(game.n_developers, who, efforts)
        return self._shares, binomial_pmf(self.items, accuracies(game, self.base, profiles)[row, who])

    @property
    def _shares(self) -> Floats:
        return np.arange(self.items + 1) / self.items

    def designer_cost(self, game: Game) -> dict[str, float]:
        cost = dict(self.base.designer_cost(game))
        cost["items"] = cost.get("items", 0.0) + float(self.items * game.n_developers)
        return cost


def accuracies(game: Game, base: Any, efforts: Floats) -> Floats:
    """Scores ``[..., n]`` under the exact rule ``base``, in [0, 1].

    Raises
    ------
    ValueError
        A score is not the chance of solving an item.
    """
    return _chances(game, base, efforts, np.asarray(base.score(game, efforts), dtype=np.float64))


def _chances(game: Game, base: Any, efforts: Floats, scores: Floats) -> Floats:
    wrong = (scores < -SLACK) | (scores > 1 + SLACK)
    if wrong.any():
        where = tuple(np.argwhere(wrong)[0])
        raise ValueError(
            f"scores: a test of items needs accuracies in [0, 1], but {game.names[where[-1]]} scores "
            f"{scores[where]:.6g} at effort {np.asarray(efforts)[where]:.6g} under {base!r}"
        )
    return np.clip(scores, 0.0, 1.0)


def binomial_pmf(items: int, chances: Floats) -> NDArray[np.float64]:
    """Probabilities ``[..., items + 1]`` of solving 0 to ``items`` items at ``chances`` ``[...]``; 0 for
    numbers so far from the mean that they are less likely than 1e-16."""
    p = np.asarray(chances, dtype=np.float64)[..., None]
    # Bernstein's inequality: 20 + 9 sd to either side, where variance is largest.
    far = 20 + 9 * np.sqrt(items * (p * (1 - p)).max(initial=0.0))
    width = min(items, int(2 * far)) + 1
    first = np.clip(np.rint(items * p[..., 0] - far), 0, items + 1 - width).astype(np.int64)
    with np.errstate(divide="ignore"):  # of log(0), which stays finite so that 0 * log(0) is 0
        hit, miss = np.maximum(np.log(p), LOG_OF_0), np.maximum(np.log1p(-p), LOG_OF_0)
    pmf = first[..., None] * hit + (items - first[..., None]) * miss
    pmf = pmf + sliding_window_view(_log_ways(items), width)[first]
    pmf += np.arange(float(width)) * (hit - miss)
    np.exp(pmf, out=pmf)
    # The logarithms of large factorials are right to about 1e-12; chances should sum to 1.
    pmf /= pmf.sum(axis=-1, keepdims=True)
    if width == items + 1:
        return pmf
    everywhere = np.zeros((first.size, items + 1))
    windows = sliding_window_view(everywhere, width, axis=1, writeable=True)
    windows[np.arange(first.size), first.reshape(-1)] = pmf.reshape(-1, width)
    return everywhere.reshape(*first.shape, items + 1)


@lru_cache(maxsize=8)
def _log_ways(items: int) -> Floats:
    """Logarithms of the numbers of ways to solve 0 to ``items`` items; read-only."""
    solved = np.arange(items + 1.0)
    log_factorial = scipy.special.gammaln
    ways = log_factorial(items + 1.0) - log_factorial(solved + 1) - log_factorial(items - solved + 1)
    ways.flags.writeable = False
    return ways
