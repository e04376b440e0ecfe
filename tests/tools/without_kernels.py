"""Prints the names of NumPy's kernels that this processor runs, for ``NPY_DISABLE_CPU_FEATURES``.

NumPy chooses its kernels when it is loaded. Without them the last digits of its functions are those of a
plain processor: ``NPY_DISABLE_CPU_FEATURES="$(python tests/tools/without_kernels.py)" pytest``.

Only names that NumPy itself dispatches on and that the processor has are printed: of any other NumPy
warns, and a name of its baseline is an error.
"""

from __future__ import annotations

import importlib
from types import ModuleType


def names() -> list[str]:
    """The kernels to switch off; none where NumPy tells of none."""
    module = _umath()
    dispatched = getattr(module, "__cpu_dispatch__", [])
    features = getattr(module, "__cpu_features__", {})
    return [name for name in dispatched if features.get(name)]


def _umath() -> ModuleType | None:
    """Where NumPy keeps the lists: under ``_core`` from 2.0 on, before that under ``core``."""
    for package in ("numpy._core", "numpy.core"):
        try:
            return importlib.import_module(f"{package}._multiarray_umath")
        except ImportError:
            continue
    return None


if __name__ == "__main__":
    print(*names())
