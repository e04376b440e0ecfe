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
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

from tqdm import tqdm

from benchgame_env import extras, theory
from benchgame_env.agents import AGENTS
from benchgame_env.agents.runs.settings import FILE, TrainSettings, add_options, chosen
from benchgame_env.cli import bars, commands
from benchgame_env.files import TABLE_LIMIT, open_regular
from benchgame_env.folders import alone_in, claim_folder, remove_drafts
from benchgame_env.training.grading.judging import withdraw
from benchgame_env.training.jobs import Local, add_workers_option, opened, run_all
from benchgame_env.training.learning import batches, train_seeds, trained
from benchgame_env.training.run.event_log import can_log
from benchgame_env.training.run.prediction import kept_prediction
from benchgame_env.training.run.records import counted
from benchgame_env.trust import FLAG, add_option, is_code_file, names_code, names_in, refuse_code
from benchgame_env.validate import count

PROG = "benchgame train"


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
    commands.show(
        f"Trained {trained}; to grade, run: benchgame evaluate {commands.quoted(options.out)}{flag}"
    )


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
        Processes that train at the same time; in each, seeds train side by side where that is possible.
    pool : Local, optional
        These processes, if there are some already; it stays open.

    Raises
    ------
    ValueError
        If ``out`` holds a run and ``resume`` is false, or a run with other settings, or another command
        is at work there.
    """
    count("workers", workers)
    extras.need("torch")  # without it there is no run, and no folder for one
    with alone_in(out):
        _open_folder(settings, out, resume)
        _train_seeds(settings, out, workers, pool)


def _train_seeds(settings: TrainSettings, out: Path, workers: int, pool: Local | None) -> None:
    with bars.falling_bar("Mixed equilibrium: NashConv / P", theory.TOLERANCE) as progress:
        kept_prediction(settings, out, progress)
    folders = {seed: out / f"seed-{seed}" for seed in range(settings.seeds)}
    parts = [
        {seed: folders[seed] for seed in part} for part in batches(settings, list(folders), workers)
    ]
    with bars.progress_bar(settings.seeds * settings.updates, "update", out.name) as bar:
        if workers == 1 or len(parts) == 1:
            for part in parts:
                for _ in train_seeds(settings, part):
                    bar.update()
            return
        jobs = [partial(_finish, settings, part) for part in parts]
        with opened(pool, workers) as processes:
            for _, error, _ in run_all(processes, jobs, lambda: show_progress(bar, folders.values())):
                if error:
                    raise ValueError(error)  # the first failure stops the others


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


def _finish(settings: TrainSettings, folders: Mapping[int, Path]) -> None:
    trained(settings, folders)  # which stays where it is: the pool sends back what a job returns


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


if __name__ == "__main__":
    from benchgame_env.training.train import (
        main,
    )  # the jobs of other processes come from a module that these can import

    sys.exit(main())
