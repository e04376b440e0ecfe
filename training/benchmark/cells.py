"""The cells of a benchmark: what is to be done, where it is kept, and doing what is missing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from tqdm import tqdm

from benchgame_env._files import json_text, write_text
from training.benchmark.backends import completed
from training.benchmark.suite import Suite, SuiteRun
from training.judging import grade_and_keep, predicted
from training.train import train_seed

SUITE = "suite.json"


@dataclass(frozen=True)
class Cell:
    """One seed of a run; it is finished when its ``figures`` are there."""

    run: SuiteRun
    folder: Path  # of the run
    seed: int

    @property
    def name(self) -> str:
        return f"{self.run.name}, seed {self.seed}"

    @property
    def figures(self) -> Path:
        return self.folder / f"seed-{self.seed}" / "figures.json"

    @property
    def progress(self) -> Path:
        return self.folder / f"seed-{self.seed}" / "progress.csv"


def cells_of(run: SuiteRun, out: Path) -> list[Cell]:
    """The cells of one run of a benchmark in ``out``."""
    return [Cell(run, out / "runs" / run.name, seed) for seed in range(run.settings.seeds)]


def work_out(
    suite: Suite, out: Path, backend: str = "local", workers: int = 1, address: str | None = None
) -> dict[str, str]:
    """Work out the cells that ``out`` lacks; names of those that failed, and the line they failed by.

    Raises
    ------
    ValueError: ``out`` holds another suite; see also `completed`.
    """
    _open_folder(suite, out)
    cells = [cell for run in suite.runs for cell in cells_of(run, out)]
    todo = [cell for cell in cells if not cell.figures.exists()]
    errors = {}
    with tqdm(
        total=_updates(cells), initial=_updates(cells) - _updates(todo), unit="update", desc=suite.name
    ) as bar:
        for k, error in completed(run_cell, todo, backend, workers, address):
            bar.update(_updates([todo[k]]))
            if error:
                errors[todo[k].name] = error
    return errors


def run_cell(cell: Cell) -> None:
    """Train a seed from where it is, and grade it."""
    settings = cell.run.settings
    for _ in train_seed(settings, cell.figures.parent, cell.seed):
        pass
    grade_and_keep(settings, cell.folder, cell.seed, predicted(settings))


def _updates(cells: list[Cell]) -> int:
    return sum(cell.run.settings.updates for cell in cells)


def _open_folder(suite: Suite, out: Path) -> None:
    """Make the folder, or see that it holds this suite; writing first shows early whether one can."""
    named = [{"folder": run.name, **asdict(run)} for run in suite.runs]
    text, path = json_text({"name": suite.name, "runs": named}) + "\n", out / SUITE
    if path.exists() and path.read_text() != text:
        raise ValueError(f"{out} holds another suite, or this one with other settings")
    out.mkdir(parents=True, exist_ok=True)
    write_text(path, text)
    for run in suite.runs:
        folder = out / "runs" / run.name
        if not (folder / "settings.json").exists():
            run.settings.save(folder)
