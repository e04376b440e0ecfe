"""What one seed learned, in figures that a verdict is drawn from, and their file ``figures.json``."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchgame_env import Game, metrics
from benchgame_env.files import write_text
from benchgame_env.rules import is_exact
from benchgame_env.validate import Floats
from training.run.records import plain, read


@dataclass(frozen=True, eq=False)
class SeedFigures:
    """What one seed learned; regrets as shares of P, efforts as shares of F. NaN or None: not known.

    Attributes
    ----------
    regret: mean regret (NashConv / n) of the final play.
    average_regret: mean regret of the play averaged over the second half of training.
    efforts, average_efforts: mean efforts of the two, ``[n]``.
    movement: how far mean efforts still moved in the second half of training, the largest over
        developers.
    in_order: whether the mean board has the predicted order.
    tau: mean Kendall tau of the boards to quality.
    nash_conv: of the final play, prize units.
    joint_regret: mean regret of the joint play in the second half of training against constant efforts,
        its distance from a coarse correlated equilibrium.
    periodic: whether final play, revisions one at a time, ends in a cycle.
    period: of that cycle, single revisions; NaN if there is none.
    peaks: each developer's largest effort on it, ``[n]``; in the second half of play if there is none.
    step_regret: mean regret of the revisions on it, likewise.
    drawn_step_regret: the same of the strategy as it is, chance included, in the second half of an
        episode as long.
    step_regrets: the same as ``step_regret`` for each developer's own revisions, ``[n]``.
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


def cycle_figures(
    game: Game,
    protocol: Any,
    efforts: Floats,
    revised: NDArray[np.int64],
    levels: ArrayLike | None = None,
    resolution: float | None = None,
) -> dict[str, Any]:
    """The fields of `SeedFigures` that say what one episode came to, revisions one at a time.

    Parameters
    ----------
    efforts: after each revision, ``[rounds, n]``, from zero effort on. A cycle is found if three of its
        periods, and half of all rounds, come after the approach to it.
    revised: who revised, ``[rounds]``.
    levels, resolution: of the best responses to compare with, see `metrics.revision_regrets`; the same
        as those of the predicted cycle.
    """
    exact = is_exact(protocol)
    shown = protocol.evaluate(game, efforts).scores if exact else None
    cycle = metrics.find_cycle(efforts, revised, shown)
    figures = {
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
    """Efforts ``[..., n]`` as shares of F; of a developer for whom no effort pays, as they are."""
    return efforts / effort_scale(game)


def effort_scale(game: Game) -> Floats:
    """F of each developer, ``[n]``; 1 of one for whom no effort pays."""
    return np.where(game.effort_scale > 0, game.effort_scale, 1.0)


def save_figures(path: Path, figures: SeedFigures) -> None:
    """Write JSON that `load_figures` reads back exactly, making its folder if there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps(plain(figures), indent=2, allow_nan=False) + "\n")


def load_figures(path: Path) -> SeedFigures:
    """Raises ValueError naming the file if it is missing, damaged or holds anything but figures."""
    try:
        figures: SeedFigures = read(SeedFigures, json.loads(path.read_text(encoding="utf-8")), "")
        arrays = [v for v in vars(figures).values() if isinstance(v, np.ndarray)]
        if any(one.shape != (arrays[0].size,) or not one.size for one in arrays):
            raise ValueError("lists of different lengths, or of none")
        return figures
    except FileNotFoundError:
        raise ValueError(f"{path} is missing") from None
    except (ValueError, OSError) as error:
        raise ValueError(f"{path} is damaged or holds no figures of a seed: {error}") from error
