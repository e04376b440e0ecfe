"""Names of games, agents and suites: of one's own modules and of packages; what is refused.

Protocols are in tests/rules/test_plugins.py, cards in tests/theory/test_claims.py.
"""

from __future__ import annotations

import sys
import warnings
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import benchgame_env as bg
from benchgame_env import agents
from benchgame_env.agents.registry import AGENTS, Entry
from benchgame_env.agents.scripted.constant import Constant
from benchgame_env.named_games import describe_game
from benchgame_env.named_games.registry import GAMES
from benchgame_env.training.benchmark.named_suites import SUITES, suite_called

MODULE = '''
import pathlib
import benchgame_env as bg
from benchgame_env.agents import Agent, Player, register_agent
from benchgame_env.agents.registry import Entry
from benchgame_env.agents.scripted.constant import Constant

def rivals(gap=0.5):
    """Two developers a gap apart."""
    return bg.Game(bg.curves.Additive([gap, 0.0]), bg.LinearCost(), [1.0, 0.0])

GAME = rivals(0.25)
number = 3

def no_game():
    return 3

def needs_a_gap(gap):
    return rivals(gap)

@register_agent("steady")
class Steady(Constant):
    """Constant."""

class Unfinished(Agent):
    """Has no act."""

QUARTER = Entry("benchgame_env.agents.scripted.constant", "Constant", {"share": 0.25})
FILE = pathlib.Path("nowhere.toml")
TABLES = {"name": "t", "seeds": 1, "tasks": [{"games": ["names_of_mine:rivals"]}],
          "algorithms": {"mine": {"agents": "names_of_mine:Steady", "updates": 1, "copies": 4}}}
'''
M = "names_of_mine"


@pytest.fixture(autouse=True)
def module(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fresh_registry: None) -> None:
    (tmp_path / f"{M}.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, M, raising=False)


def test_a_game_in_a_module_is_found_wherever_games_are_named() -> None:
    assert bg.load_game(f"{M}:rivals", gap=0.125).quality.tolist() == [0.125, 0.0]
    assert bg.load_game(f"{M}:GAME", budget=2.0).quality.tolist() == [0.25, 0.0]
    assert bg.parallel_env(f"{M}:GAME").game.quality.tolist() == [0.25, 0.0]
    assert bg.theory.predict(f"{M}:rivals", "direct").regime == "cycle"
    assert describe_game(f"{M}:rivals") == "Two developers a gap apart."
    assert describe_game(f"{M}:GAME") == ""


def test_an_agent_in_a_module_is_seated_by_name() -> None:
    vec = bg.vector_env("duel", "direct", 2)
    line_up = agents.line_up(f"honest,{M}:Steady", vec, {f"{M}:Steady": {"share": 0.25}})
    assert [type(player).__name__ for player in line_up] == ["Honest", "Steady"]
    played = agents.play(vec, line_up, 1, np.random.default_rng(0))
    # F is 1 on the duel, one prize of 1 at a cost of 1: a quarter of it.
    assert played["effort"][0, 0] == pytest.approx([0.0, 0.25])
    [steady, quarter] = agents.line_up(f"steady,{M}:QUARTER", vec)  # registered when its module came in
    assert (type(steady).__name__, quarter.effort) == ("Steady", 0.25)


def test_a_suite_in_a_module_is_a_file_or_its_tables() -> None:
    [run] = suite_called(f"{M}:TABLES").runs
    assert (run.settings.game, run.settings.agents) == (f"{M}:rivals", f"{M}:Steady")
    with pytest.raises(ValueError, match=r"nowhere\.toml is missing"):
        suite_called(f"{M}:FILE")


REFUSED = [
    (lambda: bg.load_game(f"{M}:number"), "names_of_mine has no game 'number', a Game or a function"),
    (lambda: bg.load_game(f"{M}:Steady"), "has no game 'Steady'"),
    (lambda: bg.load_game(f"{M}:no_game"), "game 'names_of_mine:no_game': expected .* a Game, got 3"),
    (lambda: bg.load_game(f"{M}:needs_a_gap"), "game 'names_of_mine:needs_a_gap': missing .*'gap'"),
    (lambda: bg.load_game("no_such_module:x"), "game .*cannot import 'no_such_module': ModuleNotFound"),
    (lambda: bg.load_game(":x"), "cannot import ''"),
    (lambda: AGENTS.find(f"{M}:rivals"), "has no agent 'rivals', a whole class"),
    (lambda: AGENTS.find(f"{M}:Unfinished"), "has no agent 'Unfinished'"),
    (lambda: AGENTS.find("sniper2"), "agent: unknown 'sniper2'; known: a2c, .*sniper"),
    (lambda: suite_called(f"{M}:number"), "has no suite 'number', a path of a settings file"),
    (lambda: agents.register_agent("honest")(Constant), "agent 'honest' is already .*honest.Honest"),
    (lambda: agents.register_agent("a,b")(Constant), "agent 'a,b': .*letters, digits"),
    (lambda: AGENTS.add("mine", dict), "agent 'mine': dict is not a whole class that derives"),
    (lambda: GAMES.add("mine", dict), "game 'mine': dict is not a Game or a function"),
    (lambda: GAMES.add("duel", bg.load_game("five")), "game 'duel' is already .*textbook.duel"),
]


@pytest.mark.parametrize(("call", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_what_is_none_or_taken_is_refused(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_two_games_with_one_name_are_told_apart_by_their_numbers() -> None:
    GAMES.add("mine", bg.load_game("duel"))
    GAMES.add("mine", bg.load_game("duel"))  # imported once more
    with pytest.raises(ValueError, match=r"game 'mine' is already .*Game\("):
        GAMES.add("mine", bg.load_game("duel", prizes=[2.0, 0.0]))


def test_installed_packages_bring_games_agents_and_suites(monkeypatch: pytest.MonkeyPatch) -> None:
    for registry, name, at in (
        (GAMES, "mine", f"{M}:rivals"),
        (AGENTS, "quarter", f"{M}:QUARTER"),
        (SUITES, "tables", f"{M}:TABLES"),
    ):
        broken = EntryPoint("crumbled", f"{M}:missing", "")
        monkeypatch.setattr(registry, "installed", (EntryPoint(name, at, ""), broken))
        assert M not in sys.modules or registry is not GAMES
        assert {name, "crumbled"} <= set(registry.names())
        with pytest.warns(RuntimeWarning, match="'crumbled' of the installed package .*AttributeError"):
            assert name in set(registry)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert "crumbled" not in list(registry)  # said once
        with pytest.raises(ValueError, match="'crumbled' of the installed package"):
            registry.find("crumbled")
    assert bg.load_game("mine").n_developers == 2
    assert AGENTS["quarter"] == Entry(Constant.__module__, "Constant", {"share": 0.25})
    assert suite_called("tables").name == "t"
