"""The developer subgame: the developers, what tuning gains and costs, and what ranks pay.

All functions are pure and take arrays ``[..., n]``: developers are on the last axis, in order of latent
quality, best first. Symbols are those of `benchgame_env.curves`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchgame_env.costs import Cost
from benchgame_env.curves import Curves
from benchgame_env.numerics import publish
from benchgame_env.validate import LARGEST, Floats, checked_name, choice, vector

Ties = Literal["quality", "split"]
TIES: tuple[Ties, ...] = ("quality", "split")


class Board(NamedTuple):
    """A published leaderboard; every array is ``[..., n]``."""

    scores: Floats  # on the grid of `benchgame_env.numerics`
    ranks: NDArray[np.int64]  # 1 is best
    prizes: Floats  # prize units


@dataclass(frozen=True, eq=False)
class Game:
    """One developer subgame; its fields are checked when it is made.

    Parameters
    ----------
    curves : Curves
        Score curves of the n developers, see `benchgame_env.curves.Curves`.
    cost : Cost
        Cost of own effort, prize units, see `benchgame_env.costs.Cost`.
    prizes : array_like
        ``R_1 >= ... >= R_n``, ``[n]``.
    quality : array_like, optional
        Latent quality, ``[n]``, non-increasing. Default: ``curves.quality`` where the family has one,
        else ``n, ..., 1`` (the order is all that matters).
    names : sequence of str, optional
        N distinct strings. Default ``model-0`` (best) onwards.
    budget : float or array_like, optional
        Largest own effort, a number or ``[n]``, >= 0, ``inf`` for none.

    Raises
    ------
    ValueError
        Names the field and the offending numbers.
    """

    curves: Curves
    cost: Cost
    prizes: Any
    quality: Any = None
    names: Any = None
    budget: Any = math.inf

    def __post_init__(self) -> None:
        prizes = vector("prizes", self.prizes)
        n = prizes.size
        if (np.diff(prizes) > 0).any():
            raise ValueError(f"prizes: must not increase from rank to rank, got {prizes.tolist()}")
        quality = self.quality
        if quality is None:
            quality = getattr(self.curves, "quality", np.arange(n, 0, -1.0))
        quality = vector("quality", quality, n)
        if (np.diff(quality) > 0).any():
            raise ValueError(f"quality: order developers best first, got {quality.tolist()}")
        names = [f"model-{i}" for i in range(n)] if self.names is None else self.names
        names = (names,) if isinstance(names, str) else tuple(names)
        names = tuple(checked_name("names", str(one)) for one in names)
        if len(names) != n or len(set(names)) != n:
            raise ValueError(f"names: need {n} distinct names, got {list(names)}")
        budget = _budget(self.budget, n)
        clean = {"prizes": prizes, "quality": quality, "names": names, "budget": budget}
        for field, value in clean.items():
            object.__setattr__(self, field, value)
        _check_cost(self.cost, self.max_effort)
        _check_curves(self.curves, n, self.max_effort)

    @property
    def n_developers(self) -> int:
        """Number of developers."""
        return self.prizes.size

    @property
    def n_tasks(self) -> int:
        """``K``, the number of tasks that an effort may be divided among."""
        return getattr(self.curves, "n_tasks", 1)

    @property
    def prize_range(self) -> float:
        """``P = R_1 - R_n``, the most that a better rank can win; prize units."""
        return float(self.prizes[0] - self.prizes[-1])

    @property
    def rank_step(self) -> float:
        """``P / (n - 1)``, what the next rank up wins in the mean; prize units, 0 for one developer."""
        return self.prize_range / max(self.n_developers - 1, 1)

    @property
    def worth(self) -> float:
        """What one rank is worth: the effort that costs as much as `rank_step`; effort units."""
        return float(self.cost.inverse(self.rank_step))

    @property
    def effort_scale(self) -> Floats:
        """``F = min(budget, sup{e : c(e) <= P})``, ``[n]``: more effort never pays (section 8)."""
        worth = float(self.cost.inverse(self.prize_range))
        return np.minimum(self.budget, worth)

    @property
    def finite_effort_scale(self) -> float:
        """The largest finite `effort_scale`, for laying out grids; 1 if there is none."""
        scale = self.effort_scale
        return float(np.max(scale, initial=0.0, where=np.isfinite(scale))) or 1.0

    @property
    def max_effort(self) -> Floats:
        """The largest effort an action can name, ``[n]``: the budget, or `effort_scale` if infinite."""
        return np.where(np.isinf(self.budget), self.effort_scale, self.budget)

    def board(self, scores: Floats, ties: Ties = "quality") -> Board:
        """The board of ``scores`` ``[..., n]``: published, ranked as in `rank`, with prizes awarded."""
        return self.award(publish(scores), ties)

    def award(self, scores: Floats, ties: Ties = "quality") -> Board:
        """As `board`, but ranks ``scores`` as they are and not as published."""
        ranks = rank(scores, ties)
        if ties == "quality":
            return Board(scores, ranks, self.prizes.take(ranks - 1))
        pot = np.concatenate(([0.0], np.cumsum(self.prizes)))
        block = _block_size(scores, ranks)
        share = (pot[ranks - 1 + block] - pot[ranks - 1]) / block
        return Board(scores, ranks, np.where(block > 1, share, self.prizes[ranks - 1]))

    def payoffs(self, prizes: Floats, efforts: Floats) -> Floats:
        """``u_i = prize_i - c(e_i)``, ``[..., n]``, prize units."""
        return prizes - self.cost(efforts)

    def developer(self, name: str) -> int:
        """Index of the developer called ``name``."""
        return self.names.index(choice("developer", name, self.names))


def rank(scores: Floats, ties: Ties = "quality") -> NDArray[np.int64]:
    """Ranks ``[..., n]`` of scores ``[..., n]``, 1 for the highest.

    ``quality``: a tie goes to the higher quality (the lower index), so ranks are a permutation.
    ``split``: tied developers share the best rank of their block (1, 2, 2, 4).
    """
    scores = np.asarray(scores)
    choice("ties", ties, TIES)
    n = scores.shape[-1]
    if n > COUNT_UP_TO or scores.size < COUNT_FROM * n or np.isnan(scores).any():
        return _ranks_by_sorting(scores, ties)  # sorting puts NaN last
    return _ranks_by_counting(scores, ties)


# Counting takes n^2 comparisons, but each runs over all boards at once: faster up to about n = 40.
COUNT_UP_TO = 24
COUNT_FROM = 256  # boards; on fewer, the calls cost more than the sorting


def _ranks_by_counting(scores: Floats, ties: Ties) -> NDArray[np.int64]:
    """1 + the number of developers above; under ``quality`` the better model of a tied pair is above."""
    n = scores.shape[-1]
    by_developer = np.ascontiguousarray(scores.reshape(-1, n).T)
    ranks = np.ones(by_developer.shape, dtype=np.int16)
    at_least = np.greater_equal if ties == "quality" else np.greater
    for i in range(1, n):
        own, better = by_developer[i], by_developer[:i]
        ranks[i] += np.add.reduce(at_least(better, own), axis=0, dtype=np.int16)
        ranks[:i] += own > better
    return np.ascontiguousarray(ranks.T).astype(np.int64).reshape(scores.shape)


def _ranks_by_sorting(scores: Floats, ties: Ties) -> NDArray[np.int64]:
    n = scores.shape[-1]
    order = (-scores).argsort(axis=-1, kind="stable")
    place: Any = np.arange(1, n + 1)
    if ties == "split":
        descending = np.take_along_axis(scores, order, axis=-1)
        starts = np.ones(scores.shape, dtype=bool)
        starts[..., 1:] = descending[..., 1:] != descending[..., :-1]
        place = np.maximum.accumulate(np.where(starts, place, 0), axis=-1)
    if scores.size > n:  # many boards: add where each begins
        order += np.arange(0, scores.size, n).reshape((*scores.shape[:-1], 1))
    ranks = np.empty(scores.size, dtype=np.int64)
    ranks[order] = place
    return ranks.reshape(scores.shape)


def _block_size(scores: Floats, ranks: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many developers share each developer's rank under ``split``, ``[..., n]``."""
    strictly_better_from_below = rank(-scores, "split")  # 1 + number of strictly lower scores
    return scores.shape[-1] + 2 - ranks - strictly_better_from_below


