"""Developers: scripted and adaptive, one a file; learned ones need the ``train`` extra."""

from __future__ import annotations

import inspect
from typing import Any

from agents.base import Agent, Round, Seat
from agents.best_response import BestResponse
from agents.constant import Constant
from agents.copycat import Copycat
from agents.exp3 import EXP3
from agents.fictitious_play import FictitiousPlay
from agents.honest import Honest
from agents.play import play
from agents.q_learning import QLearning
from agents.random_effort import RandomEffort
from agents.regret_matching import RegretMatchingPlus
from agents.sniper import Sniper
from benchgame_env import VectorEnv
from benchgame_env._validate import choice

# The one list of developers that play without torch: name to class.
AGENTS: dict[str, type[Agent]] = {
    "best-response": BestResponse,
    "constant": Constant,
    "copycat": Copycat,
    "exp3": EXP3,
    "fictitious-play": FictitiousPlay,
    "honest": Honest,
    "q-learning": QLearning,
    "random": RandomEffort,
    "regret-matching-plus": RegretMatchingPlus,
    "sniper": Sniper,
}


def make_agent(name: str, seat: Seat, **parameters: Any) -> Agent:
    """The developer called ``name`` on a seat.

    Raises
    ------
    ValueError: an unknown name (the known ones are listed), a parameter that it does not take (those
        that it takes are), or one that does not suit.
    """
    cls = AGENTS[choice("agent", name, AGENTS)]
    takes = list(inspect.signature(cls).parameters)[1:]
    if set(parameters) - set(takes):
        raise ValueError(f"agent {name!r} takes {', '.join(takes) or 'no parameters'}; got {parameters}")
    return cls(seat, **parameters)


def line_up(names: str, vec: VectorEnv) -> list[Agent]:
    """One developer per seat from names with commas between, the best model's first:
    ``"honest,honest,sniper"``.

    Raises
    ------
    ValueError: not one name for each developer, or see `make_agent`.
    """
    chosen = [name.strip() for name in names.split(",")]
    if len(chosen) != vec.n_developers:
        raise ValueError(f"agents: {len(chosen)} named for {vec.n_developers} developers, got {names!r}")
    return [make_agent(name, Seat.of(vec, i)) for i, name in enumerate(chosen)]


__all__ = [
    "AGENTS",
    "EXP3",
    "Agent",
    "BestResponse",
    "Constant",
    "Copycat",
    "FictitiousPlay",
    "Honest",
    "QLearning",
    "RandomEffort",
    "RegretMatchingPlus",
    "Round",
    "Seat",
    "Sniper",
    "line_up",
    "make_agent",
    "play",
]
