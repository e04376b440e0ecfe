"""Edgeworth cycles of best responses, where there is no pure equilibrium (theory section 5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchgame_env.game import Game
from benchgame_env.subgame import Subgame
from benchgame_env.theory.dynamics.best_response import RESOLUTION, respond
from benchgame_env.theory.dynamics.path import (
    ORDERS,
    Cycle,
    NoRepetitionError,
    prepare,
    summary,
    turns_of,
)
from benchgame_env.theory.dynamics.random_order import recurrent_classes
from benchgame_env.validate import Floats, choice, integer

MAX_REVISIONS = 200_000
SAME = 1e-9  # efforts that show the same scores and differ by less, relatively, are one


def best_response_cycle(
    game: Game | str,
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
    game : Game or str
        The game, or its name.
    protocol : protocol, str or pair
        The protocol, its name, or ``(name, parameters)``; its board must be a fixed function of efforts.
    resolution : float, optional
        Score by which a best response beats a rival, > 0.
    order : str or sequence of int, optional
        Who revises: ``round-robin`` (worst quality first, then upwards, again and again),
        ``round-robin-down`` (best first), ``simultaneous``, ``random`` (the likeliest of
        `random_order.recurrent_classes`), or developers in the order of their turns.
    start : array_like, optional
        Efforts to start from, ``[n]``; default all zero.
    levels : array_like, optional
        Discrete efforts to choose from, ``[m]`` in ascending order; default any effort.
    max_revisions : int, optional
        Number of revisions after which the search stops.

    Returns
    -------
    Cycle
        The path once it repeats; of period 1 if nobody moves any more.

    Raises
    ------
    ValueError
        Unsuitable arguments, or no repetition within ``max_revisions``.

    Examples
    --------
    >>> import benchgame_env as bg
    >>> cycle = bg.theory.best_response_cycle("duel", "direct", levels=[0.0, 0.25, 0.5, 0.75, 1.0])
    >>> cycle.period, cycle.peaks.round(2).tolist()
    (4, [0.25, 0.75])
    """
    if isinstance(order, str) and choice("order", order, ORDERS) == "random":
        return recurrent_classes(game, protocol, resolution, start, levels)[0]
    subgame, efforts, choices = prepare(game, protocol, start, levels, resolution)
    turns = turns_of(order, subgame.n)
    integer("max_revisions", max_revisions, low=1)
    path, boards = [efforts], [subgame.shown(efforts)]
    seen: dict[tuple[int, bytes], int] = {}
    for step in range(max_revisions):
        key = step % len(turns), boards[-1].tobytes()
        first = seen.get(key)
        if first is not None and np.allclose(path[first], path[-1], rtol=SAME, atol=0.0):
            return _of_path(
                subgame,
                path[first:-1],
                boards[first:-1],
                resolution=resolution,
                levels=choices,
                order=order,
                start=efforts,
            )
        seen[key] = step
        moved, shown = path[-1].copy(), boards[-1].copy()
        for i in turns[step % len(turns)]:
            new = respond(subgame, i, boards[-1][None], path[-1][i : i + 1], resolution, choices)
            moved[i], shown[i] = new[0][0], new[1][0]
        path.append(moved)
        boards.append(shown)
    raise NoRepetitionError(
        f"best responses did not repeat within {max_revisions} revisions; "
        f"a coarser resolution than {resolution:g} has shorter cycles"
    )


def _of_path(subgame: Subgame, states: list[Floats], shown: list[Floats], **stated: Any) -> Cycle:
    """The `Cycle` of efforts that repeat and the scores they show; one state if nobody moves."""
    efforts, scores = np.array(states), np.array(shown)
    if (scores == scores[0]).all() and np.allclose(efforts, efforts[0], SAME, 0.0):
        efforts, scores = efforts[:1], scores[:1]
    ranks = subgame.game.board(scores, subgame.rule.ties).ranks
    return summary(subgame.game, efforts, ranks, **stated)
