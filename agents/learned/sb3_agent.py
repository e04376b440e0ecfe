"""The common part of agents that learn with stable-baselines3's own algorithms.

The algorithm's networks, buffer, losses and ``train`` are used unchanged. Only the collection of
experience is here, because SB3's own loops have a single learner and no turns.
"""

from __future__ import annotations

import copy
import math
import random
from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import gymnasium
import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.logger import Logger

from benchgame_env.agents.base import Agent, Round, Seat
from benchgame_env.agents.learned.heads import make_head
from benchgame_env.agents.learned.settings import LearnerSettings
from benchgame_env.agents.saved import check_names, check_optimizer, saved_array, saved_count
from benchgame_env.validate import Floats


class Decisions(NamedTuple):
    """Own turns, with what followed from them; one row for each, ``[k]``.

    Attributes
    ----------
    seen, after : array of float32
        What the network saw on that turn, and at the next own turn or the end of the episode,
        ``[k, size]``.
    choices : array
        Choices of the head, ``[k]``.
    gains : array of float
        Discounted payoffs between the two, ``[k]``, in units of P.
    discounts : array of float
        The discount of everything that comes later, ``[k]``.
    """

    seen: NDArray[np.float32]
    choices: NDArray[Any]
    gains: Floats
    discounts: Floats
    after: NDArray[np.float32]


@dataclass(frozen=True)
class SB3Settings(LearnerSettings):
    """Hyperparameters of agents with an SB3 algorithm.

    Attributes
    ----------
    resolution : float, optional
        Score by which the head ``overtake`` beats a rival; default: that of the seat.
    exploring_starts : int, optional
        Number of own turns at the start of each episode, in mode ``learn``, on which the effort is drawn
        uniformly from the axis and nothing is learned, so that all boards are visited (Sutton and Barto
        5.3). Must be fewer than the rounds of an episode. None: 1 if an episode has more rounds than
        there are developers, else 0.
    rate_halving : float
        Gradient steps in which the learning rate halves, > 0.
    """

    resolution: float | None = None
    exploring_starts: int | None = None
    rate_halving: float = math.inf

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.exploring_starts is not None:
            self._counts("exploring_starts")
        self._number("rate_halving", low=0, strict=True, finite=False)


