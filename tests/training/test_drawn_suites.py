"""Suites with drawn games: whose names their seeds are made of, tuned on other draws."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import benchgame_env as bg
from benchgame_env.random_games import FAMILIES
from benchgame_env.records import read_toml
from benchgame_env.training.benchmark import __main__ as benchmark
from benchgame_env.training.benchmark.cells import Cell, open_folder, run_cells
from benchgame_env.training.benchmark.named_suites import SUITES, suite_called
from benchgame_env.training.benchmark.order import lead, order_table, pairs
from benchgame_env.training.benchmark.shares import Matches, match_shares, share_rows, share_tables
from benchgame_env.training.benchmark.stages import Stage, Staged, draw_seed, staged
from benchgame_env.training.benchmark.suite import Suite, SuiteRun
from benchgame_env.training.benchmark.tuning import best_settings
from benchgame_env.training.grading.intervals import Estimate, Figure
from benchgame_env.training.grading.judging import grade_and_keep
from benchgame_env.training.grading.verdict import Verdict
from benchgame_env.training.run.storage import read_rows, write_rows

V1 = "benchgame-suite-v1"
TOY = """
name = "toy"
seeds = 1
defaults = { updates = 2, copies = 8, action_type = "discrete", effort_levels = 11 }

[[tasks]]
draws = { mixed-duel = 2, near-duel = 1 }
development = { mixed-duel = 1, near-duel = 1 }

[algorithms.honest]

