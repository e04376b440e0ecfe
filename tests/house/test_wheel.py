"""The wheel: the game and nothing else, usable without torch."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest
from tools.checks import ROOT, printed, python


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel built from a copy of this checkout, with the build tools that are installed: building
    writes beside the sources, and the tests of this file may run at once in several processes."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "benchgame_env", source / "benchgame_env")
    printed(python(out, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(source)))
    return next(out.glob("*.whl"))


def test_the_wheel_contains_the_game_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"benchgame_env"}
    shipped = {str(file.relative_to(ROOT)) for file in (ROOT / "benchgame_env").rglob("*.py")}
    assert shipped <= set(names)
    assert "benchgame_env/named_games/fitted/gsm8k.json" in names


def test_the_wheel_works_where_torch_is_missing(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = (
        "import sys\n"
        "class Missing:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in ('torch', 'stable_baselines3', 'tqdm', 'tensorboard'):\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Missing())\n"
        "import benchgame_env as bg\n"
        "assert bg.__file__.startswith(sys.argv[1])\n"
        "bg.parallel_env('pythia-gsm8k').reset(seed=0)\n"
        "print(bg.theory.predict(bg.load_game('duel-small-prize'), 'direct').regime)\n"
    )
    assert printed(python(tmp_path, "-c", code, str(tmp_path), path=())) == "pure\n"
