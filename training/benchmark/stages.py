"""Suites that cannot be tuned for: their games are drawn, and settings are tuned on other draws.

A task of such a suite has numbers of ``draws`` by family (see `random_games`) in the place of games, and
numbers of ``development`` draws; an algorithm may have a ``grid`` of settings, as long as that of every
other algorithm. A suite is played in two stages, each an ordinary suite of its own: on the development
draws every setting of a grid is an algorithm, ``NAME=K``; on the held-out draws an algorithm has the
setting that did best there. The seed of a draw is made of the name of the suite, see `draw_seed`.

In any suite an algorithm whose ``needs``, names of modules, are not installed is left out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from benchgame_env.random_games import FAMILIES
from benchgame_env.validate import choice, integer

Table = dict[str, Any]
DRAWS, DEVELOPMENT, GRID, NEEDS = "draws", "development", "grid", "needs"


@dataclass(frozen=True)
class Stage:
    """What is played of a suite with drawn games.

    Attributes
    ----------
    development : int or None
        Which development draws; None: the held-out ones.
    chosen : dict of str to int
        Settings by algorithm, as indices of its grid; by default the first. For held-out draws.
    most : int or None
        Most held-out draws of a family that are played; None: all.
    """

    development: int | None = None
    chosen: Mapping[str, int] = field(default_factory=dict)
    most: int | None = None

    @property
    def part(self) -> str:
        """Name of the draws."""
        return "held-out" if self.development is None else f"development-{self.development}"


HELD_OUT = Stage()


def draw_seed(suite: str, part: str, family: str, k: int) -> int:
    """Seed of draw ``k`` of a family: the first four bytes of SHA-256 of ``SUITE/PART/FAMILY/K``."""
    return int.from_bytes(hashlib.sha256(f"{suite}/{part}/{family}/{k}".encode()).digest()[:4], "big")


def is_drawn(content: Table) -> bool:
    """Whether some task of a suite has draws."""
    tasks = content.get("tasks")
    return isinstance(tasks, list) and any(isinstance(one, dict) and DRAWS in one for one in tasks)


def grids(content: Table) -> dict[str, int]:
    """Number of settings of each algorithm that has a grid.

    Raises
    ------
    ValueError
        A grid that is no list of tables, or grids of different lengths.
    """
    found = {}
    for name, own in _tables(content.get("algorithms")).items():
        if isinstance(own, dict) and GRID in own:
            listed = own[GRID]
            if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
                raise ValueError(f"algorithms.{name}.grid: expected a list of tables, got {listed!r}")
            found[name] = integer(f"algorithms.{name}.grid: settings", len(listed), low=1)
    if len(set(found.values())) > 1:
        raise ValueError(f"grid: every algorithm is tuned over as many settings, got {found}")
    return found


def staged(content: Table, stage: Stage) -> Table:
    """The ordinary suite that is played at a stage; a suite without draws and grids as it is."""
    content, sizes = installed(content), grids(content)
    if not is_drawn(content):
        if sizes:
            raise ValueError("grid: settings are tuned on development draws, and no task has draws")
        return content
    suite, name = str(content.get("name")), str(content.get("name"))
    if stage.development is not None:
        name += f"-{stage.part}"
    elif stage.most is not None:
        name += f"-first-{stage.most}"
    tasks = [one for given in content["tasks"] for one in _drawn(suite, given, stage)]
    algorithms = dict(_settings(_tables(content.get("algorithms")), sizes, stage))
    return {**content, "name": name, "tasks": tasks, "algorithms": algorithms}


def missing_modules(content: Table) -> dict[str, list[str]]:
    """Of each algorithm that is left out, the modules that are not installed."""
    found = {}
    for name, own in _tables(content.get("algorithms")).items():
        needs = own.get(NEEDS, []) if isinstance(own, dict) else []
        if not isinstance(needs, list) or not all(isinstance(one, str) for one in needs):
            raise ValueError(f"algorithms.{name}.needs: expected a list of modules, got {needs!r}")
        found[name] = [module for module in needs if find_spec(module) is None]
    return {name: modules for name, modules in found.items() if modules}


def installed(content: Table) -> Table:
    """The suite without the algorithms that need what is not installed."""
    left_out, algorithms = missing_modules(content), content.get("algorithms")
    if not isinstance(algorithms, dict):
        return content
    kept = {
        name: {key: value for key, value in own.items() if key != NEEDS}
        if isinstance(own, dict)
        else own
        for name, own in algorithms.items()
        if name not in left_out
    }
    return {**content, "algorithms": kept}


def _tables(given: Any) -> Table:
    return given if isinstance(given, dict) else {}


def _drawn(suite: str, given: Any, stage: Stage) -> Iterator[Any]:
    """The task of each family in a task with draws."""
    if not isinstance(given, dict) or DRAWS not in given:
        yield given
        return
    own = {key: value for key, value in given.items() if key not in (DRAWS, DEVELOPMENT)}
    for key in {"games", "protocols", "name"} & set(own):
        raise ValueError(f"tasks: {key}: a task with draws has its families' own")
    key = DRAWS if stage.development is None else DEVELOPMENT
    numbers = given.get(key, {})
    if not isinstance(numbers, dict) or (key == DRAWS and not numbers):
        raise ValueError(f"tasks: {key}: expected numbers by family, got {numbers!r}")
    for family, number in numbers.items():
        name, parameters = FAMILIES[choice(f"tasks: {key}", family, FAMILIES)].protocol
        number = integer(f"tasks: {key}.{family}", number, low=1)
        is_cut = stage.development is None and stage.most is not None
        drawn = range(min(number, stage.most or 1) if is_cut else number)
        games = [f"{family}/{draw_seed(suite, stage.part, family, k)}" for k in drawn]
        rule = ":".join([name, ",".join(f"{key}={value}" for key, value in parameters.items())])
        yield {**own, "name": family, "games": games, "protocols": [rule.rstrip(":")]}


def _settings(algorithms: Table, sizes: dict[str, int], stage: Stage) -> Iterator[tuple[str, Any]]:
    """Algorithms at a stage: on development draws one for each setting, else with the chosen one."""
    for name, own in algorithms.items():
        if name not in sizes:
            if stage.development is None:
                yield name, own
            continue
        base = {key: value for key, value in own.items() if key != GRID}
        tuning = stage.development is not None
        for k in range(sizes[name]) if tuning else [stage.chosen.get(name, 0)]:
            setting = own[GRID][k]
            options = {**_tables(base.get("options")), **_tables(setting.get("options"))}
            made = {"agents": name, **base, **setting, "options": options}
            yield f"{name}={k}" if tuning else name, made
