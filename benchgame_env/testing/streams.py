"""Checks over many boards: where randomness comes from and where memory is kept."""

from __future__ import annotations

import copy
import random

import numpy as np

from benchgame_env.game import Board
from benchgame_env.testing.trial import ROUNDS, Trial, checked, identical, need, pick, stack
from benchgame_env.validate import Floats

ROWS = 20


def seeds(trial: Trial) -> str | None:
    """Boards follow from the generator that is handed in, and from nothing else."""
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
    if trial.traits.draws != "none":
        need(
            trial.traits.draws == "joint",
            "traits say draws='independent', but nothing is drawn: say 'none', or try a game on which "
            "the draws show",
        )
        return "the rule may draw, but did not: if it never does, let its traits say draws='none'"
    need(identical(one, other), "traits say draws='none', but boards depend on rng: say 'joint'")
    without = trial.protocol.evaluate(trial.game, efforts.copy())
    need(
        identical(one, checked(without, efforts.shape, "evaluate")),
        "a rule that draws nothing must give the same board where no rng is handed in",
    )
    return None


def _noise(trial: Trial, one: Board, other: Board) -> None:
    need(
        not identical(one, other),
        f"traits say draws={trial.traits.draws!r}, but another seed gives the same boards: draw from "
        "the rng that is handed in",
    )
    need(
        not trial.rows_are_alike(),
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
    """What an episode remembers is in its state alone."""
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
    if not trial.traits.remembers:
        again = [_second(trial.fresh(), first, one[0]) for first in (one[1], two[1])]
        need(
            all(identical(opening, board) for board in again),
            "traits say that the rule does not remember, but a board depends on earlier rounds: let "
            "remembers be True",
        )
    return None


def _second(trial: Trial, first: Floats, then: Floats) -> Board:
    """The board of ``then`` in the second round, drawn as `Trial.board` draws it."""
    state = trial.protocol.start(trial.game, first.shape)
    _, state = trial.play(first, state, trial.rng(2), opening=True)
    return trial.play(then, state, trial.rng(1), opening=False)[0]


def _inputs_are_left_alone(trial: Trial) -> None:
    rng, rounds = trial.rng(), trial.efforts(ROUNDS, 3)
    memory = trial.protocol.start(trial.game, rounds.shape[1:])
    for k, efforts in enumerate(rounds):
        kept, held, revised = copy.deepcopy(memory), efforts.copy(), efforts > k
        _, after = trial.protocol.play(trial.game, held, memory, rng, revised)
        need(identical(held, efforts), "the rule writes into the efforts it is given: work on a copy")
        need(identical(revised, efforts > k), "the rule writes into the revised mask: work on a copy")
        need(identical(memory, kept), "play changes the state it is given in place: return a new one")
        memory = after


def _interleaved(trial: Trial, *episodes: Floats) -> list[Board]:
    """What `Trial.episode` gives, for episodes whose rounds are played in turn."""
    rngs = [trial.rng(k) for k, _ in enumerate(episodes, start=1)]
    states = [trial.protocol.start(trial.game, rounds.shape[1:]) for rounds in episodes]
    boards: list[list[Board]] = [[] for _ in episodes]
    for k, pair in enumerate(zip(*episodes, strict=True)):
        for which, held in enumerate(pair):
            board, states[which] = trial.play(held, states[which], rngs[which], opening=k == 0)
            boards[which].append(board)
    return [stack(each) for each in boards]
