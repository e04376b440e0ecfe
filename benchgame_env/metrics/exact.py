"""Exact grading where the board is a fixed function of efforts (theory sections 2 and 6).

A best deviation lies at effort 0, or where a developer reaches or passes a score that a rival may show.
These efforts are found by bisection over the float64 numbers on the rule's own score, so every
deviation that is credited exists. What was played ranks by published scores; deviations pass the scores
themselves, the limit of ever finer grids. Where one step of the grid decides what a deviation gains, the
regret is NaN.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchgame_env.game import Game
from benchgame_env.metrics.expected_prize import expected_prize
from benchgame_env.metrics.strategies import Strategy
from benchgame_env.numerics import above, publish
from benchgame_env.subgame import Subgame
from benchgame_env.validate import Floats

# Costs that differ by less than this share of P are equal for a grade: a tenth of the tightest bound.
RESOLVED = 1e-3


def expected_payoffs(subgame: Subgame, mixed: list[Strategy]) -> Floats:
    """Expected payoffs ``[n]``, prize units."""
    played = _published(shown_scores(subgame, mixed))
    payoffs = [_payoffs(subgame, i, played[i][0], own[0], played) for i, own in enumerate(mixed)]
    return np.array([own[1] @ payoff for own, payoff in zip(mixed, payoffs, strict=True)])


def regrets(subgame: Subgame, mixed: list[Strategy]) -> Floats:
    """``sup_e u_i(e, x_-i) - u_i(x)``, ``[n]``, prize units, >= 0; NaN where one step of the grid moves
    it by more than `RESOLVED` P and a tenth of itself."""
    scores = shown_scores(subgame, mixed)
    efforts, aims = limit_efforts(subgame, np.concatenate([own for own, _ in scores]))
    doubtful, ends = _doubtful(subgame, efforts, aims), extremes(subgame)
    tried = np.stack((efforts, aims), axis=-1)
    return np.array(
        [
            _regret(subgame, i, own, scores, ends[:, i], tried[:, i], doubtful[:, i])
            for i, own in enumerate(mixed)
        ]
    )


def shown_scores(subgame: Subgame, mixed: list[Strategy]) -> list[Strategy]:
    """Per developer the scores that its efforts show, not yet published, and their probabilities."""
    return [(subgame.own_scores(i, efforts), chances) for i, (efforts, chances) in enumerate(mixed)]


def _published(shown: list[Strategy]) -> list[Strategy]:
    return [(publish(scores), chances) for scores, chances in shown]


def _regret(
    subgame: Subgame,
    i: int,
    own: Strategy,
    scores: list[Strategy],
    ends: Floats,
    tried: Floats,
    doubtful: NDArray[np.bool_],
) -> float:
    """Developer i's regret; ``tried`` ``[m, 2]`` are first efforts and the scores that they reach, which
    are not evaluated again: at the edge the last digit of a curve would decide."""
    played = _published(scores)
    now = _payoffs(subgame, i, played[i][0], own[0], played)
    at_ends = _payoffs(subgame, i, publish(subgame.own_scores(i, ends)), ends, played)
    deviating = _payoffs(subgame, i, tried[:, 1], tried[:, 0], scores)
    best = max(now.max(), at_ends.max(), deviating.max())
    if doubtful.any():
        # The effort for a doubtful score lies between those for the steps of the grid around it.
        aims = tried[doubtful, 1]
        (lower, _), (upper, passed) = (first_efforts(subgame, aims + k * _step(aims)) for k in (-1, 1))
        shown = np.nextafter(aims, np.inf)
        hoped = max(best, _payoffs(subgame, i, shown, lower[:, i], scores).max())
        feared = np.where(passed[:, i], _payoffs(subgame, i, shown, upper[:, i], scores), -np.inf)
        sure = max(now.max(), at_ends.max(), feared.max(), deviating[~doubtful].max(initial=-np.inf))
        if hoped - sure > max(RESOLVED * subgame.game.prize_range, (hoped - own[1] @ now) / 10):
            return np.nan
    return max(0.0, float(best - own[1] @ now))


def extremes(subgame: Subgame) -> Floats:
    """Each developer's least effort, 0, and the first one that shows all it can show for what may pay;
    ``[2, n]``."""
    top = useful_efforts(subgame.game)
    with np.errstate(over="ignore"):  # without a budget the search starts at the largest float
        efforts, reached = first_efforts(subgame, subgame.scores(top))
    own = np.where(np.diagonal(reached), np.diagonal(efforts), top)
    return np.stack((np.zeros(subgame.n), own))


def _doubtful(subgame: Subgame, efforts: Floats, aims: Floats) -> NDArray[np.bool_]:
    """Whether one step of the grid changes the cost of ``efforts`` ``[m, n]``, which show ``aims``
    ``[m, n]``, by more than `RESOLVED` P, as where curves saturate. Curves that declare flat stretches
    are exempt."""
    game, score = subgame.game, subgame.scores
    slack = RESOLVED * game.prize_range
    if slack == 0 or not subgame.declares("strictly_increasing"):
        return np.zeros(efforts.shape, dtype=bool)
    reached = np.isfinite(aims)
    aims = np.broadcast_to(aims.max(axis=1, keepdims=True), aims.shape)
    step, cost, top = _step(aims), game.cost(efforts), useful_efforts(game)
    near = RESOLVED * game.finite_effort_scale  # efforts this close are equal, also if the cost jumps
    lower = np.where(cost > slack, game.cost.inverse(np.maximum(cost - slack, 0.0)), 0.0)
    lower = np.maximum(np.minimum(lower, efforts - near), 0.0)
    higher = np.minimum(np.maximum(game.cost.inverse(cost + slack), efforts + near), top)
    enough = (lower > 0) & (score(lower) > aims - step)
    too_little = (higher < top) & (score(higher) < aims + step)
    with np.errstate(over="ignore"):
        highest = score(top)
        # Where scores still rise at the budget, published ones decide there.
        flat = score(np.maximum(top - near, 0.0)) > highest - step
    hopeful = flat & (highest >= aims - step)
    return np.where(reached, enough | too_little, hopeful)


def _step(scores: Floats) -> Floats:
    """The width of the grid's cells at ``scores``."""
    return above(publish(scores)) - publish(scores)


