"""Sizes that a user can type, and inputs of a size that nobody tried: refused at once, or quick."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from tools.checks import status
from tools.files import fitted_file

import benchgame_env as bg
from benchgame_env.__main__ import main
from benchgame_env.agents.runs.settings import TrainSettings
from benchgame_env.training import evaluate, train
from benchgame_env.training.benchmark import __main__ as benchmark
from benchgame_env.training.compare_protocols import __main__ as compare_protocols
from benchgame_env.training.speed import __main__ as speed

HUGE = 10**30


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--seeds", 10**9], "seeds: must be <= 10,000"),
        (["--episodes", 10**12], "episodes: must be <= 1,000,000"),
        (["--copies", HUGE], "copies: must be <= 1,048,576"),
        (["--effort-levels", HUGE], "effort_levels: must be <= 100,000"),
        (["--updates", HUGE], "updates: must be <= 1,000,000"),
        (["--horizon", HUGE], "horizon: must be <= 1,000,000"),
        (["--workers", HUGE], "workers: must be <= 4,096"),
        (["--copies", 10**6, "--horizon", 10**3], "horizon, episodes, copies: "),
        (["--option", f"hidden={10**11}"], "hidden: must be <= 4,096"),
        (["--option", f"n_epochs={HUGE}"], "n_epochs: must be <= 10,000"),
        (["--agents", "dqn", "--option", f"buffer_size={HUGE}"], "buffer_size: must be <= 1,048,576"),
        (["--agents", "exp3", "--option", f"levels={HUGE}"], "levels: must be <= 100,000"),
        (["--protocol", "best-of", "--param", f"k={10**22}"], "k: must be <= 1,000"),
        (["--protocol", "finite-test", "--param", f"items={HUGE}"], "items: must be <= 1,000,000"),
        (["--protocol", "rounded", "--param", f"decimals={HUGE}"], "decimals: must be <= 15"),
    ],
)
def test_training_refuses_sizes_by_option_and_bound(
    words: list[object], named: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start = time.process_time()
    assert status(train.main, "--game", "duel", "--out", tmp_path / "run", *words) == 2
    error = capsys.readouterr().err
    assert named in error
    assert error.count("\n") == 1
    assert len(error) < 200
    assert not (tmp_path / "run").exists()
    assert time.process_time() - start < 5


def test_other_commands_refuse_sizes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = tmp_path / "run"
    run.mkdir()
    TrainSettings(game="duel", seeds=1, updates=1, copies=4, horizon=500).save(run)
    suite = tmp_path / "suite.toml"
    suite.write_text('name = "s"\nseeds = 1\n[[tasks]]\ngames = ["duel"]\n[algorithms.honest]\n')
    refused = {
        "episodes: must be <= 1,000,000": (evaluate.main, run, "--episodes", 10**12),
        "--episodes: 100,000,000 rows a seed; at most 10,000,000": (
            evaluate.main, run, "--episodes", 10**5,
        ),
        "repetitions: must be <= 10,000": (speed.main, "--quick", "--repetitions", HUGE),
        "workers: must be <= 4,096": (compare_protocols.main, "duel", "--workers", HUGE),
        "--workers: must be <= 4,096": (benchmark.main, suite, "--workers", HUGE),
    }  # fmt: skip
    for named, (command, *words) in refused.items():
        assert status(command, *words) == 2
        assert named in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "words", "most"),
    [
        (main, ["predict"], "1,000"),
        (main, ["cards"], "1,000"),
        (main, ["thresholds"], "100"),
        (compare_protocols.main, [], "200"),
    ],
)
def test_a_game_of_thousands_is_refused_where_it_would_take_hours(
    command: object, words: list[str], most: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = fitted_file(tmp_path / "large.json", [f"m{i}" for i in range(2000)])
    assert status(command, *words, path) == 2  # type: ignore[arg-type]
    assert f"takes at most {most} developers, and {path} has 2,000" in capsys.readouterr().err


def test_a_file_of_five_thousand_models_loads_in_seconds(tmp_path: Path) -> None:
    # With a list of all names for each model it took 8 s.
    path = fitted_file(tmp_path / "large.json", [f"m{i}" for i in range(5000)])
    start = time.process_time()
    game = bg.load_game(str(path))
    assert game.n_developers == 5000
    assert np.isfinite(bg.theory.temptation(game, "direct"))
    assert time.process_time() - start < 5
