"""The play that a run is held against: which of the things predicted, and as strategies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchgame_env import theory
from benchgame_env.validate import Floats
from training.grading.exact_figures import Strategies, certified_equilibrium, expected_cycle


@dataclass(frozen=True, eq=False)
class Expected:
    """Predicted play.

    Attributes
    ----------
    name: what it is, in words.
    strategies: per developer ``(efforts, chances)``, effort units; of a cycle, the time spent in each.
    cycle: if it is one.
    """

    name: str
    strategies: Strategies
    cycle: theory.Cycle | None = None

    @property
    def mean(self) -> Floats:
        """``[n]``, effort units."""
        return np.array([efforts @ chances for efforts, chances in self.strategies])


def expected_play(prediction: theory.Prediction) -> Expected | None:
    """The pure equilibrium if there is one; else the cycle where developers move in turn, and a mixed
    equilibrium where they do not. None where it is not known."""
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
