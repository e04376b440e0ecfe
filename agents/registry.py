"""The list of all agents, and how they are seated by name."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import numpy as np

from benchgame_env import VectorEnv, theory
from benchgame_env.agents.base import Player, Seat, Team
from benchgame_env.validate import choice


@dataclass(frozen=True)
class Entry:
    """An agent of the list. Its class is imported when it is first needed.

    Attributes
    ----------
    module : str
        Module of the class.
    name : str
        Name of the class.
    preset : mapping
        Parameters that this entry sets, instead of the defaults of the class.
    """

    module: str
    name: str
    preset: Mapping[str, Any] = field(default_factory=dict)

    @property
    def learned(self) -> bool:
        """Whether it learns by gradients, which needs the extra ``train``."""
        return self.module.startswith("benchgame_env.agents.learned.")

    def load(self) -> type[Player]:
        """The class."""
        return getattr(import_module(self.module), self.name)

    def parameters(self) -> dict[str, Any]:
        """The parameters that it takes, name to default."""
        cls = self.load()
        takes = inspect.signature(getattr(cls, "Settings", cls)).parameters.values()
        known = {item.name: item.default for item in takes if item.name not in ("seat", "seats")}
        return known | dict(self.preset)


FADING = {"entropy": 0.3, "entropy_halving": 20.0}

AGENTS: dict[str, Entry] = {
    "a2c": Entry("benchgame_env.agents.learned.a2c", "A2C"),
    "best-response": Entry("benchgame_env.agents.scripted.best_response", "BestResponse"),
    "central-ppo": Entry("benchgame_env.agents.learned.ppo", "PPO", FADING | {"central": True}),
    "constant": Entry("benchgame_env.agents.scripted.constant", "Constant"),
    "copycat": Entry("benchgame_env.agents.scripted.copycat", "Copycat"),
    "dqn": Entry("benchgame_env.agents.learned.dqn", "DQN"),
    "exp3": Entry("benchgame_env.agents.adaptive.exp3", "EXP3"),
    "fictitious-play": Entry("benchgame_env.agents.adaptive.fictitious_play", "FictitiousPlay"),
    "honest": Entry("benchgame_env.agents.scripted.honest", "Honest"),
    "policy": Entry("benchgame_env.agents.outside.from_policy", "FromPolicy"),
    "ppo": Entry("benchgame_env.agents.learned.ppo", "PPO"),
    "ppo-annealed": Entry("benchgame_env.agents.learned.ppo", "PPO", FADING),
    "psro": Entry("benchgame_env.agents.learned.psro", "PSRO"),
    "q-learning": Entry("benchgame_env.agents.adaptive.q_learning", "QLearning"),
    "random": Entry("benchgame_env.agents.scripted.random_effort", "RandomEffort"),
    "regret-matching-plus": Entry("benchgame_env.agents.adaptive.regret_matching", "RegretMatchingPlus"),
    "sac": Entry("benchgame_env.agents.learned.sac", "SAC"),
    "shared-ppo": Entry("benchgame_env.agents.learned.ppo", "PPO", FADING | {"shared": True}),
    "sniper": Entry("benchgame_env.agents.scripted.sniper", "Sniper"),
}


def make_agent(name: str, seat: Seat, **parameters: Any) -> Player:
    """The player called ``name`` on one seat, see `make_players`."""
    return make_players(name, [seat], **parameters)[0]


def make_players(name: str, seats: Sequence[Seat], **parameters: Any) -> list[Player]:
    """The players called ``name`` for ``seats``: one for each seat, or one team for all of them.

    Parameters
    ----------
    name : str
        A key of `AGENTS`.
    seats : sequence of Seat
        The seats to fill.
    **parameters
        Parameters of the agent.

    Returns
    -------
    list of Player
        The players, in the order of the seats.

    Raises
    ------
    ValueError
        An unknown name or parameter (the message lists the known ones), or a value that does not suit.
    """
    entry = AGENTS[choice("agent", name, AGENTS)]
    takes = entry.parameters()
    if set(parameters) - set(takes):
        raise ValueError(f"agent {name!r} takes {', '.join(takes) or 'no parameters'}; got {parameters}")
    cls: Any = entry.load()
    chosen = {**entry.preset, **parameters}
    if issubclass(cls, Team):
        return [cls(seats, **chosen)]
    return [cls(seat, **chosen) for seat in seats]


def line_up(
    names: str,
    vec: VectorEnv,
    options: Mapping[str, Mapping[str, Any]] | None = None,
    rounds: int | None = None,
    seed: int = 0,
    resolution: float = theory.RESOLUTION,
) -> list[Player]:
    """Players for all seats of a batched game.

    Parameters
    ----------
    names : str
        Names with commas between them, that of the best model's developer first, as in
        ``"honest,honest,sniper"``; or one name for all developers.
    vec : VectorEnv
        The batched game.
    options : mapping, optional
        Name to the parameters of the players with this name.
    rounds, seed, resolution
        As for `Seat`.

    Returns
    -------
    list of Player
        The players, ordered by the best model that each of them plays.

    Raises
    ------
    ValueError
        The number of names is not that of the developers, options for a name that does not play, or as
        `make_players`.
    """
    chosen, options = [name.strip() for name in names.split(",")], options or {}
    if len(chosen) == 1:
        chosen *= vec.n_developers
    if len(chosen) != vec.n_developers:
        raise ValueError(f"agents: {len(chosen)} named for {vec.n_developers} developers, got {names!r}")
    absent = sorted(set(options) - set(chosen))
    if absent:
        raise ValueError(f"options: given for {', '.join(absent)}, but the agents are {names!r}")
    players: list[Player] = []
    for name in dict.fromkeys(chosen):
        own = [i for i, other in enumerate(chosen) if other == name]
        seats = [Seat.of(vec, i, rounds, seed, resolution) for i in own]
        players += make_players(name, seats, **options.get(name, {}))
    return sorted(players, key=lambda player: np.min(player.at))
