"""What the designer gets: agreement of the board with quality, and what it costs (theory section 9)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import kendalltau

from benchgame_env.game import Game, Ties
from benchgame_env.metrics import exact as fixed
from benchgame_env.metrics import noisy as drawn
from benchgame_env.metrics.strategies import Strategy, read_strategies
from benchgame_env.rules import as_protocol, is_exact
from benchgame_env.subgame import Subgame
from benchgame_env.validate import Floats, integer, vector

SAMPLES = 10_000
Z = 1.959964  # 95 %
Interval = tuple[float, float]


@dataclass(frozen=True)
class Outcomes:
    """What a protocol brings about when developers play independent strategies.

    Attributes
    ----------
    kendall_tau: expected tau between board and latent quality, as `kendall_tau` counts; a pair that
        ties on the board (rule ``split``) counts as half in order and half not, that is 0.
    best_on_top: probability that a model of the best quality has rank 1; where it shares rank 1 with
        others, its share, as of a prize.
    cost_share: expected cost of all efforts over the sum of prizes; NaN if that is not positive.
    designer_cost: what one evaluation costs the designer, by resource.
    exact: whether the first two are exact; else they are means of ``samples`` independent boards or
        sequences of boards.
    kendall_tau_interval, best_on_top_interval: 95 % intervals (normal; Wilson); if exact, the value.
    """

    kendall_tau: float
    best_on_top: float
    cost_share: float
    designer_cost: dict[str, float]
    exact: bool
    kendall_tau_interval: Interval
    best_on_top_interval: Interval
    samples: int = 0


def outcomes(
    game: Game,
    protocol: Any,
    strategies: Any,
    rng: np.random.Generator | None = None,
    samples: int = SAMPLES,
) -> Outcomes:
    """The designer's outcome measures (theory section 9) of developers who mix independently.

    Exact where the board is a fixed function of efforts and where scores are drawn independently.
    Elsewhere (state, dependent draws) boards at the beginning of an episode are simulated.

    Parameters
    ----------
    strategies: efforts ``[n]``, or one ``(efforts, probabilities)`` pair per developer.
    rng, samples: for the rules that have to be simulated; ``samples`` >= 2.

    Raises
    ------
    ValueError: unsuitable strategies; no ``rng`` where one is needed.
    """
    rule, mixed = as_protocol(protocol), read_strategies(game, strategies)
    spent = sum(float(p @ np.asarray(game.cost(e))) for e, p in mixed)
    pot = float(game.prizes.sum())
    designer_cost = dict(rule.designer_cost(game))
    share = spent / pot if pot > 0 else math.nan
    if Subgame(game, rule).kind in ("exact", "independent"):
        chances = _chances(game, rule, mixed)
        tau, top = _expected_tau(game, chances, rule.ties), _best_on_top(game, chances, rule.ties)
        return Outcomes(tau, top, share, designer_cost, True, (tau, tau), (top, top))
    if rng is None:
        raise ValueError(f"rng: boards of {rule!r} have to be simulated, which needs a generator")
    efforts, ranks = _simulate(game, rule, mixed, rng, integer("samples", samples, low=2))
    return replace(played_outcomes(game, rule, efforts, ranks), cost_share=share)


def played_outcomes(game: Game, protocol: Any, efforts: ArrayLike, ranks: ArrayLike) -> Outcomes:
    """The designer's outcome measures of boards that were played, averaged over rounds.

    Parameters
    ----------
    efforts: own efforts behind each board, ``[samples, rounds, n]``, effort units.
    ranks: on each board, ``[samples, rounds, n]``. Samples have to be independent; one alone stands for
        boards that are not drawn, and its measures count as exact.
    """
    efforts, ranks = np.asarray(efforts, dtype=np.float64), np.asarray(ranks)
    if ranks.ndim != 3 or ranks.shape != efforts.shape or ranks.shape[2] != game.n_developers:
        raise ValueError(
            f"efforts, ranks: need [samples, rounds, {game.n_developers}], got shapes {efforts.shape} "
            f"and {ranks.shape}"
        )
    rule, pot = as_protocol(protocol), float(game.prizes.sum())
    cost = dict(rule.designer_cost(game))
    burnt = float(np.asarray(game.cost(efforts)).sum(axis=-1).mean())
    taus, tops = (values.mean(axis=1) for values in _of_boards(game, ranks))
    tau, top, samples = float(taus.mean()), float(tops.mean()), len(ranks)
    share = burnt / pot if pot > 0 else math.nan
    if samples == 1:
        return Outcomes(tau, top, share, cost, True, (tau, tau), (top, top))
    wide = Z * float(taus.std(ddof=1)) / math.sqrt(samples)
    interval = _wilson(top, samples)
    return Outcomes(tau, top, share, cost, False, (tau - wide, tau + wide), interval, samples)


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
    return rank_agreement(np.arange(quality.size, 0, -1), quality[order])


def rank_agreement(scores: ArrayLike, others: ArrayLike) -> float:
    """Kendall's tau-b between the rankings that two lists of scores ``[n]`` give the same models.

    Raises
    ------
    ValueError: lists of different lengths, of fewer than two scores, not finite, or all equal, which
        rank nothing.
    """
    first, second = vector("scores", scores), vector("others", others)
    if first.size != second.size or first.size < 2:
        raise ValueError(
            f"scores: need as many as others and at least 2, got {first.size} and {second.size}"
        )
    for field, values in (("scores", first), ("others", second)):
        if np.ptp(values) == 0:
            raise ValueError(f"{field}: all are {values[0]:g}, which ranks nothing")
    return float(kendalltau(first, second).statistic)


def _chances(game: Game, rule: Any, mixed: list[Strategy]) -> Floats:
    """Chances ``[n, s]`` of each score that anybody may be shown, in ascending order."""
    if not is_exact(rule):
        return drawn.Drawn(game, rule).mixtures(mixed)
    shown = fixed.shown_scores(game, rule, mixed)
    scores = np.unique(np.concatenate([own for own, _ in shown]))
    chances = np.zeros((len(shown), scores.size))
    for row, (own, probabilities) in zip(chances, shown, strict=True):
        np.add.at(row, np.searchsorted(scores, own), probabilities)
    return chances


def _expected_tau(game: Game, chances: Floats, ties: Ties) -> float:
    """Sum of ``P(i above j) - P(j above i)`` over pairs of which i is better, over tau-b's constant."""
    below = np.cumsum(chances, axis=1) - chances
    above = chances @ below.T  # [i, j]: i's score is higher than j's
    if ties == "quality":
        above += np.triu(chances @ chances.T, 1)  # equal scores stand in the order of quality
    return float(((above - above.T) * _signs(game)).sum() / 2) / _pairs(game) if _pairs(game) else 1.0


