"""Figures of training and play: regret, efforts, cycles and distributions of effort."""

from __future__ import annotations

from itertools import chain

import numpy as np

from benchgame_env import Game
from benchgame_env.training.grading.figures import effort_scale
from benchgame_env.training.grading.intervals import Figure
from benchgame_env.training.html.drawing import (
    SHARES,
    Axis,
    Frame,
    colour,
    exact_axis,
    linear_axis,
    power_of_ten,
    thinned,
    zero_axis,
)
from benchgame_env.training.html.page import Panel
from benchgame_env.training.report.expected import Expected
from benchgame_env.training.report.files import Seed
from benchgame_env.training.run.records import counted
from benchgame_env.validate import Floats

REGRETS = ("step_regret", "largest_regret")  # columns of progress with logarithmic axes
LEAST_REGRET = 1e-4  # share of P below which an axis is linear at the latest
ATOM = 0.02  # probability from which on an effort is marked in a distribution
MOST_PANELS = 12
MOST_ROUNDS = 1500
LEAST_EFFORT = 0.1  # share of F that a distribution's axis shows at least
STYLE = """
.truth.disc, .truth.diamond { stroke-dasharray: none; stroke-width: 1; }
.tick.above { transform: translateY(-4px); } .span { color: #1a1a1a; opacity: .07; }
"""


def learning_curve(
    seeds: list[Seed], column: str, unit: float, name: str, graded: Figure | None, bound: float | None
) -> Panel:
    """A column of progress for each seed and its mean, with the graded figure at the right end.

    Parameters
    ----------
    seeds : list of Seed
        Seeds that have the column.
    column : str
        Name of the column.
    unit : float
        Divisor of the values.
    name : str
        What is shown, in words.
    graded : Figure or None
        Check of the verdict about the same quantity, if there is one.
    bound : float or None
        Bound of that check.
    """
    courses, end = [seed.progress[column] / unit for seed in seeds], last_update(seeds)
    marks = [value for value in (bound, graded and graded.mean) if value is not None]
    up = (regret_axis if column in REGRETS else _plain_axis)(np.concatenate([*courses, marks]))
    frame = Frame(exact_axis(0, end), up, right=22)
    lines = _seed_lines(frame, seeds, courses, "c0")
    words = f"{name} against updates, {counted(len(seeds), 'seed')} and the mean"
    if bound is not None:
        lines += [frame.level(bound), frame.words(0, bound, f" bound {bound:g}", "start", "tick above")]
        words += f"; bound {bound:g}"
    if graded is not None:
        lines += _whisker(frame, graded)
        words += f"; graded: {graded.mean:.4g}"
    return name, frame.svg(lines, words, "update")


def _seed_lines(frame: Frame, seeds: list[Seed], courses: list[Floats], kind: str) -> list[str]:
    """A faint line for each seed, and a bold one for the mean over seeds."""
    lines = [
        known_line(frame, seed.progress["update"], course, f"{kind} faint")
        for seed, course in zip(seeds, courses, strict=True)
    ]
    return [*lines, known_line(frame, *mean_over_seeds(seeds, courses), f"{kind} bold")]


def _whisker(frame: Frame, graded: Figure) -> list[str]:
    """A figure with its interval, at the right end of the axis."""
    end, interval = frame.across.high, np.clip([graded.low, graded.high], frame.up.low, frame.up.high)
    sign = frame.dot(end, graded.mean, "truth", "diamond")
    return [frame.line([end, end], interval, "truth solid"), sign]


def regret_column(seed: Seed) -> str | None:
    """Name of the column with the regret that the verdict is about; None if there is none."""
    return next((name for name in REGRETS if np.isfinite(seed.progress.get(name, np.nan)).any()), None)


def last_update(seeds: list[Seed]) -> float:
    """The last update that any seed has reached."""
    return float(max(seed.progress["update"][-1] for seed in seeds))


def regret_axis(values: Floats) -> Axis:
    """An axis from 0 over the powers of ten that the values span."""
    known = values[values > 0]
    least = float(known.min()) if known.size else LEAST_REGRET
    return zero_axis(power_of_ten(max(least, LEAST_REGRET)), float(np.nanmax(values)))


def _plain_axis(values: Floats) -> Axis:
    return linear_axis(min(0.0, float(np.nanmin(values))), float(np.nanmax(values)))


def known_line(frame: Frame, updates: Floats, values: Floats, kind: str) -> str:
    """A line through the finite ``values``; a dot if there is only one."""
    known = np.flatnonzero(np.isfinite(values))
    if known.size == 1:
        return frame.dot(updates[known[0]], values[known[0]], kind)
    known = known[thinned(known.size)]
    return frame.line(updates[known], values[known], kind)


def mean_over_seeds(seeds: list[Seed], courses: list[Floats]) -> tuple[Floats, Floats]:
    """Updates that all seeds have reached, and the mean over seeds at each."""
    shortest = min(map(len, courses))
    return seeds[0].progress["update"][:shortest], np.mean([c[:shortest] for c in courses], axis=0)


