"""The one loop in which players meet: act, step, learn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from benchgame_env import VectorEnv
from benchgame_env.agents.base import Mode, Player, Round, of_seats
from benchgame_env.validate import choice, integer


def play(
    vec: VectorEnv,
    players: Sequence[Player],
    rounds: int,
    rng: np.random.Generator,
    seed: int | None = None,
    mode: Mode = "learn",
) -> dict[str, NDArray[Any]]:
    """Play ``rounds`` rounds, starting with a new episode; episodes follow one another.

    Parameters
    ----------
    vec : VectorEnv
        The batched game, with auto-reset and with arrays of its own from each call (``copy``).
    players : sequence of Player
        Together they play every developer exactly once.
    rounds : int
        Number of rounds, >= 1.
    rng : numpy.random.Generator
        Source of all that the players draw, in their order.
    seed : int, optional
        Seed of the game; without one its random stream continues.
    mode : {"learn", "play", "greedy"}
        Mode of all players, see `Player`. In ``learn`` they learn from every round; what they learned
        lasts beyond this call.

    Returns
    -------
    dict
        ``effort``, ``score``, ``rank``, ``prize``, ``cost`` and ``payoff``, each
        ``[rounds, copies, n]``, and ``turn``, whether a developer could revise in that round.

    Raises
    ------
    ValueError
        A developer without a player or with two, or an argument that does not suit.
    """
    integer("rounds", rounds, low=1)
    _check(vec, players)
    for player in players:
        player.mode = choice("mode", mode, get_args(Mode))  # type: ignore[assignment]
    seen, infos = vec.reset(seed)
    history: dict[str, list[NDArray[Any]]] = {key: [] for key in infos}
    for _ in range(rounds):
        actions = np.empty(seen.shape[:2])
        for player in players:
            actions[:, player.at] = player.act(of_seats(seen, player.at), rng)
        before: Any = seen if mode == "learn" else None
        del seen  # let go before the step, its memory is used again for what comes
        seen, _, _, truncated, infos = vec.step(actions)
        after, ended = infos.pop("final_observation", seen), bool(truncated.any())
        for key, value in infos.items():
            history[key].append(value)
        for player in players if before is not None else ():
            player.learn(Round.of(player.at, before, actions, infos, after, ended), rng)
        del after
    return {key: np.stack(values) for key, values in history.items()}


def _check(vec: VectorEnv, players: Sequence[Player]) -> None:
    seated = sorted(i for player in players for i in np.atleast_1d(player.at).tolist())
    if seated != list(range(vec.n_developers)):
        raise ValueError(f"players: must play each of {vec.n_developers} developers once, got {seated}")
    if not (vec.auto_reset and vec.copy):
        raise ValueError("vec: needs auto_reset=True and copy=True")
