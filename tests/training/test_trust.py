"""What somebody sends runs no code, and writes and reads nothing outside its own folder."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from tools.checks import ROOT, python

import benchgame_env as bg
from benchgame_env.agents.runs.settings import TrainSettings
from benchgame_env.records import write_record
from benchgame_env.rules.registry import PROTOCOLS
from benchgame_env.training.benchmark.__main__ import main as benchmark
from benchgame_env.training.benchmark.suite import SCHEMA, Suite
from benchgame_env.training.evaluate import evaluate
from benchgame_env.training.evaluate import main as evaluate_command
from benchgame_env.training.report.__main__ import main as report
from benchgame_env.training.train import main as train_command
from benchgame_env.training.train import train

# A module whose import leaves a mark.
EVIL = """
from pathlib import Path
from benchgame_env.rules import Direct
Path(__file__).with_name("imported").touch()
class Rule(Direct):
    pass
"""
SUITE = """
name = "sent"
seeds = 1
defaults = { updates = 1, copies = 4 }

[[tasks]]
games = ["duel"]
protocols = ["direct"]

[algorithms.honest]
"""


def settings(**changes: Any) -> TrainSettings:
    given = {"game": "duel", "agents": "honest", "seeds": 1, "updates": 1, "copies": 4}
    return TrainSettings(**(given | changes))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "run"
    train(settings(), folder)
    return folder


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained, tmp_path / "run"))


@pytest.fixture
def mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that is there once the module ``evil`` was imported, in any process."""
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "evil.py").write_text(EVIL)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.delitem(sys.modules, "evil", raising=False)
    return folder / "imported"


def change(run: Path, **changes: Any) -> None:
    path = run / "settings.json"
    content = json.loads(path.read_text())
    content["settings"] |= changes
    path.write_text(json.dumps(content))