def effort_courses(game: Game, seeds: list[Seed], expected: Expected | None) -> list[Panel]:
    """Panels of each developer's mean effort against updates, share of F, with the expected effort."""
    scale, end = effort_scale(game), last_update(seeds)
    courses = [
        [seed.progress[f"developer_{i}/effort"] / scale[i] for seed in seeds]
        for i in range(game.n_developers)
    ]
    marks = np.zeros((3, game.n_developers)) if expected is None else _expected_efforts(expected) / scale
    top = max(float(np.nanmax(course)) for course in chain(*courses, marks))
    frame = Frame(exact_axis(0, end), linear_axis(0, top))
    drawn = []
    for i, name in enumerate(game.names[:MOST_PANELS]):
        lines = []
        words = f"Mean effort of {name} against updates, {counted(len(seeds), 'seed')} and the mean"
        if expected is not None:
            mean, low, high = marks[:, i]
            lines.append(frame.area([0, end], [low, low], [high, high], "span"))
            words += f"; {expected.name}: {mean:.4g} of F"
        lines += _seed_lines(frame, seeds, courses[i], colour(i))
        lines += [frame.level(mean, "truth")] if expected is not None else []
        drawn.append((name, frame.svg(lines, words, "update")))
    return drawn


def _expected_efforts(expected: Expected) -> Floats:
    """Mean, trough and peak of each developer's effort ``[3, n]``; all the mean if it is no cycle."""
    mean, cycle = expected.mean, expected.cycle
    return np.stack([mean, *((mean, mean) if cycle is None else (cycle.troughs, cycle.peaks))])


def cycle_courses(game: Game, course: Floats, states: Floats) -> list[Panel]:
    """Panels of each developer's efforts by round, share of F, and of the predicted cycle.

    Parameters
    ----------
    game : Game
        The game that was played.
    course : array ``[rounds, n]``
        Efforts played, effort units; the last three periods are shown, if these are not too long.
    states : array ``[period, n]``
        Efforts on the predicted cycle, effort units.
    """
    first = max(0, len(course) - min(3 * len(states), MOST_ROUNDS))
    scale = effort_scale(game)
    played, rounds = course[first:] / scale, np.arange(first, len(course))
    predicted = in_phase(played, states / scale)
    frame = Frame(exact_axis(first, len(course) - 1), linear_axis(0, max(played.max(), predicted.max())))
    drawn = []
    for i, name in enumerate(game.names[:MOST_PANELS]):
        lines = [
            frame.line(rounds, played[:, i], f"{colour(i)} bold"),
            frame.line(rounds, predicted[:, i], "truth"),
        ]
        words = f"Effort of {name} by round, as played and on the predicted cycle"
        drawn.append((name, frame.svg(lines, words, "round")))
    return drawn


def in_phase(played: Floats, states: Floats) -> Floats:
    """The cycle ``states`` repeated along ``played`` ``[rounds, n]``, in the phase that fits best."""
    place = np.arange(len(played))
    away = [
        np.square(states[(place + shift) % len(states)] - played).sum() for shift in range(len(states))
    ]
    return states[(place + int(np.argmin(away))) % len(states)]


def distributions(game: Game, played: dict[int, Floats], expected: Expected | None) -> list[Panel]:
    """Panels of the share of play with at most so much effort: of each seed, of all and as expected.

    Parameters
    ----------
    game : Game
        The game that was played.
    played : dict of int to array ``[boards, n]``
        Efforts by seed, effort units.
    expected : Expected or None
        The predicted play.
    """
    scale = effort_scale(game)
    strategies = [] if expected is None else expected.strategies
    shown = counted(len(played), "seed")
    together = np.concatenate(list(played.values())) / scale
    tops = [float(efforts.max() / f) for (efforts, _), f in zip(strategies, scale, strict=False)]
    across = linear_axis(0, max(*tops, float(together.max()), LEAST_EFFORT))
    frame = Frame(across, SHARES)
    drawn = []
    for i, name in enumerate(game.names[:MOST_PANELS]):
        lines = [
            _steps(frame, efforts[:, i] / scale[i], None, f"{colour(i)} faint")
            for efforts in played.values()
        ]
        lines.append(_steps(frame, together[:, i], None, f"{colour(i)} bold"))
        words = f"Share of {name}'s play with at most so much effort, {shown} and all"
        if expected is not None:
            efforts, chances = strategies[i]
            lines.append(_steps(frame, efforts / scale[i], chances, "truth"))
            lines += _atoms(frame, efforts / scale[i], chances)
            words += f"; dashed: the {expected.name}, its atoms marked"
        drawn.append((name, frame.svg(lines, words, "effort, share of F")))
    return drawn


def _cumulated(values: Floats, chances: Floats | None) -> tuple[Floats, Floats]:
    """Different values, ascending, and the probability of at most each."""
    weights = np.full(len(values), 1 / len(values)) if chances is None else chances
    found, place = np.unique(values, return_inverse=True)
    return found, np.cumsum(np.bincount(place.ravel(), weights, len(found)))


def _steps(frame: Frame, values: Floats, chances: Floats | None, kind: str) -> str:
    found, below = _cumulated(values, chances)
    kept = thinned(len(found), 150)
    x = np.concatenate(([0.0], np.repeat(found[kept], 2), [frame.across.high]))
    y = np.concatenate(([0.0, 0.0], np.repeat(below[kept], 2)))
    return frame.line(x, y, kind)


def _atoms(frame: Frame, values: Floats, chances: Floats) -> list[str]:
    found, below = _cumulated(values, chances)
    sizes = np.diff(below, prepend=0.0)
    return [frame.dot(found[k], below[k], "truth") for k in np.flatnonzero(sizes >= ATOM)]
