"""SB3's replay buffer for decisions that come in any number and have discounts of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.buffers import ReplayBuffer
from stable_baselines3.common.type_aliases import ReplayBufferSamples

from agents.sb3_agent import Decisions

KEPT = ("observations", "next_observations", "actions", "rewards", "discounts")


class DecisionBuffer(ReplayBuffer):
    """Samples carry ``discounts``, which SB3's losses then use for gamma, as for n-step returns."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.discounts = np.zeros((self.buffer_size, 1), dtype=np.float32)

    def extend(self, decisions: Decisions) -> None:
        """Take the place of the oldest; of more decisions than there is room for the last stay."""
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
        """What is in it, by name, with the next row to write as ``pos``."""
        filled = {name: getattr(self, name)[: self.size()] for name in KEPT}
        return filled | {"pos": np.array(self.pos)}

    def refill(self, content: Mapping[str, NDArray[Any]]) -> None:
        """Put back what `content` gave."""
        count = len(content["rewards"])
        for name in KEPT:
            getattr(self, name)[:count] = content[name]
        self.pos, self.full = int(content["pos"]), count == self.buffer_size
