"""The arrows between modules, written once; and what may be imported where."""

from __future__ import annotations

import ast
import graphlib
from pathlib import Path

import pytest
from tools.checks import ROOT, SOURCES, module_name, printed, python

# What the files of a room may import of other rooms. A room is a module or folder of benchgame_env (of
# `theory`, `agents` and `training` a folder of its own); `(door)` is benchgame_env itself.
CORE = {
    "validate",
    "numerics",
    "turns",
    "curves",
    "costs",
    "game",
    "draws",
    "rules",
    "named_games",
    "subgame",
}
ALLOWED: dict[str, set[str]] = {
    "validate": set(),
    "turns": set(),
    "files": set(),
    "folders": {"files"},
    "records": {"files", "validate"},
    "trust": {"files", "validate"},
    "csv_rows": {"files"},
    "aliases": set(),
    "extras": set(),
    "registry": {"validate"},
    "renamed": set(),
    "interrupts": {"aliases"},
    "numerics": {"validate"},
    "costs": {"validate"},
    "curves": {"validate"},
    "fitting": {"costs", "csv_rows", "curves", "draws", "files", "game", "records", "validate"},
    "calibration": {"draws", "fitting", "named_games"},
    "game": {"costs", "curves", "numerics", "validate"},
    "draws": {"curves", "game", "validate"},
    "named_games": {
        "costs", "curves", "files", "fitting", "game", "records", "registry", "validate",
    },
    "rules": {"game", "numerics", "registry", "validate"},
    "subgame": {"game", "named_games", "numerics", "rules", "validate"},
    "play": {"game", "named_games", "rules", "turns", "validate"},
    "stackelberg": {
        "game", "metrics", "named_games", "play", "rules", "theory.design", "theory.pure", "validate",
    },
    "metrics": {"game", "numerics", "renamed", "rules", "subgame", "turns", "validate"},
    "theory": {
        "renamed", "theory.claims", "theory.design", "theory.dynamics", "theory.mixed",
        "theory.prediction", "theory.pure", "theory.solutions",
    },
    "random_games": {"costs", "curves", "game", "metrics", "named_games", "theory", "validate"},
    "theory.claims": CORE | {"fitting", "metrics", "registry", "theory.pure"},
    "theory.pure": CORE | {"metrics"},
    "theory.mixed": CORE | {"metrics", "theory.pure"},
    "theory.dynamics": CORE,
    "theory.solutions": CORE | {
        "metrics", "theory.claims", "theory.dynamics", "theory.mixed", "theory.pure",
    },
    "theory.prediction": CORE | {"theory.dynamics", "theory.mixed", "theory.solutions"},
    "theory.design": CORE | {
        "metrics", "theory.dynamics", "theory.mixed", "theory.prediction", "theory.pure",
        "theory.solutions",
    },
    "payoff_tables": {"game", "metrics", "numerics", "subgame", "theory.mixed", "validate"},
    "adapters": {"game", "play"},
    "testing": {"cli", "costs", "curves", "game", "named_games", "numerics", "rules", "validate"},
    "cli": {
        "calibration", "draws", "extras", "files", "fitting", "game", "interrupts", "metrics",
        "named_games", "rules", "theory", "theory.claims", "theory.design", "validate",
    },
    "explore": {
        "(door)", "cli", "costs", "curves", "draws", "files", "fitting", "game", "named_games",
        "numerics", "theory.pure", "validate",
    },
    "agents.base": {"(door)", "metrics", "play", "rules", "subgame", "theory", "validate"},
    "agents.saved": set(),
    "agents.play": {"(door)", "agents.base", "validate"},
    "agents.side_by_side": {"(door)", "agents.base", "subgame", "validate"},
    "agents.registry": {"(door)", "agents.base", "registry", "theory"},
    "agents.scripted": {"agents.base", "metrics", "theory.dynamics", "validate"},
    "agents.adaptive": {"agents.base", "agents.saved", "metrics", "numerics", "validate"},
    "agents.runs": {
        "(door)", "agents.base", "agents.registry", "files", "folders", "named_games", "play", "records",
        "theory", "trust", "validate",
    },
    "agents.outside": {
        "(door)", "agents.base", "agents.learned", "agents.saved", "extras", "files", "metrics", "play",
        "registry", "trust", "validate",
    },
    "agents.designers": {
        "(door)", "agents.base", "agents.play", "agents.registry", "metrics", "named_games", "registry",
        "stackelberg", "theory", "validate",
    },
    "agents.libraries": {"(door)", "adapters", "agents.learned", "agents.outside", "validate"},
    "agents.learned": {
        "(door)", "agents.base", "agents.saved", "metrics", "play", "rules", "subgame",
        "theory.dynamics", "theory.mixed", "validate",
    },
    "training.worker": {"extras"},
    "training.jobs": {"cli", "training.worker", "validate"},
    "training.html": {"(door)", "cli", "validate"},
    "training.run": {
        "(door)", "agents", "agents.runs", "files", "records", "theory", "theory.prediction",
        "theory.solutions", "validate",
    },
    "training.grading": {
        "(door)", "agents", "agents.base", "agents.play", "agents.runs", "files", "metrics",
        "play", "records", "rules", "subgame", "theory", "training.run", "turns", "validate",
    },
    "training.learning": {
        "(door)", "agents", "agents.base", "agents.play", "agents.runs", "agents.side_by_side", "theory",
        "training.grading", "training.run", "turns",
    },
    "training.train": {
        "(door)", "agents", "agents.runs", "cli", "extras", "files", "folders", "theory",
        "training.grading", "training.jobs", "training.learning", "training.run", "trust", "validate",
    },
    "training.evaluate": {
        "(door)", "agents.runs", "cli", "folders", "theory", "training.grading", "training.jobs",
        "training.run", "trust", "validate",
    },
    "training.judge_plays": {
        "(door)", "cli", "csv_rows", "metrics", "theory", "training.evaluate", "training.grading",
        "validate",
    },
    "training.callbacks": {"(door)", "agents", "agents.play", "theory", "training.grading", "validate"},
    "training.quickstart": {
        "agents.runs", "cli", "metrics", "theory", "training.evaluate", "training.jobs", "training.run",
        "training.train",
    },
    "training.rank_agreement": {
        "cli", "csv_rows", "training.grading", "training.jobs", "training.run", "validate",
    },
    "training.compare_protocols": {
        "(door)", "cli", "draws", "files", "folders", "metrics", "named_games", "records", "rules",
        "theory", "theory.design",
        "training.html", "training.jobs", "training.run", "training.worker", "validate",
    },
    "training.benchmark": {
        "(door)", "agents.runs", "cli", "extras", "files", "folders", "random_games", "records",
        "registry", "theory",
        "training.compare_protocols", "training.grading", "training.jobs", "training.learning",
        "training.run", "training.train", "trust", "validate",
    },
    "training.report": {
        "(door)", "agents.runs", "cli", "curves", "files", "named_games", "records", "rules",
        "theory", "training.benchmark", "training.grading", "training.html", "training.run",
        "trust", "validate",
    },
    "training.coverage": {
        "(door)", "calibration", "cli", "costs", "curves", "draws", "files", "fitting", "folders",
        "game", "named_games", "theory", "theory.pure", "training.jobs", "training.run", "validate",
    },
    "training.designers": {
        "(door)", "agents.designers", "cli", "extras", "files", "folders", "training.jobs",
        "training.run", "validate",
    },
    "training.adversary": {
        "(door)", "agents.base", "agents.registry", "agents.runs", "agents.scripted", "cli",
        "curves", "game", "metrics", "rules", "theory", "training.evaluate", "training.grading",
        "training.jobs", "training.train", "validate",
    },
    "training.speed": {
        "(door)", "agents", "agents.base", "agents.learned", "agents.play", "agents.runs",
        "agents.side_by_side", "cli", "draws", "extras", "training.run", "validate",
    },
}  # fmt: skip
DOORS = {
    "(door)",
    "__main__",
    "agents",
    "agents.__main__",
    "training",
    "training.__main__",
}  # they open all the rooms behind them
# Who may import packages that a plain installation lacks or that cost a start-up.
ONLY_IN = {
    "torch": (
        "benchgame_env/adapters/torchrl.py",
        "benchgame_env/agents/learned/a2c.py",
        "benchgame_env/agents/learned/distributions.py",
        "benchgame_env/agents/learned/dqn.py",
        "benchgame_env/agents/learned/policy.py",
        "benchgame_env/agents/learned/ppo.py",
        "benchgame_env/agents/learned/sac.py",
        "benchgame_env/agents/learned/samples.py",
        "benchgame_env/agents/learned/sb3_agent.py",
        "benchgame_env/agents/learned/stacked.py",
        "benchgame_env/agents/libraries/",
        "benchgame_env/agents/outside/networks.py",
        "benchgame_env/agents/outside/policy_files.py",
        "benchgame_env/agents/outside/trained.py",
        "benchgame_env/agents/runs/checkpoints.py",
        "benchgame_env/agents/side_by_side.py",
        "benchgame_env/training/",
    ),
    "torchrl": ("benchgame_env/adapters/", "benchgame_env/agents/libraries/torchrl.py"),
    "tensordict": (
        "benchgame_env/adapters/torchrl.py",
        "benchgame_env/agents/libraries/benchmarl.py",
        "benchgame_env/agents/libraries/torchrl.py",
        "benchgame_env/agents/outside/networks.py",
    ),
    "benchmarl": (
        "benchgame_env/adapters/benchmarl.py",
        "benchgame_env/agents/libraries/benchmarl.py",
    ),
    "stable_baselines3": (
        "benchgame_env/agents/libraries/sb3.py",
        "benchgame_env/agents/learned/a2c.py",
        "benchgame_env/agents/learned/dqn.py",
        "benchgame_env/agents/learned/policy.py",
        "benchgame_env/agents/learned/ppo.py",
        "benchgame_env/agents/learned/stacked.py",
        "benchgame_env/agents/learned/replay.py",
        "benchgame_env/agents/learned/sac.py",
        "benchgame_env/agents/learned/samples.py",
        "benchgame_env/agents/learned/sb3_agent.py",
        "benchgame_env/agents/learned/sb3_env.py",
        "benchgame_env/agents/outside/policy_files.py",
        "benchgame_env/training/",
    ),
    "pettingzoo": (
        "benchgame_env/play/aec.py",
        "benchgame_env/play/env.py",
        "benchgame_env/play/registration.py",
        "benchgame_env/stackelberg/",
    ),
    "gymnasium": (
        "benchgame_env/play/env.py",
        "benchgame_env/play/spaces.py",
        "benchgame_env/stackelberg/",
        "benchgame_env/agents/designers/view.py",
        "benchgame_env/agents/learned/heads.py",
        "benchgame_env/agents/learned/sb3_agent.py",
        "benchgame_env/agents/learned/sb3_env.py",
    ),
    "tqdm": ("benchgame_env/cli/bars.py", "benchgame_env/training/"),
    "matplotlib": ("benchgame_env/cli/figures.py", "benchgame_env/play/render.py"),
    "pygambit": ("benchgame_env/payoff_tables.py", "benchgame_env/training/speed/solvers.py"),
    "pyspiel": ("benchgame_env/payoff_tables.py", "benchgame_env/training/speed/solvers.py"),
    "supersuit": ("benchgame_env/training/speed/contests.py",),
    "mpe2": ("benchgame_env/training/speed/contests.py",),
}


