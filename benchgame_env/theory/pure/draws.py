"""Honest play on many draws of the score curves, at many tune-before-test levels at once.

The same answers as those of `benchgame_env.theory.pure.overtaking` for one game after another. Inside,
the developers of each draw are in its own order of quality, and arrays are ``[levels, draws, r]``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchgame_env.curves import ScalingLaw
from benchgame_env.draws import Draws
from benchgame_env.game import Game
from benchgame_env.numerics import GAIN, STEPS, above, publish
from benchgame_env.rules import Direct, TuneBeforeTest
from benchgame_env.subgame import Subgame
from benchgame_env.theory.pure.honest_board import RESOLVED
from benchgame_env.theory.pure.overtaking import largest_factor, temptation
from benchgame_env.validate import Floats, array

NUMBERS = 1 << 14  # of one array, so that what is needed stays in cache


class LevelsByDraw(NamedTuple):
    """What tune-before-test levels do in each draw.

    Attributes
    ----------
    temptation : array of float
        `benchgame_env.theory.temptation`, ``[levels, draws]``, prize units, NaN where it cannot be told.
    stable : array of bool
        Whether honest play is an equilibrium, ``[levels, draws]``; False where it cannot be told.
    required_effort : array of float
        `benchgame_env.theory.required_effort`, ``[levels, draws, n, n]``, effort units; rows and columns
        are the developers of ``draws.game``, in its order.
    """

    temptation: Floats
    stable: NDArray[np.bool_]
    required_effort: Floats


def levels_by_draw(draws: Draws, levels: ArrayLike) -> LevelsByDraw:
    """Temptation, stability and required efforts under tune-before-test, in every draw.

    Parameters
    ----------
    draws : Draws
        The draws, see `Draws.of`.
    levels : array_like of float
        Tune-before-test levels ``[levels]``, >= 0, effort units; 0 is direct evaluation.

    Returns
    -------
    LevelsByDraw
        As the functions for one game give them, up to the last digits of float64.

    Raises
    ------
    ValueError
        Levels below 0 or no vector.
    """
    levels = array("levels", levels)
    if levels.ndim != 1 or (levels < 0).any():
        raise ValueError(f"levels: need a vector of numbers >= 0, got {levels.tolist()}")
    n, m = draws.game.n_developers, levels.size * len(draws)
    tempted, efforts = np.empty(m), np.empty((m, n, n))
    size = max(1, NUMBERS // n)
    for start in range(0, m, size):
        some = slice(start, min(start + size, m))
        level, draw = divmod(np.arange(some.start, some.stop), len(draws))
        boards = _HonestBoards.of(draws, draw, levels[level])
        tempted[some], doubtful = boards.temptation(efforts[some])
        for at in np.flatnonzero(doubtful):
            rule = TuneBeforeTest(float(levels[level[at]]))
            tempted[start + at] = temptation(draws[int(draw[at])], rule)
        efforts[some] = _by_developer(efforts[some], draws.order[draw])
    shape = (levels.size, len(draws))
    tempted = tempted.reshape(shape)
    return LevelsByDraw(tempted, tempted == 0, efforts.reshape(*shape, n, n))


def _by_developer(efforts: Floats, order: NDArray[np.int64]) -> Floats:
    """Efforts ``[m, k, r]`` in `Draws.order` as a table ``[m, r, k]`` by the developers of the game."""
    place = np.argsort(order, axis=1)
    rows = np.arange(len(order))[:, None, None]
    return efforts[rows, place[:, None], place[:, :, None]]


def stable_share(draws: Draws | Sequence[Game], protocol: Any) -> float:
    """The share of draws in which honest play is an equilibrium.

    Parameters
    ----------
    draws : Draws or sequence of Game
        Draws of a game. `Draws` are fast under direct evaluation and tune-before-test.
    protocol : protocol, str or pair
        The protocol, its name, or ``(name, parameters)``; its board must be a fixed function of efforts.

    Returns
    -------
    float
        In [0, 1]. A draw of which float64 cannot tell counts as unstable.

    Examples
    --------
    >>> import benchgame_env as bg
    >>> games = [bg.load_game("pythia-gsm8k", worth=worth) for worth in (1000.0, 2000.0)]
    >>> bg.theory.stable_share(games, ("tune-before-test", {"level": 1500.0}))  # the second from 2248 on
    0.5
    """
    if not len(draws):
        raise ValueError("draws: need at least one")
    rule = Subgame.exact(draws[0], protocol).rule
    level = _level_of(draws, rule)
    if level is not None and isinstance(draws, Draws):
        return float(levels_by_draw(draws, [level]).stable.mean())
    return float(np.mean([temptation(game, rule) == 0 for game in draws]))


def _level_of(draws: Any, rule: Any) -> float | None:
    """The tune-before-test level, where many draws can be looked at at once; else None."""
    if not isinstance(draws, Draws) or rule.ties != "quality":
        return None
    return rule.level if isinstance(rule, TuneBeforeTest) else 0.0 if isinstance(rule, Direct) else None


def largest_factors(draws: Draws | Sequence[Game], rule: Any, shift: float) -> Floats:
    """By what all prizes of each draw may be multiplied before anybody gains by overtaking, with rivals'
    scores moved by ``shift`` steps of the grid, ``[draws]``."""
    level = _level_of(draws, rule)
    if level is None or not isinstance(draws, Draws):
        return np.array([largest_factor(Subgame(game, rule), shift) for game in draws])
    size = max(1, NUMBERS // draws.game.n_developers)
    parts = np.split(np.arange(len(draws)), np.arange(size, len(draws), size))
    levels = np.full(len(draws), level)
    return np.concatenate([_HonestBoards.of(draws, d, levels[d]).factors(shift) for d in parts])


@dataclass(frozen=True, eq=False)
class _HonestBoards:
    """Honest boards of draws at a level each, ``[m, n]``; see `HonestBoard`, which has one, for why."""

    subgame: Subgame
    curves: ScalingLaw
    budget: Floats
    level: Floats  # [m, 1]
    scores: Floats
    shown: Floats
    ranks: NDArray[np.int64]
    prizes: Floats

    @classmethod
    def of(cls, draws: Draws, draw: NDArray[np.int64], levels: Floats) -> _HonestBoards:
        order, level = draws.order[draw], levels[:, None]
        curves = draws.curves[draw[:, None], order]
        scores = curves.score(np.broadcast_to(level, order.shape))
        subgame = Subgame(draws.game, "direct")
        return cls(subgame, curves, draws.game.budget[order], level, scores, *draws.game.board(scores))

    def part(self, some: Any) -> _HonestBoards:
        boards = (getattr(self, field.name)[some] for field in fields(self)[1:])
        return _HonestBoards(self.subgame, *boards)

    def temptation(self, efforts: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        """``T`` ``[m]``, and where that is in doubt; writes required efforts to ``efforts``
        ``[m, k, r]``."""
        best, first = np.full(len(self.level), -np.inf), np.zeros(len(self.level), dtype=np.int64)
        for k in range(self.scores.shape[1]):
            efforts[:, k], gain = self.overtake(np.full_like(first, k))
            efforts[:, k, k] = 0.0
            most = gain.max(axis=1)
            first[most > best] = k
            best = np.maximum(best, most)
        scale = self.subgame.game.prize_range
        tempted = best > GAIN * scale
        doubtful = np.empty_like(tempted)
        sure = self.part(tempted).overtake(first[tempted], STEPS + 1)[1].max(axis=1, initial=-np.inf)
        doubtful[tempted] = ~(sure > GAIN * scale)
        doubtful[~tempted] = self.part(~tempted).largest_gain(-1.0) > RESOLVED * scale
        return np.where(tempted, best, 0.0), doubtful

    def largest_gain(self, shift: float) -> Floats:
        """The largest gain of anybody, ``[m]``, prize units."""
        every = np.arange(self.scores.shape[1])[:, None] + np.zeros(len(self.level), dtype=np.int64)
        return np.max([self.overtake(k, shift)[1].max(axis=1) for k in every], axis=0)

    def factors(self, shift: float) -> Floats:
        """By what all prizes may be multiplied before anybody gains by overtaking, ``[m]``."""
        least = np.full(len(self.level), np.inf)
        for k in np.arange(self.scores.shape[1])[:, None] + np.zeros(len(self.level), dtype=np.int64):
            _, won, cost = self._ways(k, shift)
            more = won - GAIN * self.subgame.game.prize_range
            factor = np.divide(cost, more, out=np.full_like(cost, np.inf), where=more > 0)
            least = np.minimum(least, factor.min(axis=1))
        return least

    def overtake(self, k: NDArray[np.int64], shift: float = 0.0) -> tuple[Floats, Floats]:
        """What everybody needs to pass ``k`` ``[m]``, with k's score moved by ``shift`` steps of the
        grid, and what it gains, ``[m, r]``; ``-inf`` where one is ahead."""
        effort, won, cost = self._ways(k, shift)
        return effort, won - cost

    def _ways(self, k: NDArray[np.int64], shift: float) -> tuple[Floats, Floats, Floats]:
        """As `overtake`; the prize money that it wins, and what it costs."""
        own = np.take_along_axis
        k = k[:, None]
        score, shown = own(self.scores, k, 1), own(self.shown, k, 1)
        strictly, step = np.arange(self.scores.shape[1]) > k, above(shown) - shown
        aims = score + shift * step
        # Of a published tie both scores have to be exceeded.
        tied = strictly & (self.shown == shown) & (shift == 0)
        aims = np.where(tied, np.maximum(aims, self.scores), aims)
        aims = np.where(strictly, np.nextafter(aims, np.inf), aims)
        effort = np.maximum(self.curves.effort_for(aims) - self.level, 0.0)
        effort = np.where(self.scores >= aims, 0.0, effort)
        effort = np.where(self._within(shown, strictly, shift), np.minimum(effort, self.budget), np.inf)
        short = strictly & (self.shown <= shown + shift * step)
        cost = self.subgame.cost(np.where(short, np.nextafter(effort, np.inf), effort))
        won = self.subgame.game.prizes[own(self.ranks, k, 1) - 1] - self.prizes
        return effort, np.where(own(self.ranks, k, 1) < self.ranks, won, -np.inf), cost

    def _within(self, shown: Floats, strictly: NDArray[np.bool_], shift: float) -> Any:
        """Whether the budget suffices. Under a ``shift`` perhaps: what a step more or less at the budget
        changes is left to the game itself."""
        if not self.subgame.limited:
            return True
        full = np.where(np.isfinite(self.budget), self.budget, 0.0)
        top = np.where(np.isfinite(self.budget), publish(self.curves.score(self.level + full)), np.inf)
        aims = np.where(strictly, above(shown), shown)
        return top >= aims + np.sign(shift) * (above(aims) - aims)
