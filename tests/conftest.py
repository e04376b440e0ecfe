"""Settings of the whole test run."""

import os

# Before NumPy is loaded: tests share the cores by process, and small matrices lose time over threads.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import settings

from benchgame_env.agents import AGENTS
from benchgame_env.named_games.registry import GAMES
from benchgame_env.rules.registry import PROTOCOLS
from benchgame_env.theory.claims.registry import CARDS

# No deadline: a busy machine is no failure. Derandomised: a red run is the change's doing, not the
# dice's; loops over seeds cover more ground where it matters.
settings.register_profile("benchgame", deadline=None, derandomize=True)
settings.load_profile("benchgame")


@pytest.fixture(scope="session", autouse=True)
def _sb3_leaves_no_folders(tmp_path_factory: pytest.TempPathFactory) -> None:
    """SB3's ``learn`` makes a folder for its logs, in the system's own unless told where."""
    os.environ["SB3_LOGDIR"] = str(tmp_path_factory.mktemp("sb3"))


@pytest.fixture
def fresh_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test registers is forgotten after it, and nobody is told of it."""
    for registry in (PROTOCOLS, GAMES, CARDS, AGENTS):
        monkeypatch.setattr(registry, "_things", dict(registry._things))
        monkeypatch.setattr(registry, "_tried", set())
        monkeypatch.setattr(registry, "installed", registry.installed)
    monkeypatch.setattr(PROTOCOLS, "listeners", [])
