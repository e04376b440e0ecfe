"""The examples of docs/other-libraries.md run, in a short form."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tools.checks import ROOT, printed, python

EXAMPLES = re.findall(
    r"```python\n(.*?)```", (ROOT / "docs" / "other-libraries.md").read_text(), flags=re.DOTALL
)


@pytest.mark.parametrize(("place", "library"), [(0, "torchrl"), (1, "benchmarl")])
def test_an_example_trains_and_judges(place: int, library: str, tmp_path: Path) -> None:
    pytest.importorskip(library, exc_type=ImportError)
    code, changed = re.subn(r"UPDATES, HORIZON = \d+, \d+", "UPDATES, HORIZON = 1, 2", EXAMPLES[place])
    assert changed == 1
    last = printed(python(tmp_path, "-c", code)).splitlines()[-1]
    # One update leaves play where it began, in the middle of the axis: far from honest.
    assert re.fullmatch(r"mismatch \[0\.\d+ 0\.\d+\]", last)
