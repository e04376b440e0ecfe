"""The grader: exact regrets and NashConv over continuous deviations, and rank agreement.

Independent of `benchgame_env.theory` on purpose: it never inverts a curve. Expected prizes come from
the Poisson-binomial distribution of rivals ahead (theory section 6), and deviations are found by
bisection over the float64 numbers on the rule's own score, so every deviation it credits exists.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import kendalltau

from benchgame_env._validate import Floats, vector
from benchgame_env.game import Game
from benchgame_env.protocols import DeterministicProtocol, as_protocol, is_exact

Strategy = tuple[Floats, Floats]  # efforts and their probabilities


def regrets(game: Game, protocol: Any, strategies: Any) -> Floats:
    """What each developer could gain by the best deviation; ``[n]``, prize units, >= 0.

    ``sup_e u_i(e, x_-i) - u_i(x)`` over all efforts in ``[0, B_i]`` (theory section 2), exact for a
    `DeterministicProtocol` and independently mixing developers.

    Parameters
    ----------
    strategies: efforts ``[n]``, or one ``(efforts, probabilities)`` pair per developer.

    Raises
    ------
    ValueError: efforts outside the budget, probabilities that do not sum to 1, another kind of rule.
    """
    rule = _exact(protocol)
    mixed = _strategies(game, strategies)
    shown = [(_column(game, rule, i, efforts), chances) for i, (efforts, chances) in enumerate(mixed)]
    deviations = _deviations(game, rule, np.concatenate([scores for scores, _ in shown]))
    return np.array(
        [_regret(game, rule, i, mixed[i], shown, deviations[:, i]) for i in range(len(mixed))]
    )


def nash_conv(game: Game, protocol: Any, strategies: Any) -> float:
    """Sum of `regrets`: 0 exactly at the Nash equilibria; prize units."""
    return float(regrets(game, protocol, strategies).sum())


def expected_payoffs(game: Game, protocol: Any, strategies: Any) -> Floats:
    """Exact expected payoffs ``[n]`` under independent mixing (theory section 6), prize units."""
    rule = _exact(protocol)
    mixed = _strategies(game, strategies)
    shown = [(_column(game, rule, i, e), p) for i, (e, p) in enumerate(mixed)]
    return np.array([p @ _payoffs(game, rule, i, e, shown) for i, (e, p) in enumerate(mixed)])


def empirical(efforts: ArrayLike) -> list[Strategy]:
    """The mixed strategies that played ``efforts`` ``[samples, n]``, each sample equally likely."""
    columns = np.asarray(efforts, dtype=np.float64).T
    return [(column, np.full(column.size, 1 / column.size)) for column in columns]


def kendall_tau(board_order: ArrayLike, quality: ArrayLike) -> float:
    """Kendall's tau-b between a board and latent quality: 1 the same order, -1 the reverse.

    Parameters
    ----------
    board_order: developers in board order, best first, ``[n]`` (as `Prediction.ranking`).
    quality: latent quality of developer 0, 1, ..., ``[n]``.
    """
    order, quality = np.asarray(board_order), np.asarray(quality, dtype=np.float64)
    if sorted(order.tolist()) != list(range(quality.size)):
        raise ValueError(f"board_order: need each of 0 to {quality.size - 1} once, got {order.tolist()}")
    if np.ptp(quality) == 0:
        return 1.0  # no pair to misorder
    return float(kendalltau(np.arange(quality.size, 0, -1), quality[order]).statistic)


def _exact(protocol: Any) -> DeterministicProtocol:
    rule = as_protocol(protocol)
    if not is_exact(rule):
        raise ValueError(f"protocol {rule!r}: exact grading needs a DeterministicProtocol")
    return rule


def _strategies(game: Game, strategies: Any) -> list[Strategy]:
    """Every developer's strategy as distinct effort and probability vectors."""
    if len(strategies) != game.n_developers:
        raise ValueError(f"strategies: {len(strategies)} for {game.n_developers} developers")
    # A profile of efforts is one number per developer; any mixture makes it a list of pairs.
    pure = all(not isinstance(s, (tuple, list)) and np.ndim(s) == 0 for s in strategies)
    result = []
    for i, strategy in enumerate(strategies):
        try:
            efforts, probabilities = ([strategy], [1.0]) if pure else strategy
        except (TypeError, ValueError):
            raise ValueError(
                f"strategies[{i}]: expected (efforts, probabilities), got {strategy!r}"
            ) from None
        efforts = vector(f"strategies[{i}]: efforts", efforts)
        probabilities = vector(f"strategies[{i}]: probabilities", probabilities)
        if efforts.size != probabilities.size:
            raise ValueError(
                f"strategies[{i}]: {efforts.size} efforts, {probabilities.size} probabilities"
            )
        if efforts.min() < 0 or efforts.max() > game.budget[i]:
            raise ValueError(
                f"strategies[{i}]: efforts must be in [0, {game.budget[i]}], "
                f"got {efforts.min()} to {efforts.max()}"
            )
        if probabilities.min() < 0 or abs(probabilities.sum() - 1) > 1e-9:
            raise ValueError(f"strategies[{i}]: probabilities sum to {probabilities.sum()}")
        support, where = np.unique(efforts, return_inverse=True)
        weights = np.bincount(where.reshape(-1), probabilities)
        result.append((support, weights.astype(np.float64)))
    return result


