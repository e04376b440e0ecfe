"""``benchgame rank-agreement CSV``: do benchmarks agree on which model is better?

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
import scipy
from numpy.typing import NDArray

from benchgame_env.cli import bars, commands
from benchgame_env.csv_rows import csv_rows
from benchgame_env.training.grading.intervals import CONFIDENCE, Estimate
from benchgame_env.training.run.records import counted
from benchgame_env.training.run.storage import write_rows
from benchgame_env.validate import Floats, checked_name, number

PROG = "benchgame rank-agreement"
COLUMNS = ("direct", "tuned")
MOST_BENCHMARKS = 2000  # two million pairs
MOST_CELLS = 2**22  # numbers of a table that is in memory
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
    commands.show(report(pairs, columns))


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
        If there are fewer than two benchmarks or more than `MOST_BENCHMARKS`, or a pair has fewer than
        two models in common, or these models all have the same score on one benchmark of the pair.
    """
    if len(scores) < 2:
        raise ValueError(f"need at least two benchmarks to compare, got {', '.join(scores) or 'none'}")
    if len(scores) > MOST_BENCHMARKS:
        raise ValueError(f"{len(scores):,} benchmarks; at most {MOST_BENCHMARKS:,} are compared")
    benchmarks = sorted(scores)
    values = _table(scores, benchmarks, len(columns))
    shared = _shared(values[0])
    if (first := _first_pair(shared < 2)) is not None:
        label = " and ".join(repr(benchmarks[k]) for k in first)
        models = counted(int(shared[first]), "model")
        raise ValueError(f"{label} have {models} in common; a ranking needs 2")
    taus = [_taus(column) for column in values]
    for column, value, tau in zip(columns, values, taus, strict=True):
        if (first := _first_pair(np.isnan(tau))) is not None:
            raise ValueError(f"{column}: {_flat(value, benchmarks, first)}")
    upper = np.triu_indices(len(benchmarks), k=1)
    found = zip(shared[upper].astype(int).tolist(), *(tau[upper].tolist() for tau in taus), strict=True)
    names = itertools.combinations(benchmarks, 2)
    return [Pair(pair, models, tuple(rest)) for pair, (models, *rest) in zip(names, found, strict=True)]


def _first_pair(found: NDArray[np.bool_]) -> tuple[int, int] | None:
    """The first pair ``i < j`` that is True in ``found`` ``[benchmarks, benchmarks]``."""
    first, second = np.nonzero(np.triu(found, k=1))
    return (int(first[0]), int(second[0])) if first.size else None


def _flat(values: Floats, benchmarks: list[str], pair: tuple[int, int]) -> str:
    """Which benchmark of a pair ranks nothing, in words."""
    both = values[list(pair)][:, np.isfinite(values[list(pair)]).all(axis=0)]
    label, flat = " and ".join(repr(benchmarks[k]) for k in pair), pair[int(np.ptp(both[0]) > 0)]
    return f"all {both.shape[1]} models of {label} score the same on {benchmarks[flat]!r}"


def _table(scores: Scores, benchmarks: list[str], columns: int) -> Floats:
    """Scores ``[columns, benchmarks, models]``; NaN where a benchmark lacks a model."""
    models = {model: k for k, model in enumerate(sorted({m for own in scores.values() for m in own}))}
    table = np.full((columns, len(benchmarks), len(models)), np.nan)
    for row, benchmark in enumerate(benchmarks):
        for model, found in scores[benchmark].items():
            table[:, row, models[model]] = found
    return table


def _shared(values: Floats) -> Floats:
    """Number of models that two benchmarks share, ``[benchmarks, benchmarks]``."""
    has = np.isfinite(values).astype(np.float64)
    return has @ has.T


def _taus(values: Floats) -> Floats:
    """Kendall's tau-b of all pairs of benchmarks ``[benchmarks, benchmarks]`` from scores ``[benchmarks,
    models]``, as `metrics.rank_agreement` of the models that both have; NaN where one ranks nothing.

    Pairs of models are counted by matrix products: with signs s of score differences, s @ s' is the
    number of pairs in the same order minus those in reverse order.
    """
    n, (first, second) = len(values), np.triu_indices(values.shape[1], k=1)
    agreeing, untied = np.zeros((n, n)), np.zeros((n, n))
    step = max(1, MOST_CELLS // n)
    with bars.progress_bar(first.size, "pair of models", "Kendall tau", delay=2.0) as bar:
        for start in range(0, first.size, step):
            part = slice(start, start + step)
            signs = np.sign(values[:, first[part]] - values[:, second[part]])
            known = np.isfinite(signs).astype(np.float64)
            signs = np.nan_to_num(signs)
            agreeing += signs @ signs.T
            untied += np.abs(signs) @ known.T  # [i, j]: not tied on i, among the models of i and j
            bar.update(signs.shape[1])
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.clip(agreeing / np.sqrt(untied) / np.sqrt(untied.T), -1.0, 1.0)


def mean_with_interval(pairs: list[Pair], values: Floats) -> Estimate:
    """The mean of ``values``, one for each pair of benchmarks, with its interval; NaN for the ends of
    the interval with two benchmarks, since there is no pair without one of them."""
    mean = float(values.mean())
    benchmarks = sorted({benchmark for pair in pairs for benchmark in pair.benchmarks})
    m = len(benchmarks)
    if m < 3:
        return Estimate(mean, math.nan, math.nan)
    place = {benchmark: k for k, benchmark in enumerate(benchmarks)}
    ends = np.array([[place[benchmark] for benchmark in pair.benchmarks] for pair in pairs])
    own = np.bincount(ends.ravel(), np.repeat(values, 2))  # over the pairs with each benchmark
    without = (values.sum() - own) / (len(pairs) - np.bincount(ends.ravel()))
    error = math.sqrt((m - 1) / m * ((without - without.mean()) ** 2).sum())
    half = float(scipy.stats.t.ppf(0.5 + CONFIDENCE / 2, m - 1)) * error
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