def _payoffs(subgame: Subgame, i: int, score: Floats, efforts: Floats, shown: list[Strategy]) -> Floats:
    """Expected payoffs of developer i at each of ``efforts`` ``[m]`` that show ``score``, against the
    others' mixtures."""
    game = subgame.game
    ahead, level = np.zeros((2, subgame.n, score.size))
    for j in range(subgame.n):
        if j != i:
            ahead[j], level[j] = _beats(score, *shown[j])
    return expected_prize(game.prizes, i, ahead, level, subgame.rule.ties) - game.cost(efforts)


def _beats(score: Floats, rival: Floats, probabilities: Floats) -> tuple[Floats, Floats]:
    """Probabilities that a rival's score lies above ``score`` ``[m]`` and that it equals it."""
    order = np.argsort(rival)
    tail = np.concatenate((np.cumsum(probabilities[order][::-1])[::-1], [0.0]))
    at_least = tail[np.searchsorted(rival[order], score, side="left")]
    above = tail[np.searchsorted(rival[order], score, side="right")]
    return above, at_least - above


def limit_efforts(subgame: Subgame, scores: Floats) -> tuple[Floats, Floats]:
    """The efforts among which every developer's best deviation lies, up to rounding and `extremes`.

    For ``scores`` ``[m]`` that rivals may show: the first efforts ``[2 m, n]`` that reach each and the
    next float64 number, and what they reach, ``[2 m, n]``; 0 and ``-inf`` where none does. At the budget
    published scores decide.
    """
    scores = np.unique(scores)
    aims = np.concatenate((scores, np.nextafter(scores, np.inf)))
    efforts, reached = first_efforts(subgame, aims)
    reached[scores.size :] &= publish(subgame.top_scores) > publish(scores)[:, None]
    return np.where(reached, efforts, 0.0), np.where(reached, aims[:, None], -np.inf)


def first_efforts(
    subgame: Subgame, aims: Floats, shown: Callable[[Floats], Floats] = np.asarray
) -> tuple[Floats, NDArray[np.bool_]]:
    """The first float64 efforts ``[m, n]`` that show at least ``aims`` ``[m]``, 0 where no effort that
    may pay does, and whether one does; ``shown`` turns scores into those that are compared."""
    aims, top = aims[:, None], useful_efforts(subgame.game)
    with np.errstate(over="ignore"):  # without a budget the search starts at the largest float
        reachable = shown(subgame.scores(top)) >= aims
        aims = np.where(reachable, aims, -np.inf)
        # Floats >= 0 sort like their bit patterns, so 64 halvings of the patterns end at the exact one.
        low: NDArray[np.int64] = np.zeros(aims.shape, dtype=np.int64)
        high = np.broadcast_to(top, aims.shape).copy().view(np.int64)
        for _ in range(64):
            middle = low + (high - low) // 2
            enough = shown(subgame.scores(middle.view(np.float64))) >= aims
            low = np.where(enough, low, np.minimum(middle + 1, high))
            high = np.where(enough, middle, high)
    return high.view(np.float64), reachable


def useful_efforts(game: Game) -> Floats:
    """The largest efforts ``[n]`` that may pay: within budget, at a cost of at most P."""
    worth = np.nextafter(float(game.cost.inverse(game.prize_range)), np.inf)
    return np.minimum(np.minimum(game.budget, worth), np.finfo(np.float64).max)
