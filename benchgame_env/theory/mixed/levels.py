"""Games on levels: each developer chooses among finitely many efforts."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from benchgame_env.subgame import Subgame
from benchgame_env.theory.mixed.certified import MixedEquilibrium
from benchgame_env.theory.mixed.effort_choices import DrawnChoices, ShownChoices
from benchgame_env.validate import Floats, vector

ITERATIONS = 10_000  # of self-play, at the latest


def level_equilibrium(subgame: Subgame, levels: ArrayLike, goal: float) -> MixedEquilibrium:
    """An equilibrium of the game on ``levels``, certified among them.

    Parameters
    ----------
    subgame : Subgame
        Of the kind ``exact`` or ``independent``.
    levels : array_like
        Efforts ``[m]``, or ``[n, m]`` if each developer has its own; those within its budget count.
    goal : float
        NashConv at which self-play stops, where prizes are not evenly spaced; prize units.

    Returns
    -------
    MixedEquilibrium

    Raises
    ------
    ValueError
        Another kind of rule; levels that are no efforts, or all beyond a developer's budget.
    """
    if subgame.kind not in ("exact", "independent"):
        raise ValueError(
            f"protocol {subgame.rule!r}: a game on levels needs scores that are fixed by effort, or "
            "drawn independently without memory"
        )
    own = read_levels(subgame, levels)
    choices = (ShownChoices if subgame.kind == "exact" else DrawnChoices)(subgame, own.T)
    mixed, method = choices.solve(ITERATIONS, goal)
    return MixedEquilibrium.certified(
        subgame, choices.strategies(mixed), f"{method}, on {own.shape[1]} levels of effort", levels=own
    )


def read_levels(subgame: Subgame, levels: ArrayLike) -> Floats:
    """Levels ``[n, m]``, ascending; in place of those beyond a budget, the developer's least one."""
    rows = np.asarray(levels, dtype=np.float64)
    if rows.ndim not in (1, 2) or (rows.ndim == 2 and len(rows) != subgame.n):
        raise ValueError(f"levels: need efforts [m] or [{subgame.n}, m], got shape {rows.shape}")
    rows = np.sort(np.broadcast_to(rows, (subgame.n, rows.shape[-1])), axis=1)
    for name, row, budget in zip(subgame.game.names, rows, subgame.game.budget, strict=True):
        if vector("levels", row)[0] < 0 or row[0] > budget:
            raise ValueError(
                f"levels: {name} needs one from 0 to its budget of {budget:g}, and none below"
            )
    return np.sort(np.where(rows <= subgame.game.budget[:, None], rows, rows[:, :1]), axis=1)
