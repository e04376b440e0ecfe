"""The commands of the fuzz, and a world with every kind of file that they read."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchgame_env import __main__ as game_command
from benchgame_env.agents import __main__ as agents_command
from benchgame_env.training import evaluate, judge_plays, quickstart, rank_agreement, train
from benchgame_env.training.benchmark import __main__ as benchmark
from benchgame_env.training.compare_protocols import __main__ as compare_protocols
from benchgame_env.training.jobs import Outcome
from benchgame_env.training.report import __main__ as report
from benchgame_env.training.speed import __main__ as speed

from .files import fitted_file

Main = Callable[[list[str]], int]


@dataclass(frozen=True)
class Command:
    """A command line of the fuzz.

    Attributes
    ----------
    main : callable
        The command.
    words : tuple of str
        Its words.
    reads : tuple of str
        Patterns of files that may be changed, relative to the world.
    statuses : tuple of int
        Exit statuses that its help documents.
    writes : tuple of str
        Beginnings of the names of what it may change.
    """

    main: Main
    words: tuple[str, ...]
    reads: tuple[str, ...] = ()
    statuses: tuple[int, ...] = (0, 2)
    writes: tuple[str, ...] = ()


def commands_of(main: Main, lines: str, **more: Any) -> list[Command]:
    """A command for each line."""
    return [Command(main, tuple(line.split()), **more) for line in lines.strip().splitlines()]


PREDICT = """
predict duel --no-mixed --protocol tune-before-test --level 0.5
predict duel --tolerance 0.01 --protocol rounded --param decimals=2
predict duel --no-mixed --protocol finite-test --param items=20
predict duel --no-mixed --protocol shared-test --param items=20
predict duel --no-mixed --protocol best-of --param k=2
predict duel --no-mixed --protocol ladder --param step=0.1
predict duel --no-mixed --protocol ladder-free --param items=50
predict duel --no-mixed --protocol capped --param effort=0.3
predict duel --no-mixed --protocol confidence-ranks --param items=9 --param z=1.5
predict duel --no-mixed --protocol incumbent-margin --param margin=0.1 --param decay=0.5
predict duel --no-mixed --protocol refreshed --param rate=0.5
cards duel --protocol direct
cards
games
protocols
"""
PREDICT_FILE = """
predict game.json --no-mixed
predict game.json --cycle --json
predict game.json --protocol tune-before-test --level 100 --no-mixed
cards game.json
"""
CALIBRATE = """
calibrate points.csv --out made.json
calibrate points.csv --benchmark b --source s
"""
PLAIN = "--seeds 1 --workers 1 --updates 2 --copies 4"
TRAIN = f"""
--game duel --agents constant --option share=0.2 {PLAIN} --out new
--game duel --agents exp3 --option levels=4 --option exploration=0.2 {PLAIN} --out new
--game duel --agents best-response --resolution 0.01 {PLAIN} --out new
--game duel --agents honest --horizon 4 --episodes 2 --revision alternating {PLAIN} --out new
--game duel --agents honest --action-type discrete --effort-levels 4 {PLAIN} --out new
--game duel --agents ppo --option hidden=4 --option learning_rate=0.01 {PLAIN} --out new
--game duel --agents honest --protocol ladder --param step=0.1 {PLAIN} --out new
"""
RUN = "--game duel --agents ppo --option hidden=4 --seeds 2 --workers 1 --updates 3 --copies 8 --out run"
TURNS = (
    "--game duel --agents exp3,q-learning --revision alternating --horizon 4 --action-type discrete "
    f"--effort-levels 5 {PLAIN} --out turns"
)
MINE = f"--game game.json --agents honest {PLAIN} --out mine"
BENCHMARK = "suite.toml --out bench --workers 1 --random-state 1"
TABLE = "duel --protocols direct,rounded --quick --workers 1 --out table.csv"
COMPARE = f"""
{TABLE}
{TABLE} --tau 0.9 --price items=1
duel --protocols direct --setting tune-before-test:level=0.5 --workers 1 --out table.csv
"""
JUDGE = """
plays.csv --game duel
plays.csv --game duel.json --protocol tune-before-test --level 100
strategies.csv --game duel
"""


def of_run(run: str, main: Main, words: str, statuses: tuple[int, ...]) -> Command:
    """A command that reads a run."""
    reads = ("*.json", "rows.csv", "seed-0/*.csv", "seed-0/*.json", "seed-0/*.pt")
    return Command(
        main, tuple(words.split()), tuple(f"{run}/{name}" for name in reads), statuses, (run[:5],)
    )


RUNS = ("run", "turns", "mine")
COMMANDS = [
    *commands_of(game_command.main, PREDICT),
    *commands_of(game_command.main, PREDICT_FILE, reads=("game.json",)),
    *commands_of(
        game_command.main,
        "thresholds duel.json --max-level 50 --levels 1 2 --plot plot.svg",
        reads=("duel.json",),
        writes=("plot.svg",),
    ),
    *commands_of(game_command.main, CALIBRATE, reads=("points.csv",), writes=("made.json",)),
    *commands_of(
        game_command.main, "check rounded --game duel --seed 1 --param decimals=1", statuses=(0, 1, 2)
    ),
    *commands_of(train.main, TRAIN, writes=("new",)),
    *commands_of(train.main, MINE.replace("mine", "new"), reads=("game.json",), writes=("new",)),
    of_run("run", train.main, f"{RUN} --resume", (0, 2)),
    *(of_run(run, evaluate.main, f"{run} --episodes 4", (0, 1, 2, 3)) for run in RUNS),
    *(of_run(run, report.main, run, (0, 2)) for run in RUNS),
    of_run("bench", report.main, "bench", (0, 2)),
    of_run("bench/runs/*", report.main, "bench", (0, 2)),
    of_run("bench", benchmark.main, BENCHMARK, (0, 1, 2)),
    of_run("bench/runs/*", benchmark.main, BENCHMARK, (0, 1, 2)),
    *commands_of(
        benchmark.main,
        BENCHMARK.replace("bench ", "new "),
        reads=("suite.toml",),
        statuses=(0, 1, 2),
        writes=("new",),
    ),
    *commands_of(compare_protocols.main, COMPARE, reads=("table.csv",), writes=("table",)),
    *commands_of(
        compare_protocols.main,
        "game.json --protocols direct --workers 1 --out made.csv",
        reads=("game.json",),
        writes=("made",),
    ),
    *commands_of(
        rank_agreement.main,
        "scores.csv --columns direct,tuned --out made.csv",
        reads=("scores.csv",),
        writes=("made",),
    ),
    *commands_of(judge_plays.main, JUDGE, reads=("plays.csv", "strategies.csv"), statuses=(0, 1, 2, 3)),
    *commands_of(agents_command.main, "--help"),
    *commands_of(speed.main, "--repetitions 1000000000 --out made.csv", writes=("made",)),
    *commands_of(
        quickstart.main,
        "--game duel --level nan --seeds 1 --updates 1 --workers 1 --out new",
        writes=("new",),
    ),
]

SUITE = """name = "tiny"
seeds = 1
defaults = { updates = 2, copies = 4 }
[[tasks]]
name = "pure"
games = ["duel-small-prize"]
protocols = ["direct", "tune-before-test:level=0.5"]
revision = "simultaneous"
[algorithms.honest]
[algorithms.exp3]
options = { levels = 4 }
tasks = ["pure"]
at.pure = { updates = 3 }
"""
OUTSIDE = "outside"  # a folder that no command may touch
# Imported by nobody: it would leave a mark.
EVIL = f"open('{OUTSIDE}/imported', 'w').close()\nX = None\n"


class InProcess:
    """A pool that runs its jobs at once, in this process."""

    workers = 1

    def __init__(self) -> None:
        self._over: list[Outcome] = []

    def has_room(self) -> bool:
        """Whether nothing waits to be fetched."""
        return not self._over

    def start(self, job: Callable[[], Any]) -> None:
        """Run ``job``."""
        try:
            self._over.append(Outcome(job, "", job()))
        except Exception as error:
            self._over.append(Outcome(job, str(error) or type(error).__name__))

    def wait(self, seconds: float) -> list[Outcome]:
        """Outcomes of the jobs."""
        over, self._over = self._over, []
        return over

    def close(self) -> None:
        """Nothing is left to do."""


@contextlib.contextmanager
def inside(folder: Path) -> Iterator[None]:
    """Work in ``folder``, and start no processes."""
    before, opener = os.getcwd(), benchmark.open_pool
    os.chdir(folder)
    benchmark.open_pool = lambda *_: InProcess()  # type: ignore[assignment,return-value]
    try:
        yield
    finally:
        os.chdir(before)
        benchmark.open_pool = opener


def make_world(folder: Path) -> None:
    """Write every kind of file that a command reads into ``folder``."""
    (folder / OUTSIDE).mkdir(parents=True)
    (folder / OUTSIDE / "kept.txt").write_text("kept", encoding="utf-8")
    (folder / "evil.py").write_text(EVIL, encoding="utf-8")
    fitted_file(folder / "game.json", ["a", "b", "c"])
    fitted_file(folder / "duel.json", ["a", "b"])
    points = [(0, 0.12), (10, 0.15), (100, 0.3), (1000, 0.55), (10000, 0.58)]
    rows = [f"b,{model},{x},{y},0.01,1000" for model in "mn" for x, y in points]
    _table(folder / "points.csv", "benchmark,model,steps,score,stderr,items", rows)
    places = [(b, m, (i * 7 + k * 5) % 11, i) for k, b in enumerate("xyz") for i, m in enumerate("abcd")]
    _table(
        folder / "scores.csv", "benchmark,model,direct,tuned", [",".join(map(str, p)) for p in places]
    )
    _table(folder / "plays.csv", "developer_0,developer_1", ["0,0.5", "0.25,0", "0,0"])
    mixed = ["developer_0,0,0.5", "developer_0,0.5,0.5", "developer_1,0.25,1"]
    _table(folder / "strategies.csv", "developer,effort,probability", mixed)
    (folder / "suite.toml").write_text(SUITE, encoding="utf-8")
    made: list[tuple[Main, str]] = [(train.main, line) for line in (RUN, TURNS, MINE)]
    made += [(evaluate.main, f"{run} --episodes 4") for run in RUNS]
    made += [(benchmark.main, BENCHMARK), (compare_protocols.main, TABLE)]
    for main, line in made:
        said = io.StringIO()
        with inside(folder), contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            status = main(line.split())
        assert status in (0, 1, 3), said.getvalue()


def _table(path: Path, header: str, rows: list[str]) -> None:
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
