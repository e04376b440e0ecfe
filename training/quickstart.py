"""``benchgame quickstart``: the whole argument on one real leaderboard, in minutes.

Predicts, trains independent PPO and grades it, for five Pythia models under direct evaluation and under
tune-before-test, and prints one table. Finished parts are kept, so that the command can be repeated.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from benchgame_env import theory
from benchgame_env.agents.runs.settings import TrainSettings
from benchgame_env.cli import commands, facts, pages
from benchgame_env.training.evaluate import Evaluation, evaluate, results_table, verdict
from benchgame_env.training.jobs import Local, add_workers_option, opened
from benchgame_env.training.run.records import counted
from benchgame_env.training.train import train

PROG = "benchgame quickstart"
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
    parser.add_argument("--updates", default=300, type=int, help="policy updates of each run")
    parser.add_argument("--out", default=Path("runs/quickstart"), type=Path, help="folder for the runs")
    add_workers_option(parser)
    options = parser.parse_args(arguments)
    return commands.run(lambda: _quickstart(options), PROG)


def _quickstart(options: argparse.Namespace) -> None:
    protocols: dict[str, dict[str, Any]] = {"direct": {}, "tune-before-test": {"level": options.level}}
    with opened(None, options.workers) as pool:  # one for all, since a process takes seconds to start
        evaluations = [_evaluated(options, *protocol, pool) for protocol in protocols.items()]
    seeds = counted(options.seeds, "seed")
    print(f"\n{options.game}, {seeds} of independent PPO (annealed), intervals at 95 %\n")
    print(results_table(evaluations, columns=5) + "\n")
    print(LEGEND)
    commands.show("\n".join(map(verdict, evaluations)))
    print(f"\nEvery check:  benchgame evaluate {options.out}/direct")
    print(f"Pictures:     benchgame report {options.out}")


def _evaluated(
    options: argparse.Namespace, protocol: str, parameters: dict[str, Any], pool: Local
) -> Evaluation:
    """Predict under one protocol, train and grade."""
    settings = TrainSettings(
        game=options.game,
        protocol=protocol,
        parameters=parameters,
        seeds=options.seeds,
        updates=options.updates,
        worth=options.worth,
        prizes=options.prizes,
        cost=options.cost,
    )
    print(f"\n{options.game} under {protocol}")
    vec, folder = settings.vector_env(1), options.out / protocol
    print(pages.text(facts.of(theory.predict(vec.game, vec.protocol), mixed=False)))
    train(settings, folder, resume=True, workers=options.workers, pool=pool)
    return evaluate(folder, workers=options.workers, pool=pool)


if __name__ == "__main__":
    sys.exit(main())
