"""``benchgame benchmark``: games x protocols x algorithms x seeds, graded and compared.

The folder holds ``suite.json`` and ``runs/NAME/``, each a run as `training.train` makes it. A cell is
one seed of a run; it is finished when its figures, rows and progress are complete. Whatever stopped the
command, the same command goes on and ends with the same rows. At the end ``rows.csv`` has one row for
each cell, ``verdicts.csv`` one for each run, ``statistics.json`` the comparison of the algorithms, and
``marl_eval.json`` learning curves for marl-eval. Exit status: 0 done, 1 cells failed, 2 bad input.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from pathlib import Path

import numpy as np

from benchgame_env import trust
from benchgame_env.cli import commands
from benchgame_env.folders import alone_in
from benchgame_env.training.benchmark.cells import work_out
from benchgame_env.training.benchmark.named_suites import STANDARD, SUITES, suite_called
from benchgame_env.training.benchmark.results import comparison_tables, summarise, verdict_tables
from benchgame_env.training.jobs import BACKENDS, add_workers_option, open_pool
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
    add_workers_option(parser)
    parser.add_argument("--random-state", type=int, default=0, help="seed of the bootstrap")
    trust.add_option(parser)
    return parser


def _benchmark(options: argparse.Namespace) -> int:
    if options.quick and options.suite is not None:
        raise ValueError("--quick: is a form of the standard suite; give no settings file")
    workers = count("--workers", options.workers, "workers")
    rng = np.random.default_rng(integer("--random-state", options.random_state, low=0))
    name = f"{STANDARD}-quick" if options.quick else options.suite or STANDARD
    suite = suite_called(name, options.trust)
    import torch  # noqa: F401 - without it no cell can be worked out

    out = options.out or Path("runs") / suite.name
    pool = open_pool(options.backend, workers, options.address)
    with contextlib.closing(pool), alone_in(out):
        errors = work_out(suite, out, pool)
        verdicts, comparisons = summarise(suite, out, errors, rng)
    commands.show("\n\n".join(filter(None, (verdict_tables(verdicts), comparison_tables(comparisons)))))
    commands.show(f"\nRows, verdicts and statistics are in {out}; benchgame report {out} makes a page.")
    for name, error in errors.items():
        print(f"{PROG}: {name} failed: {error}", file=sys.stderr)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
