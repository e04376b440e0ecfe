"""What commands print and read, whoever reads it and whatever the locale."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from tools.checks import ROOT, SOURCES, piped, python, status
from tools.files import fitted_file

import benchgame_env as bg
from benchgame_env.__main__ import main
from benchgame_env.cli import commands
from benchgame_env.cli.figures import label_of
from benchgame_env.cli.streams import harmless, one_line
from benchgame_env.training import rank_agreement
from benchgame_env.training.benchmark.suite import Suite

run = partial(status, main)

# Names that strangers bring: formulas, what hides a label, other scripts, and what clears a terminal.
NAMES = ["$x^2_$", "$\\frac{", "_hidden", "Qwen-通义", "émile", "evil\x1b[2J", "two\nlines"]
LOCALES = {"ascii": "C", "utf-8": "C.UTF-8"}


def test_control_characters_are_escaped_and_the_rest_stays() -> None:
    assert harmless("évil\x1b[2J\x07\u202e\n\t日") == "évil\\x1b[2J\\x07\\u202e\n\t日"
    assert one_line("a\nb\tc\r") == "a\\nb\\tc\\r"


def test_names_reach_no_terminal_with_control_characters(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("predict", fitted_file(tmp_path / "gäme.json", NAMES), "--no-mixed") in (
        0,
        2,
    )  # or refused by name
    printed = "".join(capsys.readouterr())
    assert printed
    assert not {"\x1b", "\r"} & set(printed)
    assert run("predict", tmp_path / "no\x1b[2Jgame.json") == 2
    assert capsys.readouterr().err.count("\\x1b") == 1


def test_a_name_takes_one_line_of_a_table() -> None:
    table = commands.table(["model", "score"], [["two\nlines", "1"]])
    assert table.splitlines()[2].startswith("two\\nlines")


def test_any_name_is_drawn(tmp_path: Path) -> None:
    drawable = [name for name in NAMES if one_line(name) == name]
    plot = tmp_path / "levels.svg"
    assert (
        run(
            "thresholds",
            fitted_file(tmp_path / "gäme.json", drawable),
            "--max-level",
            100,
            "--plot",
            plot,
        )
        == 0
    )
    assert "<svg" in plot.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_a_label_shows_the_name_and_no_formula(name: str) -> None:
    from matplotlib.cbook import is_math_text
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    text = Text(text=label_of(name))
    shown, is_math = text._preprocess_math(text.get_text())
    assert shown.strip() == one_line(name)
    assert not is_math
    assert not is_math_text(label_of(name))
    axes = Figure().subplots()
    axes.plot([0, 1], label=label_of(name))
    assert len(axes.legend().get_texts()) == 1


@pytest.mark.parametrize("locale", LOCALES)
def test_the_locale_decides_nothing_but_what_the_terminal_shows(tmp_path: Path, locale: str) -> None:
    names = ["émile", "通义"]
    rows = [f"b,{model},{x},{y},1000" for model in names for x, y in CHECKPOINTS]
    data = tmp_path / "checkpoints.csv"
    data.write_text("\n".join(["benchmark,model,steps,score,items", *rows]), encoding="utf-8")
    environment = {"LC_ALL": LOCALES[locale], "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    words = ["-m", "benchgame_env", "calibrate", "checkpoints.csv", "--out", "made.json"]
    done = python(tmp_path, *words, **environment)
    assert done.returncode == 0, done.stderr
    assert ("émile" in done.stdout) == (locale == "utf-8")
    assert sorted(bg.load_game(str(tmp_path / "made.json")).names) == sorted(names)
    assert done.stderr == ""


CHECKPOINTS = [(0, 0.12), (10, 0.15), (100, 0.3), (1000, 0.55), (10000, 0.58), (30000, 0.58)]


def test_files_of_spreadsheets_and_editors_have_byte_order_marks(tmp_path: Path) -> None:
    suite = tmp_path / "suite.toml"
    text = 'name = "s"\nseeds = 1\n[[tasks]]\ngames = ["duel"]\n[algorithms.honest]\n'
    suite.write_text(text, encoding="utf-8-sig")
    assert Suite.read(suite).name == "s"
    scores = tmp_path / "scores.csv"
    rows = "benchmark,model,direct\nx,a,1\nx,b,2\ny,a,1\ny,b,3\n"
    scores.write_text(rows, encoding="utf-8-sig")
    assert status(rank_agreement.main, scores, "--columns", "direct") == 0


def text_without_encoding(call: ast.Call) -> bool:
    """Whether this opens a text, or the pipe of a process, in the encoding of the locale."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    method = isinstance(call.func, ast.Attribute)
    if any(word.arg == "encoding" for word in call.keywords):
        return False
    if name == "open":
        modes = [arg.value for arg in call.args if isinstance(arg, ast.Constant)]
        return not (method and ast.unparse(call.func).startswith("os.")) and not any(
            isinstance(mode, str) and "b" in mode for mode in modes[-1:]
        )
    texts = any(word.arg in ("text", "universal_newlines") for word in call.keywords)
    return (method and name in ("read_text", "write_text")) or texts


def test_every_text_is_opened_in_utf_8() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in SOURCES
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and text_without_encoding(node)
    ]
    assert SOURCES
    assert found == []


def test_a_closed_pipe_changes_no_exit_status_and_loses_no_file(tmp_path: Path) -> None:
    data = fitted_file(tmp_path / "gäme.json", ["a", "b"])
    plot = ["thresholds", str(data), "--max-level", "10", "--draws", "0", "--plot", "plot.svg"]
    assert piped(tmp_path, "benchgame_env", *plot) == (0, "", "")
    assert (tmp_path / "plot.svg").exists()
    assert piped(tmp_path, "benchgame_env", "predict", "chess")[0] == 2
    assert piped(tmp_path, "benchgame_env", "--help") == (0, "", "")


def test_a_full_disk_behind_standard_output_is_one_line(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no full device")
    with open("/dev/full", "wb") as full:
        command = [sys.executable, "-m", "benchgame_env", "protocols"]
        done = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, encoding="utf-8")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "No space left on device: 'standard output'" in done.stderr
