"""The arrows between modules, written once; and what may be imported where."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("benchgame_env", "agents", "training")
FILES = sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))

# What a module may import of benchgame_env. A module not named here is a door (__init__, __main__).
ALLOWED = {
    "validate": set(),
    "files": set(),
    "turns": set(),
    "_scaling_fit": {"validate"},
    "costs": {"validate"},
    "curves": {"validate"},
    "calibration": {"_scaling_fit", "curves", "files", "validate"},
    "game": {"costs", "curves", "validate"},
    "named_games": {"calibration", "costs", "curves", "game", "named_games", "validate"},
    "rules": {"game", "rules", "validate"},
    "testing": {"cli", "costs", "curves", "game", "named_games", "rules", "testing", "validate"},
    "theory": {"curves", "game", "metrics", "named_games", "rules", "theory", "validate"},
    "metrics": {"game", "metrics", "rules", "validate"},
    "play": {"game", "named_games", "play", "rules", "turns", "validate"},
    "cli": {"cli", "game", "metrics", "rules", "theory", "validate"},
}
# Who may import packages that a plain installation lacks or that cost a start-up.
ONLY_IN = {
    "torch": (
        "agents/learned/a2c.py",
        "agents/learned/dqn.py",
        "agents/learned/policy.py",
        "agents/learned/ppo.py",
        "agents/learned/sac.py",
        "agents/learned/sb3_agent.py",
        "agents/learned/stacked.py",
        "training/",
    ),
    "stable_baselines3": (
        "agents/learned/a2c.py",
        "agents/learned/dqn.py",
        "agents/learned/policy.py",
        "agents/learned/ppo.py",
        "agents/learned/stacked.py",
        "agents/learned/replay.py",
        "agents/learned/sac.py",
        "agents/learned/sb3_agent.py",
        "agents/learned/sb3_env.py",
        "training/",
    ),
    "pettingzoo": ("benchgame_env/play/env.py",),
    "gymnasium": (
        "benchgame_env/play/env.py",
        "agents/learned/heads.py",
        "agents/learned/sb3_agent.py",
        "agents/learned/sb3_env.py",
    ),
    "tqdm": ("benchgame_env/cli/commands.py", "training/"),
    "matplotlib": ("benchgame_env/cli/figures.py",),
    "supersuit": ("training/speed/contests.py",),
    "mpe2": ("training/speed/contests.py",),
}


def imports(file: Path) -> set[str]:
    """Dotted names of everything that ``file`` imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def room(file: Path) -> str:
    """The module or subpackage of its package that a file belongs to."""
    return file.relative_to(ROOT).with_suffix("").parts[1]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_arrows_between_packages(file: Path) -> None:
    package = file.relative_to(ROOT).parts[0]
    allowed = set(PACKAGES[: PACKAGES.index(package) + 1])
    used = {name.split(".")[0] for name in imports(file)} & set(PACKAGES)
    assert used <= allowed


@pytest.mark.parametrize(
    "file",
    [f for f in FILES if f.relative_to(ROOT).parts[0] == "benchgame_env" and room(f) in ALLOWED],
    ids=lambda file: str(file.relative_to(ROOT)),
)
def test_arrows_inside_the_package(file: Path) -> None:
    used = {name.split(".")[1] for name in imports(file) if name.startswith("benchgame_env.")}
    assert used <= ALLOWED[room(file)]


def test_the_grader_and_what_it_grades_share_no_code() -> None:
    # Theory calls the grader in two places alone, to certify what its solvers found.
    folder = ROOT / "benchgame_env" / "theory"
    callers = {f.name for f in folder.rglob("*.py") if any("metrics" in name for name in imports(f))}
    assert callers == {"equilibrium.py", "grid_search.py", "tournament.py"}


def test_every_module_is_on_the_map() -> None:
    rooms = {room(f) for f in FILES if f.relative_to(ROOT).parts[0] == "benchgame_env"}
    assert rooms - {"__init__", "__main__"} == set(ALLOWED)


@pytest.mark.parametrize("library", ONLY_IN)
def test_heavy_libraries_stay_where_they_belong(library: str) -> None:
    users = [
        str(file.relative_to(ROOT))
        for file in FILES
        if any(name.split(".")[0] == library for name in imports(file))
    ]
    assert users
    assert [user for user in users if not user.startswith(ONLY_IN[library])] == []


def test_package_and_agents_import_without_torch_and_stable_baselines3() -> None:
    code = (
        "import sys, agents, benchgame_env; assert not "
        "{'torch', 'stable_baselines3', 'tqdm', 'matplotlib'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
