"""``benchgame designers``: designers who learn by announcing, beside the optimum by predicted play."""

from __future__ import annotations

import argparse
import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, get_args

import numpy as np

from benchgame_env import __version__, extras
from benchgame_env.agents.designers.developers import Memory
from benchgame_env.agents.designers.play import predicted_losses
from benchgame_env.agents.designers.registry import DESIGNERS, make_designer
from benchgame_env.cli import bars, commands, figures
from benchgame_env.files import json_text, read_text, write_text
from benchgame_env.folders import alone_in
from benchgame_env.training.designers.runs import Course, Plan, Run, course, cumulative, play
from benchgame_env.training.jobs import Job, add_workers_option, do_all
from benchgame_env.validate import Floats, choice, integer

PROG = "benchgame designers"
CLOSE = 0.05  # of the least loss: within that a designer has come to the optimum
DESCRIPTION = """\
Lets designers announce settings of a rule, again and again, to developers who
play as predicted or learn, and measures their regret: by how much the loss of
what they announce, by predicted play, exceeds the least one.

Rows go to --out, one file for each designer, number of rounds and seed; an
interrupted command goes on. With matplotlib there is a figure beside them."""
EPILOG = f"""\
ends at: where most seeds end, which is what they announce most often in the
last quarter. best, close: seeds that end at the best setting, or within {CLOSE:.0%} of
its loss. seen: the mean loss that they saw in the last quarter"""
SETTINGS, FIGURE = "settings.json", "regret"


def main(arguments: list[str] | None = None) -> int:
    """Run the command with ``arguments``, by default those of the shell; returns the exit status."""
    options = _parser().parse_args(arguments)
    return commands.run(lambda: _designers(options), PROG)


def _parser() -> argparse.ArgumentParser:
    form = argparse.RawDescriptionHelpFormatter
    parser = commands.Parser(prog=PROG, description=DESCRIPTION, epilog=EPILOG, formatter_class=form)
    add = parser.add_argument
    add("game", nargs="?", default="law-duel", help="name of a game; default: law-duel")
    add("--families", default="tune-before-test", help="rules to announce, with commas")
    add("--levels", type=int, default=10, help="how many levels of each, from 0; default: 10")
    add("--max-level", type=float, help="the highest level; default: the least stable one")
    add("--loss", action="append", default=[], metavar="NAME=VALUE",
        help="weight of tau, burnt or best_on_top; default: tau=1 and burnt=1")  # fmt: skip
    add("--price", type=float, default=0.2, help="of one unit of level and model; default: 0.2")
    add("--designers", default=",".join(DESIGNERS.names()), help="names, with commas; default: all")
    add("--developers", default="predicted",
        help="predicted, expected, or agents' names with commas; default: predicted")  # fmt: skip
    add("--memory", default="last", help="what agents bring to an announcement: what they learned under "
        "the last rule, under this setting, or none; default: last")  # fmt: skip
    add("--option", action="append", default=[], metavar="WHO.NAME=VALUE",
        help="a parameter of a designer or an agent; may be repeated")  # fmt: skip
    add("--rounds", default="64", help="rounds between announcements, with commas; default: 64")
    add("--announcements", type=int, default=1000, help="announcements in a run; default: 1,000")
    add("--copies", type=int, default=1, help="boards in each round; default: 1")
    add("--seeds", type=int, default=10, help="runs of each designer; default: 10")
    add("--out", type=Path, default=Path("runs/designers"), help="folder for rows and figure")
    add_workers_option(parser)
    return parser


