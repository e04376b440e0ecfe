"""The one list of agents, and how they are seated by name: registered ones, those of installed packages,
and ``MODULE:NAME``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, TypeVar

import numpy as np

from benchgame_env import VectorEnv, theory
from benchgame_env.agents.base import Player, Seat, Team
from benchgame_env.registry import Registry

_C = TypeVar("_C", bound=type[Player])


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
    preset_does : str
        What these parameters make of the class, in one sentence.
    cls : type, optional
        The class, if it is imported already.
    """

    module: str
    name: str
    preset: Mapping[str, Any] = field(default_factory=dict)
    preset_does: str = ""
    cls: type[Player] | None = None

    @property
    def learned(self) -> bool:
        """Whether it learns by gradients, which needs the extra ``train``."""
        return self.module.startswith("benchgame_env.agents.learned.")

    def load(self) -> type[Player]:
        """The class."""
        return self.cls or getattr(import_module(self.module), self.name)

    def parameters(self) -> dict[str, Any]:
        """The parameters that it takes, name to default."""
        cls = self.load()
        takes = inspect.signature(getattr(cls, "Settings", cls)).parameters.values()
        known = {item.name: item.default for item in takes if item.name not in ("seat", "seats")}
        return known | dict(self.preset)


FADING = {"entropy": 0.3, "entropy_halving": 20.0}

OWN: dict[str, Entry] = {
    "a2c": Entry("benchgame_env.agents.learned.a2c", "A2C"),
    "best-response": Entry("benchgame_env.agents.scripted.best_response", "BestResponse"),
    "central-ppo": Entry(
        "benchgame_env.agents.learned.ppo",
        "PPO",
        FADING | {"central": True},
        "Here every critic sees what all seats see, and the bonus for entropy fades.",
    ),
    "constant": Entry("benchgame_env.agents.scripted.constant", "Constant"),
    "copycat": Entry("benchgame_env.agents.scripted.copycat", "Copycat"),
    "dqn": Entry("benchgame_env.agents.learned.dqn", "DQN"),
    "exp3": Entry("benchgame_env.agents.adaptive.exp3", "EXP3"),
    "fictitious-play": Entry("benchgame_env.agents.adaptive.fictitious_play", "FictitiousPlay"),
    "honest": Entry("benchgame_env.agents.scripted.honest", "Honest"),
    "mmd": Entry("benchgame_env.agents.learned.mmd", "MMD"),
    "policy": Entry("benchgame_env.agents.outside.from_policy", "FromPolicy"),
    "ppo": Entry("benchgame_env.agents.learned.ppo", "PPO"),
    "ppo-annealed": Entry(
        "benchgame_env.agents.learned.ppo", "PPO", FADING, "Here the bonus for entropy fades."
    ),
    "psro": Entry("benchgame_env.agents.learned.psro", "PSRO"),
    "q-learning": Entry("benchgame_env.agents.adaptive.q_learning", "QLearning"),
    "random": Entry("benchgame_env.agents.scripted.random_effort", "RandomEffort"),
    "regret-matching-plus": Entry("benchgame_env.agents.adaptive.regret_matching", "RegretMatchingPlus"),
    "sac": Entry("benchgame_env.agents.learned.sac", "SAC"),
    "shared-ppo": Entry(
        "benchgame_env.agents.learned.ppo",
        "PPO",
        FADING | {"shared": True},
        "Here all seats share one network, and the bonus for entropy fades.",
    ),
    "sniper": Entry("benchgame_env.agents.scripted.sniper", "Sniper"),
}


class _Agents(Registry[Entry]):
    kind, wanted = "agent", "a whole class that derives from Agent or Team"

    def accept(self, thing: Any) -> Entry | None:
        if isinstance(thing, type) and issubclass(thing, Player) and not inspect.isabstract(thing):
            return Entry(thing.__module__, thing.__qualname__, cls=thing)
        return thing if isinstance(thing, Entry) else None

    def origin(self, thing: Entry) -> str:
        return f"{thing.module}.{thing.name}{dict(thing.preset) or ''}"


AGENTS = _Agents(OWN)


def register_agent(name: str) -> Callable[[_C], _C]:
    """Class decorator: make the agent known as ``name`` wherever agents are named.

    The class derives from `Agent` or `Team`. An installed package also names it, or an `Entry` with
    parameters of its own, under the entry-point group ``benchgame_env.agents``.

    Raises
    ------
    ValueError
        The name is taken by another agent, or is no word of letters, digits, ``_``, ``.`` and ``-``; or
        the class is no agent, or lacks ``act``.
    """

    def register(cls: _C) -> _C:
        AGENTS.add(name, cls)
        return cls

    return register


def make_agent(name: str, seat: Seat, **parameters: Any) -> Player:
    """The player called ``name`` on one seat, see `make_players`."""
    return make_players(name, [seat], **parameters)[0]


def make_players(name: str, seats: Sequence[Seat], **parameters: Any) -> list[Player]:
    """The players called ``name`` for ``seats``: one for each seat, or one team for all of them.

    Parameters
    ----------
    name : str
        A key of `AGENTS`, or ``MODULE:NAME`` for a class in a module of one's own.
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
    entry = AGENTS.find(name)
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
