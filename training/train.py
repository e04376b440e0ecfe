"""``benchgame train``: train developers on a game under a protocol.

A run folder holds ``settings.json``, ``prediction.json`` (what to expect of the run, computed once
before any seed is trained) and for each seed ``seed-K/``: ``checkpoint.pt`` (what was learned and a
sample of what was played; loading it executes no code), ``progress.csv`` (one row for each update, every
tenth and the last with exact figures) and TensorBoard events of the same numbers. Where developers move
in turn and a cycle is predicted, ``step_regret`` is the mean regret of the revisions of an episode, of
the developer with the largest, prize units, because on a cycle no board has a small NashConv.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import sys
from collections.abc import Generator, Iterable
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from benchgame_env import VectorEnv, extras, theory
from benchgame_env.agents import AGENTS, Player, play
from benchgame_env.agents.runs.settings import FILE, SAMPLE, TrainSettings, add_options, chosen
from benchgame_env.cli import bars, commands
from benchgame_env.files import TABLE_LIMIT, open_regular
from benchgame_env.folders import alone_in, claim_folder, remove_drafts
from benchgame_env.training.grading.exact_figures import (
    Grader,
    certified_equilibrium,
    expected_cycle,
    revision_regrets,
)
from benchgame_env.training.grading.figures import by_developer
from benchgame_env.training.grading.judging import withdraw
from benchgame_env.training.jobs import Local, add_workers_option, opened, run_all
from benchgame_env.training.run.event_log import can_log, event_log
from benchgame_env.training.run.prediction import kept_prediction
from benchgame_env.training.run.records import counted
from benchgame_env.training.run.seeds import Played, TrainedSeed, restore_seed, save_seed
from benchgame_env.trust import FLAG, add_option, is_code_file, names_code, names_in, refuse_code
from benchgame_env.turns import in_turn
from benchgame_env.validate import count

PROG = "benchgame train"
CHECKPOINT_EVERY = 25  # updates
GRADE_EVERY = 10  # updates between exact figures in progress.csv
# Exact figures in progress.csv.
GRADES = ("nash_conv", "largest_regret", "distance", "kendall_tau", "step_regret")
GRADED = 256  # plays of an update that are graded: the latest
GOLDEN = (math.sqrt(5) - 1) / 2  # its multiples are spread evenly and never repeat
TRAINING = 3  # separates the random streams of training from others of the same seed


def main(arguments: list[str] | None = None) -> int:
    """Run the command with ``arguments``, by default those of the shell; returns the exit status."""
    options = _parser().parse_args(arguments)
    return commands.run(lambda: _train(options), PROG)


def _parser() -> argparse.ArgumentParser:
    parser = commands.Parser(prog=PROG, description="Train developers on a game under a protocol.")
    add_options(parser, TrainSettings)
    parser.add_argument("--level", help="level of tune-before-test: tuning effort given to every model")
    parser.add_argument("--param", action="append", default=[], metavar="NAME=VALUE",
                        help="another parameter of the protocol; may be repeated")  # fmt: skip
    parser.add_argument("--algorithm", dest="agents", metavar="NAME", default=argparse.SUPPRESS,
                        help="the same as --agents NAME; one of: "
                        f"{', '.join(sorted(AGENTS.names()))}; or MODULE:NAME")  # fmt: skip
    parser.add_argument("--option", action="append", default=[], metavar="[AGENT.]NAME=VALUE",
                        help="a parameter of an agent; may be repeated")  # fmt: skip
    parser.add_argument("--out", required=True, type=Path, help="run folder, e.g. runs/first")
    parser.add_argument("--resume", action="store_true",
                        help="continue the run in --out, also to more --updates")  # fmt: skip
    add_workers_option(parser)
    add_option(parser)
    return parser


def _train(options: argparse.Namespace) -> None:
    agents = _agent_options(options.agents, options.option)
    typed = {name for name in names_in(agents) if not is_code_file(name)}
    refuse_code("--option", agents, options.trust, typed)
    settings = TrainSettings(
        **chosen(options, TrainSettings),
        parameters=commands.protocol_parameters(options.level, options.param),
        options=agents,
    )
    if options.resume and not options.out.exists():
        raise ValueError(f"{options.out}: there is no run to resume")
    train(settings, options.out, resume=options.resume, workers=options.workers)
    if not can_log():
        print(f"No TensorBoard events: tensorboard is not installed: {extras.command('train')}")
    trained = counted(settings.seeds, "seed")
    flag = f" {FLAG}" if names_code(asdict(settings)) else ""
    commands.show(f"Trained {trained}; to grade, run: benchgame evaluate {options.out}{flag}")


def _agent_options(names: str, words: list[str]) -> dict[str, dict[str, Any]]:
    """Parameters by agent; a parameter without the name of an agent is of the only agent."""
    found: dict[str, dict[str, Any]] = {}
    for key, value in commands.assignments("--option", words).items():
        agent, dot, name = key.rpartition(".")
        if not name or (dot and not agent):
            raise ValueError(f"--option: expected AGENT.NAME=VALUE, got {key}={value}")
        if not dot and "," in names:
            raise ValueError(
                f"--option: {name}: several agents play; say which one as AGENT.{name}=VALUE"
            )
        own = found.setdefault(agent or names, {})
        if name in own:
            raise ValueError(f"--option: {name} is given twice")
        own[name] = value
    return found


def train(
    settings: TrainSettings,
    out: Path,
    resume: bool = False,
    workers: int = 1,
    pool: Local | None = None,
) -> None:
    """Train every seed of a run; see the module for the files written.

    Parameters
    ----------
    settings : TrainSettings
        Settings of the run.
    out : Path
        Folder of the run.
    resume : bool
        Whether to go on with the run in ``out``, if there is one. It may have had fewer updates.
    workers : int
        Seeds that train at the same time, each in a process of its own.
    pool : Local, optional
        These processes, if there are some already; it stays open.

    Raises
    ------
    ValueError
        If ``out`` holds a run and ``resume`` is false, or a run with other settings, or another command
        is at work there.
    """
    count("workers", workers)
    import torch  # noqa: F401 - without it there is no run, and no folder for one

    with alone_in(out):
        _open_folder(settings, out, resume)
        _train_seeds(settings, out, workers, pool)


def _train_seeds(settings: TrainSettings, out: Path, workers: int, pool: Local | None) -> None:
    with bars.falling_bar("Mixed equilibrium: NashConv / P", theory.TOLERANCE) as progress:
        kept_prediction(settings, out, progress)
    seeds = [(settings, out / f"seed-{seed}", seed) for seed in range(settings.seeds)]
    with bars.progress_bar(settings.seeds * settings.updates, "update", out.name) as bar:
        if workers == 1 or settings.seeds == 1:
            for seed in seeds:
                for _ in train_seed(*seed):
                    bar.update()
            return
        jobs, folders = [partial(finish_seed, *seed) for seed in seeds], [seed[1] for seed in seeds]
        with opened(pool, workers) as processes:
            for _, error, _ in run_all(processes, jobs, lambda: show_progress(bar, folders)):
                if error:
                    raise ValueError(error)  # the first failure stops the others


def train_seed(
    settings: TrainSettings, folder: Path, seed: int, prediction: theory.Prediction | None = None
) -> Generator[int, None, TrainedSeed]:
    """Train one seed from its last checkpoint; yield the number of each update that is done, and return
    the players and what they played. The prediction of the run is read, unless it is given.

    Every update starts new episodes and draws all its random numbers from ``(seed, update)``, so that
    on a CPU an interrupted run ends bit for bit like an uninterrupted one.
    """
    import torch  # here, because it takes long to import

    torch.set_num_threads(1)  # more would change the order of sums
    vec = settings.vector_env(settings.copies)
    players = settings.players(vec, seed)
    progress, play = restore_seed(players, folder, settings.updates)
    progress = [_as_scheduled(settings, row) for row in progress]
    yield from range(len(play))
    if len(play) == settings.updates:
        return players, np.stack(play)
    prediction = prediction or kept_prediction(settings, folder.parent)
    grader = Grader(vec.game, vec.protocol, certified_equilibrium(prediction))
    takes_turns = expected_cycle(prediction) is not None
    with event_log(folder, len(play)) as log:
        for update in range(len(play), settings.updates):
            played, shown = _update(settings, vec, players, seed, update)
            play.append(_sample(shown["effort"], settings.horizon))
            row = _progress_row(update, played)
            if _is_graded(settings, update):
                row |= _grades(shown, grader)
                if takes_turns:
                    episode = shown["effort"][-settings.horizon :, 0]
                    who = in_turn(range(len(episode)), vec.n_developers)
                    missed = by_developer(revision_regrets(prediction, episode), who, vec.n_developers)
                    row["step_regret"] = float(missed.max())
            progress.append(row)
            losses = [player.losses() for player in players]
            log(_numbers(row, *losses), update)
            if (update + 1) % CHECKPOINT_EVERY == 0 or update + 1 == settings.updates:
                save_seed(players, folder, progress, play)
            yield update
    return players, np.stack(play)


def _as_scheduled(settings: TrainSettings, row: dict[str, Any]) -> dict[str, Any]:
    """A row of ``progress.csv`` as it is in this run: the last row of a shorter run was graded, and runs
    of older versions have fewer figures."""
    blank = dict.fromkeys(("update", *GRADES), "")
    kept = row if _is_graded(settings, int(row["update"])) else {**row, **dict.fromkeys(GRADES, "")}
    return blank | kept


def _is_graded(settings: TrainSettings, update: int) -> bool:
    return update % GRADE_EVERY == 0 or update + 1 == settings.updates


def _update(
    settings: TrainSettings, vec: VectorEnv, players: list[Player], seed: int, update: int
) -> tuple[Played, Played]:
    """The play that was learned from, and a play without exploration; the same if nobody explores."""
    rng = np.random.default_rng([seed, TRAINING, update])
    start = int(rng.integers(2**31))
    played = play(vec, players, settings.rounds, rng, start)
    if not any(player.explores for player in players):
        return played, played
    return played, play(vec, players, settings.rounds, rng, start, mode="play")


def _open_folder(settings: TrainSettings, out: Path, resume: bool) -> None:
    taken = f"{out} holds a run already: continue it with --resume, or choose another --out"
    if (out / FILE).exists():
        if not resume:
            raise ValueError(taken)
        there = TrainSettings.load(out, typed=names_in(asdict(settings)), seated=False)
        longer = there.updates < settings.updates
        different = settings.differences(replace(there, updates=settings.updates) if longer else there)
        if different:
            raise ValueError(f"{out} holds a run with other settings ({different})")
        for folder in (out, *(out / f"seed-{seed}" for seed in range(settings.seeds))):
            remove_drafts(folder)
        if not longer:
            return
        withdraw(out)  # it is about fewer updates
        bars.note(f"{out}: continued from {there.updates:,} to {settings.updates:,} updates")
        settings.save(out, exclusive=False)
        return
    claim_folder(out, FILE)
    try:
        settings.save(out)
    except FileExistsError:  # another command was faster, on a drive without locks
        raise ValueError(taken) from None


def finish_seed(
    settings: TrainSettings, folder: Path, seed: int, prediction: theory.Prediction | None = None
) -> TrainedSeed:
    """Train one seed to the end, see `train_seed`."""
    training = train_seed(settings, folder, seed, prediction)
    while True:
        try:
            next(training)
        except StopIteration as end:
            return end.value


def saved_updates(folders: Iterable[Path]) -> int:
    """Number of updates that the seeds in ``folders`` have saved."""
    saved = 0
    for folder in folders:
        path = folder / "progress.csv"
        with contextlib.suppress(OSError, ValueError), open_regular(path, TABLE_LIMIT) as file:
            saved += max(sum(1 for _ in file) - 1, 0)
    return saved


def show_progress(bar: tqdm, folders: Iterable[Path]) -> None:
    """Move ``bar`` to the number of saved updates."""
    bar.update(max(saved_updates(folders) - bar.n, 0))


def _sample(efforts: NDArray[Any], horizon: int) -> NDArray[Any]:
    """``SAMPLE`` of the plays ``[rounds, copies, n]``: one from each of ``SAMPLE`` equal parts, at
    places that spread over the rounds of an episode."""
    plays, parts = efforts.reshape(-1, efforts.shape[-1]), np.arange(SAMPLE)
    within = parts * GOLDEN % 1.0 if horizon > 1 else 0.0
    return plays[((parts + within) * len(plays) / SAMPLE).astype(int)]


def _progress_row(update: int, played: Played) -> dict[str, Any]:
    """A row of ``progress.csv``: means of what was played, and blank grades."""
    row: dict[str, Any] = dict.fromkeys(("update", *GRADES), "") | {"update": update}
    for i in range(played["effort"].shape[-1]):
        row[f"developer_{i}/effort"] = float(played["effort"][..., i].mean())
        row[f"developer_{i}/payoff"] = float(played["payoff"][..., i].mean())
    return row


def _grades(shown: Played, grader: Grader) -> dict[str, float]:
    """Exact figures of the latest plays, as far as they can be computed."""
    latest = (shown[key].reshape(-1, shown[key].shape[-1])[-GRADED:] for key in ("effort", "rank"))
    return {key: value for key, value in grader(*latest).items() if np.isfinite(value)}


def _numbers(*parts: dict[str, Any]) -> dict[str, float]:
    """The figures of an update for its log, without blank ones."""
    figures = {key: value for part in parts for key, value in part.items() if key != "update"}
    return {key: value for key, value in figures.items() if isinstance(value, (int, float))}


if __name__ == "__main__":
    from benchgame_env.training.train import (
        main,
    )  # the jobs of other processes come from a module that these can import

    sys.exit(main())
