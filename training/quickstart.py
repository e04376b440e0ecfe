"""``benchgame quickstart``: the whole argument on one real leaderboard, in minutes.

Predicts, trains independent learners and grades them, for five Pythia models under direct evaluation
and under tune-before-test, and prints one table. Finished parts are kept: the command can be repeated.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchgame_env import theory
from benchgame_env.agents.runs.settings import TrainSettings
from benchgame_env.cli import commands, facts, pages
from benchgame_env.metrics import played_outcomes
from benchgame_env.training.evaluate import Evaluation, evaluate, results_table, verdict
from benchgame_env.training.jobs import Local, add_workers_option, opened
from benchgame_env.training.run.records import counted
from benchgame_env.training.run.storage import read_rows
from benchgame_env.training.train import train

PROG = "benchgame quickstart"
# How long each learner trains: updates, and episodes an update.
LEARNERS = {"mmd": (400, 10), "ppo-annealed": (300, 1)}
LEGEND = """\
Mean effort: fine-tuning steps, on games fitted to models. Kendall tau: how well
the board agrees with latent quality, 1 if all pairs are in order.
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the command with ``arguments``, by default those of the shell; returns the exit status."""
    parser = commands.Parser(prog=PROG, description="Predict, train and judge on one real leaderboard.")
    parser.add_argument("--game", default="pythia-gsm8k", help="a game, or a calibration file (*.json)")
    commands.add_term_options(parser.add_argument)
    parser.add_argument("--level", default=3000, type=float, help="tune-before-test level to compare")
    parser.add_argument("--seeds", default=10, type=int, help="training runs for each protocol")
    parser.add_argument("--agents", default="mmd", choices=LEARNERS, help="the learner in every seat")
    parser.add_argument("--updates", type=int, help="of each run (default: what the learner needs)")
    parser.add_argument("--out", default=Path("runs/quickstart"), type=Path, help="folder for the runs")
    add_workers_option(parser)
    options = parser.parse_args(arguments)
    return commands.run(lambda: _quickstart(options), PROG)


def _quickstart(options: argparse.Namespace) -> None:
    protocols: dict[str, dict[str, Any]] = {"direct": {}, "tune-before-test": {"level": options.level}}
    with opened(None, options.workers) as pool:  # one for all, since a process takes seconds to start
        evaluations = [_evaluated(options, *protocol, pool) for protocol in protocols.items()]
    seeds = counted(options.seeds, "seed")
    print(f"\n{options.game}, {seeds} of {options.agents}, intervals at 95 %\n")
    print(results_table(evaluations, columns=5) + "\n")
    print(LEGEND)
    for protocol, evaluation in zip(protocols, evaluations, strict=True):
        commands.show(verdict(evaluation))
        commands.show(f"  Played: {_played(evaluation, options.out / protocol)}.")
    print(f"\nEvery check:  benchgame evaluate {commands.quoted(options.out / 'direct')}")
    print(f"Pictures:     benchgame report {commands.quoted(options.out)}")


def _evaluated(
    options: argparse.Namespace, protocol: str, parameters: dict[str, Any], pool: Local
) -> Evaluation:
    """Predict under one protocol, train and grade."""
    updates, episodes = LEARNERS[options.agents]
    settings = TrainSettings(
        game=options.game,
        protocol=protocol,
        parameters=parameters,
        seeds=options.seeds,
        agents=options.agents,
        updates=updates if options.updates is None else options.updates,
        episodes=episodes,
        worth=options.worth,
        prizes=options.prizes,
        cost=options.cost,
    )
    print(f"\n{options.game} under {protocol}")
    vec, folder = settings.vector_env(1), options.out / protocol
    print(pages.text(facts.of(theory.predict(vec.game, vec.protocol), mixed=False)))
    train(settings, folder, resume=True, workers=options.workers, pool=pool)
    return evaluate(folder, workers=options.workers, pool=pool)


def _played(evaluation: Evaluation, run: Path) -> str:
    """What the final play of a run costs and brings, in words."""
    vec = evaluation.settings.vector_env(1)
    rows = read_rows(run / "rows.csv", ("effort", "rank"))
    efforts = np.reshape([float(row["effort"]) for row in rows], (-1, 1, vec.n_developers))
    ranks = np.reshape([int(row["rank"]) for row in rows], efforts.shape)
    found = played_outcomes(vec.game, vec.protocol, efforts, ranks)
    burnt = "there are no prizes"
    if np.isfinite(found.cost_share):
        burnt = f"efforts burn {found.cost_share:.1%} of the prizes"
    return f"{burnt}, and the best model is on top {found.best_on_top:.0%} of the time"


if __name__ == "__main__":
    sys.exit(main())
