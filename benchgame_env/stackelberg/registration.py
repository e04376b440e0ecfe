"""The whole game in PettingZoo's registry, and its single-agent view in Gymnasium's."""

from __future__ import annotations

from typing import Any

import gymnasium
import pettingzoo
from pettingzoo.utils.conversions import parallel_to_aec

from benchgame_env.stackelberg.env import VERSION, StackelbergEnv

ID = f"benchgame/stackelberg-v{VERSION}"
DESIGNER_ID = "benchgame/designer-v0"
VIEW = "benchgame_env.agents.designers.view:DesignerEnv"  # imported when it is made


def agent_by_agent(**settings: Any) -> pettingzoo.AECEnv:
    """`StackelbergEnv` in PettingZoo's agent-by-agent form: in each step all are asked, the designer
    first."""
    return parallel_to_aec(StackelbergEnv(**settings))


def register() -> None:
    """Register the ids, where PettingZoo has a registry."""
    if DESIGNER_ID not in gymnasium.registry:
        gymnasium.register(DESIGNER_ID, VIEW)
    if hasattr(pettingzoo, "register") and ID not in pettingzoo.parallel_registry:
        pettingzoo.register("parallel", ID, StackelbergEnv)
        pettingzoo.register("aec", ID, agent_by_agent)
