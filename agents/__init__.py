"""Agents, the developers of a game: scripted, adaptive and learned; one a file, all in `registry`."""

from __future__ import annotations

from benchgame_env import aliases  # first, for what benchgame_env does when a command starts

aliases.one_module(__name__)

# ruff: noqa: E402
from benchgame_env.agents.base import Agent, Player, Round, Seat, Team
from benchgame_env.agents.designers.registry import DESIGNERS, make_designer
from benchgame_env.agents.designers.view import DesignerEnv, designer_env
from benchgame_env.agents.outside.from_policy import FromPolicy
from benchgame_env.agents.play import play
from benchgame_env.agents.registry import AGENTS, line_up, make_agent, make_players, register_agent
from benchgame_env.agents.runs.load import load
from benchgame_env.agents.runs.settings import TrainSettings

__all__ = [
    "AGENTS",
    "DESIGNERS",
    "Agent",
    "DesignerEnv",
    "FromPolicy",
    "Player",
    "Round",
    "Seat",
    "Team",
    "TrainSettings",
    "designer_env",
    "line_up",
    "load",
    "make_agent",
    "make_designer",
    "make_players",
    "play",
    "register_agent",
]
