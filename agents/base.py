"""What a player is: observations in, actions out, and for those that learn what happened.

An `Agent` plays one seat; a `Team` plays several that share something. Whoever lets them meet gives
both the same arrays: those of the developers ``player.at``, an index or a list of indices.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchgame_env import Game, VectorEnv, theory
from benchgame_env.play.actions import EffortAxis
from benchgame_env.play.observation import ObservationLayout
from benchgame_env.rules import is_exact
from benchgame_env.validate import Floats, integer


@dataclass(frozen=True, eq=False)
class Seat:
    """What a developer is told before the game: the rules, its own place, how to read and to act,
    the rounds of an episode, how many copies are played at once, how many rounds make an update for
    those that learn in batches, the seed of what it draws before the game (network weights), and the
    score by which a rival is to be beaten."""

    game: Game
    protocol: Any
    developer: int
    axis: EffortAxis
    layout: ObservationLayout
    horizon: int
    copies: int
    rounds: int
    seed: int
    resolution: float

    @classmethod
    def of(
        cls,
        vec: VectorEnv,
        developer: int,
        rounds: int | None = None,
        seed: int = 0,
        resolution: float = theory.RESOLUTION,
    ) -> Seat:
        """The seat of ``developer`` (index) in ``vec``; of an environment, pass ``env.vector``.

        ``rounds`` of an update: a multiple of the horizon, default one episode.
        """
        rounds = vec.horizon if rounds is None else integer("rounds", rounds, low=1)
        if rounds % vec.horizon:
            raise ValueError(f"rounds: must be a multiple of the horizon {vec.horizon}, got {rounds}")
        layout, sizes = vec.observer.layout, (vec.horizon, vec.num_envs)
        return cls(vec.game, vec.protocol, developer, vec.axis, layout, *sizes, rounds, seed, resolution)

    def own_seed(self) -> int:
        """Of what it draws before the game, from ``seed`` and its place."""
        return int(np.random.SeedSequence((self.seed, self.developer)).generate_state(1)[0])

    def read(self, observations: NDArray[np.float32], part: str) -> NDArray[np.float32]:
        """The named part ``[batch, length]`` of observations ``[batch, size]``."""
        return observations[:, self.layout.parts[part]]

    def has_turn(self, observations: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Whether this developer may revise next, ``[batch]``."""
        return self.read(observations, "turn")[:, self.developer] > 0

    def action(self, efforts: Floats) -> NDArray[Any]:
        """Own efforts ``[batch]`` to the actions ``[batch]`` that name them."""
        return self.axis.action(self._profiles(efforts))[:, self.developer]

    def efforts(self, positions: Floats) -> Floats:
        """Positions ``[m]`` on the effort axis to own efforts ``[m]``."""
        return self.axis.effort(self._profiles(positions))[:, self.developer]

    def levels(self, count: int) -> Floats:
        """Own efforts to choose among, ascending ``[m]``: those of discrete actions; of continuous ones
        ``count`` (>= 2) at even steps of the axis."""
        if self.axis.action_type == "discrete":
            count = self.axis.levels
        return self.efforts(np.linspace(0.0, 1.0, integer("levels", count, low=2)))

    def scores(self, efforts: Floats) -> Floats:
        """The scores ``[m]`` that own efforts ``[m]`` show under a rule that is exact."""
        return self.protocol.score(self.game, self._profiles(efforts))[:, self.developer]

    def efforts_for(self, scores: Floats) -> Floats:
        """Least own efforts ``[m]`` that show ``scores`` ``[m]`` under an exact rule, see
        `DeterministicProtocol.effort_for`."""
        return self.protocol.effort_for(self.game, self._profiles(scores))[:, self.developer]

    def _profiles(self, own: Floats) -> Floats:
        return np.repeat(own[:, None], self.game.n_developers, axis=1)


class Round(NamedTuple):
    """What a player lived through in one round of a batch. A team has its k seats on the second axis:
    ``[batch, k]`` for ``[batch]``.

    Attributes
    ----------
    observations: what it saw before, ``[batch, size]``.
    actions: what it did, ``[batch]``; without its turn it had no effect.
    efforts, payoffs: what it held and earned, ``[batch]``; effort and prize units.
    scores: everybody's shown scores, ``[batch, n]``.
    after: what it saw then, ``[batch, size]``; at the end of an episode the final observation.
    ended: whether the episode was cut off there; none ends otherwise.
    state, state_after: what everybody saw, ``[batch, n, size]``; for centralised critics alone.
    """

    observations: NDArray[np.float32]
    actions: NDArray[Any]
    efforts: Floats
    payoffs: Floats
    scores: Floats
    after: NDArray[np.float32]
    ended: bool
    state: NDArray[np.float32]
    state_after: NDArray[np.float32]

    @classmethod
    def of(
        cls,
        at: Any,
        before: NDArray[np.float32],
        actions: NDArray[Any],
        infos: Mapping[str, NDArray[Any]],
        after: NDArray[np.float32],
        ended: bool,
    ) -> Round:
        """What those ``at`` some seats lived through, from what all did: arrays ``[batch, n, ...]``."""
        own = before[:, at], actions[:, at], infos["effort"][:, at], infos["payoff"][:, at]
        return cls(*own, infos["score"], after[:, at], ended, before, after)


Mode = Literal["learn", "play", "greedy"]


class Player(ABC):
    """What `Agent` and `Team` share.

    Attributes
    ----------
    at: the developers that it plays, an index or a list of them.
    mode: ``learn``: it may try things out; ``play``: its strategy, mixed or not; ``greedy``: the
        likeliest action of it, without chance. Set by whoever plays.
    explores: whether what it does to learn differs from its strategy.

    Raises
    ------
    ValueError: it ``needs_exact_rule`` and the protocol is none, see `benchgame_env.rules.is_exact`.
    """

    needs_exact_rule: ClassVar[bool] = False
    explores: ClassVar[bool] = False
    at: Any
    mode: Mode = "learn"

    def _check_rule(self, seat: Seat) -> None:
        if self.needs_exact_rule and not is_exact(seat.protocol):
            name = type(self).__name__
            raise ValueError(f"{name} needs a DeterministicProtocol, got {seat.protocol!r}")

    @abstractmethod
    def act(self, observations: NDArray[np.float32], rng: np.random.Generator) -> NDArray[Any]:
        """Actions ``[batch]`` for observations ``[batch, size]``; all randomness comes from ``rng``."""

    def learn(self, played: Round, rng: np.random.Generator) -> None:
        """Take in a round; whoever plays calls it after each one. Scripted developers learn nothing."""
        return

    def save(self) -> dict[str, Any]:
        """All that was learned, as arrays, tensors, numbers and strings."""
        return {}

    def load(self, saved: dict[str, Any]) -> None:
        """Go on from what `save` gave to a player of the same kind, bit for bit."""
        return

    def losses(self) -> dict[str, float]:
        """Figures of the last time it trained, for the log: ``developer_i/...`` to value."""
        return {}


class Agent(Player):
    """One developer. To add one, copy `honest.py`, change ``act`` and name it in `registry.py`."""

    def __init__(self, seat: Seat) -> None:
        self._check_rule(seat)
        self.seat, self.at = seat, seat.developer


class Team(Player):
    """Developers that share something: arrays have its k seats on the second axis."""

    def __init__(self, seats: Sequence[Seat]) -> None:
        for seat in seats:
            self._check_rule(seat)
        self.seats, self.at = tuple(seats), [seat.developer for seat in seats]
