"""Contests of `training.speed` about levels, draws of curves, and many developers."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

import benchgame_env as bg
from benchgame_env.draws import Draws
from benchgame_env.training.speed.contests import GAME, HORIZON, RULE, Contest, Run, Sizes

FITTED = (GAME, "open-gsm8k")  # five models, and 31 whose curves cross many times


def contests(sizes: Sizes) -> dict[str, Contest]:
    """The contests by name; in each, the contestants by name."""
    few, many = sizes.batch, max(sizes.agents // 5, 4)
    return {
        **{f"stable levels, {name}": {"ours": partial(_levels, name)} for name in FITTED},
        "draws": {"ours": lambda: _draws(max(sizes.tempted // 10, 10), max(sizes.tempted // 100, 1))},
        "step, lent": {
            "ours": lambda: _step(bg.load_game(GAME), few, True),
            "copy=False": lambda: _step(bg.load_game(GAME), few, False),
        },
        "step of fifty, lent": {
            "ours": lambda: _step(_fifty(), many, True),
            "copy=False": lambda: _step(_fifty(), many, False),
        },
    }


def _levels(name: str) -> Run:
    game = bg.load_game(name)
    return Run(lambda: bg.theory.stabilizing_levels(game), 1)


def _draws(draws: int, levels: int) -> Run:
    """Temptation, stability and required efforts of five fitted models whose parameters vary."""
    game, rng = bg.load_game(GAME), np.random.default_rng(0)
    law: Any = game.curves
    noise = rng.standard_normal((4, draws, game.n_developers))
    curves = bg.curves.ScalingLaw(
        law.lower + 0 * noise[0],
        np.clip(law.upper + 0.01 * noise[1], law.lower + 0.1, 1.0),
        law.intercept + 0.05 * noise[2],
        law.slope * np.exp(0.03 * noise[3]),
    )
    drawn, tried = Draws(game, curves), np.geomspace(10.0, 1e5, levels)
    return Run(lambda: bg.theory.levels_by_draw(drawn, tried), 1)


def _fifty() -> bg.Game:
    curves = bg.curves.Additive(np.linspace(1.0, 0.5, 50))
    return bg.Game(curves, bg.LinearCost(1.0), np.linspace(1.0, 0.0, 50))


def _step(game: bg.Game, copies: int, copy: bool) -> Run:
    """A loop that keeps the last observations only."""
    vec = bg.vector_env(game, RULE, num_envs=copies, horizon=HORIZON, copy=copy)
    actions = np.random.default_rng(0).uniform(-1, 1, (copies, vec.n_developers))
    last = [vec.reset(seed=0)[0]]

    def step() -> None:
        last[0] = vec.step(actions)[0]

    return Run(step, actions.size)
