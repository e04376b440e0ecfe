"""``benchgame coverage``: measure how often the announced level is high enough, and what it costs."""

from __future__ import annotations

import argparse
import contextlib
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchgame_env import __version__
from benchgame_env.cli import bars, commands
from benchgame_env.files import naming
from benchgame_env.folders import alone
from benchgame_env.training.coverage.data_sets import CONFIDENCE, PARTS, Row, judged
from benchgame_env.training.coverage.entrants import BENCHMARKS, ENTRANTS, joined
from benchgame_env.training.coverage.leaderboards import ITEMS, SIZES
from benchgame_env.training.coverage.statistics import HEADER, found_of, table_rows
from benchgame_env.training.jobs import Job, Local, add_workers_option, run_all
from benchgame_env.training.run.storage import append_rows, read_whole_rows, write_rows
from benchgame_env.validate import choice, count, integer

PROG = "benchgame coverage"
DESCRIPTION = f"""\
Measures whether the level that benchgame thresholds announces is high enough
in {CONFIDENCE:.0%} of cases, and how much higher than it has to be.

ten, five       data sets of {len(SIZES)} invented leaderboards with known truth: ten
                checkpoints of each model up to 20,000 steps, or five up to
                10,000, of {ITEMS:,} items
near-ties       others, with ceilings that ten checkpoints do not tell apart
near-ties-at    the same, for the least level at which enough draws are
                stable, instead of from which on
two-rises       true curves that are not of the fitted law
shared-items    all models and checkpoints answer the same items
entrants-K      K models of families left out join five fitted models

Rows go to --out as they are found, and an interrupted command goes on."""
EPILOG = """\
held: the share of sets whose level lies at or above the true one, or is stable
after models joined. bounds: kept; below, by no more than chance explains; or
missed. exit status: 0, 1 a bound is missed, 2 bad input"""
ALL_PARTS = (*PARTS, *ENTRANTS)
SETS, LINE_UPS, DRAWS = 100, 1_000, 1_000
QUICK_SETS, QUICK_DRAWS = 2, 200
KEY = ("part", "board", "number", "pooling")
COLUMNS = (*KEY, "left_out", "level", "truth", "held", "draws", "version")
Key = tuple[str, str, int]


def main(arguments: list[str] | None = None) -> int:
    """Run the command with ``arguments``, by default those of the shell; returns the exit status."""
    options = _parser().parse_args(arguments)
    return commands.run(lambda: _coverage(options), PROG)


def _parser() -> argparse.ArgumentParser:
    form = argparse.RawDescriptionHelpFormatter
    parser = commands.Parser(prog=PROG, description=DESCRIPTION, epilog=EPILOG, formatter_class=form)
    add = parser.add_argument
    add("--parts", default=",".join(ALL_PARTS), help="what to measure, with commas")
    add("--sets", type=int, help=f"data sets of each leaderboard; half as many of the parts without "
        f"bounds, and ten times as many line-ups with entrants; default: {SETS}")  # fmt: skip
    add("--draws", type=int, help=f"draws of the curves for each level; default: {DRAWS:,}")
    add("--quick", action="store_true", help=f"{QUICK_SETS} data sets and {QUICK_DRAWS} draws")
    add("--out", type=Path, default=Path("runs/coverage/rows.csv"), help="file for the rows, *.csv")
    add_workers_option(parser)
    return parser


def _coverage(options: argparse.Namespace) -> int:
    parts = [choice("--parts", name.strip(), ALL_PARTS) for name in options.parts.split(",")]
    sets = _of("--sets", options.sets, QUICK_SETS if options.quick else SETS)
    draws = _of("--draws", options.draws, QUICK_DRAWS if options.quick else DRAWS)
    workers = count("--workers", options.workers, "workers")
    with naming(options.out):
        options.out.parent.mkdir(parents=True, exist_ok=True)
    with alone(options.out):
        rows = measure(keys_of(parts, sets), draws, options.out, workers)
    found = found_of(rows)
    commands.show(f"{sets:,} data sets of each leaderboard, {draws:,} draws; rows are in {options.out}")
    commands.show(commands.table(HEADER, table_rows(found)))
    return int(any(one.outcome == "missed" for one in found))


def _of(option: str, given: int | None, default: int) -> int:
    return default if given is None else integer(option, given, low=1)


def keys_of(parts: Iterable[str], sets: int) -> list[Key]:
    """What is measured: the data sets of each leaderboard, or line-ups of each benchmark."""
    return [
        (part, board, number)
        for part in parts
        for number in range(_times(part, sets))
        for board in (PARTS[part].leaderboards if part in PARTS else BENCHMARKS)
    ]


def _times(part: str, sets: int) -> int:
    """How often each leaderboard, or benchmark, is taken."""
    if part in ENTRANTS:
        return sets * LINE_UPS // SETS // len(BENCHMARKS)
    return math.ceil(sets * PARTS[part].often)


def measure(keys: Sequence[Key], draws: int, out: Path, workers: int) -> list[Row]:
    """The rows of ``keys``; those that the file ``out`` lacks are found and written there one by one."""
    rows, wanted = _kept(out, draws), dict.fromkeys(keys)
    if rows:
        write_rows(out, rows.values())  # without what an interrupted call left unfinished
    done = {key[:3] for key in rows}
    jobs: list[Job] = [
        partial(judged if key[0] in PARTS else joined, *key, draws) for key in wanted if key not in done
    ]
    pool = Local(min(workers, len(jobs) or 1))
    bar = bars.progress_bar(len(wanted), "set", "coverage", len(wanted) - len(jobs))
    with bar, contextlib.closing(pool):
        for _, error, result in run_all(pool, jobs, lambda: None):
            if error:
                raise ValueError(error)
            new = [{**row, **_made_with(draws)} for row in result]
            append_rows(out, new)
            rows |= {_key(row): row for row in new}
            bar.update()
    write_rows(out, [rows[key] for key in sorted(rows)])
    order = {key: place for place, key in enumerate(wanted)}
    return sorted(
        (row for key, row in rows.items() if key[:3] in order),
        key=lambda row: (order[_key(row)[:3]], -row["pooling"]),
    )


def _made_with(draws: int) -> dict[str, Any]:
    return {"draws": draws, "version": __version__}


def _key(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in KEY)


def _kept(out: Path, draws: int) -> dict[tuple[Any, ...], Row]:
    """The rows of an earlier call; ValueError if it had other settings."""
    if not out.exists():
        return {}
    kept: dict[tuple[Any, ...], Row] = {}
    for cells in read_whole_rows(out, COLUMNS):
        row: Row = dict(cells)
        try:
            row |= {
                name: int(cells[name]) for name in ("number", "pooling", "left_out", "held", "draws")
            }
            row |= {name: float(cells[name]) for name in ("level", "truth")}
        except ValueError as error:
            raise ValueError(f"{out} holds no rows of this command: {error}") from None
        for name, value in _made_with(draws).items():
            if row[name] != value:
                raise ValueError(
                    f"{out}: made with {name} {row[name]}, not {value}; choose another --out"
                )
        kept[_key(row)] = row
    found = Counter(key[:3] for key in kept)
    return {key: row for key, row in kept.items() if found[key[:3]] == _rows_of(key[0])}


def _rows_of(part: str) -> int:
    """How many rows a set has."""
    return len(PARTS[part].pooling) if part in PARTS else 1
