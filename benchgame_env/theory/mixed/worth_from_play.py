"""What a rank is worth to developers who play like this: the worths at which it is an equilibrium.

Another worth multiplies all prizes by a factor (`benchgame_env.theory.pure.worth`). What a developer
gains by a deviation is then linear in the factor: the factor times the prize won, less the cost. The
best deviation is among finitely many (theory section 2), so regrets are convex and piecewise linear in
the factor, and play is an epsilon-equilibrium on one interval of worths.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from benchgame_env.game import Game
from benchgame_env.named_games import as_game
from benchgame_env.numerics import above, publish
from benchgame_env.subgame import Subgame
from benchgame_env.theory.mixed.contest import Contest
from benchgame_env.validate import Floats, array, number, vector

EPSILON = 0.01  # of P: play up to this largest regret counts as an equilibrium (theory section 8)
DOUBT = 0.05  # probability that sampled plays mislead
ROUNDING = 1e-12  # of prizes and costs

Strategy = tuple[Floats, Floats]  # efforts and their probabilities


def worth_from_play(
    game: Game | str, protocol: Any, efforts: Any, epsilon: float = EPSILON
) -> list[tuple[float, float]]:
    """The worths of a rank at which observed efforts are an epsilon-equilibrium.

    Parameters
    ----------
    game : Game or str
        The game, or its name. Of its prizes the ratios count, and not the size.
    protocol : protocol, str or pair
        The protocol, its name, or ``(name, parameters)``; its board must be a fixed function of efforts.
    efforts : array of float, or list of pairs
        One profile ``[n]``; or ``[plays, n]``, independent plays of mixed strategies; or the strategies
        themselves, a pair ``(efforts, probabilities)`` per developer. Effort units.
    epsilon : float, optional
        The largest regret allowed, as a share of P, >= 0. Where efforts are sampled, `sampling_error` is
        added to it.

    Returns
    -------
    list of (float, float)
        The interval of worths, effort units, both ends included; ``high`` may be ``inf``. Empty where at
        every worth somebody could do better.

    Raises
    ------
    ValueError
        All ranks pay the same; efforts outside the budget, or of another shape.

    Examples
    --------
    >>> import benchgame_env as bg
    >>> [(low, high)] = bg.theory.worth_from_play("duel", "direct", [0.0, 0.0], epsilon=0.0)
    >>> round(low, 3), round(high, 3)  # the second could be first with an effort of 0.5
    (0.0, 0.5)
    """
    allowed = number("epsilon", epsilon, low=0)
    subgame = Subgame.exact(game, protocol).reduced()
    game, (mixed, plays) = subgame.game, _strategies(efforts, subgame.game)
    if game.prize_range == 0:
        raise ValueError("game: all ranks pay the same, so play does not depend on what a rank is worth")
    if plays > 1:
        allowed += sampling_error(game, plays)
    low, high = 0.0, math.inf
    for won, cost in _deviations(subgame, mixed):
        more = won - allowed * game.prize_range  # times the factor: has to be at most the cost
        more = np.where(np.abs(more) <= ROUNDING * game.prize_range, 0.0, more)
        if (cost[more == 0] < 0).any():
            return []
        high = min(high, (cost[more > 0] / more[more > 0]).min(initial=math.inf))
        low = max(low, (cost[more < 0] / more[more < 0]).max(initial=0.0))
    if not 0 < high >= low:
        return []
    worths = [float(game.cost.inverse(end * game.rank_step)) for end in (low, high) if end < math.inf]
    return [(worths[0], worths[1] if high < math.inf else math.inf)]


def sampling_error(game: Game | str, plays: int) -> float:
    """How far regrets may seem too large because efforts are sampled, as a share of P.

    With 95 % probability all n empirical distributions of scores are within ``d = sqrt(log(2 n / 0.05) /
    (2 plays))`` of the true ones everywhere (Dvoretzky, Kiefer, Wolfowitz; Massart 1990). An expected
    prize then moves by at most ``(n - 1) d`` times the largest prize step: that of the deviation, and
    that of what is played.

    Parameters
    ----------
    game : Game or str
        The game, or its name.
    plays : int
        Number of plays, each independent of the others.

    Returns
    -------
    float
        With equal prize steps ``2 d``: 0.1 for five developers and 1,000 plays.
    """
    game = as_game(game)
    n = game.n_developers
    distance = math.sqrt(math.log(2 * n / DOUBT) / (2 * plays))
    steps = -np.diff(game.prizes).min() * (n - 1) / game.prize_range
    return float(2 * distance * steps)


def _deviations(subgame: Subgame, mixed: list[Strategy]) -> Iterator[tuple[Floats, Floats]]:
    """For each developer: by how much the prize and the cost of its deviations exceed what it plays."""
    scores = [subgame.own_scores(i, own) for i, (own, _) in enumerate(mixed)]
    every = np.concatenate((*scores, subgame.honest_scores))
    shown, place = np.unique(publish(every), return_inverse=True)
    # Slots ascend: each shown score, and what lies between it and the next.
    chances = np.zeros((subgame.n, 2 * shown.size))
    ends = np.cumsum([own.size for own in scores])
    places = np.split(2 * place.reshape(-1), ends)
    for i, (_, weights) in enumerate(mixed):
        np.add.at(chances[i], places[i], weights)
    prizes = Contest(subgame.game.prizes, subgame.rule.ties).worth(chances)
    efforts = _efforts_to_show(subgame, every, shown, place.reshape(-1))
    for i, (own, weights) in enumerate(mixed):
        honest = prizes[i, places[-1][i]]
        won = np.append(prizes[i], honest) - weights @ prizes[i, places[i]]
        costs = subgame.cost(np.append(efforts[:, i], 0.0))
        played = float(weights @ subgame.game.cost(own))
        there = np.isfinite(costs)
        cost = costs[there] - played
        slack = ROUNDING * (costs[there] + played + subgame.game.prize_range)
        yield won[there], np.where(np.abs(cost) <= slack, 0.0, cost)


def _efforts_to_show(subgame: Subgame, scores: Floats, shown: Floats, place: Any) -> Floats:
    """Least efforts ``[2 m, n]`` that reach and that pass each of the ``shown`` scores ``[m]``; ``inf``
    where none within the budget does. Scores that are shown alike differ by rounding alone."""
    lowest, highest = np.full(shown.size, np.inf), np.full(shown.size, -np.inf)
    np.minimum.at(lowest, place, scores)
    np.maximum.at(highest, place, scores)
    strict = subgame.rule.traits.strict
    passing = np.nextafter(highest, np.inf) if strict else above(shown)
    aims = np.stack((lowest, passing), axis=1).reshape(-1, 1)
    efforts = np.where(
        subgame.honest_scores >= aims,
        0.0,
        subgame.rule.effort_for(subgame.game, np.broadcast_to(aims, (aims.size, subgame.n))),
    )
    if subgame.limited:  # at the budget published scores decide
        needed = np.stack((shown, above(shown)), axis=1).reshape(-1, 1)
        within = publish(subgame.top_scores) >= needed
        efforts = np.where(within, np.minimum(efforts, subgame.game.budget), np.inf)
    return efforts


def _strategies(efforts: Any, game: Game) -> tuple[list[Strategy], int]:
    """Efforts and probabilities of each developer, and in how many plays they are sampled; else 1."""
    n = game.n_developers
    if _is_flat(efforts):
        plays = np.atleast_2d(array("efforts", efforts))
        columns: Any = plays.T
        mixed = [(own, np.full(own.size, 1 / own.size)) for own in columns]
    else:
        plays = np.empty((1, n))
        mixed = [(vector("efforts", own), vector("probabilities", chances)) for own, chances in efforts]
    if len(mixed) != n:
        raise ValueError(f"efforts: those of {len(mixed)} developers for {n}")
    for i, (own, chances) in enumerate(mixed):
        if own.min() < 0 or own.max() > game.budget[i]:
            raise ValueError(
                f"efforts: must be in [0, {game.budget[i]:g}], got {own.min()} to {own.max()}"
            )
        if own.size != chances.size or chances.min() < 0 or abs(chances.sum() - 1) > 1e-6:
            raise ValueError(f"probabilities: need {own.size} that sum to 1, got {chances.tolist()}")
    return mixed, len(plays)


def _is_flat(efforts: Any) -> bool:
    """Whether these are efforts alone, and not pairs."""
    try:
        return np.ndim(np.array(efforts, dtype=np.float64)) <= 2
    except (TypeError, ValueError):  # pairs of different lengths
        return False
