"""NumPy's kernels can be switched off, which `make test` does for its second run."""

from __future__ import annotations

import math

import pytest
from tools.checks import ROOT, printed, python

TOOL = str(ROOT / "tests" / "tools" / "without_kernels.py")


def run(*words: str, off: str | None = None) -> str:
    """What a fresh Python prints, for which warnings are errors."""
    return printed(python(ROOT, "-W", "error", *words, NPY_DISABLE_CPU_FEATURES=off)).strip()


def test_the_names_switch_all_kernels_off_and_numpy_warns_of_none() -> None:
    names = run(TOOL)
    # With these off the processor has none of them left; with nothing to name, nothing changes.
    assert run(TOOL, off=names) == ""
    assert run(TOOL, off="") == names
    # Another answer in the last place is the point; a wrong one is not.
    found = float(run("-c", "import numpy; print(numpy.log1p(0.5))", off=names))
    assert found == pytest.approx(math.log(1.5), rel=1e-14)
