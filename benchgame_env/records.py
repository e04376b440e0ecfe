"""What files hold, checked once: dataclasses as plain JSON and back, without loss.

Every file is text of bounded size and carries ``schema``, the version of its format. Whatever does not
fit is one sentence that names the file and the field.
"""

from __future__ import annotations

import contextlib
import csv
import json
import math
import tomllib
import types
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

from benchgame_env.files import PathLike, read_text, write_text
from benchgame_env.validate import checked_text, shortened

TOML_LIMIT = 2**18  # bytes
TOML_DOTS = 200  # in a line: a key of many parts takes memory that grows with their square
INFINITE = ("nan", "inf", "-inf")  # numbers that JSON lacks, as Python's ``float`` reads them


DIGITS = 40  # of a whole number; what has more is no number that a field can hold


@contextlib.contextmanager
def reading(path: PathLike) -> Iterator[None]:
    """Turn errors while ``path`` is read into a ValueError that names it as missing or damaged."""
    try:
        yield
    except FileNotFoundError:
        raise ValueError(f"{path} is missing") from None
    except RecursionError:
        raise ValueError(f"{path} is damaged: it is nested too deeply") from None
    except (csv.Error, LookupError, TypeError, ValueError, ArithmeticError, RuntimeError) as error:
        kind = "" if type(error) is ValueError else f"{type(error).__name__}: "
        raise ValueError(f"{path} is damaged: {kind}{error}") from error
    except IsADirectoryError:
        raise ValueError(f"{path} is damaged: it is a folder") from None


def write_record(path: PathLike, record: Any, schema: int, exclusive: bool = False) -> None:
    """Write `record_text`, see `benchgame_env.files.write_bytes`."""
    write_text(path, record_text(record, schema), exclusive)


def record_text(record: Any, schema: int) -> str:
    """A dataclass, or a dict of what `plain` takes, as JSON that `read_record` reads."""
    content = {"schema": schema, **plain(record)}
    return json.dumps(content, indent=1, allow_nan=False) + "\n"


def read_record(kind: Any, path: PathLike, schema: int) -> Any:
    """Read a file that `write_record` wrote.

    Parameters
    ----------
    kind : type
        A dataclass.
    path : str or path
        The file.
    schema : int
        Version of the format that is expected.

    Returns
    -------
    object
        A value of the type ``kind``.

    Raises
    ------
    ValueError
        The file is missing, of another version or damaged; the message names the file and the field.
    """
    with reading(path):
        return read(kind, fields_of(parse_json(read_text(path)), schema), "")


def fields_of(content: Any, schema: int) -> dict[str, Any]:
    """The fields of a record without their ``schema``, which has to be ``schema``. A file that carries
    none, as before 0.2.0, is of version 1."""
    _checked(isinstance(content, dict), "an object", content, "the file")
    found = content.get("schema", 1)
    if type(found) is not int or found != schema:
        raise ValueError(f"schema: expected version {schema}, got {shortened(found)}; make it again")
    return {name: part for name, part in content.items() if name != "schema"}


def parse_json(text: str) -> Any:
    """The content of JSON. A number that JSON lacks or that is too large becomes a float that no field
    takes, so that the error names the field; a name that is given twice is refused here."""
    return json.loads(text, parse_int=_whole, object_pairs_hook=_named_once)


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= DIGITS else float(digits)


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"{_word(name)}: given twice")
        found[name] = value
    return found


def read_toml(path: PathLike) -> dict[str, Any]:
    """The content of a TOML file. Raises ValueError and OSError that do not name the file."""
    text = read_text(path, TOML_LIMIT)
    for k, line in enumerate(text.splitlines(), 1):
        if line.count(".") > TOML_DOTS:
            raise ValueError(f"line {k} has more than {TOML_DOTS} dots")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


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
        return _free(value, field)
    if kind is str:
        return checked_text(field, _checked(isinstance(value, str), "text", value, field))
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
        return {
            checked_text(field, key): read(parts[1], part, f"{field}.{_word(key)}")
            for key, part in value.items()
        }
    if origin in (list, tuple):
        _checked(isinstance(value, list), "a list", value, field)
        return _sequence(origin, parts, value, field)
    if kind is float:
        return _float(value, field)
    return _checked(type(value) is kind, kind.__name__, value, field)


def _record(kind: Any, value: Any, field: str) -> Any:
    values = values_of(kind, value, field)
    try:
        return kind(**values)
    except ValueError as error:  # its own checks
        raise ValueError(f"{field}: {error}" if field else str(error)) from None


def values_of(kind: Any, value: Any, field: str) -> dict[str, Any]:
    """Values of the fields of the dataclass ``kind``, by name; raises like `read`."""
    _checked(isinstance(value, dict), "an object", value, field or "the file")
    hints, where = get_type_hints(kind), f"{field}." if field else ""
    names = [item.name for item in fields(kind)]
    if odd := set(names) ^ set(value):
        name = sorted(odd)[0]
        raise ValueError(f"{where}{_word(name)}: {'missing' if name in names else 'unknown'}")
    return {name: read(hints[name], value[name], where + name) for name in names}


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


def _free(value: Any, field: str) -> Any:
    """A value of any kind, in which texts can be shown and numbers are finite."""
    if isinstance(value, dict):
        return {checked_text(field, k): _free(v, f"{field}.{_word(k)}") for k, v in value.items()}
    if isinstance(value, list):
        return [_free(part, f"{field}[{k}]") for k, part in enumerate(value)]
    if isinstance(value, str):
        return checked_text(field, value)
    return _float(value, field) if type(value) is float else value


def _float(value: Any, field: str) -> float:
    if type(value) is float:
        return float(_checked(math.isfinite(value), "a finite number", value, field))
    fits = type(value) is int or (isinstance(value, str) and value in INFINITE)
    return float(_checked(fits, "a number", value, field))


def _checked(fits: bool, expected: str, value: Any, field: str) -> Any:
    if not fits:
        raise ValueError(f"{field}: expected {expected}, got {shortened(value)}")
    return value


def _word(name: str) -> str:
    """A name from a file in an error message."""
    return shortened(name)[1:-1] if len(name) < 70 else shortened(name)