def _designers(options: argparse.Namespace) -> None:
    plan, names = _plan(options), _names(options.designers)
    every = [_whole("--rounds", word) for word in options.rounds.split(",")]
    seeds = range(integer("--seeds", options.seeds, low=1))
    env = plan.env(every[0])
    for name in names:  # unsuitable parameters are refused before anything is played
        make_designer(name, len(env.settings), **plan.options.get(name, {}))
    playing = {*names, *(name.strip() for name in plan.developers.split(","))}
    if idle := sorted(set(plan.options) - playing):
        raise ValueError(f"--option: given for {', '.join(idle)}, who is not in play")
    runs = [Run(*one) for one in itertools.product(names, every, seeds)]
    with alone_in(options.out):
        _keep(options.out / SETTINGS, {**dataclasses.asdict(plan), "version": __version__})
        predicted = predicted_losses(env)
        jobs: list[Job] = [partial(play, plan, run, predicted, options.out) for run in runs]
        with bars.progress_bar(len(jobs), "run", "designers") as bar:
            do_all(jobs, options.workers, bar)
        courses = {run: course(run, options.out) for run in runs}
        _draw(courses, names, every, options.out)
    labels = [commands.setting_label(rule.name, rule.published) for rule in env.settings]
    commands.show(f"{labels[int(predicted.argmin())]} is the best setting: loss {predicted.min():.4f}")
    commands.show(f"{plan.announcements:,} announcements, {len(seeds)} seeds; rows are in {options.out}")
    commands.show(commands.table(HEADER, _table(courses, names, every, predicted)))


def _plan(options: argparse.Namespace) -> Plan:
    who: dict[str, dict[str, Any]] = {}
    for name, value in commands.assignments("--option", options.option).items():
        owner, dot, parameter = name.rpartition(".")
        if not dot:
            raise ValueError(f"--option: expected WHO.NAME=VALUE, got {name!r}")
        who.setdefault(owner, {})[parameter] = value
    return Plan(
        game=options.game,
        families=tuple(name.strip() for name in options.families.split(",")),
        levels=options.levels,
        max_level=options.max_level,
        loss=commands.assignments("--loss", options.loss) or {"tau": 1.0, "burnt": 1.0},
        price=options.price,
        developers=options.developers,
        memory=choice("--memory", options.memory, get_args(Memory)),
        copies=options.copies,
        announcements=options.announcements,
        options=who,
    )


def _names(words: str) -> list[str]:
    names = [name.strip() for name in words.split(",")]
    if len(set(names)) < len(names):
        raise ValueError(f"--designers: expected different names with commas, got {words!r}")
    return names


def _whole(option: str, word: str) -> int:
    return integer(option, int(word) if word.strip().isdigit() else word, low=1)


def _keep(path: Path, settings: Mapping[str, Any]) -> None:
    """Write down what the rows of a folder were made with; ValueError if that was something else."""
    text = json_text(dict(settings))
    if not path.exists():
        write_text(path, text)
    elif read_text(path) != text:
        raise ValueError(f"{path.parent}: has rows of other settings; choose another --out")


def _draw(courses: Mapping[Run, Course], names: Sequence[str], every: Sequence[int], out: Path) -> None:
    panels = {}
    for rounds in every:
        lines = [cumulative(_of(courses, name, rounds)) for name in names]
        at = np.arange(1.0, lines[0].size + 1)
        panels[f"{rounds:,} rounds between announcements"] = at, np.stack(lines, axis=1)
    try:
        figures.courses(panels, names, ("announcement", "regret so far"), out, FIGURE)
    except ImportError as error:
        bars.note(f"no figure: {extras.told(error) or error}")


def _of(courses: Mapping[Run, Course], name: str, rounds: int) -> list[Course]:
    return [one for run, one in courses.items() if (run.designer, run.rounds) == (name, rounds)]


HEADER = ["designer", "rounds", "regret", "std. error", "ends at", "best", "close", "seen"]


def _table(
    courses: Mapping[Run, Course], names: Sequence[str], every: Sequence[int], predicted: Floats
) -> list[list[str]]:
    rows = []
    for rounds, name in itertools.product(every, names):
        found = _of(courses, name, rounds)
        means = np.array([one.regrets.mean() for one in found])
        error = f"{means.std(ddof=1) / np.sqrt(means.size):.4f}" if means.size > 1 else ""
        ends = np.array([one.end for one in found])
        best = int((ends == predicted.argmin()).sum())
        close = int((predicted[ends] <= (1 + CLOSE) * predicted.min()).sum())
        usual, seen = int(np.bincount(ends).argmax()), np.mean([one.seen for one in found])
        counts = str(usual), f"{best} of {ends.size}", f"{close} of {ends.size}"
        rows.append([name, f"{rounds:,}", f"{means.mean():.4f}", error, *counts, f"{seen:.3f}"])
    return rows
