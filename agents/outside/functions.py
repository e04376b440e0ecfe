"""Functions of one observation, or of a batch, as functions of a batch."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Observations [batch, size], the source of chance, and whether to take the likeliest action instead:
# actions [batch] or [batch, 1], or a list with one for each row.
Rows = Callable[[NDArray[np.float32], np.random.Generator, bool], Any]


def function_rows(name: str, policy: Callable[..., Any]) -> Rows:
    """A callable ``policy(observation, rng=None)``, see `FromPolicy`; errors call it ``name``."""
    takes_rng = _takes_rng(name, policy)

    def ask(observation: NDArray[np.float32], rng: np.random.Generator) -> Any:
        return policy(observation, rng=rng) if takes_rng else policy(observation)

    def batched(observations: NDArray[np.float32], rng: np.random.Generator, greedy: bool) -> Any:
        answer = ask(observations, rng)
        return answer.detach().cpu().numpy() if hasattr(answer, "detach") else answer

    def one_by_one(observations: NDArray[np.float32], rng: np.random.Generator, greedy: bool) -> Any:
        return [ask(observation, rng) for observation in observations]

    return batched if getattr(policy, "batched", False) else one_by_one


def _takes_rng(name: str, policy: Callable[..., Any]) -> bool:
    """Whether a callable takes a generator; ValueError if it cannot be called with an observation."""
    try:
        signature = inspect.signature(policy)
    except (TypeError, ValueError):  # of some that are written in C
        return False
    for more in ({"rng": None}, {}):
        try:
            signature.bind(None, **more)
            return bool(more)
        except TypeError:
            continue
    raise ValueError(f"{name}: it is called as policy(observation, rng=None), and takes {signature}")
