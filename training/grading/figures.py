"""Figures of what one seed learned, on which a verdict rests, and their file ``figures.json``."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchgame_env import Game, metrics
from benchgame_env.files import read_text
from benchgame_env.records import fields_of, parse_json, read, reading, write_record
from benchgame_env.training.grading.intervals import Bounds
from benchgame_env.validate import Floats

SCHEMA = 1

# Version of the rules of grading and of verdicts. Raise it when the same play would be judged otherwise.
RULES = 2


@dataclass(frozen=True, eq=False)
class SeedFigures:
    """Figures of one seed. Regrets are shares of P, efforts are shares of F; NaN where not known.

    Attributes
    ----------
    rules : int
        Version of the rules of grading that made the figures, see `RULES`.
    regrets, average_regrets : Bounds
        Regret of each developer in the final play, and in the play averaged over the second half of
        training. Each is the larger one of two: of the joint play against constant efforts (its distance
        to a coarse correlated equilibrium), and of the same efforts played independently.
    away : Bounds
        Each developer's mean distance from the pure equilibrium in the final play.
    average_away, final_away : Bounds
        Distance of each mean effort from that of the only mixed equilibrium, of averaged and final play.
    efforts, average_efforts : array ``[n]``
        Mean efforts of the final play and of the averaged play.
    movement : float
        Range of a developer's mean effort in the second half of training, largest over developers.
    in_order : bool
        Whether mean ranks in the final play have the predicted order, see `target.in_order`.
    dependence : Bounds or None
        Each developer's largest correlation in the final play, in size, see `regrets.dependence`. None
        where it is not asked for.
    tau : float
        Mean Kendall tau between the boards and quality.
    nash_conv : float
        NashConv of the final play, prize units.
    periodic : bool
        Whether the final play, with single revisions, ends in a cycle.
    period : float
        Length of that cycle, single revisions; NaN without one.
    peaks, troughs : array ``[n]`` or None
        Each developer's largest and least effort on the cycle; without one, in the second half of play.
    wrong_boards : float
        Share of the boards there that are not in the order of quality.
    step_regrets : array ``[n]`` or None
        Mean regret of each developer's own revisions on the cycle; without one, in the second half.
    outside : float
        Where revisions are in random order, share of the rounds in the second half of a long episode
        whose boards are in no predicted class.
    class_away : array ``[n]`` or None
        Largest distance of each developer's mean effort, peak and trough there from those of the class
        that play ended in.
    class_wrong : float
        Distance of the share of wrong boards there from that of this class.
    drawn_step_regrets : array ``[n]`` or None
        The same of the strategy with its randomness, in the second half of an episode as long.
    """

    regrets: Bounds
    average_regrets: Bounds
    efforts: Floats
    average_efforts: Floats
    in_order: bool
    tau: float
    nash_conv: float
    movement: float = math.nan
    dependence: Bounds | None = None
    away: Bounds | None = None
    average_away: Bounds | None = None
    final_away: Bounds | None = None
    periodic: bool = False
    period: float = math.nan
    peaks: Floats | None = None
    troughs: Floats | None = None
    wrong_boards: float = math.nan
    step_regrets: Floats | None = None
    outside: float = math.nan
    class_away: Floats | None = None
    class_wrong: float = math.nan
    drawn_step_regrets: Floats | None = None
    rules: int = RULES

    @classmethod
    def exact(
        cls, regrets: Bounds, efforts: Floats, unique: Floats | None = None, **more: Any
    ) -> SeedFigures:
        """Figures of play that is known: its ``regrets``, its mean ``efforts`` ``[n]``, and the mean
        efforts of the only equilibrium, ``unique`` ``[n]``."""
        away = None if unique is None else Bounds.exact(np.abs(efforts - unique))
        fields = {
            "regrets": regrets, "average_regrets": regrets, "efforts": efforts,
            "average_efforts": efforts, "average_away": away, "final_away": away,
            "in_order": False, "tau": math.nan, "nash_conv": math.nan,
        }  # fmt: skip
        return cls(**{**fields, **more})

    @property
    def regret(self) -> float:
        """The largest regret of the final play, share of P."""
        return float(self.regrets.estimate.max())

    @property
    def average_regret(self) -> float:
        """The largest regret of the averaged play, share of P."""
        return float(self.average_regrets.estimate.max())

    @property
    def step_regret(self) -> float:
        """The largest mean regret of a developer's own revisions, share of P; NaN where not known."""
        return math.nan if self.step_regrets is None else float(self.step_regrets.max())

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            parts = vars(value).values() if isinstance(value, Bounds) else [value]
            arrays = [part for part in parts if isinstance(part, np.ndarray)]
            if any(one.shape != (self.efforts.size,) or not one.size for one in arrays):
                raise ValueError(f"{name}: lists of different lengths, or empty lists")


