"""Policies of torch, stable-baselines3 and TorchRL as functions of a batch.

They draw from torch's global stream. It is seeded from the generator that is passed in, and put back
afterwards, so that the same generator gives the same play and nobody else's numbers change.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchgame_env.agents.base import Seat
from benchgame_env.agents.learned.heads import choice_space
from benchgame_env.agents.outside.functions import Rows


def sb3_rows(name: str, policy: Any, seat: Seat) -> Rows:
    """An algorithm or a policy of stable-baselines3; ValueError if its spaces are not those of the
    seat."""
    shape, size = policy.observation_space.shape, (seat.layout.size,)
    if shape != size:
        raise ValueError(f"{name}: it sees observations of shape {shape}, and here they are {size}")
    levels = seat.axis.levels if seat.axis.action_type == "discrete" else None
    if policy.action_space != choice_space(levels):
        here = choice_space(levels)
        raise ValueError(f"{name}: its actions are {policy.action_space}, and here they are {here}")
    network = getattr(policy, "policy", policy)  # without what an algorithm adds to explore

    def rows(observations: NDArray[np.float32], rng: np.random.Generator, greedy: bool) -> Any:
        with _own_stream(rng):
            return network.predict(observations, deterministic=greedy)[0]

    return rows


def module_rows(module: torch.nn.Module) -> Rows:
    """A torch module from observations ``[batch, size]`` to actions."""

    def rows(observations: NDArray[np.float32], rng: np.random.Generator, greedy: bool) -> Any:
        with _own_stream(rng), _evaluating(module), torch.no_grad():
            return module(_tensor(observations, module)).cpu().numpy()

    return rows


def tensordict_rows(name: str, policy: Any, seat: Seat) -> Rows:
    """A TorchRL policy. One whose keys are in a group, as ``("agents", "observation")``, gets the
    observation of this developer in the place of everybody's; its own action is taken, which in a
    decentralised policy depends on nothing else."""
    from tensordict import TensorDict
    from tensordict.nn import InteractionType, set_interaction_type

    seen_at = _key(name, policy.in_keys, "observation")
    action_at = _key(name, policy.out_keys, "action")
    n, developer = seat.game.n_developers, seat.developer
    grouped = isinstance(seen_at, tuple) and len(seen_at) > 1

    def rows(observations: NDArray[np.float32], rng: np.random.Generator, greedy: bool) -> Any:
        seen = _tensor(observations, policy)
        asked = TensorDict({}, batch_size=[len(seen)], device=seen.device)
        asked[seen_at] = seen.unsqueeze(1).expand(-1, n, -1) if grouped else seen
        how = InteractionType.DETERMINISTIC if greedy else InteractionType.RANDOM
        with _own_stream(rng), _evaluating(policy), torch.no_grad(), set_interaction_type(how):
            action = policy(asked)[action_at]
        action = action[:, developer] if grouped else action
        one_hot = action.shape[1:] == (seat.axis.levels,) and seat.axis.action_type == "discrete"
        return (action.long().argmax(-1) if one_hot else action).cpu().numpy()

    return rows


def _key(name: str, keys: Any, word: str) -> Any:
    """The key that ends in ``word``, or the only one."""
    listed = list(keys)
    found = [key for key in listed if (key[-1] if isinstance(key, tuple) else key) == word]
    if not found and len(listed) == 1:
        return listed[0]
    if len(found) != 1:
        raise ValueError(f"{name}: expected one key {word!r}, got {listed}")
    return found[0]


def _tensor(observations: NDArray[np.float32], module: Any) -> torch.Tensor:
    """Observations of the type and on the device of the weights, if there are any."""
    like = next(iter(module.parameters()), torch.zeros(0))
    return torch.as_tensor(observations, dtype=like.dtype, device=like.device)


@contextlib.contextmanager
def _own_stream(rng: np.random.Generator) -> Iterator[None]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(rng.integers(2**63)))
        yield


@contextlib.contextmanager
def _evaluating(module: torch.nn.Module) -> Iterator[None]:
    """Without dropout and the like; afterwards as it was."""
    trained = [part for part in module.modules() if part.training]
    module.eval()
    try:
        yield
    finally:
        for part in trained:
            part.training = True
