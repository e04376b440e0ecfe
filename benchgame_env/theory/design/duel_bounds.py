"""A proof of how small two developers' loss can be at any tune-before-test level: branch and bound.

Let the chaser's effort cost the share ``u`` of the prize, in ``[0, 1]``, and let ``y(u)`` be what the
leader pays to stay ahead of it, 0 where it need not do anything, cut off at 1. Let ``U`` be the share of
``u`` with ``y < 1``. Then the closed form of theory section 5 comes to

    P(chaser on top) = 1 - U + integral of (y(1) - y(u)) du,     burnt share = min(y(1), U),

which is 0 where honest play is stable. Scores do not fall with effort, so the two ends of a box of
levels bound ``y`` at every level in it, and so the loss.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from benchgame_env.game import Game
from benchgame_env.theory.design.loss import DesignLoss
from benchgame_env.theory.pure.level_boxes import first_edges, middle
from benchgame_env.theory.pure.thresholds import COSTS, CURVES
from benchgame_env.validate import Floats

CELLS = 1024  # of the chaser's costs
MOST_BOXES = 4_000


class _Paid(NamedTuple):
    """What one player pays to stay ahead of the other at least and at most, at ``CELLS + 1`` costs of
    that one; shares of the prize, ``[m, CELLS + 1]``."""

    least: Floats
    most: Floats


def covers(game: Game) -> bool:
    """Whether the bounds hold on a game: two developers, no budget that binds, a cost and curves that
    rise."""
    if game.n_developers != 2 or not game.prize_range > 0 or game.quality[0] == game.quality[1]:
        return False
    rising = game.cost.strictly_increasing and getattr(game.curves, "strictly_increasing", False)
    known = isinstance(game.curves, CURVES) and isinstance(game.cost, COSTS)
    return bool(rising and known and (game.budget >= game.cost.inverse(game.prize_range)).all())


def least_loss(game: Game, loss: DesignLoss, low: float, high: float, target: float) -> float:
    """A number that no loss at a level of ``[low, high]`` is below: ``target``, if that can be shown by
    halving at most `MOST_BOXES` boxes.

    Parameters
    ----------
    game : Game
        One that `covers` says yes to.
    loss : DesignLoss
        The loss; ties go to the better model.
    low, high : float
        The levels, effort units.
    target : float
        Boxes with a bound of at least this are not halved.

    Returns
    -------
    float
        At most ``target``.
    """
    unit, edges = first_edges(game, high - low)
    edges = edges + low
    boxes, left, known = np.stack((edges[:-1], edges[1:])), MOST_BOXES, target
    while boxes.shape[1]:
        below = _bounds(game, loss, boxes[0], boxes[1])
        left -= below.size
        again = below < target
        if 2 * again.sum() > left:
            return min(known, float(below.min()))
        boxes = boxes[:, again]
        cut = middle(boxes[0], boxes[1], unit)
        narrow = (cut <= boxes[0]) | (cut >= boxes[1])
        known = min(known, below[again][narrow].min(initial=np.inf))
        first, last, cut = boxes[0, ~narrow], boxes[1, ~narrow], cut[~narrow]
        boxes = np.stack((np.concatenate((first, cut)), np.concatenate((cut, last))))
    return float(known)


def _bounds(game: Game, loss: DesignLoss, low: Floats, high: Floats) -> Floats:
    """No loss at a level in a box is below its bound, ``[m]``."""
    honest = [game.curves.score(np.stack((level, level), -1)) for level in (low, high)]
    bound = np.full(low.size, np.inf)
    for leader in (0, 1):
        chaser = 1 - leader
        may_lead = honest[1][:, leader] >= honest[0][:, chaser]
        paid = _paid(game, leader, low, high)
        wrong = _chaser_on_top(paid) if leader == 0 else _leader_on_top(paid)
        share = np.minimum(paid.least[:, -1], _short(paid.most))
        burnt = share * game.prize_range / float(game.prizes.sum()) if loss.w_burnt else 0.0
        of_board = (2 * loss.w_tau + loss.w_best_on_top) * np.maximum(wrong, 0.0) + loss.w_burnt * burnt
        bound = np.where(may_lead, np.minimum(bound, of_board), bound)
    return bound + 2 * loss.price * low


def _paid(game: Game, leader: int, low: Floats, high: Floats) -> _Paid:
    efforts = game.cost.inverse(np.linspace(0.0, 1.0, CELLS + 1) * game.prize_range)
    reached = [
        game.curves.score(np.repeat((level[:, None] + efforts)[..., None], 2, axis=2))
        for level in (low, high)
    ]
    shown = [np.repeat(scores[..., 1 - leader, None], 2, axis=2) for scores in reached]
    needed = [game.curves.effort_for(scores)[..., leader] for scores in shown]
    least = np.maximum(needed[0] - high[:, None], 0.0)
    most = np.maximum(needed[1] - low[:, None], 0.0)
    shares = (_cost(game, effort) / game.prize_range for effort in (least, most))
    return _Paid(*(np.minimum(share, 1.0) for share in shares))


def _cost(game: Game, efforts: Floats) -> Floats:
    finite = np.isfinite(efforts)
    return np.where(finite, game.cost(np.where(finite, efforts, 0.0)), np.inf)


def _short(paid: Floats) -> Floats:
    """``U`` at least: cells at whose upper end less than 1 is paid."""
    return (paid[:, 1:] < 1).mean(axis=1)


def _chaser_on_top(paid: _Paid) -> Floats:
    """At least: cells count with what is paid at the end that makes them less."""
    beyond = (paid.least[:, :-1] >= 1).mean(axis=1)  # 1 - U
    above = np.maximum(paid.least[:, -1:] - paid.most[:, 1:], 0.0).mean(axis=1)
    return beyond + above


def _leader_on_top(paid: _Paid) -> Floats:
    """At least, likewise."""
    beyond = 1 - _short(paid.most)
    above = (paid.most[:, -1:] - paid.least[:, :-1]).mean(axis=1)
    return 1 - beyond - above
