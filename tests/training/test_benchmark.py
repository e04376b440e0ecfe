"""The benchmark: the same rows however it was stopped, failures that stop nothing, bad input."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from benchgame_env.training.benchmark import __main__ as benchmark
from benchgame_env.training.benchmark import cells
from benchgame_env.training.benchmark.suite import Suite
from benchgame_env.training.run import prediction
from benchgame_env.training.run.storage import read_rows

ROOT = Path(__file__).parent.parent.parent
TINY = """
name = "tiny"
seeds = 2
defaults = { updates = 30, copies = 128 }

[[tasks]]
games = ["duel-small-prize", "duel"]

[algorithms.honest]
[algorithms.ppo]
options = { hidden = 8 }
"""
FILES = ("suite.json", "rows.csv", "verdicts.csv", "statistics.json", "marl_eval.json")
HONEST = TINY.replace("[algorithms.ppo]\noptions = { hidden = 8 }\n", "")


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.toml"
    path.write_text(TINY)
    return path


def command(*words: object) -> int:
    try:
        return benchmark.main([str(word) for word in words])
    except SystemExit as stop:
        return int(stop.code or 0)


class Done(NamedTuple):
    """A benchmark that nobody stopped: its folder, and what the command printed."""

    out: Path
    printed: str


def done(suite: str, folder: Path) -> Done:
    (folder / "tiny.toml").write_text(suite)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        assert command(folder / "tiny.toml", "--out", folder / "out", "--workers", 1) == 0
    return Done(folder / "out", printed.getvalue())


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """Of all algorithms."""
    return done(TINY, tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """Of honest play alone. Tests that change it take a copy."""
    return done(HONEST, tmp_path_factory.mktemp("honest"))


def contents(out: Path) -> list[str]:
    return [(out / name).read_text() for name in FILES]


def test_killed_and_started_again_it_ends_with_the_same_rows(
    settings: Path, tmp_path: Path, whole: Done
) -> None:
    parts = tmp_path / "parts"
    words = [
        sys.executable,
        "-m",
        "benchgame_env.training.benchmark",
        settings,
        "--out",
        parts,
        "--workers",
        "2",
    ]
    killed = subprocess.Popen(words, cwd=ROOT, stderr=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 300
    while len(list(parts.glob("runs/*/seed-*/figures.json"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    found = len(list(parts.glob("runs/*/seed-*/figures.json")))
    assert 3 <= found < 8
    assert not (parts / "rows.csv").exists()
    assert command(settings, "--out", parts, "--workers", 1) == 0
    assert contents(parts) == contents(whole.out)


def test_rows_say_what_was_played_and_learned(
    settings: Path, whole: Done, capsys: pytest.CaptureFixture[str]
) -> None:
    out = whole.out
    rows = read_rows(out / "rows.csv")
    assert [(row["task"], row["algorithm"], row["seed"]) for row in rows] == [
        (f"{game}, direct, simultaneous", algorithm, seed)
        for algorithm in ("honest", "ppo")
        for game in ("duel-small-prize", "duel")
        for seed in ("0", "1")
    ]
    honest = rows[0]
    # Honest play is the equilibrium of the one; in the other the weaker gains 0.5 of P = 1 (theory
    # section 5).
    assert (honest["status"], honest["regime"], honest["tau"]) == ("done", "pure", "1.0")
    assert float(honest["regret"]) == pytest.approx(0, abs=1e-12)
    assert float(rows[2]["regret"]) == pytest.approx(0.5, abs=1e-9)
    assert [row["outcome"] for row in read_rows(out / "verdicts.csv")] == ["undecided"] * 4  # two seeds
    (found,) = json.loads((out / "statistics.json").read_text())["comparisons"]
    assert found["iqm"].keys() == {"honest", "ppo"}
    assert "duel, direct, simultaneous" in whole.printed
    assert "undecided 0% 0.5" in whole.printed
    # All done: the same command has nothing to do and says the same.
    before = contents(out)
    assert command(settings, "--out", out) == 0
    assert contents(out) == before
    assert capsys.readouterr().out == whole.printed


def test_a_failing_cell_is_recorded_and_tried_again(
    settings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    monkeypatch.setattr(cells, "run_cells", _run_but_fail)
    assert command(settings, "--out", out, "--workers", 2) == 1
    rows = read_rows(out / "rows.csv")
    failed = [row for row in rows if row["status"] == "failed"]
    assert [(row["algorithm"], row["seed"]) for row in failed] == [("ppo", "0"), ("ppo", "1")] * 2
    for seed, words in enumerate(("ArithmeticError: the sky fell", "its process was ended by SIGKILL")):
        assert {row["error"].partition(",")[0] for row in failed if row["seed"] == str(seed)} == {words}
    assert {row["regret"] for row in failed} == {""}
    sentences = [row["sentence"] for row in read_rows(out / "verdicts.csv")]
    undecided = ["2 seeds; a verdict needs 10"] * 2 + ["2 of 2 seeds failed"] * 2
    assert sentences == [f"undecided: {why}" for why in undecided]
    assert "seed 0 failed: ArithmeticError: the sky fell" in capsys.readouterr().err
    monkeypatch.undo()
    assert command(settings, "--out", out, "--workers", 1) == 0
    assert {row["status"] for row in read_rows(out / "rows.csv")} == {"done"}
    # A seed that is lost takes the verdict on its run along.
    run = out / "runs" / "duel-direct-simultaneous-ppo"
    assert (run / "verdict.json").exists()
    (run / "seed-0" / "figures.json").unlink()
    monkeypatch.setattr(cells, "run_cells", _run_but_fail)
    assert command(settings, "--out", out, "--workers", 1) == 1
    assert not (run / "verdict.json").exists()


def _run_but_fail(batch: list[cells.Cell]) -> None:
    for cell in batch:
        if cell.run.algorithm == "ppo":
            if cell.seed == 1:
                os.kill(os.getpid(), signal.SIGKILL)
            raise ArithmeticError("the sky\nfell")
    cells.run_cells(batch)


def test_a_cell_reads_its_prediction_once(
    settings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite, read, seen = Suite.read(settings), prediction.read_prediction, []

    def counted(*words: Any) -> Any:
        seen.append(words)
        return read(*words)

    monkeypatch.setattr(prediction, "read_prediction", counted)
    (cell, _) = cells.cells_of(suite.runs[0], tmp_path / "out")
    cells.run_cells([cell])
    assert cell.is_finished()
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("file", "content"),
    [("figures.json", "{"), ("rows.csv", ""), ("progress.csv", None), ("figures.json", None)],
)
def test_a_damaged_cell_is_worked_out_again_or_fails_alone(
    settings: Path, tmp_path: Path, honest: Done, file: str, content: str | None
) -> None:
    settings.write_text(HONEST)
    out = Path(shutil.copytree(honest.out, tmp_path / "out"))
    before = contents(out)
    victim = next(out.glob(f"runs/*/seed-1/{file}"))
    if content is None:
        victim.unlink()
    else:
        victim.write_text(content)
    if file == "progress.csv":  # which grading cannot make anew
        assert command(settings, "--out", out, "--workers", 1) == 1
        rows = read_rows(out / "rows.csv")
        assert [row["status"] for row in rows].count("failed") == 1
        assert any("progress.csv is missing" in row["error"] for row in rows)
    else:
        assert command(settings, "--out", out, "--workers", 1) == 0
        assert contents(out) == before


def test_workers_do_not_outlive_who_started_them(tmp_path: Path) -> None:
    code = (
        "import sys, time, benchgame_env.training.jobs as p\n"
        "from functools import partial\n"
        "pool = p.Local(2)\n"
        "for _ in range(2): pool.start(partial(time.sleep, 60))\n"
        "print(*(w.process.pid for w, _ in pool._busy.values()), flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    workers = [Path("/proc") / pid for pid in parent.stdout.readline().split()]
    parent.stdout.close()
    assert len(workers) == 2
    time.sleep(2)  # until they listen
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 20
    while any(worker.exists() for worker in workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(worker.exists() for worker in workers)


@pytest.mark.parametrize(
    ("words", "culprit"),
    [
        (["missing.toml"], "missing.toml is missing"),
        (["--backend", "cloud"], "--backend: unknown 'cloud'; known: local, ray"),
        (["--address", "here:1"], "--address: needs --backend ray"),
        (["--workers", "0"], "--workers: must be a whole number >= 1, got 0"),
        (["--random-state", "-1"], "--random-state: must be a whole number >= 0"),
        (["--seeds", "3"], "--seeds"),
        (["some.toml", "--quick"], "--quick: is a form of the standard suite"),
    ],
)
def test_bad_input_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], culprit: str
) -> None:
    assert command(*words, "--out", tmp_path / "out") == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert culprit in error
    assert not (tmp_path / "out").exists()


def test_a_folder_of_another_suite_is_left_alone(
    settings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "suite.json").write_text("{}")
    assert command(settings, "--out", out) == 2
    assert "holds another suite" in capsys.readouterr().err
    assert [(file.name, file.read_text()) for file in out.iterdir()] == [("suite.json", "{}")]
    (out / "suite.json").rename(out / "other.json")
    assert command(settings, "--out", out) == 2
    assert "holds something else already" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert command(settings, "--out", tmp_path / "file" / "out") == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.fixture
def cluster() -> Iterator[str]:
    """The address of a Ray cluster on this machine alone."""
    pytest.importorskip("ray")
    ray, port = Path(sys.executable).with_name("ray"), 6399
    options = ["--num-cpus=2", "--include-dashboard=false", "--node-ip-address=127.0.0.1"]
    start = [ray, "start", "--head", f"--port={port}", *options, "--disable-usage-stats"]
    subprocess.run(start, check=True, capture_output=True)
    yield f"127.0.0.1:{port}"
    subprocess.run([ray, "stop", "--force"], check=True, capture_output=True)


@pytest.mark.slow
def test_a_ray_cluster_comes_to_the_same_rows(settings: Path, tmp_path: Path, cluster: str) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    assert command(settings, "--out", here, "--workers", 2) == 0
    words = [sys.executable, "-m", "benchgame_env.training.benchmark", settings, "--out", there]
    subprocess.run([*words, "--backend", "ray", "--address", cluster], cwd=ROOT, check=True)
    assert contents(there) == contents(here)
