"""Wheel and source distribution: each file once, nothing installed under the names of others, usable
without torch, and usable as the README says from an environment that was empty."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
from packaging.metadata import Metadata
from tools.checks import ROOT, SOURCES, SUITE, printed, python

from benchgame_env.explore.page import SCRIPTS

MADE = shutil.ignore_patterns(
    "__pycache__", ".*cache", ".venv", ".git", ".hypothesis", "build", "*.egg-info"
)
SMALL = "--seeds 2 --updates 2 --copies 4 --workers 2"
EXTRAS = {"torch", "stable_baselines3", "tensorboard", "matplotlib", "ray", "pyarrow"}


def made(folder: str, names: list[str]) -> set[str]:
    """What is no source in a folder: made by tools, or the runs of a user."""
    return MADE(folder, names) | ({"runs"} if Path(folder) == ROOT else set())


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both distributions, built from a copy of this checkout with the build tools that are
    installed: building writes beside the sources, and several processes may run tests of this file."""
    source, out = tmp_path_factory.mktemp("source") / "copy", tmp_path_factory.mktemp("built")
    shutil.copytree(ROOT, source, symlinks=True, ignore=made)
    printed(python(out, "-m", "build", "--no-isolation", "--outdir", str(out), str(source)))
    return out


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    return next(built.glob("*.whl"))


@pytest.fixture(scope="module")
def unpacked(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the unpacked source distribution."""
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = archive.getnames()
        assert len(names) == len(set(names))
        archive.extractall(folder, filter="data")
    return next(folder.iterdir())


def sources(names: list[str]) -> list[str]:
    return sorted(name for name in names if name.endswith(".py"))


def test_the_wheel_holds_each_source_file_once_and_installs_one_name(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"benchgame_env"}
    assert sources(names) == sorted(file.relative_to(ROOT).as_posix() for file in SOURCES)
    assert "benchgame_env/named_games/fitted/gsm8k.json" in names
    web = {name.rpartition("/")[2] for name in names if name.startswith("benchgame_env/explore/web/")}
    assert web == {"explore.html", "explore.css", *SCRIPTS}
    assert "benchgame_env/training/benchmark/suites/benchgame-suite-v0.toml" in names


def test_the_metadata_are_valid(wheel: Path) -> None:
    files = zipfile.ZipFile(wheel)
    [name] = [name for name in files.namelist() if name.endswith("/METADATA")]
    metadata = Metadata.from_email(files.read(name), validate=True)
    assert {"train", "plot", "cluster"} <= set(metadata.provides_extra or [])
    assert Parser().parsestr(files.read(name).decode())["Description-Content-Type"] == "text/markdown"


def test_the_source_distribution_holds_each_file_once_and_its_tests_run(unpacked: Path) -> None:
    names = [file.relative_to(unpacked).as_posix() for file in unpacked.rglob("*") if file.is_file()]
    expected = [
        file.relative_to(ROOT).as_posix() for file in (*SOURCES, *(ROOT / "tests").rglob("*.py"))
    ]
    assert sources(names) == sorted(expected)
    # Tests that read the tree itself, and some that run the game.
    chosen = [
        "tests/house/test_architecture.py",
        "tests/house/test_readme.py",
        "tests/core/test_costs.py",
    ]
    words = ["-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *chosen]
    printed(python(unpacked, *words, path=(unpacked,)))


def test_the_wheel_works_where_no_extra_is_installed(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = (
        "import sys\n"
        "class Missing:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.split('.')[0] in {sorted(EXTRAS | {'tqdm'})}:\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Missing())\n"
        "import benchgame_env as bg, benchgame_env.agents, benchgame_env.training\n"
        "assert bg.__file__.startswith(sys.argv[1])\n"
        "bg.parallel_env('pythia-gsm8k').reset(seed=0)\n"
        "print(bg.theory.predict(bg.load_game('duel-small-prize'), 'direct').regime)\n"
    )
    assert printed(python(tmp_path, "-c", code, str(tmp_path), path=())) == "pure\n"


def run(folder: Path, words: str, *statuses: int) -> str:
    """What a command prints, as a user runs it; the statuses as for `printed`."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        shlex.split(words), cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8"
    )
    return printed(done, *statuses)


def installed(folder: Path, what: str) -> Path:
    """The scripts of a new environment in which ``what`` is installed, and what it depends on."""
    venv.create(folder, with_pip=True)
    scripts = folder / ("Scripts" if sys.platform == "win32" else "bin")
    pip = f"{scripts / 'python'} -m pip install --quiet --disable-pip-version-check"
    run(folder, f"{pip} --constraint {ROOT / 'constraints.txt'} '{what}'")
    return scripts


@pytest.mark.installs
def test_the_wheel_in_an_environment_without_extras(wheel: Path, tmp_path: Path) -> None:
    scripts, here = installed(tmp_path / "new", str(wheel)), tmp_path / "empty"
    here.mkdir()
    assert run(here, f"{scripts}/benchgame --version").startswith("benchgame 0.")
    rows = [
        f"b,{m},{x},{y},.01" for m in "mn" for x, y in ((0, 0.1), (30, 0.2), (300, 0.4), (3000, 0.6))
    ]
    (here / "my.csv").write_text("\n".join(["benchmark,model,steps,score,stderr", *rows]))
    for words in ("games", "protocols", "agents", "check rounded", "predict duel", "thresholds five",
                  "calibrate my.csv", "falsify proposition-4.3 --games 20",
                  "explore duel --out page.html",
                  "compare duel --protocols direct --workers 2",
                  ):  # fmt: skip
        assert run(here, f"{scripts}/benchgame {words}")
    for name in ("agents", "training"):
        run(here, f"{scripts}/python -c 'import {name}'", 1)
    code = "import sys, benchgame_env.training, benchgame_env.agents as a; print(a.play.__module__)"
    assert run(here, f"{scripts}/python -c '{code}'") == "benchgame_env.agents.play\n"


@pytest.mark.installs
def test_the_source_distribution_in_an_environment_that_trains(unpacked: Path, tmp_path: Path) -> None:
    scripts, here = installed(tmp_path / "new", f"{unpacked}[train]"), tmp_path / "empty"
    here.mkdir()
    run(here, f"{scripts}/benchgame train --game duel-small-prize --agents ppo {SMALL} --out runs/a")
    told = run(here, f"{scripts}/benchgame evaluate runs/a", 3)
    assert "undecided" in told  # too few seeds
    run(here, f"{scripts}/benchgame report runs/a")
    assert (here / "runs/a/report.html").stat().st_size
    (here / "plays.csv").write_text("developer_0,developer_1\n" + "0,0\n" * 20, encoding="utf-8")
    run(here, f"{scripts}/benchgame judge plays.csv --game duel-small-prize", 3)  # too few plays
    (here / "suite.toml").write_text(SUITE, encoding="utf-8")
    run(here, f"{scripts}/benchgame benchmark suite.toml --workers 2 --out runs/b")
    assert (here / "runs/b/verdicts.csv").stat().st_size
