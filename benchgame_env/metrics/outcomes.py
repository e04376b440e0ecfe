"""What the designer gets: agreement of the board with quality, and what it costs (theory section 9)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from benchgame_env.game import Game, Ties
from benchgame_env.metrics import exact as fixed
from benchgame_env.metrics import noisy as drawn
from benchgame_env.metrics.strategies import Strategy, read_strategies
from benchgame_env.subgame import Subgame
from benchgame_env.validate import Floats, integer, vector

SAMPLES = 10_000
Z = 1.959964  # 95 %
Interval = tuple[float, float]


@dataclass(frozen=True)
class Outcomes:
    """What a protocol brings about when developers play given strategies.

    Attributes
    ----------
    kendall_tau : float
        Expected tau between board and latent quality, as `kendall_tau` counts. A pair that ties on the
        board (rule ``split``) counts as half in order and half not, that is 0.
    best_on_top : float
        Probability that a model of the best quality has rank 1. A model that shares rank 1 counts with
        its share, as of a prize.
    cost_share : float
        Expected cost of all efforts over the sum of prizes; NaN if that sum is not positive.
    designer_cost : dict of str to float
        What one evaluation costs the designer, by resource.
    exact : bool
        Whether the first two are exact. Else they are means of independent boards, or of independent
        sequences of boards.
    kendall_tau_interval : pair of float
        95 % interval (normal); if exact, the value twice.
    best_on_top_interval : pair of float
        95 % interval (Wilson); if exact, the value twice.
    samples : int
        Number of independent boards or sequences; 0 if exact.
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
    game: Game | str,
    protocol: Any,
    strategies: Any,
    rng: np.random.Generator | None = None,
    samples: int = SAMPLES,
) -> Outcomes:
    """The designer's outcome measures (theory section 9) of developers who mix independently.

    They are exact where the board is a fixed function of efforts and where scores are drawn
    independently. Elsewhere (rules that remember, dependent draws) opening boards are simulated.

    Parameters
    ----------
    game : Game or str
        The game, or its name.
    protocol : protocol, str or pair
        The protocol, its name, or ``(name, parameters)``.
    strategies : array of float, or list of pairs
        Efforts ``[n]``, or one pair ``(efforts, probabilities)`` per developer; effort units.
    rng : Generator, optional
        Needed where boards are simulated.
    samples : int
        Number of simulated boards, >= 2.

    Returns
    -------
    Outcomes

    Raises
    ------
    ValueError
        Unsuitable strategies; no ``rng`` where one is needed.
    """
    subgame = Subgame(game, protocol)
    mixed = read_strategies(subgame.game, strategies)
    spent = sum(float(p @ np.asarray(subgame.game.cost(e))) for e, p in mixed)
    if subgame.kind in ("exact", "independent"):
        chances = _chances(subgame, mixed)
        ties = subgame.rule.ties
        tau, top = _expected_tau(subgame.game, chances, ties), _best_on_top(subgame.game, chances, ties)
        return _exact(subgame, tau, top, spent)
    if rng is None:
        raise ValueError(
            f"rng: boards of {subgame.rule!r} have to be simulated, which needs a generator"
        )
    efforts, ranks = _simulate(subgame, mixed, rng, integer("samples", samples, low=2))
    played = played_outcomes(subgame.game, subgame.rule, efforts, ranks)
    return replace(played, cost_share=_share_of_pot(subgame, spent))


def played_outcomes(game: Game | str, protocol: Any, efforts: ArrayLike, ranks: ArrayLike) -> Outcomes:
    """The designer's outcome measures of boards that were played, averaged over rounds.

    Parameters
    ----------
    game, protocol
        As for `outcomes`.
    efforts : array of float
        Own efforts behind each board, ``[samples, rounds, n]``, effort units.
    ranks : array of int
        Ranks on each board, ``[samples, rounds, n]``. Samples have to be independent. A single one
        stands for boards that are not drawn, and its measures count as exact.

    Returns
    -------
    Outcomes

    Raises
    ------
    ValueError
        Arrays of another shape.
    """
    subgame = Subgame(game, protocol)
    efforts, ranks = np.asarray(efforts, dtype=np.float64), np.asarray(ranks)
    if ranks.ndim != 3 or ranks.shape != efforts.shape or ranks.shape[2] != subgame.n:
        raise ValueError(
            f"efforts, ranks: need [samples, rounds, {subgame.n}], got shapes {efforts.shape} "
            f"and {ranks.shape}"
        )
    spent = float(np.asarray(subgame.game.cost(efforts)).sum(axis=-1).mean())
    taus, tops = (values.mean(axis=1) for values in _of_boards(subgame.game, ranks))
    found = _exact(subgame, float(taus.mean()), float(tops.mean()), spent)
    samples = len(ranks)
    if samples == 1:
        return found
    wide, tau = Z * float(taus.std(ddof=1)) / math.sqrt(samples), found.kendall_tau
    return replace(
        found,
        exact=False,
        kendall_tau_interval=(tau - wide, tau + wide),
        best_on_top_interval=_wilson(found.best_on_top, samples),
        samples=samples,
    )


