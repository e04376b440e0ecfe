"""Exact grading where the board is a fixed function of efforts (theory sections 2 and 6).

A best deviation lies at effort 0 or where one reaches or passes a score that a rival may show. These
efforts are found by bisection over the float64 numbers on the rule's own score, so every deviation that
is credited exists. What was played ranks by published scores; deviations pass the scores themselves, the
limit of ever finer grids. Where one step of the grid decides what a deviation gains, the regret is NaN.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchgame_env.game import Game
from benchgame_env.metrics.expected_prize import expected_prize
from benchgame_env.metrics.strategies import Strategy
from benchgame_env.numerics import above, publish
from benchgame_env.rules import DeterministicProtocol
from benchgame_env.validate import Floats

# Costs that differ by less than this share of P are one for a grade: a tenth of the tightest bound.
RESOLVED = 1e-3


def expected_payoffs(game: Game, rule: DeterministicProtocol, mixed: list[Strategy]) -> Floats:
    """``[n]``, prize units."""
    played = _published(shown_scores(game, rule, mixed))
    payoffs = [_payoffs(game, rule, i, played[i][0], own[0], played) for i, own in enumerate(mixed)]
    return np.array([own[1] @ payoff for own, payoff in zip(mixed, payoffs, strict=True)])


def regrets(game: Game, rule: DeterministicProtocol, mixed: list[Strategy]) -> Floats:
    """``sup_e u_i(e, x_-i) - u_i(x)``, ``[n]``, prize units, >= 0; NaN where one step of the grid moves
    it by more than `RESOLVED` P and a tenth of itself."""
    scores = shown_scores(game, rule, mixed)
    aims, efforts = limit_efforts(game, rule, np.concatenate([own for own, _ in scores]))
    doubtful = _doubtful(game, rule, aims, efforts)
    return np.array(
        [
            _regret(game, rule, i, mixed[i], scores, aims, efforts[:, i], doubtful[:, i])
            for i in range(len(mixed))
        ]
    )


def shown_scores(game: Game, rule: DeterministicProtocol, mixed: list[Strategy]) -> list[Strategy]:
    """Per developer the scores that its efforts show, not yet published, and their probabilities."""
    return [(own_scores(game, rule, i, efforts), chances) for i, (efforts, chances) in enumerate(mixed)]


def _published(shown: list[Strategy]) -> list[Strategy]:
    return [(publish(scores), chances) for scores, chances in shown]


def own_scores(game: Game, rule: DeterministicProtocol, i: int, efforts: Floats) -> Floats:
    """Scores that developer i is shown at ``efforts`` ``[m]``."""
    profile = np.zeros((*np.shape(efforts), game.n_developers))
    profile[..., i] = efforts
    return rule.score(game, profile)[..., i]


def _regret(
    game: Game,
    rule: DeterministicProtocol,
    i: int,
    own: Strategy,
    scores: list[Strategy],
    aims: Floats,
    efforts: Floats,
    doubtful: NDArray[np.bool_],
) -> float:
    """Developer i's regret; ``efforts`` ``[m]`` are the first that show ``aims``."""
    played = _published(scores)
    now = _payoffs(game, rule, i, played[i][0], own[0], played)
    ends = np.array([0.0, game.budget[i] if np.isfinite(game.budget[i]) else 0.0])
    at_ends = _payoffs(game, rule, i, publish(own_scores(game, rule, i, ends)), ends, played)
    deviating = _payoffs(game, rule, i, own_scores(game, rule, i, efforts), efforts, scores)
    best = max(now.max(), at_ends.max(), deviating.max())
    if doubtful.any():
        # A doubtful score is passed for what the step of the grid below it takes, or the one above it.
        aims, step = aims[doubtful], _step(aims[doubtful])
        lower, upper = (first_efforts(game, rule, aims + way * step)[:, i] for way in (-1, 1))
        shown = np.nextafter(aims, np.inf)
        hoped = max(best, _payoffs(game, rule, i, shown, lower, scores).max())
        passed = own_scores(game, rule, i, upper) >= aims + step
        feared = np.where(passed, _payoffs(game, rule, i, shown, upper, scores), -np.inf)
        sure = max(now.max(), at_ends.max(), feared.max(), deviating[~doubtful].max(initial=-np.inf))
        if hoped - sure > max(RESOLVED * game.prize_range, (hoped - own[1] @ now) / 10):
            return np.nan
    return max(0.0, float(best - own[1] @ now))


