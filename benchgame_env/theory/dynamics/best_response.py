"""Simulated best responses: an actual effort where theory section 2 only has a supremum."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchgame_env.game import Game
from benchgame_env.rules import DeterministicProtocol
from benchgame_env.validate import Floats, number

RESOLUTION = 1e-3  # a leaderboard shows three decimals
# A payoff must rise by more than this share of P to move anybody: moves are on strict gain.
STRICT = 1e-12
# A share of the last digit of float32: thousands of those of float64, and none that a board shows.
TIE_MARGIN = 1e-4


def best_response(
    game: Game,
    rule: DeterministicProtocol,
    developer: int,
    scores: Floats,
    held: Floats,
    resolution: float = RESOLUTION,
    levels: Floats | None = None,
    precision: type = np.float64,
) -> tuple[Floats, Floats]:
    """The best effort of one developer against boards as they stand; held if nothing gains strictly.

    Candidates are effort 0, the budget and, for each rival, the least effort that ranks above it: at
    its score where the tie rule favours the developer, else ``resolution`` above. With ``levels`` the
    candidates are those efforts alone. Of equal payoffs the least effort is taken.

    Parameters
    ----------
    scores: shown scores ``[batch, n]``.
    held: the developer's own effort now, ``[batch]``.
    resolution: score by which a rival is beaten, > 0.
    levels: the efforts to choose from, ``[m]``, or None for the continuum.
    precision: in which scores are shown, and so compared: float32 on boards seen through observations.

    Returns
    -------
    Efforts and the scores they show, each ``[batch]``.
    """
    number("resolution", resolution, low=0, strict=True)
    if levels is None:
        efforts, shown = _candidates(game, rule, developer, scores, resolution, precision)
    else:
        efforts = np.broadcast_to(levels, (len(scores), levels.size))
        shown = _own(rule.score(game, _everyone(efforts, game)), developer)
    shown = shown.astype(precision).astype(np.float64)
    current = scores[:, developer]
    payoffs = _payoffs(game, rule, developer, scores, efforts, shown)
    best = payoffs.max(axis=1)
    close = payoffs >= best[:, None] - STRICT * game.prize_range
    pick = (np.arange(len(scores)), np.where(close, efforts, np.inf).argmin(axis=1))
    now = _payoffs(game, rule, developer, scores, held[:, None], current[:, None])[:, 0]
    moves = best > now + STRICT * game.prize_range
    return np.where(moves, efforts[pick], held), np.where(moves, shown[pick], current)


def overtakes_in_reach(
    game: Game,
    rule: DeterministicProtocol,
    developer: int,
    scores: Floats,
    resolution: float = RESOLUTION,
    precision: type = np.float64,
) -> tuple[Floats, NDArray[np.int64]]:
    """The candidates of `best_response` by rival: what passing each takes, and which rank it earns.

    Parameters are those of `best_response`.

    Returns
    -------
    The least own efforts that rank above each rival, ``inf`` where none within the budget does; and the
    ranks they earn. Each ``[batch, n]``; in the own column, and where no effort will do, of zero effort.
    """
    number("resolution", resolution, low=0, strict=True)
    efforts, shown = _candidates(game, rule, developer, scores, resolution, precision)
    shown = shown.astype(precision).astype(np.float64)
    ties = np.isinf(efforts) & np.append(_favoured(game, rule, developer), False)
    ties &= (shown[:, -1:] >= np.hstack((scores, shown[:, -1:]))) & (efforts[:, -1:] > 0)
    efforts = np.where(ties, efforts[:, -1:], efforts)[:, :-1]
    shown = np.where(np.isinf(efforts), shown[:, [developer]], shown[:, :-1])
    boards = np.repeat(scores[:, None, :], game.n_developers, axis=1)
    boards[..., developer] = shown
    return efforts, game.board(boards, rule.ties).ranks[..., developer]


def _candidates(
    game: Game,
    rule: DeterministicProtocol,
    developer: int,
    scores: Floats,
    resolution: float,
    precision: type,
) -> tuple[Floats, Floats]:
    """Efforts and shown scores ``[batch, n + 1]``: passing each rival, 0 in the own column, and the
    budget last. Rivals' scores may be off by what ``precision`` rounds away; of that a little is added
    to the aims, more for the better model: developers that aim at the same score then tie by quality,
    not by the rounding of their curves."""
    noise = 0.0 if precision is np.float64 else np.spacing(np.abs(scores).astype(precision))
    favoured = _favoured(game, rule, developer)
    aims = rule.shown(scores + np.where(favoured, noise, resolution))
    aims = aims.astype(precision).astype(np.float64)  # on the board; in between, ranks would be hidden
    budget = game.budget[developer]
    ends = np.zeros((2, game.n_developers))
    ends[1, developer] = budget if np.isfinite(budget) else 0.0
    honest, top = _own(rule.score(game, ends), developer)
    margin = TIE_MARGIN * (game.n_developers - developer) * noise
    efforts = _own(rule.effort_for(game, _everyone(aims + margin, game)), developer)
    efforts[(efforts > budget) | ((aims > top) & np.isfinite(budget))] = np.inf
    efforts[:, developer] = 0.0
    aims[:, developer] = honest
    every = np.full((len(scores), 1), 1.0)
    # The aim itself is shown, not its round trip through the curve: exact ties must stay exact.
    shown = np.hstack((np.maximum(aims, honest), top * every))
    return np.hstack((efforts, ends[1, developer] * every)), shown


def _favoured(game: Game, rule: DeterministicProtocol, developer: int) -> Any:
    """Over which rivals the tie rule favours the developer, ``[n]``."""
    return (np.arange(game.n_developers) > developer) & (rule.ties == "quality")


def _payoffs(
    game: Game,
    rule: DeterministicProtocol,
    developer: int,
    scores: Floats,
    efforts: Floats,
    shown: Floats,
) -> Floats:
    """Payoffs ``[batch, m]`` of own ``efforts`` showing ``shown`` against the others on the board."""
    boards = np.repeat(scores[:, None, :], efforts.shape[1], axis=1)
    boards[..., developer] = shown
    prizes = _own(game.board(boards, rule.ties).prizes, developer)
    possible = np.isfinite(efforts)
    return np.where(possible, prizes - game.cost(np.where(possible, efforts, 0.0)), -np.inf)


def _everyone(values: Floats, game: Game) -> Floats:
    """Own values ``[batch, m]`` as profiles ``[batch, m, n]``, for functions that take profiles."""
    return np.repeat(values[..., None], game.n_developers, axis=-1)


def _own(profiles: Floats, developer: int) -> Floats:
    return profiles[..., developer].copy()
