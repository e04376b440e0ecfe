"""The one list of developers, and seating them by name."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from agents.base import Agent, Player, Seat, Team
from benchgame_env import VectorEnv, theory
from benchgame_env.validate import choice


@dataclass(frozen=True)
class Entry:
    """Where a player's class is, imported when it is asked for, and parameters that its name implies."""

    module: str
    name: str
    preset: Mapping[str, Any] = field(default_factory=dict)
    learned: bool = False  # by gradients: needs the ``train`` extra

    def load(self) -> type[Player]:
        """The class."""
        return getattr(import_module(self.module), self.name)

    def parameters(self) -> dict[str, Any]:
        """Parameters that may be given, with their defaults under this name."""
        cls = self.load()
        takes = inspect.signature(getattr(cls, "Settings", None) or cls).parameters.values()
        known = {item.name: item.default for item in takes if item.name not in ("seat", "seats")}
        return known | dict(self.preset)


def _ppo(**preset: Any) -> Entry:
    return Entry("agents.learned.ppo", "PPO", preset, learned=True)


AGENTS: dict[str, Entry] = {
    "a2c": Entry("agents.learned.a2c", "A2C", learned=True),
    "best-response": Entry("agents.scripted.best_response", "BestResponse"),
    "central-ppo": _ppo(entropy=0.3, entropy_halving=20.0, central=True),
    "constant": Entry("agents.scripted.constant", "Constant"),
    "copycat": Entry("agents.scripted.copycat", "Copycat"),
    "dqn": Entry("agents.learned.dqn", "DQN", learned=True),
    "exp3": Entry("agents.adaptive.exp3", "EXP3"),
    "fictitious-play": Entry("agents.adaptive.fictitious_play", "FictitiousPlay"),
    "honest": Entry("agents.scripted.honest", "Honest"),
    "ppo": _ppo(),
    "ppo-annealed": _ppo(entropy=0.3, entropy_halving=20.0),
    "psro": Entry("agents.learned.psro", "PSRO", learned=True),
    "q-learning": Entry("agents.adaptive.q_learning", "QLearning"),
    "random": Entry("agents.scripted.random_effort", "RandomEffort"),
    "regret-matching-plus": Entry("agents.adaptive.regret_matching", "RegretMatchingPlus"),
    "sac": Entry("agents.learned.sac", "SAC", learned=True),
    "shared-ppo": _ppo(entropy=0.3, entropy_halving=20.0, shared=True),
    "sniper": Entry("agents.scripted.sniper", "Sniper"),
}


def make_agent(name: str, seat: Seat, **parameters: Any) -> Player:
    """The developer called ``name`` on one seat, see `make_players`."""
    return make_players(name, [seat], **parameters)[0]


def make_players(name: str, seats: Sequence[Seat], **parameters: Any) -> list[Player]:
    """The developers called ``name`` on ``seats``: one each, or one team for all.

    Raises
    ------
    ValueError: an unknown name (the known ones are listed), a parameter that it does not take (those
        that it takes are), or one that does not suit.
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
    """Players for all seats from names with commas between, the best model's first:
    ``"honest,honest,sniper"``; a single name is everybody's.

    Parameters
    ----------
    options: name to its parameters.
    rounds, seed, resolution: see `Seat`.

    Raises
    ------
    ValueError: not one name for each developer, options of nobody, or see `make_players`.
    """
    chosen = [name.strip() for name in names.split(",")]
    if len(chosen) == 1:
        chosen *= vec.n_developers
    if len(chosen) != vec.n_developers:
        raise ValueError(f"agents: {len(chosen)} named for {vec.n_developers} developers, got {names!r}")
    strangers = set(options or {}) - set(chosen)
    if strangers:
        raise ValueError(f"options: of {', '.join(sorted(strangers))}, who does not play in {names!r}")
    players: list[Player] = []
    for name in dict.fromkeys(chosen):
        own = [i for i, other in enumerate(chosen) if other == name]
        seats = [Seat.of(vec, i, rounds, seed, resolution) for i in own]
        players += make_players(name, seats, **(options or {}).get(name, {}))
    return sorted(
        players, key=lambda player: min([player.at] if isinstance(player, Agent) else player.at)
    )
