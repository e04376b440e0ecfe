"""A seed on disk: what its players learned, how training went and what was played."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchgame_env.agents import Player
from benchgame_env.agents.runs.checkpoints import Checkpoint, read_checkpoint, save_checkpoint
from benchgame_env.agents.runs.load import load_players
from benchgame_env.training.run.storage import read_progress, write_rows
from benchgame_env.validate import Floats

Played = dict[str, NDArray[Any]]  # of each number of a play, such as "effort", ``[rounds, copies, n]``
TrainedSeed = tuple[list[Player], Floats]  # players, and efforts sampled in training, see `load_seed`


def save_seed(
    saved: list[dict[str, Any]], folder: Path, progress: list[dict[str, Any]], play: list[Floats]
) -> None:
    """Write ``progress.csv`` and ``checkpoint.pt``, in this order; ``saved`` has a part by player."""
    write_rows(folder / "progress.csv", progress)
    checkpoint = Checkpoint(len(play), saved, np.stack(play))
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
    load_players(players, checkpoint, folder)
    return list(read_progress(folder / "progress.csv", checkpoint.update)), list(checkpoint.play)
