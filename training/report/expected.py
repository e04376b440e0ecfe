"""The predicted play that a run is compared with, as strategies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchgame_env import theory
from benchgame_env.training.grading.exact_figures import (
    Strategies,
    certified_equilibrium,
    expected_cycle,
)
from benchgame_env.validate import Floats


@dataclass(frozen=True, eq=False)
class Expected:
    """Predicted play.

    Attributes
    ----------
    name : str
        The kind of play, in words.
    strategies : list of (efforts, probabilities)
        One for each developer, effort units; of a cycle, the share of time at each effort.
    cycle : Cycle or None
        The cycle, if the play is one.
    """

    name: str
    strategies: Strategies
    cycle: theory.Cycle | None = None

    @property
    def mean(self) -> Floats:
        """Mean effort of each developer ``[n]``, effort units."""
        return np.array([efforts @ chances for efforts, chances in self.strategies])


def expected_play(prediction: theory.Prediction) -> Expected | None:
    """The pure equilibrium if there is one; else the cycle where developers move in turn, and the mixed
    equilibrium where they do not. None if that is not known."""
    if prediction.equilibrium is None and prediction.scope.revision == "alternating":
        cycle = expected_cycle(prediction)
        if cycle is None:
            return None
        return Expected("cycle", [(efforts, cycle.chances) for efforts in cycle.states.T], cycle)
    strategies = certified_equilibrium(prediction)
    if strategies is None:
        return None
    kind = "mixed" if prediction.equilibrium is None else "pure"
    return Expected(f"{kind} equilibrium", strategies)