def _budget(value: Any, n: int) -> Floats:
    try:
        budget = np.array(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"budget: need a number or {n} of them, got {value!r}") from None
    if budget.shape not in ((), (n,)):
        raise ValueError(f"budget: {budget.size} values for {n} developers")
    budget = np.array(np.broadcast_to(budget, (n,)))
    if (np.isfinite(budget) & (budget > LARGEST)).any():
        raise ValueError(f"budget: must be within {LARGEST:g} or infinite, got {budget.tolist()}")
    if not (budget >= 0).all():
        raise ValueError(f"budget: must be >= 0, got {budget.tolist()}")
    budget.flags.writeable = False
    return budget


def _efforts_to_probe(max_effort: Floats) -> Floats:
    """Efforts at which curves and costs are checked: 0, then from far below to far beyond use."""
    scale = float(np.max(max_effort, initial=0.0, where=np.isfinite(max_effort))) or 1.0
    return np.concatenate(([0.0], np.geomspace(1e-6 * scale, 1e3 * scale, 256)))


def _check_cost(cost: Cost, max_effort: Floats) -> None:
    efforts = _efforts_to_probe(max_effort)
    with np.errstate(over="ignore"):  # probed far beyond use, a cost may become infinite
        value = np.asarray(cost(efforts), dtype=np.float64)
    if value.shape != efforts.shape:
        raise ValueError(f"cost: shape {value.shape} for efforts of shape {efforts.shape}")
    if np.isnan(value).any() or value[0] != 0 or (value < 0).any():
        raise ValueError(
            f"cost: must be >= 0 and 0 at effort 0, got {value[0]} there, {value.min()} least"
        )
    _refuse_fall("cost", efforts, value)


