"""What the README says is true: its example runs and prints what it claims, its commands exist."""

from __future__ import annotations

import contextlib
import doctest
import io
import re

import pytest
from tools.checks import ROOT

README = (ROOT / "README.md").read_text()


def test_the_python_example_prints_what_the_readme_says() -> None:
    [example] = re.findall(r"```python\n(?!>>>)(.*?)```", README, flags=re.DOTALL)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(example, "README.md", "exec"), {})
    first, second = printed.getvalue().splitlines()
    assert f"`{first}`" in README
    # The weaker duellist overtakes at cost 0.5 for a prize of 1 (theory section 5).
    assert float(second) == pytest.approx(0.5, abs=1e-9)


def test_the_doctests_print_what_the_readme_says() -> None:
    failed, tried = doctest.testfile(str(ROOT / "README.md"), module_relative=False)
    assert (failed, tried > 0) == (0, True)


def test_the_map_names_what_is_there() -> None:
    page = (ROOT / "docs" / "map.md").read_text(encoding="utf-8")
    [tree] = re.findall(r"```text\n(.*?)```", page, flags=re.DOTALL)
    names = re.findall(r"^ *(\w+(?:\.py|/))", tree, flags=re.MULTILINE)
    assert len(names) > 10
    core = ROOT / "benchgame_env"
    folders = [ROOT, core, core / "agents", core / "training"]
    assert [name for name in names if not any((folder / name).exists() for folder in folders)] == []
