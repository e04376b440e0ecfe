"""Where there is no pure equilibrium: the Edgeworth cycles of best responses (theory section 5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchgame_env._validate import Floats, choice, vector
from benchgame_env.game import Game
from benchgame_env.theory.pure import exact_rule
from benchgame_env.theory.responses import RESOLUTION, best_response

ORDERS = ("round-robin", "round-robin-down", "simultaneous")
MAX_REVISIONS = 200_000


class NoRepetitionError(ValueError):
    """Best responses did not come back to a state in the revisions they were given."""


@dataclass(frozen=True, eq=False)
class Cycle:
    """A periodic path of best responses; a period of 1 in which nobody moves is an equilibrium.

    It depends on ``resolution`` (or ``levels``), ``order`` and ``start``, which it therefore states.

    Attributes
    ----------
    states: efforts before each revision of one period, ``[period, n]``, effort units.
    period: single revisions until the path repeats; rounds if ``order`` is simultaneous.
    peaks, troughs: each developer's largest and least effort on the cycle, ``[n]``.
    misranked: share of states in which the board is not in the order of quality.
    cost: total cost of effort per revision, mean over the cycle, prize units.
    """

    states: Floats
    period: int
    peaks: Floats
    troughs: Floats
    misranked: float
    cost: float
    resolution: float
    levels: Floats | None
    order: Any
    start: Floats


def best_response_cycle(
    game: Game,
    protocol: Any,
    resolution: float = RESOLUTION,
    order: str | Sequence[int] = "round-robin",
    start: Any = None,
    levels: Any = None,
    max_revisions: int = MAX_REVISIONS,
) -> Cycle:
    """Follow best responses until they repeat.

    Parameters
    ----------
    resolution: score by which a rival is beaten, > 0.
    order: who revises: ``round-robin`` (worst quality first, then upwards, again and again),
        ``round-robin-down`` (best first), ``simultaneous``, or developers in the order of their turns.
    start: efforts to start from, ``[n]``; default all zero.
    levels: discrete efforts to choose from, ``[m]`` in ascending order, or None for the continuum.
    max_revisions: where to give up.

    Raises
    ------
    ValueError: unsuitable arguments, or no repetition within ``max_revisions``.
    """
    rule = exact_rule(protocol)
    turns = turns_of(order, game.n_developers)
    choices = None if levels is None else vector("levels", levels)
    efforts = vector("start", np.zeros(game.n_developers) if start is None else start)
    if efforts.size != game.n_developers or (efforts < 0).any() or (efforts > game.budget).any():
        raise ValueError(f"start: need {game.n_developers} efforts within budget, got {efforts}")
    path, boards = [efforts], [rule.score(game, efforts)]
    seen: dict[tuple[int, bytes], int] = {}
    for step in range(max_revisions):
        key = (step % len(turns), np.concatenate((path[-1], boards[-1])).tobytes())
        if key in seen:
            return _cycle(game, rule.ties, path, boards, seen[key], resolution, choices, order)
        seen[key] = step
        moved, shown = path[-1].copy(), boards[-1].copy()
        for i in turns[step % len(turns)]:
            new = best_response(
                game, rule, i, boards[-1][None], path[-1][i : i + 1], resolution, choices
            )
            moved[i], shown[i] = new[0][0], new[1][0]
        path.append(moved)
        boards.append(shown)
    raise NoRepetitionError(
        f"best responses did not repeat within {max_revisions} revisions; "
        f"a coarser resolution than {resolution:g} has shorter cycles"
    )


def turns_of(order: str | Sequence[int], n: int) -> list[list[int]]:
    """Who revises at each step of a lap."""
    if isinstance(order, str):
        upwards = range(n - 1, -1, -1)
        laps = {
            "round-robin": [[i] for i in upwards],
            "round-robin-down": [[i] for i in range(n)],
            "simultaneous": [list(range(n))],
        }
        return laps[choice("order", order, ORDERS)]
    if not order or any(i not in range(n) for i in order):
        raise ValueError(f"order: need developers 0 to {n - 1}, got {list(order)}")
    return [[int(i)] for i in order]


def _cycle(
    game: Game,
    ties: Any,
    path: list[Floats],
    boards: list[Floats],
    first: int,
    resolution: float,
    levels: Floats | None,
    order: Any,
) -> Cycle:
    states, shown = np.array(path[first:-1]), np.array(boards[first:-1])
    if (states == states[0]).all():  # nobody moves: one state, however long the lap
        states, shown = states[:1], shown[:1]
    ranks = game.board(shown, ties).ranks
    return Cycle(
        states=states,
        period=len(states),
        peaks=states.max(axis=0),
        troughs=states.min(axis=0),
        misranked=float((np.diff(ranks, axis=1) <= 0).any(axis=1).mean()),
        cost=float(game.cost(states).sum(axis=1).mean()),
        resolution=resolution,
        levels=levels,
        order=order,
        start=path[0],
    )
