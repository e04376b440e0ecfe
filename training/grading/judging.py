"""Let trained seeds play, grade them, and give the run its verdict."""

from __future__ import annotations

import contextlib
import functools
import math
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchgame_env import Game, VectorEnv, metrics, theory
from benchgame_env.agents import Player, play
from benchgame_env.agents.base import Mode
from benchgame_env.agents.runs.load import load_seed
from benchgame_env.agents.runs.settings import TrainSettings
from benchgame_env.metrics.strategies import Strategy
from benchgame_env.play.env import NUMBERS
from benchgame_env.training.grading.checks import DEPENDENCE, checks_of
from benchgame_env.training.grading.controls import controls, course_figures
from benchgame_env.training.grading.exact_figures import course_in_turn, expected_cycle, revision_regrets
from benchgame_env.training.grading.figures import (
    SeedFigures,
    by_developer,
    effort_scale,
    load_figures,
    save_figures,
    share_of_scale,
)
from benchgame_env.training.grading.intervals import Bounds
from benchgame_env.training.grading.kept import save_verdict
from benchgame_env.training.grading.random_order import class_figures, rounds_of
from benchgame_env.training.grading.regrets import (
    dependence,
    distance_of_means,
    larger,
    mean_bounds,
    played_regrets,
    strategy_regrets,
)
from benchgame_env.training.grading.target import Target, in_order, target_of
from benchgame_env.training.grading.verdict import Verdict, judge
from benchgame_env.training.run.prediction import kept_prediction
from benchgame_env.training.run.seeds import Played, TrainedSeed
from benchgame_env.training.run.storage import read_rows, write_rows
from benchgame_env.turns import in_turn
from benchgame_env.validate import Floats, count

EPISODES = 10_000
ROWS = 256  # episodes of each seed that are kept in rows.csv
GRADING = 2  # separates the random streams of grading from others of the same seed
SIMULATED = 1_000  # episodes that are graded by simulation
LATE_ROUNDS = 2  # rounds of the second half of an episode that are graded beside the last


