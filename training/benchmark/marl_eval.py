"""Learning curves in the JSON form that InstaDeep's marl-eval reads (github.com/instadeepai/marl-eval,
README, "Data Structure for Raw Experiment data"): environment, task, algorithm, run, step.

That tool needs balanced data: every task with the same algorithms, and each of these with the same seeds
and number of steps. Therefore tasks are left out if some algorithm has no curve for them, then seeds
that some run lacks, and longer curves are thinned evenly to the number of steps of the shortest. That
tool draws seeds anew for its intervals, so fewer than two common seeds are left out too. Under rules for
which regrets cannot be computed there are no curves. `training.benchmark.statistics` needs
none of this.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchgame_env.agents.runs.settings import TrainSettings
from benchgame_env.training.benchmark.statistics import score
from benchgame_env.training.grading.figures import SeedFigures

ENVIRONMENT = "benchgame"
ABSOLUTE = "absolute_metrics"  # after the steps: metrics of the final play, from a larger sample
Step = dict[str, Any]


@dataclass(frozen=True)
class Curve:
    """The learning curve of one seed.

    Attributes
    ----------
    task, algorithm : str
        What was played, and by which algorithm.
    seed : int
        Number of the seed.
    steps : tuple of dict
        Each has ``step_count`` (rounds that every developer has played) and the metrics ``play_score``
        (1 - regret / P, at least 0, of the developer with the largest; the mean regret of single
        revisions where these are graded), ``nash_conv`` and ``kendall_tau``.
    final : dict
        The metrics of the final play.
    """

    task: str
    algorithm: str
    seed: int
    steps: tuple[Step, ...]
    final: Step


def curve(
    task: str,
    algorithm: str,
    seed: int,
    settings: TrainSettings,
    progress: Iterable[Mapping[str, str]],
    figures: SeedFigures,
) -> Curve | None:
    """The curve of a finished seed from the rows of its ``progress.csv``; None where regrets cannot be
    computed, or were not when it was trained."""
    graded = [row for row in progress if row.get("step_regret") or row.get("largest_regret")]
    if not np.isfinite(figures.nash_conv) or not graded:
        return None
    game = settings.load_game()
    scale = game.prize_range
    played = settings.copies * settings.rounds
    steps = [
        {
            "step_count": (int(row["update"]) + 1) * played,
            **_metrics(
                float(row.get("step_regret") or row["largest_regret"]) / scale,
                float(row["nash_conv"]),
                float(row["kendall_tau"]),
            ),
        }
        for row in graded
    ]
    regret = figures.regret if np.isnan(figures.step_regret) else figures.step_regret
    final = _metrics(regret, figures.nash_conv, figures.tau)
    return Curve(task, algorithm, seed, tuple(steps), final)


def export(curves: Sequence[Curve]) -> dict[str, Any]:
    """Content of the JSON file; see the module for what is left out. Empty if nothing is left."""
    found: dict[str, dict[str, dict[int, Curve]]] = {}
    for one in curves:
        found.setdefault(one.task, {}).setdefault(one.algorithm, {})[one.seed] = one
    algorithms = list(dict.fromkeys(one.algorithm for one in curves))
    tasks = {task: runs for task, runs in found.items() if len(runs) == len(algorithms)}
    runs = [seeds for task in tasks.values() for seeds in task.values()]
    common = sorted(set.intersection(*map(set, runs))) if runs else []
    if len(common) < 2:
        return {}
    length = min(len(seeds[seed].steps) for seeds in runs for seed in common)
    return {
        ENVIRONMENT: {
            task: {
                name: {f"seed_{seed}": _run(seeds[name][seed], length) for seed in common}
                for name in algorithms
            }
            for task, seeds in tasks.items()
        }
    }


def _metrics(regret: float, nash_conv: float, tau: float) -> Step:
    values = {"play_score": float(score(regret)), "nash_conv": nash_conv, "kendall_tau": tau}
    return {name: [value] for name, value in values.items()}


def _run(one: Curve, length: int) -> dict[str, Step]:
    chosen = np.linspace(0, len(one.steps) - 1, length).round().astype(int)
    return {f"step_{k}": one.steps[i] for k, i in enumerate(chosen)} | {ABSOLUTE: one.final}