def kendall_tau(board_order: ArrayLike, quality: ArrayLike) -> float:
    """Kendall's tau-b between a board and latent quality.

    Parameters
    ----------
    board_order : array of int
        Developers in board order, best first, ``[n]`` (as `Prediction.ranking`).
    quality : array of float
        Latent quality of developer 0, 1, ..., ``[n]``.

    Returns
    -------
    float
        1 for the same order, -1 for the reverse; 1 where all qualities are equal.

    Raises
    ------
    ValueError
        ``board_order`` does not name each developer once, or qualities are no finite numbers.

    Examples
    --------
    >>> import benchgame_env as bg
    >>> round(bg.metrics.kendall_tau([1, 0, 2], [3.0, 2.0, 1.0]), 3)  # one pair of three is wrong
    0.333
    """
    order, quality = np.asarray(board_order), vector("quality", quality)
    if sorted(order.tolist()) != list(range(quality.size)):
        raise ValueError(f"board_order: need each of 0 to {quality.size - 1} once, got {order.tolist()}")
    if np.ptp(quality) == 0:
        return 1.0  # no pair to misorder
    return rank_agreement(np.arange(quality.size, 0, -1), quality[order])


def reachable_tau(quality: ArrayLike) -> float:
    """The largest Kendall's tau-b that a board can have with latent quality.

    Parameters
    ----------
    quality : array of float
        Latent quality of developer 0, 1, ..., ``[n]``.

    Returns
    -------
    float
        1 where all qualities differ, and where all are equal; else less, as a board cannot tie.

    Examples
    --------
    >>> import benchgame_env as bg
    >>> round(bg.metrics.reachable_tau([1.0, 1.0, 0.8]), 3)  # of three pairs one is no pair: (2 / 3)^0.5
    0.816
    """
    quality = vector("quality", quality)
    pairs = quality.size * (quality.size - 1) // 2
    unequal = int(np.count_nonzero(quality[:, None] > quality))
    return math.sqrt(unequal / pairs) if unequal else 1.0


def rank_agreement(scores: ArrayLike, others: ArrayLike) -> float:
    """Kendall's tau-b between the rankings that two lists of scores give the same models.

    Parameters
    ----------
    scores, others : array of float
        One score per model, ``[n]``.

    Returns
    -------
    float
        In [-1, 1].

    Raises
    ------
    ValueError
        Lists of different lengths, of fewer than two scores, not finite, or all equal, which rank
        nothing.
    """
    first, second = vector("scores", scores), vector("others", others)
    if first.size != second.size or first.size < 2:
        raise ValueError(
            f"scores: need as many as others and at least 2, got {first.size} and {second.size}"
        )
    for field, values in (("scores", first), ("others", second)):
        if np.ptp(values) == 0:
            raise ValueError(f"{field}: all are {values[0]:g}, which ranks nothing")
    return float(scipy.stats.kendalltau(first, second).statistic)


def _exact(subgame: Subgame, tau: float, top: float, spent: float) -> Outcomes:
    cost = dict(subgame.rule.designer_cost(subgame.game))
    share = _share_of_pot(subgame, spent)
    return Outcomes(tau, top, share, cost, True, (tau, tau), (top, top))


def _share_of_pot(subgame: Subgame, spent: float) -> float:
    pot = float(subgame.game.prizes.sum())
    return spent / pot if pot > 0 else math.nan


def _chances(subgame: Subgame, mixed: list[Strategy]) -> Floats:
    """Chances ``[n, s]`` of each score that anybody may be shown, in ascending order."""
    if subgame.kind != "exact":
        return drawn.Drawn(subgame).mixtures(mixed)
    shown = fixed.shown_scores(subgame, mixed)
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
    subgame: Subgame, mixed: list[Strategy], rng: np.random.Generator, samples: int
) -> tuple[Floats, Any]:
    """Efforts and ranks of opening boards, each drawn anew, ``[samples, 1, n]``."""
    efforts = np.stack([rng.choice(e, samples, p=p / p.sum()) for e, p in mixed], axis=-1)
    ranks = np.asarray(subgame.rule.evaluate(subgame.game, efforts, rng).ranks)
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