def grade_and_keep(
    settings: TrainSettings,
    run: Path,
    seed: int,
    episodes: int = EPISODES,
    prediction: theory.Prediction | None = None,
    trained: TrainedSeed | None = None,
) -> None:
    """Grade a finished seed; write ``rows.csv`` and then ``figures.json`` into its folder. The run's
    prediction, and what was trained, are read, unless they are given."""
    prediction = prediction or kept_prediction(settings, run)
    figures, played = grade_seed(settings, run, seed, prediction, episodes, trained)
    folder = run / f"seed-{seed}"
    write_rows(folder / "rows.csv", _rows(run.name, seed, prediction.game, played))
    save_figures(folder / "figures.json", figures)


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
    trained: TrainedSeed | None = None,
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
        randomness is graded instead; where classes are, one long episode as played. Then only as many
        are played as the run has copies, for the figures that the verdict does not rest on.
    trained : tuple of (list of Player, array), optional
        The players after training and the efforts sampled in it; by default they are read.

    Returns
    -------
    figures : SeedFigures
        What the seed learned.
    played : dict of str to array ``[rounds, episodes, n]``
        The play that was graded.
    """
    count("episodes", episodes)
    players, sampled = trained or load_seed(settings, run / f"seed-{seed}", seed)
    rng = np.random.default_rng([seed, GRADING])
    vec = settings.vector_env(settings.copies)
    cycle, target = expected_cycle(prediction), target_of(prediction, settings.revision)
    one_course = cycle is not None or target.kind == "classes"
    parts = [
        play(vec, players, vec.horizon, rng, int(rng.integers(2**31)), mode="play")
        for _ in range(1 if one_course else math.ceil(episodes / vec.num_envs))
    ]
    played = {
        key: np.concatenate([part[key] for part in parts], axis=1)[:, :episodes] for key in parts[0]
    }
    known = known_strategies(vec, players) if vec.horizon == 1 else None
    if not any(player.learns for player in players):  # what was sampled in training is the same play
        sampled = played["effort"][-1:]
    figures = grade(vec, prediction, target, played, sampled, rng, known)
    if target.kind == "classes":
        course = _course(settings, players, rounds_of(target), rng, "play", 0, int(rng.integers(2**31)))
        found = class_figures(prediction, target, course["effort"][:, 0], course["turn"][:, 0])
        return replace(figures, **found), course
    if cycle is None:
        return figures, {key: value[:, :ROWS] for key, value in played.items()}
    copy = int(rng.integers(settings.copies))
    before = rng.bit_generator.state
    rounds = 8 * cycle.period + 50 * vec.n_developers  # a long approach, and three periods
    course = drawn = _course(settings, players, rounds, rng, "play", copy)
    if rng.bit_generator.state != before:  # randomness was used: play without it differs
        course = _course(settings, players, rounds, rng, "greedy", copy)
    found = course_in_turn(prediction, course["effort"][:, 0])
    missed = revision_regrets(prediction, drawn["effort"][:, 0]) / vec.game.prize_range
    late = slice(len(missed) // 2, None)
    turns = in_turn(range(len(missed)), vec.n_developers)
    found["drawn_step_regrets"] = by_developer(missed[late], turns[late], vec.n_developers)
    return replace(figures, **found), course


def judge_run(
    settings: TrainSettings, prediction: theory.Prediction, figures: list[SeedFigures]
) -> Verdict:
    """The verdict on the figures of a run's seeds."""
    vec = settings.vector_env(settings.copies)
    players = settings.players(vec, seed=0)
    looks_ahead = any(player.looks_ahead for player in players)
    target = target_of(prediction, settings.revision, looks_ahead)
    target = replace(target, fixed=not any(player.learns for player in players))
    if target.kind == "cycle" and not target.doubt and not _path_passes(prediction, target):
        target = replace(target, doubt="the predicted cycle itself does not keep the bounds")
    means = np.mean([one.efforts for one in figures], axis=0) * effort_scale(prediction.game)
    played = [(np.array([mean]), np.ones(1)) for mean in means]
    return judge(target, figures, partial(controls, target, prediction, played))


def judged_regret(settings: TrainSettings, prediction: theory.Prediction, figures: SeedFigures) -> float:
    """The regret in the first check of the verdict, share of P; NaN if there is no verdict."""
    kind = target_of(prediction, settings.revision).kind
    steps = figures.step_regret
    own = {"mixed": figures.average_regret, "cycle": steps, "classes": steps}
    return own.get(kind, figures.regret)


def _path_passes(prediction: theory.Prediction, target: Target) -> bool:
    """Whether the predicted cycle, played in the environment, keeps the bounds of the verdict."""
    cycle = prediction.cycle
    assert cycle is not None
    for phase in range(prediction.game.n_developers):  # whose turn the first state is, is not kept
        states = np.roll(cycle.states, -phase, axis=0)
        with contextlib.suppress(ValueError):  # somebody moves out of turn: another phase
            figures = course_figures(prediction, np.tile(states, (8, 1)), start=states[-1])
            return all(check.passed[0] for check in checks_of(target, [figures]))
    return False


def _course(
    settings: TrainSettings,
    players: list[Player],
    rounds: int,
    rng: np.random.Generator,
    mode: Mode,
    copy: int,
    seed: int = 0,
) -> Played:
    """The play of one copy from zero effort on."""
    played = play(settings.vector_env(settings.copies, rounds), players, rounds, rng, seed, mode=mode)
    return {key: value[:, copy : copy + 1] for key, value in played.items()}


def known_strategies(vec: VectorEnv, players: list[Player]) -> list[Strategy] | None:
    """What players do in the opening round, ``(efforts, probabilities)`` of each developer, if every
    player knows its strategy."""
    seen, _ = vec.reset(seed=0)
    found: dict[int, Strategy] = {}
    for player in players:
        player.mode = "play"
        own = player.strategies(seen[:1, player.at])
        if own is None:
            return None
        found |= dict(zip(np.atleast_1d(player.at).tolist(), own, strict=True))
    return [found[i] for i in range(vec.n_developers)]


