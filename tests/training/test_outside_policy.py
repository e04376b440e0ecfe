"""Policies from elsewhere, judged, trained beside learners and in a benchmark."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tools import policies
from tools.checks import status
from tools.fuzzed import inside

import benchgame_env as bg
from benchgame_env.agents.runs.checkpoints import load_checkpoint
from benchgame_env.agents.runs.settings import TrainSettings
from benchgame_env.training import evaluate as evaluate_command
from benchgame_env.training import judge
from benchgame_env.training import train as train_command
from benchgame_env.training.benchmark import __main__ as benchmark
from benchgame_env.training.learning import CHECKPOINT_EVERY, train_seeds
from benchgame_env.training.run.storage import read_rows
from benchgame_env.training.train import train

SUITE = """
name = "outside"
seeds = 1
defaults = { updates = 1, copies = 4 }

[[tasks]]
games = ["duel-small-prize"]

[algorithms.honest]
[algorithms.mine]
agents = "policy"
options = { policy = "tools.policies:honest" }
[algorithms.wasteful]
agents = "policy"
options = { policy = "tools.policies:far_out" }
"""
SMALL = ("--game", "duel", "--updates", 2, "--copies", 4)
ONE, TWO = ("--seeds", 1), ("--seeds", 2, "--workers", 2)


# The small prize is 0.4 and overtaking costs 0.5 (theory section 5): honest play is the equilibrium.
# Whoever spends half of the axis instead could save its cost.
def test_honest_policies_match_and_wasteful_ones_do_not() -> None:
    verdict = judge("duel-small-prize", "direct", policies=policies.honest)
    assert verdict.outcome == "match"
    assert verdict.regrets is not None
    assert verdict.regrets.tolist() == [0.0, 0.0]
    wasteful = judge("duel-small-prize", "direct", policies=[policies.honest, policies.half])
    assert wasteful.outcome == "mismatch"
    # The loser holds half of F for nothing, and F costs P.
    assert wasteful.regrets is not None
    assert wasteful.regrets.tolist() == pytest.approx([0.0, 0.5])


def test_policies_are_judged_by_the_efforts_of_their_last_round() -> None:
    rounds = bg.vector_env("duel-small-prize", "direct", 1, horizon=3).observer.layout.parts[
        "rounds_left"
    ]

    def late(observation: np.ndarray) -> float:
        """No effort but in the last round."""
        return 1.0 if observation[rounds][0] < 0.5 else -1.0

    last = judge("duel-small-prize", "direct", policies=[late, policies.honest], env={"horizon": 3})
    assert last.regrets is not None
    assert last.regrets.tolist() == pytest.approx([1.0, 0.0])


def test_judging_policies_depends_on_the_generator_alone() -> None:
    def regrets(seed: int) -> Any:
        rng = np.random.default_rng(seed)
        return judge("duel", "direct", policies=policies.all_at_once, rng=rng).regrets

    assert np.array_equal(regrets(0), regrets(0))
    assert not np.array_equal(regrets(0), regrets(1))


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"policies": [policies.honest]}, "policies: 1 for 2 developers"),
        ({"policies": policies.honest, "plays": [[0.0, 0.0]]}, "give one of the three"),
        ({"policies": policies.honest, "env": {"horizon": 0}}, "horizon"),
    ],
)
def test_judge_refuses_policies_that_do_not_fit(given: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        judge("duel", "direct", **given)


def test_a_policy_trains_beside_a_learner_in_processes_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = (*SMALL, *TWO, "--agents", "policy,ppo", "--option", "policy.policy=tools.policies:noisy")
    words = (*words, "--option", "ppo.hidden=4", "--out", tmp_path / "run")
    assert status(train_command.main, *words) == 0
    assert status(evaluate_command.main, tmp_path / "run") == 2
    assert "options.policy.policy: 'tools.policies:noisy' would import" in capsys.readouterr().err
    assert status(evaluate_command.main, tmp_path / "run", "--trust", "--episodes", 9) == 3


def test_a_run_with_a_policy_resumes_bit_for_bit(tmp_path: Path) -> None:
    options = {"policy": {"policy": "tools.policies:noisy"}, "ppo": {"hidden": 4}}
    run = TrainSettings(
        game="duel", agents="ppo,policy", options=options, copies=4, updates=CHECKPOINT_EVERY + 2
    )
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    for _ in train_seeds(run, {0: whole / "seed-0"}):
        pass
    first = train_seeds(run, {0: parts / "seed-0"})
    for _ in range(CHECKPOINT_EVERY + 1):
        next(first)
    first.close()
    for _ in train_seeds(run, {0: parts / "seed-0"}):
        pass
    plays = [load_checkpoint(folder / "seed-0" / "checkpoint.pt")["play"] for folder in (whole, parts)]
    assert torch.equal(*plays)
    assert len(np.unique(plays[0][..., 1])) > len(plays[0])  # the policy's own chance is in them


def test_files_of_policies_need_trust_wherever_they_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    size = bg.vector_env("duel", "direct", 1).observer.layout.size
    torch.save(policies.Net(size), "net.pt")
    words = (*SMALL, *ONE, "--agents", "policy", "--option", "policy=net.pt", "--out", "run")
    assert status(train_command.main, *words) == 2
    assert "--option: policy.policy: loading 'net.pt' can run any code" in capsys.readouterr().err
    assert not Path("run").exists()
    assert status(train_command.main, *words, "--trust") == 0
    assert status(train_command.main, *words, "--trust", "--resume") == 0
    assert status(evaluate_command.main, "run") == 2
    assert "options.policy.policy: loading 'net.pt'" in capsys.readouterr().err
    assert status(evaluate_command.main, "run", "--trust", "--episodes", 9) == 3
    torch.save(policies.Net(size, 0.0), "net.pt")
    capsys.readouterr()
    assert status(evaluate_command.main, "run", "--trust", "--episodes", 9) == 2
    assert "its file was another one when this was saved" in capsys.readouterr().err


def test_a_policy_that_fails_ends_a_run_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = (*SMALL, *ONE, "--agents", "policy", "--option", "policy=tools.policies:careless")
    assert status(train_command.main, *words, "--out", tmp_path / "run") == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert "policy tools.policies:careless, developer_0: KeyError: 'effort'" in last


def test_a_policy_is_a_row_of_a_benchmark(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "suite.toml").write_text(SUITE)
    with inside(tmp_path):
        assert status(benchmark.main, "suite.toml", "--out", "out") == 2
        assert "would import the module 'tools.policies'" in capsys.readouterr().err
        assert status(benchmark.main, "suite.toml", "--out", "out", "--trust") == 0
        rows = {row["algorithm"]: row for row in read_rows(Path("out/rows.csv"))}
    # All spend F, which costs P: the best model could save it, and the other with it.
    regrets = [float(rows[name]["regret"]) for name in ("honest", "mine", "wasteful")]
    assert regrets == pytest.approx([0, 0, 1])


def test_training_in_python_needs_no_word(tmp_path: Path) -> None:
    options = {"policy": {"policy": "tools.policies:honest"}}
    run = TrainSettings(game="duel", agents="policy", options=options, copies=4, updates=1, seeds=1)
    train(run, tmp_path / "run")
    assert (load_checkpoint(tmp_path / "run" / "seed-0" / "checkpoint.pt")["play"] == 0).all()
