"""``python -m training.evaluate RUN``: play the trained developers, grade them, give the verdict.

Writes ``rows.csv`` (one row per seed, episode, round and developer) and ``verdict.json`` into the run
folder. Exit status: 0 match, 1 mismatch, 3 undecided, 2 bad input.
"""

from __future__ import annotations

import argparse
import math
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents import play
from benchgame_env import Game, VectorEnv, commands, theory
from benchgame_env._files import json_text, write_text
from benchgame_env._validate import Floats, integer
from benchgame_env.env import NUMBERS
from training.grading import Grader, effort_scale
from training.settings import TrainSettings
from training.storage import write_rows
from training.train import Played, load_seed
from training.verdict import SeedFigures, Verdict, judge, t_interval

PROG = "python -m training.evaluate"
EPISODES = 256
GRADING = 2  # keeps the random streams of grading apart from others of the same seed
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
    vec = settings.vector_env(1)
    prediction = theory.predict(vec.game, vec.protocol)
    rows: list[dict[str, Any]] = []
    figures = []
    for seed in range(settings.seeds):
        graded, played = grade_seed(settings, run, seed, prediction, episodes)
        figures.append(graded)
        rows.extend(_rows(run.name, seed, vec.game, played))
    verdict = judge_run(settings, prediction, figures)
    write_rows(run / "rows.csv", rows)
    write_text(
        run / "verdict.json",
        json_text({**asdict(verdict), "seeds": [asdict(one) for one in figures]}) + "\n",
    )
    return Evaluation(settings, prediction, figures, verdict)


def grade_seed(
    settings: TrainSettings,
    run: Path,
    seed: int,
    prediction: theory.Prediction,
    episodes: int = EPISODES,
) -> tuple[SeedFigures, Played]:
    """Figures of one finished seed, and the ``episodes`` played for them."""
    integer("episodes", episodes, low=1)
    players, sampled = load_seed(settings, run / f"seed-{seed}", seed)
    rng = np.random.default_rng([seed, GRADING])
    vec = settings.vector_env(settings.copies)
    parts = []
    for _ in range(math.ceil(episodes / vec.num_envs)):
        parts.append(play(vec, players, vec.horizon, rng, int(rng.integers(2**31)), mode="play"))
    played = {
        key: np.concatenate([part[key] for part in parts], axis=1)[:, :episodes] for key in parts[0]
    }
    return grade(vec, prediction, played, sampled), played


def judge_run(
    settings: TrainSettings, prediction: theory.Prediction, figures: list[SeedFigures]
) -> Verdict:
    """The verdict on the seeds of a run."""
    return judge(
        prediction.regime,
        settings.revision,
        figures,
        unique_efforts=_unique_efforts(prediction),
        pure_efforts=_pure_efforts(prediction),
    )


def grade(vec: VectorEnv, prediction: theory.Prediction, played: Played, sampled: Floats) -> SeedFigures:
    """Figures of one seed from its final play and the efforts ``[updates, samples, n]`` of training."""
    game, n = vec.game, vec.n_developers
    late = sampled[len(sampled) // 2 :]
    final = played["effort"][-1]  # the round that an episode ends in
    grader = Grader(game, vec.protocol, equilibrium=None)
    now = grader(final, played["rank"][-1])
    average, scale = grader.nash_conv(late.reshape(-1, n)), effort_scale(game)
    course = late.mean(axis=1) / scale
    order = np.argsort(-played["score"][-1].mean(axis=0), kind="stable")
    return SeedFigures(
        regret=now["nash_conv"] / n / game.prize_range,
        average_regret=average / n / game.prize_range,
        efforts=final.mean(axis=0) / scale,
        average_efforts=late.reshape(-1, n).mean(axis=0) / scale,
        movement=float((course.max(axis=0) - course.min(axis=0)).max()),
        in_order=bool((order == prediction.ranking).all()),
        tau=now["kendall_tau"],
        nash_conv=now["nash_conv"],
    )


def _unique_efforts(prediction: theory.Prediction) -> Floats | None:
    """Mean efforts of the mixed equilibrium as shares of F, if it is known to be the only one."""
    two = prediction.game.n_developers == 2  # only duels are known to be unique
    if prediction.regime != "cycle" or not two or prediction.mixed is None:
        return None
    if not prediction.mixed.unique:
        return None
    return prediction.mixed.mean_efforts / effort_scale(prediction.game)


def _pure_efforts(prediction: theory.Prediction) -> Floats | None:
    """Efforts of the predicted pure equilibrium as shares of F."""
    if prediction.equilibrium is None:
        return None
    return prediction.equilibrium / effort_scale(prediction.game)


def results_table(evaluations: list[Evaluation]) -> str:
    """One line per run: what was predicted, what was learned, how they compare."""
    header = ["protocol", "predicted", "temptation", "mean effort", "NashConv", "Kendall tau", "verdict"]
    return commands.table(header, [_table_row(evaluation) for evaluation in evaluations])


def explanation(evaluation: Evaluation) -> str:
    """The verdict in words, with the figures behind it."""
    verdict, seeds = evaluation.verdict, evaluation.seeds
    settled = _with_margin(np.array([100 * s.movement for s in seeds]), ".2g")
    return "\n".join(
        [
            f"{_label(evaluation.settings)}: {verdict.outcome}, {verdict.reason}",
            *(f"  {check}" for check in verdict.checks),
            f"  mean efforts moved by {settled} % of F in the second half of training",
        ]
    )


def _label(settings: TrainSettings) -> str:
    """The protocol with its parameters."""
    parameters = ", ".join(str(value) for value in settings.parameters.values())
    return f"{settings.protocol}({parameters})" if parameters else settings.protocol


def _table_row(evaluation: Evaluation) -> list[str]:
    settings, prediction = evaluation.settings, evaluation.prediction
    game = settings.vector_env(1).game
    efforts = np.array([(s.efforts * game.effort_scale).mean() for s in evaluation.seeds])
    return [
        _label(settings),
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


def _rows(run: str, seed: int, game: Game, played: dict[str, NDArray[Any]]) -> list[dict[str, Any]]:
    rounds, episodes, n = played["effort"].shape
    lists = {key: value.tolist() for key, value in played.items()}
    return [
        {"run": run, "seed": seed, "episode": e, "round": r, "developer": i, "name": game.names[i]}
        | {key: lists[key][r][e][i] for key in NUMBERS}
        for e in range(episodes)
        for r in range(rounds)
        for i in range(n)
    ]


if __name__ == "__main__":
    sys.exit(main())
