"""The play that a run is held against: which of the things predicted, and as strategies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchgame_env import theory
from benchgame_env._validate import Floats

Strategies = list[tuple[Floats, Floats]]


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


def expected_play(prediction: theory.Prediction, revision: str) -> Expected | None:
    """The pure equilibrium if there is one; else a cycle where developers move in turn, and a mixed
    equilibrium where they move at once. None where none is known."""
    if prediction.equilibrium is not None:
        pure = [(np.array([effort]), np.ones(1)) for effort in prediction.equilibrium]
        return Expected("pure equilibrium", pure)
    if revision == "alternating" and prediction.cycle is not None:
        cycle = prediction.cycle
        return Expected("cycle", [(efforts, cycle.chances) for efforts in cycle.states.T], cycle)
    if revision == "simultaneous" and prediction.mixed is not None:
        return Expected("mixed equilibrium", list(prediction.mixed.strategies))
    return None
