"""``python -m training.quickstart``: the whole argument on one real leaderboard, in minutes.

Predicts, trains independent PPO and grades it on five Pythia models under direct evaluation and under
tune-before-test, and prints one table. Finished parts are kept, so that it can be run again.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from benchgame_env import theory
from benchgame_env.cli import commands, facts, pages
from training.evaluate import evaluate, explanation, results_table
from training.run.settings import TrainSettings
from training.train import train

PROG = "python -m training.quickstart"


def main(arguments: list[str] | None = None) -> int:
    parser = commands.Parser(prog=PROG, description="Predict, train and judge on a real leaderboard.")
    parser.add_argument("--game", default="pythia-gsm8k", help="name of a game or calibration file")
    parser.add_argument("--level", default=3000, type=float, help="tune-before-test level to compare")
    parser.add_argument("--seeds", default=10, type=int, help="training runs per protocol")
    parser.add_argument("--updates", default=300, type=int, help="policy updates per run")
    parser.add_argument("--out", default=Path("runs/quickstart"), type=Path, help="folder for the runs")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes, one seed each")
    options = parser.parse_args(arguments)

    def quickstart() -> None:
        evaluations = []
        for protocol, parameters in (("direct", {}), ("tune-before-test", {"level": options.level})):
            settings = TrainSettings(
                game=options.game,
                protocol=protocol,
                parameters=parameters,
                seeds=options.seeds,
                updates=options.updates,
            )
            print(f"\n{options.game} under {protocol}")
            vec = settings.vector_env(1)
            print(pages.text(facts.of(theory.predict(vec.game, vec.protocol), mixed=False)))
            train(settings, options.out / protocol, resume=True, workers=options.workers)
            evaluations.append(evaluate(options.out / protocol))
        print(
            f"\n{options.game}, {options.seeds} seeds of independent PPO (annealed), intervals at 95 %\n"
        )
        print(results_table(evaluations) + "\n")
        for evaluation in evaluations:
            print(explanation(evaluation))
        print(
            f"\nRuns are in {options.out}; python -m training.evaluate {options.out}/direct says more."
        )

    return commands.run(quickstart, PROG)


if __name__ == "__main__":
    sys.exit(main())