[algorithms.exp3]
grid = [{ options = { exploration = 0.1 } }, { copies = 4, options = { exploration = 0.5 } }]
"""


def content() -> dict[str, Any]:
    return read_toml(Path(str(SUITES[V1])))


def games(played: Staged) -> list[str]:
    return [game for task in played.table["tasks"] for game in task["games"]]


def test_seeds_of_draws_are_made_of_the_name_of_the_suite() -> None:
    words = b"benchgame-suite-v1/held-out/mixed-duel/0"
    assert draw_seed(V1, "held-out", "mixed-duel", 0) == int(hashlib.sha256(words).hexdigest()[:8], 16)


def test_the_suite_has_50_held_out_games_and_develops_on_others() -> None:
    held_out = games(staged(content(), Stage()))
    assert len(held_out) == len(set(held_out)) == 50
    for number in range(3):
        assert not set(held_out) & set(games(staged(content(), Stage(development=number))))
    first, other = (games(staged(content(), Stage(development=number))) for number in (0, 1))
    assert len(first) == len(other) == 6
    assert not set(first) & set(other)


def test_doing_nothing_matches_no_task_of_the_suite() -> None:
    """Bounds of verdicts are 2.5 % of P where no pure equilibrium exists, and 1 % where one does."""
    for game in games(staged(content(), Stage())):
        family = FAMILIES[game.partition("/")[0]]
        made = bg.load_game(game)
        regrets = bg.metrics.regrets(made, family.protocol, np.zeros(made.n_developers))
        assert regrets.max() / made.prize_range > (0.025 if family.regime == "cycle" else 0.01)


def test_all_learners_of_the_suite_have_the_same_budget() -> None:
    learners = [run.settings for run in suite_called(V1, stage=Stage(development=0)).runs]
    plays = {run.updates * run.copies * run.rounds for run in learners}
    assert plays == {4096}
    algorithms = content()["algorithms"]
    assert {name: len(own.get("grid", [])) for name, own in algorithms.items()} == {
        name: 0 if name in ("honest", "random") else 2 for name in algorithms
    }


def test_a_stage_has_every_setting_or_the_chosen_one(tmp_path: Path) -> None:
    path = tmp_path / "toy.toml"
    path.write_text(TOY)
    tuning = Suite.read(path, stage=Stage(development=3))
    assert tuning.name == "toy-development-3"
    assert {run.algorithm for run in tuning.runs} == {"exp3=0", "exp3=1"}
    assert {run.settings.copies for run in tuning.runs if run.algorithm == "exp3=1"} == {4}
    suite = Suite.read(path, stage=Stage(chosen={"exp3": 1}))
    chosen = [run.settings for run in suite.runs if run.algorithm == "exp3"]
    assert {(run.copies, run.options["exp3"]["exploration"]) for run in chosen} == {(4, 0.5)}
    assert [run.group for run in suite.runs] == 2 * ["mixed-duel", "mixed-duel", "near-duel"]
    assert len(Suite.read(path, stage=Stage(most=1)).runs) == 4  # two families, two algorithms


@pytest.mark.parametrize(
    ("old", "new", "culprit"),
    [
        ("grid = [{ options = { exploration = 0.1 } }, ", "grid = [", ""),
        ("draws = {", 'games = ["duel"]\ndraws = {', "a task with draws has its families' own"),
        ("draws = { mixed-duel = 2, near-duel = 1 }", "draws = {}", "tasks: draws: expected numbers"),
        ("draws = { mixed-duel", "draws = { odd-duel", "draws: unknown 'odd-duel'; known: "),
        ("near-duel = 1 }\ndev", "near-duel = 0 }\ndev", "near-duel: must be"),
        ("[algorithms.honest]", "[algorithms.honest]\ngrid = [{}]", "as many settings, got"),
        ("[algorithms.honest]", "[algorithms.honest]\ngrid = 3", "honest.grid: expected a list"),
        ("[algorithms.honest]", "[algorithms.honest]\nneeds = 3", "honest.needs: expected a list"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(tmp_path: Path, old: str, new: str, culprit: str) -> None:
    assert old in TOY
    path = tmp_path / "toy.toml"
    path.write_text(TOY.replace(old, new, 1))
    if not culprit:
        assert Suite.read(path).grids == {"exp3": 1}
        return
    with pytest.raises(ValueError, match=culprit):
        Suite.read(path)


def test_algorithms_without_their_libraries_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "toy.toml"
    path.write_text(TOY.replace("[algorithms.honest]", '[algorithms.honest]\nneeds = ["no_such_thing"]'))
    suite = Suite.read(path)
    assert suite.left_out == {"honest": ["no_such_thing"]}
    assert {run.algorithm for run in suite.runs} == {"exp3"}


def test_the_best_mean_score_is_chosen_and_a_failed_cell_scores_nothing(tmp_path: Path) -> None:
    regrets = {"a=0": ["0.1", "0.3"], "a=1": ["0.05", ""], "b=0": ["0.2", "0.2"], "b=1": ["0.2", "0.2"]}
    rows = [{"algorithm": name, "regret": one} for name, own in regrets.items() for one in own]
    write_rows(tmp_path / "rows.csv", rows)
    suite = Suite("toy", (), drawn=True, grids={"a": 2, "b": 2})
    chosen = best_settings(tmp_path, suite)
    assert chosen.scores == {"a": pytest.approx([0.8, 0.475]), "b": pytest.approx([0.8, 0.8])}
    assert chosen.indices == {"a": 0, "b": 0}


def test_shares_are_means_over_draws() -> None:
    settings = suite_called("benchgame-suite-v0-quick").runs[0].settings
    passed = {"x/1": 1.0, "x/2": 0.0, "x/3": 1.0, "y/1": 0.0}
    runs = tuple(SuiteRun(game, "a", settings, game[0]) for game in passed)
    verdicts = {
        (game, "a"): Verdict("undecided", "", "", share=Figure("seeds", share, 0.0, 1.0))
        for game, share in passed.items()
    }
    scores = {"a": {"x": [0.99, 0.96, 0.95], "y": [np.nan]}}
    found = match_shares(Suite("toy", runs, drawn=True), verdicts, scores, np.random.default_rng(0))["a"]
    assert found.match.value == found.last_iterate.value == 0.5  # two of four
    assert found.near.value == 0.5  # those with more than .95
    assert found.by_family == {"x": pytest.approx(2 / 3), "y": 0.0}


def test_a_cell_is_graded_with_the_players_that_were_trained(tmp_path: Path) -> None:
    """Their figures are those of players that are read from the checkpoint."""
    path = tmp_path / "toy.toml"
    path.write_text(TOY + "[algorithms.mmd]\n[algorithms.dqn]\n[algorithms.ppo-annealed]\n")
    runs = [run for run in Suite.read(path, stage=Stage(most=1)).runs if run.group == "near-duel"]
    for run in runs:
        folder = tmp_path / run.name
        run.settings.save(folder)
        run_cells([Cell(run, folder, 0)])
        whole = [(folder / "seed-0" / name).read_bytes() for name in ("figures.json", "rows.csv")]
        grade_and_keep(run.settings, folder, 0)
        assert whole == [
            (folder / "seed-0" / name).read_bytes() for name in ("figures.json", "rows.csv")
        ]


def _noisy(means: dict[str, float], rng: np.random.Generator) -> dict[str, dict[str, list[float]]]:
    """Scores on two families of 20 draws; the difficulty of a draw is the same for everybody."""
    hard = rng.normal(0.0, 0.2, size=(2, 20))
    return {
        name: {task: list(mean + hard[k] + rng.normal(0.0, 0.01, 20)) for k, task in enumerate("xy")}
        for name, mean in means.items()
    }


def test_an_order_is_that_of_differences_on_the_same_draws() -> None:
    """Draws differ by 0.2, twenty times as much as algorithms do between draws: 0.05 shows only because
    differences are taken draw by draw (their standard error is .014 / sqrt(40) = .002)."""
    rng = np.random.default_rng(0)
    before = _noisy({"a": 0.9, "b": 0.85, "c": 0.5, "d": 0.5}, rng)
    now = before | _noisy({"a": 0.8, "b": 0.85}, rng) | {"e": before["a"]}
    found = {(p.one, p.other): p for p in pairs(before, now, {"a"}, rng)}
    assert found.keys() == {("a", "b"), ("a", "c"), ("a", "d")}  # e is new, b and c play as before
    assert found["a", "b"].signs == (1, -1)
    assert found["a", "b"].before.value == pytest.approx(0.05, abs=0.01)
    text = order_table(list(found.values()), "there")
    assert "a less b: 0.0" in text
    assert text.endswith("The order of algorithms is not the same.")


def test_an_order_stays_where_intervals_hold_zero() -> None:
    even = {task: [0.1, -0.1] * 5 for task in "xy"}
    zero = {task: [0.0] * 10 for task in "xy"}
    high = {task: [0.5] * 10 for task in "xy"}
    before, now = {"a": even, "b": zero, "c": high}, {"a": high, "b": zero, "c": zero}
    found = pairs(before, now, {"a"}, np.random.default_rng(0))
    assert [pair.signs for pair in found] == [(0, 1), (-1, 1)]
    rows = order_table(found[:1], "there").splitlines()
    assert rows[-1] == "The order of algorithms is unchanged within the intervals."
    assert [row.split()[-1] for row in rows[3:7]] == ["0", "0", "1", "0"]
    assert order_table([], "there") == "No algorithm has other settings than in there."


def test_draws_without_a_score_are_left_out_of_a_difference() -> None:
    one = {"x": [0.5, np.nan, 0.7, 0.6], "y": [np.nan, np.nan]}
    found = lead(one, {"x": [0.4, 0.0, 0.5, np.nan], "y": [0.1, 0.2]}, np.random.default_rng(0))
    assert found is not None
    assert found.value == pytest.approx(0.15)  # of .1 and .2
    assert lead(one, {"z": [0.1]}, np.random.default_rng(0)) is None


@pytest.mark.parametrize("of", ["nothing", "other games"])
def test_a_folder_of_something_else_is_refused_at_once(
    of: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, there = tmp_path / "toy.toml", tmp_path / "there"
    path.write_text(TOY)
    if of == "other games":
        open_folder(suite_called("benchgame-suite-v0-quick"), there)
    assert benchmark.main([str(path), "--out", str(tmp_path / "out"), "--against", str(there)]) == 2
    assert str(there) in capsys.readouterr().err
    assert not (tmp_path / "toy-development-0").exists()


def test_an_algorithm_that_plays_fewer_families_has_empty_cells() -> None:
    one = Estimate(1.0, 1.0, 1.0)
    shares = {"a": Matches(one, one, one, {"x": 1.0}), "b": Matches(one, one, one, {"x": 0.5, "y": 0.0})}
    first, second = share_rows(shares)
    assert first.keys() == second.keys()
    assert (first["x"], first["y"], second["y"]) == (1.0, "", 0.0)
    assert share_tables(shares).splitlines()[-2].split() == ["a", "100%"]


def test_the_command_tunes_and_then_plays_the_held_out_draws(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / "toy.toml", tmp_path / "out"
    path.write_text(TOY)
    words = [str(path), "--out", str(out), "--workers", "1"]
    assert benchmark.main(words) == 0
    first = capsys.readouterr().out
    assert "Mean of 1 - regret / P on the development draws:" in first
    assert {row["algorithm"] for row in read_rows(tmp_path / "toy-development-0" / "rows.csv")} == {
        "exp3=0",
        "exp3=1",
    }
    assert len(read_rows(out / "rows.csv")) == 6  # three draws, two algorithms
    honest, _ = read_rows(out / "shares.csv")
    assert (honest["algorithm"], float(honest["match_share"])) == ("honest", 0.0)
    assert "On mixed-duel; near-duel:" in first
    again = tmp_path / "again"
    path.write_text(TOY.replace("exploration = 0.5", "exploration = 0.4"))
    words = [*words[:2], str(again), *words[3:], "--development", "1", "--against", str(out)]
    assert benchmark.main(words) == 0
    second = capsys.readouterr().out
    assert "two algorithms" in second
    names = ("rows.csv", "figures.json", "checkpoint.pt")
    for cell in out.glob("runs/*honest/seed-0"):  # taken over
        there = again / cell.relative_to(out)
        assert all((cell / name).read_bytes() == (there / name).read_bytes() for name in names)
        assert not list(there.glob("events*"))
    assert list(again.glob("runs/*exp3/seed-0/events*"))  # played anew
