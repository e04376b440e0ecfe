"""``python -m training.evaluate RUN``: play the trained developers, grade them, give the verdict.

Writes ``rows.csv`` (one row per seed, episode, round and developer) and ``verdict.json`` into the run
folder, and of each seed the same rows and ``figures.json`` into its own.
Exit status: 0 match, 1 mismatch, 3 undecided, 2 bad input.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchgame_env import theory
from benchgame_env.cli import commands
from benchgame_env.validate import Floats
from training.grading.figures import SeedFigures
from training.grading.intervals import t_interval
from training.grading.judging import EPISODES, conclude, grade_and_keep
from training.grading.verdict import Verdict
from training.run.prediction import kept_prediction
from training.run.settings import TrainSettings

PROG = "python -m training.evaluate"
EXIT_STATUS = {"match": 0, "mismatch": 1, "undecided": 3}


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A graded run."""

    settings: TrainSettings
    prediction: theory.Prediction
    seeds: list[SeedFigures]
    verdict: Verdict


def main(arguments: list[str] | None = None) -> int:
    parser = commands.Parser(
        prog=PROG,
        description="Grade a training run against the prediction.",
        epilog="exit status: 0 match, 1 mismatch, 3 undecided, 2 bad input",
    )
    parser.add_argument("run", type=Path, help="folder made by training.train")
    parser.add_argument("--episodes", type=int, default=EPISODES, help="episodes played per seed")
    options = parser.parse_args(arguments)
    return commands.run(lambda: _evaluate(options), PROG)


def _evaluate(options: argparse.Namespace) -> int:
    evaluation = evaluate(options.run, options.episodes)
    print(results_table([evaluation]))
    print(explanation(evaluation))
    return EXIT_STATUS[evaluation.verdict.outcome]


def evaluate(run: Path, episodes: int = EPISODES) -> Evaluation:
    """Play and grade every seed of a finished run; see the module for the files written."""
    settings = TrainSettings.load(run)
    prediction = kept_prediction(settings, run)
    for seed in range(settings.seeds):
        grade_and_keep(settings, run, seed, prediction, episodes)
    return Evaluation(settings, prediction, *conclude(settings, run, prediction))


def results_table(evaluations: list[Evaluation]) -> str:
    """One line per run: what was predicted, what was learned, how they compare."""
    header = ["protocol", "predicted", "temptation", "mean effort", "NashConv", "Kendall tau", "verdict"]
    return commands.table(header, [_table_row(evaluation) for evaluation in evaluations])


def explanation(evaluation: Evaluation) -> str:
    """The verdict in words, with the figures behind it."""
    settings, verdict, seeds = evaluation.settings, evaluation.verdict, evaluation.seeds
    setting = commands.setting_label(settings.protocol, settings.parameters)
    settled = _with_margin(np.array([100 * s.movement for s in seeds]), ".2g")
    return "\n".join(
        [
            f"{setting}: {verdict.outcome}, {verdict.reason}",
            *(f"  {check}" for check in verdict.checks),
            *(f"  {figure}" for figure in ([verdict.share] if verdict.share else [])),
            *(f"  reported: {figure}" for figure in verdict.reported),
            f"  mean efforts moved by {settled} % of F in the second half of training",
        ]
    )


def _table_row(evaluation: Evaluation) -> list[str]:
    settings, prediction = evaluation.settings, evaluation.prediction
    game = settings.vector_env(1).game
    efforts = np.array([(s.efforts * game.effort_scale).mean() for s in evaluation.seeds])
    return [
        commands.setting_label(settings.protocol, settings.parameters),
        prediction.regime,
        f"{prediction.temptation:.4f}",
        _with_margin(efforts, ".1f"),
        _with_margin(np.array([s.nash_conv for s in evaluation.seeds]), ".4f"),
        _with_margin(np.array([s.tau for s in evaluation.seeds]), ".3f"),
        evaluation.verdict.outcome,
    ]


def _with_margin(values: Floats, form: str) -> str:
    """Mean and half-width of the 95 % t interval over seeds."""
    low, high = t_interval(values)
    margin = f" ± {(high - low) / 2:{form}}" if np.isfinite(high) else ""
    return f"{values.mean():{form}}{margin}"


if __name__ == "__main__":
    sys.exit(main())
