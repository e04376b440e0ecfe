"""The one list of suites: those of this folder, and those that installed packages bring."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from benchgame_env.registry import Registry
from benchgame_env.training.benchmark.stages import HELD_OUT, Stage, Table
from benchgame_env.training.benchmark.suite import Suite

FOLDER = Path(__file__).parent / "suites"
STANDARD = "benchgame-suite-v0"
SUFFIX = ".toml"


class _Suites(Registry[Path | Table]):
    kind, wanted = "suite", f"a path of a settings file (*{SUFFIX}) or a dict of its tables"

    def accept(self, thing: Any) -> Path | Table | None:
        if isinstance(thing, (str, os.PathLike)) and Path(thing).suffix == SUFFIX:
            return Path(thing)
        return thing if isinstance(thing, dict) else None

    def origin(self, thing: Path | Table) -> str:
        return str(thing)


SUITES = _Suites({file.stem: file for file in FOLDER.glob(f"*{SUFFIX}")})


def suite_called(name: str, trust: bool = False, stage: Stage = HELD_OUT) -> Suite:
    """The suite in a settings file, or the one with a name.

    Parameters
    ----------
    name : str
        Path of a settings file, a key of `SUITES`, or ``MODULE:NAME`` for a path or a dict in a module.
    trust : bool
        Whether modules that a file names may be imported. A suite with a name is part of a package or a
        module whose code runs anyhow, and is trusted.
    stage : Stage
        What is played of a suite with drawn games.

    Returns
    -------
    Suite
        The suite.

    Raises
    ------
    ValueError
        There is none (the known ones are listed), or something is wrong in it, see `Suite.read`.
    """
    if Path(name).suffix == SUFFIX or os.sep in name or Path(name).exists():
        return Suite.read(Path(name), trust, stage)
    found = SUITES.find(name)
    if isinstance(found, dict):
        return Suite.of(found, name, trust=True, stage=stage)
    return Suite.read(found, trust=True, stage=stage)
