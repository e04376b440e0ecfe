"""``benchgame speed``: speed and memory beside what a user would otherwise run.

Contestants take turns, so that other work on the machine disturbs all of them alike. The medians of
their processor time are compared. Each runs on one thread, where this is the time on the clock if the
machine is idle. Writes one row for each contestant and repetition, and prints a table of goals.
"""

from __future__ import annotations

import argparse
import itertools
import math
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchgame_env import extras
from benchgame_env.agents.runs.settings import PACKAGES, versions
from benchgame_env.cli import bars, commands
from benchgame_env.training.run.storage import write_rows
from benchgame_env.training.speed import levels
from benchgame_env.training.speed.contest import Contest, Run
from benchgame_env.training.speed.contests import (
    DEVELOPERS,
    LEVEL_GAMES,
    MEMORY_OF,
    QUICK,
    SEEDS,
    Sizes,
    contests,
    memory,
)
from benchgame_env.validate import count

PROG = "benchgame speed"
PEERS = ("supersuit", "mpe2", "pygambit")  # the extra "speed"
AT_LEAST = 0.2  # seconds that a repetition lasts
LONG = 5.0  # seconds of a call that needs no warming up
Row = dict[str, Any]
Medians = dict[tuple[str, str], float]  # (contest, contestant) to ns per unit, or MiB


@dataclass(frozen=True)
class Goal:
    """A line of the table.

    Attributes
    ----------
    what : str
        What is measured, in words.
    figure : callable
        From medians to the figure.
    form : str
        Format of the figure and its bounds.
    at_least, at_most : float
        Bounds of the figure.
    """

    what: str
    figure: Callable[[Medians], float]
    form: str = "{:.3g}"
    at_least: float = -math.inf
    at_most: float = math.inf

    def cells(self, medians: Medians) -> list[str]:
        """What is measured, the figure, the goal and whether it is met."""
        goal = f">= {self.form.format(self.at_least)}" if self.at_least > -math.inf else ""
        if self.at_most < math.inf:
            goal = f"<= {self.form.format(self.at_most)}"
        try:
            figure = self.figure(medians)
        except KeyError:
            return [self.what, "-", goal, "peer missing"]
        met = "met" if self.at_least <= figure <= self.at_most else "not met"
        return [self.what, self.form.format(figure), goal, met if goal else ""]


def _ratio(contest: str, above: object, below: object = "ours") -> Callable[[Medians], float]:
    """Median of one contestant as a multiple of another's."""
    return lambda medians: medians[contest, str(above)] / medians[contest, str(below)]


def _rate(contest: str) -> Callable[[Medians], float]:
    return lambda medians: 1e9 / medians[contest, "ours"]


def _duration(contest: str) -> Callable[[Medians], float]:
    return lambda medians: medians[contest, "ours"] / 1e9


def _update(agent: str) -> Callable[[Medians], float]:
    """Milliseconds of an update of one seed: that of `Sizes`, five developers."""
    played = 5 * Sizes().training[0]
    return lambda medians: medians[f"seeds of {agent}", "ours"] * played / 1e6


def _memory(who: str) -> Callable[[Medians], float]:
    return lambda medians: medians["memory", who]


