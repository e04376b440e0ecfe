"""``python -m training.train``: train developers on a game under a protocol.

A run folder holds ``settings.json`` and per seed ``seed-K/``: ``checkpoint.pt`` (weights, optimisers and
a sample of what was played, loadable without executing code), ``progress.csv`` (one row per update)
and TensorBoard events.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterator
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from agents.ippo import IndependentPPO, PPOSettings
from benchgame_env import commands, metrics
from benchgame_env._validate import integer
from training.settings import TrainSettings, add_options, chosen
from training.storage import load_checkpoint, read_rows, save_checkpoint, write_rows

PROG = "python -m training.train"
CHECKPOINT_EVERY = 25  # updates
GRADE_EVERY = 10  # updates between exact NashConvs in progress.csv
SAMPLE = 32  # plays kept per update, for grading and for time averages


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    return commands.run(lambda: _train(options), PROG)


def _parser() -> argparse.ArgumentParser:
    parser = commands.Parser(prog=PROG, description="Train developers on a game under a protocol.")
    add_options(parser, TrainSettings)
    parser.add_argument("--level", help="tuning given to every model, for tune-before-test")
    parser.add_argument("--param", action="append", default=[], metavar="NAME=VALUE",
                        help="another parameter of the protocol; may be repeated")  # fmt: skip
    add_options(parser.add_argument_group("independent PPO"), PPOSettings)  # type: ignore[arg-type]
    parser.add_argument("--out", required=True, type=Path, help="run folder, e.g. runs/first")
    parser.add_argument("--resume", action="store_true", help="continue the run in --out")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes, one seed each")
    return parser


def _train(options: argparse.Namespace) -> None:
    settings = TrainSettings(
        **chosen(options, TrainSettings),
        parameters=commands.protocol_parameters(options.level, options.param),
        ppo=PPOSettings(**chosen(options, PPOSettings)),
    )
    train(settings, options.out, resume=options.resume, workers=options.workers)
    print(f"Trained {settings.seeds} seeds; grade them with: python -m training.evaluate {options.out}")


def train(settings: TrainSettings, out: Path, resume: bool = False, workers: int = 1) -> None:
    """Train every seed of a run, several at a time; see the module for the files written.

    Raises
    ------
    ValueError: ``out`` holds a run and ``resume`` is false, or it holds a run of other settings.
    """
    integer("workers", workers, low=1)
    _open_folder(settings, out, resume)
    jobs = [(settings, out / f"seed-{seed}", seed) for seed in range(settings.seeds)]
    with tqdm(total=settings.seeds * settings.updates, unit="update", desc=out.name) as bar:
        if workers == 1 or settings.seeds == 1:
            for job in jobs:
                for _ in train_seed(*job):
                    bar.update()
        else:
            _train_in_pool(jobs, min(workers, settings.seeds), bar)


def train_seed(settings: TrainSettings, folder: Path, seed: int) -> Iterator[int]:
    """Train one seed from its last checkpoint, yielding the number of each update done or found."""
    torch.set_num_threads(1)  # more would change the order of sums
    learners = IndependentPPO(settings.vector_env(settings.copies), settings.horizon, settings.ppo, seed)
    progress, play = _restore(learners, folder)
    yield from range(len(play))
    with contextlib.closing(_tensorboard(folder, len(play))) as board:
        for update in range(len(play), settings.updates):
            played = learners.update(update)
            play.append(played["effort"][:: max(1, len(played["effort"]) // SAMPLE)][:SAMPLE])
            progress.append(_progress_row(learners, update, played))
            _log(board, progress[-1] | learners.losses(), update)
            if (update + 1) % CHECKPOINT_EVERY == 0 or update + 1 == settings.updates:
                _save(learners, folder, progress, play)
            yield update


def load_seed(settings: TrainSettings, folder: Path, seed: int) -> tuple[IndependentPPO, NDArray[Any]]:
    """A finished seed: its learners and the efforts sampled in training, ``[updates, SAMPLE, n]``."""
    content = load_checkpoint(folder / "checkpoint.pt")
    if content["update"] != settings.updates:
        raise ValueError(
            f"{folder} stopped at update {content['update']} of {settings.updates}: "
            f"finish it with {PROG} --resume"
        )
    learners = IndependentPPO(settings.vector_env(settings.copies), settings.horizon, settings.ppo, seed)
    learners.load_state_dict(content["learners"])
    return learners, content["play"].numpy()


def _open_folder(settings: TrainSettings, out: Path, resume: bool) -> None:
    if not (out / "settings.json").exists():
        settings.save(out)
        return
    if not resume:
        raise ValueError(
            f"{out} holds a run already: continue it with --resume, or choose another --out"
        )
    different = settings.differences(TrainSettings.load(out))
    if different:
        raise ValueError(f"{out} holds a run with other settings ({different})")


def _train_in_pool(jobs: list[tuple[TrainSettings, Path, int]], workers: int, bar: tqdm) -> None:
    """Train seeds in processes of their own; the first failure stops them all."""
    context = multiprocessing.get_context("spawn")
    done = context.Value("q")
    with context.Pool(workers, initializer=_start_worker, initargs=(done,)) as pool:
        results = [pool.apply_async(_train_in_worker, job) for job in jobs]
        while not all(result.ready() for result in results):
            time.sleep(0.1)
            if done.value > bar.n:
                bar.update(done.value - bar.n)
            for result in results:
                if result.ready():
                    result.get()  # raises what the worker raised
        bar.update(done.value - bar.n)
        for result in results:
            result.get()


def _start_worker(done: Synchronized[int]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    _train_in_worker.done = done  # type: ignore[attr-defined]


def _train_in_worker(settings: TrainSettings, folder: Path, seed: int) -> None:
    done: Synchronized[int] = _train_in_worker.done  # type: ignore[attr-defined]
    for _ in train_seed(settings, folder, seed):
        with done.get_lock():
            done.value += 1


def _restore(learners: IndependentPPO, folder: Path) -> tuple[list[dict[str, Any]], list[Any]]:
    """Load the seed's checkpoint into ``learners`` if there is one; its progress and plays."""
    if not (folder / "checkpoint.pt").exists():
        return [], []
    content = load_checkpoint(folder / "checkpoint.pt")
    learners.load_state_dict(content["learners"])
    progress: list[dict[str, Any]] = list(read_rows(folder / "progress.csv")[: content["update"]])
    return progress, list(content["play"].numpy())


