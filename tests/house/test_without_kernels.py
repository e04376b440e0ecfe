"""NumPy's kernels can be switched off, which `make test` does for its second run."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[1] / "tools" / "without_kernels.py"


def run(*words: str, off: str | None = None) -> str:
    """What a fresh Python prints, for which warnings are errors."""
    kept = {key: value for key, value in os.environ.items() if key != "NPY_DISABLE_CPU_FEATURES"}
    environment = kept if off is None else kept | {"NPY_DISABLE_CPU_FEATURES": off}
    command = [sys.executable, "-W", "error", *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_names_switch_all_kernels_off_and_numpy_warns_of_none() -> None:
    names = run(str(TOOL))
    # With these off the processor has none of them left; with nothing to name, nothing changes.
    assert run(str(TOOL), off=names) == ""
    assert run(str(TOOL), off="") == names
    # Another answer in the last place is the point; a wrong one is not.
    found = float(run("-c", "import numpy; print(numpy.log1p(0.5))", off=names))
    assert found == pytest.approx(math.log(1.5), rel=1e-14)
