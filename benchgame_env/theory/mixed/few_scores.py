"""Mixed equilibria of boards that can show few scores, such as rounded ones (theory sections 5 and 6).

Where a shown score is a step function of effort, nothing but the least effort for each step is worth
playing: the game is finite, and ties are part of it.
"""

from __future__ import annotations

import numpy as np

from benchgame_env.subgame import Subgame
from benchgame_env.theory.mixed.effort_choices import ShownChoices, Strategies
from benchgame_env.theory.mixed.linear_program import even_step
from benchgame_env.validate import Floats

PROBES = 5_000  # efforts at which shown scores are looked for
# Most scores that count as few where prizes are not evenly spaced; else most scores of all developers
# together.
FEW, MANY = 300, 15_000
ITERATIONS = 10_000


def step_equilibrium(subgame: Subgame, goal: float) -> tuple[Strategies, str] | None:
    """An equilibrium on the steps, approximate where prizes are not evenly spaced.

    Parameters
    ----------
    subgame : Subgame
        Of the kind ``exact``.
    goal : float
        NashConv at which the search stops, if it gets there, prize units.

    Returns
    -------
    (list of pairs, str) or None
        Efforts and probabilities of each developer, and how they were found; None where too many scores
        are shown.
    """
    efforts = _least_efforts(
        subgame, FEW if even_step(subgame.game.prizes) is None else MANY // subgame.n
    )
    if efforts is None:
        return None
    choices = ShownChoices(subgame, efforts)
    mixed, method = choices.solve(ITERATIONS, goal)
    return choices.strategies(mixed), f"{method}, on the scores to be shown"


def _least_efforts(subgame: Subgame, most: int) -> Floats | None:
    """The least efforts ``[m, n]`` for every score that somebody can show, 0 where a developer cannot;
    None if there are more than ``most`` scores."""
    scale = subgame.game.effort_scale
    shares = np.union1d(np.linspace(0.0, 1.0, PROBES), np.geomspace(1e-6, 1.0, PROBES))
    scores = np.unique(subgame.scores(shares[:, None] * scale))
    if scores.size > most:
        return None
    efforts = subgame.efforts_for(scores[:, None])
    return np.sort(np.where(efforts <= scale, efforts, 0.0), axis=0)
