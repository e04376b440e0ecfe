"""What is written: nothing of others is replaced, two commands never mix, and a longer run goes on."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tools.checks import ROOT

from benchgame_env import folders
from benchgame_env.__main__ import main as core
from benchgame_env.agents.runs.checkpoints import load_checkpoint
from benchgame_env.agents.runs.settings import TrainSettings
from benchgame_env.folders import alone, alone_in
from benchgame_env.training.benchmark import cells
from benchgame_env.training.benchmark.__main__ import main as benchmark
from benchgame_env.training.benchmark.suite import Suite
from benchgame_env.training.compare_protocols.__main__ import main as compare
from benchgame_env.training.evaluate import evaluate
from benchgame_env.training.evaluate import main as evaluate_command
from benchgame_env.training.rank_agreement import main as rank_agreement
from benchgame_env.training.report.__main__ import main as report
from benchgame_env.training.train import main as train_command
from benchgame_env.training.train import train

Main = Callable[[list[str]], int]
SCORES = "benchmark,model,direct,tuned\na,x,.5,.6\na,y,.4,.5\nb,x,.7,.6\nb,y,.4,.2\n"
SUITE = """
name = "small"
seeds = 1
defaults = { updates = 1, copies = 4 }

[[tasks]]
games = ["duel-small-prize"]

