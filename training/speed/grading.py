"""The contests of the grader: regrets as the package computes them, and the plain way."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

import benchgame_env as bg
from benchgame_env.training.speed.contest import Contest, Run

RULE = "direct"


@dataclass(frozen=True)
class Graded:
    """Sizes of the contests.

    Attributes
    ----------
    pure, many : int
        Developers who play pure efforts: beside the plain way, and alone.
    uneven, even : (int, int)
        Developers and efforts of each in its mixed strategy, where prizes are unevenly spaced, beside
        the plain way; and where they are evenly spaced, alone.
    fitted : (str, int)
        A game with fitted curves, and efforts of each developer, beside the plain way.
    """

    pure: int = 100
    many: int = 1000
    uneven: tuple[int, int] = (50, 20)
    even: tuple[int, int] = (200, 21)
    fitted: tuple[str, int] = ("open-mmlu", 21)


TINY = Graded(4, 5, (3, 2), (4, 3), ("llama-mmlu", 2))


def grading(sizes: Graded) -> dict[str, Contest]:
    """All contests of the grader by name; in each, the contestants by name."""
    pure, many = (_even(n) for n in (sizes.pure, sizes.many))
    uneven, even = _even(sizes.uneven[0], power=2), _even(sizes.even[0])
    fitted = bg.load_game(sizes.fitted[0])
    beside = {
        "regrets, pure": (pure, _points(np.zeros(sizes.pure))),
        "regrets, uneven prizes": (uneven, _mixtures(uneven, sizes.uneven[1])),
        "regrets, fitted curves": (fitted, _mixtures(fitted, sizes.fitted[1])),
    }
    alone = {
        "regrets, many pure": (many, _points(np.zeros(sizes.many))),
        "regrets, even prizes": (even, _mixtures(even, sizes.even[1])),
    }
    found: dict[str, Contest] = {}
    for name, given in (beside | alone).items():
        found[name] = {"ours": partial(_ours, *given)}
        if name in beside:
            found[name]["plain"] = partial(_plain, *given)
    return found


def _even(n: int, power: int = 1) -> bg.Game:
    """Additive curves; prizes from 1 to 0, evenly spaced, or powers of these."""
    curves = bg.curves.Additive(np.linspace(1.0, 0.5, n))
    return bg.Game(curves, bg.LinearCost(1.0), np.linspace(1.0, 0.0, n) ** power)


def _points(efforts: Any) -> Any:
    return [(np.array([effort]), np.ones(1)) for effort in efforts]


def _mixtures(game: bg.Game, support: int) -> Any:
    """A random mixed strategy of each developer over ``support`` efforts."""
    rng = np.random.default_rng(0)
    return [
        (np.sort(rng.uniform(0.0, top, support)), rng.dirichlet(np.ones(support)))
        for top in game.max_effort
    ]


def _ours(game: bg.Game, strategies: Any) -> Run:
    return Run(lambda: bg.metrics.regrets(game, RULE, strategies), 1)


def _plain(game: bg.Game, strategies: Any) -> Run:
    return Run(lambda: plain_regrets(game, strategies), 1)


def plain_regrets(game: bg.Game, strategies: Any) -> Any:
    """Regrets ``[n]`` under direct evaluation, ties to the better model, as one would write them down:
    every score of a rival is reached and passed, at an effort that 64 halvings find, and the number of
    rivals ahead is convolved for each developer. Where curves saturate, nothing is said of it."""
    n = game.n_developers
    shown = [np.asarray(game.curves.score(np.stack([e] * n, -1)))[..., i]
             for i, (e, _) in enumerate(strategies)]  # fmt: skip
    scores = np.unique(np.concatenate(shown))
    aims = np.concatenate((scores, np.nextafter(scores, np.inf)))
    efforts, reached = _halvings(game, aims)
    result = np.empty(n)
    for i, (own, weights) in enumerate(strategies):
        tried = np.concatenate((shown[i], np.where(reached[:, i], aims, -np.inf)))
        payoffs = _prizes(game.prizes, i, tried, shown, strategies)
        payoffs -= game.cost(np.concatenate((own, efforts[:, i])))
        result[i] = payoffs.max() - (payoffs[: own.size] * weights).sum()
    return result


def _halvings(game: bg.Game, aims: Any) -> Any:
    """The first float64 efforts ``[m, n]`` that show ``aims`` ``[m]``, 0 where none does that may pay,
    and whether one does."""
    aims, high = aims[:, None], np.broadcast_to(game.effort_scale, (aims.size, game.n_developers))
    reached = np.asarray(game.curves.score(high)) >= aims
    low, high = np.zeros(high.shape, dtype=np.int64), high.copy().view(np.int64)
    for _ in range(64):
        middle = low + (high - low) // 2
        enough = np.asarray(game.curves.score(middle.view(np.float64))) >= aims
        low, high = np.where(enough, low, np.minimum(middle + 1, high)), np.where(enough, middle, high)
    return np.where(reached, high.view(np.float64), 0.0), reached


def _prizes(prizes: Any, i: int, tried: Any, shown: Any, strategies: Any) -> Any:
    """Developer i's expected prizes for the scores ``tried`` ``[m]``."""
    count = np.zeros((prizes.size, tried.size))  # probabilities of k rivals ahead
    count[0] = 1.0
    for j in range(prizes.size):
        if j != i:
            ahead = shown[j][:, None] >= tried if j < i else shown[j][:, None] > tried
            p = (ahead * strategies[j][1][:, None]).sum(axis=0)
            count[1:] = count[1:] * (1 - p) + count[:-1] * p
            count[0] *= 1 - p
    return (prizes[:, None] * count).sum(axis=0)
