"""In a checkout ``agents.X`` is the module `benchgame_env.agents.X`, and ``training.X`` likewise."""

from __future__ import annotations

from pathlib import Path

import pytest
from tools.checks import ROOT, printed, python

pytestmark = pytest.mark.skipif(not (ROOT / "agents").is_dir(), reason="a source distribution")

# Found on PYTHONPATH alone, from an empty folder, whichever name comes first.
IMPORTS = (
    "import agents.registry, benchgame_env.agents.registry",
    "import benchgame_env.agents.registry; import agents.registry",
    "from agents import registry; import benchgame_env",
    "from benchgame_env.agents import registry; import agents",
)
# Notes every text in what a process sends to another.
NOTES = """import pickletools
from multiprocessing.reduction import ForkingPickler
dumps = ForkingPickler.dumps
def noted(value, *rest):
    data = dumps(value, *rest)
    with open("pickled.txt", "a") as file:
        for _, text, _ in pickletools.genops(bytes(data)):
            if isinstance(text, str):
                print(text, file=file)
    return data
ForkingPickler.dumps = noted
"""


@pytest.mark.parametrize("first", IMPORTS)
def test_both_names_are_one_module(first: str, tmp_path: Path) -> None:
    code = (
        f"{first}; import sys, agents, benchgame_env.agents.registry as canonical\n"
        "assert agents.registry is canonical\n"
        "assert agents is sys.modules['agents'] is sys.modules['benchgame_env.agents']\n"
        "print(canonical.__name__, canonical.__spec__.name, canonical.AGENTS['ppo'].load().__module__)\n"
    )
    name = "benchgame_env.agents.registry"
    told = printed(python(tmp_path, "-W", "error", "-c", code)).split()
    assert told == [name, name, "benchgame_env.agents.learned.ppo"]


def test_a_package_of_others_with_such_a_name_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "agents").mkdir()
    (tmp_path / "agents" / "__init__.py").write_text("whose = 'theirs'\n", encoding="utf-8")
    code = (
        "import benchgame_env.agents, agents; print(agents.whose)\n"
        "try:\n"
        "    import agents.registry\n"
        "except ModuleNotFoundError as error:\n"
        "    print(error.name)\n"
    )
    assert printed(python(tmp_path, "-c", code)).split() == ["theirs", "agents.registry"]


def test_jobs_of_a_command_with_the_short_name_are_pickled_with_the_canonical_one(
    tmp_path: Path,
) -> None:
    (tmp_path / "sitecustomize.py").write_text(NOTES, encoding="utf-8")
    words = "-m training.train --game duel --agents honest --seeds 2 --updates 1 --copies 2 --workers 2"
    done = python(tmp_path, *words.split(), "--out", "run", path=(tmp_path, ROOT))
    assert "2 seeds" in printed(done)
    modules = (tmp_path / "pickled.txt").read_text(encoding="utf-8").split()
    ours = {name for name in modules if name.startswith(("agents.", "training.", "benchgame_env."))}
    assert "benchgame_env.training.train" in ours
    assert {name.partition(".")[0] for name in ours} == {"benchgame_env"}
