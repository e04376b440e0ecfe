"""The common part of agents that learn off-policy with stable-baselines3: a replay of decisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.buffers import ReplayBuffer
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm
from stable_baselines3.common.type_aliases import ReplayBufferSamples

from benchgame_env.agents.base import Seat
from benchgame_env.agents.learned.sb3_agent import Decisions, SB3Agent, SB3Settings
from benchgame_env.agents.saved import check_names, saved_array
from benchgame_env.validate import integer

KEPT = ("observations", "next_observations", "actions", "rewards", "discounts")


class DecisionBuffer(ReplayBuffer):
    """SB3's replay buffer, for any number of decisions at a time.

    Its samples have ``discounts``, which SB3's losses use instead of gamma, as for n-step returns.

    Parameters
    ----------
    *args, **kwargs
        As for SB3's ``ReplayBuffer``.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.discounts = np.zeros((self.buffer_size, 1), dtype=np.float32)

    def extend(self, decisions: Decisions) -> None:
        """Add ``decisions`` in place of the oldest."""
        rows = (self.pos + np.arange(len(decisions.gains))) % self.buffer_size
        self.observations[rows, 0] = decisions.seen
        self.next_observations[rows, 0] = decisions.after
        self.actions[rows, 0, 0] = decisions.choices
        self.rewards[rows, 0] = decisions.gains
        self.discounts[rows, 0] = decisions.discounts
        self.full = self.full or self.pos + len(rows) >= self.buffer_size
        self.pos = (self.pos + len(rows)) % self.buffer_size

    def _get_samples(self, batch_inds: NDArray[Any], env: Any = None) -> ReplayBufferSamples:
        samples = super()._get_samples(batch_inds, env)
        return samples._replace(discounts=self.to_torch(self.discounts[batch_inds]))

    def content(self) -> dict[str, NDArray[Any]]:
        """The filled rows that matter, by name, and the next row to write as ``pos``."""
        filled = {name: getattr(self, name)[: self.size()] for name in KEPT}
        if not self.discounts.any():
            del filled["next_observations"]
        return filled | {"pos": np.array(self.pos)}

    def refill(self, content: Mapping[str, NDArray[Any]]) -> None:
        """Put back what `content` returned."""
        names = [name for name in KEPT if name in content or name != "next_observations"]
        check_names("collected", content, (*names, "pos"))
        rows = {name: saved_array(content, name, getattr(self, name)[:0], grows=0) for name in names}
        pos, counts = int(saved_array(content, "pos", np.array(0))), {len(row) for row in rows.values()}
        if len(counts) > 1 or max(counts) > self.buffer_size or not 0 <= pos < self.buffer_size:
            raise ValueError("collected: its rows do not fit together, or not into the buffer")
        for name, row in rows.items():
            getattr(self, name)[: len(row)] = row
        self.pos, self.full = pos, max(counts) == self.buffer_size


@dataclass(frozen=True)
class ReplaySettings(SB3Settings):
    """Hyperparameters of off-policy learners.

    Attributes
    ----------
    buffer_size : int
        Decisions that are remembered, at least one for each copy.
    batch_size : int
        Decisions in a gradient step, >= 1.
    learning_starts : int
        Decisions to remember before the first training, >= 0.
    gradient_steps : int
        Gradient steps in a training, >= 1.
    """

    buffer_size: int = 50_000
    batch_size: int = 256
    learning_starts: int = 1000
    gradient_steps: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        self._counts("buffer_size", "batch_size", "gradient_steps")
        self._counts("learning_starts")


class ReplayAgent(SB3Agent):
    """Trains on samples of remembered decisions, whenever decisions of any copy come in.

    Parameters
    ----------
    seat : Seat
        The seat that it plays.
    **settings
        Fields of its `ReplaySettings`.
    """

    Settings: ClassVar[type[ReplaySettings]] = ReplaySettings
    optimizer: ClassVar[dict[str, Any]] = {"optimizer_kwargs": {"fused": True}}  # Adam in one call
    settings: ReplaySettings
    algorithm: OffPolicyAlgorithm

    def __init__(self, seat: Seat, **settings: Any) -> None:
        super().__init__(seat, **settings)
        integer("buffer_size", self.settings.buffer_size, low=seat.copies)

    def _options(self) -> dict[str, Any]:
        size = self.settings.buffer_size
        return {"buffer_size": size, "replay_buffer_class": DecisionBuffer}

    @property
    def replay(self) -> DecisionBuffer:
        """The remembered decisions."""
        buffer = self.algorithm.replay_buffer
        assert isinstance(buffer, DecisionBuffer)
        return buffer

    def _take(self, decisions: Decisions, rng: np.random.Generator) -> None:
        self.replay.extend(decisions)
        if self.replay.size() >= self.settings.learning_starts:
            self._prepare(rng)
            self.algorithm.train(self.settings.gradient_steps, self.settings.batch_size)
            self.algorithm._on_step()  # target networks

    def _collected(self) -> dict[str, NDArray[Any]]:
        return self.replay.content()

    def _restore(self, collected: Mapping[str, NDArray[Any]]) -> None:
        self.replay.refill(collected)
