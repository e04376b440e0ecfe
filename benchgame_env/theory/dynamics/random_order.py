"""Best responses in random order: the recurrent classes of a finite Markov chain (theory section 5)."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from benchgame_env.game import Game
from benchgame_env.subgame import Subgame
from benchgame_env.theory.dynamics.best_response import RESOLUTION, respond
from benchgame_env.theory.dynamics.path import Cycle, NoRepetitionError, prepare, summary
from benchgame_env.validate import Floats, integer

MAX_STATES = 20_000


def recurrent_classes(
    game: Game | str,
    protocol: Any,
    resolution: float = RESOLUTION,
    start: Any = None,
    levels: Any = None,
    max_states: int = MAX_STATES,
) -> list[Cycle]:
    """Where best responses end when the developer who revises is drawn uniformly each time.

    A recurrent class is a set of profiles that play never leaves.

    Parameters
    ----------
    game, protocol, resolution, start, levels
        As for `best_response_cycle`.
    max_states : int, optional
        Largest number of profiles to visit, >= 1.

    Returns
    -------
    list of Cycle
        The class that is most likely to be reached from ``start`` comes first. ``states`` are its
        profiles, ``chances`` their long-run shares, ``period`` their number, and ``reached`` is the
        probability that play from ``start`` ends in this class.

    Raises
    ------
    NoRepetitionError
        More than ``max_states`` profiles can be reached.
    """
    subgame, efforts, choices = prepare(game, protocol, start, levels, resolution)
    integer("max_states", max_states, low=1)
    states, scores, successors = _explore(subgame, efforts, resolution, choices, max_states)
    chain = _chain(successors)
    _, label = scipy.sparse.csgraph.connected_components(chain, directed=True, connection="strong")
    leaves = np.zeros(label.max() + 1, dtype=bool)
    leaves[label[(label[successors] != label[:, None]).any(axis=1)]] = True
    closed = np.flatnonzero(~leaves)
    reached = _absorption(chain, label, closed)
    found = []
    for k in np.argsort(-reached, kind="stable"):
        members = np.flatnonzero(label == closed[k])
        found.append(
            summary(
                subgame.game,
                states[members],
                subgame.game.board(scores[members], subgame.rule.ties).ranks,
                chances=_stationary(chain[members][:, members]),
                reached=float(reached[k]),
                resolution=resolution,
                levels=choices,
                order="random",
                start=efforts,
            )
        )
    return found


def _explore(
    subgame: Subgame,
    start: Floats,
    resolution: float,
    levels: Floats | None,
    max_states: int,
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Profiles reachable from ``start`` with their scores, each ``[states, n]``, and which one follows
    when developer i revises, ``[states, n]``. Breadth first, a whole generation at a time."""
    n = subgame.n
    known: dict[bytes, int] = {}

    def number(profiles: Floats) -> NDArray[np.int64]:
        """Of profiles ``[m, 2 n]``; the scores that efforts show tell them apart."""
        return np.array([known.setdefault(row[n:].tobytes(), len(known)) for row in profiles])

    generation = np.concatenate((start, subgame.shown(start)))[None]
    number(generation)
    states, successors = [generation], []
    while len(generation):
        after = np.repeat(generation[:, None], n, axis=1)  # [generation, reviser, efforts and scores]
        for i in range(n):
            efforts, shown = generation[:, :n], generation[:, n:]
            moved = respond(subgame, i, shown, efforts[:, i], resolution, levels)
            after[:, i, i], after[:, i, n + i] = moved
        before = len(known)
        flat = after.reshape(-1, 2 * n)
        following = number(flat)
        if len(known) > max_states:
            raise NoRepetitionError(
                f"random revisions reach more than {max_states} profiles; a coarser resolution than "
                f"{resolution:g}, or levels, makes them fewer"
            )
        successors.append(following.reshape(-1, n))
        _, first = np.unique(following, return_index=True)
        generation = flat[first[following[first] >= before]]
        states.append(generation)
    everything = np.concatenate(states)
    return everything[:, :n], everything[:, n:], np.concatenate(successors)


def _chain(successors: NDArray[np.int64]) -> scipy.sparse.csr_array:
    """Transition probabilities ``[states, states]``; equal entries add up."""
    size, n = successors.shape
    rows = np.repeat(np.arange(size), n)
    return scipy.sparse.csr_array(
        (np.full(rows.size, 1 / n), (rows, successors.reshape(-1))), shape=(size, size)
    )


def _absorption(
    chain: scipy.sparse.csr_array, label: NDArray[np.int32], closed: NDArray[np.int64]
) -> Floats:
    """The probability that play from the first state ends in each closed class."""
    if label[0] in closed:
        return (closed == label[0]).astype(np.float64)
    passing = np.flatnonzero(~np.isin(label, closed))
    stays = scipy.sparse.identity(passing.size, format="csr") - chain[passing][:, passing]
    # Expected visits to each passing state, from the first.
    visits = scipy.sparse.linalg.spsolve(stays.T.tocsc(), (passing == 0).astype(np.float64))
    leaving = np.atleast_1d(visits) @ chain[passing]
    return np.array([leaving[label == k].sum() for k in closed])


def _stationary(chain: scipy.sparse.csr_array) -> Floats:
    """The long-run share of each state of one recurrent class, ``[states]``."""
    size = chain.shape[0]
    if size == 1:
        return np.ones(1)
    # One balance equation follows from the others: the share of the first state is set, then scaled.
    inflow = chain.T.tocsr()
    others = scipy.sparse.identity(size - 1, format="csc") - inflow[1:][:, 1:].tocsc()
    shares = np.append(
        1.0, np.maximum(scipy.sparse.linalg.spsolve(others, inflow[1:][:, [0]].toarray()[:, 0]), 0.0)
    )
    return shares / shares.sum()
