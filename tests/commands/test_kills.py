"""A benchmark that is ended at any moment goes on to the same bytes, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import io
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tools.checks import ROOT, python
from tools.fuzzed import inside
from tools.kills import STATUSES, SUITE, WAYS, End, command, killed, results, wait_for

from benchgame_env.training.benchmark import __main__ as benchmark

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
KILLS = 45


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The results of the benchmark when nobody ends it, in one process."""
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / "suite.toml").write_text(SUITE, encoding="utf-8")
    said = io.StringIO()
    with inside(folder), contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        assert benchmark.main(["suite.toml", "--out", "bench", "--workers", "1"]) == 0, said.getvalue()
    return results(folder)


def check(end: End, way: str) -> None:
    """What whoever ended the benchmark sees of it."""
    assert end.status in STATUSES[way], end
    assert "Traceback" not in end.errors
    if way in ("SIGTERM", "SIGKILL"):
        assert end.errors == ""
    if way == "SIGINT":
        assert end.errors == "benchgame benchmark: interrupted"


def finished(folder: Path) -> dict[str, bytes]:
    """Results of the benchmark after it has run to its end; nothing half-written is left."""
    printed = python(folder, *command(folder)[1:])
    assert printed.returncode == 0, printed.stderr
    assert [path.name for path in folder.rglob(".*") if path.name.endswith(".tmp")] == []
    return results(folder)


def test_a_benchmark_survives_each_kind_of_end(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    (tmp_path / "suite.toml").write_text(SUITE, encoding="utf-8")
    # While the workers import, while they work, and without a chance to clean up.
    for way, delay in (("SIGTERM", 0.0), ("SIGINT", 1.0), ("SIGKILL", 3.0)):
        end = killed(tmp_path, way, -1.0, delay)
        if end.killed:
            check(end, way)
    assert finished(tmp_path) == undisturbed


@pytest.mark.long
def test_forty_five_kills_change_no_row(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    rng, kills = random.Random(0), 0
    (tmp_path / "suite.toml").write_text(SUITE, encoding="utf-8")
    while kills < KILLS:
        way = rng.choice(WAYS)
        early = rng.uniform(0.3, 3) if way != "worker" and rng.random() < 0.2 else -1.0
        end = killed(tmp_path, way, early, rng.uniform(0, 6))
        kills += end.killed
        if end.killed and early < 0:
            check(end, way)
        if end.status == 0:  # it was faster
            assert results(tmp_path) == undisturbed
            shutil.rmtree(tmp_path / "bench")
    assert finished(tmp_path) == undisturbed


def test_ctrl_c_while_a_command_imports_is_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchgame_env.training.train", "--game", "duel", "--out", "run"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, encoding="utf-8") as process:
        maps = Path(f"/proc/{process.pid}/maps")
        wait_for(lambda: "numpy" in maps.read_text(encoding="utf-8"))  # torch comes seconds later
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
    assert (process.returncode, errors) == (130, f"{' '.join(['python', *command[1:3]])}: interrupted\n")
