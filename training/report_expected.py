"""The play that a run is held against: which of the things predicted, and as strategies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchgame_env import VectorEnv, theory
from benchgame_env._validate import Floats
from benchgame_env.protocols import is_exact
from training.grading import Strategies, certified_equilibrium


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


def expected_play(prediction: theory.Prediction, vec: VectorEnv) -> Expected | None:
    """The pure equilibrium if there is one; else the cycle where developers move in turn, and a mixed
    equilibrium where they do not. None where it is not known.

    ``vec``: the game as it was played, whose levels of effort the cycle moves on.
    """
    if prediction.equilibrium is None and vec.revision == "alternating":
        cycle = _cycle(prediction, vec)
        if cycle is None:
            return None
        return Expected("cycle", [(efforts, cycle.chances) for efforts in cycle.states.T], cycle)
    strategies = certified_equilibrium(prediction)
    if strategies is None:
        return None
    kind = "mixed" if prediction.equilibrium is None else "pure"
    return Expected(f"{kind} equilibrium", strategies)


def _cycle(prediction: theory.Prediction, vec: VectorEnv) -> theory.Cycle | None:
    if vec.axis.action_type == "continuous" or not is_exact(vec.protocol):
        return prediction.cycle
    if np.ptp(vec.axis.max_effort) > 0:
        return None  # everybody has other levels
    levels = vec.axis.effort(np.linspace(0, 1, vec.axis.levels)[:, None])[:, 0]
    return theory.best_response_cycle(vec.game, vec.protocol, levels=levels)
