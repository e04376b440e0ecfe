"""Mixed equilibria by self-play: predictive regret matching+ on exact expected payoffs.

Every developer chooses among slots on a common score axis: its honest score (effort 0) and cells between
neighbouring scores of a grid, inside which it spreads uniformly. Two developers in one cell are equally
likely to be ahead, which a grid of point efforts gets wrong by a whole step. Expected prizes come from
the Poisson-binomial number of rivals ahead (theory section 6); no profile is ever enumerated.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchgame_env._validate import Floats
from benchgame_env.game import Game
from benchgame_env.protocols import DeterministicProtocol

Strategies = list[tuple[Floats, Floats]]
# Cells that hold less than this of a strategy are not played.
NEGLIGIBLE = 1e-6
# Play at iteration t weighs t to this power in the average.
AVERAGING = 4


class SlotGame:
    """The game on slots. Even slot ``2 k`` is the score ``edges[k]`` exactly, where an honest developer
    or one at its budget sits; odd slot ``2 k + 1`` is the cell between ``edges[k]`` and the next.

    Parameters
    ----------
    cells: about how many cells the score axis is cut into.
    """

    def __init__(self, game: Game, rule: DeterministicProtocol, cells: int) -> None:
        self.game, self.rule = game, rule
        n = game.n_developers
        everyone = np.arange(n)
        honest = rule.score(game, np.zeros(n))
        # At a budget that binds, many may want to stay exactly there.
        capped = game.budget < float(game.cost.inverse(game.prize_range))
        ceiling = rule.score(game, np.where(capped, game.budget, 0.0))
        self.edges = _edges(game, rule, cells, np.concatenate((honest, ceiling)))
        self.n_slots = 2 * self.edges.size
        self.cell = np.arange(self.n_slots) % 2 == 1
        self.home = 2 * np.searchsorted(self.edges, honest)
        self.brink = 2 * np.searchsorted(self.edges, ceiling)
        effort = self._effort(self.edges)
        within = (effort[1:] <= game.max_effort * (1 + 1e-12)) & (self.edges[:-1, None] >= honest)
        self.allowed = np.zeros((n, self.n_slots), dtype=bool)
        self.allowed[:, 1:-1:2] = within.T
        self.allowed[everyone, self.home] = True
        self.allowed[everyone, self.brink] = True
        self.cost = np.zeros((n, self.n_slots))
        middle = 0.5 * (effort[1:] + effort[:-1])
        self.cost[:, 1:-1:2] = game.cost(np.where(within, middle, 0.0)).T
        self.cost[everyone, self.brink] = game.cost(np.where(capped, game.budget, 0.0))

    def payoffs(self, mixed: Floats) -> Floats:
        """Expected payoffs ``[n, slots]`` of every developer in every slot against ``mixed``."""
        ahead = self._ahead(mixed)
        return np.where(self.allowed, self._prizes(ahead) - self.cost, -np.inf)

    def strategies(self, mixed: Floats, points: int) -> Strategies:
        """Mixed slots ``[n, slots]`` as efforts and probabilities, ``points`` spread over each cell.

        Developers get points of their own, so that they never tie.
        """
        n = self.game.n_developers
        result = []
        for i in range(n):
            share = np.where(mixed[i] > NEGLIGIBLE, mixed[i], 0.0)
            cells = np.flatnonzero(share * self.cell)
            low, high = self.edges[cells // 2], self.edges[cells // 2 + 1]
            part = (np.arange(points) + (i + 0.5) / n) / points
            scores = low[:, None] + (high - low)[:, None] * part
            efforts = self._effort(scores.reshape(-1))[:, i]
            limit = self.game.budget[i]
            efforts = np.concatenate(([0.0], np.minimum(efforts, limit)))
            chances = np.concatenate(([share[self.home[i]]], np.repeat(share[cells] / points, points)))
            if self.brink[i] != self.home[i]:
                efforts, chances = np.append(efforts, limit), np.append(chances, share[self.brink[i]])
            result.append((efforts, chances / chances.sum()))
        return result

    def _effort(self, scores: Floats) -> Floats:
        """Least own efforts ``[m, n]`` for scores ``[m]``."""
        n = self.game.n_developers
        return self.rule.effort_for(self.game, np.repeat(scores[:, None], n, axis=1))

    def _ahead(self, mixed: Floats) -> Floats:
        """``[n, slots]``: probability that developer j is ahead of somebody in each slot."""
        beyond = np.cumsum(mixed[:, ::-1], axis=1)[:, ::-1] - mixed
        return beyond + np.where(self.cell, 0.5, 0.0) * mixed

    def _prizes(self, ahead: Floats) -> Floats:
        """Expected prizes ``[n, slots]``: leave-one-out Poisson-binomials from one full convolution."""
        n = self.game.n_developers
        full = np.zeros((n + 1, self.n_slots))
        full[0] = 1.0
        for k, p in enumerate(ahead):
            full[1 : k + 2] = full[1 : k + 2] * (1 - p) + full[: k + 1] * p
            full[0] *= 1 - p
        # Dividing developer i out is stable upwards for p < 1/2 and downwards otherwise.
        p = ahead
        up = p <= 0.5
        forward, backward = np.zeros_like(p), np.zeros_like(p)
        prize = np.zeros_like(p)
        small, large = np.where(up, p, 0.0), np.where(up, 1.0, p)
        for k in range(n):
            forward = (full[k] - small * forward) / (1 - small)
            backward = (full[n - k] - (1 - large) * backward) / large
            prize += np.where(up, self.game.prizes[k] * forward, self.game.prizes[n - 1 - k] * backward)
        return prize


def solve(
    slots: SlotGame,
    iterations: int,
    good_enough: Callable[[Floats], bool],
    check_every: int = 500,
) -> Floats:
    """Averaged play ``[n, slots]`` of predictive regret matching+ whose late play weighs most.

    Stops after ``iterations``, or earlier when ``good_enough`` says so of the average.
    """
    start = slots.allowed / slots.allowed.sum(axis=1, keepdims=True)
    play, regret, average = start, np.zeros_like(start), np.zeros_like(start)
    for t in range(1, iterations + 1):
        payoff = np.where(slots.allowed, slots.payoffs(play), 0.0)
        gain = np.where(slots.allowed, payoff - (payoff * play).sum(axis=1, keepdims=True), 0.0)
        regret = np.maximum(regret + gain, 0.0)
        average += t**AVERAGING * play
        play = _normalised(np.maximum(regret + gain, 0.0), start)  # predicts that the gain recurs
        if t % check_every == 0 and good_enough(_normalised(average, start)):
            break
    return _normalised(average, start)


def slot_nash_conv(slots: SlotGame, mixed: Floats) -> float:
    """NashConv of ``mixed`` among slots alone, to decide when to stop; not a certificate."""
    payoff = slots.payoffs(mixed)
    value = (np.where(slots.allowed, payoff, 0.0) * mixed).sum(axis=1)
    return float((payoff.max(axis=1) - value).sum())


def _normalised(weights: Floats, otherwise: Floats) -> Floats:
    total = weights.sum(axis=1, keepdims=True)
    return np.where(total > 0, weights / np.where(total > 0, total, 1.0), otherwise)


def _edges(game: Game, rule: DeterministicProtocol, cells: int, exact: Floats) -> NDArray[np.float64]:
    """Rising scores that cut the axis: the ``exact`` ones, and those of evenly spread efforts."""
    shares = np.linspace(0.0, 1.0, cells + 1)[:, None]
    pooled = np.sort(rule.score(game, shares * game.effort_scale).reshape(-1))
    even = pooled[np.linspace(0, pooled.size - 1, cells + 1).astype(int)]
    return np.unique(np.concatenate((exact, even)))
