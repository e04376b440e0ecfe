"""What docs/environment.md says is true: its arguments, parts, keys and sizes are those of the code."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pettingzoo
import pytest
from tools.checks import ROOT

import benchgame_env as bg
from benchgame_env.play.render import WIDTH

PAGE = (ROOT / "docs" / "environment.md").read_text()
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))


def rows(section: str) -> list[list[str]]:
    """Cells of the last table of a section, without its head."""
    lines = re.findall(r"^\| (.+) \|$", SECTIONS[section].split("\n\n| ")[-1], re.MULTILINE)
    return [line.split(" | ") for line in lines if not line.startswith("---")]


def named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@pytest.mark.skipif(not hasattr(pettingzoo, "register"), reason="PettingZoo before 1.27")
def test_the_two_environments_that_it_makes_are_the_same() -> None:
    [code] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    made: dict[str, Any] = {}
    exec(code, made)
    env, same = made["env"], made["same"]
    assert type(env) is type(same) is bg.BenchGameEnv
    assert env.protocol == same.protocol
    assert env.game.names == same.game.names
    assert env.vector.horizon == same.vector.horizon == 10


def test_its_arguments_and_defaults_are_those_of_the_door() -> None:
    told = {name: cells[1] for cells in rows("Creation") for name in named(cells[0])}
    parameters = inspect.signature(bg.parallel_env).parameters
    assert told.keys() == parameters.keys()
    for name, default in told.items():
        if name not in ("horizon", "max_cycles"):
            assert default.strip("`").strip('"') == str(parameters[name].default)
    assert told["horizon"] == told["max_cycles"] == str(bg.parallel_env().vector.horizon)


@pytest.mark.parametrize("section", ["Observation", "State"])
def test_its_parts_are_those_of_the_layout(section: str) -> None:
    env = bg.parallel_env("five", ("tune-before-test", {"level": 3}))
    parts = env.observation_parts if section == "Observation" else env.state_parts
    lengths = {"n": 5, "n each": 5, "5 n": 25, "parameters": 1}
    told = {
        name: lengths[cells[1]] if cells[1] in lengths else int(cells[1])
        for cells in rows(section)
        for name in named(cells[0])
    }
    assert list(told.items()) == [(name, where.stop - where.start) for name, where in parts.items()]


def test_its_keys_of_infos_are_those_that_come() -> None:
    _, infos = bg.parallel_env().reset(seed=0)
    told = named(SECTIONS["Infos"].split("They tell")[0])
    assert told == ["reset", "step", *infos["developer_0"]]


def test_its_numbers_are_those_of_the_code() -> None:
    assert f"[height, {WIDTH}, 3]" in PAGE
    [size] = re.findall(r"It has (\d+) numbers for 31 developers", PAGE)
    assert bg.parallel_env("open-gsm8k").state_space.shape == (int(size),)
    newest = re.findall(r"^\* \*\*v(\d+)\*\*", PAGE, re.MULTILINE)[0]
    assert bg.BenchGameEnv.metadata["name"] == f"benchgame_v{newest}"
    assert set(re.findall(r"benchgame/\S+-v(\d+)", PAGE)) == {newest}
