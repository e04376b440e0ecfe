"""The grader without its short cuts: every deviation of every developer, each effort by 64 halvings,
and the number of rivals ahead by one convolution for each developer.

What one step of the grid leaves open is told by the same rules as in `benchgame_env.metrics.exact`,
so that NaN can be compared too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchgame_env.game import Ties
from benchgame_env.metrics.exact import RESOLVED, shown_scores
from benchgame_env.metrics.first_efforts import useful_efforts
from benchgame_env.metrics.strategies import Strategy, read_strategies
from benchgame_env.numerics import above, publish
from benchgame_env.subgame import Subgame
from benchgame_env.validate import Floats

Bools = Any


def slow_regrets(game: Any, rule: Any, strategies: Any) -> Floats:
    """As `benchgame_env.metrics.regrets` under a rule whose board is a fixed function of efforts."""
    subgame = Subgame.exact(game, rule)
    return regrets(subgame, read_strategies(subgame.game, strategies))


def regrets(subgame: Subgame, mixed: list[Strategy]) -> Floats:
    """``sup_e u_i(e, x_-i) - u_i(x)``, ``[n]``, prize units, >= 0; NaN where one step of the grid moves
    it by more than `RESOLVED` P and a tenth of itself."""
    scores = shown_scores(subgame, mixed)
    aims, efforts, reached = limit_efforts(subgame, np.concatenate([own for own, _ in scores]))
    doubtful, ends = _doubtful(subgame, aims, efforts, reached), extremes(subgame)
    return np.array(
        [
            _regret(
                subgame, i, own, scores, ends[:, i], aims, efforts[:, i], reached[:, i], doubtful[:, i]
            )
            for i, own in enumerate(mixed)
        ]
    )


def _published(shown: list[Strategy]) -> list[Strategy]:
    return [(publish(scores), chances) for scores, chances in shown]


def _regret(
    subgame: Subgame,
    i: int,
    own: Strategy,
    scores: list[Strategy],
    ends: Floats,
    aims: Floats,
    efforts: Floats,
    reached: Bools,
    doubtful: Bools,
) -> float:
    """Developer i's regret; ``efforts`` ``[m]`` are the first ones for ``aims``. What they show is not
    evaluated again: at the edge the last digit of a curve would decide."""
    played = _published(scores)
    now = _payoffs(subgame, i, played[i][0], own[0], played)
    at_ends = _payoffs(subgame, i, publish(subgame.own_scores(i, ends)), ends, played)
    deviating = _payoffs(subgame, i, np.where(reached, aims, -np.inf), efforts, scores)
    best = max(now.max(), at_ends.max(), deviating.max())
    if doubtful.any():
        # The effort for a doubtful score lies between those for the steps of the grid around it.
        aims = aims[doubtful]
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


def _doubtful(subgame: Subgame, aims: Floats, efforts: Floats, reached: Bools) -> Bools:
    """Whether one step of the grid changes the cost of ``efforts`` ``[m, n]``, which show ``aims``
    ``[m]`` where that is ``reached``, by more than `RESOLVED` P, as where curves saturate. Curves that
    declare flat stretches are exempt."""
    game, score = subgame.game, subgame.scores
    slack = RESOLVED * game.prize_range
    if slack == 0 or not subgame.declares("strictly_increasing"):
        return np.zeros(efforts.shape, dtype=bool)
    aims = aims[:, None]
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


def limit_efforts(subgame: Subgame, scores: Floats) -> tuple[Floats, Floats, Bools]:
    """The efforts among which every developer's best deviation lies, up to rounding and `extremes`.

    For ``scores`` ``[m]`` that rivals may show: each and the next float64 number, as aims ``[2 m]``, the
    first efforts ``[2 m, n]`` that reach them, 0 where none does, and whether one does. At the budget
    published scores decide.
    """
    scores = np.unique(scores)
    aims = np.concatenate((scores, np.nextafter(scores, np.inf)))
    efforts, reached = first_efforts(subgame, aims)
    reached[scores.size :] &= publish(subgame.top_scores) > publish(scores)[:, None]
    return aims, np.where(reached, efforts, 0.0), reached


def first_efforts(
    subgame: Subgame, aims: Floats, shown: Callable[[Floats], Floats] = np.asarray
) -> tuple[Floats, Bools]:
    """The first float64 efforts ``[m, n]`` that show at least ``aims`` ``[m]``, 0 where no effort that
    may pay does, and whether one does; ``shown`` turns scores into those that are compared."""
    aims, top = aims[:, None], useful_efforts(subgame.game)
    with np.errstate(over="ignore"):  # without a budget the search starts at the largest float
        reachable = shown(subgame.scores(top)) >= aims
        aims = np.where(reachable, aims, -np.inf)
        # Floats >= 0 sort like their bit patterns, so 64 halvings of the patterns end at the exact one.
        low = np.zeros(aims.shape, dtype=np.int64)
        high = np.broadcast_to(top, aims.shape).copy().view(np.int64)
        for _ in range(64):
            middle = low + (high - low) // 2
            enough = shown(subgame.scores(middle.view(np.float64))) >= aims
            low = np.where(enough, low, np.minimum(middle + 1, high))
            high = np.where(enough, middle, high)
    return high.view(np.float64), reachable


def expected_prize(prizes: Floats, i: int, above: Floats, level: Floats, ties: Ties) -> Floats:
    """Expected prize ``[m]`` of developer i, from the probabilities ``[n, m]`` that each developer is
    above and level."""
    rivals = np.arange(prizes.size) != i
    if ties == "quality":
        better = (np.arange(prizes.size) < i)[:, None]
        return _prize(prizes, (above + level * better)[rivals])
    return _prize_if_split(prizes, above[rivals], level[rivals])


def _prize(prizes: Floats, ahead: Floats) -> Floats:
    """``sum_k R_k P(exactly k - 1 rivals ahead)``; ``ahead`` are the probabilities ``[n - 1, m]``."""
    count = np.zeros((prizes.size, ahead.shape[1]))
    count[0] = 1.0
    for p in ahead:
        count[1:] = count[1:] * (1 - p) + count[:-1] * p
        count[0] *= 1 - p
    return prizes @ count


def _prize_if_split(prizes: Floats, ahead: Floats, level: Floats) -> Floats:
    """As `_prize` when a tied block shares its prizes: convolves (rivals ahead, rivals level)."""
    n, m = prizes.size, ahead.shape[1]
    count = np.zeros((n, n, m))  # [ahead, level, m]
    count[0, 0] = 1.0
    for p, q in zip(ahead, level, strict=True):
        step = count * (1 - p - q)
        step[1:] += count[:-1] * p
        step[:, 1:] += count[:, :-1] * q
        count = step
    pot = np.concatenate(([0.0], np.cumsum(prizes)))
    prize = np.zeros(m)
    for a in range(n):
        for tied in range(n - a):
            prize += count[a, tied] * (pot[a + tied + 1] - pot[a]) / (tied + 1)
    return prize
