"""One round of the developer subgame: a pure function of what is held, what is asked and what is drawn.

Everything is an array of many copies at once, ``[..., n]``; efforts are ``[..., n, K]``, one for each of
the K tasks of the game.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchgame_env.game import Board, Game
from benchgame_env.play.actions import EffortAxis, public
from benchgame_env.turns import in_turn
from benchgame_env.validate import Floats

REVISIONS = ("simultaneous", "alternating", "random")


@dataclass(frozen=True, eq=False)
class Rules:
    """What stays the same for all rounds.

    Parameters
    ----------
    game : Game
        Who plays for what.
    protocol : Protocol
        How efforts become a board.
    axis : EffortAxis
        How positions become efforts, ``[n, K]``.
    revision : str
        Who may change its effort in a round, one of `REVISIONS`; the others keep theirs.
    """

    game: Game
    protocol: Any
    axis: EffortAxis
    revision: str


class State(NamedTuple):
    """The game between two rounds. A state is never changed; a round makes a new one."""

    round: int  # rounds played
    position: Floats  # efforts held, as positions on the effort axis, [..., n, K]
    effort: Floats  # efforts held, effort units, [..., n, K]
    cost: Floats  # of the efforts held, prize units, [..., n]
    board: Board  # published last, [..., n]
    revised: NDArray[np.bool_]  # who could revise in the last round, [..., n]; nobody before the first
    turn: NDArray[np.bool_]  # who may revise next, [..., n]
    memory: Any  # what the protocol keeps for its next board


def opening(rules: Rules, shape: tuple[int, ...], rng: np.random.Generator) -> State:
    """The first state of episodes: nobody holds any effort, and the board of that is published.

    Parameters
    ----------
    rules : Rules
        What is played.
    shape : tuple of int
        ``(..., n)``.
    rng : numpy.random.Generator
        Source of all that is drawn: first the board, then whose turn it is.

    Returns
    -------
    State
        The state before the first round.
    """
    memory = rules.protocol.start(rules.game, shape)
    nothing = np.zeros((*shape, rules.game.n_tasks))
    return _published(rules, 0, nothing, _everywhere(shape, False), memory, rng)


def advance(rules: Rules, state: State, asked: Floats, rng: np.random.Generator) -> State:
    """Play one round: whose turn it is takes what it asked for, then a board is published.

    Parameters
    ----------
    rules : Rules
        What is played.
    state : State
        The state before the round.
    asked : array of float
        Positions in [0, 1] on the effort axis, ``[..., n, K]``; only those of developers on turn count.
    rng : numpy.random.Generator
        Source of all that is drawn: first the board, then whose turn it is.

    Returns
    -------
    State
        The state after the round.
    """
    if rules.revision != "simultaneous":
        asked = np.where(state.turn[..., None], asked, state.position)
    return _published(rules, state.round + 1, asked, state.turn, state.memory, rng)


def _published(
    rules: Rules,
    rounds: int,
    position: Floats,
    revised: NDArray[np.bool_],
    memory: Any,
    rng: np.random.Generator,
) -> State:
    effort = rules.axis.effort(position)
    board, memory = rules.protocol.play(rules.game, public(effort), memory, rng, revised)
    cost = rules.game.cost(public(effort))
    turn = _next_turn(rules.revision, rounds, revised.shape, rng)
    return State(rounds, position, effort, cost, board, revised, turn, memory)


def _next_turn(
    revision: str, rounds: int, shape: tuple[int, ...], rng: np.random.Generator
) -> NDArray[np.bool_]:
    if revision == "simultaneous":
        return _everywhere(shape, True)
    n = shape[-1]
    if revision == "alternating":
        return _one_by_one(rounds % n, shape)
    return np.arange(n) == rng.integers(n, size=(*shape[:-1], 1))


@cache  # making it takes long beside a round of one copy
def _one_by_one(rounds: int, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Who revises after so many rounds, the same in every copy; read-only."""
    return np.broadcast_to(np.arange(shape[-1]) == in_turn(rounds, shape[-1]), shape)


@cache
def _everywhere(shape: tuple[int, ...], value: bool) -> NDArray[np.bool_]:
    """The same for everybody: one number however large the shape, read-only."""
    return np.broadcast_to(np.array(value), shape)
