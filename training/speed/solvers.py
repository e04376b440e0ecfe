"""Games on levels: this package's solver beside the ones that people would pick.

All solve the same game: developers with additive curves and evenly spaced prizes, on the same levels of
effort. A contestant's call returns strategies, so that one grader can measure the NashConv of all.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np
import scipy

import benchgame_env as bg
from benchgame_env.validate import Floats

Strategies = list[tuple[Floats, Floats]]
RULE = "direct"
ITERATIONS = 1_000  # of OpenSpiel's CFR+


def additive(developers: int) -> bg.Game:
    """Qualities evenly spaced from 1 to 0.5, prizes from 1 to 0, a cost of 1 for a unit of effort."""
    curves = bg.curves.Additive(np.linspace(1.0, 0.5, developers))
    return bg.Game(curves, bg.LinearCost(1.0), np.linspace(1.0, 0.0, developers))


def contestants(developers: int, levels: int) -> dict[str, Callable[[], Callable[[], Strategies]]]:
    """By name, what prepares a solver of the game of so many developers on so many levels: the call
    that is timed. Gambit's and OpenSpiel's take the table of all profiles, so they are tried on small
    games alone; OpenSpiel's where it is installed."""
    game, efforts = additive(developers), np.linspace(0.0, 1.0, levels)
    found: dict[str, Any] = {
        "ours": lambda: partial(_ours, game, efforts),
        "HiGHS": lambda: _program(game, efforts),
    }
    if developers == 2:
        found["Gambit lcp"] = lambda: _gambit("lcp_solve", game, efforts, rational=False)
    if levels**developers <= 500:
        found["Gambit logit"] = lambda: _gambit("logit_solve", game, efforts)
    if (developers == 2 or levels**developers <= 500) and find_spec("pyspiel"):
        found["OpenSpiel CFR+"] = lambda: _cfr(game, efforts)
    return found


def nash_conv(developers: int, levels: int, strategies: Strategies) -> float:
    """NashConv among the levels by the package's grader, prize units."""
    efforts = np.linspace(0.0, 1.0, levels)
    return float(bg.metrics.level_regrets(additive(developers), RULE, strategies, efforts).sum())


def _ours(game: bg.Game, efforts: Floats) -> Strategies:
    return bg.theory.mixed_equilibrium(game, RULE, levels=efforts).strategies


def _program(game: bg.Game, efforts: Floats) -> Callable[[], Strategies]:
    """The bare program as one would write it: chances and values; HiGHS alone is timed."""
    n, m = game.n_developers, efforts.size
    board = bg.make_protocol(RULE).evaluate(game, np.repeat(efforts[:, None], n, axis=1))
    scores = board.scores.T.reshape(-1)  # as published, so that scores tie
    who, step = np.repeat(np.arange(n), m), game.prizes[0] - game.prizes[1]
    ahead = (scores > scores[:, None]) | ((scores == scores[:, None]) & (who < who[:, None]))
    ahead &= who != who[:, None]
    cost, own = game.cost(np.tile(efforts, n)), (who[:, None] == np.arange(n)).astype(float)
    constraints = scipy.sparse.csr_array(np.hstack((-step * ahead, -own)))
    sums = scipy.sparse.csr_array(np.hstack((own.T, np.zeros((n, n)))))
    bounds = [(0, None)] * (n * m) + [(None, None)] * n
    objective = np.append(cost, np.ones(n))

    def solve() -> Strategies:
        found = scipy.optimize.linprog(objective, constraints, cost, sums, np.ones(n), bounds=bounds)
        chances = np.clip(found.x[: n * m].reshape(n, m), 0.0, None)
        return [(efforts, own / own.sum()) for own in chances]

    return solve


def _gambit(solver: str, game: bg.Game, efforts: Floats, **settings: Any) -> Callable[[], Strategies]:
    """A solver of Gambit's, on the table of payoffs at all profiles, which is made beforehand."""
    import pygambit

    table = bg.payoff_table(game, RULE, efforts)
    prepared = table.to_pygambit()

    def solve() -> Strategies:
        result = getattr(pygambit.nash, solver)(prepared, **settings)
        found = result.equilibria if hasattr(result, "equilibria") else [result.equilibrium]
        return table.strategies(found[0])

    return solve


def _cfr(game: bg.Game, efforts: Floats) -> Callable[[], Strategies]:
    """Counterfactual regret minimisation+ on the table of payoffs at all profiles, which is made
    beforehand."""
    import pyspiel

    table = bg.payoff_table(game, RULE, efforts)
    played = pyspiel.convert_to_turn_based(table.to_open_spiel())

    def solve() -> Strategies:
        solver, state, found = pyspiel.CFRPlusSolver(played), played.new_initial_state(), []
        for _ in range(ITERATIONS):
            solver.evaluate_and_update_policy()
        policy = solver.average_policy()
        for _ in range(game.n_developers):
            chances = dict(policy.action_probabilities(state))
            found.append([chances.get(k, 0.0) for k in range(efforts.size)])
            state.apply_action(0)  # what is chosen is hidden from the others
        return table.strategies(found)

    return solve