def grade(
    vec: VectorEnv,
    prediction: theory.Prediction,
    target: Target,
    played: dict[str, Any],
    sampled: Floats,
    rng: np.random.Generator,
    known: list[Strategy] | None = None,
) -> SeedFigures:
    """Figures of one seed, without those of a cycle.

    Parameters
    ----------
    vec : VectorEnv
        The game under its protocol.
    prediction : Prediction
        What was predicted of the run.
    target : Target
        What its play is held against.
    played : dict of str to array ``[rounds, plays, n]``
        The final play.
    sampled : array ``[updates, samples, n]``
        Efforts sampled in training, effort units.
    rng : numpy.random.Generator
        Source of all that is drawn.
    known : list of (efforts, probabilities), optional
        Strategies of the final play, where they are known. They are then graded exactly.

    Returns
    -------
    SeedFigures
        The figures.
    """
    game, rule = vec.game, vec.protocol
    scale, late = effort_scale(game), sampled[len(sampled) // 2 :]
    together, course = late.reshape(-1, vec.n_developers), share_of_scale(game, late.mean(axis=1))
    efforts, ranks = (played[key][-1] for key in ("effort", "rank"))
    regrets = _final_regrets(game, rule, played, rng, known)
    boards = metrics.played_outcomes(game, rule, efforts[:, None], ranks[:, None])
    found: dict[str, Any] = {}
    if target.kind == "pure":
        found["away"] = mean_bounds(np.abs(efforts / scale - target.efforts))
    elif target.kind == "mixed" and target.efforts is not None:
        found["average_away"] = distance_of_means(together / scale, target.efforts)
        found["final_away"] = distance_of_means(efforts / scale, target.efforts)
    averages = regrets
    if target.kind == "mixed":
        found["dependence"] = _dependence(played["effort"], known is not None)
        if together.shape != efforts.shape or (together != efforts).any():
            averages = played_regrets(game, rule, together, rng)
    return SeedFigures(
        regrets=regrets,
        average_regrets=averages,
        efforts=(efforts / scale).mean(axis=0),
        average_efforts=(together / scale).mean(axis=0),
        movement=float((course.max(axis=0) - course.min(axis=0)).max()),
        in_order=in_order(prediction, ranks.mean(axis=0)),
        tau=boards.kendall_tau,
        nash_conv=float(regrets.estimate.sum()) * game.prize_range,
        **found,
    )


def _final_regrets(
    game: Game,
    rule: Any,
    played: dict[str, Any],
    rng: np.random.Generator,
    known: list[Strategy] | None,
) -> Bounds:
    """Regrets of the final play: of strategies that are known, unless plays show more; of whole episodes
    where the rule remembers, else of the last round and of others that are drawn, so that no single
    round is all."""
    efforts = played["effort"]
    if known is not None and metrics.can_grade(game, rule):
        shown = played_regrets(game, rule, efforts[-1], rng).low
        return larger(strategy_regrets(game, rule, known, rng), Bounds.exact(shown))
    if rule.traits.remembers:
        plays = np.swapaxes(efforts, 0, 1)[:SIMULATED]
        return Bounds.of(metrics.simulated_regrets(game, rule, plays, rng), game.prize_range)
    late = np.arange(len(efforts) // 2, len(efforts) - 1)
    drawn = rng.choice(late, size=min(LATE_ROUNDS, late.size), replace=False)
    each = [played_regrets(game, rule, efforts[t], rng) for t in (*drawn, len(efforts) - 1)]
    return functools.reduce(larger, each)


def _dependence(efforts: Floats, known: bool) -> Bounds:
    """Dependence of the last of the rounds ``[rounds, plays, n]``, also on the round before. Players
    whose strategies are known are independent, unless their plays surely say otherwise."""
    found = dependence(efforts[-1], efforts[-2] if len(efforts) > 1 else None)
    believed = known and bool((found.low < DEPENDENCE).all())
    return Bounds.exact(np.zeros(efforts.shape[2])) if believed else found


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
