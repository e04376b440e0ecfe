"""Where an extra is missing: one line with the command that brings it, and nothing is left behind."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from tools.checks import ROOT, python

from benchgame_env import extras

HIDING = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {hidden}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Missing())
from benchgame_env.training.__main__ import main
for words in {commands}:
    print(main(words.split()))
"""
SMALL = "--game duel --seeds 1 --updates 1 --copies 4"
SUITE = 'name = "s"\nseeds = 1\ntasks = [{ games = ["duel"] }]\nalgorithms.honest = { updates = 1 }\n'


def without(hidden: set[str], folder: Path, *commands: str) -> subprocess.CompletedProcess[str]:
    """The commands one after the other, where these libraries are missing; prints their statuses."""
    return python(folder, "-c", HIDING.format(hidden=hidden, commands=commands))


def test_every_library_of_an_extra_is_known() -> None:
    content = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    listed = {
        extra: tuple(re.split(r"[<>=\[]", need)[0].replace("-", "_") for need in needs)
        for extra, needs in content["optional-dependencies"].items()
    }
    assert {extra: set(listed[extra]) for extra in extras.LIBRARIES} == {
        extra: set(libraries) for extra, libraries in extras.LIBRARIES.items()
    }


def test_a_plain_installation_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "suite.toml").write_text(SUITE, encoding="utf-8")
    (tmp_path / "mine.zip").write_bytes(b"")
    hidden = {"torch", "stable_baselines3", "tensorboard", "matplotlib"}
    done = without(
        hidden,
        tmp_path,
        f"train {SMALL} --agents honest --out runs/a",
        f"train {SMALL} --agents ppo --out runs/b",
        f"train {SMALL} --agents policy --option policy=mine.zip --out runs/c --trust",
        "benchmark suite.toml --out runs/d",
        "thresholds duel --plot levels.png",
        "agents",
    )
    assert done.returncode == 0, done.stderr
    train = "torch is not installed: pip install 'benchgame-env[train]'"
    assert done.stderr.splitlines() == [
        *[f"benchgame train: {train}"] * 3,
        f"benchgame benchmark: {train}",
        "benchgame thresholds: matplotlib is not installed: pip install 'benchgame-env[plot]'",
    ]
    statuses = [line for line in done.stdout.splitlines() if line in ("0", "2")]
    assert statuses == ["2"] * 5 + ["0"]
    assert f"ppo: {train}" in done.stdout
    assert sorted(os.listdir(tmp_path)) == ["mine.zip", "suite.toml"]


@pytest.mark.parametrize("hidden", ["stable_baselines3", "tensorboard"])
def test_who_needs_no_library_trains_without_it(hidden: str, tmp_path: Path) -> None:
    (tmp_path / "suite.toml").write_text(SUITE, encoding="utf-8")
    train = f"train {SMALL} --agents honest --out run --workers 1"
    done = without({hidden, "ray"}, tmp_path, train, "benchmark suite.toml --out bench --backend ray")
    assert done.stdout.endswith("grade, run: benchgame evaluate run\n0\n2\n"), done.stderr
    assert done.stderr.splitlines()[-1] == (
        "benchgame benchmark: ray is not installed: pip install 'benchgame-env[cluster]'"
    )
    assert sorted(os.listdir(tmp_path)) == ["run", "suite.toml"]
    assert (tmp_path / "run" / "seed-0" / "checkpoint.pt").exists()
    events = [name for name in os.listdir(tmp_path / "run" / "seed-0") if "tfevents" in name]
    assert len(events) == (hidden != "tensorboard")
    told = "No TensorBoard events: tensorboard is not installed: pip install 'benchgame-env[train]'"
    assert (told in done.stdout) == (hidden == "tensorboard")
