"""``benchgame report FOLDER``: a run, a folder of runs, or a benchmark as an HTML page of one file.

The command only reads what training, evaluation and the benchmark wrote; an old run without
``prediction.json`` gets one. For a run that is not finished or not graded, the page says so.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchgame_env import trust
from benchgame_env.agents.runs.settings import FILE as SETTINGS
from benchgame_env.cli import bars, commands
from benchgame_env.files import write_text
from benchgame_env.training.benchmark.suite import FILE as SUITE
from benchgame_env.training.report.benchmark import page as benchmark_page
from benchgame_env.training.report.benchmark import read_benchmark
from benchgame_env.training.report.comparison import draw, runs_in
from benchgame_env.training.report.comparison import page as comparison_page
from benchgame_env.training.report.files import Run, read_run
from benchgame_env.training.report.run import page as run_page
from benchgame_env.training.run.prediction import kept_prediction
from benchgame_env.training.run.records import counted
from benchgame_env.validate import choice

PROG = "benchgame report"
PAGE = "report.html"


def main(arguments: list[str] | None = None) -> int:
    """Run the command with ``arguments``, by default those of the shell; returns the exit status."""
    parser = commands.Parser(
        prog=PROG,
        description="A run, or a benchmark, as one HTML page that needs no other file. A folder of "
        "several runs, such as runs/quickstart, gets a page that compares them, and each run its own.",
    )
    known = "folder of a run, of several runs, or of a benchmark"
    parser.add_argument("folder", help=known)
    parser.add_argument("--out", type=Path, help=f"a new *.html file; default: FOLDER/{PAGE}")
    parser.add_argument("--figures", metavar="DIR", type=Path,
                        help="also draw efforts and regrets in training, for a paper: a file of each "
                        "kind, SVG, PDF and PNG, in this folder")  # fmt: skip
    trust.add_option(parser)
    options = parser.parse_args(arguments)
    return commands.run(lambda: _report(_folder(options.folder), options), PROG)


def _folder(name: str) -> Path:
    if not name:  # which a path takes for the folder that one is in
        raise ValueError("folder: expected a name, got an empty text")
    return Path(name)


def _report(folder: Path, options: argparse.Namespace) -> None:
    out, trusted, runs = _out(folder, options.out), options.trust, []
    if (folder / SUITE).exists():
        if options.figures:
            raise ValueError(f"--figures: {folder} is a benchmark; name one of its runs")
        text = benchmark_page(folder, read_benchmark(folder, trusted))
    elif not (folder / SETTINGS).exists() and (runs := runs_in(folder, trusted)):
        for run in runs:
            write_text(run.folder / PAGE, _run_page(run))
        text = comparison_page(folder, runs, PAGE)
    else:
        runs = [read_run(folder, trusted)]
        text = _run_page(runs[0])
    if options.figures is not None:
        draw(runs, options.figures)
    write_text(out, text)
    commands.show(f"Wrote {out}.")


def _run_page(run: Run) -> str:
    bars.note(f"Drawing {counted(len(run.seeds), 'seed')} of {run.settings.game} ...")
    return run_page(run, kept_prediction(run.settings, run.folder))


def _out(folder: Path, out: Path | None) -> Path:
    """File of the page; only the page in the folder itself is replaced."""
    if out is None:
        return folder / PAGE
    choice("--out", out.suffix, (".html",))
    if out.exists():
        raise ValueError(f"--out: {out} exists; remove it or choose another file")
    if not out.parent.is_dir():
        raise ValueError(f"--out: there is no folder {out.parent}")
    return out


if __name__ == "__main__":
    sys.exit(main())
