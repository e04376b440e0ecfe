"""Names of the last release that have another name now: they work for one more, and say so."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

Old = Mapping[str, tuple[str, Callable[[], Any]]]


def renamed(module: str, old: Old) -> Callable[[str], Any]:
    """The ``__getattr__`` of ``module``; ``old`` is name to what it is called now, and its value."""

    def value_of(name: str) -> Any:
        if name not in old:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        now, value = old[name]
        warnings.warn(f"{module}.{name} is now {module}.{now}", DeprecationWarning, stacklevel=2)
        return value()

    return value_of
