"""Players: they get observations, return actions, and may learn from what happened.

An `Agent` plays one seat. A `Team` plays several seats whose developers share something. The loop in
`agents.play` treats both alike: each gets the arrays of the developers ``player.at``, which is one index
or a list of indices.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchgame_env import Game, VectorEnv, theory
from benchgame_env.metrics import Strategy
from benchgame_env.play.actions import EffortAxis
from benchgame_env.play.observation import ObservationLayout
from benchgame_env.subgame import Subgame
from benchgame_env.validate import Floats, count, integer, number


@dataclass(frozen=True, eq=False)
class Seat:
    """What a developer knows before the first round.

    Attributes
    ----------
    subgame : Subgame
        The game and the rule.
    developer : int
        Index of the seat; 0 is the best model.
    axis : EffortAxis
        How actions stand for efforts.
    layout : ObservationLayout
        Where the parts of an observation are.
    horizon : int
        Rounds in an episode.
    copies : int
        Copies of the game that are played at once.
    rounds : int
        Rounds in an update, for players that learn in batches.
    seed : int
        Seed of everything drawn before the first round, such as network weights.
    resolution : float
        Score by which a rival is to be beaten.
    """

    subgame: Subgame
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
        """The seat of one developer in a batched game.

        Parameters
        ----------
        vec : VectorEnv
            The batched game; of an environment, its ``vector``.
        developer : int
            Index of the seat.
        rounds : int, optional
            Rounds in an update, a multiple of the horizon; default: one episode.
        seed, resolution
            As for `Seat`.

        Raises
        ------
        ValueError
            ``rounds`` is no multiple of the horizon.
        """
        rounds = vec.horizon if rounds is None else integer("rounds", rounds, low=1)
        if rounds % vec.horizon:
            raise ValueError(f"rounds: must be a multiple of the horizon {vec.horizon}, got {rounds}")
        subgame, layout = Subgame(vec.game, vec.protocol), vec.observer.layout
        sizes = (vec.horizon, vec.num_envs, rounds)
        return cls(subgame, developer, vec.axis, layout, *sizes, seed, resolution)

    @property
    def game(self) -> Game:
        """The game that is played."""
        return self.subgame.game

    def need_exact_rule(self, who: str) -> None:
        """ValueError that names ``who`` unless exact theory covers the rule, see `Subgame.kind`."""
        if self.subgame.kind != "exact":
            raise ValueError(f"{who} needs a DeterministicProtocol, got {self.subgame.rule!r}")

    def own_seed(self) -> int:
        """The seed of this seat alone, made of ``seed`` and ``developer``."""
        return int(np.random.SeedSequence((self.seed, self.developer)).generate_state(1)[0])

    def visible_resolution(self, resolution: float | None) -> float:
        """``resolution``, or that of the seat if None.

        Boards are seen in float32, so ValueError below 1.2e-7.
        """
        chosen = self.resolution if resolution is None else resolution
        return number("resolution", chosen, low=float(np.finfo(np.float32).eps))

    def read(self, observations: NDArray[np.float32], part: str) -> NDArray[np.float32]:
        """The named part ``[batch, length]`` of observations ``[batch, size]``."""
        return observations[:, self.layout.parts[part]]

    def has_turn(self, observations: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Whether this developer may revise its effort next, ``[batch]``."""
        return self.read(observations, "turn")[:, self.developer] > 0

    def opens_episode(self, observations: NDArray[np.float32]) -> bool:
        """Whether the whole episode is still to play, in all copies."""
        return bool((self.read(observations, "rounds_left") == 1).all())

    def action(self, efforts: Floats) -> NDArray[Any]:
        """The actions ``[batch]`` that stand for own efforts ``[batch]``."""
        return self.axis.action(efforts[:, None])[:, self.developer]

    def efforts(self, positions: Floats) -> Floats:
        """Own efforts ``[m]`` at positions ``[m]`` on the effort axis."""
        return self.axis.effort(positions[:, None])[:, self.developer]

    def levels(self, number: int) -> Floats:
        """Own efforts ``[m]`` to choose from, ascending.

        Discrete actions have their own levels; on a continuous axis there are ``number`` (>= 2), evenly
        spaced.
        """
        if self.axis.action_type == "discrete":
            number = self.axis.levels
        return self.efforts(np.linspace(0.0, 1.0, count("levels", number)))


