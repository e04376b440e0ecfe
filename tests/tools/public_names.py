"""The public names of the project with their signatures, one a line.

    python -m tests.tools.public_names > tests/house/public_names.txt

renews the list that tests/house/test_public_names.py compares with: that of the last release.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib import import_module
from typing import Any

# Modules whose `__all__`, or else whose own public classes and functions, are what users rely on.
MODULES = (
    "benchgame_env",
    "benchgame_env.agents",
    "benchgame_env.calibration",
    "benchgame_env.curves",
    "benchgame_env.metrics",
    "benchgame_env.testing",
    "benchgame_env.theory",
    "benchgame_env.training",
)


def public_names() -> list[str]:
    """Lines such as ``benchgame_env.theory.temptation(game, protocol)``, sorted."""
    return sorted(line for module in MODULES for line in _lines(module))


def _lines(name: str) -> Iterator[str]:
    module = import_module(name)
    own = [key for key, value in vars(module).items() if getattr(value, "__module__", "") == name]
    for key in getattr(module, "__all__", own):
        if key.startswith("_"):
            continue
        value = getattr(module, key)
        if not inspect.ismodule(value):
            yield f"{name}.{key}{_signature(value)}"
        if inspect.isclass(value) and key == value.__name__:  # and not under a second name
            yield from (f"{name}.{key}.{line}" for line in _members(value))


def _members(cls: type) -> Iterator[str]:
    made_here = [base for base in reversed(cls.__mro__) if base.__module__.startswith("benchgame_env")]
    values: dict[str, Any] = {}
    for base in made_here:
        values |= dict.fromkeys(inspect.get_annotations(base)) | vars(base)
    for key in sorted(values):
        if not key.startswith("_"):
            yield f"{key}{_signature(values[key])}"


def _signature(value: Any) -> str:
    """Names and defaults of the parameters; nothing for what cannot be called."""
    value = getattr(value, "__func__", value)  # of a static or class method
    if not callable(value):
        return ""
    try:
        parameters = inspect.signature(value).parameters.values()
    except ValueError:
        return ""
    # Annotations and the place in memory of a default differ from one Python to the next.
    bare = [one.replace(annotation=inspect.Parameter.empty) for one in parameters]
    plain = [one if _is_plain(one.default) else one.replace(default=...) for one in bare]
    return str(inspect.Signature(plain))


def _is_plain(default: Any) -> bool:
    return default is inspect.Parameter.empty or " at 0x" not in repr(default)


if __name__ == "__main__":
    print("\n".join(public_names()))