def _doubtful(
    game: Game, rule: DeterministicProtocol, aims: Floats, efforts: Floats
) -> NDArray[np.bool_]:
    """Whether one step of the grid moves what showing ``aims`` ``[m]`` takes, ``efforts`` ``[m, n]``, by
    more than what `RESOLVED` P is worth: curves that saturate. Flat stretches that are meant tell."""
    slack = RESOLVED * game.prize_range
    if slack == 0 or not (rule.traits.strict and getattr(game.curves, "strictly_increasing", False)):
        return np.zeros(efforts.shape, dtype=bool)
    step, cost, top = _step(aims)[:, None], game.cost(efforts), _top(game)
    near = RESOLVED * game.finite_effort_scale  # counts as one effort, too, if the cost jumps
    lower = np.where(cost > slack, game.cost.inverse(np.maximum(cost - slack, 0.0)), 0.0)
    lower = np.maximum(np.minimum(lower, efforts - near), 0.0)
    higher = np.minimum(np.maximum(game.cost.inverse(cost + slack), efforts + near), top)
    enough = (lower > 0) & (rule.score(game, lower) > aims[:, None] - step)
    too_little = (higher < top) & (rule.score(game, higher) < aims[:, None] + step)
    reached = rule.score(game, efforts) >= aims[:, None]
    with np.errstate(over="ignore"):
        highest = rule.score(game, top)
        # Where scores still rise at the budget, published ones decide there.
        flat = rule.score(game, np.maximum(top - near, 0.0)) > highest - step
    hopeful = flat & (highest >= aims[:, None] - step)
    return np.where(reached, enough | too_little, hopeful)


def _step(scores: Floats) -> Floats:
    """The width of the grid's cells at ``scores``."""
    return above(publish(scores)) - publish(scores)


def _payoffs(
    game: Game,
    rule: DeterministicProtocol,
    i: int,
    score: Floats,
    efforts: Floats,
    shown: list[Strategy],
) -> Floats:
    """Expected payoffs of developer i at each of ``efforts`` ``[m]`` that show ``score``, against the
    others' mixtures."""
    ahead, level = np.zeros((2, game.n_developers, score.size))
    for j in range(game.n_developers):
        if j != i:
            ahead[j], level[j] = _beats(score, *shown[j])
    return expected_prize(game.prizes, i, ahead, level, rule.ties) - game.cost(efforts)


def _beats(score: Floats, rival: Floats, probabilities: Floats) -> tuple[Floats, Floats]:
    """Probabilities that a rival's score lies above ``score`` ``[m]`` and that it equals it."""
    order = np.argsort(rival)
    tail = np.concatenate((np.cumsum(probabilities[order][::-1])[::-1], [0.0]))
    at_least = tail[np.searchsorted(rival[order], score, side="left")]
    above = tail[np.searchsorted(rival[order], score, side="right")]
    return above, at_least - above


def limit_efforts(game: Game, rule: DeterministicProtocol, scores: Floats) -> tuple[Floats, Floats]:
    """Of ``scores`` ``[m]`` that may be shown: each and the next float64 number, as aims ``[2 m]``, and
    the first efforts ``[2 m, n]`` to show them, among which every developer's best deviation lies, up to
    rounding and the ends of its range; 0 where there is none. At the budget published scores decide."""
    scores = np.unique(scores)
    aims = np.concatenate((scores, np.nextafter(scores, np.inf)))
    efforts = first_efforts(game, rule, aims)
    limited = np.isfinite(game.budget)
    most = publish(rule.score(game, np.where(limited, game.budget, 0.0)))
    exceeds = most > publish(scores)[:, None]
    efforts[scores.size :][limited & ~exceeds] = 0.0
    return aims, efforts


def first_efforts(game: Game, rule: DeterministicProtocol, aims: Floats) -> Floats:
    """The first float64 efforts ``[m, n]`` that show at least ``aims`` ``[m]``; 0 where none does that
    may pay."""
    aims, top = aims[:, None], _top(game)
    with np.errstate(over="ignore"):  # without a budget the search starts at the largest float
        reachable = rule.score(game, top) >= aims
        return _first_effort(game, rule, np.where(reachable, aims, -np.inf), top)


def _first_effort(game: Game, rule: DeterministicProtocol, aims: Floats, top: Floats) -> Floats:
    """The first float64 efforts up to ``top`` ``[n]`` that show at least ``aims`` ``[m, n]``.

    Floats >= 0 sort like their bit patterns, so 64 halvings of the patterns end at the exact one.
    """
    low: NDArray[np.int64] = np.zeros(aims.shape, dtype=np.int64)
    high = np.broadcast_to(top, aims.shape).copy().view(np.int64)
    for _ in range(64):
        middle = low + (high - low) // 2
        enough = rule.score(game, middle.view(np.float64)) >= aims
        low = np.where(enough, low, np.minimum(middle + 1, high))
        high = np.where(enough, middle, high)
    return high.view(np.float64)


def _top(game: Game) -> Floats:
    """The largest efforts ``[n]`` that may pay: none that cost more than P do."""
    worth = np.nextafter(float(game.cost.inverse(game.prize_range)), np.inf)
    return np.minimum(np.minimum(game.budget, worth), np.finfo(np.float64).max)
