"""The settings file of a benchmark: its tasks and algorithms, as runs of `training.train`.

::

    name = "my-suite"
    seeds = 10
    defaults = { updates = 200 }          # of every run; any setting of training.train

    [[tasks]]
    name = "duels"                        # default: game, protocol and revision in words
    games = ["duel", "duel-small-prize"]
    protocols = ["direct", "tune-before-test:level=0.5"]
    revision = "alternating"              # and any other setting of training.train

    [algorithms.ppo]                      # a name of agents.registry, or any with agents = "..."
    options = { learning_rate = 1e-3 }    # parameters of the agent; with agents = "a,b": { a = { ... } }
    copies = 64                           # and any other setting of training.train
    tasks = ["duels"]                     # default: all
    at.duels = { updates = 400 }          # other settings on one task
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from benchgame_env.validate import choice
from training.compare_protocols.ranges import setting_from
from training.run.settings import TrainSettings

FOLDER = Path(__file__).parent / "suites"
STANDARD = "benchgame-suite-v0"

Table = dict[str, Any]
KEYS = {"name", "seeds", "defaults", "tasks", "algorithms"}
TASK_KEYS = {"name", "games", "protocols"}
ALGORITHM_KEYS = {"options", "tasks", "at"}
# What a task, an algorithm or the defaults may set: all but what the file sets elsewhere.
ELSEWHERE = {"game", "protocol", "parameters", "options", "seeds"}
RUN_KEYS = {field.name for field in fields(TrainSettings)} - ELSEWHERE


@dataclass(frozen=True)
class SuiteRun:
    """An algorithm on a task.

    Attributes
    ----------
    task, algorithm : str
        Their names.
    settings : TrainSettings
        Settings of the run.
    """

    task: str
    algorithm: str
    settings: TrainSettings

    @property
    def name(self) -> str:
        """Name of the folder of the run."""
        return re.sub(r"[^\w.()=+-]+", "-", f"{self.task} {self.algorithm}")


@dataclass(frozen=True)
class Suite:
    """A named list of runs.

    Attributes
    ----------
    name : str
        Name of the suite, and of its folder.
    runs : tuple of SuiteRun
        The runs.
    """

    name: str
    runs: tuple[SuiteRun, ...]

    @classmethod
    def read(cls, path: Path) -> Suite:
        """Read a settings file.

        Raises
        ------
        ValueError
            If something is wrong; the message names the file, the table and what is possible.
        """
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
            runs = tuple(_runs(content))
            if not runs:
                raise ValueError("no algorithm plays any task")
            return cls(_name(content["name"]), runs)
        except FileNotFoundError:
            raise ValueError(f"{path} is missing") from None
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise ValueError(f"{path} is no TOML file: {error}") from error
        except KeyError as error:
            raise ValueError(f"{path}: {error.args[0]} is missing") from error
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path}: {error}") from error


def standard(quick: bool) -> Path:
    """Path of the settings file of the standard suite, or of its small form."""
    return FOLDER / f"{STANDARD}{'-quick' if quick else ''}.toml"


def _name(given: Any) -> str:
    if not isinstance(given, str) or not re.fullmatch(r"[\w-][\w.-]*", given):
        raise ValueError(f"name: expected a word that can name a folder, got {given!r}")
    return given


def _runs(content: Table) -> Iterator[SuiteRun]:
    _table("the file", content, KEYS)
    defaults = _table("defaults", content.get("defaults", {}), RUN_KEYS)
    tasks = list(_tasks(content["tasks"]))
    groups = dict.fromkeys(group for group, _, _ in tasks)
    algorithms = _table("algorithms", content["algorithms"])
    taken: set[str] = set()
    for name, given in algorithms.items():
        where = f"algorithms.{name}"
        own = _table(where, given, RUN_KEYS | ALGORITHM_KEYS)
        at = _table(f"{where}.at", own.pop("at", {}), set(groups))
        played = own.pop("tasks", list(groups))
        if not isinstance(played, list):
            raise ValueError(f"{where}.tasks: expected a list of names, got {played!r}")
        for group in played:
            choice(f"{where}.tasks", group, groups)
        options = _table(f"{where}.options", own.pop("options", {}))
        own.setdefault("agents", name)
        if options and "," not in str(own["agents"]):
            options = {own["agents"]: options}
        for group, task, settings in tasks:
            if group in played:
                special = _table(f"{where}.at.{group}", at.get(group, {}), RUN_KEYS)
                chosen = {**defaults, **settings, **own, **special, "options": options}
                run = _run(f"{where} on {task}", task, name, {**chosen, "seeds": content["seeds"]})
                if run.name in taken:
                    raise ValueError(f"{where} on {task}: another run has the folder {run.name!r}")
                taken.add(run.name)
                yield run


def _run(where: str, task: str, algorithm: str, chosen: Table) -> SuiteRun:
    try:
        return SuiteRun(task, algorithm, TrainSettings(**chosen))
    except (TypeError, ValueError) as error:
        raise ValueError(f"{where}: {error}") from error


def _tasks(tables: Any) -> Iterator[tuple[str, str, Table]]:
    """Of every task: the name of its table, its own name and its settings."""
    if not isinstance(tables, list):
        raise ValueError("tasks: expected [[tasks]] tables")
    for k, given in enumerate(tables):
        own = _table(f"tasks {k}", given, RUN_KEYS | TASK_KEYS)
        games, protocols = own.pop("games"), own.pop("protocols", ["direct"])
        for key, listed in (("games", games), ("protocols", protocols)):
            if not isinstance(listed, list) or not listed or not all(isinstance(w, str) for w in listed):
                raise ValueError(f"tasks {k}: {key}: expected a list of names, got {listed!r}")
        group, single = own.pop("name", None), len(games) * len(protocols) == 1
        for game in games:
            for words in protocols:
                rule = setting_from(words)
                task = f"{game}, {rule.label}, {own.get('revision', 'simultaneous')}"
                chosen = {"game": game, "protocol": rule.protocol, "parameters": rule.parameters}
                yield group or task, group if group and single else task, {**own, **chosen}


def _table(where: str, given: Any, keys: set[str] | None = None) -> Table:
    """A copy of the table ``given``; ValueError if it is no table or has a key not in ``keys``."""
    if not isinstance(given, dict):
        raise ValueError(f"{where}: expected a table, got {given!r}")
    for key in given:
        choice(where, key, sorted(given if keys is None else keys))
    return dict(given)
