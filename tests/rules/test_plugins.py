"""Protocols from outside: the recipe of docs/protocols.md, a module, an installed package, a broken one.

What a stranger does is done as a stranger would: in a folder of its own, by a new process.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
import warnings
from importlib.metadata import EntryPoint
from pathlib import Path

import pettingzoo
import pytest
from tools.cases import tuned
from tools.checks import ROOT, installed, printed, python

import benchgame_env as bg
from benchgame_env.__main__ import main as game_command
from benchgame_env.named_games.registry import GAMES
from benchgame_env.rules import example_parameters, protocol_class
from benchgame_env.rules.registry import PROTOCOLS

RECIPE = (ROOT / "docs" / "protocols.md").read_text(encoding="utf-8")
has_registry = pytest.mark.skipif(
    not hasattr(pettingzoo, "register"), reason="PettingZoo has a registry from 1.27 on"
)


# --- the recipe --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which steps 1 to 3 of the recipe were followed: own effort counts a quarter."""
    folder = tmp_path_factory.mktemp("stranger")
    [(source, copy)] = re.findall(r"Copy `(.+?)` to `(.+?)`", RECIPE)
    text = (ROOT / source).read_text()
    names = re.findall(r"`([\w-]+)` by `([\w-]+)`", RECIPE)
    assert len(names) == 2
    rule = ("np.asarray(efforts)", "np.asarray(efforts) / 4")
    inverse = (
        "game.curves.effort_for(scores) - self.level",
        "4 * (game.curves.effort_for(scores) - self.level)",
    )
    for old, new in (*names, rule, inverse):
        assert old in text
        text = text.replace(old, new)
    (folder / copy).write_text(text)
    return folder


def command(start: str) -> list[str]:
    """The words of the recipe's only command that starts so, for ``python``."""
    [line] = re.findall(rf"`benchgame ({re.escape(start)}[^`]*)`", RECIPE)
    return ["-m", "benchgame_env.training", *shlex.split(line)]


def test_the_recipe_is_short() -> None:
    assert re.findall(r"^(\d)\. ", RECIPE, flags=re.MULTILINE) == ["1", "2", "3", "4", "5", "6"]


def test_the_recipes_rule_is_checked_and_predicted(recipe: Path) -> None:
    checked = printed(python(recipe, *command("check")))
    assert checked.startswith("ok: 11 checks\n")
    # Passing takes 0.5 of index at every level (theory section 4): at a quarter's credit an effort of
    # 2, which costs twice the prize.
    page = printed(python(recipe, *command("predict")))
    assert "pure equilibrium" in page


def test_a_mistake_in_the_recipes_rule_is_one_line_and_status_1(recipe: Path, tmp_path: Path) -> None:
    text = (recipe / "my_rule.py").read_text().replace("4 * (game", "3 * (game")
    (tmp_path / "my_rule.py").write_text(text)
    done = python(tmp_path, *command("check"))
    assert done.returncode == 1
    assert done.stderr.startswith("my-rule: exact: effort_for gives less than the effort needed")
    assert done.stderr.count("\n") == 1


def test_the_recipes_rule_is_trained_and_graded(recipe: Path) -> None:
    _, _, _, *words = command("train")
    words += ["--seeds", "1", "--updates", "1", "--copies", "8"]
    grade = [words[words.index("--out") + 1], "--episodes", "2", "--trust"]
    # One process for both commands, since each takes seconds to import torch.
    code = (
        "import sys; from benchgame_env.training import evaluate, train\n"
        f"assert train.main({words}) == 0\n"
        f"sys.exit(evaluate.main({grade}))\n"
    )
    told = printed(python(recipe, "-c", code), 3)  # undecided: too few seeds
    assert "my_rule:my-rule(level=0.5)" in told


def test_the_recipes_rule_reaches_processes_that_are_spawned(recipe: Path) -> None:
    # As training does it: a worker is told the name and the parameters.
    code = (
        "import multiprocessing, benchgame_env as bg\n"
        "with multiprocessing.get_context('spawn').Pool(1) as pool:\n"
        "    print(pool.apply(bg.make_protocol, ('my_rule:my-rule',), {'level': 0.5}))\n"
    )
    assert printed(python(recipe, "-c", code)) == "MyRule(level=0.5, ties='quality')\n"


