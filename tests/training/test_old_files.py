"""Files of 0.1.0: what fits loads, and the rest is refused in one line. That version wrote them; they
are in ``tests/fixtures/0.1.0``."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tools.checks import ROOT

import benchgame_env as bg
from benchgame_env import agents
from benchgame_env.__main__ import main as core
from benchgame_env.agents.runs.checkpoints import read_checkpoint
from benchgame_env.agents.runs.settings import TrainSettings
from benchgame_env.training.benchmark.__main__ import main as benchmark
from benchgame_env.training.benchmark.suite import Suite
from benchgame_env.training.compare_protocols.__main__ import main as compare
from benchgame_env.training.evaluate import main as evaluate
from benchgame_env.training.report.__main__ import main as report
from benchgame_env.training.train import main as train
from benchgame_env.training.train import train as train_settings

TYPED = ["--game", "duel", "--agents", "regret-matching-plus", "--action-type", "discrete",
         "--effort-levels", "3", "--copies", "4", "--seeds", "1"]  # fmt: skip

# Of each kind that keeps numbers in a way of its own; `run` has regret-matching-plus.
LEARNED = ("ppo", "a2c", "dqn", "psro")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "tests" / "fixtures" / "0.1.0", tmp_path / "old"))


def test_a_game_loads(old: Path) -> None:
    game = bg.load_game(str(old / "game.json"))
    assert game.names == ("large", "small")
    assert game.quality == pytest.approx([0.8, 0.6], abs=0.02)  # the ceilings of points on the law
    assert core(["predict", str(old / "game.json"), "--no-mixed"]) == 0


def test_a_table_of_checkpoints_gives_the_same_game(old: Path) -> None:
    fitted = bg.calibration.fit(bg.calibration.read_csv(old / "scores.csv"))
    kept = bg.calibration.Calibration.load(old / "game.json")
    assert fitted.curves.upper == pytest.approx(kept.curves.upper, rel=1e-6)


def test_a_suite_loads(old: Path) -> None:
    assert [run.algorithm for run in Suite.read(old / "suite.toml").runs] == [
        "honest",
        "regret-matching-plus",
    ]


def test_a_run_is_graded_anew_and_goes_on(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = old / "run"
    assert TrainSettings.load(run).updates == 2
    assert read_checkpoint(run / "seed-0" / "checkpoint.pt", 2, 2).update == 2
    capsys.readouterr()
    assert report([str(run)]) == 2
    assert "rules: made by version 1, this is version 2; judge it anew" in capsys.readouterr().err
    assert evaluate([str(run), "--episodes", "4"]) == 3  # one seed: undecided
    assert report([str(run)]) == 0
    assert train([*TYPED, "--updates", "3", "--resume", "--out", str(run)]) == 0
    assert TrainSettings.load(run).updates == 3


@pytest.mark.parametrize("name", LEARNED)
def test_what_was_learned_is_graded_and_goes_on(old: Path, name: str) -> None:
    run = old / "runs" / name
    settings = agents.TrainSettings.load(run)
    played = agents.play(settings.vector_env(), agents.load(run, 0), 1, np.random.default_rng(0))
    assert (played["effort"] >= 0).all()
    assert evaluate([str(run), "--episodes", "4", "--workers", "1"]) == 3  # one seed: undecided
    train_settings(replace(settings, updates=3), run, resume=True)
    assert read_checkpoint(run / "seed-0" / "checkpoint.pt", 2, 3).update == 3


def test_what_goes_on_learns_as_0_1_0_did(old: Path) -> None:
    run = old / "runs" / "ppo"
    train_settings(replace(agents.TrainSettings.load(run), updates=3), run, resume=True)
    now = read_checkpoint(run / "seed-0" / "checkpoint.pt", 2, 3)
    then = read_checkpoint(run / "after-three.pt", 2, 3)
    # Scores are published on a grid of 2**-23 since then, and gradients are summed in another order.
    assert now.play == pytest.approx(then.play, abs=1e-6)
    (player,), (before,) = now.players, then.players
    assert player["weights"].numpy() == pytest.approx(before["weights"].numpy(), abs=1e-6)


def test_values_of_boards_that_are_no_longer_shown_are_refused(
    old: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate([str(old / "runs" / "q-learning")]) == 2
    assert "of version 0.1.0, are no longer shown: train anew" in capsys.readouterr().err


def test_rows_of_a_comparison_are_refused(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (old / "comparison.csv").read_text()
    words = ["duel", "--protocols", "direct", "--workers", "1", "--out", str(old / "comparison.csv")]
    assert compare(words) == 2
    assert "missing columns: schema" in capsys.readouterr().err
    assert (old / "comparison.csv").read_text() == before


def test_a_benchmark_is_refused(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [str(old / "suite.toml"), "--out", str(old / "bench"), "--workers", "1"]
    assert benchmark(words) == 2
    assert "bench holds another suite, or this one" in capsys.readouterr().err
    assert report([str(old / "bench")]) == 2
    assert "made by version 1, this is version 2" in capsys.readouterr().err.splitlines()[-1]
