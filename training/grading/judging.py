"""Trained seeds play, are graded, and a run gets its verdict."""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from agents import Player, play
from agents.base import Mode
from benchgame_env import Game, VectorEnv, metrics, theory
from benchgame_env.files import json_text, write_text
from benchgame_env.play.env import NUMBERS
from benchgame_env.rules import is_exact
from benchgame_env.turns import in_turn
from benchgame_env.validate import Floats, integer
from training.grading.exact_figures import Grader, choices_of, expected_cycle, revision_regrets
from training.grading.figures import (
    SeedFigures,
    cycle_figures,
    load_figures,
    save_figures,
    share_of_scale,
)
from training.grading.verdict import ExpectedCycle, Verdict, judge, unevenly_spaced
from training.run.seeds import Played, load_seed
from training.run.settings import TrainSettings
from training.run.storage import read_rows, write_rows

EPISODES = 256
GRADING = 2  # keeps the random streams of grading apart from others of the same seed


def grade_and_keep(
    settings: TrainSettings,
    run: Path,
    seed: int,
    prediction: theory.Prediction,
    episodes: int = EPISODES,
) -> SeedFigures:
    """Grade a finished seed, and write ``rows.csv`` and at last ``figures.json`` into its folder."""
    figures, played = grade_seed(settings, run, seed, prediction, episodes)
    folder = run / f"seed-{seed}"
    write_rows(folder / "rows.csv", _rows(run.name, seed, prediction.game, played))
    save_figures(folder / "figures.json", figures)
    return figures


def conclude(
    settings: TrainSettings, run: Path, prediction: theory.Prediction
) -> tuple[list[SeedFigures], Verdict]:
    """The verdict on a run whose seeds are all graded; writes ``rows.csv`` and ``verdict.json``."""
    folders = [run / f"seed-{seed}" for seed in range(settings.seeds)]
    figures = [load_figures(folder / "figures.json") for folder in folders]
    verdict = judge_run(settings, prediction, figures)
    write_rows(run / "rows.csv", (row for folder in folders for row in read_rows(folder / "rows.csv")))
    content = {**asdict(verdict), "seeds": [asdict(one) for one in figures]}
    write_text(run / "verdict.json", json_text(content) + "\n")
    return figures, verdict


def withdraw(run: Path) -> None:
    """Remove the verdict that `conclude` wrote, if there is one: it is of other seeds than there are."""
    for name in ("verdict.json", "rows.csv"):
        (run / name).unlink(missing_ok=True)


def grade_seed(
    settings: TrainSettings,
    run: Path,
    seed: int,
    prediction: theory.Prediction,
    episodes: int = EPISODES,
) -> tuple[SeedFigures, Played]:
    """Figures of one finished seed, and what was played for them: ``episodes`` of the strategies, or
    where a cycle of single revisions is predicted one long episode without chance."""
    integer("episodes", episodes, low=1)
    players, sampled = load_seed(settings, run / f"seed-{seed}", seed)
    rng = np.random.default_rng([seed, GRADING])
    vec = settings.vector_env(settings.copies)
    cycle = expected_cycle(prediction)
    parts = []
    for _ in range(1 if cycle else math.ceil(episodes / vec.num_envs)):
        parts.append(play(vec, players, vec.horizon, rng, int(rng.integers(2**31)), mode="play"))
    played = {
        key: np.concatenate([part[key] for part in parts], axis=1)[:, :episodes] for key in parts[0]
    }
    figures = grade(vec, prediction, played, sampled)
    if cycle is None:
        return figures, played
    before = rng.bit_generator.state
    drawn = _course(settings, players, cycle, rng, "play")
    by_chance = rng.bit_generator.state != before  # else play without chance is the same
    course = _course(settings, players, cycle, rng, "greedy") if by_chance else drawn
    turns, choices = (
        in_turn(range(len(course["effort"])), vec.n_developers),
        choices_of(prediction.scope),
    )
    found = cycle_figures(vec.game, vec.protocol, course["effort"][:, 0], turns, **choices)
    missed = revision_regrets(prediction, drawn["effort"][:, 0])
    found["drawn_step_regret"] = float(missed[len(missed) // 2 :].mean()) / vec.game.prize_range
    return replace(figures, **found), course


def judge_run(
    settings: TrainSettings, prediction: theory.Prediction, figures: list[SeedFigures]
) -> Verdict:
    """The verdict on the seeds of a run."""
    game, cycle = prediction.game, expected_cycle(prediction)
    return judge(
        prediction.regime,
        settings.revision,
        figures,
        unique_efforts=_unique_efforts(prediction),
        pure_efforts=_pure_efforts(prediction),
        cycle=None if cycle is None else ExpectedCycle(share_of_scale(game, cycle.peaks), cycle.period),
        joint=unevenly_spaced(game.prizes),
    )


def judged_regret(settings: TrainSettings, prediction: theory.Prediction, figures: SeedFigures) -> float:
    """The regret, as a share of P, on which the verdict rests first; NaN if there is no verdict."""
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
    """One copy's play from zero effort on, long enough for a long approach and three periods."""
    rounds = 8 * cycle.period + 50 * settings.vector_env(1).n_developers
    played = play(settings.vector_env(settings.copies, rounds), players, rounds, rng, seed=0, mode=mode)
    return {key: value[:, :1] for key, value in played.items()}


def grade(vec: VectorEnv, prediction: theory.Prediction, played: Played, sampled: Floats) -> SeedFigures:
    """Figures of one seed from its final play and the efforts ``[updates, samples, n]`` of training."""
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
    """Mean efforts of the mixed equilibrium as shares of F, if it is known to be the only one."""
    two = prediction.game.n_developers == 2  # only duels are known to be unique
    if prediction.regime != "cycle" or not two or prediction.mixed is None:
        return None
    if not prediction.mixed.unique:
        return None
    return share_of_scale(prediction.game, prediction.mixed.mean_efforts)


def _pure_efforts(prediction: theory.Prediction) -> Floats | None:
    """Efforts of the predicted pure equilibrium as shares of F."""
    if prediction.equilibrium is None:
        return None
    return share_of_scale(prediction.game, prediction.equilibrium)


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
