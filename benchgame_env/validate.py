"""Checks of arguments: each returns clean data, or raises a ValueError that names the argument."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def vector(field: str, value: ArrayLike, n: int | None = None) -> Floats:
    """``value`` as a read-only finite float vector ``[n]``; errors name ``field`` and the numbers."""
    found = array(field, value)
    if found.ndim != 1:
        raise ValueError(f"{field}: expected a non-empty vector, got shape {found.shape}")
    if n is not None and found.size != n:
        raise ValueError(f"{field}: {found.size} values for {n} developers")
    return found


def array(field: str, value: ArrayLike) -> Floats:
    """``value`` as a read-only finite float array ``[..., n]``, not empty; errors name ``field``."""
    try:
        found = np.array(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{field}: expected numbers, got {value!r}") from None
    if not found.ndim or not found.size:
        raise ValueError(f"{field}: expected a non-empty vector, got shape {found.shape}")
    if not np.isfinite(found).all():
        raise ValueError(f"{field}: must be finite, got {found.tolist()}")
    found.flags.writeable = False
    return found


def number(
    field: str,
    value: Any,
    *,
    low: float = -math.inf,
    high: float = math.inf,
    strict: bool = False,
    finite: bool = True,
) -> float:
    """``value`` as a float ``>= low`` (``> low`` if ``strict``) and ``<= high``, never NaN."""
    try:
        result = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{field}: expected a number, got {value!r}") from None
    if math.isnan(result) or (finite and math.isinf(result)):
        raise ValueError(f"{field}: must be {'finite' if finite else 'a number'}, got {result}")
    if result < low or (strict and result == low):
        raise ValueError(f"{field}: must be {'>' if strict else '>='} {low:g}, got {result:g}")
    if result > high:
        raise ValueError(f"{field}: must be <= {high:g}, got {result:g}")
    return result


def integer(field: str, value: Any, *, low: int) -> int:
    """``value`` as an int ``>= low``; a float such as 3.0 is refused, a NumPy integer is not."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < low:
        raise ValueError(f"{field}: must be a whole number >= {low}, got {value!r}")
    return int(value)


def choice(field: str, value: str, known: Iterable[str]) -> str:
    """``value`` if it is among ``known``; the error lists what is known."""
    options = tuple(known)
    if value not in options:
        raise ValueError(f"{field}: unknown {value!r}; known: {', '.join(options)}")
    return value
