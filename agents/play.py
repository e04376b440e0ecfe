"""The one loop in which developers meet: act, step, learn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.base import Mode, Player, Round
from benchgame_env import VectorEnv
from benchgame_env.validate import choice, integer


def play(
    vec: VectorEnv,
    players: Sequence[Player],
    rounds: int,
    rng: np.random.Generator,
    seed: int | None = None,
    mode: Mode = "learn",
) -> dict[str, NDArray[Any]]:
    """Play ``rounds`` rounds from a new episode on, and so many episodes as they fill.

    Parameters
    ----------
    vec: the batched game, with auto-reset and copies of what it returns.
    players: between them, every developer once.
    rng: of all that the players draw, in their order.
    seed: of the game; None: its random stream goes on.
    mode: of all players, see `Player`; in ``learn`` they take in what happened, and what they learned
        stays with them for the next call.

    Returns
    -------
    ``effort``, ``score``, ``rank``, ``prize``, ``cost`` and ``payoff``, each ``[rounds, copies, n]``.
    """
    integer("rounds", rounds, low=1)
    _check(vec, players)
    for player in players:
        player.mode = choice("mode", mode, ("learn", "play", "greedy"))  # type: ignore[assignment]
    seen, infos = vec.reset(seed)
    history: dict[str, list[NDArray[Any]]] = {key: [] for key in infos}
    for _ in range(rounds):
        actions = np.empty(seen.shape[:2])
        for player in players:
            actions[:, player.at] = player.act(seen[:, player.at], rng)
        before, (seen, _, _, truncated, infos) = seen, vec.step(actions)
        after, ended = infos.pop("final_observation", seen), bool(truncated.any())
        for key, value in infos.items():
            history[key].append(value)
        for player in players if mode == "learn" else ():
            player.learn(Round.of(player.at, before, actions, infos, after, ended), rng)
    return {key: np.stack(values) for key, values in history.items()}


def _check(vec: VectorEnv, players: Sequence[Player]) -> None:
    seated = sorted(i for player in players for i in np.atleast_1d(player.at).tolist())
    if seated != list(range(vec.n_developers)):
        raise ValueError(f"players: need one for each of {vec.n_developers} developers, got {seated}")
    if not (vec.auto_reset and vec.copy):
        raise ValueError("vec: needs auto_reset=True and copy=True")
