"""What the README says is true: its example runs and prints what it claims, links lead to files."""

from __future__ import annotations

import contextlib
import doctest
import io
import re
from pathlib import Path

import pytest
from tools.checks import ROOT

README = (ROOT / "README.md").read_text()
PAGES = sorted((ROOT / "docs").glob("*.md"))


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


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= 150


def test_the_map_names_what_is_there() -> None:
    page = (ROOT / "docs" / "map.md").read_text(encoding="utf-8")
    [tree] = re.findall(r"```text\n(.*?)```", page, flags=re.DOTALL)
    names = re.findall(r"^ *(\w+(?:\.py|/))", tree, flags=re.MULTILINE)
    assert len(names) > 10
    core = ROOT / "benchgame_env"
    folders = [ROOT, core, core / "agents", core / "training"]
    assert [name for name in names if not any((folder / name).exists() for folder in folders)] == []


def files_linked(page: Path) -> list[Path]:
    """Where the relative links of a page lead."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text)
    return [(page.parent / link).resolve() for link in links if "://" not in link]


def test_links_lead_to_files() -> None:
    linked = {file: page for page in (ROOT / "README.md", *PAGES) for file in files_linked(page)}
    assert [(page.name, file.name) for file, page in linked.items() if not file.exists()] == []
    assert [page.name for page in PAGES if page not in linked] == []  # each page is reached from another