def _check_curves(curves: Curves, n: int, max_effort: Floats) -> None:
    declared = getattr(curves, "n_developers", n)
    if declared != n:
        raise ValueError(f"curves: {declared} developers, but prizes has {n} values")
    efforts = np.broadcast_to(_efforts_to_probe(max_effort)[:, None], (257, n))
    try:
        scores = np.asarray(curves.score(efforts), dtype=np.float64)
        needed = np.asarray(curves.effort_for(scores))
    except (ValueError, IndexError) as error:
        raise ValueError(f"curves: not usable for {n} developers (one per prize): {error}") from error
    for member, result in (("score", scores), ("effort_for", needed)):
        if result.shape != efforts.shape:
            raise ValueError(f"curves: {member} maps shape {efforts.shape} to {result.shape}")
    if not np.isfinite(scores).all():
        where, who = np.argwhere(~np.isfinite(scores))[0]
        raise ValueError(
            f"curves: developer {who} scores {scores[where, who]} at effort {efforts[where, who]:g}"
        )
    for i in range(n):
        _refuse_fall(f"curves: developer {i}", efforts[:, i], scores[:, i])
    # Checked in scores, for many efforts show the same one where a curve saturates; and a little to
    # either side, for a curve may jump.
    finite = np.isfinite(needed)
    least = np.where(finite, np.maximum(needed, 0.0), 0.0)
    slack = 1e-6 * np.maximum(1.0, np.abs(scores))
    short = np.asarray(curves.score(least * (1 + 1e-9) + 1e-12 * efforts.max())) < scores - slack
    beyond = np.asarray(curves.score(least * (1 - 1e-9))) > scores + slack
    wrong = np.isnan(needed) | (needed < 0) | (finite & (short | beyond))
    if wrong.any():
        where, who = np.argwhere(wrong)[0]
        raise ValueError(
            f"curves: effort_for is no inverse of score: developer {who} scores "
            f"{scores[where, who]:.6g} at effort {efforts[where, who]:.6g}, but effort_for gives "
            f"{needed[where, who]:.6g}"
        )


MOST = np.finfo(np.float64).max


def _refuse_fall(what: str, efforts: Floats, value: Floats) -> None:
    """Raise if ``value`` decreases by more than rounding along increasing ``efforts``."""
    before, after = np.minimum(value[:-1], MOST), np.minimum(value[1:], MOST)  # inf is a value here
    fall = after < before - 1e-12 * np.maximum(1.0, np.abs(before))
    if fall.any():
        k = int(np.argmax(fall))
        raise ValueError(
            f"{what} falls from {value[k]:.6g} at effort {efforts[k]:.6g} "
            f"to {value[k + 1]:.6g} at {efforts[k + 1]:.6g}"
        )
