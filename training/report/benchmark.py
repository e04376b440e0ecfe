"""The page of a benchmark: verdicts, algorithms compared, learning curves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np

from benchgame_env.records import read_record
from benchgame_env.training.benchmark.statistics import fields_of
from benchgame_env.training.benchmark.suite import FILE, SCHEMA, KeptSuite
from benchgame_env.training.grading.intervals import t_interval
from benchgame_env.training.html.drawing import Frame, colour, exact_axis, sample
from benchgame_env.training.html.page import (
    Html,
    Panel,
    document,
    legend,
    link,
    panels,
    paragraph,
    table,
)
from benchgame_env.training.report import curves, statistics, words
from benchgame_env.training.report.files import Run, read_run
from benchgame_env.training.run.records import counted
from benchgame_env.validate import Floats

STATISTICS = "statistics.json"
STYLE = """
td a { color: inherit; } section { break-inside: avoid; }
"""


@dataclass(frozen=True, eq=False)
class Entry:
    """A run of the benchmark.

    Attributes
    ----------
    task, algorithm : str
        Names of what was played, and by which algorithm.
    run : Run
        The run.
    """

    task: str
    algorithm: str
    run: Run

    @property
    def anchor(self) -> str:
        """Name of its section on the page."""
        return f"run-{self.run.folder.name}"


def read_benchmark(folder: Path, trust: bool = False) -> list[Entry]:
    """Read the runs that have begun, in the order of the suite.

    Parameters
    ----------
    folder : Path
        Folder of the benchmark.
    trust : bool
        Whether modules that the settings of its runs name may be imported.

    Returns
    -------
    list of Entry
        The runs.

    Raises
    ------
    ValueError
        If there is none, or a file is damaged, see `read_run`.
    """
    suite: KeptSuite = read_record(KeptSuite, folder / FILE, SCHEMA)
    begun = {file.parent.parent.name for file in folder.glob("runs/*/seed-*/progress.csv")}
    if not begun:
        raise ValueError(f"{folder}: no run has reached its first checkpoint yet")
    return [
        Entry(one.task, one.algorithm, read_run(folder / "runs" / one.folder, trust))
        for one in suite.runs
        if one.folder in begun
    ]


def page(folder: Path, entries: list[Entry]) -> str:
    """The whole page of a benchmark."""
    algorithms = list(dict.fromkeys(entry.algorithm for entry in entries))
    return document(
        f"Benchmark {folder.resolve().name}",
        [
            paragraph(_summary(entries)),
            "<h2>Verdicts</h2>",
            _verdicts(entries),
            statistics.section(folder / STATISTICS, _colours(algorithms)),
            _courses(entries, algorithms),
            "<h2>Runs</h2>",
            *(_details(entry) for entry in entries),
        ],
        words.STYLE + STYLE,
    )


def _summary(entries: list[Entry]) -> str:
    outcomes = [words.outcome_of(entry.run) for entry in entries]
    listed = ", ".join(f"{outcomes.count(kind)} {kind}" for kind in words.SIGNS if kind in outcomes)
    tasks = counted(len({entry.task for entry in entries}), "task")
    return f"{counted(len(entries), 'run')} on {tasks}: {listed}."


def _verdicts(entries: list[Entry]) -> str:
    """Tables, one for each set of algorithms that share tasks."""
    note = (
        "Each cell: the verdict, the share of seeds that pass every check on their own, and the mean of "
        "the first check, regret as a share of P."
    )
    fields = fields_of((task, entry.algorithm) for task, own in _by_task(entries) for entry in own)
    return paragraph(note) + "\n".join(
        _matrix([entry for entry in entries if entry.task in tasks], list(names))
        for names, tasks in fields.items()
    )


def _matrix(entries: list[Entry], algorithms: list[str]) -> str:
    """A table with a row for each task and a column for each algorithm."""
    rows = [[task, *(_cell(entry) for entry in own)] for task, own in _by_task(entries)]
    matched = [
        sum(words.outcome_of(entry.run) == "match" for entry in entries if entry.algorithm == name)
        for name in algorithms
    ]
    rows.append(["matches", *map(str, matched)])
    return table(["task", *algorithms], rows)


def _cell(entry: Entry) -> Html:
    outcome, verdict = words.outcome_of(entry.run), entry.run.verdict
    shown = " ".join([words.signed(outcome), *(verdict.gist() if verdict else ())])
    kind = outcome.replace(" ", "-")
    return Html(f'<span class="{kind}">{link(entry.anchor, shown)}</span>')


def _courses(entries: list[Entry], algorithms: list[str]) -> str:
    """Regret against updates: a panel for each task, a line and a band for each algorithm."""
    drawn = [
        _panel(task, [entry for entry in own if _graded(entry.run)], algorithms)
        for task, own in _by_task(entries)
        if any(_graded(entry.run) for entry in own)
    ]
    signs = [(sample(_colours(algorithms)(name)), name) for name in algorithms]
    note = (
        "Largest regret / P of a developer in an update's play, or in its revisions where they move in "
        "turn on a cycle: mean over seeds and its 95 % interval."
    )
    return f"<h2>Learning curves</h2>\n{paragraph(note)}{legend(signs)}{panels(drawn)}" if drawn else ""


def _colours(algorithms: list[str]) -> Callable[[str], str]:
    """From an algorithm to its CSS classes, which are the same on the whole page."""
    return lambda name: colour(algorithms.index(name), dashed=True)


def _by_task(entries: list[Entry]) -> list[tuple[str, list[Entry]]]:
    tasks = dict.fromkeys(entry.task for entry in entries)
    return [(task, [entry for entry in entries if entry.task == task]) for task in tasks]


def _graded(run: Run) -> bool:
    """Whether all seeds have regrets to show."""
    return all(curves.regret_column(seed) for seed in run.seeds)


def _panel(task: str, entries: list[Entry], algorithms: list[str]) -> Panel:
    drawn = {entry.algorithm: _curve(entry.run) for entry in entries}
    end = max(curves.last_update(entry.run.seeds) for entry in entries)
    means = np.concatenate([mean for _, mean, _, _ in drawn.values()])
    frame = Frame(exact_axis(0, end), curves.regret_axis(means))
    bands, lines = [], []
    for name, (updates, mean, low, high) in drawn.items():
        kind = _colours(algorithms)(name)
        if np.isfinite(high).all():  # a single seed has no interval
            bands.append(frame.area(updates, low, high, f"{kind} band"))
        lines.append(curves.known_line(frame, updates, mean, kind))
    described = f"Largest regret against updates on {task}: {', '.join(drawn)}"
    return task, frame.svg([*bands, *lines], described, "update")


def _curve(run: Run) -> tuple[Floats, Floats, Floats, Floats]:
    """Updates at which all seeds were graded; largest regret / P at these, and its interval."""
    game = run.settings.vector_env(1).game
    column = curves.regret_column(run.seeds[0]) or "largest_regret"
    courses = [seed.progress[column] / game.prize_range for seed in run.seeds]
    updates, mean = curves.mean_over_seeds(run.seeds, courses)
    known = np.flatnonzero(np.isfinite(mean))
    ends = [t_interval(np.array([course[k] for course in courses])) for k in known]
    low, high = np.array(ends).T
    return updates[known], mean[known], np.maximum(low, 0.0), high


def _details(entry: Entry) -> str:
    """Section of a run: its verdict and its checks."""
    run = entry.run
    heading = f"<h3>{escape(entry.task)}: {escape(entry.algorithm)}</h3>"
    unfinished = "".join(paragraph(f"Not finished: {line}.") for line in run.unfinished)
    where = paragraph(f"In runs/{run.folder.name}; {counted(run.settings.seeds, 'seed')}.")
    inside = f"{heading}{words.verdict_sentence(run)}{unfinished}{words.checks(run)}{where}"
    return f'<section id="{escape(entry.anchor)}">{inside}</section>'
