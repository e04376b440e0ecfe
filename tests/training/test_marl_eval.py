"""The export for marl-eval: its documented structure, balanced as that tool demands."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from benchgame_env.agents.runs.settings import TrainSettings
from benchgame_env.training.benchmark.marl_eval import ABSOLUTE, Curve, curve, export
from benchgame_env.training.grading.figures import SeedFigures
from benchgame_env.training.grading.intervals import Bounds

METRICS = {"play_score", "nash_conv", "kendall_tau"}


def figures(nash_conv: float) -> SeedFigures:
    """Of a duel in which one developer has all the regret."""
    regrets = Bounds.exact([nash_conv, 0.0])
    return SeedFigures.exact(regrets, np.zeros(2), tau=0.5, nash_conv=nash_conv)


def short(task: str, algorithm: str, seed: int, length: int = 2) -> Curve:
    metrics = {name: [0.0] for name in METRICS}
    steps = tuple({"step_count": 10 * k, **metrics} for k in range(length))
    return Curve(task, algorithm, seed, steps, metrics)


def test_a_curve_has_the_graded_updates() -> None:
    # P = 1; 8 copies of 3 x 2 rounds an update.
    settings = TrainSettings(game="duel", agents="honest", copies=8, horizon=3, episodes=2)
    progress = [
        {"update": "0", "nash_conv": "0.5", "largest_regret": "0.25", "kendall_tau": "1.0"},
        {"update": "1", "nash_conv": "", "largest_regret": "", "kendall_tau": ""},
        {"update": "2", "nash_conv": "0.1", "largest_regret": "0.05", "kendall_tau": "0.0"},
    ]
    found = curve("t", "a", 0, settings, progress, figures(0.25))
    assert found is not None
    assert found.steps == (
        {"step_count": 48, "play_score": [0.75], "nash_conv": [0.5], "kendall_tau": [1.0]},
        {"step_count": 144, "play_score": [0.95], "nash_conv": [0.1], "kendall_tau": [0.0]},
    )
    assert found.final == {"play_score": [0.75], "nash_conv": [0.25], "kendall_tau": [0.5]}
    assert curve("t", "a", 0, settings, progress, figures(math.nan)) is None


def test_where_revisions_are_graded_the_score_is_theirs() -> None:
    settings = TrainSettings(game="duel", agents="honest", copies=8, horizon=3, revision="alternating")
    progress = [{"update": "0", "nash_conv": "1.0", "kendall_tau": "1.0", "step_regret": "0.125"}]
    in_turn = replace(figures(1.0), step_regrets=np.array([0.25, 0.1]))
    found = curve("t", "a", 0, settings, progress, in_turn)
    assert found is not None
    assert found.steps[0] == {
        "step_count": 24, "play_score": [0.875], "nash_conv": [1.0], "kendall_tau": [1.0],
    }  # fmt: skip
    assert found.final == {"play_score": [0.75], "nash_conv": [1.0], "kendall_tau": [0.5]}


def test_the_structure_is_the_documented_one() -> None:
    content = export([short("t", name, seed) for name in ("a", "b") for seed in (0, 1)])
    assert json.loads(json.dumps(content)) == content
    runs = content["benchgame"]["t"]
    assert [(name, list(seeds)) for name, seeds in runs.items()] == [
        ("a", ["seed_0", "seed_1"]),
        ("b", ["seed_0", "seed_1"]),
    ]
    for run in [run for seeds in runs.values() for run in seeds.values()]:
        assert list(run) == ["step_0", "step_1", ABSOLUTE]  # what is absolute comes last
        assert set(run["step_0"]) == METRICS | {"step_count"}
        assert set(run[ABSOLUTE]) == METRICS


def test_what_is_unbalanced_is_left_out() -> None:
    content = export(
        [short("x", "a", seed, 5) for seed in (0, 1, 2)]
        + [short("x", "b", seed, 3) for seed in (0, 2)]
        + [short("y", "b", seed) for seed in (0, 1, 2)]  # a has no y
    )
    assert list(content["benchgame"]) == ["x"]
    runs = content["benchgame"]["x"]
    assert [list(seeds) for seeds in runs.values()] == [["seed_0", "seed_2"]] * 2
    counts = [[run[f"step_{k}"]["step_count"] for k in range(3)] for run in runs["a"].values()]
    assert counts == [[0, 20, 40]] * 2  # of five steps the first, the middle and the last


@pytest.mark.parametrize(
    "curves",
    [
        [],
        [short("x", "a", 0), short("x", "b", 1)],
        [short("x", "a", 0), short("y", "b", 0)],
        [short("x", "a", 0), short("x", "b", 0)],  # one seed: no interval to draw
    ],
)
def test_nothing_in_common_is_nothing(curves: list[Curve]) -> None:
    assert export(curves) == {}