[algorithms.honest]
"""
TYPED = ["--game", "duel-small-prize", "--agents", "honest", "--seeds", "1", "--copies", "4"]
COMPARE = ["duel-small-prize", "--protocols", "direct", "--workers", "1"]


def settings(**changes: Any) -> TrainSettings:
    given = {"game": "duel-small-prize", "agents": "honest", "seeds": 1, "updates": 1, "copies": 4}
    return TrainSettings(**(given | changes))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "scores.csv").write_text(SCORES)
    (tmp_path / "suite.toml").write_text(SUITE)
    steps = (0, 30, 100, 300, 1000, 3000, 10000, 30000)
    scores = (0.102, 0.161, 0.286, 0.489, 0.664, 0.75, 0.785, 0.795)
    rows = [f"quiz,m,{x},{score},0.01" for x, score in zip(steps, scores, strict=True)]
    (tmp_path / "points.csv").write_text("\n".join(["benchmark,model,steps,score,stderr", *rows]))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def complaint(capsys: pytest.CaptureFixture[str], main: Main, *words: str) -> str:
    capsys.readouterr()
    assert main(list(words)) == 2
    return capsys.readouterr().err.splitlines()[-1]


# --- devices and names ---------------------------------------------------------------------------

WRITES: dict[str, tuple[Main, list[str]]] = {  # commands that write a file, by its kind
    ".csv": (rank_agreement, ["scores.csv"]),
    ".json": (core, ["calibrate", "points.csv"]),
    ".svg": (core, ["thresholds", "duel-small-prize", "--max-level", "1"]),
}


@pytest.mark.skipif(os.name != "posix", reason="devices of POSIX")
def test_a_device_gets_the_rows_and_stays_a_device(here: Path) -> None:
    assert rank_agreement(["scores.csv", "--out", "/dev/null"]) == 0
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    words = [
        sys.executable,
        "-m",
        "benchgame_env.training.rank_agreement",
        "scores.csv",
        "--out",
        "/dev/stdout",
    ]
    before = os.lstat("/dev/stdout")
    with (here / "printed").open("wb") as file:
        subprocess.run(words, stdout=file, check=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert "benchmark,other,models,tau_direct,tau_tuned" in (here / "printed").read_text()
    assert os.lstat("/dev/stdout").st_mode == before.st_mode


@pytest.mark.skipif(os.name != "posix", reason="pipes of POSIX")
@pytest.mark.parametrize("kind", [".csv", ".json"])
def test_a_pipe_gets_the_rows_and_stays_a_pipe(here: Path, kind: str) -> None:
    main, words = WRITES[kind]
    os.mkfifo(here / f"pipe{kind}")
    handle = os.open(here / f"pipe{kind}", os.O_RDONLY | os.O_NONBLOCK)
    assert main([*words, "--out", f"pipe{kind}"]) == 0
    assert os.read(handle, 100_000)
    os.close(handle)
    assert stat.S_ISFIFO((here / f"pipe{kind}").lstat().st_mode)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
@pytest.mark.parametrize(
    ("main", "words"),
    [
        (rank_agreement, ["scores.csv", "--out", "/proc/x.csv"]),
        (core, ["calibrate", "points.csv", "--out", "/proc/x.json"]),
        (compare, [*COMPARE, "--out", "/proc/x.csv"]),
        (train_command, [*TYPED, "--updates", "1", "--out", "/proc/x"]),
        (benchmark, ["suite.toml", "--workers", "1", "--out", "/proc/x"]),
        (rank_agreement, ["scores.csv", "--out", "scores.csv/x.csv"]),
        (train_command, [*TYPED, "--updates", "1", "--out", "scores.csv/x"]),
    ],
)
def test_errors_name_the_file_that_was_given(
    here: Path, main: Main, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    line = complaint(capsys, main, *words)
    assert f"'{words[-1]}'" in line
    assert "tmp" not in line.replace(str(here), "")


def test_a_report_names_the_file_that_was_given(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train(settings(), here / "run")
    (here / "run" / "report.html").mkdir()
    assert "'run/report.html'" in complaint(capsys, report, "run")


# --- one command at a time -----------------------------------------------------------------------


@pytest.mark.skipif(folders.fcntl is None, reason="no locks")
def test_the_second_command_on_a_folder_is_refused(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = here / "out"
    train(settings(), out)
    with alone_in(out):
        for main, words in (
            (train_command, [*TYPED, "--updates", "1", "--resume", "--out", str(out)]),
            (evaluate_command, [str(out)]),
            (benchmark, ["suite.toml", "--workers", "1", "--out", str(out)]),
        ):
            assert f"{out}: another command writes to it" in complaint(capsys, main, *words)
    with alone(here / "rows.csv"):
        line = complaint(capsys, compare, *COMPARE, "--out", "rows.csv")
        assert "rows.csv: another command writes to it" in line
    assert evaluate_command([str(out), "--episodes", "4"]) == 3
    assert compare([*COMPARE, "--out", "rows.csv"]) == 0
    assert not list(here.glob(".*.lock"))


@pytest.mark.parametrize("locks", [True, False])
def test_two_runs_on_one_folder_do_not_mix(
    here: Path, locks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not locks:  # as on some network drives: the settings decide
        monkeypatch.setattr(folders, "fcntl", None)
    for attempt in range(5):
        out, errors = here / f"out-{attempt}", []
        start = threading.Barrier(2)

        def one(copies: int, start: Any = start, out: Path = out, errors: Any = errors) -> None:
            start.wait()
            try:
                train(settings(copies=copies), out)
            except ValueError as error:
                errors.append(str(error))

        threads = [threading.Thread(target=one, args=(copies,)) for copies in (4, 5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(errors) == 1
        assert str(out) in errors[0]
        copies = json.loads((out / "settings.json").read_text())["settings"]["copies"]
        whole = here / f"alone-{copies}"
        if not whole.exists():
            train(settings(copies=copies), whole)
        assert (out / "seed-0" / "progress.csv").read_text() == (
            whole / "seed-0" / "progress.csv"
        ).read_text()


def test_two_benchmarks_on_one_folder_do_not_mix(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cells.open_folder(Suite.read(here / "suite.toml"), here / "out")
    before = {path: path.read_bytes() for path in Path("out").rglob("*") if path.is_file()}
    (here / "other.toml").write_text(SUITE.replace("copies = 4", "copies = 5"))
    line = complaint(capsys, benchmark, "other.toml", "--workers", "1", "--out", "out")
    assert "out holds another suite" in line
    assert {path: path.read_bytes() for path in Path("out").rglob("*") if path.is_file()} == before


# --- drafts --------------------------------------------------------------------------------------


def test_drafts_of_killed_workers_are_removed_at_the_next_start(here: Path) -> None:
    draft = ".progress.csv.0123456789abcdef.tmp"
    train(settings(), here / "run")
    suite = Suite.read(here / "suite.toml")
    cells.open_folder(suite, here / "bench")
    (inside,) = (here / "bench" / "runs").iterdir()
    left = [here / "run", here / "run" / "seed-0", here / "bench", inside, inside / "seed-0"]
    for folder in left:
        folder.mkdir(exist_ok=True)
        (folder / draft).write_text("half")
    ours, others = here / f".rows.csv{draft[13:]}", here / draft
    ours.write_text("half")
    others.write_text("half")  # of another file beside it
    assert train_command([*TYPED, "--updates", "1", "--resume", "--out", "run"]) == 0
    cells.open_folder(suite, here / "bench")
    assert compare([*COMPARE, "--out", "rows.csv"]) == 0
    assert not any((folder / draft).exists() for folder in left)
    assert not ours.exists()
    assert others.exists()


# --- more updates --------------------------------------------------------------------------------


def content(seed: Path) -> str:
    """What a seed's folder holds, but for the log of TensorBoard; tensors as text."""
    checkpoint = load_checkpoint(seed / "checkpoint.pt")
    return (seed / "progress.csv").read_text() + repr(
        [(k, v.tolist() if hasattr(v, "tolist") else _plain(v)) for k, v in checkpoint.items()]
    )


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value.tolist() if hasattr(value, "tolist") else value


