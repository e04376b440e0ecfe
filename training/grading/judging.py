"""Let trained seeds play, grade them, and give the run its verdict."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from agents import Player, play
from agents.base import Mode
from benchgame_env import Game, VectorEnv, metrics, theory
from benchgame_env.play.env import NUMBERS
from benchgame_env.rules import is_exact
from benchgame_env.turns import in_turn
from benchgame_env.validate import Floats, count
from training.grading.exact_figures import Grader, choices_of, expected_cycle, revision_regrets
from training.grading.figures import (
    SeedFigures,
    cycle_figures,
    load_figures,
    save_figures,
    share_of_scale,
)
from training.grading.kept import save_verdict
from training.grading.verdict import ExpectedCycle, Verdict, judge, unevenly_spaced
from training.run.seeds import Played, load_seed
from training.run.settings import TrainSettings
from training.run.storage import read_rows, write_rows

EPISODES = 256
GRADING = 2  # separates the random streams of grading from others of the same seed


def grade_and_keep(
    settings: TrainSettings,
    run: Path,
    seed: int,
    prediction: theory.Prediction,
    episodes: int = EPISODES,
) -> SeedFigures:
    """Grade a finished seed; write ``rows.csv`` and then ``figures.json`` into its folder."""
    figures, played = grade_seed(settings, run, seed, prediction, episodes)
    folder = run / f"seed-{seed}"
    write_rows(folder / "rows.csv", _rows(run.name, seed, prediction.game, played))
    save_figures(folder / "figures.json", figures)
    return figures


def conclude(
    settings: TrainSettings, run: Path, prediction: theory.Prediction
) -> tuple[list[SeedFigures], Verdict]:
    """Judge a run whose seeds are all graded; write ``rows.csv`` and ``verdict.json``."""
    folders = [run / f"seed-{seed}" for seed in range(settings.seeds)]
    figures = [load_figures(folder / "figures.json") for folder in folders]
    verdict = judge_run(settings, prediction, figures)
    write_rows(run / "rows.csv", (row for folder in folders for row in read_rows(folder / "rows.csv")))
    save_verdict(run, verdict, figures)
    return figures, verdict


def withdraw(run: Path) -> None:
    """Remove the files of `conclude`, if there are any: they are not about the present seeds."""
    for name in ("verdict.json", "rows.csv"):
        (run / name).unlink(missing_ok=True)


def grade_seed(
    settings: TrainSettings,
    run: Path,
    seed: int,
    prediction: theory.Prediction,
    episodes: int = EPISODES,
) -> tuple[SeedFigures, Played]:
    """Grade one finished seed.

    Parameters
    ----------
    settings : TrainSettings
        Settings of the run.
    run : Path
        Folder of the run.
    seed : int
        Number of the seed.
    prediction : Prediction
        What was predicted of the run.
    episodes : int
        Episodes to play. Where a cycle of single revisions is predicted, one long episode without
        randomness is graded instead.

    Returns
    -------
    figures : SeedFigures
        What the seed learned.
    played : dict of str to array ``[rounds, episodes, n]``
        The play that was graded.
    """
    count("episodes", episodes)
    players, sampled = load_seed(settings, run / f"seed-{seed}", seed)
    rng = np.random.default_rng([seed, GRADING])
    vec = settings.vector_env(settings.copies)
    cycle = expected_cycle(prediction)
    parts = [
        play(vec, players, vec.horizon, rng, int(rng.integers(2**31)), mode="play")
        for _ in range(1 if cycle else math.ceil(episodes / vec.num_envs))
    ]
    played = {
        key: np.concatenate([part[key] for part in parts], axis=1)[:, :episodes] for key in parts[0]
    }
    figures = grade(vec, prediction, played, sampled)
    if cycle is None:
        return figures, played
    before = rng.bit_generator.state
    course = drawn = _course(settings, players, cycle, rng, "play")
    if rng.bit_generator.state != before:  # randomness was used: play without it differs
        course = _course(settings, players, cycle, rng, "greedy")
    efforts, turns = course["effort"][:, 0], in_turn(range(len(course["effort"])), vec.n_developers)
    found = cycle_figures(vec.game, vec.protocol, efforts, turns, **choices_of(prediction.scope))
    missed = revision_regrets(prediction, drawn["effort"][:, 0])
    found["drawn_step_regret"] = float(missed[len(missed) // 2 :].mean()) / vec.game.prize_range
    return replace(figures, **found), course


def judge_run(
    settings: TrainSettings, prediction: theory.Prediction, figures: list[SeedFigures]
) -> Verdict:
    """The verdict on the figures of a run's seeds."""
    game, cycle, pure = prediction.game, expected_cycle(prediction), prediction.equilibrium
    return judge(
        prediction.regime,
        settings.revision,
        figures,
        unique_efforts=_unique_efforts(prediction),
        pure_efforts=None if pure is None else share_of_scale(game, pure),
        cycle=None if cycle is None else ExpectedCycle(share_of_scale(game, cycle.peaks), cycle.period),
        joint=unevenly_spaced(game.prizes),
    )


