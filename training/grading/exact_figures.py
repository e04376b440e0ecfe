"""Play against truth: exact regret, distance to the certified equilibrium, Kendall tau; and where
developers move in turn, the cycle that is expected and the regret of single revisions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import wasserstein_distance

from benchgame_env import Game, metrics, theory
from benchgame_env.rules import is_exact
from benchgame_env.turns import in_turn
from benchgame_env.validate import Floats
from training.grading.figures import share_of_scale

Strategies = list[tuple[Floats, Floats]]


class Grader:
    """Grades what is played on a game under a protocol.

    Parameters
    ----------
    equilibrium: strategies to measure the distance to, or None; see `certified_equilibrium`.
    """

    def __init__(self, game: Game, protocol: Any, equilibrium: Strategies | None) -> None:
        self.game, self.protocol, self.equilibrium = game, protocol, equilibrium
        self._can_grade = metrics.can_grade(game, protocol)

    def __call__(self, efforts: Floats, ranks: NDArray[np.int64]) -> dict[str, float]:
        """Figures of independent plays, each ``[plays, n]``; NaN where they are not known.

        ``nash_conv``: of the strategies with which they were played, prize units; ``distance``: see
        `distance`; ``kendall_tau``: of the boards to quality, mean over plays.
        """
        apart = np.nan
        if self.equilibrium is not None:
            apart = distance(self.game, metrics.empirical(efforts), self.equilibrium)
        tau = mean_tau(ranks, self.game)
        return {"nash_conv": self.nash_conv(efforts), "distance": apart, "kendall_tau": tau}

    def nash_conv(self, efforts: Floats) -> float:
        """Of the strategies with which ``efforts`` ``[plays, n]`` were played; NaN where not known."""
        if not self._can_grade:
            return np.nan
        return metrics.nash_conv(self.game, self.protocol, metrics.empirical(efforts))


def certified_equilibrium(prediction: theory.Prediction) -> Strategies | None:
    """The predicted equilibrium, pure or mixed, as strategies; None if none is known."""
    if prediction.equilibrium is not None:
        return [(np.array([effort]), np.ones(1)) for effort in prediction.equilibrium]
    return None if prediction.mixed is None else list(prediction.mixed.strategies)


def distance(game: Game, strategies: Strategies, equilibrium: Strategies) -> float:
    """How far effort would have to be moved to turn one into the other: Wasserstein-1, as a share of F
    (theory section 8), mean over developers. Where equilibria are many, play may be one and apart."""
    moved = [
        wasserstein_distance(mine[0], theirs[0], mine[1], theirs[1])
        for mine, theirs in zip(strategies, equilibrium, strict=True)
    ]
    return float(share_of_scale(game, np.array(moved)).mean())


def mean_tau(ranks: NDArray[np.int64], game: Game) -> float:
    """Mean Kendall tau of boards ``[plays, n]`` to quality."""
    boards, counts = np.unique(ranks, axis=0, return_counts=True)
    orders = np.argsort(boards, axis=1, kind="stable")
    taus = [metrics.kendall_tau(order, game.quality) for order in orders]
    return float(np.average(taus, weights=counts))


def expected_cycle(prediction: theory.Prediction) -> theory.Cycle | None:
    """The cycle of best responses among the run's choices, if revisions alternate and there is one."""
    moves = prediction.scope.revision == "alternating" and prediction.regime == "cycle"
    return prediction.cycle if moves and is_exact(prediction.protocol) else None


def choices_of(scope: theory.Scope) -> dict[str, Any]:
    """What a best response chooses among; nothing where developers have different levels."""
    if scope.levels is None:
        return {"resolution": scope.resolution}
    return {"levels": scope.levels} if scope.levels.ndim == 1 else {}


def revision_regrets(prediction: theory.Prediction, efforts: Floats) -> Floats:
    """Regrets ``[rounds]`` of the revisions of an episode in turn, ``efforts`` ``[rounds, n]``, prize
    units; see `metrics.revision_regrets`."""
    turns, choices = in_turn(range(len(efforts)), efforts.shape[1]), choices_of(prediction.scope)
    return metrics.revision_regrets(prediction.game, prediction.protocol, efforts, turns, **choices)
