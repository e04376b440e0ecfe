"""The board as a picture."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any

import numpy as np
import pytest
from tools.checks import ROOT, printed, python

import benchgame_env as bg
from benchgame_env.play import render

has_matplotlib = pytest.mark.skipif(
    importlib.util.find_spec("matplotlib") is None, reason="needs matplotlib"
)


def shown(game: Any = "duel", efforts: Any = None, **settings: Any) -> np.ndarray:
    """The picture after a round in which everybody spends these shares of the largest effort."""
    env = bg.parallel_env(game, render_mode="rgb_array", **({"horizon": 4} | settings))
    env.reset(seed=0)
    if efforts is not None:
        env.step({agent: 2 * share - 1 for agent, share in zip(env.agents, efforts, strict=True)})
    picture = env.render()
    assert isinstance(picture, np.ndarray)
    return picture


def filled(picture: np.ndarray, row: int, start: int, width: int) -> int:
    """How many pixels of a bar are coloured, in the given row of the board."""
    line = picture[render.HEAD + render.ROW * row + render.ROW // 2, start : start + width]
    return int((line != render.EMPTY).any(axis=1).sum())


@has_matplotlib
def test_a_picture_has_a_row_for_each_developer() -> None:
    for name, n in (("duel", 2), ("five", 5)):
        picture = shown(name)
        assert picture.dtype == np.uint8
        height = render.HEAD + n * render.ROW + render.FOOT
        assert picture.shape == (height, render.WIDTH, 3)
        assert picture.flags.owndata


@has_matplotlib
def test_bars_show_scores_and_shares_of_the_largest_effort() -> None:
    picture = shown("duel", [0.0, 0.75])
    # Effort 0.75 takes the weaker to 1 - exp(-1.25) = 0.713, above 1 - exp(-1) = 0.632: first row.
    scores = [filled(picture, row, render.SCORE_BAR, render.SCORE_WIDTH) for row in (0, 1)]
    efforts = [filled(picture, row, render.EFFORT_BAR, render.EFFORT_WIDTH) for row in (0, 1)]
    assert scores == [round(0.713 * render.SCORE_WIDTH), round(0.632 * render.SCORE_WIDTH)]
    assert efforts == [round(0.75 * render.EFFORT_WIDTH), 0]


@has_matplotlib
def test_developers_keep_their_colour_when_the_order_changes() -> None:
    first, swapped = shown("duel", [0.5, 0.5]), shown("duel", [0.0, 0.75])
    y, x = render.HEAD + render.ROW // 2, render.SCORE_BAR + 2
    assert first[y, x].tolist() == swapped[y + render.ROW, x].tolist() == list(render.COLOURS[0])
    assert first[y + render.ROW, x].tolist() == swapped[y, x].tolist() == list(render.COLOURS[-1])


@has_matplotlib
def test_a_mark_says_who_could_revise() -> None:
    picture = shown("three", [0.0, 0.0, 0.0], revision="alternating")  # the turn of the last
    margin = picture[render.HEAD :, : render.RANK - 25]
    rows = [(margin[k * render.ROW : (k + 1) * render.ROW] != 255).any().item() for k in range(3)]
    assert rows == [False, False, True]


@has_matplotlib
def test_names_scores_and_rounds_are_on_it() -> None:
    # Each changes the picture where it is written, and nowhere else.
    plain = shown("duel", [0.5, 0.5])
    other = shown(bg.load_game("duel", names=["another", "developer_1"]), [0.5, 0.5])
    named = bg.load_game("duel").names
    assert named != ("another", "developer_1")
    rows, columns = np.nonzero((plain != other).any(axis=2))
    assert rows.min() >= render.HEAD
    assert columns.min() >= render.NAME - 1
    assert columns.max() < render.SCORE - 40
    later = shown("duel", [0.5, 0.5], horizon=5)
    assert np.nonzero((plain != later).any(axis=2))[0].max() < render.HEAD - 24


@has_matplotlib
def test_pictures_are_the_same_bit_for_bit() -> None:
    assert np.array_equal(shown("five", [0.1] * 5), shown("five", [0.1] * 5))
    env = bg.parallel_env("duel", render_mode="rgb_array")
    env.reset(seed=0)
    first = env.render()
    known = first.copy()
    first[:] = 0
    assert np.array_equal(env.render(), known)


@has_matplotlib
@pytest.mark.parametrize("name", ["$x$ _a_ \\frac", "x" * 150, "\u6a21\u578b\u4e00", "\u0645"])
def test_any_name_is_drawn(name: str) -> None:
    picture = shown(bg.load_game("duel", names=[name, "b"]), [0.5, 0.5])
    # It ends before the column of scores begins.
    gap = picture[render.HEAD : render.HEAD + render.ROW, render.SCORE - 48 : render.SCORE - 42]
    assert (gap == 255).all()


@has_matplotlib
def test_scores_that_are_no_accuracies_have_no_bar() -> None:
    curves = bg.curves.Tabulated([[0.0, 1.0], [0.0, 1.0]], [[-3.0, 40.0], [-5.0, 55.0]])
    picture = shown(bg.Game(curves, bg.LinearCost(1.0), [1.0, 0.0]), [0.5, 0.5])
    assert filled(picture, 0, render.EFFORT_BAR, render.EFFORT_WIDTH) == render.EFFORT_WIDTH // 2
    bars = picture[render.HEAD :, render.SCORE_BAR : render.SCORE_BAR + render.SCORE_WIDTH]
    assert (bars == 255).all()


@has_matplotlib
def test_looking_before_reset_says_so() -> None:
    with pytest.raises(RuntimeError, match="reset"):
        bg.parallel_env(render_mode="rgb_array").render()


def test_a_missing_matplotlib_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ValueError, match=r"'rgb_array' needs matplotlib.*benchgame-env\[plot\]"):
        bg.parallel_env(render_mode="rgb_array")
    bg.parallel_env(render_mode="ansi").reset(seed=0)  # the others need nothing


@has_matplotlib
def test_matplotlib_is_imported_only_to_draw() -> None:
    code = (
        "import sys, benchgame_env as bg\n"
        "env = bg.parallel_env(render_mode='rgb_array')\n"
        "env.reset(seed=0)\n"
        "assert 'matplotlib' not in sys.modules\n"
        "env.render()\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    printed(python(ROOT, "-c", code))
