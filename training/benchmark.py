"""``python -m training.benchmark``: games x protocols x algorithms x seeds, graded and compared.

The folder holds ``suite.json`` and ``runs/NAME/``, each a run as `training.train` makes it. A cell is
one seed of a run; it is finished when its ``figures.json`` is there. Whatever stopped the command, the
same command goes on and ends with the same rows. At the end ``rows.csv`` has one row per cell,
``verdicts.csv`` one per run, ``statistics.json`` the algorithms compared, and ``marl_eval.json`` the
same for marl-eval. Exit status: 0 done, 1 cells failed, 2 bad input.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from benchgame_env import commands, theory
from benchgame_env._files import json_text, write_text
from benchgame_env._validate import choice, integer
from training import statistics
from training.backends import BACKENDS, completed
from training.compare_protocols.ranges import label
from training.judging import conclude, grade_and_keep, judged_regret, predicted
from training.marl_eval import marl_eval
from training.seed_figures import SeedFigures, load_figures
from training.storage import read_rows, write_rows
from training.suite import STANDARD, Suite, SuiteRun, standard
from training.train import train_seed
from training.verdict import Verdict

PROG = "python -m training.benchmark"
SUITE = "suite.json"
Row = dict[str, Any]


@dataclass(frozen=True)
class Cell:
    """One seed of a run, and where it is kept."""

    run: SuiteRun
    folder: Path  # of the run
    seed: int

    @property
    def figures(self) -> Path:
        return self.folder / f"seed-{self.seed}" / "figures.json"


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    return commands.run(lambda: _benchmark(options), PROG)


def _parser() -> argparse.ArgumentParser:
    parser = commands.Parser(
        prog=PROG,
        description="Train and grade algorithms on many games, several cells at once, and compare them.",
        epilog="The same command goes on with an interrupted benchmark. "
        "exit status: 0 done, 1 cells failed, 2 bad input",
    )
    parser.add_argument("suite", nargs="?", type=Path, default=None,
                        help=f"settings file, see training/suite.py; default: {STANDARD}")  # fmt: skip
    parser.add_argument("--quick", action="store_true", help=f"the small form of {STANDARD}")
    parser.add_argument("--out", type=Path, default=None, help="folder; default: runs/NAME of the suite")
    parser.add_argument("--backend", default="local", help=f"one of: {', '.join(BACKENDS)}")
    parser.add_argument(
        "--address", default=None, help="of the Ray cluster, all of whose machines see --out"
    )
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes of backend local")
    parser.add_argument("--random-state", type=int, default=0, help="of the bootstrap of the statistics")
    return parser


def _benchmark(options: argparse.Namespace) -> int:
    if options.quick and options.suite is not None:
        raise ValueError("--quick: is a form of the standard suite, leave out the settings file")
    suite = Suite.read(options.suite or standard(options.quick))
    out = options.out or Path("runs") / suite.name
    choice("--backend", options.backend, BACKENDS)
    if options.address is not None and options.backend != "ray":
        raise ValueError("--address: only of --backend ray")
    integer("--workers", options.workers, low=1)
    integer("--random-state", options.random_state, low=0)
    errors = benchmark(suite, out, options.backend, options.workers, options.address)
    verdicts = summarise(suite, out, errors, options.random_state)
    print(_table(suite, verdicts))
    print(f"\nRows, verdicts and statistics are in {out}; python -m training.report {out} draws them.")
    for cell, error in errors.items():
        print(f"{cell.folder.name}, seed {cell.seed} failed: {error}", file=sys.stderr)
    return 1 if errors else 0


def benchmark(
    suite: Suite, out: Path, backend: str = "local", workers: int = 1, address: str | None = None
) -> dict[Cell, str]:
    """Work out the cells that ``out`` lacks; those that failed, with what they failed by.

    Raises
    ------
    ValueError: ``out`` holds another suite.
    """
    _open_folder(suite, out)
    cells = list(_cells(suite, out))
    todo = [cell for cell in cells if not cell.figures.exists()]
    errors = {}
    updates = sum(cell.run.settings.updates for cell in cells)
    found = updates - sum(cell.run.settings.updates for cell in todo)
    with tqdm(total=updates, initial=found, unit="update", desc=suite.name, smoothing=0) as bar:
        for k, error in completed(run_cell, todo, backend, workers, address):
            bar.update(todo[k].run.settings.updates)
            if error:
                errors[todo[k]] = error
    return errors


def run_cell(cell: Cell) -> None:
    """Train a seed from where it is, and grade it."""
    settings = cell.run.settings
    for _ in train_seed(settings, cell.figures.parent, cell.seed):
        pass
    grade_and_keep(settings, cell.folder, cell.seed, predicted(settings))


def summarise(
    suite: Suite, out: Path, errors: dict[Cell, str], random_state: int
) -> dict[SuiteRun, Verdict]:
    """Write what is to be said of all cells, see the module; the verdicts on the runs that are whole."""
    rows: list[Row] = []
    verdicts = {}
    for run in suite.runs:
        prediction = predicted(run.settings)
        cells = list(_cells(Suite(suite.name, (run,)), out))
        rows += [_row(suite, cell, prediction, errors.get(cell, "")) for cell in cells]
        if not any(cell in errors for cell in cells):
            _, verdicts[run] = conclude(run.settings, out / "runs" / run.name, prediction)
    write_rows(out / "rows.csv", rows)
    write_rows(out / "verdicts.csv", [_verdict_row(run, verdict) for run, verdict in verdicts.items()])
    compared = statistics.summary(rows, np.random.default_rng(random_state))
    write_text(out / "statistics.json", json_text(compared) + "\n")
    folders = {(run.task, run.algorithm): out / "runs" / run.name for run in suite.runs}

    def progress(row: Row) -> list[Row]:
        return list(
            read_rows(folders[row["task"], row["algorithm"]] / f"seed-{row['seed']}" / "progress.csv")
        )

    write_text(out / "marl_eval.json", json_text(marl_eval(rows, progress)) + "\n")
    return verdicts


def _open_folder(suite: Suite, out: Path) -> None:
    """Make the folder, or see that it holds this suite; writing first shows early whether one can."""
    text, path = (
        json_text(
            {"name": suite.name, "runs": [{"folder": run.name, **asdict(run)} for run in suite.runs]}
        )
        + "\n",
        out / SUITE,
    )
    if path.exists() and path.read_text() != text:
        raise ValueError(
            f"{out} holds another suite, or this one with other settings: choose another --out"
        )
    out.mkdir(parents=True, exist_ok=True)
    write_text(path, text)
    for run in suite.runs:
        if not (out / "runs" / run.name / "settings.json").exists():
            run.settings.save(out / "runs" / run.name)


def _cells(suite: Suite, out: Path) -> Iterator[Cell]:
    for run in suite.runs:
        for seed in range(run.settings.seeds):
            yield Cell(run, out / "runs" / run.name, seed)


def _row(suite: Suite, cell: Cell, prediction: theory.Prediction, error: str) -> Row:
    settings = cell.run.settings
    row: Row = {
        "suite": suite.name,
        "task": cell.run.task,
        "algorithm": cell.run.algorithm,
        "game": settings.game,
        "protocol": label(settings.protocol, settings.parameters),
        "revision": settings.revision,
        "seed": cell.seed,
        "status": "failed" if error else "done",
        "error": error,
        "regime": prediction.regime,
        "agent_steps": settings.rounds * settings.copies * prediction.game.n_developers,  # per update
    }
    figures = None if error else load_figures(cell.figures)
    return row | _figures(cell, prediction, figures)


def _figures(cell: Cell, prediction: theory.Prediction, figures: SeedFigures | None) -> Row:
    """The single numbers of ``figures``; empty without."""
    names = (
        "average_regret",
        "joint_regret",
        "step_regret",
        "nash_conv",
        "tau",
        "movement",
        "in_order",
        "period",
    )
    if figures is None:
        return dict.fromkeys(("regret", "final_regret", *names), "")
    regret = judged_regret(cell.run.settings, prediction, figures)
    return {"regret": regret, "final_regret": figures.regret} | {n: getattr(figures, n) for n in names}


def _verdict_row(run: SuiteRun, verdict: Verdict) -> Row:
    first = verdict.checks[0] if verdict.checks else None
    return {
        "task": run.task,
        "algorithm": run.algorithm,
        "outcome": verdict.outcome,
        "reason": verdict.reason,
        "seeds_that_match": verdict.share.mean if verdict.share else "",
        "first_check": first.name if first else "",
        "mean": first.mean if first else "",
        "low": first.low if first else "",
        "high": first.high if first else "",
        "bound": first.bound if first else "",
        "failed_checks": "; ".join(str(check) for check in verdict.checks if check.outcome != "match"),
    }


def _table(suite: Suite, verdicts: dict[SuiteRun, Verdict]) -> str:
    """A row a task, a column an algorithm: outcome and the mean of the first check."""
    algorithms = list(dict.fromkeys(run.algorithm for run in suite.runs))
    cells = {(run.task, run.algorithm): _cell(verdicts.get(run)) for run in suite.runs}
    tasks = dict.fromkeys(run.task for run in suite.runs)
    rows = [[task, *(cells.get((task, name), "") for name in algorithms)] for task in tasks]
    return commands.table(["task", *algorithms], rows)


def _cell(verdict: Verdict | None) -> str:
    if verdict is None:
        return "failed"
    return f"{verdict.outcome} {verdict.checks[0].mean:.2g}" if verdict.checks else verdict.outcome


if __name__ == "__main__":
    sys.exit(main())