TIMES, LEAST, MOST = "{:.3g} x", DEVELOPERS[0], DEVELOPERS[-1]
LOG_GROWTH = math.log(MOST) / math.log(LEAST)
GOALS = (
    Goal("batched step, agent-steps/s", _rate("step"), "{:,.0f}", at_least=1e7),
    Goal("  against SuperSuit on this environment", _ratio("step", "SuperSuit"), TIMES, 150),
    Goal("arithmetic alone, time against a NumPy prototype", _ratio("arithmetic", "ours", "prototype"),
         TIMES, at_most=1.5),
    Goal("env.step, five developers, steps/s", _rate("env.step"), "{:,.0f}", at_least=2e4),
    Goal("  against MPE2 simple_spread, three agents", _ratio("env.step", "MPE2"), TIMES),
    Goal("independent PPO against SuperSuit + SB3", _ratio("training", "SuperSuit"), TIMES, 15),
    Goal("  against SB3 on our adapter", _ratio("training", "our adapter"), TIMES),
    Goal("  32 rounds a rollout: against SuperSuit + SB3", _ratio("long training", "SuperSuit"),
         TIMES, 4),
    Goal("  32 rounds a rollout: against SB3 on our adapter",
         _ratio("long training", "our adapter"), TIMES),
    Goal(f"an update of PPO, one of {SEEDS} seeds side by side, ms", _update("ppo")),
    Goal("  against that of a seed alone", _ratio("seeds of ppo", "alone"), TIMES),
    Goal(f"an update of mmd, one of {SEEDS} seeds side by side, ms", _update("mmd")),
    Goal("  against that of a seed alone", _ratio("seeds of mmd", "alone"), TIMES),
    Goal("memory, copy=False, without auto-reset, MiB", _memory("copy=False"), "{:.0f}", at_most=200),
    Goal("  new arrays every step", _memory("new arrays"), "{:.0f}"),
    Goal("  new arrays every step, auto-reset", _memory("new arrays, auto-reset"), "{:.0f}"),
    Goal(f"per agent-step, n = {MOST} against {LEAST}: arithmetic (goal: log n)",
         _ratio("arithmetic by n", MOST, LEAST), TIMES, at_most=LOG_GROWTH),
    Goal("  step, 4n + 8 numbers an observation (goal: n log n)",
         _ratio("step by n", MOST, LEAST), TIMES, at_most=MOST / LEAST * LOG_GROWTH),
    Goal("per agent-step, batch 65536 against 4096 (goal: flat)",
         _ratio("step by batch", 65_536, 4096), TIMES, at_most=1.5),
    Goal("  batch 4096 against 1", _ratio("step by batch", 4096, 1), TIMES, at_most=1.5),
    Goal("temptation and required efforts of 10,000, s", _duration("temptation"), at_most=1),
    Goal("regrets of 1,000 who play pure efforts, s", _duration("regrets, many pure"), at_most=0.1),
    Goal("  of 100 against the plain way", _ratio("regrets, pure", "plain"), TIMES),
    Goal("regrets of mixed play, fitted curves, 25 x 21 efforts, against the plain way",
         _ratio("regrets, fitted curves", "plain"), TIMES, at_least=4),
    Goal("  uneven prizes, 50 x 20, against the plain way",
         _ratio("regrets, uneven prizes", "plain"), TIMES),
    Goal("  even prizes, 200 x 21, s", _duration("regrets, even prizes"), at_most=5),
    Goal(f"stabilising levels of {levels.FITTED[0]}, s", _duration(f"stable levels, {levels.FITTED[0]}"),
         at_most=0.1),
    Goal(f"  of {levels.FITTED[1]}, s", _duration(f"stable levels, {levels.FITTED[1]}"), at_most=0.4),
    Goal("1,000 draws of five models at 100 levels, s", _duration("draws"), at_most=1),
    Goal("batched step against copy=False, five developers", _ratio("step, lent", "ours", "copy=False"),
         TIMES),
    Goal("  fifty developers", _ratio("step of fifty, lent", "ours", "copy=False"), TIMES, at_most=1.3),
    Goal("mixed equilibrium of ten, NashConv 0.5 % of P, s", _duration("mixed, ten"), at_most=15),
    Goal("mixed equilibrium of fifty, NashConv 2 % of P, s", _duration("mixed, fifty"), at_most=60),
    Goal("mixed equilibrium of 200, NashConv 1 % of P for each, s", _duration("mixed, two hundred"),
         at_most=60),
    *(Goal(f"{n} developers on 41 levels, certified, against HiGHS alone",
           _ratio(f"levels, {n}", "ours", "HiGHS"), TIMES, at_most=1.5) for n in LEVEL_GAMES),
    Goal("  2 developers on 41 levels: Gambit's lcp against ours",
         _ratio("levels, 2", "Gambit lcp"), TIMES),
    Goal("  3 developers on 6 levels: Gambit's logit against ours", _ratio("few levels", "Gambit logit"),
         TIMES),
)  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Run the command with ``arguments``, by default those of the shell; returns the exit status."""
    parser = commands.Parser(prog=PROG, description="Measure speed and memory beside the alternatives.")
    parser.add_argument("--repetitions", type=int, default=7, help="repetitions of every contestant")
    parser.add_argument("--out", type=Path, default=Path("runs/speed.csv"), help="file for the rows")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, only to check that it runs")
    options = parser.parse_args(arguments)
    return commands.run(lambda: _speed(options), PROG)


def _speed(options: argparse.Namespace) -> None:
    count("--repetitions", options.repetitions, "repetitions")
    sizes, least = (QUICK, 0.0) if options.quick else (Sizes(), AT_LEAST)
    machine = _machine()
    rows = [row | machine for row in measure(sizes, options.repetitions, least)]
    write_rows(options.out, rows)
    print("\n" + "; ".join(machine.values()))
    print(f"medians of {options.repetitions}, processor time; rows in {options.out}\n")
    print(table(rows))
    if options.quick:
        print("\nThese are tiny sizes: the figures mean nothing.")


def measure(sizes: Sizes, repetitions: int, least: float) -> list[Row]:
    """One row for each contest, contestant and repetition. Missing peers are named and left out."""
    rows: list[Row] = []
    every = contests(sizes) | levels.contests(sizes)
    for name, contest in bars.bar("contest")(every.items()):
        rows += _row_of_each(name, _timed(contest, repetitions, least), "ns")
    for who in bars.bar("process")(MEMORY_OF):
        peaks = ((who, k, memory(sizes.memory, who)) for k in range(min(repetitions, 3)))
        rows += _row_of_each("memory", peaks, "MiB")
    return rows


def _row_of_each(contest: str, found: Iterator[tuple[str, int, float]], unit: str) -> list[Row]:
    return [
        {"contest": contest, "contestant": who, "repetition": k, "value": value, "unit": unit}
        for who, k, value in found
    ]


def _timed(contest: Contest, repetitions: int, least: float) -> Iterator[tuple[str, int, float]]:
    """Contestant, repetition and nanoseconds for each unit; the contestants take turns."""
    runs: dict[str, tuple[Run, int]] = {}
    for who, prepare in contest.items():
        try:
            run = prepare()
        except ImportError as error:
            bars.note(f"left out: {who}: {extras.told(error) or error}")
            continue
        took = _seconds(run, 1)
        if took < LONG:  # caches fill, lazy parts load
            took = min(took, _seconds(run, 1), _seconds(run, 1))
        runs[who] = run, max(1, math.ceil(least / max(took, 1e-6)))
    for repetition, who in itertools.product(range(repetitions), runs):
        run, calls = runs[who]
        yield who, repetition, _seconds(run, calls) / (calls * run.units) * 1e9


def _seconds(run: Run, calls: int) -> float:
    start = time.process_time()
    for _ in range(calls):
        run.call()
    return time.process_time() - start


def table(rows: list[Row]) -> str:
    """The table of goals and the medians of ``rows``."""
    values: dict[tuple[str, str], list[float]] = {}
    for row in rows:
        values.setdefault((row["contest"], row["contestant"]), []).append(row["value"])
    medians = {key: statistics.median(found) for key, found in values.items()}
    return commands.table(["what", "measured", "goal", ""], [goal.cells(medians) for goal in GOALS])


def _machine() -> dict[str, str]:
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    found = [f"{name} {number}" for name, number in versions((*PACKAGES, *PEERS)).items()]
    return {
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores{load}",
        "versions": ", ".join([f"python {platform.python_version()}", *found]),
    }


if __name__ == "__main__":
    sys.exit(main())
