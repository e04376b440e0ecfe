"""The one loop in which developers meet: act, step, learn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.base import Agent, Mode, Round
from benchgame_env import VectorEnv
from benchgame_env._validate import integer


def play(
    vec: VectorEnv,
    agents: Sequence[Agent],
    rounds: int,
    rng: np.random.Generator,
    seed: int | None = None,
    learn: bool = True,
    mode: Mode | None = None,
) -> dict[str, NDArray[Any]]:
    """Play ``rounds`` rounds from a new episode on, and so many episodes as they fill.

    Parameters
    ----------
    vec: the batched game, with auto-reset and copies of what it returns.
    agents: one per developer.
    rng: of all that the agents draw, in the order of their seats.
    seed: of the game; None: its random stream goes on.
    learn: whether agents take in what happened. What they learned stays with them for the next call.
    mode: of all agents, see `Agent`; in ``learn`` alone they learn. Default by ``learn``.

    Returns
    -------
    ``effort``, ``score``, ``rank``, ``prize``, ``cost`` and ``payoff``, each ``[rounds, copies, n]``.
    """
    integer("rounds", rounds, low=1)
    if len(agents) != vec.n_developers:
        raise ValueError(f"agents: got {len(agents)} for {vec.n_developers} developers")
    if not (vec.auto_reset and vec.copy):
        raise ValueError("vec: needs auto_reset=True and copy=True")
    mode = mode or ("learn" if learn else "play")
    for agent in agents:
        agent.mode = mode
    seen, infos = vec.reset(seed)
    history: dict[str, list[NDArray[Any]]] = {key: [] for key in infos}
    for _ in range(rounds):
        actions = np.column_stack([agent.act(seen[:, i], rng) for i, agent in enumerate(agents)])
        before, (seen, _, _, truncated, infos) = seen, vec.step(actions)
        after, ended = infos.pop("final_observation", seen), bool(truncated.any())
        for key, value in infos.items():
            history[key].append(value)
        for i, agent in enumerate(agents if mode == "learn" else ()):
            own = infos["effort"][:, i], infos["payoff"][:, i]
            agent.learn(
                Round(before[:, i], actions[:, i], *own, infos["score"], after[:, i], ended), rng
            )
    return {key: np.stack(values) for key, values in history.items()}
