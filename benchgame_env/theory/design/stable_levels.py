"""Levels at which honest play is stable and the loss may be least (theory section 13.2).

On the stable set the board is the honest one, and its loss is constant but for the price of the level:
candidates are the left ends of stable intervals, and levels at which the honest board changes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchgame_env.game import Game
from benchgame_env.numerics import publish
from benchgame_env.theory.pure.level_boxes import NARROW, middle
from benchgame_env.theory.pure.thresholds import StableLevels

MOST_BOXES = 20_000


class Candidate(NamedTuple):
    """A level to look at."""

    level: float
    attained: bool  # else the loss is an infimum that only levels just above come close to


def candidates(game: Game, stable: StableLevels, ties: str) -> tuple[list[Candidate], bool]:
    """The candidates on the ``stable`` set, and whether all changes of the board in it are known."""
    found, complete = [], True
    for low, high in stable:
        found.append(Candidate(low, True))
        changes, all_known = board_changes(game, low, high)
        found += [Candidate(level, ties == "quality" and better) for level, better in changes]
        complete &= all_known
    return found, complete


def board_changes(game: Game, low: float, high: float) -> tuple[list[tuple[float, bool]], bool]:
    """Levels in ``(low, high]`` just after which the order of some pair on the honest board differs from
    that before, and whether the better model of every such pair is ahead from then on: it wins the tie,
    so that its place is taken at the crossing itself. The second answer is whether all are known.

    Scores do not fall with effort: where one model's score at the low end of a box is above another's at
    the high end, their order is fixed in it. Other boxes are halved.
    """
    unit = 1e-3 * game.finite_effort_scale
    boxes, crossings, work = [(low, high)], [], MOST_BOXES
    while boxes and work:
        work -= 1
        low, high = boxes.pop()
        first, last = (publish(game.curves.score(np.full(game.n_developers, x))) for x in (low, high))
        if not _may_change(first, last):
            continue
        if high - low > NARROW * (high + unit):
            cut = float(middle(low, high, unit))
            boxes += [(low, cut), (cut, high)]
        elif (moved := _order(first) != _order(last)).any():
            better = bool(np.triu(_order(last))[np.triu(moved)].all())
            crossings.append((high, better))
    return sorted(crossings), not boxes


def _order(scores: NDArray[np.float64]) -> NDArray[np.bool_]:
    """``[i, j]``: i is ahead of j, ties going to the better model."""
    better = np.triu(np.ones((scores.size, scores.size), dtype=bool), 1)
    return (scores[:, None] > scores) | ((scores[:, None] == scores) & better)


def _may_change(first: NDArray[np.float64], last: NDArray[np.float64]) -> bool:
    """Whether the order of a pair may change in a box with scores ``first`` and ``last`` at its ends."""
    settled = (first[:, None] > last) | (first > last[:, None])
    alike = (first[:, None] == first) & (last[:, None] == last) & (first == last)[:, None]
    return not (settled | alike | np.eye(first.size, dtype=bool)).all()
