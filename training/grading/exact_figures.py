"""Exact figures of play: regret, distance to the certified equilibrium, Kendall tau; and where
developers move in turn, the expected cycle and the regret of single revisions."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from benchgame_env import Game, metrics, theory
from benchgame_env.rules import is_exact
from benchgame_env.training.grading.figures import cycle_figures, share_of_scale
from benchgame_env.turns import in_turn
from benchgame_env.validate import Floats

Strategies = list[tuple[Floats, Floats]]


class Grader:
    """Computes figures of play on a game under a protocol.

    Parameters
    ----------
    game : Game
        The game that is played.
    protocol : Protocol
        The protocol that it is played under.
    equilibrium : list of (efforts, probabilities) or None
        Strategies to measure the distance to, one for each developer, effort units; see
        `certified_equilibrium`.
    """

    def __init__(self, game: Game, protocol: Any, equilibrium: Strategies | None) -> None:
        self.game, self.protocol, self.equilibrium = game, protocol, equilibrium
        self._can_grade = metrics.can_grade(game, protocol)

    def __call__(self, efforts: Floats, ranks: NDArray[np.int64]) -> dict[str, float]:
        """Compute the figures of independent plays.

        Parameters
        ----------
        efforts : array ``[plays, n]``
            Efforts played, effort units.
        ranks : array ``[plays, n]``
            Ranks on the boards, 1 is best.

        Returns
        -------
        dict of str to float
            ``nash_conv`` and ``largest_regret`` of the empirical strategies, prize units; ``distance``
            of these to the equilibrium, share of F, see `distance`; ``kendall_tau`` between boards and
            quality, mean over plays. NaN where a figure cannot be computed.
        """
        played, apart, regrets = metrics.empirical(efforts), np.nan, np.full(1, np.nan)
        if self.equilibrium is not None:
            apart = distance(self.game, played, self.equilibrium)
        if self._can_grade:
            regrets = metrics.regrets(self.game, self.protocol, played)
        boards = metrics.played_outcomes(self.game, self.protocol, efforts[:, None], ranks[:, None])
        return {
            "nash_conv": float(regrets.sum()),
            "largest_regret": float(regrets.max()),
            "distance": apart,
            "kendall_tau": boards.kendall_tau,
        }


def certified_equilibrium(prediction: theory.Prediction) -> Strategies | None:
    """Strategies of the predicted equilibrium, pure or mixed; None if none is predicted."""
    if prediction.equilibrium is not None:
        return [(np.array([effort]), np.ones(1)) for effort in prediction.equilibrium]
    return None if prediction.mixed is None else list(prediction.mixed.strategies)


def distance(game: Game, strategies: Strategies, equilibrium: Strategies) -> float:
    """Wasserstein-1 distance of strategies to an equilibrium, as a share of F, mean over developers
    (theory section 8). Where there are many equilibria, play may be another one and still be far."""
    moved = [
        scipy.stats.wasserstein_distance(mine[0], theirs[0], mine[1], theirs[1])
        for mine, theirs in zip(strategies, equilibrium, strict=True)
    ]
    return float(share_of_scale(game, np.array(moved)).mean())


def expected_cycle(prediction: theory.Prediction) -> theory.Cycle | None:
    """The predicted cycle of best responses, if revisions alternate and there is one."""
    moves = prediction.scope.revision == "alternating" and prediction.regime == "cycle"
    return prediction.cycle if moves and is_exact(prediction.protocol) else None


def choices_of(scope: theory.Scope) -> dict[str, Any]:
    """Keyword arguments of `metrics.revision_regrets` that say what a best response chooses among;
    none where developers have different levels."""
    if scope.levels is None:
        return {"resolution": scope.resolution}
    return {"levels": scope.levels} if scope.levels.ndim == 1 else {}


def course_in_turn(
    prediction: theory.Prediction, efforts: Floats, start: Floats | None = None
) -> dict[str, Any]:
    """The fields of `SeedFigures` about the cycle in which a course ``[rounds, n]`` of revisions in turn
    ends, effort units, from ``start`` ``[n]``; see `figures.cycle_figures`."""
    turns, choices = in_turn(range(len(efforts)), efforts.shape[1]), choices_of(prediction.scope)
    return cycle_figures(prediction.game, prediction.protocol, efforts, turns, **choices, start=start)


def revision_regrets(prediction: theory.Prediction, efforts: Floats) -> Floats:
    """Regret of each revision ``[rounds]`` of an episode in turn, prize units, from efforts
    ``[rounds, n]``, effort units; see `metrics.revision_regrets`."""
    turns, choices = in_turn(range(len(efforts)), efforts.shape[1]), choices_of(prediction.scope)
    return metrics.revision_regrets(prediction.game, prediction.protocol, efforts, turns, **choices)
