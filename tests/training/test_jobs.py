"""The pool of processes: results, errors and deaths; what a log file gets of a progress bar."""

from __future__ import annotations

import math
import operator
import os
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from benchgame_env.training.jobs import Local, run_all
from benchgame_env.training.run.records import counted


def test_a_job_returns_its_result_its_error_or_how_its_process_died() -> None:
    good, bad, dead = partial(math.sqrt, 9.0), partial(operator.floordiv, 1, 0), partial(os._exit, 7)
    with closing(Local(2)) as pool:
        found = {done.job: done[1:] for done in run_all(pool, [good, bad, dead], lambda: None)}
    assert found[good] == ("", 3.0)
    error, result = found[bad]
    assert error.startswith("ZeroDivisionError: ")
    assert result is None
    assert found[dead] == ("its process ended with status 7", None)


def test_workers_import_nothing_from_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Python imports these while a process starts; in a folder that somebody sent they are their code.
    for name in ("signal", "random", "pickle", "benchgame_env"):
        (tmp_path / f"{name}.py").write_text(f"open('imported-{name}', 'w')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    with closing(Local(1)) as pool:
        [outcome] = run_all(pool, [partial(math.factorial, 3)], lambda: None)
    assert (outcome.error, outcome.result) == ("", 6)
    assert list(tmp_path.glob("imported-*")) == []
    assert "PYTHONSAFEPATH" not in os.environ


@pytest.mark.parametrize(
    ("number", "noun", "words"),
    [
        (1, "seed", "1 seed"),
        (0, "seed", "0 seeds"),
        (2000, "copy", "2,000 copies"),
        (1, "copy", "1 copy"),
    ],
)
def test_one_thing_is_singular(number: int, noun: str, words: str) -> None:
    assert counted(number, noun) == words
