"""The loop in which a designer meets developers, and its regret."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchgame_env.agents.designers.base import Designer
from benchgame_env.agents.designers.view import DesignerEnv
from benchgame_env.theory import design_loss
from benchgame_env.validate import Floats, integer


def announce(
    env: DesignerEnv, designer: Designer, announcements: int, rng: np.random.Generator, seed: int
) -> tuple[NDArray[np.int64], Floats]:
    """Let a designer announce settings and learn from the losses.

    Parameters
    ----------
    env : DesignerEnv
        The game; episodes follow one another.
    designer : Designer
        Who announces; what it learned lasts beyond this call.
    announcements : int
        How many, >= 1.
    rng : numpy.random.Generator
        Source of all that the designer draws.
    seed : int
        Seed of the game.

    Returns
    -------
    settings : array of int
        What was announced, ``[announcements]``.
    losses : array of float
        The losses that the designer saw, ``[announcements]``.
    """
    settings = np.zeros(integer("announcements", announcements, low=1), dtype=np.int64)
    losses = np.zeros(announcements)
    env.reset(seed=seed)
    for t in range(announcements):
        settings[t] = setting = designer.announce(rng)
        _, reward, _, truncated, _ = env.step(setting)
        losses[t] = -reward
        designer.learn(setting, -reward)
        if truncated:
            env.reset()
    return settings, losses


def predicted_losses(env: DesignerEnv) -> Floats:
    """The designer's loss under each setting by predicted play ``[settings]``, see `design_loss`.

    Raises
    ------
    ValueError
        No play is predicted under a setting.
    """
    found: list[Any] = [design_loss(env.game, rule, env.loss) for rule in env.settings]
    for rule, one in zip(env.settings, found, strict=True):
        if math.isnan(one.loss):
            raise ValueError(f"{rule!r}: no play is predicted: {one.scope}")
    return np.array([one.loss for one in found])


def regrets(predicted: Floats, settings: NDArray[np.int64]) -> Floats:
    """Regret of each announcement ``[announcements]``: the predicted loss over the least one."""
    return predicted[settings] - predicted.min()