def _column(game: Game, rule: DeterministicProtocol, i: int, efforts: Floats) -> Floats:
    """Scores that developer i is shown at ``efforts`` ``[m]``."""
    profile = np.zeros((*np.shape(efforts), game.n_developers))
    profile[..., i] = efforts
    return rule.score(game, profile)[..., i]


def _regret(
    game: Game,
    rule: DeterministicProtocol,
    i: int,
    own: Strategy,
    shown: list[tuple[Floats, Floats]],
    deviations: Floats,
) -> float:
    efforts, probabilities = own
    tried = np.concatenate((efforts, deviations))
    payoff = _payoffs(game, rule, i, tried, shown)
    return max(0.0, float(payoff.max() - probabilities @ payoff[: efforts.size]))


def _payoffs(
    game: Game,
    rule: DeterministicProtocol,
    i: int,
    efforts: Floats,
    shown: list[tuple[Floats, Floats]],
) -> Floats:
    """Expected payoffs of developer i at each of ``efforts`` ``[m]`` against the others' mixtures."""
    score = _column(game, rule, i, efforts)
    rivals = [j for j in range(game.n_developers) if j != i]
    ahead = np.empty((len(rivals), score.size))
    level = np.empty_like(ahead)
    for row, j in enumerate(rivals):
        above, equal = _beats(score, *shown[j])
        if rule.ties == "quality":
            above, equal = above + equal * (j < i), np.zeros_like(equal)
        ahead[row], level[row] = above, equal
    prize = _prize_if_split(game, ahead, level) if level.any() else _prize(game, ahead)
    return prize - game.cost(efforts)


def _beats(score: Floats, rival: Floats, probabilities: Floats) -> tuple[Floats, Floats]:
    """Probabilities that a rival's score lies above ``score`` ``[m]`` and that it equals it."""
    order = np.argsort(rival)
    tail = np.concatenate((np.cumsum(probabilities[order][::-1])[::-1], [0.0]))
    at_least = tail[np.searchsorted(rival[order], score, side="left")]
    above = tail[np.searchsorted(rival[order], score, side="right")]
    return above, at_least - above


def _prize(game: Game, ahead: Floats) -> Floats:
    """``sum_k R_k P(exactly k - 1 rivals ahead)``; ``ahead`` are the probabilities ``[n - 1, m]``."""
    count = np.zeros((game.n_developers, ahead.shape[1]))
    count[0] = 1.0
    for p in ahead:
        count[1:] = count[1:] * (1 - p) + count[:-1] * p
        count[0] *= 1 - p
    return game.prizes @ count


def _prize_if_split(game: Game, ahead: Floats, level: Floats) -> Floats:
    """As `_prize` when a tied block shares its prizes: convolves (rivals ahead, rivals level)."""
    n, m = game.n_developers, ahead.shape[1]
    count = np.zeros((n, n, m))  # [ahead, level, m]
    count[0, 0] = 1.0
    for p, q in zip(ahead, level, strict=True):
        step = count * (1 - p - q)
        step[1:] += count[:-1] * p
        step[:, 1:] += count[:, :-1] * q
        count = step
    pot = np.concatenate(([0.0], np.cumsum(game.prizes)))
    prize = np.zeros(m)
    for a in range(n):
        for tied in range(n - a):
            prize += count[a, tied] * (pot[a + tied + 1] - pot[a]) / (tied + 1)
    return prize


def _deviations(game: Game, rule: DeterministicProtocol, scores: Floats) -> Floats:
    """Efforts ``[m, n]`` among which every developer's best deviation lies, up to rounding: 0, and for
    every score that may be shown the first effort that reaches it and the first that exceeds it."""
    scores = np.unique(scores)
    aims = np.concatenate((scores, np.nextafter(scores, np.inf)))[:, None]
    # Effort that costs more than P cannot pay, so it need not be searched.
    worth = np.nextafter(float(game.cost.inverse(game.prize_range)), np.inf)
    top = np.minimum(np.minimum(game.budget, worth), np.finfo(np.float64).max)
    with np.errstate(over="ignore"):  # without a budget the search starts at the largest float
        reachable = rule.score(game, top) >= aims
        found = _first_effort(game, rule, np.where(reachable, aims, -np.inf), top)
    return np.vstack((np.zeros(game.n_developers), found))


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
