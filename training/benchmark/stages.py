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
from typing import Any, NamedTuple

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


class Staged(NamedTuple):
    """The ordinary suite that is played at a stage.

    Attributes
    ----------
    table : dict
        Its content; of a suite without draws, grids and needs as it was.
    drawn : bool
        Whether some task had draws.
    grids : dict of str to int
        Number of settings of each algorithm that has a grid.
    left_out : dict of str to list of str
        Of each algorithm that is left out, the modules that are not installed.
    """

    table: Table
    drawn: bool
    grids: dict[str, int]
    left_out: dict[str, list[str]]


def staged(content: Table, stage: Stage) -> Staged:
    """What is played of a suite at a stage.

    Raises
    ------
    ValueError
        Something is wrong with its draws, grids or needs.
    """
    algorithms, left_out = _installed(content.get("algorithms", {}))
    tasks, sizes = content.get("tasks"), _grids(algorithms)
    is_drawn = isinstance(tasks, list) and any(isinstance(one, dict) and DRAWS in one for one in tasks)
    if sizes and not is_drawn:
        raise ValueError("grid: settings are tuned on development draws, and no task has draws")
    changed: Table = {"algorithms": algorithms} if "algorithms" in content else {}
    if is_drawn:
        suite = str(content.get("name"))
        of_tuning = stage.development is not None
        end = f"-{stage.part}" if of_tuning else f"-first-{stage.most}" if stage.most is not None else ""
        changed = {
            "name": suite + end,
            "tasks": [one for given in content["tasks"] for one in _drawn(suite, given, stage)],
            "algorithms": dict(_settings(algorithms, sizes, stage)),
        }
    return Staged({**content, **changed}, is_drawn, sizes, left_out)


def _installed(algorithms: Any) -> tuple[Table, dict[str, list[str]]]:
    """Algorithms that have what they need, and the modules that others lack."""
    if not isinstance(algorithms, dict):
        raise ValueError(f"algorithms: expected a table, got {algorithms!r}")
    kept: Table = {}
    left_out = {}
    for name, own in algorithms.items():
        needs = _tables(own).get(NEEDS, [])
        if not isinstance(needs, list) or not all(isinstance(one, str) for one in needs):
            raise ValueError(f"algorithms.{name}.needs: expected a list of modules, got {needs!r}")
        if missing := [module for module in needs if find_spec(module) is None]:
            left_out[name] = missing
        else:
            kept[name] = {k: v for k, v in own.items() if k != NEEDS} if isinstance(own, dict) else own
    return kept, left_out


def _grids(algorithms: Table) -> dict[str, int]:
    """Number of settings of each algorithm that has a grid."""
    found = {}
    for name, own in algorithms.items():
        if GRID in _tables(own):
            listed = own[GRID]
            if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
                raise ValueError(f"algorithms.{name}.grid: expected a list of tables, got {listed!r}")
            found[name] = integer(f"algorithms.{name}.grid: settings", len(listed), low=1)
    if len(set(found.values())) > 1:
        raise ValueError(f"grid: every algorithm is tuned over as many settings, got {found}")
    return found


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
