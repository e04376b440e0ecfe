"""Every public function of theory and the grader takes a game and a protocol by name or as objects."""

from __future__ import annotations

import inspect
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pytest

import benchgame_env as bg

FUNCTIONS = {
    f"{module.__name__}.{name}": getattr(module, name)
    for module in (bg.theory, bg.metrics)
    for name in module.__all__
    if inspect.isfunction(getattr(module, name))
    and "game" in inspect.signature(getattr(module, name)).parameters
}
# What the functions need beside a game and a protocol, by the name of the parameter.
PLAYED = np.array([[0.0, 0.75], [0.5, 0.75]])
NEEDED: dict[str, Any] = {
    "developer": 1,
    "scores": 1 - np.exp([-1.0, -0.5]),  # the duel's honest board
    "held": np.zeros(1),
    "strategies": PLAYED[0],
    "profiles": PLAYED,
    "plays": PLAYED,
    "efforts": PLAYED,
    "revised": [1, 0],
}
# Functions that need another shape, a rule that draws scores, or less work.
OWN: dict[str, dict[str, Any]] = {
    "benchgame_env.metrics.simulated_regrets": {"efforts": [0.0, 0.75], "boards": 20},
    "benchgame_env.metrics.played_outcomes": {"efforts": PLAYED[None], "ranks": [[[2, 1], [1, 2]]]},
    "benchgame_env.metrics.level_regrets": {"levels": [0.0, 0.5]},
    "benchgame_env.theory.best_response": {"scores": 1 - np.exp([[-1.0, -0.5]])},
    "benchgame_env.theory.overtakes_in_reach": {"scores": 1 - np.exp([[-1.0, -0.5]])},
    "benchgame_env.theory.mixed_on_levels": {"levels": 5, "iterations": 10},
    "benchgame_env.theory.recurrent_classes": {"levels": np.arange(5) / 4},
    "benchgame_env.theory.pure_equilibria_on_grid": {"levels": 5},
    "benchgame_env.theory.sampling_error": {"plays": 1},
}
DRAWN = {"benchgame_env.theory.mixed_on_levels", "benchgame_env.theory.pure_equilibrium"}


def plain(value: Any) -> Any:
    """What an answer says, as lists and numbers, so that two answers can be compared."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value) if f.repr}
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    return value if isinstance(value, (int, float, str, bool, type(None))) else type(value).__name__


@pytest.mark.parametrize("how", ["names", "pair"])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_name_and_an_object_give_equal_answers(function: str, how: str) -> None:
    name, settings = (
        ("finite-test", {"items": 3}) if function in DRAWN else ("tune-before-test", {"level": 0.0})
    )
    if how == "names" and function not in DRAWN:
        name, settings = "direct", {}
    call = FUNCTIONS[function]
    takes = inspect.signature(call).parameters
    needed = {key: value for key, value in (NEEDED | OWN.get(function, {})).items() if key in takes}
    needed |= {key: value for key, value in OWN.get(function, {}).items()}
    by_name: dict[str, Any] = {"game": "duel"}
    as_objects: dict[str, Any] = {"game": bg.load_game("duel")}
    for key in {"protocol", "rule"} & set(takes):
        by_name[key] = (name, settings) if settings else name
        as_objects[key] = bg.make_protocol(name, **settings)
    answers = []
    for named in (by_name, as_objects):
        rng = {"rng": np.random.default_rng(0)} if "rng" in takes else {}
        answers.append(plain(call(**named, **needed, **rng)))
    np.testing.assert_equal(*answers)


def test_the_functions_are_found() -> None:
    names = {name.rpartition(".")[2] for name in FUNCTIONS}
    assert {"predict", "mixed_equilibrium", "temptation", "nash_conv", "outcomes"} <= names
    assert len(names) >= 20
