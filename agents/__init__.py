"""Developers: scripted here and in the files beside; learned ones need the ``train`` extra."""

from __future__ import annotations

from agents.base import Agent, Seat
from agents.best_response import BestResponse
from agents.honest import Honest
from agents.random_effort import RandomEffort

# The one list of scripted developers: name to class.
SCRIPTED: dict[str, type[Agent]] = {
    "best-response": BestResponse,
    "honest": Honest,
    "random": RandomEffort,
}

__all__ = ["SCRIPTED", "Agent", "BestResponse", "Honest", "RandomEffort", "Seat"]
