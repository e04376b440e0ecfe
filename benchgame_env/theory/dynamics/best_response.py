"""Best responses as actual efforts; theory section 2 gives only a supremum."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchgame_env.game import Game
from benchgame_env.numerics import GAIN, STEPS, above, beating, below, publish
from benchgame_env.subgame import Subgame
from benchgame_env.validate import Floats, number

RESOLUTION = 1e-3  # a leaderboard shows three decimals


def best_response(
    game: Game | str,
    protocol: Any,
    developer: int,
    scores: Floats,
    held: Floats,
    resolution: float = RESOLUTION,
    levels: Floats | None = None,
) -> tuple[Floats, Floats]:
    """The best effort of one developer against the present boards; its held effort if no move gains.

    Candidates are effort 0, the budget and, for each rival, the effort that shows its score where the
    tie rule favours the developer, else a score higher by ``resolution``. With ``levels`` the
    candidates are those efforts alone. A move has to gain more than `GAIN` P and, without levels, than
    what `STEPS` steps of the grid of scores cost; of payoffs that differ by no more than that, the
    least effort is taken.

    Parameters
    ----------
    game : Game or str
    protocol : protocol, str or pair
        With exact theory.
    developer : int
        Who responds.
    scores : array ``[batch, n]``
        Published scores.
    held : array ``[batch]``
        The developer's own effort now, effort units.
    resolution : float
        Score by which a rival is beaten, > 0; rounded to the grid, one step of it at least.
    levels : array ``[m]``, optional
        The efforts to choose from; default all.

    Returns
    -------
    efforts, scores : arrays ``[batch]``
        The best effort and the published score that it shows.
    """
    subgame = Subgame.exact(game, protocol).reduced()
    number("resolution", resolution, low=0, strict=True)
    return respond(subgame, developer, publish(scores), held, resolution, levels)


def respond(
    subgame: Subgame,
    developer: int,
    scores: Floats,
    held: Floats,
    resolution: float,
    levels: Floats | None,
) -> tuple[Floats, Floats]:
    """As `best_response`, for arguments that have been checked."""
    if levels is None:
        efforts, shown = _candidates(subgame, developer, scores, resolution)
    else:
        efforts = np.where(levels <= subgame.game.budget[developer], levels, np.inf)
        efforts = np.broadcast_to(efforts, (len(scores), levels.size))
        shown = np.broadcast_to(publish(subgame.own_scores(developer, levels)), efforts.shape)
    efforts, shown = np.column_stack((efforts, held)), np.column_stack((shown, scores[:, developer]))
    payoffs, now = np.split(_payoffs(subgame, developer, scores, efforts, shown), [-1], axis=1)
    rows = np.arange(len(scores))
    top = rows, payoffs.argmax(axis=1)
    slack = np.full(len(scores), GAIN * subgame.game.prize_range)
    if levels is None:  # an effort on the continuum is known to a step of the grid, a level exactly
        slack = np.maximum(slack, _cost_of_steps(subgame, developer, efforts[top], shown[top]))
    close = payoffs >= (payoffs[top] - slack)[:, None]
    least = np.where(close, efforts[:, :-1], np.inf).argmin(axis=1)
    pick = rows, np.where(payoffs[top] > now[:, 0] + slack, least, -1)
    return efforts[pick], shown[pick]


def _cost_of_steps(subgame: Subgame, developer: int, efforts: Floats, shown: Floats) -> Floats:
    """What `STEPS` steps of the grid cost at ``efforts`` ``[batch]`` that show ``shown``."""
    cost = subgame.game.cost(efforts)
    up, down = subgame.own_efforts_for(developer, np.stack((above(shown), below(shown))))
    # The cheaper side: the other may lie beyond a flat stretch of the curve, which is not rounding.
    return STEPS * np.minimum(
        subgame.cost(up) - cost, cost - subgame.game.cost(np.minimum(down, efforts))
    )


def overtakes_in_reach(
    game: Game | str,
    protocol: Any,
    developer: int,
    scores: Floats,
    resolution: float = RESOLUTION,
) -> tuple[Floats, NDArray[np.int64]]:
    """The effort with which `best_response` would pass each rival, and the rank that it earns.

    Parameters
    ----------
    game, protocol, developer, scores, resolution
        As of `best_response`.

    Returns
    -------
    efforts : array ``[batch, n]``
        Least own efforts that rank above each rival, ``inf`` where none within the budget does; 0 in the
        own column.
    ranks : array ``[batch, n]``
        The ranks that they earn; where no effort will do, that of zero effort.
    """
    number("resolution", resolution, low=0, strict=True)
    return reach(Subgame.exact(game, protocol).reduced(), developer, publish(scores), resolution)


def reach(
    subgame: Subgame, developer: int, scores: Floats, resolution: float
) -> tuple[Floats, NDArray[np.int64]]:
    """As `overtakes_in_reach`, for arguments that have been checked."""
    efforts, shown = _candidates(subgame, developer, scores, resolution)
    # At the budget the score may tie where the tie rule favours, though the aim is out of reach.
    (efforts, budget), (own, top) = (np.split(part, [subgame.n], axis=1) for part in (efforts, shown))
    ties = np.isinf(efforts) & (top >= scores) & (budget > 0) & _favoured(subgame, developer)
    efforts, own = np.where(ties, budget, efforts), np.where(ties, top, own)
    boards = np.repeat(scores[:, None, :], subgame.n, axis=1)
    boards[..., developer] = own
    return efforts, subgame.game.award(boards, subgame.rule.ties).ranks[..., developer]


def _candidates(
    subgame: Subgame, developer: int, scores: Floats, resolution: float
) -> tuple[Floats, Floats]:
    """Efforts and the published scores they show, each ``[batch, n + 1]``: passing each rival, 0 in the
    own column, and the least that shows what the budget does last."""
    favoured = _favoured(subgame, developer)
    aims = publish(subgame.rule.shown(np.where(favoured, scores, beating(scores, resolution))))
    last = np.full((len(scores), 1), subgame.full_efforts[developer])
    efforts = np.hstack((subgame.own_efforts_for(developer, aims), last))
    # A developer who shows the aim already needs no effort, though its curve may be a little below it.
    honest = publish(subgame.honest_scores[developer])
    efforts[:, :-1][honest >= aims] = 0.0
    efforts[:, developer] = 0.0
    return efforts, publish(subgame.own_scores(developer, np.where(np.isfinite(efforts), efforts, 0.0)))


def _favoured(subgame: Subgame, developer: int) -> NDArray[np.bool_]:
    """Over which rivals the tie rule favours the developer, ``[n]``."""
    return (np.arange(subgame.n) > developer) & (subgame.rule.ties == "quality")


def _payoffs(subgame: Subgame, developer: int, scores: Floats, efforts: Floats, shown: Floats) -> Floats:
    """Payoffs ``[batch, m]`` of own ``efforts`` showing ``shown`` against the others on the board."""
    boards = np.repeat(scores[:, None, :], efforts.shape[1], axis=1)
    boards[..., developer] = shown
    prizes = subgame.game.award(boards, subgame.rule.ties).prizes[..., developer]
    return prizes - subgame.cost(efforts)
