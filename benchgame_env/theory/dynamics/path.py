"""Paths of best responses: who revises when, and the summary of a path that repeats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchgame_env.game import Game
from benchgame_env.subgame import Subgame
from benchgame_env.turns import in_turn
from benchgame_env.validate import Floats, choice, number, vector

LAPS = ("round-robin", "round-robin-down", "simultaneous")
ORDERS = (*LAPS, "random")
TOGETHER = "simultaneous-first"  # of rules that remember, where first submissions may last


class NoRepetitionError(ValueError):
    """Best responses did not return to an earlier state within the allowed revisions."""


@dataclass(frozen=True, eq=False)
class Cycle:
    """A periodic path of best responses; a period of 1 in which nobody moves is an equilibrium.

    It depends on ``resolution`` (or ``levels``), ``order`` and ``start``, so it keeps them.

    Attributes
    ----------
    states : array of float
        Efforts before each revision of one period, ``[period, n]``, effort units.
    period : int
        Single revisions until the path repeats; rounds if ``order`` is simultaneous; the number of
        states of a recurrent class if it is random.
    peaks, troughs : array of float
        Each developer's largest and least effort on the cycle, ``[n]``.
    misranked : float
        Share of revisions before which the board does not rank every better model above every worse
        one.
    cost : float
        Total cost of effort per revision, mean over the cycle, prize units.
    resolution, levels, order, start
        As given to `best_response_cycle`; ``levels`` is None for any effort.
    chances : array of float
        Share of revisions spent in each state, ``[period]``.
    reached : float
        Probability that play from ``start`` ends here; 1 unless the order is random.
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


def opening_and_lap(order: str | Sequence[int], n: int) -> tuple[list[list[int]], list[list[int]]]:
    """Who revises at the first steps, and at each step of the laps that follow. ``simultaneous-first``
    is everybody at once, then worst quality first, upwards, again and again."""
    if isinstance(order, str) and order == TOGETHER:
        return turns_of("simultaneous", n), turns_of("round-robin", n)
    return [], turns_of(order, n)


def movers_at(step: int, opening: list[list[int]], lap: list[list[int]]) -> list[int]:
    """Who revises at a step, from 0 on, see `opening_and_lap`."""
    return opening[step] if step < len(opening) else lap[(step - len(opening)) % len(lap)]


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


def start_efforts(game: Game, start: Any) -> Floats:
    """The efforts ``[n]`` to start from, checked; all zero where ``start`` is None."""
    n = game.n_developers
    efforts = vector("start", np.zeros(n) if start is None else start)
    if efforts.size != n or (efforts < 0).any() or (efforts > game.budget).any():
        raise ValueError(f"start: need {n} efforts within budget, got {efforts}")
    return efforts


def prepare(
    game: Game | str, protocol: Any, start: Any, levels: Any, resolution: float
) -> tuple[Subgame, Floats, Floats | None]:
    """The subgame, the efforts to start from ``[n]`` and the levels ``[m]`` or None, checked."""
    subgame = Subgame.exact(game, protocol).reduced()
    game = subgame.game
    number("resolution", resolution, low=0, strict=True)
    efforts = start_efforts(game, start)
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
    """The `Cycle` of efforts ``states`` with ``ranks`` on their boards, each ``[period, n]``; ``stated``
    are its other fields."""
    # Developers of equal quality may stand in any order: ranks are compared with those of better ones.
    better = np.searchsorted(-game.quality, -game.quality)  # how many are better, [n]
    lowest = np.maximum.accumulate(ranks, axis=1)[:, better - 1]
    wrong = ((better > 0) & (lowest >= ranks)).any(axis=1)
    misranked = float(np.mean(wrong) if chances is None else chances @ wrong)
    chances = np.full(len(states), 1 / len(states)) if chances is None else chances
    return Cycle(
        states=states,
        period=len(states),
        peaks=states.max(axis=0),
        troughs=states.min(axis=0),
        misranked=misranked,
        cost=float(chances @ np.asarray(game.cost(states)).sum(axis=1)),
        chances=chances,
        **stated,
    )