@has_registry
def test_the_recipes_rule_is_an_environment_once_imported(recipe: Path) -> None:
    code = (
        "import benchgame_env as bg, pettingzoo, my_rule\n"
        'one = bg.parallel_env("duel", ("my-rule", {"level": 0.5}))\n'
        'two = pettingzoo.make("parallel", "benchgame/my-rule-v1", level=0.5, horizon=3)\n'
        "assert one.protocol == two.protocol == my_rule.MyRule(0.5)\n"
        "two.reset(seed=0)\n"
        "print(two.step({agent: [1.0] for agent in two.agents})[4]['developer_0']['score'])\n"
    )
    # Effort 1, what the prize is worth, counts a quarter: 1 - exp(-(1 + 0.5 + 0.25)) = 0.8262.
    assert printed(python(recipe, "-c", code)).startswith("0.82622")


# --- modules -----------------------------------------------------------------------------------


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fresh_registry: None) -> str:
    """A module on the path with a registered rule and a class that is not."""
    code = (
        "import benchgame_env as bg\n"
        "class Plain:\n"
        "    def evaluate(self, game, efforts, rng=None):\n"
        "        return game.board(game.curves.score(efforts))\n"
        '@bg.register_protocol("mine")\n'
        "class Mine(Plain): pass\n"
        "number = 3\n"
    )
    (tmp_path / "module_of_mine.py").write_text(code)
    (tmp_path / "module_in_ruins.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "module_of_mine", raising=False)
    return "module_of_mine"


def test_a_rule_in_a_module_is_found_by_name_or_class(module: str) -> None:
    registered = bg.make_protocol(f"{module}:mine")
    assert type(registered).__name__ == "Mine"
    assert isinstance(bg.make_protocol("mine"), type(registered))
    assert type(bg.make_protocol(f"{module}:Plain")).__name__ == "Plain"
    assert bg.parallel_env("duel", f"{module}:Plain").protocol is not None
    layered = bg.make_protocol(f"{module}:mine+rounded", decimals=1)
    assert isinstance(layered.base.rule, type(registered))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("module_of_mine:other", "module_of_mine .*'other'"),
        ("module_of_mine:number", "module_of_mine .*'number'"),
        ("no_such_module:x", "'no_such_module': ModuleNotFoundError"),
        ("module_in_ruins:x", "'module_in_ruins': ZeroDivisionError: division by zero"),
        (":x", "import ''"),
        ("module_of_mine:", "module_of_mine .*''"),
    ],
)
def test_what_a_module_lacks_is_said(module: str, name: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bg.make_protocol(name)


@pytest.mark.usefixtures("fresh_registry")
@pytest.mark.parametrize("name", ["my rule", "a:b", "", "-x", "naïve"])
def test_names_are_words(name: str) -> None:
    with pytest.raises(ValueError, match="letters, digits"):
        bg.register_protocol(name)(protocol_class("direct"))


@pytest.mark.usefixtures("fresh_registry")
def test_a_class_has_one_name() -> None:
    with pytest.raises(ValueError, match=r"protocol 'also-direct': Direct .*'direct'"):
        bg.register_protocol("also-direct")(protocol_class("direct"))


# --- installed packages ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example package installed and one whose protocols are broken."""
    folder = installed(ROOT / "tests" / "plugin_package", tmp_path_factory.mktemp("package"))
    broken = folder / "ruins-1.0.dist-info"
    broken.mkdir()
    (broken / "METADATA").write_text("Metadata-Version: 2.1\nName: ruins\nVersion: 1.0\n")
    points = "crumbled = no_such_module:Rule\ndirect = benchgame_half_credit.rule:HalfCredit\n"
    (broken / "entry_points.txt").write_text("[benchgame_env.protocols]\n" + points)
    return folder


def test_an_installed_protocol_is_known_and_a_broken_one_is_one_warning(site: Path) -> None:
    listed = python(site, "-m", "benchgame_env", "protocols", path=(site, ROOT))
    names = [line.split(":")[0] for line in printed(listed).splitlines()]
    assert "half-credit" in names
    assert "crumbled" not in names
    assert (
        listed.stderr.count("protocol 'crumbled' of the installed package 'ruins' cannot be used") == 1
    )
    # Another package's class under a built-in name: refused, and the built-in rule stays.
    assert listed.stderr.count("protocol 'direct' of the installed package 'ruins' cannot be used") == 1


def test_what_is_no_game_is_one_line_of_the_list(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(GAMES._things, "dumps", json.dumps)  # callable, as a function of a game is
    assert game_command(["games"]) == 0
    printed = capsys.readouterr().out
    assert "dumps" in printed
    assert "cannot be used: game 'dumps': missing a required argument: 'obj'" in " ".join(
        printed.split()
    )
    assert "winner-take-all" in printed  # the list goes on


@has_registry
def test_pettingzoo_finds_an_installed_protocol_and_imports_it_only_then(site: Path) -> None:
    code = (
        "import sys, pettingzoo, benchgame_env as bg\n"
        "assert 'benchgame_half_credit' not in sys.modules\n"
        "env = pettingzoo.make('parallel', 'benchgame/half-credit-v1', game='duel')\n"
        "assert 'benchgame_half_credit' in sys.modules\n"
        "required = bg.theory.required_effort(bg.load_game('duel'), 'half-credit')\n"
        "print(env.protocol, round(required[1, 0], 9))\n"
    )
    # Passing takes 0.5 of index (theory section 4), so an effort of 1 at half credit.
    told = printed(python(site, "-W", "error", "-c", code, path=(site, ROOT)))
    assert told == "HalfCredit() 1.0\n"


CRUMBLED = EntryPoint("crumbled", "no_such_module:Rule", "benchgame_env.protocols")


def test_asking_for_a_broken_protocol_names_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PROTOCOLS, "installed", (CRUMBLED,))
    with pytest.raises(ValueError, match=r"'crumbled' of .*: ModuleNotFoundError"):
        bg.make_protocol("crumbled")


@pytest.mark.usefixtures("fresh_registry")
def test_a_broken_protocol_is_warned_of_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PROTOCOLS, "installed", (CRUMBLED,))
    with pytest.warns(RuntimeWarning, match="'crumbled' of .*'unknown'"):
        known = bg.protocols()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert bg.protocols() == known
    assert "direct" in known


