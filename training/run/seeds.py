"""A seed on disk: what its players learned, how training went and what was played."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchgame_env.agents import Player
from benchgame_env.training.run.checkpoints import Checkpoint, read_checkpoint, save_checkpoint
from benchgame_env.training.run.settings import TrainSettings
from benchgame_env.training.run.storage import read_progress, write_rows
from benchgame_env.validate import Floats

Played = dict[str, NDArray[Any]]  # of each number of a play, such as "effort", ``[rounds, copies, n]``


def save_seed(
    players: list[Player], folder: Path, progress: list[dict[str, Any]], play: list[Floats]
) -> None:
    """Write ``progress.csv`` and ``checkpoint.pt``, in this order."""
    write_rows(folder / "progress.csv", progress)
    checkpoint = Checkpoint(len(play), [player.save() for player in players], np.stack(play))
    save_checkpoint(folder / "checkpoint.pt", checkpoint._asdict())


def restore_seed(
    players: list[Player], folder: Path, updates: int
) -> tuple[list[dict[str, Any]], list[Floats]]:
    """Load the checkpoint in ``folder``, if there is one, after at most ``updates`` updates into
    ``players``.

    Returns
    -------
    progress : list of dict
        Rows of ``progress.csv``, one for each update; empty without a checkpoint.
    play : list of arrays ``[samples, n]``
        Sampled efforts of each update, effort units; empty without a checkpoint.
    """
    if not (folder / "checkpoint.pt").exists():
        return [], []
    n = np.concatenate([np.atleast_1d(player.at) for player in players]).size
    checkpoint = read_checkpoint(folder / "checkpoint.pt", n, updates)
    _load(players, checkpoint, folder)
    return list(read_progress(folder / "progress.csv", checkpoint.update)), list(checkpoint.play)


def load_seed(settings: TrainSettings, folder: Path, seed: int) -> tuple[list[Player], Floats]:
    """Players of a finished seed, and the efforts sampled in training.

    Returns
    -------
    players : list of Player
        As they were after the last update.
    play : array ``[updates, samples, n]``
        Sampled efforts, effort units.

    Raises
    ------
    ValueError
        If the seed is not finished, or its checkpoint is missing, damaged or of other players.
    """
    vec = settings.vector_env(settings.copies)
    checkpoint = read_checkpoint(folder / "checkpoint.pt", vec.n_developers, settings.updates)
    if checkpoint.update != settings.updates:
        raise ValueError(
            f"{folder} stopped at update {checkpoint.update} of {settings.updates}: "
            "finish it with benchgame train --resume"
        )
    players = settings.players(vec, seed)
    _load(players, checkpoint, folder)
    return players, checkpoint.play


def _load(players: list[Player], checkpoint: Checkpoint, folder: Path) -> None:
    try:
        for player, saved in zip(players, checkpoint.players, strict=True):
            player.load(saved)
    except (AttributeError, LookupError, TypeError, ValueError, RuntimeError) as error:
        why = " ".join(str(error).split())[:200]
        raise ValueError(f"{folder / 'checkpoint.pt'} is of other players ({why})") from error