def refused(capsys: pytest.CaptureFixture[str], main: Callable[[list[str]], int], *words: Any) -> str:
    """The one line with which a command refuses."""
    capsys.readouterr()
    assert main([str(word) for word in words]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1, lines
    return lines[0]


# --- code ----------------------------------------------------------------------------------------

NAMED = [
    {"protocol": "evil:Rule"},
    {"protocol": "evil:Rule.json"},  # as if it were a game in a file
    {"protocol": "evil:Rule+rounded", "parameters": {"decimals": 1}},
    {"protocol": "tune-before-test+evil:Rule", "parameters": {"level": 1}},
    {"protocol": "rounded", "parameters": {"decimals": 1, "base": "evil:Rule"}},
    {"protocol": "rounded", "parameters": {"decimals": 1, "base": ["evil:Rule", {}]}},
    {"protocol": "rounded", "parameters": {"decimals": 1, "base": ["rounded", {"base": "evil:Rule"}]}},
    {"agents": "evil:Rule"},
    {"agents": "honest,evil:Rule"},
    {"game": "evil:Rule"},
    {"options": {"honest": {"head": "evil:Rule"}}},
    {"options": {"evil:Rule": {}}},
]


@pytest.mark.parametrize("changes", NAMED, ids=str)
def test_a_run_that_names_a_module_needs_trust(
    run: Path, mark: Path, changes: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    change(run, **changes)
    typed = ["--game", "duel", "--agents", "honest", "--seeds", 1, "--updates", 1, "--copies", 4]
    for main, *words in (
        (report, run),
        (evaluate_command, run),
        (train_command, *typed, "--out", run, "--resume"),
    ):
        line = refused(capsys, main, *words)
        assert "settings.json" in line
        assert "module 'evil'" in line
        assert "--trust" in line
        assert any(f": {name}" in line for name in changes)
    with pytest.raises(ValueError, match="trust=True"):
        evaluate(run)
    assert not mark.exists()


def test_trust_is_asked_for_each_time(run: Path, mark: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run / "prediction.json").unlink()
    change(run, protocol="evil:Rule")
    assert evaluate_command([str(run), "--trust"]) == 3  # one seed: undecided
    assert mark.exists()
    assert report([str(run), "--trust"]) == 0
    assert "--trust" in refused(capsys, report, run)
    assert evaluate(run, trust=True).prediction.regime == "cycle"


def test_a_name_that_is_typed_is_trusted(
    tmp_path: Path, mark: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    words = ["--game", "duel", "--agents", "honest", "--seeds", "2", "--updates", "1", "--copies", "4"]
    words += ["--protocol", "evil:Rule", "--out", str(out)]
    assert train_command([*words, "--workers", "2"]) == 0
    shutil.rmtree(out / "seed-1")
    assert train_command([*words, "--workers", "2", "--resume"]) == 0
    assert (out / "seed-1" / "checkpoint.pt").exists()
    assert "--trust" in refused(capsys, evaluate_command, out)
    other = [word.replace("evil:Rule", "direct") for word in words]
    assert "--trust" in refused(capsys, train_command, *other, "--resume")


@pytest.mark.usefixtures("fresh_registry")
def test_names_of_installed_packages_need_no_trust(
    run: Path, mark: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    point = EntryPoint("plugged", "evil:Rule", "benchgame_env.protocols")
    monkeypatch.setattr(PROTOCOLS, "installed", (point,))
    (run / "prediction.json").unlink()
    change(run, protocol="plugged")
    assert report([str(run)]) == 0
    assert mark.exists()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"direct"', '"evil:Rule"'),
        ('"direct"', '"direct", "evil:Rule+rounded:decimals=1"'),
        ('"direct"', '"rounded:decimals=1,base=evil:Rule"'),
        ('"duel"', '"evil:Rule"'),
        ("[algorithms.honest]", '[algorithms.honest]\nagents = "evil:Rule"'),
        ("[algorithms.honest]", '[algorithms.honest]\noptions = { head = "evil:Rule" }'),
        ("updates = 1", 'updates = 1, revision = "evil:Rule"'),
    ],
)
def test_a_suite_that_names_a_module_needs_trust(
    tmp_path: Path, mark: Path, old: str, new: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "suite.toml"
    path.write_text(SUITE.replace(old, new))
    line = refused(capsys, benchmark, path, "--out", tmp_path / "out")
    assert "suite.toml" in line
    assert "evil" in line
    assert "--trust" in line
    with pytest.raises(ValueError, match="trust=True"):
        Suite.read(path)
    assert not mark.exists()
    assert not (tmp_path / "out").exists()


def test_workers_inherit_trust(tmp_path: Path, mark: Path) -> None:
    (tmp_path / "suite.toml").write_text(
        SUITE.replace('"direct"', '"evil:Rule"').replace("seeds = 1", "seeds = 2")
    )
    words = [str(tmp_path / "suite.toml"), "--out", str(tmp_path / "out"), "--workers", "2"]
    assert benchmark([*words, "--trust"]) == 0
    assert mark.exists()
    assert report([str(tmp_path / "out"), "--trust"]) == 0


def test_a_module_beside_the_sent_folder_is_not_imported(trained: Path, tmp_path: Path) -> None:
    # As a user meets it: in a shell, from the folder above, which Python imports modules from.
    sent = Path(shutil.copytree(trained, tmp_path / "sent"))
    (sent / "evil.py").write_text(EVIL)
    change(sent, protocol="sent.evil:Rule")
    done = python(tmp_path, "-m", "benchgame_env.training.report", "sent", PYTHONPATH=str(ROOT))
    assert done.returncode == 2
    assert "module 'sent.evil'" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (sent / "imported").exists()


# --- other files ---------------------------------------------------------------------------------


@pytest.fixture
def game_file(tmp_path: Path) -> Path:
    law = bg.curves.ScalingLaw([0.1, 0.1], [0.8, 0.6], [-6.0, -6.0], [1.2, 1.2])
    steps = [0.0, 30, 100, 300, 1000, 3000, 10000, 30000]
    rows = [
        {"benchmark": "quiz", "model": name, "steps": x, "score": law.score([x, x])[k], "stderr": 0.01}
        for k, name in enumerate(("large", "small"))
        for x in steps
    ]
    folder = tmp_path / "data"
    folder.mkdir()
    bg.calibration.fit(rows).save(folder / "quiz.json")
    return folder / "quiz.json"


def test_a_run_holds_the_file_of_its_game(tmp_path: Path, game_file: Path) -> None:
    chosen = settings(game=str(game_file))
    train(chosen, tmp_path / "out")
    train(chosen, tmp_path / "out", resume=True)  # the path differs, the game does not
    game_file.rename(game_file.with_name("elsewhere.json"))
    moved = Path(shutil.move(tmp_path / "out", tmp_path / "moved"))
    assert evaluate(moved).settings.game == str(moved / "quiz.json")
    assert report([str(moved)]) == 0


@pytest.mark.parametrize("place", ["{}", "../data/quiz.json", "quiz.json", "link.json"])
def test_a_game_elsewhere_needs_trust(
    run: Path, game_file: Path, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (run / "link.json").symlink_to(game_file)
    change(run, game=place.format(game_file))
    line = refused(capsys, report, run)
    assert "settings.json: " in line
    assert f"no file in {run}" in line
    assert "--trust" in line


def test_a_suite_takes_games_from_its_own_folder(
    tmp_path: Path, game_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "suite.toml"
    path.write_text(SUITE.replace('"duel"', '"data/quiz.json"'))
    assert [run.settings.game for run in Suite.read(path).runs] == [str(game_file)]
    for place in (f"../{tmp_path.name}2/quiz.json", "/etc/quiz.json"):
        path.write_text(SUITE.replace('"duel"', f'"{place}"'))
        line = refused(capsys, benchmark, path, "--out", tmp_path / "out")
        assert "quiz.json" in line
        assert "--trust" in line


def test_drafts_and_files_follow_no_links(run: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    for name in ("report.html", "prediction.json", "rows.csv", "verdict.json", "settings.json"):
        for number in range(os.getpid() - 300, os.getpid() + 300):
            (run / f".{name}.{number}.tmp").symlink_to(victim)
    for path in (run / "report.html", run / "rows.csv", run / "seed-0" / "figures.json"):
        path.symlink_to(victim)
    evaluate(run, episodes=4)
    assert report([str(run)]) == 0
    assert train_command([*TYPED, "--updates", "2", "--out", str(run), "--resume"]) == 0
    assert victim.read_text() == "mine"
    assert not (run / "report.html").is_symlink()


TYPED = ["--game", "duel", "--agents", "honest", "--seeds", "1", "--copies", "4"]


def test_a_linked_seed_is_refused(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run / "seed-0").rename(tmp_path / "elsewhere")
    (run / "seed-0").symlink_to(tmp_path / "elsewhere")
    before = sorted((tmp_path / "elsewhere").iterdir())
    for main, *words in (
        (report, run),
        (evaluate_command, run),
        (train_command, *TYPED, "--updates", 2, "--out", run, "--resume"),
    ):
        assert "seed-0 is a link" in refused(capsys, main, *words)
    assert sorted((tmp_path / "elsewhere").iterdir()) == before


def test_a_linked_run_of_a_benchmark_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "suite.toml").write_text(SUITE)
    words = [tmp_path / "suite.toml", "--out", tmp_path / "out", "--workers", "1"]
    for part in ("runs", "runs/duel-direct-simultaneous-honest"):
        (tmp_path / "out" / part).parent.mkdir(parents=True)
        (tmp_path / "out" / part).symlink_to(tmp_path)
        (tmp_path / "out" / "suite.json").write_text("{}")
        assert "holds another suite" in refused(capsys, benchmark, *words)
        (tmp_path / "out" / "suite.json").unlink()
        suite = Suite.read(tmp_path / "suite.toml")
        write_record(tmp_path / "out" / "suite.json", suite.kept(), SCHEMA)
        assert f"{part} is a link" in refused(capsys, benchmark, *words)
        shutil.rmtree(tmp_path / "out")
