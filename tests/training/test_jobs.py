"""The pool of processes: results, errors and deaths; what a log file gets of a progress bar."""

from __future__ import annotations

import math
import operator
import os
from contextlib import closing
from functools import partial

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
