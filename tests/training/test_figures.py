"""Figures of a seed: what one course of play comes to, and a file that is read back exactly."""

from __future__ import annotations

import json
import math
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

import benchgame_env as bg
from benchgame_env.records import plain
from benchgame_env.training.grading.exact_figures import Grader
from benchgame_env.training.grading.figures import SeedFigures, cycle_figures, load_figures, save_figures
from benchgame_env.training.grading.intervals import Bounds

SEED = SeedFigures(
    regrets=Bounds(np.array([0.1 + 0.2, 0.0, 1.0]), np.zeros(3), np.array([1.0, np.inf, np.nan])),
    average_regrets=Bounds.exact(np.full(3, math.nan)),  # 0.1 + 0.2 has no short decimal form
    efforts=np.array([1 / 3, 0.0, np.nan]),
    average_efforts=np.array([1e-300, -0.0, 1.0]),
    movement=math.inf,
    in_order=True,
    tau=-1.0,
    nash_conv=5e-324,
    peaks=np.array([0.5, -np.inf, 2 / 3]),
    period=290.0,
)


def same(a: object, b: object) -> bool:
    """To the bit, kinds included."""
    if isinstance(a, Bounds):
        return isinstance(b, Bounds) and all(same(getattr(a, end), getattr(b, end)) for end in vars(a))
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and (a.dtype, a.tobytes()) == (b.dtype, b.tobytes())
    return type(a) is type(b) and (a == b or (a != a and b != b))


def test_a_file_is_read_back_exactly(tmp_path: Path) -> None:
    path = tmp_path / "seed-0" / "figures.json"
    save_figures(path, SEED)
    back = load_figures(path)
    for field in fields(SeedFigures):
        assert same(getattr(SEED, field.name), getattr(back, field.name)), field.name
    json.loads(path.read_text(), parse_constant=pytest.fail)  # plain JSON, for other programs
    assert [one.name for one in path.parent.iterdir()] == ["figures.json"]


def changed(**values: object) -> str:
    return json.dumps(json.loads(whole()) | values)


def whole() -> str:
    return json.dumps(plain(SeedFigures.exact(Bounds.exact(np.zeros(2)), np.zeros(2), tau=1.0)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        whole()[:-5],
        "[]",
        "{}",
        changed(more=1.0),
        changed(regrets=None),
        changed(regrets="small"),
        changed(nash_conv=True),
        changed(in_order=1.0),
        changed(efforts=None),
        changed(efforts=[]),
        changed(efforts=[[0.0]]),
        changed(efforts=[0.0]),
        changed(peaks=[0.0, 0.0, 0.0]),
        changed(regrets={"estimate": [0.0, 0.0], "low": [0.0, 0.0], "high": [0.0]}),
        changed(rules=1),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "figures.json"
    path.write_text(whole())
    assert load_figures(path).tau == 1.0
    path.write_text(text)
    with pytest.raises(ValueError, match=f"{path} is damaged: .+"):
        load_figures(path)


def test_bytes_that_are_no_text_and_a_missing_file_are_named(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    with pytest.raises(ValueError, match=f"{path} is missing"):
        load_figures(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match=f"{path} is damaged"):
        load_figures(path)


def test_figures_of_a_course_by_hand() -> None:
    # Duel with a prize of 2, so P = 2 and F = 2. From (0, 0): the weaker plays 0.75, the favourite
    # nothing, the weaker 0.5 (levels, indices 0.5 + 0.75 and 1), again and again. To tie at 1.25 the
    # favourite needs 0.25 and wins 2; after 0.5 it is still on top, by the tie rule.
    game, levels = bg.load_game("duel", prizes=[2.0, 0.0]), np.arange(9) / 4
    efforts = np.tile([[0.0, 0.75], [0.0, 0.75], [0.0, 0.5], [0.0, 0.5]], (5, 1))
    who = np.tile([1, 0], 10)
    figures = cycle_figures(game, bg.make_protocol("direct"), efforts, who, levels=levels)
    assert (figures["periodic"], figures["period"]) == (True, 4.0)
    assert figures["peaks"].tolist() == [0.0, 0.375]
    # Missed: 0; 2 - 0.25 for the favourite; 0.25 less than 0.75 would win 1.25, against -0.5; 0.
    assert figures["wrong_boards"] == 0.5  # the weaker is on top after 0.75 and not after 0.5
    assert figures["step_regrets"] == pytest.approx([1.75 / 2 / 2] * 2, abs=1e-15)


def test_only_the_cycle_counts_not_the_approach_to_it() -> None:
    # Ten revisions of waste, then nobody moves where nobody gains.
    game = bg.load_game("duel-small-prize")
    efforts = np.vstack((np.tile([0.0, 0.4], (10, 1)), np.zeros((30, 2))))
    who = np.tile([1, 0], 20)
    figures = cycle_figures(game, bg.make_protocol("direct"), efforts, who)
    assert (figures["period"], figures["wrong_boards"]) == (1.0, 0.0)
    assert figures["step_regrets"].tolist() == figures["peaks"].tolist() == [0.0, 0.0]


def test_without_a_cycle_the_second_half_counts() -> None:
    game, who = bg.load_game("duel"), np.tile([1, 0], 10)
    efforts = np.zeros((20, 2))
    efforts[2::2, 1] = efforts[3::2, 1] = np.linspace(0.9, 0.1, 9)
    figures = cycle_figures(game, bg.make_protocol("direct"), efforts, who)
    assert (figures["periodic"], figures["peaks"].tolist()) == (False, [0.0, efforts[10:, 1].max()])
    assert math.isnan(figures["period"])
    assert figures["step_regrets"].max() > 0.1


def test_who_never_revises_has_no_regret_of_its_own() -> None:
    figures = cycle_figures(
        bg.load_game("duel"), bg.make_protocol("direct"), np.zeros((6, 2)), np.zeros(6, dtype=int)
    )
    assert figures["step_regrets"].tolist() == [0.0, 0.0]


def test_developers_who_share_a_rank_are_ranked_neither_right_nor_wrong() -> None:
    # Tied pairs count 0, as in `metrics.Outcomes`: one board in order, one shared, mean 0.5.
    grader = Grader(bg.load_game("duel"), bg.make_protocol("direct", ties="split"), None)
    assert grader(np.zeros((1, 2)), np.array([[1, 1]]))["kendall_tau"] == 0.0
    assert grader(np.zeros((2, 2)), np.array([[1, 1], [1, 2]]))["kendall_tau"] == 0.5
