"""Checks of arguments: each returns clean data, or raises a ValueError that names the argument."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

# Least and largest counts, of settings and options alike: what a machine can hold, with room to spare.
BOUNDS: dict[str, tuple[int, int]] = {
    "seeds": (1, 10_000),
    "first_seed": (0, 2**31),
    "updates": (1, 1_000_000),
    "copies": (1, 2**20),
    "horizon": (1, 1_000_000),
    "episodes": (1, 1_000_000),
    "effort_levels": (2, 100_000),
    "workers": (1, 4_096),
    "developers": (1, 100_000),
    "levels": (2, 100_000),
    "items": (1, 1_000_000),
    "k": (1, 1_000),
    "repetitions": (1, 10_000),
    "hidden": (1, 4_096),
    "batch_size": (1, 2**20),
    "buffer_size": (1, 2**20),
    "learning_starts": (0, 2**31),
    "exploring_starts": (0, 2**31),
    "target_update": (1, 2**31),
    "gradient_steps": (1, 10_000),
    "n_epochs": (1, 10_000),
    "minibatches": (1, 2**20),
}
LARGEST = 1e100  # of finite numbers: their products, too, are numbers
LONGEST_NAME = 200  # characters
# Control characters but tab and newline, marks that turn the direction of text, and lone surrogates.
HARMFUL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)


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
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{field}: expected numbers, got {value!r}") from None
    if not found.ndim or not found.size:
        raise ValueError(f"{field}: expected a non-empty vector, got shape {found.shape}")
    if not np.isfinite(found).all():
        raise ValueError(f"{field}: must be finite, got {found.tolist()}")
    if (np.abs(found) > LARGEST).any():
        raise ValueError(f"{field}: must be within {LARGEST:g}, got {found.tolist()}")
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
        raise ValueError(f"{field}: expected a number, got {shortened(value)}") from None
    except OverflowError:
        raise ValueError(f"{field}: must be finite, got {shortened(value)}") from None
    if math.isnan(result) or (finite and math.isinf(result)):
        raise ValueError(f"{field}: must be {'finite' if finite else 'a number'}, got {result}")
    if result < low or (strict and result == low):
        raise ValueError(f"{field}: must be {'>' if strict else '>='} {low:g}, got {result:g}")
    if LARGEST < abs(result) < math.inf:
        raise ValueError(f"{field}: must be within {LARGEST:g}, got {result:g}")
    if result > high:
        raise ValueError(f"{field}: must be <= {high:g}, got {result:g}")
    return result


def integer(field: str, value: Any, *, low: int, high: int | None = None) -> int:
    """``value`` as an int ``>= low`` and ``<= high``; a float such as 3.0 is refused, a NumPy integer is
    not."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < low:
        raise ValueError(f"{field}: must be a whole number >= {low}, got {shortened(value)}")
    if high is not None and value > high:
        raise ValueError(f"{field}: must be <= {high:,}, got {shortened(value)}")
    return int(value)


def count(field: str, value: Any, name: str | None = None) -> int:
    """``value`` as an int within the entry ``name`` (default: ``field``) of `BOUNDS`."""
    low, high = BOUNDS[name or field]
    return integer(field, value, low=low, high=high)


def checked_name(field: str, value: Any) -> str:
    """``value`` as a name that pages and terminals can show.

    Blanks at the ends are cut off.

    Raises
    ------
    ValueError
        It is no text, is empty or too long, or holds control characters, line ends, or characters that
        change the direction of what follows.
    """
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{field}: expected a name, got {shortened(value)}")
    if len(value) > LONGEST_NAME:
        raise ValueError(f"{field}: a name has at most {LONGEST_NAME} characters, got {len(value)}")
    return checked_text(field, value.strip())


def checked_text(field: str, value: Any) -> str:
    """``value`` as one line of text of any length, with the characters that a name may have."""
    if not isinstance(value, str):
        raise ValueError(f"{field}: expected text, got {shortened(value)}")
    if odd := HARMFUL.search(value) or re.search(r"[\n\t]", value):
        raise ValueError(f"{field}: {odd[0]!a} cannot be shown, in {shortened(value)}")
    return value


def shortened(value: Any) -> str:
    """``value`` in an error message: escaped, and not longer than a line."""
    if isinstance(value, int) and abs(value) >= 10**40:
        return "a number of more than 40 digits"
    shown = ascii(value) if isinstance(value, str) else repr(value)
    return shown if len(shown) <= 80 else f"{shown[:77]}..."


def choice(field: str, value: str, known: Iterable[str]) -> str:
    """``value`` if it is among ``known``; the error lists what is known."""
    options = tuple(known)
    if value not in options:
        raise ValueError(f"{field}: unknown {value!r}; known: {', '.join(options)}")
    return value
