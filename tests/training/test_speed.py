"""The speed table: that it runs, what its rows say, and that it judges rightly; never how fast."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pytest

import benchgame_env as bg
from benchgame_env.training.run.storage import read_rows
from benchgame_env.training.speed import levels
from benchgame_env.training.speed.__main__ import GOALS, main, table
from benchgame_env.training.speed.contests import MEMORY_OF, QUICK, _arithmetic, _prototype, contests
from benchgame_env.training.speed.grading import Graded, _even, _mixtures, _points, plain_regrets


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal in which no table goes on below."""
    monkeypatch.setenv("COLUMNS", "200")


def test_it_runs_without_peers_and_names_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for peer in ("supersuit", "mpe2"):
        monkeypatch.setitem(sys.modules, peer, None)  # importing it now fails
    out = tmp_path / "speed.csv"
    assert main(["--quick", "--repetitions", "1", "--out", str(out)]) == 0
    rows = read_rows(out)
    every = contests(QUICK) | levels.contests(QUICK)
    expected = {(name, who) for name, found in every.items() for who in found}
    expected |= {("memory", who) for who in MEMORY_OF}
    expected -= {(name, who) for name, who in expected if who in ("SuperSuit", "MPE2")}
    assert {(row["contest"], row["contestant"]) for row in rows} == expected
    assert len(rows) == len(expected)
    assert {row["repetition"] for row in rows} == {"0"}
    assert all(float(row["value"]) > 0 for row in rows if row["unit"] == "ns")
    assert all("numpy 2" in row["versions"] or "numpy 1" in row["versions"] for row in rows)
    assert all("cores" in row["machine"] for row in rows)
    printed, notes = capsys.readouterr()
    assert all(goal.what in printed for goal in GOALS)
    assert "left out: SuperSuit" in notes
    assert "left out: MPE2" in notes
    missing = [line for line in printed.splitlines() if line.endswith("peer missing")]
    assert len(missing) == sum("SuperSuit" in goal.what or "MPE2" in goal.what for goal in GOALS)


def line(rows: list[dict[str, object]], start: str) -> list[str]:
    """What follows the name in the line of the table that starts so."""
    [found] = [text for text in table(rows).splitlines() if text.startswith(start)]
    return found.removeprefix(start).split()


@pytest.mark.parametrize(("theirs", "outcome"), [(1499.0, "not met"), (1500.0, "met")])
def test_medians_are_compared_with_the_goal(theirs: float, outcome: str) -> None:
    times = {"ours": [10.0, 1.0, 99.0], "SuperSuit": [theirs, 0.0, 1e9]}
    rows = [
        {"contest": "step", "contestant": who, "value": value}
        for who, values in times.items()
        for value in values
    ]
    # 10 ns an agent-step are 1e8 in a second; 1,500 / 10 = 150 is just enough.
    assert line(rows, "batched step, agent-steps/s") == ["100,000,000", ">=", "10,000,000", "met"]
    judged = " ".join(line(rows, "  against SuperSuit on this environment"))
    assert judged.endswith(f"150 x {outcome}")
    assert line(rows, "independent PPO against SuperSuit + SB3")[-2:] == ["peer", "missing"]


def test_the_prototype_computes_the_same() -> None:
    game = bg.load_game("pythia-gsm8k")
    ours, plain = _arithmetic(game, 50), _prototype(game, 50)
    assert ours.units == plain.units == 250
    # Both are sums of prizes up to 1 and costs of efforts, the curves in two forms of the same law.
    np.testing.assert_allclose(ours.call(), plain.call(), rtol=1e-9)


def test_the_plain_way_computes_the_same_regrets() -> None:
    sizes = Graded()
    for game in (_even(6), _even(6, power=2), bg.load_game("llama-mmlu")):
        honest = _points(np.zeros(game.n_developers))
        for strategies in (honest, _mixtures(game, sizes.fitted[1])):
            expected = bg.metrics.regrets(game, "direct", strategies)
            np.testing.assert_allclose(plain_regrets(game, strategies), expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("words", [["--repetitions", "0"], ["--repetitions", "two"]])
def test_bad_input_is_one_line(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        status = main(words)
    except SystemExit as stop:
        status = stop.code
    assert status == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_the_growth_goals_are_those_of_n_log_n() -> None:
    # From 2 to 1,000 developers: log grows by log2(1000) = 9.966, n times that by 500 * 9.966.
    bounds = {goal.what: goal.at_most for goal in GOALS}
    [arithmetic] = [bound for what, bound in bounds.items() if "(goal: log n)" in what]
    [step] = [bound for what, bound in bounds.items() if "(goal: n log n)" in what]
    assert arithmetic == pytest.approx(math.log2(1000))
    assert step == pytest.approx(500 * math.log2(1000))
