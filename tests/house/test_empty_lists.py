"""Where a list is taken, an empty one is an error that names it, and not all or none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import benchgame_env as bg
from benchgame_env import metrics, theory
from benchgame_env.draws import Draws

DUEL = bg.load_game("duel")
LAWS = bg.load_game("scaling-laws")


def family(**parameters: Any) -> theory.Family:
    """A family of levels, with these parameters."""
    return theory.Family.of(("tune-before-test", parameters), DUEL)


EMPTY: dict[str, tuple[str, Callable[[], Any]]] = {
    "values of a family": ("tune-before-test: level: .*at least one", lambda: family(level=[])),
    "one bad value among others": ("level: must be >= 0", lambda: family(level=[1.0, -1.0])),
    "families": ("families: need at least one", lambda: theory.optimal_design("duel", [])),
    "weights": ("loss: weigh at least one", lambda: theory.design_loss("duel", "direct", {})),
    "weights as a list": ("loss: expected weights", lambda: theory.design_loss("duel", "direct", [])),  # type: ignore[arg-type]
    "draws of a design": ("draws: need at least one", lambda: theory.optimal_design("duel", draws=[])),
    "draws": ("at least one draw", lambda: Draws.of([LAWS])[:0]),
    "levels of a designer": ("levels: .*non-empty", lambda: bg.stackelberg_env(levels=[])),
    "weights of a designer": ("loss: weigh at least one", lambda: bg.stackelberg_env(loss={})),
    "sizes": ("sizes, levels: need", lambda: theory.prevalence("gsm8k", sizes=[])),
    "levels of line-ups": ("sizes, levels: need", lambda: theory.prevalence("gsm8k", levels=[])),
    "prizes": ("prizes: .*non-empty", lambda: bg.load_game("duel", prizes=[])),
    "developers": (
        "developers: need distinct names, got",
        lambda: bg.load_game("pythia-gsm8k", developers=[]),
    ),
    "plays": ("efforts: .*non-empty", lambda: metrics.empirical(np.zeros((0, 2)))),
    "strategies": ("strategies: 0 for 2", lambda: metrics.regrets("duel", "direct", [])),
    "qualities": ("quality: .*non-empty", lambda: metrics.kendall_tau([], [])),
}


@pytest.mark.parametrize("name", EMPTY)
def test_nothing_is_refused_by_name(name: str) -> None:
    words, given = EMPTY[name]
    with pytest.raises(ValueError, match=words):
        given()
