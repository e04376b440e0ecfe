"""``benchgame benchmark``: games x protocols x algorithms x seeds, graded and compared.

The folder holds ``suite.json`` and ``runs/NAME/``, each a run as `training.train` makes it. A cell is
one seed of a run; it is finished when its figures, rows and progress are complete. Whatever stopped the
command, the same command goes on and ends with the same rows. At the end ``rows.csv`` has one row for
each cell, ``verdicts.csv`` one for each run, ``statistics.json`` the comparison of the algorithms, and
``marl_eval.json`` learning curves for marl-eval. A suite with drawn games first tunes its algorithms on
development draws, in the folder ``SUITE-development-N`` beside it. Exit status: 0 done, 1 cells failed,
2 bad input.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from pathlib import Path

import numpy as np

from benchgame_env import extras, trust
from benchgame_env.cli import commands
from benchgame_env.folders import alone_in
from benchgame_env.training.benchmark.cells import same_runs, take_over, work_out
from benchgame_env.training.benchmark.named_suites import STANDARD, SUITES, suite_called
from benchgame_env.training.benchmark.order import order_table, pairs
from benchgame_env.training.benchmark.results import Results, scores_by_task, summarise
from benchgame_env.training.benchmark.stages import Stage
from benchgame_env.training.benchmark.suite import Suite
from benchgame_env.training.benchmark.tuning import best_settings, choices_table
from benchgame_env.training.jobs import BACKENDS, add_workers_option, open_pool
from benchgame_env.training.run.storage import read_rows
from benchgame_env.validate import count, integer

PROG = "benchgame benchmark"


def main(arguments: list[str] | None = None) -> int:
    """Run the command with ``arguments``, by default those of the shell; returns the exit status."""
    options = _parser().parse_args(arguments)
    return commands.run(lambda: _benchmark(options), PROG)


def _parser() -> argparse.ArgumentParser:
    parser = commands.Parser(
        prog=PROG,
        description="Train and grade algorithms on many games, several cells at once, and compare them.",
        epilog="To go on with an interrupted benchmark, repeat the command. "
        "Exit status: 0 done, 1 cells failed, 2 bad input.",
    )
    named = f"a settings file (*.toml), MODULE:NAME, or one of: {', '.join(sorted(SUITES.names()))}"
    parser.add_argument("suite", nargs="?", help=f"{named}; default: {STANDARD}")
    parser.add_argument("--quick", action="store_true", help=f"run a small form of {STANDARD}")
    parser.add_argument("--out", type=Path, help="folder; default: runs/NAME of the suite")
    parser.add_argument("--backend", default="local", help=f"one of: {', '.join(BACKENDS)}")
    parser.add_argument("--address", help="address of a Ray cluster whose machines all share --out")
    parser.add_argument("--development", type=int, default=0, metavar="N",
                        help="development draws on which settings are tuned, by number")  # fmt: skip
    parser.add_argument("--draws", type=int, metavar="N",
                        help="play the first N draws of each family; default: all")  # fmt: skip
    parser.add_argument("--against", type=Path, metavar="FOLDER",
                        help="another play of these games: take over what has the same settings there, "
                        "and say whether the order of algorithms is the same")  # fmt: skip
    add_workers_option(parser)
    parser.add_argument("--random-state", type=int, default=0, help="seed of the bootstrap")
    trust.add_option(parser)
    return parser


def _benchmark(options: argparse.Namespace) -> int:
    if options.quick and options.suite is not None:
        raise ValueError("--quick: is a form of the standard suite; give no settings file")
    count("--workers", options.workers, "workers")
    integer("--random-state", options.random_state, low=0)
    name = f"{STANDARD}-quick" if options.quick else STANDARD if options.suite is None else options.suite
    most = None if options.draws is None else integer("--draws", options.draws, low=1)
    suite = suite_called(name, options.trust, Stage(most=most))
    if most is not None and not suite.drawn:
        raise ValueError(f"--draws: the games of {suite.name} are not drawn")
    for left_out, modules in suite.left_out.items():
        print(f"{PROG}: {left_out} is left out: {', '.join(modules)} not installed", file=sys.stderr)
    if options.against:
        same_runs(suite, options.against)  # refuses what is no benchmark of these games
    extras.need("torch")  # without it no cell can be worked out

    out = options.out or Path("runs") / suite.name
    errors: dict[str, str] = {}
    if suite.grids:
        number = integer("--development", options.development, low=0)
        tuning = suite_called(name, options.trust, Stage(number))
        where = out.with_name(tuning.name)
        _, errors = _played(tuning, where, options)
        chosen = best_settings(where, suite)
        commands.show(choices_table(chosen, suite) + f"\n\nSettings were tuned in {where}.\n")
        suite = suite_called(name, options.trust, Stage(chosen=chosen.indices, most=most))
    results, failed = _played(suite, out, options, options.against)
    commands.show(results.text())
    if options.against:
        commands.show("\n" + _order(suite, out, options))
    report = f"benchgame report {commands.quoted(out)}"
    commands.show(f"\nRows, verdicts and statistics are in {out}; {report} makes a page.")
    for cell, error in (errors | failed).items():
        print(f"{PROG}: {cell} failed: {error}", file=sys.stderr)
    return 1 if errors or failed else 0


def _order(suite: Suite, out: Path, options: argparse.Namespace) -> str:
    """Whether the order of algorithms is that of another play."""
    before, now = (
        scores_by_task(read_rows(folder / "rows.csv"), suite) for folder in (options.against, out)
    )
    same = same_runs(suite, options.against)
    changed = {run.algorithm for run in suite.runs if run.name not in same}
    found = pairs(before, now, changed, np.random.default_rng(options.random_state))
    return order_table(found, str(options.against))


def _played(
    suite: Suite, out: Path, options: argparse.Namespace, there: Path | None = None
) -> tuple[Results, dict[str, str]]:
    """The results of a suite, and error messages by cell; what fits is taken over from ``there``."""
    pool = open_pool(options.backend, options.workers, options.address)
    with contextlib.closing(pool), alone_in(out):
        if there:
            take_over(suite, out, there)
        errors = work_out(suite, out, pool)
        return summarise(suite, out, errors, np.random.default_rng(options.random_state)), errors


if __name__ == "__main__":
    sys.exit(main())
