"""The cells of a benchmark: which there are, where they are kept, and running the missing ones."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from tqdm import tqdm

from benchgame_env.agents.runs.settings import made_with
from benchgame_env.cli import bars
from benchgame_env.files import json_text, read_bytes, read_text, write_bytes, write_text
from benchgame_env.folders import claim_folder, refuse_links, remove_drafts
from benchgame_env.records import plain, read_record, reading, record_text
from benchgame_env.training.benchmark.suite import FILE, SCHEMA, KeptSuite, Suite, SuiteRun
from benchgame_env.training.grading.figures import load_figures
from benchgame_env.training.grading.judging import grade_and_keep
from benchgame_env.training.jobs import Job, Pool, run_all
from benchgame_env.training.learning import batches, trained
from benchgame_env.training.run.prediction import FILE as PREDICTION
from benchgame_env.training.run.prediction import kept_prediction, key_of, predict_and_keep
from benchgame_env.training.run.storage import read_progress, read_rows
from benchgame_env.training.train import saved_updates, show_progress

CELL_FILES = ("checkpoint.pt", "progress.csv", "rows.csv", "figures.json")


@dataclass(frozen=True)
class Cell:
    """One seed of a run.

    Attributes
    ----------
    run : SuiteRun
        The run.
    run_folder : Path
        Folder of the run.
    seed : int
        Number of the seed.
    """

    run: SuiteRun
    run_folder: Path
    seed: int

    @property
    def name(self) -> str:
        """Name of the cell in messages."""
        return f"{self.run.name}, seed {self.seed}"

    @property
    def folder(self) -> Path:
        """Folder of the seed."""
        return self.run_folder / f"seed-{self.seed}"

    def is_finished(self) -> bool:
        """Whether all files that are read later are complete."""
        try:
            load_figures(self.folder / "figures.json")
            read_progress(self.folder / "progress.csv", self.run.settings.updates)
            return bool(read_rows(self.folder / "rows.csv"))
        except ValueError:
            return False


def cells_of(run: SuiteRun, out: Path) -> list[Cell]:
    """The cells of one run of the benchmark in ``out``."""
    return [Cell(run, out / "runs" / run.name, seed) for seed in range(run.settings.seeds)]


def work_out(suite: Suite, out: Path, pool: Pool) -> dict[str, str]:
    """Train and grade the cells that are not finished in ``out``.

    Parameters
    ----------
    suite : Suite
        What to run.
    out : Path
        Folder of the benchmark.
    pool : Pool
        Where to run; it is closed at the end.

    Returns
    -------
    dict of str to str
        Error messages of the cells that failed, by name.

    Raises
    ------
    ValueError
        If ``out`` holds something else.
    """
    open_folder(suite, out)
    cells = [cell for run in suite.runs for cell in cells_of(run, out)]
    todo = [cell for cell in cells if not cell.is_finished()]
    folders = [cell.folder for cell in cells]
    total, done = sum(cell.run.settings.updates for cell in cells), saved_updates(folders)
    with contextlib.closing(pool), bars.progress_bar(total, "update", suite.name, done) as bar:
        lost = _predict(todo, pool, bar)
        errors = {cell.name: lost[cell.run_folder] for cell in todo if cell.run_folder in lost}
        waiting = _batches([cell for cell in todo if cell.name not in errors], pool.workers)
        while waiting:
            jobs: dict[Job, list[Cell]] = {partial(run_cells, batch): batch for batch in waiting}
            waiting = []
            for job, error, _ in run_all(pool, list(jobs), lambda: show_progress(bar, folders)):
                if error and len(jobs[job]) > 1:  # each alone, so that those without a fault go on
                    waiting += [[cell] for cell in jobs[job] if not cell.is_finished()]
                elif error:
                    errors[jobs[job][0].name] = error
    return errors


def _batches(cells: list[Cell], workers: int) -> list[list[Cell]]:
    """Cells of the same run, in parts that each train in one process."""
    found = []
    for _, own in itertools.groupby(cells, lambda cell: cell.run_folder):
        of_run = {cell.seed: cell for cell in own}
        settings = next(iter(of_run.values())).run.settings
        found += [[of_run[seed] for seed in part] for part in batches(settings, list(of_run), workers)]
    return found


def same_runs(suite: Suite, there: Path) -> set[str]:
    """Names of the runs that the benchmark in the folder ``there`` has with the same settings.

    Raises
    ------
    ValueError
        It holds no benchmark, or one of other games.
    """
    kept: KeptSuite = read_record(KeptSuite, there / FILE, SCHEMA)
    if not {run.task for run in kept.runs} & {run.task for run in suite.runs}:
        raise ValueError(f"{there} holds a benchmark of other games")
    settings = {run.folder: run.settings for run in kept.runs}
    return {run.name for run in suite.runs if settings.get(run.name) == plain(asdict(run.settings))}


def take_over(suite: Suite, out: Path, there: Path) -> None:
    """Take over into ``out`` the finished cells of `same_runs` that the same versions made."""
    open_folder(suite, out)
    same = same_runs(suite, there)
    for run in (one for one in suite.runs if one.name in same):
        for own, other in zip(cells_of(run, out), cells_of(run, there), strict=True):
            fits = other.is_finished() and made_with(other.run_folder) == made_with(own.run_folder)
            if fits and not own.is_finished():
                own.folder.mkdir(exist_ok=True)
                for name in CELL_FILES:
                    write_bytes(own.folder / name, read_bytes(other.folder / name))


def _predict(cells: list[Cell], pool: Pool, bar: tqdm) -> dict[Path, str]:
    """Write the predictions that are missing; runs of the same game, protocol and choices share one.
    Returns error messages by folder."""
    missing = {c.run_folder: c.run.settings for c in cells if not (c.run_folder / PREDICTION).exists()}
    groups: dict[str, list[Path]] = {}
    for folder, settings in missing.items():
        groups.setdefault(json_text(key_of(settings)), []).append(folder)
    jobs: dict[Job, list[Path]] = {
        partial(predict_and_keep, missing[folders[0]], folders): folders for folders in groups.values()
    }
    errors: dict[Path, str] = {}
    for job, error, _ in run_all(pool, list(jobs), lambda: bar.update(0)):
        errors |= dict.fromkeys(jobs[job], error) if error else {}
    return errors


def run_cells(cells: Sequence[Cell]) -> None:
    """Train seeds of the same run from their last checkpoints, and grade them."""
    settings, run = cells[0].run.settings, cells[0].run_folder
    prediction = kept_prediction(settings, run)
    seeds = trained(settings, {cell.seed: cell.folder for cell in cells}, prediction)
    for cell in cells:
        grade_and_keep(settings, run, cell.seed, prediction=prediction, trained=seeds[cell.seed])


def open_folder(suite: Suite, out: Path) -> None:
    """Make the folder of a benchmark, or check that it holds this suite.

    Raises
    ------
    ValueError
        It holds something else, or a part of it is a link.
    OSError
        It cannot be written to: now, and not after hours of work.
    """
    claim_folder(out, FILE)
    text, path = record_text(suite.kept(), SCHEMA), out / FILE
    with contextlib.suppress(FileExistsError):
        write_text(path, text, exclusive=True)
    with reading(path):
        there = read_text(path)
    if there != text:
        raise ValueError(f"{out} holds another suite, or this one with other settings")
    cells = [cell for run in suite.runs for cell in cells_of(run, out)]
    refuse_links(out, (str(cell.folder.relative_to(out)) for cell in cells))
    for folder in {out, *(folder for cell in cells for folder in (cell.folder, cell.run_folder))}:
        remove_drafts(folder)
    for run in suite.runs:
        folder = out / "runs" / run.name
        if not (folder / "settings.json").exists():
            run.settings.save(folder)
