"""The level to announce and what to measure next, in sentences for people who design benchmarks."""

from __future__ import annotations

import math
from collections.abc import Sequence

from benchgame_env.theory import LeastLevel, Measurement
from benchgame_env.validate import LARGEST

DIGITS = 3  # that a level from draws deserves
MOST_NAMES = 5  # in a sentence
LOWER = 0.99  # of the level of today: less is no more than the number of draws may explain


def level_sentence(found: LeastLevel) -> str:
    """Which level to announce and how sure that is, or that the data support none."""
    share, draws = percent(found.confidence), f"{found.draws:,} draws of the curves"
    joined = ""
    if found.entrants:
        joined = f", with {found.entrants} more model{'s' * (found.entrants > 1)} in each"
    if not found.supported:
        return (
            f"The data support no level: at {plain(found.max_level)}, the largest looked at, honest "
            f"play is stable in {found.share:.1%} of {draws}{joined}, and {share} are asked for."
        )
    beyond = f"; that is beyond the last checkpoint of {models(found.beyond)}" * bool(found.beyond)
    low, middle, high = (worth_shown(worth) for worth in found.worth)
    return (
        f"Announce tune-before-test at {plain(rounded_up(found.level))} ({span(found.interval)} with as "
        f"many other draws): from there on honest play is stable in {share} of {draws}{joined}{beyond}. "
        f"One rank is taken to be worth {found.assumed_worth:,.4g}, and the level withstands "
        f"{'any worth' if middle == 'any' else f'a worth of {middle}'} in half of the draws ({low} to "
        f"{high} in 95 % of them)."
    )


def measuring_lines(found: Sequence[Measurement]) -> list[str]:
    """What to measure next and what it costs; or that nothing is expected to lower the level."""
    lower = [one for one in found if one.level < LOWER * one.level_now]
    if not lower:
        return [
            "No single measurement of those looked at is expected to lower the level by 1 % or more."
        ]
    now = lower[0].level_now
    today = (
        f"after {plain(rounded_up(now))} today" if math.isfinite(now) else "and none is supported today"
    )
    return [
        f"Measure {one.model} after {one.steps:,.6g} steps on {one.items:,} items, which costs "
        f"{one.steps:,.6g} steps: a level of {plain(rounded_up(one.level))} is expected, {today}."
        for one in lower
    ]


def rounded_up(level: float) -> float:
    """``level`` to `DIGITS` digits, and not below it."""
    if level <= 0 or math.isinf(level):
        return level
    unit = 10.0 ** (math.floor(math.log10(level)) + 1 - DIGITS)
    return float(f"{math.ceil(level / unit * (1 - 1e-12)) * unit:.{DIGITS + 2}g}")


def plain(value: float) -> str:
    """A number with commas, as in 1,000,000; six digits where it is small."""
    return f"{value:,.0f}" if 1e5 <= value < 1e15 else f"{value:,.6g}"


def percent(share: float) -> str:
    """A share in a sentence."""
    return f"{100 * share:.3g} %"


def models(names: Sequence[str]) -> str:
    """Names in a sentence; how many there are, where they are more than `MOST_NAMES`."""
    return ", ".join(names) if len(names) <= MOST_NAMES else f"{len(names):,} models"


def worth_shown(worth: float) -> str:
    """The largest worth of a rank, as words in a sentence."""
    return "any" if worth >= LARGEST else plain(float(f"{worth:.{DIGITS}g}"))


def span(interval: tuple[float, float]) -> str:
    """The interval of a level in words."""
    low, high = (f"{plain(rounded_up(end))}" if math.isfinite(end) else "none" for end in interval)
    return f"{low} to {high}"
