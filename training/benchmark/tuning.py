"""The setting of each algorithm that did best on the development draws."""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

from benchgame_env.cli import commands
from benchgame_env.training.benchmark.statistics import score
from benchgame_env.training.benchmark.suite import Suite
from benchgame_env.training.run.storage import read_rows


class Choices(NamedTuple):
    """What tuning chose.

    Attributes
    ----------
    indices : dict of str to int
        Index of the chosen setting in the grid of each algorithm.
    scores : dict of str to list of float
        Mean score of each setting on the development draws.
    """

    indices: dict[str, int]
    scores: dict[str, list[float]]


def best_settings(folder: Path, suite: Suite) -> Choices:
    """Read the rows of a benchmark on development draws.

    Parameters
    ----------
    folder : Path
        Folder of that benchmark.
    suite : Suite
        The suite that is tuned.

    Returns
    -------
    Choices
        Of each algorithm the setting with the best mean score ``1 - regret / P``, where a failed cell
        scores 0; of equal ones the first.
    """
    found: dict[str, list[float]] = {}
    for row in read_rows(folder / "rows.csv"):
        own = 0.0 if row["regret"] == "" else float(score(float(row["regret"])))
        found.setdefault(row["algorithm"], []).append(own)
    scores = {
        name: [math.fsum(found[f"{name}={k}"]) / len(found[f"{name}={k}"]) for k in range(size)]
        for name, size in suite.grids.items()
    }
    return Choices({name: own.index(max(own)) for name, own in scores.items()}, scores)


def choices_table(chosen: Choices, suite: Suite) -> str:
    """A row for each algorithm: its mean scores on the development draws, and what was chosen."""
    settings = {run.algorithm: run.settings for run in suite.runs}
    size = max(suite.grids.values())
    rows = [
        [name, *(f"{value:.4f}" for value in own), str(chosen.indices[name])]
        for name, own in chosen.scores.items()
        if name in settings
    ]
    header = ["algorithm", *(f"setting {k}" for k in range(size)), "chosen"]
    return "Mean of 1 - regret / P on the development draws:\n" + commands.table(header, rows)