def cycle_figures(
    game: Game,
    protocol: Any,
    efforts: Floats,
    revised: NDArray[np.int64],
    levels: ArrayLike | None = None,
    resolution: float | None = None,
    start: Floats | None = None,
) -> dict[str, Any]:
    """Compute the fields of `SeedFigures` about the cycle that one episode ends in.

    Parameters
    ----------
    game : Game
        The game that is played.
    protocol : Protocol
        The protocol that it is played under; its board is a fixed function of efforts.
    efforts : array ``[rounds, n]``
        Efforts after each revision, effort units. A cycle is found if three of its periods, and half of
        all rounds, come after the approach to it.
    revised : array ``[rounds]``
        Index of the developer who revised.
    levels : array, optional
        Efforts that best responses choose among, as for the predicted cycle.
    resolution : float, optional
        Score by which best responses beat a rival, as for the predicted cycle; see
        `metrics.revision_regrets`.
    start : array ``[n]``, optional
        Efforts before the first revision; default all zero.

    Returns
    -------
    dict
        Values by field.
    """
    board = protocol.evaluate(game, efforts)
    cycle = metrics.find_cycle(efforts, revised, board.scores)
    whole, who = cycle.whole, revised[cycle.whole]
    first = np.zeros(game.n_developers) if start is None else start
    before = efforts[whole.start - 1] if whole.start else first
    missed = metrics.revision_regrets(
        game, protocol, efforts[whole], who, levels=levels, resolution=resolution, start=before
    )
    return {
        "periodic": cycle.period is not None,
        "period": math.nan if cycle.period is None else float(cycle.period),
        "peaks": share_of_scale(game, cycle.peaks),
        "troughs": share_of_scale(game, cycle.troughs),
        "wrong_boards": float(misordered(game, board.ranks[whole]).mean()),
        "step_regrets": by_developer(missed / game.prize_range, who, game.n_developers),
    }


def misordered(game: Game, ranks: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether boards of ``ranks`` ``[..., n]`` do not rank every better model above every worse one."""
    better = np.triu(game.quality[:, None] > game.quality)
    return (better & (ranks[..., :, None] >= ranks[..., None, :])).any(axis=(-2, -1))


def by_developer(regrets: Floats, revised: NDArray[np.int64], n: int) -> Floats:
    """Mean regret of each developer's own revisions ``[n]``; 0 for who never revised."""
    own = [regrets[revised == i] for i in range(n)]
    return np.array([mine.mean() if mine.size else 0.0 for mine in own])


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


def check_rules(content: Any, remedy: str) -> None:
    """ValueError with the ``remedy`` unless the content of a file was made by the present rules."""
    version = content.get("rules", 1) if isinstance(content, dict) else None
    if version != RULES:
        raise ValueError(f"rules: made by version {version!r:.20}, this is version {RULES}; {remedy}")


def load_figures(path: Path) -> SeedFigures:
    """Read figures. ValueError naming the file if it is missing, damaged or holds anything else."""
    with reading(path):
        content = fields_of(parse_json(read_text(path)), SCHEMA)
        check_rules(content, "grade it anew")
        figures: SeedFigures = read(SeedFigures, content, "")
    return figures
