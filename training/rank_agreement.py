"""``python -m training.rank_agreement CSV``: do benchmarks agree on which model is better?

Reads scores of models on benchmarks, one row for each model and benchmark. For every pair of benchmarks
and every score column it computes Kendall's tau-b between the rankings of the models that both have, for
example with scores as measured directly and with scores after tune-before-test.

Intervals are 95 % t intervals of means over pairs, with the jackknife's standard error over benchmarks:
each benchmark is left out in turn with all of its pairs. They are about other benchmarks of the same
kind, not about other models. Columns share pairs, so their difference is computed pair by pair.
"""

from __future__ import annotations

import argparse
import itertools
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from benchgame_env import metrics
from benchgame_env.cli import commands
from benchgame_env.csv_rows import csv_rows
from benchgame_env.validate import Floats, checked_name, number
from training.grading.intervals import CONFIDENCE, Estimate
from training.run.records import counted
from training.run.storage import write_rows

PROG = "python -m training.rank_agreement"
COLUMNS = ("direct", "tuned")
Scores = dict[str, dict[str, tuple[float, ...]]]  # benchmark to model to a score per column


@dataclass(frozen=True)
class Pair:
    """Two benchmarks.

    Attributes
    ----------
    benchmarks : tuple of str
        Their names.
    models : int
        Number of models that both have.
    taus : tuple of float
        Kendall's tau-b between their rankings, for each score column.
    """

    benchmarks: tuple[str, str]
    models: int
    taus: tuple[float, ...]


def main(arguments: list[str] | None = None) -> int:
    """Run the command with ``arguments``, by default those of the shell; returns the exit status."""
    parser = commands.Parser(
        prog=PROG,
        description="Kendall tau between the model rankings of every pair of benchmarks.",
        epilog="intervals: 95 %, jackknife over benchmarks",
    )
    parser.add_argument("csv", type=Path, help="scores; columns benchmark, model and --columns")
    parser.add_argument("--columns", default=",".join(COLUMNS), help="score columns, with commas")
    parser.add_argument("--out", type=Path, help="file for a row for each pair (*.csv)")
    options = parser.parse_args(arguments)
    return commands.run(lambda: _agreement(options), PROG)


def _agreement(options: argparse.Namespace) -> None:
    columns = [name.strip() for name in options.columns.split(",")]
    if len(set(columns)) < len(columns) or not all(columns):
        raise ValueError(f"--columns: expected different names with commas, got {options.columns!r}")
    try:
        pairs = compare(read_scores(options.csv, columns), columns)
    except ValueError as error:
        raise ValueError(f"{options.csv}: {error}") from error
    if options.out:
        write_rows(options.out, (_row(pair, columns) for pair in pairs))
    print(report(pairs, columns))


def read_scores(path: Path, columns: list[str]) -> Scores:
    """Read scores by benchmark and model, one for each of ``columns``.

    Raises
    ------
    ValueError
        If a column or a value is missing or wrong; the message names the column and the row, where the
        header is row 1.
    """
    scores: Scores = {}
    for line, row in csv_rows(path, ["benchmark", "model", *columns]):
        where = f"row {line}"
        benchmark, model = (checked_name(f"{where}: {c}", row[c]) for c in ("benchmark", "model"))
        if model in scores.setdefault(benchmark, {}):
            raise ValueError(f"{where}: model {model!r} on {benchmark!r} has an earlier row")
        scores[benchmark][model] = tuple(number(f"{where}: {c}", row[c]) for c in columns)
    return scores


def compare(scores: Scores, columns: list[str]) -> list[Pair]:
    """Compare every pair of benchmarks, in alphabetical order.

    Raises
    ------
    ValueError
        If there are fewer than two benchmarks, or a pair has fewer than two models in common, or these
        models all have the same score on one benchmark of the pair.
    """
    if len(scores) < 2:
        raise ValueError(f"need at least two benchmarks to compare, got {', '.join(scores) or 'none'}")
    return [_pair(scores, columns, pair) for pair in itertools.combinations(sorted(scores), 2)]


def _pair(scores: Scores, columns: list[str], pair: tuple[str, str]) -> Pair:
    first, second = (scores[benchmark] for benchmark in pair)
    models = [model for model in first if model in second]
    label = " and ".join(map(repr, pair))
    if len(models) < 2:
        raise ValueError(f"{label} have {counted(len(models), 'model')} in common; a ranking needs 2")
    taus = []
    for k, column in enumerate(columns):
        own, other = ([scores[benchmark][model][k] for model in models] for benchmark in pair)
        if len(set(own)) == 1 or len(set(other)) == 1:
            flat = pair[len(set(own)) > 1]
            raise ValueError(f"{column}: all {len(models)} models of {label} score the same on {flat!r}")
        taus.append(metrics.rank_agreement(own, other))
    return Pair(pair, len(models), tuple(taus))


def mean_with_interval(pairs: list[Pair], values: Floats) -> Estimate:
    """The mean of ``values``, one for each pair of benchmarks, with its interval; NaN for the ends of
    the interval with two benchmarks, since there is no pair without one of them."""
    mean = float(values.mean())
    benchmarks = sorted({benchmark for pair in pairs for benchmark in pair.benchmarks})
    m = len(benchmarks)
    if m < 3:
        return Estimate(mean, math.nan, math.nan)
    has = np.array([[b in pair.benchmarks for pair in pairs] for b in benchmarks])
    without = np.array([values[~mine].mean() for mine in has])
    error = math.sqrt((m - 1) / m * ((without - without.mean()) ** 2).sum())
    half = float(stats.t.ppf(0.5 + CONFIDENCE / 2, m - 1)) * error
    return Estimate(mean, mean - half, mean + half)


def report(pairs: list[Pair], columns: list[str]) -> str:
    """A table with the mean tau of each column, and of its difference to the first column."""
    taus = np.array([pair.taus for pair in pairs])
    lines = {column: taus[:, k] for k, column in enumerate(columns)}
    lines |= {f"{c} - {columns[0]}": taus[:, k] - taus[:, 0] for k, c in enumerate(columns) if k}
    rows = []
    for name, values in lines.items():
        mean = mean_with_interval(pairs, values)
        interval = "" if math.isnan(mean.low) else f"[{mean.low:.3f}, {mean.high:.3f}]"
        ends = f"{values.min():.3f}", f"{values.max():.3f}"
        rows.append([name, f"{mean.value:.3f}", interval, *ends])
    models = [pair.models for pair in pairs]
    shared = f"{min(models)}" if min(models) == max(models) else f"{min(models)} to {max(models)}"
    return (
        f"Kendall tau between model rankings, {counted(len(pairs), 'pair')} of benchmarks, "
        f"{shared} models each\n"
        + commands.table(["scores", "mean tau", "95 %, jackknife", "least", "most"], rows)
    )


def _row(pair: Pair, columns: list[str]) -> dict[str, Any]:
    first, second = pair.benchmarks
    taus = {f"tau_{column}": tau for column, tau in zip(columns, pair.taus, strict=True)}
    return {"benchmark": first, "other": second, "models": pair.models, **taus}


if __name__ == "__main__":
    sys.exit(main())
