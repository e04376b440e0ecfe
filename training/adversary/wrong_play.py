"""Play to attack verdicts with: the predicted equilibrium, and strategies with a known regret."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy

from benchgame_env import metrics, theory
from benchgame_env.metrics.strategies import Strategy
from benchgame_env.validate import Floats

POINTS = 101  # efforts of uniform play


@dataclass(frozen=True, eq=False)
class Case:
    """A game under direct evaluation, where the predicted equilibrium is mixed.

    Attributes
    ----------
    prediction : Prediction
        The prediction, computed once.
    """

    prediction: theory.Prediction

    @classmethod
    def of(cls, game: str) -> Case:
        """The case of the game of this name."""
        return cls(theory.predict(game, "direct"))

    @property
    def equilibrium(self) -> list[Strategy]:
        """Strategies of the predicted equilibrium."""
        mixed = self.prediction.mixed
        assert mixed is not None
        return list(mixed.strategies)

    def regret(self, strategies: list[Strategy]) -> float:
        """The largest regret of strategies, share of P, exact."""
        prediction = self.prediction
        regrets = metrics.regrets(prediction.game, prediction.protocol, strategies)
        return float(regrets.max()) / prediction.game.prize_range

    def at(self, quantiles: Floats) -> Floats:
        """Efforts ``[plays, n]`` at these quantiles of the equilibrium strategies, in [0, 1]."""
        found = []
        for (efforts, chances), own in zip(self.equilibrium, quantiles.T, strict=True):
            order = np.argsort(efforts)
            place = np.searchsorted(np.cumsum(chances[order]) / chances.sum(), own)
            found.append(efforts[order][np.minimum(place, efforts.size - 1)])
        return np.stack(found, axis=1)

    def other(self) -> dict[str, list[Strategy]]:
        """Play that is no equilibrium, by what is done."""
        game, equilibrium = self.prediction.game, self.equilibrium
        zero, scale = (np.zeros(1), np.ones(1)), game.finite_effort_scale
        uniform = np.linspace(0.0, scale, POINTS), np.full(POINTS, 1 / POINTS)
        top = np.minimum(game.budget, scale)
        return {
            "everybody uniform": [uniform] * game.n_developers,
            "everybody honest": [zero] * game.n_developers,
            "best model honest": [zero, *equilibrium[1:]],
            "worst model spends F": [*equilibrium[:-1], (top[-1:], np.ones(1))],
        }

    def blends(self, regret: float) -> dict[str, list[Strategy]]:
        """Mixtures of the equilibrium with other play, with this largest regret, share of P."""
        return {name: self.blend(other, regret) for name, other in self.other().items()}

    def blend(self, other: list[Strategy], regret: float) -> list[Strategy]:
        """The equilibrium, and with a probability that makes ``regret`` the ``other`` strategies."""
        share = scipy.optimize.brentq(
            lambda w: self.regret(mixture(self.equilibrium, other, w)) - regret, 0, 1, xtol=1e-7
        )
        return mixture(self.equilibrium, other, share)


def mixture(one: list[Strategy], other: list[Strategy], share: float) -> list[Strategy]:
    """Each developer plays ``other`` with probability ``share``, else ``one``."""
    return [
        (np.append(a, b), np.append((1 - share) * p, share * q))
        for (a, p), (b, q) in zip(one, other, strict=True)
    ]


def draws(strategies: list[Strategy], plays: int, rng: np.random.Generator) -> Floats:
    """Independent plays ``[plays, n]``, effort units."""
    return np.stack([rng.choice(e, plays, p=p / p.sum()) for e, p in strategies], axis=1)
