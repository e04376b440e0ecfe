"""``benchgame evaluate RUN``: let the trained developers play, grade them, give the verdict.

Writes ``rows.csv`` (one row for each seed, episode, round and developer) and ``verdict.json`` into the
run folder, and ``rows.csv`` and ``figures.json`` of each seed into the folder of the seed.
Exit status: 0 match, 1 mismatch, 3 undecided, 2 bad input.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from benchgame_env import theory, trust
from benchgame_env.agents.runs.settings import TrainSettings
from benchgame_env.cli import bars, commands
from benchgame_env.folders import alone
from benchgame_env.training.grading.figures import SeedFigures
from benchgame_env.training.grading.intervals import with_margin
from benchgame_env.training.grading.judging import EPISODES, conclude, grade_and_keep
from benchgame_env.training.grading.verdict import Verdict
from benchgame_env.training.jobs import Local, add_workers_option, do_all
from benchgame_env.training.run.prediction import kept_prediction
from benchgame_env.validate import count

PROG = "benchgame evaluate"
MOST_ROWS = 10_000_000  # a gigabyte
EXIT_STATUS = {"match": 0, "mismatch": 1, "undecided": 3}


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A graded run.

    Attributes
    ----------
    settings : TrainSettings
        Settings of the run.
    prediction : Prediction
        What was predicted of it.
    seeds : list of SeedFigures
        What each seed learned.
    verdict : Verdict
        How the two compare.
    """

    settings: TrainSettings
    prediction: theory.Prediction
    seeds: list[SeedFigures]
    verdict: Verdict


def main(arguments: list[str] | None = None) -> int:
    """Run the command with ``arguments``, by default those of the shell; returns the exit status."""
    parser = commands.Parser(
        prog=PROG,
        description="Grade a training run against the prediction.",
        epilog="exit status: 0 match, 1 mismatch, 3 undecided, 2 bad input",
    )
    parser.add_argument("run", type=Path, help="folder made by benchgame train")
    parser.add_argument("--episodes", type=int, default=EPISODES, help="episodes to play with each seed")
    add_workers_option(parser)
    trust.add_option(parser)
    options = parser.parse_args(arguments)
    return commands.run(lambda: _evaluate(options), PROG)


def _evaluate(options: argparse.Namespace) -> int:
    episodes = count("--episodes", options.episodes, "episodes")
    evaluation = evaluate(options.run, episodes, options.workers, options.trust)
    print(results_table([evaluation]))
    commands.show(explanation(evaluation))
    return EXIT_STATUS[evaluation.verdict.outcome]


def evaluate(
    run: Path,
    episodes: int = EPISODES,
    workers: int = 1,
    trust: bool = False,
    pool: Local | None = None,
) -> Evaluation:
    """Let every seed of a finished run play, and grade it; see the module for the files written.

    Parameters
    ----------
    run : Path
        Folder of the run.
    episodes : int
        Episodes to play with each seed.
    workers : int
        Seeds that are graded at the same time, each in a process of its own.
    trust : bool
        Whether modules that the run's settings name may be imported.
    pool : Local, optional
        These processes, if there are some already; it stays open.

    Returns
    -------
    Evaluation
        The figures and the verdict.

    Raises
    ------
    ValueError
        If a file of the run is missing or damaged, a seed is not finished, or the settings name a module
        without trust.
    """
    settings = TrainSettings.load(run, trust)
    rows = episodes * settings.horizon * settings.vector_env(1).n_developers
    if rows > MOST_ROWS:
        raise ValueError(f"--episodes: {rows:,} rows a seed; at most {MOST_ROWS:,} are played and kept")
    with alone(run):
        prediction = kept_prediction(settings, run)
        jobs = [partial(grade_and_keep, settings, run, seed, episodes) for seed in range(settings.seeds)]
        with bars.progress_bar(settings.seeds, "seed", f"Grading {run.name}") as bar:
            do_all(jobs, workers, bar, pool)
        return Evaluation(settings, prediction, *conclude(settings, run, prediction))


def results_table(evaluations: list[Evaluation], columns: int | None = None) -> str:
    """A table with a row for each run: what was predicted, what was learned, the verdict; with only the
    first ``columns``, if that is a number."""
    header = ["protocol", "predicted", "verdict", "mean effort", "Kendall tau", "temptation", "NashConv"]
    rows = [_table_row(evaluation)[:columns] for evaluation in evaluations]
    return commands.table(header[:columns], rows)


def verdict(evaluation: Evaluation) -> str:
    """The verdict in one sentence, with its number and its bound."""
    settings = evaluation.settings
    setting = commands.setting_label(settings.protocol, settings.parameters)
    return f"{setting}: {evaluation.verdict.sentence}"


def explanation(evaluation: Evaluation) -> str:
    """The verdict in words, with the figures that it rests on."""
    found, seeds = evaluation.verdict, evaluation.seeds
    settled = with_margin(np.array([100 * s.movement for s in seeds]), ".2g")
    moved = f"  mean efforts moved by {settled} % of F in the second half of training"
    return "\n".join([verdict(evaluation), *found.details(), moved])


def _table_row(evaluation: Evaluation) -> list[str]:
    settings, prediction = evaluation.settings, evaluation.prediction
    game = settings.vector_env(1).game
    efforts = np.array([(s.efforts * game.effort_scale).mean() for s in evaluation.seeds])
    return [
        commands.setting_label(settings.protocol, settings.parameters),
        prediction.regime,
        evaluation.verdict.outcome,
        with_margin(efforts, ".1f"),
        with_margin(np.array([s.tau for s in evaluation.seeds]), ".3f"),
        "not known" if np.isnan(prediction.temptation) else f"{prediction.temptation:.4f}",
        with_margin(np.array([s.nash_conv for s in evaluation.seeds]), ".4f"),
    ]


if __name__ == "__main__":
    sys.exit(main())
