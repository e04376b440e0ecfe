"""Shared tests: every model is tested on the same draw of items, so scores err together."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from benchgame_env.game import Game
from benchgame_env.rules.contract import Traits, is_exact
from benchgame_env.rules.finite_test import FiniteTest, accuracies
from benchgame_env.rules.registry import register_protocol
from benchgame_env.validate import Floats

MOST_DRAWN = 2**26  # items of all boards that are drawn at once
MOST_APART = 2**22  # items up to which shares of them differ when they are published


@register_protocol("shared-test")
@dataclass(frozen=True)
class SharedTest(FiniteTest):
    """Rank by the share of ``items`` that a model solves, the same items for all, drawn anew each time.

    Formula: ``s_i = #{q : u_q < a_i} / items``, difficulties ``u_q ~ U(0, 1)`` common to all models,
    ``a_i`` the score under ``base``. Each score is distributed as in ``finite-test``; of two models the
    better one under ``base`` never shows less.
    Parameters: ``items``: size of the test, >= 1; GSM8K has 1,319. ``base``: the rule without noise, on
    a game whose scores are accuracies, that gives the chances. ``ties``: ``quality`` or ``split``.
    Publishes: what ``base`` publishes, and ``items``.
    Costs the designer: ``items`` for each model, and what ``base`` costs.
    Deterministic: no.
    State: that of ``base``.
    Ties: frequent, since no item may lie between two close models; by quality, or split.
    Used by: leaderboards that draw a new test and put every model to it.
    Rewards: whoever leads under ``base``; effort matters where items lie between two models.
    Version: 0.
    """

    @property
    def traits(self) -> Traits:
        return replace(super().traits, draws="joint")

    def expected_prizes(self, game: Game, efforts: Floats) -> Floats | None:
        if not is_exact(self.base) or self.items > MOST_APART:
            return None
        chances = accuracies(game, self.base, efforts)
        order = np.argsort(-chances, axis=-1, kind="stable")  # best first; of equal ones any
        sorted_chances = np.take_along_axis(chances, order, axis=-1)
        prizes = np.empty(chances.shape)
        np.put_along_axis(prizes, order, self._by_place(game.prizes, sorted_chances, order), axis=-1)
        return prizes

    def _by_place(self, prizes: Floats, chances: Floats, order: NDArray[np.int64]) -> Floats:
        """Expected prizes of models with falling ``chances``, whose places without ties would be 0, 1,
        ...; ``order`` says who they are. All ``[..., n]``."""
        n, found = chances.shape[-1], np.zeros(chances.shape)
        for first in range(n):
            for last in range(first, n):
                level = self._level(chances, first, last)
                if not level.any():
                    break  # more of them are level still less often
                # Exactly these are, and neither neighbour.
                wider = self._level(chances, first - 1, last) + self._level(chances, first, last + 1)
                level = level - wider + self._level(chances, first - 1, last + 1)
                block = slice(first, last + 1)
                won = prizes[block].mean()
                if self.ties == "quality":
                    won = prizes[block][np.argsort(np.argsort(order[..., block], axis=-1), axis=-1)]
                found[..., block] += level[..., None] * won
        return found

    def _level(self, chances: Floats, first: int, last: int) -> Floats:
        """The chance ``[...]`` that models ``first`` to ``last`` solve the same items; 0 if there is one
        that does not exist."""
        if first < 0 or last >= chances.shape[-1]:
            return np.zeros(chances.shape[:-1])
        return (1 - (chances[..., first] - chances[..., last])) ** self.items

    def solve(self, chances: Floats, rng: np.random.Generator) -> NDArray[np.int64]:
        solved = np.zeros(chances.shape, dtype=np.int64)
        step = max(1, MOST_DRAWN // max(1, chances[..., 0].size))
        for start in range(0, self.items, step):
            difficulty = rng.random((*chances.shape[:-1], min(step, self.items - start)))
            # One developer at a time: comparing all at once would take n times the memory of the draw.
            for i in range(chances.shape[-1]):
                solved[..., i] += (difficulty < chances[..., [i]]).sum(axis=-1)
        return solved
