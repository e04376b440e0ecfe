"""Where there is no pure equilibrium: the Edgeworth cycles of best responses (theory section 5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchgame_env.game import Game
from benchgame_env.subgame import Subgame
from benchgame_env.theory.dynamics.best_response import RESOLUTION, respond
from benchgame_env.turns import in_turn
from benchgame_env.validate import Floats, choice, integer, number, vector

LAPS = ("round-robin", "round-robin-down", "simultaneous")
ORDERS = (*LAPS, "random")
MAX_REVISIONS = 200_000
SAME = 1e-9  # efforts that show the same scores and differ by less, relatively, are one


class NoRepetitionError(ValueError):
    """Best responses did not come back to a state in the revisions they were given."""


@dataclass(frozen=True, eq=False)
class Cycle:
    """A periodic path of best responses; a period of 1 in which nobody moves is an equilibrium.

    It depends on ``resolution`` (or ``levels``), ``order`` and ``start``, which it therefore states.

    Attributes
    ----------
    states: efforts before each revision of one period, ``[period, n]``, effort units.
    period: single revisions until the path repeats; rounds if ``order`` is simultaneous; the number
        of states of a recurrent class if it is random.
    peaks, troughs: each developer's largest and least effort on the cycle, ``[n]``.
    misranked: share of revisions before which the board is not in the order of quality.
    cost: total cost of effort per revision, mean over the cycle, prize units.
    chances: share of revisions spent in each state, ``[period]``.
    reached: probability that play from ``start`` ends here; 1 unless the order is random.
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
    chances: Floats
    reached: float = 1.0


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
    resolution: score by which a rival is beaten, > 0.
    order: who revises: ``round-robin`` (worst quality first, then upwards, again and again),
        ``round-robin-down`` (best first), ``simultaneous``, ``random`` (the likeliest of
        `random_order.recurrent_classes`), or developers in the order of their turns.
    start: efforts to start from, ``[n]``; default all zero.
    levels: discrete efforts to choose from, ``[m]`` in ascending order, or None for the continuum.
    max_revisions: where to give up.

    Raises
    ------
    ValueError: unsuitable arguments, or no repetition within ``max_revisions``.
    """
    if isinstance(order, str) and choice("order", order, ORDERS) == "random":
        from benchgame_env.theory.dynamics.random_order import recurrent_classes

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
                subgame, path[first:-1], boards[first:-1], resolution, choices, order, efforts
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


def _of_path(
    subgame: Subgame,
    states: list[Floats],
    shown: list[Floats],
    resolution: float,
    levels: Floats | None,
    order: Any,
    start: Floats,
) -> Cycle:
    """The `Cycle` of efforts that repeat and the scores they show; one state if nobody moves."""
    ranks = subgame.game.board(np.array(shown), subgame.rule.ties).ranks
    length = (
        1 if (np.array(shown) == shown[0]).all() and np.allclose(states, states[0], SAME, 0.0) else None
    )
    return summary(
        subgame.game,
        np.array(states[:length]),
        ranks[:length],
        resolution=resolution,
        levels=levels,
        order=order,
        start=start,
    )


def turns_of(order: str | Sequence[int], n: int) -> list[list[int]]:
    """Who revises at each step of a lap."""
    if isinstance(order, str):
        laps = {
            "round-robin": [[i] for i in in_turn(range(n), n).tolist()],
            "round-robin-down": [[i] for i in range(n)],
            "simultaneous": [list(range(n))],
        }
        return laps[choice("order", order, LAPS)]
    if not order or any(i not in range(n) for i in order):
        raise ValueError(f"order: need developers 0 to {n - 1}, got {list(order)}")
    return [[int(i)] for i in order]


def prepare(
    game: Game | str, protocol: Any, start: Any, levels: Any, resolution: float
) -> tuple[Subgame, Floats, Floats | None]:
    """The subgame, the efforts to start from ``[n]`` and the levels ``[m]`` or None, checked."""
    subgame = Subgame.exact(game, protocol)
    game = subgame.game
    number("resolution", resolution, low=0, strict=True)
    efforts = vector("start", np.zeros(game.n_developers) if start is None else start)
    if efforts.size != game.n_developers or (efforts < 0).any() or (efforts > game.budget).any():
        raise ValueError(f"start: need {game.n_developers} efforts within budget, got {efforts}")
    choices = None if levels is None else vector("levels", levels)
    if choices is not None and (choices.min() < 0 or (np.diff(choices) <= 0).any()):
        raise ValueError(f"levels: must be >= 0 and ascending, got {choices.tolist()}")
    return subgame, efforts, choices


def summary(
    game: Game,
    states: Floats,
    ranks: NDArray[np.int64],
    chances: Floats | None = None,
    **stated: Any,
) -> Cycle:
    """The `Cycle` of efforts ``states`` that rank as ``ranks``, each ``[period, n]``, and what is
    ``stated`` of how it came about."""
    chances = np.full(len(states), 1 / len(states)) if chances is None else chances
    wrong = (np.diff(ranks, axis=1) <= 0).any(axis=1)
    return Cycle(
        states=states,
        period=len(states),
        peaks=states.max(axis=0),
        troughs=states.min(axis=0),
        misranked=float(chances @ wrong),
        cost=float(chances @ np.asarray(game.cost(states)).sum(axis=1)),
        chances=chances,
        **stated,
    )
