"""Pure equilibria on a grid of profiles, for games outside the theorems (theory section 4)."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchgame_env import metrics
from benchgame_env.game import Game
from benchgame_env.subgame import Subgame
from benchgame_env.validate import Floats, integer

MOST_PROFILES = 200_000
# A gain below this share of P (of the largest prize where all are equal) is rounding.
CERTAIN = 1e-9


class TooManyProfilesError(ValueError):
    """The game has too many profiles to try, or no bound on effort."""


def pure_equilibria_on_grid(game: Game | str, protocol: Any, levels: int | None = None) -> Floats:
    """All profiles of a grid that are Nash equilibria, each certified against every effort.

    Others may lie between the grid's efforts.

    Parameters
    ----------
    game : Game or str
        The game, or its name.
    protocol : protocol, str or pair
        The protocol, its name, or ``(name, parameters)``; its board must be a fixed function of efforts.
    levels : int, optional
        Efforts tried for each developer, evenly from 0 to `Game.effort_scale`, >= 2; default 41, fewer
        for many developers.

    Returns
    -------
    array of float
        Efforts ``[found, n]``. Each is an equilibrium by its NashConv over all efforts, not only those
        of the grid, and not by a theorem.

    Raises
    ------
    TooManyProfilesError
        A game too large for this method, or with an unbounded effort scale.
    ValueError
        Unsuitable ``levels``.
    """
    subgame = Subgame.exact(game, protocol)
    game, rule, n = subgame.game, subgame.rule, subgame.n
    fitting = int(MOST_PROFILES ** (1 / n) + 1e-9)
    if levels is None:
        levels = min(41, fitting)
    if fitting < 2 or integer("levels", levels, low=2) > fitting:
        raise TooManyProfilesError(
            f"{levels} levels of {n} developers make more than {MOST_PROFILES} profiles: too many to try"
        )
    if not np.isfinite(game.effort_scale).all():
        raise TooManyProfilesError("effort scale: must be finite to lay a grid over it; set a budget")
    axes = [np.linspace(0.0, top, levels) for top in game.effort_scale]
    efforts = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)  # [levels, ..., levels, n]
    payoffs = game.payoffs(rule.evaluate(game, efforts).prizes, efforts)
    allowed = CERTAIN * (game.prize_range or float(np.abs(game.prizes).max()))
    stable = np.ones(efforts.shape[:-1], dtype=bool)
    for i in range(n):
        own = payoffs[..., i]
        stable &= own >= own.max(axis=i, keepdims=True) - allowed
    certified = [
        profile for profile in efforts[stable] if metrics.nash_conv(game, rule, profile) <= allowed
    ]
    return np.array(certified).reshape(-1, n)
