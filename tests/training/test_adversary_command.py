"""The command that attacks verdicts, as a user runs it."""

from __future__ import annotations

from pathlib import Path

from tools.checks import python


def test_it_runs_in_processes(tmp_path: Path) -> None:
    # What the processes do has to come from a module that they can import.
    done = python(
        tmp_path, "-m", "benchgame_env.training.adversary", "agreement", "--games", "1", "--workers", "2"
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
