"""Figures of a run's boards: who holds which rank, and the effort that overtakes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchgame_env import Game
from benchgame_env.cli import figures
from benchgame_env.training.html.drawing import (
    SHARES,
    Axis,
    Frame,
    colour,
    exact_axis,
    linear_axis,
    power_of_ten,
    zero_axis,
)
from benchgame_env.training.html.page import Panel
from benchgame_env.validate import Floats

MOST_RANKS = 5
BINS = 40  # along the updates
NAMED = 0.15  # share of a rank from which its holder is named in the figure
STYLE = """
.layer { stroke: #fff; stroke-width: 1; opacity: .85; } .beyond { stroke-width: .8; opacity: .6; }
.holder { font-size: 10px; font-weight: 600; fill: #111; stroke: #fff; stroke-width: 3px;
  paint-order: stroke; }
.stable { color: #009e73; opacity: .15; }
"""


def rank_flow(game: Game, ranks: NDArray[np.int64]) -> list[Panel]:
    """Panels, one for each rank, with the share of boards on which each developer holds it.

    Parameters
    ----------
    game : Game
        The game that was played.
    ranks : array ``[updates, boards, n]``
        Ranks on the boards, 1 is best.
    """
    chunks = np.array_split(np.arange(len(ranks)), min(BINS, len(ranks)))
    middles = np.array([chunk.mean() for chunk in chunks])
    drawn = []
    for k in range(min(game.n_developers, MOST_RANKS)):
        held = np.array([(ranks[chunk] == k + 1).mean(axis=(0, 1)) for chunk in chunks])
        held = held / np.maximum(held.sum(axis=1, keepdims=True), 1e-12)
        drawn.append((f"Rank {k + 1}", _layers(game, middles, held, f"Who holds rank {k + 1}")))
    return drawn


def _layers(game: Game, updates: Floats, shares: Floats, words: str) -> str:
    """Shares ``[updates, n]`` as layers, with the best model at the bottom."""
    tops = np.cumsum(shares, axis=1)
    frame = Frame(exact_axis(updates[0], updates[-1]), SHARES)
    x = updates if len(updates) > 1 else np.array([frame.across.low, frame.across.high])
    parts, names = [], []
    for i in np.flatnonzero(shares.any(axis=0)).tolist():
        edges = tops[:, i] - shares[:, i], tops[:, i]
        low, high = (np.broadcast_to(edge, x.shape) for edge in edges)
        parts.append(frame.area(x, low, high, f"layer {colour(i)}"))
        names.append(_holder(frame, x, low, high, game.names[i]))
    return frame.svg([*parts, *names], f"{words}: share of boards against updates", "update")


def _holder(frame: Frame, x: Floats, low: Floats, high: Floats, name: str) -> str:
    """The name of a developer where its layer is thickest, away from the edges."""
    inner = slice(len(x) // 5, len(x) - len(x) // 5)
    k = int(np.argmax((high - low)[inner])) + len(x) // 5
    if high[k] - low[k] < NAMED:
        return ""
    return frame.words(x[k], (low[k] + high[k]) / 2 - 0.02, name, kind="holder")


def required_effort(
    game: Game,
    stable: list[list[float]],
    measured: dict[str, tuple[float, float]],
    level: float | None,
) -> list[Panel]:
    """Panels of the score curves and of the least effort that overtakes, by tune-before-test level.

    Parameters
    ----------
    game : Game
        The game.
    stable : list of [low, high]
        Intervals of levels at which honest play is stable.
    measured : dict of str to (low, high)
        Range of efforts at which each model was measured.
    level : float or None
        Level of the run, if it has one.
    """
    drawn = figures.required_efforts(game)
    levels = drawn.levels
    across = zero_axis(power_of_ten(levels[1]), levels[-1])
    frame = Frame(across, zero_axis(power_of_ten(drawn.low), drawn.high), left=56)
    parts = [frame.band(low, min(high, levels[-1]), "stable") for low, high in stable]
    parts += [
        frame.line(levels, drawn.needed[:, k], colour(k, dashed=True))
        for k in range(game.n_developers - 1)
    ]
    parts.append(frame.line(levels, drawn.least, "truth solid bold"))
    parts += [frame.upright(level)] if level is not None else []
    words = "Least own effort that overtakes, by tune-before-test level; shaded: honest play is stable"
    return [
        ("Score curves", _curves(game, drawn, across, measured)),
        ("Least effort that overtakes", frame.svg(parts, words, "tune-before-test level")),
    ]


def _curves(
    game: Game,
    drawn: figures.RequiredEfforts,
    across: Axis,
    measured: dict[str, tuple[float, float]],
) -> str:
    levels, scores = drawn.levels, drawn.scores
    frame = Frame(across, linear_axis(float(scores.min()), float(scores.max())))
    parts = []
    for i, name in enumerate(game.names):
        known = np.where(figures.inside(levels, measured, name), scores[:, i], np.nan)
        parts.append(frame.line(levels, known, colour(i, dashed=True)))
        parts.append(frame.line(levels, scores[:, i], f"{colour(i, dashed=True)} beyond"))
    words = f"Scores of {', '.join(game.names)} against total effort; thin where nothing was measured"
    return frame.svg(parts, words, "total effort")
