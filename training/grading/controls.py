"""Controls: simple play that a test has to fail, or else passing it says nothing (theory section 8).

Honest play, each developer constant at its predicted mean effort, at its median and at half of F, and
independent uniform play, on all efforts and on levels, are held against the same bounds as what was
learned. A control that is itself so close to the prediction that it has to pass is left out, and named.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchgame_env import Game, theory
from benchgame_env.metrics.strategies import Strategy
from benchgame_env.training.grading.checks import checks_of
from benchgame_env.training.grading.exact_figures import Strategies, course_in_turn, expected_cycle
from benchgame_env.training.grading.figures import SeedFigures, effort_scale, share_of_scale
from benchgame_env.training.grading.intervals import Bounds
from benchgame_env.training.grading.regrets import strategy_regrets
from benchgame_env.training.grading.target import AVERAGE_EFFORT, REFERENCE, Target
from benchgame_env.training.grading.verdict import Control
from benchgame_env.turns import in_turn
from benchgame_env.validate import Floats

POINTS = 101  # efforts of uniform play
SEED = 0  # of uniform play in turn, and of simulated regrets


def controls(target: Target, prediction: theory.Prediction, played: Strategies) -> list[Control]:
    """All controls, held against the bounds of ``target``.

    Parameters
    ----------
    target : Target
        What play is held against.
    prediction : Prediction
        What is predicted.
    played : list of (efforts, probabilities)
        The reference where nothing is predicted: the play that is judged, effort units.
    """
    if target.kind in ("pure", "classes"):
        return []  # honest play often is the prediction there; a class is told apart by its boards
    cycle = expected_cycle(prediction) if target.kind == "cycle" else None
    if cycle is not None:
        return [
            _in_turn(target, prediction, name, play)
            for name, play in _plays(prediction, [(e, cycle.chances) for e in cycle.states.T])
        ]
    mixed = prediction.mixed if target.kind == "mixed" else None
    reference = list(mixed.strategies) if mixed is not None else played
    return [
        _at_once(target, prediction, name, play, reference)
        for name, play in _plays(prediction, reference)
    ]


def _plays(prediction: theory.Prediction, reference: Strategies) -> Iterator[tuple[str, Strategies]]:
    """Names and strategies of the controls."""
    game, levels = prediction.game, prediction.scope.levels
    scale = np.minimum(effort_scale(game), game.budget)
    means = np.array([efforts @ chances for efforts, chances in reference])
    profiles = {
        "honest play": np.zeros(game.n_developers),
        "everybody constant at its mean effort": means,
        "everybody constant at its median effort": np.array([_median(*own) for own in reference]),
        "everybody constant at half of F": scale / 2,
    }
    for name, efforts in profiles.items():
        yield name, [(np.array([effort]), np.ones(1)) for effort in efforts]
    yield "uniform play on all efforts", [_uniform(np.linspace(0.0, most, POINTS)) for most in scale]
    if levels is not None:
        columns = levels.T if levels.ndim == 2 else [levels] * game.n_developers
        yield "uniform play on the levels", [_uniform(own) for own in columns]


def _uniform(efforts: Floats) -> Strategy:
    return efforts, np.full(efforts.size, 1 / efforts.size)


def _median(efforts: Floats, chances: Floats) -> float:
    order = np.argsort(efforts)
    middle = np.searchsorted(np.cumsum(chances[order]), 0.5 * chances.sum())
    return float(efforts[order][min(middle, efforts.size - 1)])


def _at_once(
    target: Target, prediction: theory.Prediction, name: str, play: Strategies, reference: Strategies
) -> Control:
    """A control where all developers choose at once."""
    game, rule = prediction.game, prediction.protocol
    regrets = strategy_regrets(game, rule, play, np.random.default_rng(SEED))
    means = _means(game, play)
    away = np.abs(means - _means(game, reference))
    figures = SeedFigures.exact(regrets, means, unique=target.efforts)
    passes = all(check.passed[0] for check in checks_of(target, [figures]))
    largest = float(regrets.estimate.max())
    close = largest <= REFERENCE * target.regret_bound and bool((away <= AVERAGE_EFFORT).all())
    return Control(name, passes, close, largest)


def _means(game: Game, strategies: Strategies) -> Floats:
    return share_of_scale(game, np.array([efforts @ chances for efforts, chances in strategies]))


def _in_turn(target: Target, prediction: theory.Prediction, name: str, play: Strategies) -> Control:
    """A control where developers revise one at a time: it draws a new effort on each of its turns."""
    assert target.cycle is not None
    n, rng = prediction.game.n_developers, np.random.default_rng(SEED)
    rounds = 6 * n + 4 * int(target.cycle.period)
    who = in_turn(range(rounds), n)
    efforts, held = np.zeros((rounds, n)), np.zeros(n)
    for t, i in enumerate(who):
        held[i] = rng.choice(play[i][0], p=play[i][1] / play[i][1].sum())
        efforts[t] = held
    figures = course_figures(prediction, efforts)
    passes = all(check.passed[0] for check in checks_of(target, [figures]))
    return Control(name, passes, False, figures.step_regret)


def course_figures(
    prediction: theory.Prediction, efforts: Floats, start: Floats | None = None
) -> SeedFigures:
    """Figures of one course ``[rounds, n]`` of revisions in turn, effort units, from ``start``."""
    game, n = prediction.game, prediction.game.n_developers
    found = course_in_turn(prediction, efforts, start)
    unknown = Bounds.exact(np.full(n, np.nan))
    means = share_of_scale(game, efforts.mean(axis=0))
    drawn = {"drawn_step_regrets": found["step_regrets"]}
    return SeedFigures.exact(unknown, means, **found, **drawn)
