"""Solvers on one thread of BLAS: its products differ in last digits with the number of threads."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from importlib import import_module
from typing import Any, TypeVar

from threadpoolctl import ThreadpoolController

Solver = TypeVar("Solver", bound=Callable[..., Any])


def one_thread(solver: Solver) -> Solver:
    """The same function, whose answers are the same bytes for any number of threads."""

    @wraps(solver)
    def alone(*args: Any, **kwargs: Any) -> Any:
        with _libraries().limit(limits=1):
            return solver(*args, **kwargs)

    return alone  # type: ignore[return-value]


@cache
def _libraries() -> Any:
    """The libraries of NumPy and SciPy, of which the second is loaded here at the latest."""
    import_module("scipy.linalg")
    return ThreadpoolController().select(user_api="blas")
