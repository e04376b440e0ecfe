"""Reading a run folder for its report; nothing is trained, played or graded here."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np

from benchgame_env.validate import Floats
from training.grading.figures import SeedFigures, check_rules
from training.grading.verdict import Verdict
from training.run.records import read
from training.run.settings import TrainSettings
from training.run.storage import read_checkpoint, read_rows, reading


@dataclass(frozen=True, eq=False)
class Seed:
    """The training of one seed.

    Attributes
    ----------
    number : int
        Number of the seed.
    progress : dict of str to array ``[updates]``
        Columns of ``progress.csv``, NaN where a cell is blank.
    """

    number: int
    progress: dict[str, Floats]

    @property
    def updates(self) -> int:
        """Number of updates that are saved."""
        return len(self.progress["update"])


@dataclass(frozen=True, eq=False)
class Run:
    """A run folder.

    Attributes
    ----------
    folder : Path
        The folder.
    settings : TrainSettings
        Settings of the run.
    made_with : dict of str to str
        Versions of packages, and ``git_revision``.
    seeds : list of Seed
        The seeds that have begun.
    verdict : Verdict or None
        None before the run is graded.
    figures : list of SeedFigures
        Figures of each graded seed.
    """

    folder: Path
    settings: TrainSettings
    made_with: dict[str, str]
    seeds: list[Seed]
    verdict: Verdict | None
    figures: list[SeedFigures]

    @property
    def unfinished(self) -> list[str]:
        """A line for each seed that is not finished."""
        reached = {seed.number: seed.updates for seed in self.seeds}
        return [
            f"seed {k} reached update {reached[k]} of {self.settings.updates}"
            if k in reached
            else f"seed {k} has not begun"
            for k in range(self.settings.seeds)
            if reached.get(k) != self.settings.updates
        ]


def read_run(folder: Path) -> Run:
    """Read a run, which may be unfinished or not graded.

    Raises
    ------
    ValueError
        If a file is missing or damaged (the message names it), or no seed has a checkpoint yet.
    """
    settings = TrainSettings.load(folder)
    n = settings.vector_env(1).n_developers
    found = (_seed(folder / f"seed-{k}", k, n) for k in range(settings.seeds))
    seeds = [seed for seed in found if seed is not None]
    if not seeds:
        raise ValueError(f"{folder}: no seed has reached its first checkpoint yet")
    return Run(
        folder,
        settings,
        _made_with(folder / "settings.json"),
        seeds,
        *_verdict(folder / "verdict.json"),
    )


def sampled_efforts(run: Run) -> dict[int, Floats]:
    """Efforts sampled in training ``[updates, samples, n]``, effort units, by seed; without the seeds
    that have no checkpoint."""
    n = run.settings.vector_env(1).n_developers
    paths = {seed.number: run.folder / f"seed-{seed.number}" / "checkpoint.pt" for seed in run.seeds}
    return {k: read_checkpoint(path, n).play for k, path in paths.items() if path.exists()}


def graded_episode(run: Run) -> Floats | None:
    """Efforts of the first graded episode ``[rounds, n]``, effort units; None before grading."""
    return next((efforts for _, efforts in _graded_episodes(run)), None)


def graded_efforts(run: Run) -> dict[int, Floats]:
    """Efforts of all graded play ``[boards, n]``, effort units, by seed; empty before grading."""
    parts: dict[int, list[Floats]] = {}
    for seed, efforts in _graded_episodes(run):
        parts.setdefault(seed, []).append(efforts)
    return {seed: np.concatenate(own) for seed, own in parts.items()}


def _graded_episodes(run: Run) -> Iterator[tuple[int, Floats]]:
    """The seed and the efforts ``[rounds, n]`` of each graded episode; none before grading."""
    path, n = run.folder / "rows.csv", run.settings.vector_env(1).n_developers
    if not path.exists():
        return
    with reading(path), path.open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        seed = None
        for (seed, _), episode in groupby(rows, lambda row: (int(row["seed"]), int(row["episode"]))):
            efforts = [float(row["effort"]) for row in episode]
            if len(efforts) % n:
                raise ValueError("its rows end in the middle of a board")
            yield seed, np.array(efforts).reshape(-1, n)
        if seed is None:
            raise ValueError("it has no rows")


def _seed(folder: Path, number: int, n: int) -> Seed | None:
    path = folder / "progress.csv"
    if not path.exists():
        return None
    columns = ["update", "nash_conv", *(f"developer_{i}/effort" for i in range(n))]
    rows = read_rows(path)
    with reading(path):
        names = dict.fromkeys([*columns, *rows[0]])
        return Seed(number, {name: _column(rows, name) for name in names})


def _column(rows: list[dict[str, str]], name: str) -> Floats:
    return np.array([float(row[name]) if row[name] else math.nan for row in rows])


def _verdict(path: Path) -> tuple[Verdict | None, list[SeedFigures]]:
    """The verdict in a file and the figures of its seeds; None and nothing without the file."""
    if not path.exists():
        return None, []
    with reading(path):
        content = json.loads(path.read_text(encoding="utf-8"))
        check_rules(content, f"judge it anew: python -m training.evaluate {path.parent}")
        seeds = read(list[SeedFigures], content.pop("seeds", None), "seeds")
        return read(Verdict, content, ""), seeds


def _made_with(path: Path) -> dict[str, str]:
    content = json.loads(path.read_text(encoding="utf-8"))
    versions = {str(k): str(v) for k, v in content.get("versions", {}).items()}
    return versions | {"git_revision": str(content.get("git_revision", "unknown"))}