def judged_regret(settings: TrainSettings, prediction: theory.Prediction, figures: SeedFigures) -> float:
    """The regret in the first check of the verdict, share of P; NaN if there is no verdict."""
    if prediction.regime == "pure":
        return figures.regret
    if prediction.regime != "cycle":
        return math.nan
    if settings.revision == "simultaneous":
        return figures.average_regret
    return figures.step_regret


def _course(
    settings: TrainSettings,
    players: list[Player],
    cycle: theory.Cycle,
    rng: np.random.Generator,
    mode: Mode,
) -> Played:
    """The play of one copy from zero effort on, long enough for a long approach and three periods."""
    rounds = 8 * cycle.period + 50 * settings.vector_env(1).n_developers
    played = play(settings.vector_env(settings.copies, rounds), players, rounds, rng, seed=0, mode=mode)
    return {key: value[:, :1] for key, value in played.items()}


def grade(vec: VectorEnv, prediction: theory.Prediction, played: Played, sampled: Floats) -> SeedFigures:
    """Figures of one seed, without those of a cycle.

    Parameters
    ----------
    vec : VectorEnv
        The game under its protocol.
    prediction : Prediction
        What was predicted of the run.
    played : dict of str to array ``[rounds, plays, n]``
        The final play.
    sampled : array ``[updates, samples, n]``
        Efforts sampled in training, effort units.

    Returns
    -------
    SeedFigures
        The figures.
    """
    game, n = vec.game, vec.n_developers
    late = sampled[len(sampled) // 2 :]
    together = late.reshape(-1, n)
    final = played["effort"][-1]  # the round that an episode ends in
    grader = Grader(game, vec.protocol, equilibrium=None)
    now = grader(final, played["rank"][-1])
    average = grader.nash_conv(together)
    joint = math.nan
    if is_exact(vec.protocol):
        joint = float(metrics.external_regrets(game, vec.protocol, together).mean()) / game.prize_range
    course = share_of_scale(game, late.mean(axis=1))
    order = np.argsort(-played["score"][-1].mean(axis=0), kind="stable")
    return SeedFigures(
        regret=now["nash_conv"] / n / game.prize_range,
        average_regret=average / n / game.prize_range,
        efforts=share_of_scale(game, final.mean(axis=0)),
        average_efforts=share_of_scale(game, together.mean(axis=0)),
        movement=float((course.max(axis=0) - course.min(axis=0)).max()),
        in_order=bool((order == prediction.ranking).all()),
        tau=now["kendall_tau"],
        nash_conv=now["nash_conv"],
        joint_regret=joint,
    )


def _unique_efforts(prediction: theory.Prediction) -> Floats | None:
    """Mean efforts of the mixed equilibrium, shares of F, if it is known to be the only one."""
    game, mixed = prediction.game, prediction.mixed
    if prediction.regime != "cycle" or game.n_developers != 2 or mixed is None or not mixed.unique:
        return None  # uniqueness is known for two developers only
    return share_of_scale(game, mixed.mean_efforts)


def _rows(run: str, seed: int, game: Game, played: Played) -> list[dict[str, Any]]:
    rounds, episodes, n = played["effort"].shape
    lists = {key: value.tolist() for key, value in played.items()}
    return [
        {"run": run, "seed": seed, "episode": e, "round": r, "developer": i, "name": game.names[i]}
        | {key: lists[key][r][e][i] for key in NUMBERS}
        for e in range(episodes)
        for r in range(rounds)
        for i in range(n)
    ]
