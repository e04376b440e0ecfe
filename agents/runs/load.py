"""From a run on disk back to its players."""

from __future__ import annotations

from pathlib import Path

from benchgame_env.agents.base import Player
from benchgame_env.agents.runs.checkpoints import Checkpoint, read_checkpoint
from benchgame_env.agents.runs.settings import TrainSettings
from benchgame_env.files import PathLike
from benchgame_env.validate import Floats, integer


def load(run_folder: PathLike, seed: int, trust: bool = False) -> list[Player]:
    """The players of a finished run, as they were trained.

    They suit the game as the run plays it, ``TrainSettings.load(run_folder).vector_env()``, with its
    number of copies. Let them play with ``play(vec, players, rounds, rng, mode="play")``; in mode
    ``learn``, which is the default there, they would go on learning.

    Parameters
    ----------
    run_folder : str or path
        Folder that ``benchgame train`` wrote.
    seed : int
        Number of the seed, >= 0.
    trust : bool
        Whether modules and policies that the run's settings name may be imported and loaded, see
        `benchgame_env.trust`.

    Returns
    -------
    list of Player
        Ordered by the best model that each of them plays, in mode ``play``.

    Raises
    ------
    ValueError
        The folder holds no run, the run has no such seed or has not finished it, a file is damaged, or
        the settings name code without trust.

    Examples
    --------
    >>> from benchgame_env import agents
    >>> agents.load("no-such-run", seed=0)
    Traceback (most recent call last):
        ...
    ValueError: no-such-run is not a run: it has no settings.json
    """
    folder = Path(run_folder)
    settings = TrainSettings.load(folder, trust)
    if integer("seed", seed, low=0) >= settings.seeds:
        raise ValueError(f"seed: {folder} has seeds 0 to {settings.seeds - 1}, got {seed}")
    own = folder / f"seed-{seed}"
    if not (own / "checkpoint.pt").exists():
        raise ValueError(f"{own} has no checkpoint so far: finish the run with benchgame train --resume")
    players, _ = load_seed(settings, own, seed)
    for player in players:
        player.mode = "play"
    return players


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
    vec = settings.vector_env()
    checkpoint = read_checkpoint(folder / "checkpoint.pt", vec.n_developers, settings.updates)
    if checkpoint.update != settings.updates:
        raise ValueError(
            f"{folder} stopped at update {checkpoint.update} of {settings.updates}: "
            "finish it with benchgame train --resume"
        )
    players = settings.players(vec, seed)
    load_players(players, checkpoint, folder)
    return players, checkpoint.play


def load_players(players: list[Player], checkpoint: Checkpoint, folder: Path) -> None:
    """Let players go on from the checkpoint of a seed; ValueError that names the file in ``folder`` if
    it is of other players."""
    try:
        for player, saved in zip(players, checkpoint.players, strict=True):
            player.load(saved)
    except (AttributeError, LookupError, TypeError, ValueError, RuntimeError) as error:
        why = " ".join(str(error).split())[:200]
        raise ValueError(f"{folder / 'checkpoint.pt'} is of other players ({why})") from error