def _save(
    learners: IndependentPPO, folder: Path, progress: list[dict[str, Any]], play: list[NDArray[Any]]
) -> None:
    write_rows(folder / "progress.csv", progress)
    content = {
        "update": len(play),
        "learners": learners.state_dict(),
        "play": torch.as_tensor(np.stack(play)),
    }
    save_checkpoint(folder / "checkpoint.pt", content)


def _progress_row(
    learners: IndependentPPO, update: int, played: dict[str, NDArray[np.float64]]
) -> dict[str, Any]:
    effort, payoff = played["effort"], played["payoff"]
    row: dict[str, Any] = {"update": update, "entropy": learners.settings.entropy_at(update)}
    gradable = metrics.can_grade(learners.vec.game, learners.vec.protocol)
    row["nash_conv"] = ""
    if gradable and update % GRADE_EVERY == 0:
        game, protocol = learners.vec.game, learners.vec.protocol
        row["nash_conv"] = metrics.nash_conv(game, protocol, metrics.empirical(effort[-SAMPLE:]))
    for i in range(effort.shape[1]):
        row[f"developer_{i}/effort"] = float(effort[:, i].mean())
        row[f"developer_{i}/payoff"] = float(payoff[:, i].mean())
    return row


def _tensorboard(folder: Path, first_update: int) -> Any:
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(folder), purge_step=first_update)


def _log(board: Any, values: dict[str, Any], update: int) -> None:
    for key, value in values.items():
        if isinstance(value, (int, float)) and key != "update":
            board.add_scalar(key, value, update)


if __name__ == "__main__":
    sys.exit(main())
