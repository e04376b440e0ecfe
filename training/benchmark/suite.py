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

A game may be a file (``*.json``) in the folder of the settings file. Games, protocols and agents may be
MODULE:NAME, which runs code of that module and therefore needs ``--trust``. Games may be drawn, and
settings tuned on other draws::

    [[tasks]]                             # in the place of games: numbers of draws by family
    draws = { mixed-duel = 12, uneven = 8 }
    development = { mixed-duel = 1, uneven = 1 }

    [algorithms.ppo]                      # as many settings for every algorithm with a grid
    needs = ["torchrl"]                   # without these modules it is left out
    grid = [{ options = { learning_rate = 1e-3 } }, { options = { learning_rate = 1e-2 } }]
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from benchgame_env.agents.runs.settings import TrainSettings, is_path
from benchgame_env.files import PathLike
from benchgame_env.records import read_toml
from benchgame_env.training.benchmark.stages import HELD_OUT, Stage, Table, staged
from benchgame_env.training.compare_protocols.ranges import parsed_setting
from benchgame_env.trust import own_file, refuse_code
from benchgame_env.validate import checked_name, choice, integer

FILE = "suite.json"  # the suite in the folder of a benchmark
SCHEMA = 1  # of both files
LONGEST_FOLDER = 200  # bytes of a name

KEYS = {"schema", "name", "seeds", "defaults", "tasks", "algorithms"}
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
    group : str
        Name of the table of the task; of drawn games their family.
    """

    task: str
    algorithm: str
    settings: TrainSettings
    group: str = ""

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
    drawn : bool
        Whether games are drawn: statistics are then about other draws of the same families.
    grids : dict of str to int
        Number of settings of each algorithm that is to be tuned.
    left_out : dict of str to list of str
        Algorithms that are left out, and the modules that they lack.
    """

    name: str
    runs: tuple[SuiteRun, ...]
    drawn: bool = False
    grids: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, list[str]] = field(default_factory=dict)

    def kept(self) -> KeptSuite:
        """What the folder of the benchmark holds of it."""
        runs = (KeptRun(run.name, run.task, run.algorithm, asdict(run.settings)) for run in self.runs)
        return KeptSuite(self.name, tuple(runs))

    @classmethod
    def read(cls, path: Path, trust: bool = False, stage: Stage = HELD_OUT) -> Suite:
        """Read a settings file.

        Parameters
        ----------
        path : Path
            The file.
        trust : bool
            Whether modules that it names may be imported, and games elsewhere be read.
        stage : Stage
            What is played of a suite with drawn games.

        Returns
        -------
        Suite
            The suite.

        Raises
        ------
        ValueError
            If something is wrong; the message names the file, the table and what is possible.
        """
        try:
            content = read_toml(path)
        except FileNotFoundError:
            raise ValueError(f"{path} is missing") from None
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise ValueError(f"{path} is no TOML file: {error}") from error
        except (ValueError, IsADirectoryError) as error:
            raise ValueError(f"{path}: {error}") from error
        return cls.of(content, path, trust, stage)

    @classmethod
    def of(cls, content: Table, source: PathLike, trust: bool = False, stage: Stage = HELD_OUT) -> Suite:
        """The suite that a settings file, or whatever ``source`` is, holds. Raises as `read`."""
        try:
            played = staged(content, stage)
            runs = tuple(_runs(played.table, source, trust))
            if not runs:
                raise ValueError("no algorithm plays any task")
            return cls(_name(played.table["name"]), runs, played.drawn, played.grids, played.left_out)
        except KeyError as error:
            raise ValueError(f"{source}: {error.args[0]} is missing") from error
        except (TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"{source}: {error}") from error


@dataclass(frozen=True)
class KeptRun:
    """A run in `FILE`.

    Attributes
    ----------
    folder, task, algorithm : str
        Names of its folder, its task and its algorithm.
    settings : dict
        Settings of the run.
    """

    folder: str
    task: str
    algorithm: str
    settings: dict[str, Any]


@dataclass(frozen=True)
class KeptSuite:
    """The content of `FILE`.

    Attributes
    ----------
    name : str
        Name of the suite.
    runs : tuple of KeptRun
        Its runs.
    """

    name: str
    runs: tuple[KeptRun, ...]


def _name(given: Any) -> str:
    if not isinstance(given, str) or not re.fullmatch(r"[\w-][\w.-]*", given):
        raise ValueError(f"name: expected a word that can name a folder, got {given!r}")
    return checked_name("name", given)


def _runs(content: Table, source: PathLike, trust: bool) -> Iterator[SuiteRun]:
    _table("the file", content, KEYS)
    integer("schema", content.get("schema", SCHEMA), low=SCHEMA, high=SCHEMA)
    defaults = _table("defaults", content.get("defaults", {}), RUN_KEYS)
    tasks = list(_tasks(content["tasks"]))
    groups = dict.fromkeys(group for group, _, _ in tasks)
    algorithms = _table("algorithms", content["algorithms"])
    taken: set[str] = set()
    for name, given in algorithms.items():
        where = f"algorithms.{checked_name('algorithms', name)}"
        own = _table(where, given, RUN_KEYS | ALGORITHM_KEYS)
        at = _table(f"{where}.at", own.pop("at", {}), set(groups))
        played = own.pop("tasks", list(groups))
        if not isinstance(played, list) or not played:
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
                chosen = {**chosen, "seeds": content["seeds"]}
                refuse_code(f"{where} on {task}", chosen | {"game": _code_in(chosen)}, trust)
                if is_path(chosen["game"]):
                    chosen["game"] = own_file(source, chosen["game"], trust)
                run = _run(f"{where} on {task}", task, name, chosen, group)
                if _same_folder(run.name) in taken:
                    raise ValueError(f"{where} on {task}: another run has the folder {run.name!r}")
                taken.add(_same_folder(run.name))
                yield run


def _code_in(chosen: Table) -> Any:
    """The game if it may name code, and is no file."""
    return "" if is_path(chosen["game"]) else chosen["game"]


def _same_folder(name: str) -> str:
    """What names of the same folder have in common, on some system."""
    if len(name.encode()) > LONGEST_FOLDER:
        raise ValueError(f"{name[:40]}...: too long to name a folder")
    return unicodedata.normalize("NFKC", name).casefold().rstrip(".")


def _run(where: str, task: str, algorithm: str, chosen: Table, group: str) -> SuiteRun:
    try:
        return SuiteRun(task, algorithm, TrainSettings(**chosen), group)
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
        if group is not None:
            group = checked_name(f"tasks {k}: name", group)
        for game in games:
            for words in protocols:
                rule = parsed_setting(words)
                task = f"{game}, {rule.label}, {own.get('revision', 'simultaneous')}"
                checked_name(f"tasks {k}: {game!a}", task)
                chosen = {"game": game, "protocol": rule.protocol, "parameters": rule.parameters}
                yield group or task, group if group and single else task, {**own, **chosen}


def _table(where: str, given: Any, keys: set[str] | None = None) -> Table:
    """A copy of the table ``given``; ValueError if it is no table or has a key not in ``keys``."""
    if not isinstance(given, dict):
        raise ValueError(f"{where}: expected a table, got {given!r}")
    for key in given:
        choice(where, key, sorted(given if keys is None else keys))
    return dict(given)
