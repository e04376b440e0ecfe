"""``benchgame judge``: plays and strategies in CSV files, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tools.checks import status
from tools.files import fitted_file

import benchgame_env as bg
from benchgame_env.training import judge, judge_plays

STRATEGIES = "developer,effort,probability\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "given.csv"
    path.write_text(text, encoding="utf-8")
    return path


def plays_file(folder: Path, plays: np.ndarray, header: str = "developer_0,developer_1") -> Path:
    lines = [header, *(",".join(map(repr, row)) for row in plays.tolist())]
    return written(folder, "\n".join(lines) + "\n")


# Honest play is the equilibrium of the small prize. In the duel, where P is 1, the weaker of the two
# passes with an effort of 0.5 (theory section 5), so that it gains half of P on honest play.
@pytest.mark.parametrize(
    ("game", "expected", "words"),
    [("duel-small-prize", 0, "0 % of P"), ("duel", 1, "(developer_1) could win 50 % of P")],
)
def test_honest_plays_match_where_honesty_is_the_equilibrium(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], game: str, expected: int, words: str
) -> None:
    path = plays_file(tmp_path, np.zeros((10_000, 2)))
    assert status(judge_plays.main, path, "--game", game) == expected
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    printed = " ".join(" ".join(lines).split())
    assert words in printed
    assert judge(game, "direct", plays=np.zeros((10_000, 2))).sentence in printed


def test_few_plays_are_undecided(tmp_path: Path) -> None:
    assert status(judge_plays.main, plays_file(tmp_path, np.zeros((3, 2))), "--game", "duel") == 3


def test_columns_may_have_the_names_of_the_game_in_any_order(tmp_path: Path) -> None:
    game = bg.load_game("duel")
    path = plays_file(tmp_path, np.array([[0.5, 0, 7], [0.25, 0.125, 7]]), "model-1,model-0,other")
    assert judge_plays.read_efforts(path, game)["plays"].tolist() == [[0, 0.5], [0.125, 0.25]]


def test_strategies_are_graded_exactly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # Half of the time at 0 and at 0.5: rows may stand in any order.
    path = written(tmp_path, STRATEGIES + "model-1,0.25,1\ndeveloper_0,0,0.5\ndeveloper_0,0.5,0.5\n")
    assert status(judge_plays.main, path, "--game", "duel") == 1
    printed = capsys.readouterr().out
    mixed = [([0.0, 0.5], [0.5, 0.5]), ([0.25], [1.0])]
    assert judge("duel", "direct", strategies=mixed).sentence in " ".join(printed.split())
    # With qualities 1 and 0.5 the best model wins without effort, which saves it 0.25 on average. The
    # other never wins with 0.25, which 0 saves; to win half of the time costs it 0.5.
    rows = [line.split() for line in printed.splitlines()[2:4]]
    assert [row[-2:] for row in rows] == [["25", "%"]] * 2
    assert [float(row[2]) for row in rows] == [0.25, 0.25]


def test_the_rule_and_its_parameters_are_those_of_the_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # 3000 is in the proved interval of stable levels, [2248, 800000] (docs/levels.md).
    words = ("--game", "pythia-gsm8k", "--protocol", "tune-before-test", "--level", "3000")
    header = ",".join(f"developer_{i}" for i in range(5))
    assert status(judge_plays.main, plays_file(tmp_path, np.zeros((10_000, 5)), header), *words) == 0
    assert "tune-before-test(level=3000): match" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "row 1 is empty"),
        ("developer_0,developer_1\n", "no row below the header"),
        ("developer_0\n0\n", "missing columns: developer_1 or model-1"),
        (
            "developer_0,model-0,developer_1\n0,0,0\n",
            "two columns of one developer: developer_0, model-0",
        ),
        ("developer_0,developer_1\n0,0\n0,x\n", "row 3: developer_1: expected a number, got 'x'"),
        ("developer_0,developer_1\n0\n", "row 2: developer_1: expected a number, got ''"),
        ("developer_0,developer_1\n-1,0\n", "row 2: developer_0: must be >= 0, got -1"),
        ("developer_0,developer_1\nnan,0\n", "row 2: developer_0: must be finite, got nan"),
        ("developer_0,developer_1\n0,0,0\n", "row 2: 3 cells"),
        (STRATEGIES + "model-2,0,1\n", "row 2: developer: 'model-2' is none of developer_0, model-0"),
        (STRATEGIES + "model-0,0,1\n", "no row of model-1"),
        (STRATEGIES + "model-0,0,1\nmodel-1,0,1.5\n", "row 3: probability: must be <= 1, got 1.5"),
        (STRATEGIES + "model-0,0,0.5\nmodel-1,0,1\n", "probabilities sum to 0.5"),
        ("developer_0,developer_1\n" + "9e999,0\n", "row 2: developer_0: must be finite"),
    ],
)
def test_bad_files_are_one_line_with_row_and_column(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, fault: str
) -> None:
    path = written(tmp_path, text)
    assert status(judge_plays.main, path, "--game", "duel") == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"benchgame judge: {path}: ")
    assert fault in line


def test_efforts_above_a_budget_name_row_and_column(tmp_path: Path) -> None:
    game = bg.load_game("duel", budget=0.5)
    path = plays_file(tmp_path, np.array([[0.5, 0.5], [0, 0.75]]))
    with pytest.raises(ValueError, match=r"row 3: developer_1: must be <= 0.5, got 0.75"):
        judge_plays.read_efforts(path, game)


def test_a_game_without_prizes_to_win_is_refused() -> None:
    flat = bg.load_game("duel", prizes=[1.0, 1.0])
    with pytest.raises(ValueError, match=r"^game: all ranks pay the same"):
        judge(flat, "direct", strategies=[0.0, 0.0])


def test_a_game_may_be_a_file(tmp_path: Path) -> None:
    game = fitted_file(tmp_path / "game.json", ["a", "b"])
    assert status(judge_plays.main, plays_file(tmp_path, np.zeros((9, 2)), "a,b"), "--game", game) in (
        1,
        3,
    )
