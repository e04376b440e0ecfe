"""Seats that somebody else's training loop trains: the open door for learners of other libraries."""

from __future__ import annotations

import random
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchgame_env import VectorEnv
from benchgame_env.agents.base import Round, Seat, Team, draw_choices
from benchgame_env.agents.saved import check_names, saved_count
from benchgame_env.metrics import Strategy
from benchgame_env.validate import Floats, integer, number

# Observations [batch, k, size] to probabilities of the levels [batch, k, levels].
Chances = Callable[[NDArray[np.float32]], Floats]


class Trained(Team):
    """Plays what the training loop of another library has learned so far, on effort levels.

    Formula: after each update the loop goes on by one update, on copies of its own of the game, as many
    as the run has. It plays all seats there, so nobody else can. Used as: the base of an agent around a
    library that trains by itself; override `training`.

    A library's own state cannot be saved in general. What is saved is the number of updates, and `load`
    trains anew up to there: on a CPU that ends bit for bit alike.

    Parameters
    ----------
    seats : sequence of Seat
        All seats of the game.
    learning_rate : float
        Of the loop's optimiser, > 0.
    entropy : float
        Weight of the entropy bonus, >= 0.
    epochs : int
        Passes over the plays of an update, >= 1.

    Raises
    ------
    ValueError
        Actions are no levels, episodes have several rounds, or a seat is missing.
    """

    def __init__(
        self,
        seats: Sequence[Seat],
        learning_rate: float = 1e-3,
        entropy: float = 0.01,
        epochs: int = 4,
    ) -> None:
        super().__init__(seats)
        name, seat = type(self).__name__, seats[0]
        if seat.axis.action_type != "discrete" or seat.horizon != 1:
            raise ValueError(f"{name} needs action_type discrete and a horizon of 1")
        if len(seats) != seat.game.n_developers:
            raise ValueError(f"{name} plays all {seat.game.n_developers} developers or none")
        self.learning_rate = number("learning_rate", learning_rate, low=0, strict=True)
        self.entropy = number("entropy", entropy, low=0)
        self.epochs = integer("epochs", epochs, low=1)
        self._updates, self._rounds = 0, 0
        self._loop: Iterator[Chances] | None = None
        self._streams: Any = None

    @abstractmethod
    def training(self, vec: VectorEnv, seed: int) -> Iterator[Chances]:
        """Train on ``vec``; yield what is played, once before the first update and after each.

        Random numbers come from the global streams of torch, NumPy and Python, which are seeded with
        ``seed`` and are nobody else's.
        """

    def vector_env(self) -> VectorEnv:
        """The game of the seats, in as many copies."""
        seat = self.seats[0]
        return VectorEnv(
            seat.game,
            seat.subgame.rule,
            num_envs=seat.copies,
            horizon=1,
            action_type="discrete",
            effort_levels=seat.axis.levels,
            action_scale=seat.axis.scale,
        )

    def act(self, observations: NDArray[np.float32], rng: np.random.Generator) -> NDArray[Any]:
        chances = self._chances(observations)
        return chances.argmax(axis=-1) if self.mode == "greedy" else draw_choices(chances, rng)

    def strategies(self, observations: NDArray[np.float32]) -> list[Strategy] | None:
        rows = self._chances(observations)[0]
        return [(seat.levels(len(row)), row) for seat, row in zip(self.seats, rows, strict=True)]

    def learn(self, played: Round, rng: np.random.Generator) -> None:
        self._rounds += 1
        if self._rounds % self.seats[0].rounds == 0:
            self._advance(self._updates + 1)

    def save(self) -> dict[str, Any]:
        return {"updates": self._updates}

    def load(self, saved: dict[str, Any]) -> None:
        check_names("player", saved, ("updates",))
        self._loop, self._updates = None, 0
        self._advance(saved_count(saved, "updates"))

    def _chances(self, observations: NDArray[np.float32]) -> Floats:
        if self._loop is None:
            self._advance(0)
        chances = np.asarray(self._play(observations), dtype=np.float64)
        return chances / chances.sum(axis=-1, keepdims=True)

    def _advance(self, updates: int) -> None:
        """Train up to so many updates, on streams that are the loop's own."""
        outside = _streams()
        if self._loop is None:
            seed = self.seats[0].own_seed()
            _seed(seed)
            self._loop = self.training(self.vector_env(), seed)
            self._play = next(self._loop)
        else:
            _restore(self._streams)
        while self._updates < updates:
            self._play = next(self._loop)
            self._updates += 1
        self._streams = _streams()
        _restore(outside)


def _streams() -> tuple[Any, ...]:
    import torch  # the libraries need it

    return torch.random.get_rng_state(), np.random.get_state(), random.getstate()  # noqa: NPY002 - libraries draw from it


def _restore(streams: tuple[Any, ...]) -> None:
    import torch

    torch.random.set_rng_state(streams[0])
    np.random.set_state(streams[1])  # noqa: NPY002
    random.setstate(streams[2])


def _seed(seed: int) -> None:
    import torch

    torch.manual_seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002
    random.seed(seed)
