"""``python -m training.report RUN``: a run or a benchmark as one HTML page that needs no other file.

Only reads what training, evaluation and the benchmark wrote, and predicts the games. A run that is not
finished or not graded gets a page that says so.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchgame_env import commands, theory
from benchgame_env._files import write_text
from training import report_run
from training.report_files import read_run

PROG = "python -m training.report"


def main(arguments: list[str] | None = None) -> int:
    parser = commands.Parser(
        prog=PROG, description="A run or a benchmark as one HTML page that needs no other file."
    )
    parser.add_argument("folder", type=Path, help="made by training.train or training.benchmark")
    parser.add_argument("--out", type=Path, help="page to write (*.html); default FOLDER/report.html")
    options = parser.parse_args(arguments)
    return commands.run(lambda: _report(options.folder, options.out), PROG)


def _report(folder: Path, out: Path | None) -> None:
    run = read_run(folder)
    vec = run.settings.vector_env(1)
    page = report_run.page(run, theory.predict(vec.game, vec.protocol))
    out = out or folder / "report.html"
    write_text(out, page)
    print(f"Wrote {out}.")


if __name__ == "__main__":
    sys.exit(main())
