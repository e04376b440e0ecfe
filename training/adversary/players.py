"""Players that try to be a match in a run without playing the prediction.

They know the prediction, and take the places of learners: see `verdicts.run_of`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchgame_env.agents.base import Agent, Round, Seat, Team
from benchgame_env.agents.scripted.best_response import BestResponse
from benchgame_env.metrics.strategies import Strategy
from benchgame_env.training.adversary.wrong_play import Case
from benchgame_env.validate import Floats

Observations = NDArray[np.float32]


@lru_cache
def case(game: str) -> Case:
    """The case of a game, once in a process."""
    return Case.of(game)


class Predicted(Agent):
    """Draws from its equilibrium strategy, like an honest player of the prediction.

    Parameters
    ----------
    seat : Seat
        The seat that it plays.
    game : str
        Name of the game, whose prediction it knows.
    """

    def __init__(self, seat: Seat, game: str = "duel") -> None:
        super().__init__(seat)
        self.case = case(game)

    def act(self, observations: Observations, rng: np.random.Generator) -> NDArray[Any]:
        return self.seat.action(self.efforts(rng.random(len(observations))))

    def efforts(self, quantiles: Floats) -> Floats:
        """Own efforts ``[batch]`` at quantiles of the strategy."""
        return quantile(self.case, self.at, quantiles)


def quantile(case: Case, developer: int, quantiles: Floats) -> Floats:
    """A developer's efforts at quantiles ``[batch]`` of its equilibrium strategy."""
    return case.at(np.tile(quantiles[:, None], len(case.equilibrium)))[:, developer]


class RightInHalfOfTheSeeds(Predicted):
    """Plays the prediction with even seeds, and honestly with odd ones."""

    def efforts(self, quantiles: Floats) -> Floats:
        return super().efforts(quantiles) * (self.seat.seed % 2 == 0)


class RightInHalfOfTheCopies(Predicted):
    """Plays the prediction in every other copy, and honestly in the others."""

    def efforts(self, quantiles: Floats) -> Floats:
        return super().efforts(quantiles) * (np.arange(quantiles.size) % 2 == 0)


class RightInTheLastRound(Predicted):
    """Plays the prediction in the last round of an episode, and honestly before."""

    rounds = 0

    def act(self, observations: Observations, rng: np.random.Generator) -> NDArray[Any]:
        self.rounds = 1 if self.seat.opens_episode(observations) else self.rounds + 1
        right = super().act(observations, rng)
        return right if self.rounds == self.seat.horizon else self.seat.action(np.zeros(right.size))


class HoldsItsDraw(Predicted):
    """Draws once in an episode, and holds its effort."""

    def act(self, observations: Observations, rng: np.random.Generator) -> NDArray[Any]:
        if self.seat.opens_episode(observations):
            self.held = super().act(observations, rng)
        return self.held


class StatesTheEquilibrium(Agent):
    """States the equilibrium as its strategy, and plays honestly.

    Parameters
    ----------
    seat : Seat
        The seat that it plays.
    game : str
        Name of the game.
    """

    def __init__(self, seat: Seat, game: str = "duel") -> None:
        super().__init__(seat)
        self.case = case(game)

    def act(self, observations: Observations, rng: np.random.Generator) -> NDArray[Any]:
        return self.seat.action(np.zeros(len(observations)))

    def strategies(self, observations: Observations) -> list[Strategy]:
        return [self.case.equilibrium[self.at]]


class RightOnAverage(Predicted):
    """A learner: plays the lower half of its strategy in even updates, and the upper one in odd ones."""

    updates = 0

    def efforts(self, quantiles: Floats) -> Floats:
        return super().efforts((quantiles + self.updates % 2) / 2)

    def learn(self, played: Round, rng: np.random.Generator) -> None:
        self.updates += int(played.ended)

    def save(self) -> dict[str, Any]:
        return {"updates": self.updates}

    def load(self, saved: dict[str, Any]) -> None:
        self.updates = saved["updates"]


class _Together(Team):
    """Developers who share their draws.

    Parameters
    ----------
    seats : sequence of Seat
        The seats that they play.
    game : str
        Name of the game.
    """

    def __init__(self, seats: Sequence[Seat], game: str = "duel") -> None:
        super().__init__(seats)
        self.case = case(game)
        self.late = np.zeros(0)

    def actions(self, quantiles: Floats) -> NDArray[Any]:
        """Actions ``[batch, k]`` at quantiles ``[batch, k]``."""
        efforts = self.case.at(quantiles)
        return np.stack(
            [seat.action(own) for seat, own in zip(self.seats, efforts.T, strict=True)], axis=1
        )


class StatesIndependence(_Together):
    """States the equilibrium strategies, and draws an effort of one that goes with that of the other."""

    def act(self, observations: Observations, rng: np.random.Generator) -> NDArray[Any]:
        strips, own = 32, rng.random(len(observations))
        strip = np.floor(own * strips).astype(int)
        others = [
            (np.random.default_rng(k).permutation(strips)[strip] + own * strips - strip) / strips
            for k in range(1, len(self.seats))
        ]
        return self.actions(np.stack([own, *others], axis=1))

    def strategies(self, observations: Observations) -> list[Strategy]:
        return self.case.equilibrium


class CopiesTheRival(_Together):
    """The first draws; the others play the quantile that the first played in the round before."""

    def act(self, observations: Observations, rng: np.random.Generator) -> NDArray[Any]:
        own, batch = rng.random(len(observations)), len(observations)
        late = self.late if self.late.size == batch else rng.random(batch)
        self.late = own
        return self.actions(np.stack([own] + [late] * (len(self.seats) - 1), axis=1))


class RightInTheFirstCopy(BestResponse):
    """Plays best responses in the first copy, and honestly in the others."""

    def act(self, observations: Observations, rng: np.random.Generator) -> NDArray[Any]:
        actions = super().act(observations, rng)
        actions[1:] = self.seat.action(np.zeros(len(actions)))[1:]
        return actions