def _signs(game: Game) -> Floats:
    """``[n, n]``: 1 where the row's quality is higher than the column's, -1 where lower."""
    return np.sign(game.quality[:, None] - game.quality)


def _pairs(game: Game) -> float:
    """tau-b's denominator for a board without ties, as in `kendall_tau`: ``sqrt(all pairs * pairs of
    unequal quality)``."""
    n = game.n_developers
    return math.sqrt(n * (n - 1) / 2 * (np.count_nonzero(_signs(game)) / 2))


def _best_on_top(game: Game, chances: Floats, ties: Ties) -> float:
    """Rank 1 pays the best what a lone first prize of 1 would."""
    first = (np.arange(game.n_developers) == 0).astype(np.float64)
    share = (drawn.worth_of_scores(first, chances, ties) * chances).sum(axis=1)
    return float(share[game.quality == game.quality[0]].sum())


def _simulate(
    game: Game, rule: Any, mixed: list[Strategy], rng: np.random.Generator, samples: int
) -> tuple[Floats, Any]:
    """Efforts and ranks of opening boards, each drawn anew, ``[samples, 1, n]``."""
    efforts = np.stack([rng.choice(e, samples, p=p / p.sum()) for e, p in mixed], axis=-1)
    ranks = np.asarray(rule.evaluate(game, efforts, rng).ranks)
    return efforts[:, None], ranks[:, None]


def _of_boards(game: Game, ranks: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """tau and the best models' share of rank 1 on boards with ``ranks`` ``[..., n]``; ``[...]`` each, as
    in `Outcomes`."""
    ahead = np.sign(ranks[..., None, :] - ranks[..., :, None])  # [..., i, j]: 1 where i stands above j
    total = (ahead * _signs(game)).sum(axis=(-2, -1)) / 2
    first = ranks == 1
    best = (first & (game.quality == game.quality[0])).sum(axis=-1) / first.sum(axis=-1)
    return (total / _pairs(game) if _pairs(game) else np.ones(total.shape)), best


def _wilson(share: float, samples: int) -> Interval:
    """Wilson's interval for a mean of numbers in [0, 1], none of which varies more than a coin."""
    centre = (share + Z**2 / (2 * samples)) / (1 + Z**2 / samples)
    wide = math.sqrt(share * (1 - share) / samples + (Z / (2 * samples)) ** 2)
    wide *= Z / (1 + Z**2 / samples)
    return max(0.0, centre - wide), min(1.0, centre + wide)
