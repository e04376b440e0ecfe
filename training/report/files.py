"""Reading a run folder for its report; nothing is trained, played or graded here."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np

from benchgame_env.agents.runs.checkpoints import read_checkpoint
from benchgame_env.agents.runs.settings import TrainSettings, made_with
from benchgame_env.records import reading
from benchgame_env.training.grading.figures import SeedFigures
from benchgame_env.training.grading.kept import load_verdict
from benchgame_env.training.grading.verdict import Verdict
from benchgame_env.training.run.storage import read_rows, stream_rows
from benchgame_env.validate import Floats, number


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
    figures : tuple of SeedFigures
        Figures of each graded seed.
    """

    folder: Path
    settings: TrainSettings
    made_with: dict[str, str]
    seeds: list[Seed]
    verdict: Verdict | None
    figures: tuple[SeedFigures, ...]

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


def read_run(folder: Path, trust: bool = False) -> Run:
    """Read a run, which may be unfinished or not graded.

    Parameters
    ----------
    folder : Path
        Folder of the run.
    trust : bool
        Whether modules that its settings name may be imported.

    Returns
    -------
    Run
        The run.

    Raises
    ------
    ValueError
        If a file is missing or damaged (the message names it), or no seed has a checkpoint yet, or the
        settings name a module without trust.
    """
    settings = TrainSettings.load(folder, trust, seated=False)
    n = settings.vector_env(1).n_developers
    found = (_seed(folder / f"seed-{k}", k, n, settings.updates) for k in range(settings.seeds))
    seeds = [seed for seed in found if seed is not None]
    if not seeds:
        raise ValueError(f"{folder}: no seed has reached its first checkpoint yet")
    verdict = load_verdict(folder)
    figures = () if verdict is None else verdict.seeds
    if any(one.efforts.size != n for one in figures):
        raise ValueError(f"{folder / 'verdict.json'} is damaged: seeds: efforts of other developers")
    return Run(folder, settings, made_with(folder), seeds, verdict, figures)


def sampled_efforts(run: Run) -> dict[int, Floats]:
    """Efforts sampled in training ``[updates, samples, n]``, effort units, by seed; without the seeds
    that have no checkpoint."""
    n = run.settings.vector_env(1).n_developers
    paths = {seed.number: run.folder / f"seed-{seed.number}" / "checkpoint.pt" for seed in run.seeds}
    updates = run.settings.updates
    return {k: read_checkpoint(path, n, updates).play for k, path in paths.items() if path.exists()}


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
    with reading(path):
        seed = None
        rows = stream_rows(path, ("seed", "episode", "effort"))
        for (seed, _), episode in groupby(rows, lambda row: (int(row["seed"]), int(row["episode"]))):
            efforts = [number("effort", row["effort"], low=0) for row in episode]
            if len(efforts) % n:
                raise ValueError("its rows end in the middle of a board")
            yield seed, np.array(efforts).reshape(-1, n)
        if seed is None:
            raise ValueError("it has no rows")


def _seed(folder: Path, k: int, n: int, updates: int) -> Seed | None:
    path = folder / "progress.csv"
    if not path.exists():
        return None
    columns = ["update", "nash_conv", *(f"developer_{i}/effort" for i in range(n))]
    rows = read_rows(path)
    with reading(path):
        if len(rows) > updates:
            raise ValueError(f"{len(rows)} rows, and the run has {updates} updates")
        names = dict.fromkeys([*columns, *rows[0]])
        return Seed(k, {name: _column(rows, name) for name in names})


def _column(rows: list[dict[str, str]], name: str) -> Floats:
    cells = (row[name] for row in rows)
    return np.array([number(name, cell, finite=False) if cell else math.nan for cell in cells])
