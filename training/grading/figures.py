"""Figures of what one seed learned, on which a verdict rests, and their file ``figures.json``."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchgame_env import Game, metrics
from benchgame_env.records import read_record, write_record
from benchgame_env.rules import is_exact
from benchgame_env.validate import Floats

SCHEMA = 1


@dataclass(frozen=True, eq=False)
class SeedFigures:
    """Figures of one seed. Regrets are shares of P, efforts are shares of F.

    Attributes
    ----------
    regret : float
        Mean regret (NashConv / n) of the final play.
    average_regret : float
        Mean regret of the play averaged over the second half of training.
    efforts, average_efforts : array ``[n]``
        Mean efforts of the final play and of the averaged play.
    movement : float
        Range of a developer's mean effort in the second half of training, largest over developers.
    in_order : bool
        Whether the mean board has the predicted order.
    tau : float
        Mean Kendall tau between the boards and quality.
    nash_conv : float
        NashConv of the final play, prize units.
    joint_regret : float
        Mean external regret of the joint play in the second half of training, against constant efforts:
        its distance to a coarse correlated equilibrium. NaN where it cannot be computed.
    periodic : bool
        Whether the final play, with single revisions, ends in a cycle.
    period : float
        Length of that cycle, single revisions; NaN without one.
    peaks : array ``[n]`` or None
        Each developer's largest effort on the cycle; without one, in the second half of the play.
    step_regret : float
        Mean regret of the revisions on the cycle; without one, in the second half of the play.
    drawn_step_regret : float
        The same of the strategy with its randomness, in the second half of an episode as long.
    step_regrets : array ``[n]`` or None
        As ``step_regret``, for each developer's own revisions.
    """

    regret: float
    average_regret: float
    efforts: Floats
    average_efforts: Floats
    movement: float
    in_order: bool
    tau: float
    nash_conv: float
    joint_regret: float = math.nan
    periodic: bool = False
    period: float = math.nan
    peaks: Floats | None = None
    step_regret: float = math.nan
    drawn_step_regret: float = math.nan
    step_regrets: Floats | None = None

    def __post_init__(self) -> None:
        arrays = {name: v for name, v in vars(self).items() if isinstance(v, np.ndarray)}
        for name, one in arrays.items():
            if one.shape != (self.efforts.size,) or not one.size:
                raise ValueError(f"{name}: lists of different lengths, or empty lists")


def cycle_figures(
    game: Game,
    protocol: Any,
    efforts: Floats,
    revised: NDArray[np.int64],
    levels: ArrayLike | None = None,
    resolution: float | None = None,
) -> dict[str, Any]:
    """Compute the fields of `SeedFigures` about the cycle that one episode ends in.

    Parameters
    ----------
    game : Game
        The game that is played.
    protocol : Protocol
        The protocol that it is played under.
    efforts : array ``[rounds, n]``
        Efforts after each revision, effort units, starting from zero effort. A cycle is found if three
        of its periods, and half of all rounds, come after the approach to it.
    revised : array ``[rounds]``
        Index of the developer who revised.
    levels : array, optional
        Efforts that best responses choose among, as for the predicted cycle.
    resolution : float, optional
        Score by which best responses beat a rival, as for the predicted cycle; see
        `metrics.revision_regrets`.

    Returns
    -------
    dict
        Values by field; without regrets under a protocol that is not exact.
    """
    exact = is_exact(protocol)
    shown = protocol.evaluate(game, efforts).scores if exact else None
    cycle = metrics.find_cycle(efforts, revised, shown)
    figures: dict[str, Any] = {
        "periodic": cycle.period is not None,
        "period": math.nan if cycle.period is None else float(cycle.period),
        "peaks": share_of_scale(game, cycle.peaks),
    }
    if not exact:
        return figures
    whole, who = cycle.whole, revised[cycle.whole]
    before = efforts[whole.start - 1] if whole.start else np.zeros(game.n_developers)
    missed = metrics.revision_regrets(
        game, protocol, efforts[whole], who, levels=levels, resolution=resolution, start=before
    )
    shares = missed / game.prize_range
    own = [shares[who == i] for i in range(game.n_developers)]
    each = np.array([mine.mean() if mine.size else math.nan for mine in own])
    return figures | {"step_regret": float(shares.mean()), "step_regrets": each}


def share_of_scale(game: Game, efforts: Floats) -> Floats:
    """Efforts ``[..., n]`` divided by `effort_scale`."""
    return efforts / effort_scale(game)


def effort_scale(game: Game) -> Floats:
    """F of each developer ``[n]``, effort units; 1 for a developer for whom no effort pays."""
    return np.where(game.effort_scale > 0, game.effort_scale, 1.0)


def save_figures(path: Path, figures: SeedFigures) -> None:
    """Write JSON that `load_figures` reads back exactly; the folder is made if necessary."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_record(path, figures, SCHEMA)


def load_figures(path: Path) -> SeedFigures:
    """Read figures. ValueError naming the file if it is missing, damaged or holds anything else."""
    figures: SeedFigures = read_record(SeedFigures, path, SCHEMA)
    return figures
