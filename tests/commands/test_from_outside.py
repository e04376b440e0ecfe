"""A rule, a game, an agent and a suite from outside the tree, by command, from a folder of the user's
own: those of an installed package, and those in a file of that folder.
"""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import re
import shlex
from pathlib import Path

import pytest
from tools.checks import ROOT, installed, printed, python

PAGE = (ROOT / "docs" / "agents.md").read_text(encoding="utf-8")
[RECIPE] = re.findall(r"## Your own agent\n\n(.*?)\n## ", PAGE, flags=re.DOTALL)
SMALL = ["--seeds", "2", "--updates", "1", "--copies", "4", "--workers"]
# What the console command does. As there, and due to -P, the current folder is not on Python's path.
MAIN = "import sys; from benchgame_env.training.__main__ import main; sys.exit(main())"
BENCHGAME = ["-P", "-c", MAIN]
# Several commands one after another in one process: each spares the time to import torch.
ALL = "import json, sys; from benchgame_env.training.__main__ import main; "
ALL += "print([main(words) for words in json.loads(sys.argv[1])])"
MINE = """
from dataclasses import dataclass
import benchgame_env as bg

GAME = bg.Game(bg.curves.Additive([0.25, 0.0]), bg.LinearCost(), [1.0, 0.0])
SUITE = {
    "name": "my-suite", "seeds": 1, "defaults": {"updates": 1, "copies": 128},
    "tasks": [{"games": ["mine:GAME"], "protocols": ["mine:Half:share=0.5"]}],
    "algorithms": {"hesitant": {"agents": "my_agent:MyAgent", "options": {"share": 0.25}}},
}

@dataclass(frozen=True)
class Half:
    share: float = 0.5

    def evaluate(self, game, efforts, rng=None):
        return game.board(game.curves.score(self.share * efforts))
"""


# --- an installed package ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed(ROOT / "tests" / "plugin_package", tmp_path_factory.mktemp("package"))


def test_all_that_a_package_brings_is_played_graded_and_shown(site: Path, tmp_path: Path) -> None:
    def benchgame(*words: str) -> str:
        return printed(python(tmp_path, *BENCHGAME, *words, path=(site, ROOT)))

    chosen = ["--game", "rivals", "--protocol", "half-credit", "--agents", "hesitant,honest"]
    commands = [
        ["games"],
        ["train", *chosen, *SMALL, "1", "--option", "hesitant.share=0.25", "--out", "run"],
        ["evaluate", "run", "--episodes", "64", "--workers", "1"],
        ["report", "run"],
    ]
    told = printed(python(tmp_path, "-P", "-c", ALL, json.dumps(commands), path=(site, ROOT)))
    assert "rivals" in told.partition("FAMILY")[0]  # the games
    assert "half-credit" in told
    assert "[0, 0, 3, 0]" in told  # two seeds: undecided
    with open(tmp_path / "run" / "rows.csv", encoding="utf-8") as file:
        own = [row["effort"] for row in csv.DictReader(file) if row["developer"] == "0"]
    # One prize of 1 at a cost of 1 is worth F = 1: the agent plays 0 or a quarter.
    assert {round(float(effort), 12) for effort in own} == {0.0, 0.25}
    assert "rivals" in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    # In processes of its own, which find the package anew.
    table = benchgame("benchmark", "half-credit-suite", "--workers", "2")
    assert "rivals, half-credit, simultaneous" in table
    assert "hesitant" in table
    benchgame("report", "runs/half-credit-suite")


# --- a file of one's own -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which steps 1 to 3 of the page were followed, and one file with the other kinds."""
    folder = tmp_path_factory.mktemp("author")
    [(source, copy)] = re.findall(r"Copy `(.+?)` to `(.+?)`", RECIPE)
    [(old, new)] = re.findall(r"replace `(\w+)` by `(\w+)`", RECIPE)
    text = (ROOT / source).read_text(encoding="utf-8").replace(old, new)
    changed = text.partition("    def strategies")[0].replace(
        "np.full(len(observations), self.effort)",
        "self.effort * rng.integers(2, size=len(observations))",
    )
    assert "rng.integers" in changed
    (folder / copy).write_text(changed, encoding="utf-8")
    (folder / "mine.py").write_text(MINE, encoding="utf-8")
    return folder


def command(start: str) -> list[str]:
    """The words of the page's only command that starts so, after ``benchgame``."""
    [line] = re.findall(rf"^(?:\d\. `)?benchgame ({re.escape(start)}[^`\n]*)", PAGE, flags=re.MULTILINE)
    return shlex.split(line)


def test_the_recipe_is_short() -> None:
    assert re.findall(r"^(\d)\. ", RECIPE, flags=re.MULTILINE) == ["1", "2", "3", "4", "5", "6"]


def test_the_recipes_agent_is_trained_and_graded(folder: Path) -> None:
    train, grade = command("train"), command("evaluate")
    printed(python(folder, *BENCHGAME, *train, *SMALL, "2"))  # in processes that are spawned
    done = python(folder, *BENCHGAME, *grade[:-1])
    assert done.returncode == 2
    assert "module 'my_agent'" in done.stderr
    told = printed(python(folder, *BENCHGAME, *grade, "--episodes", "64"), 3)
    assert "direct: undecided: 2 seeds" in told


def test_a_file_brings_a_game_a_rule_and_a_suite(folder: Path) -> None:
    page = printed(python(folder, *BENCHGAME, "predict", "mine:GAME", "--protocol", "mine:Half"))
    assert "the theory does not cover this rule" in page
    table = printed(python(folder, "-m", "benchgame_env.training", "benchmark", "mine:SUITE"))
    assert "mine:GAME, mine:Half(share=0.5), simultaneous" in table
    printed(python(folder, *BENCHGAME, "report", "runs/my-suite", "--trust"))


@pytest.mark.skipif(importlib.util.find_spec("ray") is not None, reason="Ray is installed")
def test_the_current_folder_is_searched_for_named_modules_alone(tmp_path: Path) -> None:
    (tmp_path / "ray.py").write_text("open('imported', 'w')", encoding="utf-8")
    (tmp_path / "suite.toml").write_text(
        'name = "s"\nseeds = 1\ntasks = [{ games = ["duel"] }]\nalgorithms.honest = { updates = 1 }\n',
        encoding="utf-8",
    )
    done = python(tmp_path, *BENCHGAME, "benchmark", "suite.toml", "--backend", "ray")
    assert (done.returncode, done.stderr) == (
        2,
        "benchgame benchmark: ray is not installed: pip install 'benchgame-env[cluster]'\n",
    )
    assert sorted(os.listdir(tmp_path)) == ["ray.py", "suite.toml"]
