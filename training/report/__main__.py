"""``python -m training.report FOLDER``: a run or a benchmark as one HTML page that needs no other file.

Only reads what training, evaluation and the benchmark wrote; an old run without ``prediction.json`` gets
one. What is not finished or not graded gets a page that says so.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchgame_env.cli import commands
from benchgame_env.files import write_text
from benchgame_env.validate import choice
from training.report.benchmark import page as benchmark_page
from training.report.benchmark import read_benchmark
from training.report.files import read_run
from training.report.run import page as run_page
from training.run.prediction import kept_prediction

PROG = "python -m training.report"
PAGE = "report.html"
SUITE = "suite.json"  # what makes a folder one of a benchmark


def main(arguments: list[str] | None = None) -> int:
    parser = commands.Parser(
        prog=PROG, description="A run or a benchmark as one HTML page that needs no other file."
    )
    parser.add_argument("folder", type=Path, help="made by training.train or training.benchmark")
    parser.add_argument("--out", type=Path, help=f"new page to write (*.html); default FOLDER/{PAGE}")
    options = parser.parse_args(arguments)
    return commands.run(lambda: _report(options.folder, options.out), PROG)


def _report(folder: Path, out: Path | None) -> None:
    out = _out(folder, out)
    write_text(out, _benchmark(folder) if (folder / SUITE).exists() else _run(folder))
    print(f"Wrote {out}.")


def _run(folder: Path) -> str:
    run = read_run(folder)
    print(f"Drawing {len(run.seeds)} seeds of {run.settings.game} ...", file=sys.stderr)
    return run_page(run, kept_prediction(run.settings, folder))


def _benchmark(folder: Path) -> str:
    return benchmark_page(folder, read_benchmark(folder))


def _out(folder: Path, out: Path | None) -> Path:
    """Where the page goes. Only the folder's own is written anew: another may be that of another run."""
    if out is None:
        return folder / PAGE
    choice("--out", out.suffix, (".html",))
    if out.exists():
        raise ValueError(f"--out: {out} exists already; remove it or choose another")
    if not out.parent.is_dir():
        raise ValueError(f"--out: there is no folder {out.parent}")
    return out


if __name__ == "__main__":
    sys.exit(main())
