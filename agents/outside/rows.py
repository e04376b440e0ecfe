"""Every kind of policy as one function of a batch of observations."""

from __future__ import annotations

from typing import Any

from benchgame_env.agents.base import Seat
from benchgame_env.agents.outside.functions import Rows, function_rows


def as_rows(name: str, policy: Any, seat: Seat) -> Rows:
    """A policy of any kind as a function of a batch.

    Parameters
    ----------
    name : str
        What errors call it.
    policy : object
        As for `FromPolicy`.
    seat : Seat
        The seat that it plays.

    Raises
    ------
    ValueError
        It is no policy, or one for other observations or actions.
    """
    if hasattr(policy, "predict") and hasattr(policy, "observation_space"):
        from benchgame_env.agents.outside.networks import sb3_rows  # it needs torch

        return sb3_rows(name, policy, seat)
    if hasattr(policy, "in_keys") and hasattr(policy, "out_keys"):
        from benchgame_env.agents.outside.networks import tensordict_rows

        return tensordict_rows(name, policy, seat)
    if hasattr(policy, "state_dict") and hasattr(policy, "forward"):
        from benchgame_env.agents.outside.networks import module_rows

        return module_rows(policy)
    if isinstance(policy, type) or not callable(policy):
        raise ValueError(f"{name}: expected a policy, as policy(observation, rng=None) -> action")
    return function_rows(name, policy)
