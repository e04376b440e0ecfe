"""Settings files of benchmarks: what they say, and one line for what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tools.checks import status

from benchgame_env.training.benchmark.__main__ import main
from benchgame_env.training.benchmark.named_suites import SUITES, suite_called
from benchgame_env.training.benchmark.suite import Suite

GOOD = """
name = "small"
seeds = 2
defaults = { updates = 7, copies = 5 }

[[tasks]]
name = "duels"
games = ["duel", "duel-small-prize"]
protocols = ["direct", "tune-before-test:level=0.5"]

[[tasks]]
name = "in turn"
games = ["duel"]
revision = "alternating"
horizon = 4
action_type = "discrete"

[algorithms.ppo]
options = { learning_rate = 1e-3 }
at."in turn" = { updates = 9 }

[algorithms.mixed]
agents = "ppo,honest"
options.ppo = { hidden = 8 }
copies = 6
tasks = ["in turn"]
"""


def suite(tmp_path: Path, text: str) -> Suite:
    path = tmp_path / "suite.toml"
    path.write_text(text)
    return Suite.read(path)


def test_runs_are_algorithms_on_games_under_protocols(tmp_path: Path) -> None:
    read = suite(tmp_path, GOOD)
    assert [(run.task, run.algorithm) for run in read.runs] == [
        ("duel, direct, simultaneous", "ppo"),
        ("duel, tune-before-test(level=0.5), simultaneous", "ppo"),
        ("duel-small-prize, direct, simultaneous", "ppo"),
        ("duel-small-prize, tune-before-test(level=0.5), simultaneous", "ppo"),
        ("in turn", "ppo"),
        ("in turn", "mixed"),
    ]
    tuned, turns, mixed = read.runs[1].settings, read.runs[4].settings, read.runs[5].settings
    assert (tuned.game, tuned.parameters, tuned.updates, tuned.copies) == ("duel", {"level": 0.5}, 7, 5)
    assert tuned.options == turns.options == {"ppo": {"learning_rate": 1e-3}}
    assert (turns.revision, turns.horizon, turns.updates, turns.seeds) == ("alternating", 4, 9, 2)
    assert (mixed.agents, mixed.options, mixed.copies) == ("ppo,honest", {"ppo": {"hidden": 8}}, 6)
    names = [run.name for run in read.runs]
    assert len(set(names)) == len(names)
    assert names[1] == "duel-tune-before-test(level=0.5)-simultaneous-ppo"


@pytest.mark.parametrize(
    ("old", "new", "culprit"),
    [
        ('name = "small"', "", "name is missing"),
        ("seeds = 2", "", "seeds is missing"),
        ("seeds = 2", "seeds = 0", "seeds: must be a whole number >= 1, got 0"),
        ("seeds = 2", "seeds = 2\ncolour = 1", "the file: unknown 'colour'; known: algorithms, "),
        ("updates = 7", "sweeps = 7", "defaults: unknown 'sweeps'; known: action_scale, "),
        ('games = ["duel"]', 'games = ["chess"]', "game: unknown 'chess'; known: "),
        ('games = ["duel"]', "", "games is missing"),
        ('"direct"', '"fair"', "protocol: unknown 'fair'; known: "),
        ("level=0.5", "depth=0.5", "tune-before-test"),
        ("horizon = 4", "horizon = -4", "algorithms.ppo on in turn: horizon: must be"),
        ("[algorithms.ppo]", "[algorithms.magic]", "agent: unknown 'magic'; known: a2c, "),
        ("learning_rate = 1e-3", "speed = 1", "agent 'ppo' takes learning_rate, "),
        (
            'tasks = ["in turn"]',
            'tasks = ["out"]',
            "algorithms.mixed.tasks: unknown 'out'; known: duels",
        ),
        ('tasks = ["in turn"]', "tasks = []", "mixed.tasks: expected a list of names, got []"),
        ('tasks = ["in turn"]', 'tasks = "in turn"', "tasks: expected a list of names, got 'in turn'"),
        ("options.ppo = { hidden = 8 }", "options = 8", "mixed.options: expected a table, got 8"),
        ('at."in turn"', 'at."out"', "algorithms.ppo.at: unknown 'out'; known: duels, in turn"),
        ('agents = "ppo,honest"', 'agents = "ppo,honest,honest"', "3 named for 2 developers"),
        ("[[tasks]]", "[tasks]", "no TOML file"),
        (
            'games = ["duel", "duel-small-prize"]',
            'games = ["duel", "duel"]',
            "another run has",
        ),
        ('games = ["duel"]', "games = []", "tasks 1: games: expected a list of names, got []"),
        ('games = ["duel"]', 'games = "duel"', "tasks 1: games: expected a list of names, got 'duel'"),
        ('["direct", ', "[3, ", "tasks 0: protocols: expected a list of names"),
        ('name = "small"', 'name = "../small"', "name: expected a word that can name a folder"),
        ('agents = "ppo,honest"', "agents = 3", "agents: expected words, got 3"),
        ("copies = 6", 'copies = "six"', "copies: must be a whole number >= 1, got 'six'"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, culprit: str) -> None:
    assert old in GOOD
    with pytest.raises(ValueError, match=r"suite\.toml") as error:
        suite(tmp_path, GOOD.replace(old, new))
    assert culprit in str(error.value)


def test_a_suite_has_something_to_play(tmp_path: Path) -> None:
    for text in (
        GOOD.replace("[[tasks]]", "[[taken]]"),
        "name = 'x'\nseeds = 1\ntasks = []\nalgorithms = {}",
    ):
        with pytest.raises(ValueError, match=r"suite\.toml"):
            suite(tmp_path, text)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"none\.toml is missing"):
        Suite.read(tmp_path / "none.toml")


@pytest.mark.parametrize("name", SUITES.registered())
def test_every_suite_has_its_own_name(name: str) -> None:
    read = suite_called(name)
    assert read.name == name
    # What a verdict needs; where games are drawn, every draw is a repetition.
    assert read.drawn or min(run.settings.seeds for run in read.runs) >= 10


def test_the_standard_suite_and_its_small_form_are_there() -> None:
    assert {"benchgame-suite-v0", "benchgame-suite-v0-quick"} < set(SUITES)
    with pytest.raises(ValueError, match=r"suite: unknown 'mine'; known: benchgame-suite-v0, "):
        suite_called("mine")
    assert status(main, "") == 2  # a name that was left empty does not stand for the standard suite
