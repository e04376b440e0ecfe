"""Agents, the developers of a game: scripted, adaptive and learned; one a file, all in `registry`."""

from __future__ import annotations

import benchgame_env  # noqa: F401  # first, for what it does when a command starts
from agents.base import Agent, Player, Round, Seat, Team
from agents.play import play
from agents.registry import AGENTS, line_up, make_agent, make_players

__all__ = [
    "AGENTS",
    "Agent",
    "Player",
    "Round",
    "Seat",
    "Team",
    "line_up",
    "make_agent",
    "make_players",
    "play",
]
