"""What developers share that learn off-policy with stable-baselines3: a replay of decisions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.buffers import ReplayBuffer
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm
from stable_baselines3.common.type_aliases import ReplayBufferSamples

from agents.base import Seat
from agents.learned.sb3_agent import Decisions, SB3Agent
from benchgame_env.validate import integer

KEPT = ("observations", "next_observations", "actions", "rewards", "discounts")


class DecisionBuffer(ReplayBuffer):
    """SB3's replay buffer for decisions that come in any number. Its samples carry ``discounts``, which
    SB3's losses then use for gamma, as they do for n-step returns."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.discounts = np.zeros((self.buffer_size, 1), dtype=np.float32)

    def extend(self, decisions: Decisions) -> None:
        """Take the place of the oldest."""
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
        """What is in it and matters, by name, with the next row to write as ``pos``."""
        filled = {name: getattr(self, name)[: self.size()] for name in KEPT}
        if not self.discounts.any():
            del filled["next_observations"]
        return filled | {"pos": np.array(self.pos)}

    def refill(self, content: Mapping[str, NDArray[Any]]) -> None:
        """Put back what `content` gave."""
        count = len(content["rewards"])
        for name in KEPT:
            if name in content:
                getattr(self, name)[:count] = content[name]
        self.pos, self.full = int(content["pos"]), count == self.buffer_size


class ReplayAgent(SB3Agent):
    """Trains whenever decisions come in, from all copies at once, on samples of what it remembers.

    Parameters
    ----------
    buffer_size: decisions remembered, at least as many as there are copies.
    batch_size: decisions in a gradient step.
    learning_starts: decisions remembered before the first.
    gradient_steps: each time.
    common: of `SB3Agent`.
    """

    algorithm: OffPolicyAlgorithm

    def __init__(
        self,
        seat: Seat,
        *,
        buffer_size: int,
        batch_size: int,
        learning_starts: int,
        gradient_steps: int,
        **common: Any,
    ) -> None:
        self.buffer_size = integer("buffer_size", buffer_size, low=seat.copies)
        self.batch_size = integer("batch_size", batch_size, low=1)
        self.learning_starts = integer("learning_starts", learning_starts, low=0)
        self.gradient_steps = integer("gradient_steps", gradient_steps, low=1)
        super().__init__(seat, **common)

    @property
    def replay(self) -> DecisionBuffer:
        """What it remembers."""
        buffer = self.algorithm.replay_buffer
        assert isinstance(buffer, DecisionBuffer)
        return buffer

    def _take(self, decisions: Decisions, rng: np.random.Generator) -> None:
        self.replay.extend(decisions)
        if self.replay.size() >= self.learning_starts:
            self._prepare(rng)
            self.algorithm.train(self.gradient_steps, self.batch_size)
            self.algorithm._on_step()  # target networks

    def _collected(self) -> dict[str, NDArray[Any]]:
        return self.replay.content()

    def _restore(self, collected: Mapping[str, NDArray[Any]]) -> None:
        self.replay.refill(collected)
