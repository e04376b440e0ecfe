"""States of rules, as `Protocol.play` returns them: arrays, alone or in tuples, lists and dicts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


class UnknownStateError(ValueError):
    """A state that is not made of arrays in tuples, lists and dicts."""


def changed(state: Any, change: Callable[[Any], Any]) -> Any:
    """A state with ``change`` applied to each of its arrays."""
    if isinstance(state, np.ndarray):
        return change(state)
    return _parts(state, lambda part: changed(part, change))


def fingerprint(state: Any) -> bytes:
    """Bytes that are equal for equal states."""
    found: list[bytes] = []

    def collect(part: Any) -> None:
        if isinstance(part, np.ndarray):
            found.append(part.tobytes())
        else:
            _parts(part, collect)

    collect(state)
    return b"|".join(found)


def _parts(state: Any, change: Callable[[Any], Any]) -> Any:
    """A state that is not an array, with ``change`` applied to each of its parts."""
    if state is None:
        return None
    if isinstance(state, dict):
        return {key: change(part) for key, part in state.items()}
    if isinstance(state, (tuple, list)):
        return type(state)(change(part) for part in state)
    raise UnknownStateError(f"state: need arrays in tuples, lists or dicts, got {type(state).__name__}")
