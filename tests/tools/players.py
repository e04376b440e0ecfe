"""What the tests of agents share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

import benchgame_env as bg
from benchgame_env.agents import line_up, play

# The best level of the developer on a seat against a rival who always spends the same share of the
# effort scale, in the duel on levels in steps of 0.25. The weaker beats total 1 with 0.75 (0.5 ties, and
# loses) but not total 1.5; the stronger ties total 1.25 with 0.25, and wins. The next best level pays
# 0.25 less.
against_a_constant_rival = pytest.mark.parametrize(
    ("seat", "share", "best"), [(1, 0.0, 0.75), (1, 0.5, 0.0), (0, 0.75, 0.25)]
)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def against_constant(
    name: str, seat: int, share: float, copies: int, options: Mapping[str, Any] | None = None
) -> tuple[bg.VectorEnv, list[Any]]:
    """One-shot duels on five levels, and the players: ``name`` on ``seat``, and a constant rival."""
    vec = bg.vector_env("duel", "direct", copies, horizon=1, action_type="discrete", effort_levels=5)
    names = [name, "constant"] if seat == 0 else ["constant", name]
    return vec, line_up(",".join(names), vec, {"constant": {"share": share}, name: options or {}})


def greedy_levels(vec: bg.VectorEnv, players: list[Any], seat: int, updates: int) -> np.ndarray:
    """What the developer on ``seat`` plays in each copy after ``updates`` rounds of learning."""
    for update in range(updates):
        play(vec, players, 1, rng(update), seed=update)
    return play(vec, players, 1, rng(), seed=0, mode="greedy")["effort"][0, :, seat]
