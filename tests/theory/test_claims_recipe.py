"""What docs/claims.md says is true: its recipe works as a stranger follows it, its commands exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from tools.checks import ROOT, printed, python, status

from benchgame_env.__main__ import main

PAGE = (ROOT / "docs" / "claims.md").read_text()
[RECIPE] = re.findall(r"## Your own conjecture\n\n(.*?)\n## ", PAGE, flags=re.DOTALL)


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which steps 1 and 2 were followed."""
    folder = tmp_path_factory.mktemp("author")
    [(source, copy)] = re.findall(r"Copy `(.+?)` to `(.+?)`", RECIPE)
    text = (ROOT / source).read_text()
    names = re.findall(r"`([\w-]+)` by `([\w-]+)`", RECIPE)
    assert len(names) == 2
    for old, new in names:
        assert old in text
        text = text.replace(old, new)
    (folder / copy).write_text(text)
    return folder


def command() -> list[str]:
    """The command of step 5, as words for ``python``."""
    [line] = re.findall(r"`benchgame (falsify [^`]*)`", RECIPE)
    return ["-m", "benchgame_env", *shlex.split(line)]


def test_the_recipe_is_short() -> None:
    assert re.findall(r"^(\d)\. ", RECIPE, flags=re.MULTILINE) == ["1", "2", "3", "4", "5", "6"]


def test_the_conjecture_as_it_is_is_refuted(recipe: Path) -> None:
    page = printed(python(recipe, *command()), 1)
    assert page.startswith("my-claim is false.\n")


def test_a_true_claim_of_ones_own_survives(recipe: Path, tmp_path: Path) -> None:
    # Steps 3 and 4: nobody gains by passing anybody, and not only the next one up.
    text = (recipe / "my_claim.py").read_text()
    changed = text.replace("(*REQUIRED, nobody_passes_the_next)", '(*REQUIRED, "no_temptation")')
    assert changed != text
    (tmp_path / "my_claim.py").write_text(changed)
    page = printed(python(tmp_path, *command(), "--games", "100"))
    assert "no counterexample in 100 games" in page


def test_a_mistake_in_a_claim_is_one_line(recipe: Path, tmp_path: Path) -> None:
    text = (recipe / "my_claim.py").read_text().replace('"""nobody gains by just passing', '"""')
    (tmp_path / "my_claim.py").write_text(text.replace(' the next one up"""', '"""'))
    done = python(tmp_path, *command())
    assert done.returncode == 2
    assert "hypothesis 'nobody_passes_the_next': needs a docstring" in done.stderr
    assert done.stderr.count("\n") == 1


def block(words: str) -> str:
    """What the page shows as the output of ``benchgame words``."""
    [shown] = re.findall(rf"<!-- output of: benchgame {words} -->\n```text\n(.*?)```", PAGE, re.DOTALL)
    return shown


def test_the_page_shows_what_falsify_prints(capsys: pytest.CaptureFixture[str]) -> None:
    words = "falsify theorem-4.6 --without cost_strictly_increasing"
    assert status(main, *words.split()) == 1
    assert capsys.readouterr().out == block(words)


def rows_of_two(text: str) -> dict[str, list[str]]:
    """The cells of line-ups of two models, by benchmark; a wide table goes on below."""
    rows: dict[str, list[str]] = {}
    for benchmark, cells in re.findall(r"^(\w+), 2 models +(.*)$", text, re.MULTILINE):
        rows.setdefault(benchmark, []).extend(cells.split())
    return rows


def test_the_page_shows_what_prevalence_prints(capsys: pytest.CaptureFixture[str]) -> None:
    # The rows in which all line-ups are counted, for the others take long.
    shown = rows_of_two(block("prevalence gsm8k mmlu"))
    assert status(main, "prevalence", "gsm8k", "mmlu", "--models", "2") == 0
    assert rows_of_two(capsys.readouterr().out) == shown
    assert [len(cells) for cells in shown.values()] == [7, 7]  # "465 (all)" and five levels
    assert len(shown) == 2
