"""A mixed equilibrium and its certificate, which `benchgame_env.metrics` computes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchgame_env import metrics
from benchgame_env.subgame import Subgame
from benchgame_env.theory.mixed.effort_choices import Strategies
from benchgame_env.validate import Floats

# A profile is called an equilibrium up to this largest regret, as a share of P: the same bound up to
# which learned play counts as one on average (theory section 8).
LARGEST_REGRET = 0.025


@dataclass(frozen=True, eq=False)
class MixedEquilibrium:
    """A profile of mixed strategies, and how close it is to an equilibrium.

    Attributes
    ----------
    strategies : list of pairs
        Efforts and probabilities of each developer.
    payoffs : array of float
        Expected payoffs ``[n]``, prize units.
    nash_conv : float
        Sum of the regrets of exactly these strategies against deviations to any effort, or to any of the
        levels of a game on levels; prize units.
    largest_regret : float
        The largest of these regrets, prize units.
    is_equilibrium : bool
        Whether the largest regret is at most `LARGEST_REGRET` times P. Else this is only the closest
        profile that was found, and nothing here calls it an equilibrium.
    method : str
        How the profile was found.
    unique : bool
        Whether it is known to be the only equilibrium. The duel's closed form is, where every bit of
        effort costs something and raises the score.
    """

    strategies: Strategies
    payoffs: Floats
    nash_conv: float
    largest_regret: float
    is_equilibrium: bool
    method: str
    unique: bool = False

    @classmethod
    def certified(
        cls,
        subgame: Subgame,
        strategies: Strategies,
        method: str,
        unique: bool = False,
        levels: Floats | None = None,
    ) -> MixedEquilibrium:
        """``strategies`` with what the grader says of them: among ``levels`` ``[n, m]``, if given."""
        game, rule = subgame.game, subgame.rule
        if levels is None:
            regrets = metrics.regrets(game, rule, strategies)
        else:
            regrets = np.maximum(metrics.level_regrets(game, rule, strategies, levels), 0.0)
        largest = float(regrets.max())
        return cls(
            strategies=strategies,
            payoffs=metrics.expected_payoffs(game, rule, strategies),
            nash_conv=float(regrets.sum()),
            largest_regret=largest,
            is_equilibrium=largest <= LARGEST_REGRET * game.prize_range,
            method=method,
            unique=unique,
        )

    @property
    def mean_efforts(self) -> Floats:
        """Mean effort of each developer, ``[n]``, effort units."""
        return np.array([efforts @ chances for efforts, chances in self.strategies])