# --- PettingZoo's registry ---------------------------------------------------------------------


@has_registry
@pytest.mark.parametrize("name", bg.protocols())
def test_pettingzoo_makes_every_protocol_with_its_parameters_in_both_forms(name: str) -> None:
    parameters = example_parameters(name)
    for form, base in (("parallel", pettingzoo.ParallelEnv), ("aec", pettingzoo.AECEnv)):
        made = pettingzoo.make(form, f"benchgame/{name}-v1", max_cycles=3, **parameters)
        assert isinstance(made, base)
        assert made.unwrapped.protocol == bg.make_protocol(name, **parameters)
        assert made.unwrapped.vector.horizon == 3


@has_registry
@pytest.mark.parametrize("form", ["aec", "parallel"])
def test_pettingzoo_passes_settings_on(form: str) -> None:
    kind = {"game": "three", "revision": "alternating", "action_type": "discrete", "render_mode": "ansi"}
    made = pettingzoo.make(form, "benchgame/direct", horizon=7, **kind)  # no version: the newest
    vec = made.unwrapped.vector
    assert (vec.game.n_developers, vec.revision, vec.axis.action_type) == (3, "alternating", "discrete")
    assert (made.render_mode, vec.horizon) == ("ansi", 7)
    with pytest.raises(ValueError, match=r"horizon, max_cycles: .* got 7 and 5"):
        pettingzoo.make(form, "benchgame/direct-v1", horizon=7, max_cycles=5)
    with pytest.raises(TypeError, match="colour"):
        pettingzoo.make(form, "benchgame/direct-v1", colour="red")


@has_registry
@pytest.mark.parametrize("form", ["aec", "parallel"])
def test_an_old_version_is_refused_and_the_present_one_named(form: str) -> None:
    with pytest.raises(Exception, match=r"v0 for 'benchgame/direct' not found.* v1"):
        pettingzoo.make(form, "benchgame/direct-v0")


@has_registry
def test_pettingzoo_takes_a_whole_protocol_as_well() -> None:
    rule = ("tune-before-test", {"level": 3})
    made = pettingzoo.make("parallel", "benchgame/direct-v1", protocol=rule)
    assert made.protocol == tuned(3)
    with pytest.raises(ValueError, match=r"'tune-before-test' .*level, ties; got {}"):
        pettingzoo.make("parallel", "benchgame/tune-before-test-v1")
