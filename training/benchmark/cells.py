"""The cells of a benchmark: what is to be done, where it is kept, and doing what is missing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from tqdm import tqdm

from benchgame_env.files import claim_folder, json_text, write_text
from training.benchmark.suite import Suite, SuiteRun
from training.grading.figures import load_figures
from training.grading.judging import grade_and_keep, predicted
from training.jobs import Job, Pool, run_all
from training.run.storage import read_progress, read_rows
from training.train import finish_seed, saved_updates, show_progress

SUITE = "suite.json"


@dataclass(frozen=True)
class Cell:
    """One seed of a run."""

    run: SuiteRun
    run_folder: Path
    seed: int

    @property
    def name(self) -> str:
        return f"{self.run.name}, seed {self.seed}"

    @property
    def folder(self) -> Path:
        return self.run_folder / f"seed-{self.seed}"

    @property
    def figures(self) -> Path:
        return self.folder / "figures.json"

    @property
    def progress(self) -> Path:
        return self.folder / "progress.csv"

    def is_finished(self) -> bool:
        """Whether all that is read of it later is there and whole."""
        try:
            load_figures(self.figures)
            read_progress(self.progress, self.run.settings.updates)
            return bool(read_rows(self.folder / "rows.csv"))
        except ValueError:
            return False


def cells_of(run: SuiteRun, out: Path) -> list[Cell]:
    """The cells of one run of a benchmark in ``out``."""
    return [Cell(run, out / "runs" / run.name, seed) for seed in range(run.settings.seeds)]


def work_out(suite: Suite, out: Path, pool: Pool) -> dict[str, str]:
    """Work out the cells that ``out`` lacks; names of those that failed, and the line they failed by.

    Raises
    ------
    ValueError: ``out`` holds something else.
    """
    _open_folder(suite, out)
    cells = [cell for run in suite.runs for cell in cells_of(run, out)]
    todo: dict[Job, Cell] = {partial(run_cell, cell): cell for cell in cells if not cell.is_finished()}
    folders = [cell.folder for cell in cells]
    errors: dict[str, str] = {}
    with tqdm(
        total=sum(cell.run.settings.updates for cell in cells), unit="update", desc=suite.name
    ) as bar:
        bar.initial = bar.n = saved_updates(folders)
        for job, error in run_all(pool, list(todo), lambda: show_progress(bar, folders)):
            if error:
                errors[todo[job].name] = error
    return errors


def run_cell(cell: Cell) -> None:
    """Train a seed from where it is, and grade it."""
    settings = cell.run.settings
    finish_seed(settings, cell.folder, cell.seed)
    grade_and_keep(settings, cell.run_folder, cell.seed, predicted(settings))


def _open_folder(suite: Suite, out: Path) -> None:
    """Make the folder, or see that it holds this suite; writing first shows early whether one can."""
    named = [{"folder": run.name, **asdict(run)} for run in suite.runs]
    text, path = json_text({"name": suite.name, "runs": named}) + "\n", out / SUITE
    if path.exists() and path.read_text() != text:
        raise ValueError(f"{out} holds another suite, or this one with other settings")
    claim_folder(out, SUITE)
    write_text(path, text)
    for run in suite.runs:
        folder = out / "runs" / run.name
        if not (folder / "settings.json").exists():
            run.settings.save(folder)
