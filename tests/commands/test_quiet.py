"""Progress bars and notes: on a terminal, unless ``--quiet`` is said; never in a log file."""

from __future__ import annotations

import io
from pathlib import Path
from typing import ClassVar

import pytest

from benchgame_env.cli import bars, commands


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding: ClassVar[str] = "utf-8"  # type: ignore[misc]

    def isatty(self) -> bool:
        return True


def shown(stream: io.StringIO, words: list[str], monkeypatch: pytest.MonkeyPatch) -> str:
    """What a bar of three and a note write where ``words`` were said."""
    monkeypatch.setattr("sys.stderr", stream)
    commands.Parser(prog="benchgame").parse_args(words)
    with bars.progress_bar(3, "seed", "a run") as bar:
        bar.update(3)
    bars.note("Drawing ...")
    return stream.getvalue()


def test_a_terminal_shows_both(monkeypatch: pytest.MonkeyPatch) -> None:
    told = shown(Terminal(), [], monkeypatch)
    assert "3/3" in told
    assert "Drawing ..." in told


def test_quiet_leaves_both_out(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(Terminal(), ["--quiet"], monkeypatch) == ""


def test_a_log_file_has_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(io.StringIO(), [], monkeypatch) == "Drawing ...\n"


def test_a_table_wider_than_the_terminal_goes_on_below(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    # Widths 4, 20, 20: beside the first column, which is repeated, one of the others fits.
    text = commands.table(["name", "a" * 20, "b"], [["x", "1", "2" * 20], ["y", "3", "4"]])
    first, second = text.split("\n\n")
    assert [line.split() for line in first.splitlines()][2:] == [["x", "1"], ["y", "3"]]
    assert [line.split() for line in second.splitlines()][2:] == [["x", "2" * 20], ["y", "4"]]
    assert max(map(len, text.splitlines())) <= 40


def test_text_is_wrapped_with_its_indent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    lines = commands.wrapped("short\n  " + "word " * 12).splitlines()
    assert lines[0] == "short"
    assert max(map(len, lines)) <= 40
    assert lines[1].startswith("  word")
    assert all(line.startswith("    word") for line in lines[2:])


def test_a_file_that_is_not_there_is_named_without_a_number(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert commands.run(lambda: len((tmp_path / "no.csv").read_text(encoding="utf-8")), "benchgame") == 2
    told = f"No such file or directory: {str(tmp_path / 'no.csv')!r}"
    assert capsys.readouterr().err == f"benchgame: {told}\n"
