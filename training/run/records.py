"""Dataclasses as plain JSON and back, without loss; errors name the field that does not fit."""

from __future__ import annotations

import math
import types
from dataclasses import fields, is_dataclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

INFINITE = ("nan", "inf", "-inf")  # numbers that JSON lacks, as Python's ``float`` reads them


def counted(number: int, noun: str) -> str:
    """A number with its noun, in the plural if it is not 1: ``1 seed``, ``2,000 copies``."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


def plain(value: Any) -> Any:
    """Turn ``value`` into what JSON can hold: dataclasses into dicts, arrays into lists, NaN into
    ``"nan"``. Finite floats read back to the same bits."""
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, (np.ndarray, np.generic)):
        return plain(value.tolist())
    if isinstance(value, dict):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def read(kind: Any, value: Any, field: str) -> Any:
    """Turn what `plain` made back into a value of the type ``kind``.

    Parameters
    ----------
    kind : type
        A dataclass, or a type that its fields may have: numbers, texts, arrays and containers of them.
    value : object
        Content of a JSON file.
    field : str
        Name of the value in error messages.

    Returns
    -------
    object
        A value of the type ``kind``.

    Raises
    ------
    ValueError
        If a field is missing, unknown or of another type; the message names it.
    """
    origin, parts = get_origin(kind), get_args(kind)
    if kind is Any:
        return value
    if origin in (Union, types.UnionType):
        (one,) = (part for part in parts if part is not type(None))
        return None if value is None else read(one, value, field)
    if origin is Literal:
        return _checked(value in parts, f"one of {parts}", value, field)
    if origin is np.ndarray:
        (scalar,) = get_args(parts[1])
        return _array(scalar, value, field)
    if is_dataclass(kind):
        return _record(kind, value, field)
    if origin is dict:
        _checked(isinstance(value, dict), "an object", value, field)
        return {key: read(parts[1], part, f"{field}.{key}") for key, part in value.items()}
    if origin in (list, tuple):
        _checked(isinstance(value, list), "a list", value, field)
        return _sequence(origin, parts, value, field)
    if kind is float:
        return _float(value, field)
    return _checked(type(value) is kind, kind.__name__, value, field)


def _record(kind: Any, value: Any, field: str) -> Any:
    _checked(isinstance(value, dict), "an object", value, field)
    hints, where = get_type_hints(kind), f"{field}." if field else ""
    names = [item.name for item in fields(kind)]
    if odd := set(names) ^ set(value):
        name = sorted(odd)[0]
        raise ValueError(f"{where}{name}: {'missing' if name in names else 'unknown'}")
    return kind(**{name: read(hints[name], value[name], where + name) for name in names})


def _sequence(origin: Any, parts: tuple[Any, ...], value: list[Any], field: str) -> Any:
    same = origin is list or parts[1:] == (...,)
    kinds = [parts[0]] * len(value) if same else parts
    _checked(len(kinds) == len(value), f"{len(kinds)} entries", value, field)
    return origin(
        read(one, v, f"{field}[{k}]") for k, (one, v) in enumerate(zip(kinds, value, strict=True))
    )


def _array(scalar: type, value: Any, field: str) -> Any:
    _checked(isinstance(value, list), "a list", value, field)
    leaves = _leaves(scalar, value, field)
    try:
        return np.array(leaves, dtype=scalar)
    except (OverflowError, ValueError) as error:  # lists of different lengths
        raise ValueError(f"{field}: {error}") from None


def _leaves(scalar: type, value: Any, field: str) -> Any:
    if isinstance(value, list):
        return [_leaves(scalar, part, field) for part in value]
    if issubclass(scalar, np.floating):
        return _float(value, field)
    return _checked(type(value) is int, "a whole number", value, field)


def _float(value: Any, field: str) -> float:
    fits = type(value) in (int, float) or (isinstance(value, str) and value in INFINITE)
    return float(_checked(fits, "a number", value, field))


def _checked(fits: bool, expected: str, value: Any, field: str) -> Any:
    if not fits:
        raise ValueError(f"{field}: expected {expected}, got {str(value)[:80]!r}")
    return value
