"""What the page is told of a game: the game itself as a file has it, draws, checkpoints and axes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from benchgame_env.cli import figures
from benchgame_env.costs import CappedCost
from benchgame_env.curves import Tabulated
from benchgame_env.draws import Draws
from benchgame_env.fitting.report import LAW
from benchgame_env.game import Game
from benchgame_env.named_games import calibration_of, checkpoints, game_file, statement
from benchgame_env.numerics import GAIN, RHO, STEPS, WIDE
from benchgame_env.theory.pure.honest_board import RESOLVED
from benchgame_env.theory.pure.overtaking import VAGUE
from benchgame_env.validate import number

SPAN = 30.0  # the cost of a rank's worth is varied by this factor, both ways
FURTHEST = 20.0  # the last level of the axis, in efforts that the prizes are worth
LEAST = 1e-3  # the least worth of the axis, as a share of the game's
DIGITS = 7  # of the parameters of draws
NUMERICS = {"rho": RHO, "gain": GAIN, "steps": STEPS, "resolved": RESOLVED, "vague": VAGUE}

Content = dict[str, Any]


def content(
    name: str, game: Game, level: float = 0.0, draws: Draws | None = None, command: str = ""
) -> Content:
    """What the script of the page reads.

    Parameters
    ----------
    name : str
        How the game was named.
    game : Game
        The game, of at least two developers, with curves and a cost of this package.
    level : float, optional
        The level to begin with, effort units.
    draws : Draws, optional
        Draws of its curves.
    command : str, optional
        The command that predicts a setting, without its level, and its worth or cost.

    Returns
    -------
    dict
        Numbers, texts, lists and dicts.

    Raises
    ------
    ValueError
        A game that the page cannot work out exactly.
    """
    _refuse(game)
    data = game_file.to_data(game)
    measured = checkpoints(name)
    worths = _worths(game)
    most = FURTHEST * game.finite_effort_scale
    threshold = most * (1e-4 if measured else 1e-3)  # below it the axis of levels is linear
    return {
        "game": data,
        "numerics": NUMERICS,
        "level": number("--level", level, low=0),
        "worth": float(f"{game.worth:.12g}") if worths else None,
        "worths": worths,
        "most": most,
        "threshold": 10.0 ** math.floor(math.log10(threshold * (1 + 1e-9))),
        "unit": unit(measured),
        "measured": measured,
        "checkpoints": _checkpoints(name) if measured else {},
        "draws": None if draws is None else _laws(draws),
        "failed": _failed(game),
        "command": command,
        "colours": figures.COLOURS,
    }


def unit(measured: Mapping[str, Any]) -> str:
    """What effort is counted in."""
    return "fine-tuning steps" if measured else "effort units"


def assumptions(name: str, game: Game, draws: Draws | None = None) -> list[str]:
    """What the page rests on, in sentences."""
    said = [
        f"At the start: {statement(game)}. Another worth of a rank multiplies the whole cost by one "
        "factor; prizes stay.",
        "Everybody knows all curves, and a tie goes to the better model. Boards show scores on a grid "
        f"of 2^{math.log2(RHO):.0f}. Where one step of this grid decides, the answer is undecided.",
        "Temptation is the most that anybody gains by own tuning while nobody else tunes. At 0 nobody "
        "has a reason to begin.",
        "The level is tuning that the designer gives every model before the test; 0 is direct "
        "evaluation. One rank is worth the effort that costs as much as the mean prize step.",
        "Stable levels are looked for at 100 levels or more, and where curves cross between them; "
        "bisection finds their ends. A narrow range may be missed; benchgame thresholds proves all.",
    ]
    if checkpoints(name):
        said.append(
            "Curves are scaling laws fitted to checkpoints, dashed after the last one. Bars are the "
            "standard errors of the checkpoints, about the fitted scores."
        )
    if draws is not None:
        said.append(
            f"{len(draws):,} draws of the curves show what the checkpoints leave open; a draw counts as "
            "stable if nobody in it gains."
        )
    return said


def _refuse(game: Game) -> None:
    if game.n_developers < 2:
        raise ValueError("game: explore takes at least two developers")
    if isinstance(game.curves, Tabulated) and max(abs(y).max() for y in game.curves.scores) >= WIDE:
        raise ValueError(f"curves: explore takes scores between -{WIDE:g} and {WIDE:g}")


def _worths(game: Game) -> tuple[float, float] | None:
    """The least and the largest worth of the axis; None if all ranks pay the same."""
    if game.rank_step == 0:
        return None
    if not 0 < game.worth < math.inf:
        raise ValueError(
            f"cost: explore needs a rank that is worth an effort, here it is worth {game.worth:g}"
        )
    low, high = (float(game.cost.inverse(game.rank_step * factor)) for factor in (1 / SPAN, SPAN))
    if isinstance(game.cost, CappedCost) and math.isinf(high):  # it is the same from there on
        high = game.cost.most / game.cost.rate
    return max(low, LEAST * game.worth), high


def _failed(game: Game) -> list[str]:
    """Why an equilibrium in which somebody tunes cannot be ruled out; see theory section 3."""
    holds = {
        "curves have flat stretches": getattr(game.curves, "strictly_increasing", False),
        "some effort costs nothing": game.cost.strictly_increasing,
        "the cost jumps": getattr(game.cost, "continuous", False),
        "somebody cannot tune": (game.budget > 0).all(),
    }
    return [reason for reason, fine in holds.items() if not fine]


def _checkpoints(name: str) -> dict[str, list[tuple[float, float, float]]]:
    """Steps, fitted score and standard error of each checkpoint, by model."""
    found, developers = calibration_of(name)
    fits = {fit.name: fit for fit in found.report}
    every = {model: (fits[model].steps, fits[model].scores, fits[model].stderr) for model in developers}
    return {model: list(zip(*columns, strict=True)) for model, columns in every.items()}


def _laws(draws: Draws) -> dict[str, list[list[float]]]:
    """Parameters ``[draws, n]`` of the draws' curves, to `DIGITS` digits."""
    rounded = np.vectorize(lambda value: float(f"{value:.{DIGITS}g}"))
    return {key: rounded(getattr(draws.curves, key)).tolist() for key in LAW}
