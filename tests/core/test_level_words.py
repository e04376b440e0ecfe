"""Sentences about levels: numbers to the digits that they deserve, and never too low."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from benchgame_env.cli.levels import level_sentence, measuring_lines, rounded_up
from benchgame_env.theory import LeastLevel, Measurement

FOUND = LeastLevel(
    level=3081.4, interval=(3039.6, math.inf), share=0.951, unclear=0.0,
    worth=(1744.6, 4323.4, math.inf), assumed_worth=2000.0, confidence=0.95, draws=1000, entrants=0,
    max_level=800000.0, beyond=(),
)  # fmt: skip


@pytest.mark.parametrize(
    ("level", "shown"), [(3081.4, 3090.0), (3080.0, 3080.0), (0.0, 0.0), (12.301, 12.4), (99950.1, 1e5)]
)
def test_levels_are_rounded_up(level: float, shown: float) -> None:
    assert rounded_up(level) == shown


def test_a_level_to_announce() -> None:
    assert level_sentence(FOUND) == (
        "Announce tune-before-test at 3,090 (3,040 to none with as many other draws): from there on "
        "honest play is stable in 95 % of 1,000 draws of the curves. One rank is taken to be worth "
        "2,000, and the level withstands a worth of 4,320 in half of the draws (1,740 to any in 95 % of "
        "them)."
    )
    far = level_sentence(replace(FOUND, entrants=2, beyond=("a", "b")))
    assert "draws of the curves, with 2 more models in each; that is beyond the last" in far
    assert "checkpoint of a, b. One rank" in far


def test_no_level() -> None:
    assert level_sentence(replace(FOUND, level=math.inf, share=0.712, entrants=1)) == (
        "The data support no level: at 800,000, the largest looked at, honest play is stable in 71.2% "
        "of 1,000 draws of the curves, with 1 more model in each, and 95 % are asked for."
    )


def test_what_to_measure_next() -> None:
    one = Measurement("small", 20000.0, 1319, 2801.0, 3081.4, 1.0)
    worse = replace(one, level=4000.0)
    assert measuring_lines([one, worse]) == [
        "Measure small after 20,000 steps on 1,319 items, which costs 20,000 steps: a level of 2,810 is "
        "expected, after 3,090 today."
    ]
    assert measuring_lines([worse]) == [
        "No single measurement of those looked at is expected to lower the level by 1 % or more."
    ]
    assert measuring_lines([replace(one, level_now=math.inf)])[0].endswith(
        "a level of 2,810 is expected, and none is supported today."
    )
