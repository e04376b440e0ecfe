"""Mixed equilibria of boards that can show few scores, such as rounded ones (theory sections 5 and 6).

Where a shown score is a step function of effort, nothing but the least effort for each step is worth
playing: the game is finite, and ties are part of it.
"""

from __future__ import annotations

import numpy as np

from benchgame_env.game import Game
from benchgame_env.rules import DeterministicProtocol
from benchgame_env.theory.mixed.contest import Contest
from benchgame_env.theory.mixed.regret_matching import regret_matching
from benchgame_env.theory.mixed.score_cells import Strategies
from benchgame_env.validate import Floats

NEGLIGIBLE = 1e-6  # steps that hold less than this of a strategy are not played
# Efforts at which shown scores are looked for, and most scores that count as few.
PROBES, FEW = 5_000, 300
ITERATIONS = 10_000


def step_equilibrium(game: Game, rule: DeterministicProtocol, goal: float) -> Strategies | None:
    """An approximate equilibrium by predictive regret matching+ on the steps, to a NashConv of ``goal``
    (prize units) if that can be had; None where more than `FEW` scores are shown."""
    choices = _least_efforts(game, rule)
    if choices is None:
        return None
    shown = rule.score(game, choices)  # [m, n]
    scores, place = np.unique(shown, return_inverse=True)
    place = place.reshape(shown.shape).T  # [n, m]
    contest, costs = Contest(game, rule.ties), np.asarray(game.cost(choices)).T

    def payoffs(mixed: Floats) -> Floats:
        chances = np.zeros((game.n_developers, scores.size))
        for own, where, share in zip(chances, place, mixed, strict=True):
            np.add.at(own, where, share)
        return np.take_along_axis(contest.worth(chances), place, axis=1) - costs

    mixed = regret_matching(payoffs, (game.n_developers, len(choices)), ITERATIONS, goal)
    kept = np.where(mixed > NEGLIGIBLE, mixed, 0.0)
    return [(choices[own > 0, i], own[own > 0] / own.sum()) for i, own in enumerate(kept)]


def _least_efforts(game: Game, rule: DeterministicProtocol) -> Floats | None:
    """The least efforts ``[m, n]`` for every score that somebody can show, 0 where a developer cannot;
    None if there are too many scores."""
    tried = np.union1d(np.linspace(0.0, 1.0, PROBES), np.geomspace(1e-6, 1.0, PROBES))[:, None]
    scores = np.unique(rule.score(game, tried * game.effort_scale))
    if scores.size > FEW:
        return None
    efforts = rule.effort_for(game, np.repeat(scores[:, None], game.n_developers, axis=1))
    return np.where(efforts <= game.effort_scale, efforts, 0.0)
