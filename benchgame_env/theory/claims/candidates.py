"""Profiles that may be pure equilibria against a claim, looked for where claims break.

Efforts that matter are 0, those that are free, those that exhaust a budget, and those that reach exactly
what a rival shows. A small product of them is tried; what survives is certified by the grader.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from benchgame_env import metrics
from benchgame_env.numerics import above, publish
from benchgame_env.subgame import Subgame
from benchgame_env.theory.pure.assumptions import FAR
from benchgame_env.validate import Floats

# Efforts tried of each developer, by their number: some hundred profiles in all.
EFFORTS = {1: 16, 2: 12, 3: 7, 4: 5, 5: 3, 6: 3}
# A gain below this share of P (of the largest prize where all are equal) is rounding.
CERTAIN = 1e-9
# Share of an effort by which it is lowered to see whether all of it is needed.
NUDGE = 1e-5
# Efforts that cost less than this share of P, or are less than this share of what is free, are not
# tried: they cannot be told from 0.
SMALL = 1e-6
MOST = 4  # profiles certified for one game


def prize_scale(subgame: Subgame) -> float:
    """``P``; the largest prize where all are equal, 1 where all are 0; prize units."""
    game = subgame.game
    return game.prize_range or float(np.abs(game.prizes).max()) or 1.0


def useful_efforts(subgame: Subgame) -> Floats:
    """Efforts ``[n]`` beyond which none pays, at most `FAR` and the budget; where all prizes are equal,
    those that cost a prize."""
    worth = float(subgame.game.cost.inverse(prize_scale(subgame)))
    return np.minimum(subgame.game.budget, min(worth, FAR))


def counts(subgame: Subgame, efforts: Floats) -> NDArray[np.bool_]:
    """Whether efforts ``[...]`` can be told from 0: they cost something, or are part of what is free."""
    free = float(subgame.game.cost.inverse(0.0))
    costly = subgame.game.cost(efforts) > SMALL * prize_scale(subgame)
    return costly | ((free > 0) & (efforts > SMALL * free))


def pure_equilibria(subgame: Subgame, with_zero: bool = True) -> Iterator[tuple[Floats, float]]:
    """Pure equilibria among the candidates, each with its NashConv by the grader.

    Parameters
    ----------
    subgame : Subgame
        Of an exact rule.
    with_zero : bool, optional
        Whether zero effort of everybody is among them.

    Yields
    ------
    efforts : array
        ``[n]``, effort units.
    nash_conv : float
        At most `CERTAIN` P, prize units.
    """
    profiles = _plausible(subgame)
    if not with_zero:
        profiles = profiles[profiles.any(axis=1)]
    busy = np.argsort((profiles > 0).sum(axis=1), kind="stable")[:MOST]
    for efforts in profiles[busy]:
        regret = metrics.nash_conv(subgame.game, subgame.rule, efforts)
        if regret <= CERTAIN * prize_scale(subgame):
            yield efforts, regret


def _plausible(subgame: Subgame) -> Floats:
    """Profiles ``[m, n]`` from which nobody gains by another effort tried, or by a little less."""
    axes = _axes(subgame)
    n, size = subgame.n, len(axes)
    levels = np.indices((size,) * n).reshape(n, -1).T  # [size^n, n]
    who = np.arange(n)
    payoffs = _payoffs(subgame, subgame.scores(axes)[levels, who], axes[levels, who])
    allowed = CERTAIN * prize_scale(subgame)
    stable = np.ones(len(levels), dtype=bool)
    for i in range(n):
        own = payoffs[:, i].reshape((size,) * n)
        stable &= (own >= own.max(axis=i, keepdims=True) - allowed).ravel()
    profiles = np.unique(axes[levels[stable], who], axis=0)
    now = _payoffs(subgame, subgame.scores(profiles), profiles)
    for i in range(n):
        lower = profiles.copy()
        lower[:, i] *= 1 - NUDGE
        gain = _payoffs(subgame, subgame.scores(lower), lower)[:, i] - now[:, i]
        profiles, now = profiles[gain <= allowed], now[gain <= allowed]
    return profiles


def _payoffs(subgame: Subgame, scores: Floats, efforts: Floats) -> Floats:
    board = subgame.game.board(scores, subgame.rule.ties)
    return subgame.game.payoffs(board.prizes, efforts)


def _axes(subgame: Subgame) -> Floats:
    """Efforts to try, ``[m, n]``, the first of them 0; most often those that matter most."""
    size = EFFORTS.get(subgame.n, 2)
    # Which of many are tried depends on the game alone, so that a claim gives the same answer twice.
    rng = np.random.default_rng(zlib.crc32(subgame.game.prizes.tobytes()))
    axes = np.zeros((size, subgame.n))
    pools = [np.where(counts(subgame, pool), pool, 0.0) for pool in _efforts_that_matter(subgame)]
    for i in range(subgame.n):
        first, second = (sorted({*pool[:, i].tolist()} - {0.0}) for pool in pools)
        rest = [effort for effort in second if effort not in first]
        chosen = [own[k] for own in (first, rest) for k in rng.permutation(len(own))][: size - 1]
        axes[1 : 1 + len(chosen), i] = chosen
    return axes


def _efforts_that_matter(subgame: Subgame) -> tuple[Floats, Floats]:
    """Efforts ``[m, n]`` within budget: to join or pass what rivals show at zero, free efforts and
    budgets; and to join or pass what rivals show at those, and others."""
    top = useful_efforts(subgame)
    free = np.minimum(np.broadcast_to(subgame.game.cost.inverse(0.0), top.shape), top)
    limits = np.where(np.isfinite(subgame.game.budget), top, 0.0)

    def ties(efforts: Floats) -> Floats:
        scores = np.unique(subgame.scores(efforts))
        needed = subgame.efforts_for(np.concatenate((scores, above(publish(scores))))[:, None])
        return np.where(needed <= top, needed, 0.0)

    first = np.concatenate((ties(np.zeros(subgame.n)), [free, 0.75 * free, limits]))
    return first, np.concatenate((ties(np.stack((free, top))), [top, 0.75 * top, 0.5 * top]))
