"""Hyperparameters that several learned agents have. The settings of each agent extend these."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from benchgame_env.validate import count, number


@dataclass(frozen=True)
class LearnerSettings:
    """Hyperparameters of every learner.

    Attributes
    ----------
    learning_rate : float
        Step size at the start, > 0.
    gamma : float
        Discount per round, in [0, 1]; 0 is one-shot (myopic) play.
    hidden : int
        Units in each of the two hidden layers.
    head : str, optional
        What a choice of the network means, see `agents.learned.heads`; None: the environment's own
        actions, or ``overtake`` if the algorithm cannot make such choices.

    Raises
    ------
    ValueError
        A value out of its range.
    """

    learning_rate: float = 3e-3
    gamma: float = 0.0
    hidden: int = 64
    head: str | None = None

    def __post_init__(self) -> None:
        self._number("gamma", low=0, high=1)
        self._number("learning_rate", low=0, strict=True)
        self._counts("hidden")

    def _number(self, name: str, **bounds: Any) -> None:
        object.__setattr__(self, name, number(name, getattr(self, name), **bounds))

    def _counts(self, *names: str) -> None:
        for name in names:
            object.__setattr__(self, name, count(name, getattr(self, name)))


@dataclass(frozen=True)
class FadingEntropy(LearnerSettings):
    """Hyperparameters of learners whose entropy bonus fades.

    Without fading, play collapses at the ceiling (theory section 8).

    Attributes
    ----------
    entropy : float
        Entropy bonus at the start, >= 0.
    entropy_halving : float
        Steps after which it has halved, > 0; the bonus is ``entropy / (1 + step / entropy_halving)``.
    """

    entropy: float = 0.0
    entropy_halving: float = math.inf

    def __post_init__(self) -> None:
        super().__post_init__()
        self._number("entropy", low=0)
        self._number("entropy_halving", low=0, strict=True, finite=False)

    def entropy_at(self, step: int) -> float:
        """The entropy bonus at a step."""
        return self.entropy / (1 + step / self.entropy_halving)
