"""Figures; needs matplotlib (the ``plot`` extra), which is imported only when something is drawn."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchgame_env.game import Game
from benchgame_env.rules import TuneBeforeTest
from benchgame_env.theory import climb
from benchgame_env.validate import Floats, choice

FORMATS = (".png", ".svg", ".pdf")
POINTS = 300


def thresholds(
    game: Game,
    stable: list[tuple[float, float]],
    path: str | os.PathLike[str],
    max_level: float | None = None,
    measured: Mapping[str, tuple[float, float]] | None = None,
) -> None:
    """Left the score curves, right the least required effort against the tune-before-test level (the
    shape of Figure 1 of arXiv 2603.08371).

    Parameters
    ----------
    stable: intervals of stable levels, shaded; see `theory.stabilizing_levels`.
    path: file to write, ``*.png``, ``*.svg`` or ``*.pdf``.
    max_level: end of both axes, effort units; default ten times what the prizes are worth.
    measured: per developer the first and last total effort that its curve was fitted to; beyond them
        the curve is dashed.

    Raises
    ------
    ValueError: another kind of file, or no matplotlib.
    """
    choice("plot", suffix(path), FORMATS)
    levels = levels_to(max_level or 10 * float(np.max(game.effort_scale)))
    end = levels[-1]
    figure = _figure()
    left, right = figure.subplots(1, 2)
    _draw_curves(left, game, levels, measured or {})
    _draw_required(right, game, levels, stable)
    for axes in (left, right):
        axes.set_xscale("symlog", linthresh=levels[1])
        axes.set_xlim(0, end)
        axes.grid(alpha=0.3)
    figure.savefig(os.fspath(path))


def suffix(path: str | os.PathLike[str]) -> str:
    """The kind of file that ``path`` names, one of `FORMATS` if it can be drawn."""
    return Path(path).suffix.lower()


def levels_to(end: float) -> Floats:
    """0, and levels up to ``end`` that are dense near it, ``[POINTS + 1]``; effort units."""
    return np.concatenate(([0.0], np.geomspace(1e-4 * end, end, POINTS)))


def scores_at(game: Game, levels: Floats) -> Floats:
    """Scores of all developers at each total effort of ``levels``, ``[levels, n]``."""
    return game.curves.score(np.repeat(levels[:, None], game.n_developers, axis=1))


def required_at(game: Game, levels: Floats) -> Floats:
    """`theory.climb` at each tune-before-test level, ``[levels, n - 1]``; NaN where none suffices."""
    needed = np.array([climb(game, TuneBeforeTest(level)) for level in levels])
    return np.where(np.isfinite(needed), needed, np.nan)


def _figure() -> Any:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ValueError("plot: needs matplotlib; pip install 'benchgame-env[plot]'") from None
    return Figure(figsize=(11, 4.5), layout="constrained", dpi=150)


def _draw_curves(
    axes: Any, game: Game, levels: Floats, measured: Mapping[str, tuple[float, float]]
) -> None:
    scores = scores_at(game, levels)
    for i, name in enumerate(game.names):
        first, last = measured.get(name, (0.0, np.inf))
        inside = (levels >= first) & (levels <= last)
        (line,) = axes.plot(levels, np.where(inside, scores[:, i], np.nan), label=name)
        axes.plot(levels, np.where(inside, np.nan, scores[:, i]), "--", color=line.get_color(), lw=1)
    axes.set(xlabel="total effort", ylabel="score", title="score curves (dashed: beyond checkpoints)")
    if game.n_developers <= 12:
        axes.legend(fontsize="small")


def _draw_required(axes: Any, game: Game, levels: Floats, stable: list[tuple[float, float]]) -> None:
    """Per pair of neighbours on the honest board, and the least of all; infinite effort is a gap."""
    needed = required_at(game, levels)
    if game.n_developers <= 12:
        for k in range(game.n_developers - 1):
            axes.plot(levels, needed[:, k], lw=1, alpha=0.8, label=f"rank {k + 2} over {k + 1}")
    with np.errstate(invalid="ignore"):
        least = np.fmin.reduce(needed, axis=1)
    axes.plot(levels, least, color="black", lw=2, label="least of all")
    for number, (low, high) in enumerate(stable):
        label = "honest play is stable" if number == 0 else None
        axes.axvspan(low, min(high, levels[-1]), color="tab:green", alpha=0.12, label=label)
    unit = float(np.max(game.effort_scale))
    axes.set_yscale("symlog", linthresh=1e-3 * unit)
    axes.set_ylim(0, min(1e4 * unit, 1.5 * np.nanmax(needed, initial=unit)))
    axes.set(xlabel="tune-before-test level", ylabel="own effort", title="least effort that overtakes")
    axes.legend(fontsize="small")
