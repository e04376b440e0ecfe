"""A benchmark that is ended again and again: by signals to it, or to one of its processes."""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from .checks import ROOT

SUITE = """name = "killed"
seeds = 2
defaults = { updates = 60, copies = 8 }
[[tasks]]
name = "duels"
games = ["duel"]
[algorithms.ppo]
options = { hidden = 4 }
[algorithms.exp3]
"""
RESULTS = ("rows.csv", "verdicts.csv", "statistics.json", "marl_eval.json")
WAYS = ("SIGKILL", "SIGTERM", "SIGINT", "worker")
PATIENCE = 300  # seconds until a process on a busy machine is taken to hang
STATUSES = {"SIGKILL": {-9}, "SIGTERM": {143, -15}, "SIGINT": {130}, "worker": {0, 1}}


@dataclass(frozen=True)
class End:
    """How a benchmark ended.

    Attributes
    ----------
    killed : bool
        Whether it ran when the signal came.
    status : int
        Its exit status.
    errors : str
        What it wrote to standard error, without progress bars.
    """

    killed: bool
    status: int
    errors: str


def command(folder: Path) -> list[str]:
    """The benchmark in ``folder`` with two workers."""
    words = ["suite.toml", "--out", "bench", "--workers", "2"]
    return [sys.executable, "-m", "benchgame_env.training.benchmark", *words]


def killed(folder: Path, way: str, early: float, delay: float) -> End:
    """Start the benchmark in ``folder``, and end it.

    Parameters
    ----------
    folder : Path
        Where ``suite.toml`` is.
    way : str
        One of `WAYS`.
    early : float
        Seconds to wait if the end may come before there are workers; negative: wait for them.
    delay : float
        Seconds to wait after workers have started.
    """
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with (folder / "errors.txt").open("w+", encoding="utf-8") as errors:
        process = subprocess.Popen(
            command(folder), cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=errors,
            start_new_session=True,
        )  # fmt: skip
        if early < 0:
            wait_for(lambda: process.poll() is not None or bool(workers_of(process.pid)))
        time.sleep(delay if early < 0 else early)
        running = process.poll() is None
        if running:
            _end(process.pid, way)
        status = process.wait(PATIENCE)
        wait_for(lambda: not session(process.pid))
        errors.seek(0)
        lines = re.split(r"[\n\r]", errors.read())
    return End(running, status, "\n".join(line for line in lines if line and "update/s" not in line))


def _end(pid: int, way: str) -> None:
    with contextlib.suppress(ProcessLookupError, IndexError):
        if way == "worker":
            os.kill(random.choice(workers_of(pid)), signal.SIGKILL)
        else:
            os.kill(pid, getattr(signal, way))


def wait_for(condition: object) -> None:
    """Wait until ``condition()`` is true; AssertionError after `PATIENCE`."""
    end = time.monotonic() + PATIENCE
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "nothing happens any more"
        time.sleep(0.02)


def session(pid: int) -> list[int]:
    """Processes, not counting those that have ended, of the session that ``pid`` began."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, _, own = stat.read_text(encoding="utf-8").rpartition(")")[2].split()[:4]
            if int(own) == pid and state not in "ZX":
                found.append(int(stat.parent.name))
    return found


def workers_of(pid: int) -> list[int]:
    """Processes that work for the benchmark ``pid``."""
    found = []
    for one in session(pid):
        with contextlib.suppress(OSError):
            if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes():
                found.append(one)
    return found


def results(folder: Path) -> dict[str, bytes]:
    """The results of the benchmark in ``folder``."""
    return {name: (folder / "bench" / name).read_bytes() for name in RESULTS}