MODULES = {module_name(file): file for file in SOURCES}


def imports(file: Path) -> set[str]:
    """Dotted names of everything that ``file`` imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def modules_used(module: str) -> set[str]:
    """Modules of the project that a module imports."""
    used = set()
    for name in imports(MODULES[module]):
        while name and name not in MODULES:
            name = name.rpartition(".")[0]
        used.add(name)
    return used - {"", module}


def room(module: str) -> str:
    inner = module.split(".")[1:]
    return ".".join(inner[: 2 if inner[:1] in (["theory"], ["agents"], ["training"]) else 1]) or "(door)"


def package(module: str) -> int:
    """0 for the core, 1 for agents, 2 for training: what is above uses what is below."""
    inner = [*module.split(".")[1:], ""]
    return {"agents": 1, "training": 2}.get(inner[0], 0)


@pytest.mark.parametrize("module", MODULES)
def test_arrows_between_packages(module: str) -> None:
    assert all(package(used) <= package(module) for used in modules_used(module))


@pytest.mark.parametrize("file", SOURCES, ids=module_name)
def test_packages_are_imported_under_their_canonical_names(file: Path) -> None:
    assert not {name.split(".")[0] for name in imports(file)} & {"agents", "training"}


@pytest.mark.parametrize("module", [module for module in MODULES if room(module) not in DOORS])
def test_arrows_between_rooms(module: str) -> None:
    here = room(module)
    assert {room(used) for used in modules_used(module)} <= ALLOWED[here] | {here}


def test_every_room_is_on_the_map() -> None:
    assert {room(module) for module in MODULES} - DOORS == set(ALLOWED)


def test_there_is_no_import_circle() -> None:
    # A CycleError names the modules of the circle.
    list(graphlib.TopologicalSorter({module: modules_used(module) for module in MODULES}).static_order())


def test_no_two_rooms_import_each_other() -> None:
    closed = {room: used - DOORS for room, used in ALLOWED.items()}
    list(graphlib.TopologicalSorter(closed).static_order())


def test_the_grader_and_what_it_grades_share_no_code() -> None:
    # Theory calls the grader to certify what its solvers found, and nowhere else.
    callers = {
        module.removeprefix("benchgame_env.theory.")
        for module in MODULES
        if module.startswith("benchgame_env.theory.") and "benchgame_env.metrics" in modules_used(module)
    }
    certified = {"mixed.certified", "mixed.tournament", "pure.grid_search"}
    attacked = {
        f"claims.{name}" for name in ("candidates", "certificates", "conjecture", "levels", "section_3")
    }
    scored = {"design.play", "design.equilibria"}  # of a play that is predicted, not certified
    assert callers == certified | attacked | scored | {
        "solutions.grid_pure",
        "solutions.noisy_pure",
    }


def test_the_grader_inverts_a_curve_only_to_know_where_to_look() -> None:
    # tests/metrics/test_first_efforts.py: a wrong inverse changes no answer.
    words = ("effort_for", "efforts_for", ".price(")
    files = (ROOT / "benchgame_env" / "metrics").glob("*.py")
    users = [file.name for file in files if any(word in file.read_text() for word in words)]
    assert users == ["first_efforts.py"]


@pytest.mark.parametrize("library", ONLY_IN)
def test_heavy_libraries_stay_where_they_belong(library: str) -> None:
    users = [
        str(file.relative_to(ROOT))
        for file in SOURCES
        if any(name.split(".")[0] == library for name in imports(file))
    ]
    assert users
    assert [user for user in users if not user.startswith(ONLY_IN[library])] == []


def test_the_package_imports_no_part_of_scipy() -> None:
    # They take two thirds of a second, and most of what users call needs none.
    code = "import sys, benchgame_env; print(*(m for m in sys.modules if m.startswith('scipy.')))"
    parts = set(printed(python(ROOT, "-c", code)).split())
    assert "scipy.version" in parts
    assert not parts & {f"scipy.{name}" for name in ("optimize", "stats", "special", "linalg", "sparse")}


def test_package_and_agents_import_without_torch_and_stable_baselines3() -> None:
    code = (
        "import sys, benchgame_env.agents; assert not "
        "{'torch', 'stable_baselines3', 'tqdm', 'matplotlib'} & set(sys.modules)"
    )
    printed(python(ROOT, "-c", code))


def asks_a_protocol(call: ast.Call) -> bool:
    """Whether this is ``hasattr`` of a protocol, or ``getattr`` of one with a default."""
    if not isinstance(call.func, ast.Name) or not call.args:
        return False
    asked = ast.unparse(call.args[0]).rpartition(".")[2] in {"protocol", "rule", "base"}
    return asked and (call.func.id == "hasattr" or (call.func.id == "getattr" and len(call.args) == 3))


def test_what_a_protocol_has_is_asked_at_the_door_alone() -> None:
    asking = {
        str(file.relative_to(ROOT))
        for file in SOURCES
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and asks_a_protocol(node)
    }
    assert asking == {"benchgame_env/rules/contract.py"}  # which adapts classes with evaluate alone
