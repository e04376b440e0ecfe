"""Results of a benchmark: a row for each cell, verdicts on runs, and the algorithms compared."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchgame_env import theory
from benchgame_env.cli import commands
from benchgame_env.files import json_text, write_text
from benchgame_env.records import write_record
from benchgame_env.training.benchmark import marl_eval
from benchgame_env.training.benchmark.cells import Cell, cells_of
from benchgame_env.training.benchmark.shares import Matches, match_shares, share_rows, share_tables
from benchgame_env.training.benchmark.statistics import (
    SCHEMA,
    Comparison,
    Statistics,
    compare,
    fields_of,
    in_words,
    missing,
    score,
)
from benchgame_env.training.benchmark.suite import Suite
from benchgame_env.training.grading.figures import load_figures
from benchgame_env.training.grading.judging import conclude, judged_regret, withdraw
from benchgame_env.training.grading.verdict import Verdict, undecided
from benchgame_env.training.run.prediction import kept_prediction
from benchgame_env.training.run.records import counted
from benchgame_env.training.run.storage import read_rows, write_rows

Row = dict[str, Any]
Verdicts = dict[tuple[str, str], Verdict]  # by task and algorithm
FIGURES = ("average_regret", "step_regret", "nash_conv", "tau", "movement", "period")


class Results(NamedTuple):
    """What a benchmark found.

    Attributes
    ----------
    verdicts : dict of (task, algorithm) to Verdict
        The verdict on each run.
    comparisons : list of Comparison
        The algorithms compared.
    shares : dict of str to Matches
        Of drawn games, the share that each algorithm matches; else empty.
    """

    verdicts: Verdicts
    comparisons: list[Comparison]
    shares: dict[str, Matches]

    def text(self) -> str:
        """The tables that the command prints. Verdicts on single draws are left out."""
        first = share_tables(self.shares) or verdict_tables(self.verdicts)
        return "\n\n".join(filter(None, (first, comparison_tables(self.comparisons))))


def summarise(suite: Suite, out: Path, errors: dict[str, str], rng: np.random.Generator) -> Results:
    """Judge all runs and compare the algorithms; write ``rows.csv``, ``verdicts.csv``,
    ``statistics.json`` and ``marl_eval.json``, and for drawn games ``shares.csv``.

    Parameters
    ----------
    suite : Suite
        What was run.
    out : Path
        Folder of the benchmark.
    errors : dict of str to str
        Error messages of the cells that failed, by name.
    rng : numpy.random.Generator
        Random numbers of the bootstrap.

    Returns
    -------
    Results
        Verdicts and comparisons.
    """
    rows: list[Row] = []
    verdicts: Verdicts = {}
    curves: list[marl_eval.Curve | None] = []
    for run in suite.runs:
        cells = cells_of(run, out)
        failed = sum(cell.name in errors for cell in cells)
        folder = out / "runs" / run.name
        # If all cells failed, the prediction may have failed too.
        prediction = kept_prediction(run.settings, folder) if failed < len(cells) else None
        rows += [_row(suite, cell, prediction, errors.get(cell.name, "")) for cell in cells]
        curves += [_curve(cell) for cell in cells if cell.name not in errors]
        if prediction is not None and not failed:
            _, verdict = conclude(run.settings, folder, prediction)
        else:
            verdict = undecided(f"{failed} of {counted(len(cells), 'seed')} failed")
            withdraw(folder)
        verdicts[run.task, run.algorithm] = verdict
    scores = scores_by_task(rows, suite)
    comparisons = compare(scores, rng)
    shares = match_shares(suite, verdicts, scores, rng) if suite.drawn else {}
    if shares:
        write_rows(out / "shares.csv", share_rows(shares))
    write_rows(out / "rows.csv", rows)
    write_rows(out / "verdicts.csv", [_verdict_row(key, verdict) for key, verdict in verdicts.items()])
    statistics = Statistics("1 - regret / P", missing(scores), tuple(comparisons))
    write_record(out / "statistics.json", statistics, SCHEMA)
    exported = marl_eval.export([curve for curve in curves if curve is not None])
    write_text(out / "marl_eval.json", json_text(exported) + "\n")
    return Results(verdicts, comparisons, shares)


def verdict_tables(verdicts: Verdicts) -> str:
    """Tables with a row for each task and a column for each algorithm, one for each set of algorithms
    that share tasks. A cell has the outcome and the two figures of `Verdict.gist`."""
    tables = []
    for names, tasks in fields_of(verdicts).items():
        rows = [[task, *(_cell(verdicts[task, name]) for name in names)] for task in tasks]
        tables.append(commands.table(["task", *names], rows))
    return "\n\n".join(tables)


def comparison_tables(comparisons: list[Comparison]) -> str:
    """Tables with the interquartile mean of each algorithm, one for each set of shared tasks."""
    header = ["algorithm", "IQM of 1 - regret / P", "scored runs"]
    return "\n\n".join(
        f"On {'; '.join(found.tasks)}:\n"
        + commands.table(header, [[n, in_words(e), str(found.runs[n])] for n, e in found.iqm.items()])
        for found in comparisons
        if len(found.iqm) > 1
    )


def _cell(verdict: Verdict) -> str:
    return " ".join([verdict.outcome, *verdict.gist()])


def _row(suite: Suite, cell: Cell, prediction: theory.Prediction | None, error: str) -> Row:
    settings = cell.run.settings
    row: Row = {
        "suite": suite.name,
        "task": cell.run.task,
        "algorithm": cell.run.algorithm,
        "game": settings.game,
        "protocol": commands.setting_label(settings.protocol, settings.parameters),
        "revision": settings.revision,
        "agents": settings.agents,
        "seed": cell.seed,
        "status": "failed" if error else "done",
        "error": error,
        "regime": prediction.regime if prediction else "",
    }
    row |= dict.fromkeys(("regret", "final_regret", *FIGURES), "")
    if prediction and not error:
        figures = load_figures(cell.folder / "figures.json")
        regret = judged_regret(settings, prediction, figures)
        found = {"regret": regret, "final_regret": figures.regret}
        found |= {name: getattr(figures, name) for name in FIGURES}
        row |= {name: value for name, value in found.items() if not math.isnan(value)}
    return row


def _curve(cell: Cell) -> marl_eval.Curve | None:
    run = cell.run
    progress = read_rows(cell.folder / "progress.csv")
    figures = load_figures(cell.folder / "figures.json")
    return marl_eval.curve(run.task, run.algorithm, cell.seed, run.settings, progress, figures)


def scores_by_task(rows: Iterable[Row], suite: Suite) -> dict[str, dict[str, list[float]]]:
    """Scores of the seeds by algorithm and task (of drawn games, by family); NaN where the cell failed
    or has no regret. Rows of tasks that the suite lacks are left out."""
    scores: dict[str, dict[str, list[float]]] = {}
    families = {run.task: run.group if suite.drawn else run.task for run in suite.runs}
    for row in rows:
        if row["task"] not in families:
            continue
        regret, task = math.nan if row["regret"] == "" else row["regret"], str(row["task"])
        by_task = scores.setdefault(row["algorithm"], {})
        by_task.setdefault(families[task], []).append(float(score(regret)))
    return scores


def _verdict_row(key: tuple[str, str], verdict: Verdict) -> Row:
    first = verdict.checks[0] if verdict.checks else None
    found = ("name", "mean", "low", "high", "bound")
    return {
        "task": key[0],
        "algorithm": key[1],
        "outcome": verdict.outcome,
        "last_iterate": verdict.last_outcome or "",
        "sentence": verdict.sentence,
        "reason": verdict.reason,
        "seeds_that_match": verdict.share.mean if verdict.share else "",
        **{f"first_check_{name}": getattr(first, name) if first else "" for name in found},
        "not_matched": "; ".join(str(check) for check in verdict.checks if check.outcome != "match"),
    }
