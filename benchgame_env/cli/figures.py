"""Figures; needs matplotlib (the ``plot`` extra), which is imported only when something is drawn."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchgame_env.cli.streams import one_line
from benchgame_env.files import write_bytes
from benchgame_env.game import Game
from benchgame_env.rules import TuneBeforeTest
from benchgame_env.theory import climb
from benchgame_env.validate import Floats, choice

# After Okabe and Ito, for colour-blind readers too; those of the pages as well.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#b85a93", "#b98000", "#3d9bd1", "#5a5a5a")
STABLE = COLOURS[0]
Points = tuple[Sequence[float], Sequence[float], Sequence[float]]
FORMATS = (".png", ".svg", ".pdf")
POINTS = 300


def thresholds(
    game: Game,
    stable: list[tuple[float, float]],
    path: str | os.PathLike[str],
    max_level: float | None = None,
    measured: Mapping[str, tuple[float, float]] | None = None,
    points: Mapping[str, Points] | None = None,
) -> None:
    """Draw the score curves (left), and the least required effort against the tune-before-test level
    (right), as in Figure 1 of arXiv 2603.08371.

    Parameters
    ----------
    game : Game
        The game that is drawn.
    stable : list of (float, float)
        Intervals of stable levels, shaded; see `theory.stabilizing_levels`.
    path : str or path
        File to write, ``*.png``, ``*.svg`` or ``*.pdf``.
    max_level : float, optional
        End of both axes, effort units; default ten times what the prizes are worth.
    measured : mapping, optional
        Per developer the first and last total effort that its curve was fitted to; beyond them the curve
        is dashed, and efforts are in fine-tuning steps.
    points : mapping, optional
        Per developer the steps of its checkpoints, the fitted scores there and their standard errors.

    Raises
    ------
    ValueError
        Another kind of file, or no matplotlib.
    """
    choice("plot", _suffix(path), FORMATS)
    drawn = required_efforts(game, max_level)
    figure = _figure()
    left, right = figure.subplots(1, 2)
    unit = "fine-tuning steps" if measured else "effort units"
    _draw_curves(left, game, drawn, measured or {}, points or {}, unit)
    _draw_required(right, game, drawn, stable, unit)
    for axes in (left, right):
        axes.set_xscale("symlog", linthresh=drawn.levels[1])
        axes.set_xlim(0, drawn.levels[-1])
        axes.grid(alpha=0.3)
    _write(figure, path)


def courses(
    panels: Mapping[str, tuple[Floats, Floats]],
    names: Sequence[str],
    words: tuple[str, str],
    folder: Path,
    title: str,
) -> None:
    """Draw courses of several things, such as efforts in training, side by side on the same axes.

    Parameters
    ----------
    panels : mapping of str to pair of arrays
        Title to the positions ``[m]`` and the values ``[m, n]``.
    names : sequence of str
        What the ``n`` lines are called.
    words : pair of str
        What the axes are called, across and up.
    folder : Path
        Where ``title.svg``, ``title.pdf`` and ``title.png`` are written.
    title : str
        Name of the files.

    Raises
    ------
    ImportError
        There is no matplotlib.
    """
    figure = _figure()
    every = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for axes, (heading, (at, values)) in zip(every, panels.items(), strict=True):
        for i, (name, line) in enumerate(zip(names, values.T, strict=True)):
            axes.plot(at, line, label=label_of(name), lw=1.5, color=COLOURS[i % len(COLOURS)])
        axes.set(title=heading, xlabel=words[0], ylim=(0, None))
    figure.axes[0].set_ylabel(words[1])
    _finish(figure, folder, title)


def points(
    groups: Mapping[str, tuple[Floats, Floats]], words: tuple[str, str], folder: Path, title: str
) -> None:
    """Draw points of several kinds on a logarithmic axis across, such as costs, and a plain one up.

    Parameters
    ----------
    groups : mapping of str to pair of arrays
        Kind to the positions ``[m]`` across and up.
    words, folder, title
        As for `courses`.

    Raises
    ------
    ImportError
        There is no matplotlib.
    """
    figure = _figure()
    axes = figure.subplots()
    for i, (name, (across, up)) in enumerate(groups.items()):
        axes.plot(across, up, "osD^v"[i % 5], label=label_of(name), color=COLOURS[i % len(COLOURS)])
    axes.set(xlabel=words[0], ylabel=words[1], xscale="log")
    _finish(figure, folder, title)


def _finish(figure: Any, folder: Path, title: str) -> None:
    for axes in figure.axes:
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    figure.axes[0].legend(fontsize="small", frameon=False)
    folder.mkdir(parents=True, exist_ok=True)
    for kind in FORMATS:
        _write(figure, folder / f"{title}{kind}")


def _write(figure: Any, path: str | os.PathLike[str]) -> None:
    drawn = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # a name in a script that the font lacks
        figure.savefig(drawn, format=_suffix(path)[1:])
    write_bytes(path, drawn.getvalue())


def label_of(name: str) -> str:
    """A name as Matplotlib shows it unchanged: a ``$`` begins a formula, a ``_`` hides a label."""
    shown = one_line(name).replace("$", r"\$")
    return f" {shown}" if shown.startswith("_") else shown


def ready_to_draw(path: str | os.PathLike[str]) -> None:
    """Raise ValueError if ``path`` names a file of no kind in `FORMATS`; ImportError without
    matplotlib."""
    choice("plot", _suffix(path), FORMATS)
    _figure()


def _suffix(path: str | os.PathLike[str]) -> str:
    return Path(path).suffix.lower()


@dataclass(frozen=True, eq=False)
class RequiredEfforts:
    """What the figure of required efforts shows, however it is drawn; effort units.

    Attributes
    ----------
    levels : array of float
        Tune-before-test levels, and total efforts, ``[m]``: 0, then dense near it.
    scores : array of float
        Scores of all developers at these total efforts, ``[m, n]``.
    needed : array of float
        `theory.climb` at each level, ``[m, n - 1]``; NaN where no effort suffices.
    least : array of float
        The least of them, ``[m]``.
    low, high : float
        The range of efforts that the axis has to resolve.
    """

    levels: Floats
    scores: Floats
    needed: Floats
    least: Floats
    low: float
    high: float


def required_efforts(game: Game, max_level: float | None = None) -> RequiredEfforts:
    """The content of the figure up to ``max_level``; default ten times what the prizes are worth."""
    unit = float(np.max(game.effort_scale))
    end = max_level or 10 * unit
    levels = np.concatenate(([0.0], np.geomspace(1e-4 * end, end, POINTS)))
    needed = np.array([climb(game, TuneBeforeTest(level)) for level in levels])
    needed = np.where(np.isfinite(needed), needed, np.nan)
    with np.errstate(invalid="ignore"):
        least = np.fmin.reduce(needed, axis=1)
    return RequiredEfforts(
        levels=levels,
        scores=game.curves.score(np.repeat(levels[:, None], game.n_developers, axis=1)),
        needed=needed,
        least=least,
        low=1e-3 * unit,
        high=min(1e4 * unit, float(np.nanmax(needed, initial=unit))),
    )


def inside(levels: Floats, measured: Mapping[str, tuple[float, float]], name: str) -> NDArray[np.bool_]:
    """At which total efforts ``levels`` the curve of ``name`` lies between its checkpoints."""
    first, last = measured.get(name, (0.0, np.inf))
    return (levels >= first) & (levels <= last)


def _figure() -> Any:
    from matplotlib.figure import Figure

    return Figure(figsize=(11, 4.5), layout="constrained", dpi=150)


def _draw_curves(
    axes: Any,
    game: Game,
    drawn: RequiredEfforts,
    measured: Mapping[str, tuple[float, float]],
    points: Mapping[str, Points],
    unit: str,
) -> None:
    levels = drawn.levels
    for i, (name, scores) in enumerate(zip(game.names, drawn.scores.T, strict=True)):
        known, colour = inside(levels, measured, name), COLOURS[i % len(COLOURS)]
        axes.plot(levels, np.where(known, scores, np.nan), color=colour, label=label_of(name))
        axes.plot(levels, np.where(known, np.nan, scores), "--", color=colour, lw=1)
        if name in points:
            steps, fitted, stderr = points[name]
            axes.errorbar(steps, fitted, stderr, fmt=".", color=colour, ms=3, lw=0.8, capsize=1.5)
    title = "score curves"
    if points:
        title += ", fitted; bars: standard errors at checkpoints"
    axes.set(xlabel=f"total effort, {unit}", ylabel="score", title=title)
    if game.n_developers <= 12:
        axes.legend(fontsize="small")


def _draw_required(
    axes: Any, game: Game, drawn: RequiredEfforts, stable: list[tuple[float, float]], unit: str
) -> None:
    """Per pair of neighbours on the honest board, and the least of all; infinite effort is a gap."""
    levels = drawn.levels
    if game.n_developers <= 12:
        for k in range(game.n_developers - 1):
            look = {"lw": 1, "alpha": 0.8, "color": COLOURS[k % len(COLOURS)]}
            axes.plot(levels, drawn.needed[:, k], label=f"rank {k + 2} over {k + 1}", **look)
    axes.plot(levels, drawn.least, color="black", lw=2, label="least of all")
    for number, (low, high) in enumerate(stable):
        label = "honest play is stable" if number == 0 else None
        axes.axvspan(low, min(high, levels[-1]), color=STABLE, alpha=0.12, label=label)
        if 0 < low < levels[-1]:
            axes.axvline(low, color=STABLE, lw=1)
            axes.annotate(f" from {low:,.6g}", (low, drawn.low), color=STABLE, fontsize="small")
    axes.set_yscale("symlog", linthresh=drawn.low)
    axes.set_ylim(0, 1.5 * drawn.high)
    axes.set(xlabel=f"tune-before-test level, {unit}", ylabel=f"own effort, {unit}",
             title="least effort that overtakes")  # fmt: skip
    axes.legend(fontsize="small")
