"""Mixed equilibria of boards that can show few scores, such as rounded ones (theory sections 5 and 6).

Where a shown score is a step function of effort, nothing but the least effort for each step is worth
playing: the game is finite, and ties are part of it.
"""

from __future__ import annotations

import numpy as np

from benchgame_env.subgame import Subgame
from benchgame_env.theory.mixed.effort_choices import ShownChoices, Strategies
from benchgame_env.validate import Floats

# Efforts at which shown scores are looked for, and most scores that count as few.
PROBES, FEW = 5_000, 300
ITERATIONS = 10_000


def step_equilibrium(subgame: Subgame, goal: float) -> Strategies | None:
    """An approximate equilibrium by predictive regret matching+ on the steps.

    Parameters
    ----------
    subgame : Subgame
        Of the kind ``exact``.
    goal : float
        NashConv at which the search stops, if it gets there, prize units.

    Returns
    -------
    list of pairs or None
        Efforts and probabilities of each developer; None where more than `FEW` scores are shown.
    """
    efforts = _least_efforts(subgame)
    if efforts is None:
        return None
    choices = ShownChoices(subgame, efforts)
    return choices.strategies(choices.solve(ITERATIONS, goal))


def _least_efforts(subgame: Subgame) -> Floats | None:
    """The least efforts ``[m, n]`` for every score that somebody can show, 0 where a developer cannot;
    None if there are too many scores."""
    scale = subgame.game.effort_scale
    shares = np.union1d(np.linspace(0.0, 1.0, PROBES), np.geomspace(1e-6, 1.0, PROBES))
    scores = np.unique(subgame.scores(shares[:, None] * scale))
    if scores.size > FEW:
        return None
    efforts = subgame.efforts_for(scores[:, None])
    return np.where(efforts <= scale, efforts, 0.0)