class Streams:
    """Random generators of several seeds as one ``numpy.random.Generator``: each draws its share of the
    first axis, just as it would alone. It has only the methods that `Team.by_seat` speaks of.

    Parameters
    ----------
    generators : sequence of numpy.random.Generator
        The generators.
    """

    def __init__(self, generators: Sequence[np.random.Generator]) -> None:
        self._generators = generators

    def random(self, size: tuple[int, ...], dtype: Any = np.float64) -> NDArray[Any]:
        """As that of ``numpy.random.Generator``."""
        return self._joined(lambda rng, size: rng.random(size, dtype), size)

    def standard_normal(self, size: tuple[int, ...], dtype: Any = np.float64) -> NDArray[Any]:
        """As that of ``numpy.random.Generator``."""
        return self._joined(lambda rng, size: rng.standard_normal(size, dtype), size)

    def integers(self, high: int, size: tuple[int, ...]) -> NDArray[np.int64]:
        """As that of ``numpy.random.Generator``."""
        return self._joined(lambda rng, size: rng.integers(high, size=size), size)

    def permuted(self, values: NDArray[Any], axis: int) -> NDArray[Any]:
        """As that of ``numpy.random.Generator``; ``axis`` is not the first one."""
        parts = np.split(values, len(self._generators))
        pairs = zip(self._generators, parts, strict=True)
        return np.concatenate([rng.permuted(part, axis=axis) for rng, part in pairs])

    def _joined(self, draw: Callable[..., NDArray[Any]], size: tuple[int, ...]) -> NDArray[Any]:
        own = (size[0] // len(self._generators), *size[1:])
        return np.concatenate([draw(rng, own) for rng in self._generators])


class Round(NamedTuple):
    """What happened to a player in one round of all copies.

    For a team that plays k seats, shapes have ``[batch, k]`` in place of ``[batch]``.

    Attributes
    ----------
    observations : array of float32
        What the player saw before it acted, ``[batch, size]``.
    actions : array
        What it did, ``[batch]``; without effect in copies where it did not have the turn.
    efforts, payoffs : array of float
        The effort it then held and the payoff of the round, ``[batch]``; effort units and prize units.
    scores : array of float
        The shown scores of all developers, ``[batch, n]``.
    after : array of float32
        What it saw after the round, ``[batch, size]``; in the last round of an episode the final
        observation.
    ended : bool
        Whether the episode was cut off after this round. Episodes end in no other way.
    state, state_after : array of float32
        What all developers saw before and after, ``[batch, n, size]``; for centralised critics only.
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
        """The round of the developers ``at`` (an index or a list), out of arrays ``[batch, n, ...]``."""
        parts = before, actions, infos["effort"], infos["payoff"], after
        seen, done, effort, payoff, then = (of_seats(part, at) for part in parts)
        return cls(seen, done, effort, payoff, infos["score"], then, ended, before, after)


Mode = Literal["learn", "play", "greedy"]


class Player(ABC):
    """The common part of `Agent` and `Team`.

    Parameters
    ----------
    seats : sequence of Seat
        The seats that it plays.

    Attributes
    ----------
    at : int or list of int
        The developers that it plays.
    mode : {"learn", "play", "greedy"}
        ``learn``: it may explore. ``play``: it follows its strategy, mixed or pure. ``greedy``: it takes
        the likeliest action of its strategy, without chance. The loop that lets it play sets the mode.
    explores : bool
        Whether it plays differently in ``learn`` than in ``play``.
    needs_exact_rule : bool
        Whether it plays only under rules that exact theory covers, see `Subgame.kind`.

    Raises
    ------
    ValueError
        It needs such a rule and the rule of the seats is another.
    """

    needs_exact_rule: ClassVar[bool] = False
    explores: ClassVar[bool] = False
    at: Any
    mode: Mode = "learn"

    def __init__(self, seats: Sequence[Seat]) -> None:
        if self.needs_exact_rule:
            seats[0].need_exact_rule(type(self).__name__)

    @abstractmethod
    def act(self, observations: NDArray[np.float32], rng: np.random.Generator) -> NDArray[Any]:
        """Actions ``[batch]`` for observations ``[batch, size]``; all randomness comes from ``rng``."""

    def learn(self, played: Round, rng: np.random.Generator) -> None:
        """Learn from a round. In mode ``learn`` it is called after every round; default: nothing."""
        return

    def save(self) -> dict[str, Any]:
        """Everything learned, as arrays, tensors, numbers and strings; default: nothing."""
        return {}

    def load(self, saved: dict[str, Any]) -> None:
        """Continue from what `save` returned for a player of the same kind, bit for bit."""
        return

    def strategies(self, observations: NDArray[np.float32]) -> list[Strategy] | None:
        """What it does in mode ``play`` when its seats see ``observations`` ``[1, size]``, if it knows:
        ``(efforts, probabilities)`` of each seat, effort units. Default: None, it does not know."""
        return None

    @property
    def learns(self) -> bool:
        """Whether it learns from rounds; who does not always has the same strategy."""
        return type(self).learn is not Player.learn

    @property
    def looks_ahead(self) -> bool:
        """Whether it weighs the payoffs of later rounds (gamma > 0)."""
        return False

    def losses(self) -> dict[str, float]:
        """Figures of the last training step for the log, by ``developer_i/NAME``; default: none."""
        return {}


class Agent(Player):
    """One developer. To add one, copy `honest.py`, change ``act`` and add it to `registry.py`.

    Parameters
    ----------
    seat : Seat
        The seat that it plays.

    Attributes
    ----------
    by_copy : bool
        Whether each copy of the game has a learner of its own, so that seeds can train side by side as
        more copies. Then it draws by the methods of `Streams`, the arrays that it saves have the copies
        on the first axis, and all else that it saves is the same for every copy. Classes that derive
        from it have to say so again.
    """

    by_copy: bool = False

    def __init__(self, seat: Seat) -> None:
        super().__init__([seat])
        self.seat, self.at = seat, seat.developer

    def widened(self, times: int) -> Agent:
        """This agent with ``times`` as many copies, if it learns ``by_copy``."""
        raise NotImplementedError


class Team(Player):
    """Developers that share something. Its arrays have the k seats on the second axis.

    Parameters
    ----------
    seats : sequence of Seat
        The seats that it plays.

    Attributes
    ----------
    by_seat : bool
        Whether each seat learns by itself from one-shot play, so that seats of several seeds can train
        in one team. Then it needs of a `Round` only what its seats saw, did and earned, and whether the
        episode ended; it draws by the methods of `Streams`; arrays that it saves have the seats on the
        first axis, and all else that it saves is the same for every seat. It is made of the seats and
        the fields of ``settings``, its dataclass. Classes that derive from it have to say so again.
    figures : dict
        Figures of the last training step by name, an array ``[k]``, or ``[1]`` if the seats share it.
    """

    by_seat: bool = False

    def __init__(self, seats: Sequence[Seat]) -> None:
        super().__init__(seats)
        self.seats, self.at = tuple(seats), [seat.developer for seat in seats]
        self.figures: dict[str, Any] = {}

    def losses(self) -> dict[str, float]:
        return self.losses_of(slice(None))

    def losses_of(self, seats: slice) -> dict[str, float]:
        """The losses of some of its seats."""
        return {
            f"developer_{self.at[j]}/{key}": float(values[min(j, len(values) - 1)])
            for j in range(len(self.at))[seats]
            for key, values in self.figures.items()
        }


def of_seats(values: NDArray[Any], at: Any) -> NDArray[Any]:
    """The part of the developers ``at`` of ``[batch, n, ...]``: the array itself where that is all."""
    return values if isinstance(at, list) and at == [*range(values.shape[1])] else values[:, at]


def once(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the copies see, ``[copies, ...]``: the first alone, ``[1, ...]``, if all see the same."""
    alike = values.strides[0] == 0 or bool((values == values[:1]).all())
    return values[:1] if alike else values


def draw_choices(
    chances: Floats, rng: np.random.Generator, copies: int | None = None
) -> NDArray[np.int64]:
    """Draw an index ``[...]`` from each distribution ``[..., m]``, which need not sum to 1; or
    ``copies`` from each of ``[k, 1, m]``, ``[k, copies]``."""
    total = chances.cumsum(axis=-1)
    if copies is None or total.shape[1] == copies:
        draws = rng.random(total.shape[:-1])[..., None] * total[..., -1:]
        return (draws >= total[..., :-1]).sum(axis=-1)
    draws = rng.random((len(total), copies)) * total[..., -1]
    pairs = zip(total[:, 0, :-1], draws, strict=True)
    return np.stack([row.searchsorted(own, side="right") for row, own in pairs])