class SB3Agent(Agent):
    """A learner of stable-baselines3 on one seat; all copies of the batch train the same learner.

    Formula: decisions are made on own turns. A choice that is held over the K rounds to the next own
    turn gains ``G = sum_k gamma^k payoff_k / P``, and everything later counts ``gamma^K``. The value of
    the last board counts when an episode is cut off, for cut-off episodes have no end. With gamma 0 the
    gain is the payoff of one round, and the network does not see the rounds left, which do not matter.
    Nothing is learned from rounds without a decision.

    Subclasses name the algorithm (`make`, `_options`), choose (`_choose`), take in decisions (`_take`),
    and save what they collected (`_collected`, `_restore`).

    Parameters
    ----------
    seat : Seat
        The seat that it plays.
    **settings
        Fields of its `SB3Settings`.

    Attributes
    ----------
    make : callable
        The class of the algorithm.
    choices : {"any", "discrete", "continuous"}
        Which choices the algorithm can make.
    optimizer : dict
        Parameters of the optimizer, as the algorithm's policy takes them.
    counters : tuple of str
        Attributes of the algorithm that count its progress, to be saved.

    Raises
    ------
    ValueError
        A setting out of its range, or one that does not suit the seat.
    """

    Settings: ClassVar[type[SB3Settings]] = SB3Settings
    make: ClassVar[Callable[..., BaseAlgorithm]]
    explores = True
    choices: ClassVar[str] = "any"
    optimizer: ClassVar[dict[str, Any]] = {}
    counters: ClassVar[tuple[str, ...]] = ("_n_updates",)
    settings: SB3Settings
    _open: NDArray[np.bool_]
    _gain: Floats
    _discount: Floats

    def __init__(self, seat: Seat, **settings: Any) -> None:
        super().__init__(seat)
        self.settings = self.Settings(**settings)
        self.gamma = self.settings.gamma
        name, head = type(self).__name__, self.settings.head
        if head is None:
            head = "axis" if self.choices in ("any", seat.axis.action_type) else "overtake"
            if head == "overtake" and seat.subgame.kind != "exact":
                raise ValueError(f"{name} needs action_type {self.choices} under {seat.subgame.rule!r}")
        self.head = make_head(head, seat, self.settings.resolution)
        kind = "continuous" if self.head.count is None else "discrete"
        if self.choices not in ("any", kind):
            raise ValueError(
                f"{name} needs {self.choices} choices, but those of head {head!r} are {kind}"
            )
        starts = self.settings.exploring_starts
        self._starts = int(seat.horizon > seat.game.n_developers) if starts is None else starts
        if self._starts >= seat.horizon:
            raise ValueError(f"exploring_starts: must be < the horizon {seat.horizon}, got {starts}")
        self.algorithm = self._made()
        self._scale = seat.game.prize_range or 1.0
        self._seen = np.zeros((seat.copies, seat.layout.size), dtype=np.float32)
        self._chosen = np.zeros(seat.copies)
        self._begin()

    def _options(self) -> dict[str, Any]:
        """Parameters of the algorithm, besides those that all have."""
        return {}

    @abstractmethod
    def _choose(self, seen: torch.Tensor, rng: np.random.Generator) -> NDArray[Any]:
        """Choices ``[batch]`` for what the network sees, in the present mode."""

    @abstractmethod
    def _take(self, decisions: Decisions, rng: np.random.Generator) -> None:
        """Keep decisions, and train if it is time."""

    @abstractmethod
    def _collected(self) -> dict[str, NDArray[Any]]:
        """The collected experience that is still needed."""

    @abstractmethod
    def _restore(self, collected: Mapping[str, NDArray[Any]]) -> None:
        """Put back what `_collected` returned."""

    def act(self, observations: NDArray[np.float32], rng: np.random.Generator) -> NDArray[Any]:
        if self.mode == "learn" and self.seat.opens_episode(observations):
            self._begin()
        on_turn, actions = self.seat.has_turn(observations), np.zeros(len(observations))
        if not on_turn.any():  # no action has an effect
            return actions
        seen = self.view(observations[on_turn])
        with torch.no_grad():
            choices = self._choose(torch.as_tensor(seen), rng)
        actions[on_turn] = self.head.actions(choices, observations[on_turn])
        if self.mode != "learn":
            return actions
        self._seen[on_turn], self._chosen[on_turn] = seen, choices
        return np.where(self._turns < self._starts, self._anything(rng), actions)

    def learn(self, played: Round, rng: np.random.Generator) -> None:
        on_turn = self.seat.has_turn(played.observations)
        opens = on_turn & (self._turns >= self._starts)
        self._turns += on_turn
        self._open = np.where(on_turn, opens, self._open)
        discount = np.where(opens, 1.0, self._discount)
        self._gain = np.where(opens, 0.0, self._gain) + discount * played.payoffs / self._scale
        self._discount = discount * self.gamma
        closes = self._open & (self.seat.has_turn(played.after) | played.ended | (self.gamma == 0))
        if not closes.any():
            return
        seen = self._seen[closes]
        after = seen if self.gamma == 0 else self.view(played.after[closes])  # at 0 nobody reads it
        known = seen, self._chosen[closes], self._gain[closes], self._discount[closes]
        self._open &= ~closes
        self._take(Decisions(*known, after), rng)

    def view(self, observations: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the network sees of observations ``[batch, size]``, in the same shape."""
        seen, parts = self.head.view(observations), self.seat.layout.parts
        # Decisions are made on own turns; the end of an episode is valued as if it were one.
        seen[:, parts["turn"]] = seen[:, parts["identity"]]
        if self.gamma == 0:
            seen[:, parts["rounds_left"]] = 0.0
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
        check_names("player", saved, ("parameters", "variables", "counters", "collected"))
        variables = self.algorithm._get_torch_save_params()[1]
        check_names("variables", saved["variables"], variables)
        check_names("counters", saved["counters"], self.counters)
        self.algorithm.set_parameters(copy.deepcopy(saved["parameters"]), device="cpu")
        for part in self.algorithm.get_parameters():
            owner: Any = self.algorithm
            for name in part.split("."):
                owner = getattr(owner, name)
            if hasattr(owner, "param_groups"):
                check_optimizer(owner)
        for name in variables:
            own = getattr(self.algorithm, name).data
            own.copy_(torch.as_tensor(saved_array(saved["variables"], name, own.numpy())))
        for name in self.counters:
            setattr(self.algorithm, name, saved_count(saved["counters"], name))
        self._restore({name: np.asarray(part).copy() for name, part in saved["collected"].items()})

    @property
    def looks_ahead(self) -> bool:
        return self.gamma > 0

    def losses(self) -> dict[str, float]:
        return {
            f"developer_{self.seat.developer}/{name.removeprefix('train/')}": float(value)
            for name, value in self.algorithm.logger.name_to_value.items()
            if name.startswith("train/")
        }

    def _prepare(self, rng: np.random.Generator) -> None:
        """Before ``train``: seed the global streams that it uses, and set the present learning rate."""
        seed = int(rng.integers(2**32))
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002 - SB3's buffers draw from it
        torch.default_generator.manual_seed(seed)  # with all devices: a millisecond
        steps = self.algorithm._n_updates
        self.algorithm._current_progress_remaining = 0.5 ** (steps / self.settings.rate_halving)

    def _made(self) -> BaseAlgorithm:
        """The algorithm on the head's spaces, without a game; its weights come from the seat's seed."""
        s, seat = self.settings, self.seat
        algorithm = self.make(
            policy="MlpPolicy",
            env=None,
            learning_rate=lambda remaining: s.learning_rate * remaining,
            policy_kwargs={"net_arch": [s.hidden, s.hidden], **self.optimizer},
            seed=seat.own_seed(),
            device="cpu",
            _init_setup_model=False,
            **self._options(),
        )
        algorithm.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (seat.layout.size,))
        algorithm.action_space = self.head.space
        algorithm.n_envs = 1
        algorithm._setup_model()
        algorithm.set_logger(Logger(folder=None, output_formats=[]))
        return algorithm

    def _begin(self) -> None:
        """Start an episode: no own turns so far, and no open decision."""
        copies = self.seat.copies
        self._turns = np.zeros(copies, dtype=np.int64)
        self._open = np.zeros(copies, dtype=bool)
        self._gain, self._discount = np.zeros(copies), np.zeros(copies)

    def _anything(self, rng: np.random.Generator) -> NDArray[Any]:
        """Random actions ``[copies]``, uniform on the axis."""
        if self.seat.axis.action_type == "discrete":
            return rng.integers(self.seat.axis.levels, size=self.seat.copies)
        return rng.uniform(-1.0, 1.0, size=self.seat.copies)
