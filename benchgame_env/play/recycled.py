"""Large arrays that are used again once nobody refers to them.

The system hands out the memory of a large new array page by page, and clears each: at fifty developers
that takes longer than a round of the game. An array that its caller has let go needs no new memory.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

KEPT = 2  # a caller holds one array while the next is made


def _references(arrays: list[NDArray[Any]], k: int) -> int:
    return sys.getrefcount(arrays[k])


# What an array that only its shelf refers to has. Where references are not counted exactly, none has it.
_COUNTED = sys.implementation.name == "cpython" and getattr(sys, "_is_gil_enabled", lambda: True)()
NOBODY = _references([np.empty(1)], 0) if _COUNTED else -1


class Shelf:
    """Arrays of one shape and type. Whoever takes one owns it for as long as it, or a view of it,
    exists; after that it is handed out again.

    Parameters
    ----------
    shape : tuple of int
        Shape of the arrays.
    dtype : dtype
        Their type.
    """

    def __init__(self, shape: tuple[int, ...], dtype: DTypeLike) -> None:
        self.shape, self.dtype = shape, np.dtype(dtype)
        self._arrays: list[NDArray[Any]] = []

    def take(self) -> NDArray[Any]:
        """An array that nobody else refers to; what it holds is undefined."""
        for k in range(len(self._arrays)):
            if _references(self._arrays, k) == NOBODY:
                return self._arrays[k]
        array: NDArray[Any] = np.empty(self.shape, dtype=self.dtype)
        self._arrays = [*self._arrays, array][-KEPT:] if NOBODY > 0 else []
        return array

    def __reduce__(self) -> Any:
        return Shelf, (self.shape, self.dtype)  # a pickle carries no arrays that are free
