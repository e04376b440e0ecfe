"""Exact grading where the board is a fixed function of efforts (theory sections 2 and 6).

A best deviation lies at effort 0 or where one reaches or passes a score that a rival may show. These
efforts are found by bisection over the float64 numbers on the rule's own score, so every deviation that
is credited exists.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchgame_env.game import Game
from benchgame_env.metrics.expected_prize import expected_prize
from benchgame_env.metrics.strategies import Strategy
from benchgame_env.rules import DeterministicProtocol, as_protocol, is_exact
from benchgame_env.validate import Floats


def exact_rule(protocol: Any) -> DeterministicProtocol:
    """The protocol that ``protocol`` names, if its board is a fixed function of efforts; ValueError."""
    rule = as_protocol(protocol)
    if not is_exact(rule):
        raise ValueError(f"protocol {rule!r}: this is graded under a DeterministicProtocol alone")
    return rule


def expected_payoffs(game: Game, rule: DeterministicProtocol, mixed: list[Strategy]) -> Floats:
    """``[n]``, prize units."""
    shown = shown_scores(game, rule, mixed)
    return np.array([p @ _payoffs(game, rule, i, e, shown) for i, (e, p) in enumerate(mixed)])


def regrets(game: Game, rule: DeterministicProtocol, mixed: list[Strategy]) -> Floats:
    """``sup_e u_i(e, x_-i) - u_i(x)``, ``[n]``, prize units, >= 0."""
    shown = shown_scores(game, rule, mixed)
    tried = deviations(game, rule, np.concatenate([scores for scores, _ in shown]))
    return np.array([_regret(game, rule, i, mixed[i], shown, tried[:, i]) for i in range(len(mixed))])


def shown_scores(game: Game, rule: DeterministicProtocol, mixed: list[Strategy]) -> list[Strategy]:
    """Per developer the scores that its efforts show, and their probabilities."""
    return [(own_scores(game, rule, i, efforts), chances) for i, (efforts, chances) in enumerate(mixed)]


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
    shown: list[Strategy],
    deviations: Floats,
) -> float:
    efforts, probabilities = own
    tried = np.concatenate((efforts, deviations))
    payoff = _payoffs(game, rule, i, tried, shown)
    return max(0.0, float(payoff.max() - probabilities @ payoff[: efforts.size]))


def _payoffs(
    game: Game, rule: DeterministicProtocol, i: int, efforts: Floats, shown: list[Strategy]
) -> Floats:
    """Expected payoffs of developer i at each of ``efforts`` ``[m]`` against the others' mixtures."""
    score = own_scores(game, rule, i, efforts)
    above, level = np.zeros((2, game.n_developers, score.size))
    for j in range(game.n_developers):
        if j != i:
            above[j], level[j] = _beats(score, *shown[j])
    return expected_prize(game.prizes, i, above, level, rule.ties) - game.cost(efforts)


def _beats(score: Floats, rival: Floats, probabilities: Floats) -> tuple[Floats, Floats]:
    """Probabilities that a rival's score lies above ``score`` ``[m]`` and that it equals it."""
    order = np.argsort(rival)
    tail = np.concatenate((np.cumsum(probabilities[order][::-1])[::-1], [0.0]))
    at_least = tail[np.searchsorted(rival[order], score, side="left")]
    above = tail[np.searchsorted(rival[order], score, side="right")]
    return above, at_least - above


def deviations(game: Game, rule: DeterministicProtocol, scores: Floats) -> Floats:
    """Efforts ``[m, n]`` among which every developer's best deviation lies, up to rounding: 0, and for
    every score that may be shown the first effort that reaches it and the first that exceeds it."""
    scores = np.unique(scores)
    aims = np.concatenate((scores, np.nextafter(scores, np.inf)))
    return np.vstack((np.zeros(game.n_developers), first_efforts(game, rule, aims)))


def first_efforts(game: Game, rule: DeterministicProtocol, aims: Floats) -> Floats:
    """The first float64 efforts ``[m, n]`` that show at least ``aims`` ``[m]``; 0 where none does that
    may pay."""
    aims = aims[:, None]
    # Effort that costs more than P cannot pay, so it need not be searched.
    worth = np.nextafter(float(game.cost.inverse(game.prize_range)), np.inf)
    top = np.minimum(np.minimum(game.budget, worth), np.finfo(np.float64).max)
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
