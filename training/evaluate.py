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
from benchgame_env import Game, VectorEnv, commands, metrics, theory
from benchgame_env._files import json_text, write_text
from benchgame_env._validate import Floats, integer
from benchgame_env.env import NUMBERS
from training.checks import t_interval
from training.seed_figures import SeedFigures
from training.settings import TrainSettings
from training.storage import write_rows
from training.train import load_seed
from training.verdict import Verdict, judge

PROG = "python -m training.evaluate"
EPISODES = 256
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
    integer("episodes", episodes, low=1)
    settings = TrainSettings.load(run)
    vec = settings.vector_env(episodes)
    prediction = theory.predict(vec.game, vec.protocol)
    rows: list[dict[str, Any]] = []
    figures = []
    for seed in range(settings.seeds):
        learners, sampled = load_seed(settings, run / f"seed-{seed}", seed)
        rng = np.random.default_rng([seed, 2])
        played = play(vec, learners.agents(), vec.horizon, rng, seed, learn=False)
        rows.extend(_rows(run.name, seed, vec.game, played))
        figures.append(grade(vec, prediction, played, sampled))
    verdict = judge(
        prediction.regime,
        settings.revision,
        figures,
        unique_efforts=_unique_efforts(prediction),
        pure_efforts=_pure_efforts(prediction),
    )
    write_rows(run / "rows.csv", rows)
    write_text(
        run / "verdict.json",
        json_text({**asdict(verdict), "seeds": [asdict(one) for one in figures]}) + "\n",
    )
    return Evaluation(settings, prediction, figures, verdict)


def grade(
    vec: VectorEnv, prediction: theory.Prediction, played: dict[str, NDArray[Any]], sampled: Floats
) -> SeedFigures:
    """Figures of one seed from its final play and the efforts ``[updates, samples, n]`` of training."""
    game, n = vec.game, vec.n_developers
    late = sampled[len(sampled) // 2 :]
    final = played["effort"][-1]  # the round that an episode ends in
    nash_conv, average = math.nan, math.nan
    if metrics.can_grade(game, vec.protocol):
        nash_conv = metrics.nash_conv(game, vec.protocol, metrics.empirical(final))
        average = metrics.nash_conv(game, vec.protocol, metrics.empirical(late.reshape(-1, n)))
    scale = _effort_scale(game)
    course = late.mean(axis=1) / scale
    order = np.argsort(-played["score"][-1].mean(axis=0), kind="stable")
    return SeedFigures(
        regret=nash_conv / n / game.prize_range,
        average_regret=average / n / game.prize_range,
        efforts=final.mean(axis=0) / scale,
        average_efforts=late.reshape(-1, n).mean(axis=0) / scale,
        movement=float((course.max(axis=0) - course.min(axis=0)).max()),
        in_order=bool((order == prediction.ranking).all()),
        tau=_mean_tau(played["rank"][-1], game),
        nash_conv=nash_conv,
    )


def _unique_efforts(prediction: theory.Prediction) -> Floats | None:
    """Mean efforts of the mixed equilibrium as shares of F, if it is known to be the only one."""
    two = prediction.game.n_developers == 2  # only duels are known to be unique
    if prediction.regime != "cycle" or not two or prediction.mixed is None:
        return None
    if not prediction.mixed.unique:
        return None
    return prediction.mixed.mean_efforts / _effort_scale(prediction.game)


def _pure_efforts(prediction: theory.Prediction) -> Floats | None:
    """Efforts of the predicted pure equilibrium as shares of F."""
    if prediction.equilibrium is None:
        return None
    return prediction.equilibrium / _effort_scale(prediction.game)


def _effort_scale(game: Game) -> Floats:
    return np.where(game.effort_scale > 0, game.effort_scale, 1.0)


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


def _mean_tau(ranks: NDArray[np.int64], game: Game) -> float:
    boards, counts = np.unique(ranks, axis=0, return_counts=True)
    orders = np.argsort(boards, axis=1, kind="stable")
    taus = [metrics.kendall_tau(order, game.quality) for order in orders]
    return float(np.average(taus, weights=counts))


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
