"""Checks over many boards: where randomness comes from and where memory is kept."""

from __future__ import annotations

import copy
import random

import numpy as np

from benchgame_env._validate import Floats
from benchgame_env.game import Board
from benchgame_env.protocols.base import play, start
from benchgame_env.testing.trial import Trial, checked, identical, need, pick, stack

ROWS = 20
ROUNDS = 4


def seeds(trial: Trial) -> str | None:
    efforts = trial.efforts(ROWS)
    np_state, state = np.random.get_state(), random.getstate()  # noqa: NPY002 (to catch who uses it)
    one, again, other = (trial.board(efforts, stream) for stream in (1, 1, 2))
    need(
        identical(np_state, np.random.get_state()) and state == random.getstate(),  # noqa: NPY002
        "the rule draws from a global stream (np.random or random): draw from rng",
    )
    need(
        identical(one, again),
        "the same seed gives different boards: draw from rng, never from a generator of the rule's own, "
        "and remember nothing in the protocol",
    )
    if trial.noisy:
        _noise(trial, one, other)
        return None
    need(identical(one, other), "boards depend on rng, so the rule must declare itself noisy")
    without = trial.protocol.evaluate(trial.game, efforts.copy())
    need(
        identical(one, checked(without, efforts.shape, "evaluate")),
        "a rule that is not noisy must give the same board where no rng is handed in",
    )
    return None


def _noise(trial: Trial, one: Board, other: Board) -> None:
    need(
        not identical(one, other),
        "the rule is declared noisy, but another seed gives the same boards: draw from the rng that is "
        "handed in, let noisy be False, or try a game on which the noise shows",
    )
    rows = trial.draws(np.minimum(trial.top / 2, trial.top), 2 * ROWS)
    need(
        not all((part == part[0]).all() for part in rows),
        "the rows of a batch share one draw: draw with the whole shape of efforts, since rows are "
        "separate episodes",
    )
    try:
        boards = [trial.protocol.evaluate(trial.game, trial.efforts(ROWS)) for _ in range(2)]
    except Exception:
        return
    need(
        identical(*(checked(board, (ROWS, trial.n), "evaluate") for board in boards)),
        "without rng the rule draws from a stream that nobody can seed: raise a ValueError",
    )


def state(trial: Trial) -> str | None:
    _inputs_are_left_alone(trial)
    one, two = trial.efforts(ROUNDS, stream=1), trial.efforts(ROUNDS, stream=2)
    alone = trial.fresh().episode(one, stream=1), trial.fresh().episode(two, stream=2)
    together = _interleaved(trial.fresh(), one, two)
    need(
        all(map(identical, alone, together)),
        "two episodes played in turn on one protocol differ from each alone: keep what an "
        "episode remembers in the state that start makes and play returns, not in the protocol",
    )
    opening = trial.fresh().board(one[0], stream=1)
    need(
        identical(opening, pick(alone[0], 0)),
        "evaluate must give the board that opens an episode: start, then play",
    )
    if trial.stateful:
        return None
    again = trial.fresh().episode(np.stack([one[0], two[1], one[0]]), stream=1)
    if not trial.noisy:
        need(
            identical(pick(again, 0), pick(again, 2)),
            "the board depends on earlier rounds, so the rule must declare itself stateful",
        )
    return None


def _inputs_are_left_alone(trial: Trial) -> None:
    rng, efforts = trial.rng(), trial.efforts(3)
    memory = start(trial.protocol, trial.game, efforts.shape)
    for k in range(ROUNDS):
        kept, held = copy.deepcopy(memory), efforts.copy()
        revised = np.full(efforts.shape, k > 0)
        _, after = play(trial.protocol, trial.game, held, memory, rng, revised)
        need(identical(held, efforts), "the rule writes into the efforts it is given: work on a copy")
        need(revised.all() == (k > 0), "the rule writes into the revised mask it is given")
        need(identical(memory, kept), "play changes the state it is given in place: return a new one")
        memory, efforts = after, trial.efforts(3, stream=k)


def _interleaved(trial: Trial, one: Floats, two: Floats) -> tuple[Board, Board]:
    """What `Trial.episode` gives, for two episodes whose rounds are played in turn."""
    rngs = trial.rng(1), trial.rng(2)
    states = [start(trial.protocol, trial.game, one[0].shape) for _ in rngs]
    boards: tuple[list[Board], list[Board]] = ([], [])
    for k, pair in enumerate(zip(one, two, strict=True)):
        for which, efforts in enumerate(pair):
            revised = np.full(efforts.shape, k > 0)
            board, states[which] = play(
                trial.protocol, trial.game, efforts.copy(), states[which], rngs[which], revised
            )
            boards[which].append(board)
    return stack(boards[0]), stack(boards[1])
