"""What developers that learn with stable-baselines3's own algorithms share.

The algorithm's networks, buffer, losses and ``train`` are used as they are; only the collecting of
experience is here, for SB3's own loops know one learner and no turns.
"""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import gymnasium
import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.utils import set_random_seed

from agents.base import Agent, Round, Seat
from agents.learned.heads import make_head
from benchgame_env.rules import is_exact
from benchgame_env.validate import Floats, integer, number


class Decisions(NamedTuple):
    """Own turns of which it is known what they brought, ``[k]`` rows.

    Attributes
    ----------
    seen, after: what the network saw then, and at the next own turn or the episode's end, ``[k, size]``.
    choices: of the head.
    gains: discounted payoffs in between, in units of P.
    discounts: of what comes after.
    """

    seen: NDArray[np.float32]
    choices: NDArray[Any]
    gains: Floats
    discounts: Floats
    after: NDArray[np.float32]


class SB3Agent(Agent):
    """One learner of stable-baselines3 on one seat; the copies of the batch share it.

    Formula: own turns are the decision points. A choice held over the K rounds to the next own turn
    gains ``G = sum_k gamma^k payoff_k / P``, and what comes after counts ``gamma^K``; cut-off episodes
    are no ends but bootstrapped from the last board. With gamma 0 the gain is the payoff of the round,
    and the rounds left are hidden from the network: they do not matter. Nothing is learned from rounds
    without a decision.

    Parameters
    ----------
    head, resolution: what a choice means, see `heads`; default: the environment's own actions, or
        ``overtake`` where the algorithm cannot make such choices.
    gamma: discount of a round, in [0, 1].
    exploring_starts: own turns at the start of every episode in ``learn`` on which the effort is uniform
        on the axis instead, and not learned from (Sutton and Barto 5.3): so all boards are visited;
        fewer than the rounds of an episode. Default: 1 if these are more than the developers, else 0.
    learning_rate: step size at first, > 0.
    rate_halving: gradient steps after which it has halved, again and again, > 0.
    hidden: units in each of two hidden layers.

    Subclasses make the algorithm (`_algorithm`), choose (`_choose`), take in decisions (`_take`), and
    keep what they collected (`_collected`, `_restore`).
    """

    explores = True
    choices: ClassVar[str] = "any"  # that the algorithm can make: any, discrete or continuous
    counters: ClassVar[tuple[str, ...]] = ("_n_updates",)
    _open: NDArray[np.bool_]
    _gain: Floats
    _discount: Floats

    def __init__(
        self,
        seat: Seat,
        head: str | None,
        resolution: float | None,
        gamma: float,
        exploring_starts: int | None,
        learning_rate: float,
        rate_halving: float,
        hidden: int,
    ) -> None:
        super().__init__(seat)
        if head is None:
            head = "axis" if self.choices in ("any", seat.axis.action_type) else "overtake"
            if head == "overtake" and not is_exact(seat.protocol):
                name = type(self).__name__
                raise ValueError(f"{name} needs action_type {self.choices} under {seat.protocol!r}")
        self.head = make_head(head, seat, resolution)
        kind = "continuous" if self.head.count is None else "discrete"
        if self.choices not in ("any", kind):
            raise ValueError(
                f"{type(self).__name__} needs {self.choices} choices: head {head!r} on "
                f"{seat.axis.action_type} actions has {kind} ones"
            )
        self.gamma = number("gamma", gamma, low=0, high=1)
        if exploring_starts is None:
            exploring_starts = int(seat.horizon > seat.game.n_developers)
        if integer("exploring_starts", exploring_starts, low=0) >= seat.horizon:
            raise ValueError(
                f"exploring_starts: must be fewer than the {seat.horizon} rounds of an episode, "
                f"got {exploring_starts}"
            )
        self.exploring_starts = exploring_starts
        self.learning_rate = number("learning_rate", learning_rate, low=0, strict=True)
        self.rate_halving = number("rate_halving", rate_halving, low=0, strict=True, finite=False)
        self.hidden = integer("hidden", hidden, low=1)
        self.algorithm = self._made()
        self._seen = np.zeros((seat.copies, seat.layout.size), dtype=np.float32)
        self._chosen = np.zeros(seat.copies)
        self._begin()

    @abstractmethod
    def _algorithm(self, **common: Any) -> BaseAlgorithm:
        """The algorithm with its own parameters and the ``common`` ones, not set up yet."""

    @abstractmethod
    def _choose(self, seen: torch.Tensor, rng: np.random.Generator) -> NDArray[Any]:
        """Choices ``[batch]`` at what the network sees, by ``self.mode``."""

    @abstractmethod
    def _take(self, decisions: Decisions, rng: np.random.Generator) -> None:
        """Keep decisions, and train when it is time."""

    @abstractmethod
    def _collected(self) -> dict[str, NDArray[Any]]:
        """What was collected and is still needed."""

    @abstractmethod
    def _restore(self, collected: Mapping[str, NDArray[Any]]) -> None:
        """Put back what `_collected` gave."""

    def act(self, observations: NDArray[np.float32], rng: np.random.Generator) -> NDArray[Any]:
        on_turn, actions = self.seat.has_turn(observations), np.zeros(len(observations))
        if not on_turn.any():  # whatever it does has no effect
            return actions
        seen = self.view(observations[on_turn])
        with torch.no_grad():
            choices = self._choose(torch.as_tensor(seen), rng)
        actions[on_turn] = self.head.actions(choices, observations[on_turn])
        if self.mode != "learn":
            return actions
        self._forget_last_episode(observations)
        self._seen[on_turn], self._chosen[on_turn] = seen, choices
        return np.where(self._turns < self.exploring_starts, self._anything(rng), actions)

    def learn(self, played: Round, rng: np.random.Generator) -> None:
        self._forget_last_episode(played.observations)
        on_turn = self.seat.has_turn(played.observations)
        opens = on_turn & (self._turns >= self.exploring_starts)
        self._turns += on_turn
        self._open = np.where(on_turn, opens, self._open)
        discount = np.where(opens, 1.0, self._discount)
        self._gain = np.where(opens, 0.0, self._gain) + discount * played.payoffs / self._scale
        self._discount = discount * self.gamma
        closes = self._open & (self.seat.has_turn(played.after) | played.ended | (self.gamma == 0))
        if not closes.any():
            return
        seen = self._seen[closes]
        after = seen if self.gamma == 0 else self.view(played.after[closes])  # else nobody asks
        known = seen, self._chosen[closes], self._gain[closes], self._discount[closes]
        self._open &= ~closes
        self._take(Decisions(*known, after), rng)

    def view(self, observations: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the network sees of observations ``[batch, size]``, the same shape."""
        seen = self.head.view(observations)
        # Decisions are made on turn, and what an episode's end is worth is what a turn there would be.
        turn = self.seat.layout.parts["turn"]
        seen[:, turn] = np.arange(turn.stop - turn.start) == self.seat.developer
        if self.gamma == 0:
            seen[:, self.seat.layout.parts["rounds_left"]] = 0.0
        return seen

    def save(self) -> dict[str, Any]:
        algorithm = self.algorithm
        _, variables = algorithm._get_torch_save_params()
        saved = {
            "parameters": algorithm.get_parameters(),
            "variables": {name: getattr(algorithm, name).detach() for name in variables},
            "counters": {name: getattr(algorithm, name) for name in self.counters},
            "collected": {name: torch.as_tensor(part) for name, part in self._collected().items()},
        }
        return copy.deepcopy(saved)

    def load(self, saved: dict[str, Any]) -> None:
        self.algorithm.set_parameters(copy.deepcopy(saved["parameters"]), device="cpu")
        for name, value in saved["variables"].items():
            getattr(self.algorithm, name).data.copy_(value)
        for name, value in saved["counters"].items():
            setattr(self.algorithm, name, value)
        self._restore({name: np.asarray(part).copy() for name, part in saved["collected"].items()})

    def losses(self) -> dict[str, float]:
        return {
            f"developer_{self.seat.developer}/{name.removeprefix('train/')}": float(value)
            for name, value in self.algorithm.logger.name_to_value.items()
            if name.startswith("train/")
        }

    def _prepare(self, rng: np.random.Generator) -> None:
        """Before ``train``: seed the global streams that it draws from; the step size that is due."""
        set_random_seed(int(rng.integers(2**32)))
        steps = self.algorithm._n_updates
        self.algorithm._current_progress_remaining = 0.5 ** (steps / self.rate_halving)

    def _made(self) -> BaseAlgorithm:
        """The algorithm on the head's spaces, with weights from the seat's seed and without a game."""
        rate, seat = self.learning_rate, self.seat
        algorithm = self._algorithm(
            policy="MlpPolicy",
            env=None,
            learning_rate=lambda remaining: rate * remaining,
            policy_kwargs={"net_arch": [self.hidden, self.hidden]},
            seed=seat.own_seed(),
            device="cpu",
            _init_setup_model=False,
        )
        algorithm.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (seat.layout.size,))
        algorithm.action_space = self.head.space
        algorithm.n_envs = 1
        algorithm._setup_model()
        algorithm.set_logger(Logger(folder=None, output_formats=[]))
        return algorithm

    def _begin(self) -> None:
        """No own turns had in this episode, and no decision open."""
        copies = self.seat.copies
        self._turns = np.zeros(copies, dtype=np.int64)
        self._open = np.zeros(copies, dtype=bool)
        self._gain, self._discount = np.zeros(copies), np.zeros(copies)

    def _forget_last_episode(self, observations: NDArray[np.float32]) -> None:
        if (self.seat.read(observations, "rounds_left") == 1).all():
            self._begin()

    def _anything(self, rng: np.random.Generator) -> NDArray[Any]:
        """Actions ``[copies]``, uniform on the axis."""
        if self.seat.axis.action_type == "discrete":
            return rng.integers(self.seat.axis.levels, size=self.seat.copies)
        return rng.uniform(-1.0, 1.0, size=self.seat.copies)

    @property
    def _scale(self) -> float:
        return self.seat.game.prize_range or 1.0