@pytest.mark.parametrize("agents", ["ppo-annealed", "regret-matching-plus"])
def test_more_updates_are_the_longer_run_bit_for_bit(here: Path, agents: str) -> None:
    given = {"game": "duel", "agents": agents, "copies": 8}
    train(settings(**given, updates=40), here / "whole")
    for updates in (20, 40):
        train(settings(**given, updates=updates), here / "parts", resume=True)
        assert TrainSettings.load(here / "parts").updates == updates
    assert content(here / "whole" / "seed-0") == content(here / "parts" / "seed-0")
    assert (here / "whole" / "settings.json").read_text() == (
        here / "parts" / "settings.json"
    ).read_text()


def test_a_verdict_on_fewer_updates_is_withdrawn(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, words = here / "run", [*TYPED, "--out", "run", "--resume"]
    train(settings(updates=2), out)
    evaluate(out, episodes=4)
    assert train_command([*words, "--updates", "2"]) == 0
    assert (out / "verdict.json").exists()
    line = complaint(capsys, train_command, *words, "--updates", "1")
    assert "updates: 2 there, 1 here" in line
    line = complaint(capsys, train_command, *words, "--updates", "3", "--copies", "5")
    assert re.search(r"\(copies: 4 there, 5 here\)", line)
    assert (out / "verdict.json").exists()
    assert train_command([*words, "--updates", "3"]) == 0
    assert not (out / "verdict.json").exists()
    assert len(evaluate(out, episodes=4).seeds) == 1


# --- what used to be taken in silence ------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (["--option", "resolution=nan", "--agents", "best-response"], "resolution"),
        (["--resolution", "nan"], "resolution"),
        (["--updates", str(10**30)], "updates"),
        (["--seeds", str(10**9)], "seeds"),
        (["--episodes", str(10**12)], "episodes"),
        (["--copies", str(10**30)], "copies"),
        (["--effort-levels", str(10**30)], "effort_levels"),
        (["--horizon", "1000000", "--episodes", "1000000"], "episodes"),
        (["--workers", "0"], "workers"),
    ],
)
def test_numbers_out_of_range_are_refused_by_option(
    here: Path, words: list[str], field: str, capsys: pytest.CaptureFixture[str]
) -> None:
    line = complaint(capsys, train_command, *TYPED, "--out", "run", *words)
    assert field in line
    assert not (here / "run").exists()
