"""A loop in one file in the manner of CleanRL's ``ppo.py``: the example to copy for your own loop."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from benchgame_env import VectorEnv
from benchgame_env.agents.outside.trained import Chances, Trained
from benchgame_env.validate import Floats

CLIP, BATCHES, LARGEST_STEP = 0.2, 4, 0.5


class PPO(Trained):
    """Independent PPO: every developer has a network of its own.

    Formula: clipped surrogate (Schulman et al. 2017) on payoffs in units of P less a learned value.
    Used as: the example of a loop that knows nothing of this package but its batched environment.

    Parameters
    ----------
    seats, learning_rate, entropy, epochs
        As for `Trained`.
    """

    def training(self, vec: VectorEnv, seed: int) -> Iterator[Chances]:
        size, levels = vec.observer.layout.size, vec.axis.levels
        networks = [_network(size, levels + 1) for _ in range(vec.n_developers)]
        parameters = [weight for network in networks for weight in network.parameters()]
        optimiser = torch.optim.Adam(parameters, self.learning_rate, eps=1e-5)

        def outputs(seen: torch.Tensor) -> tuple[torch.distributions.Categorical, torch.Tensor]:
            every = torch.stack([net(seen[:, i]) for i, net in enumerate(networks)], dim=1)
            return torch.distributions.Categorical(logits=every[..., :-1]), every[..., -1]

        def chances(seen: NDArray[np.float32]) -> Floats:
            with torch.no_grad():
                return outputs(torch.as_tensor(seen))[0].probs.double().numpy()

        yield chances
        observations, _ = vec.reset(seed)
        while True:
            seen = torch.as_tensor(observations)
            with torch.no_grad():
                policy, values = outputs(seen)
                actions = policy.sample()
                before = policy.log_prob(actions)
            observations, rewards, *_ = vec.step(actions.numpy())
            returns = torch.as_tensor(rewards / vec.game.prize_range, dtype=torch.float32)
            gains = returns - values
            gains = (gains - gains.mean(0)) / (gains.std(0) + 1e-8)
            for rows in (
                r for _ in range(self.epochs) for r in torch.randperm(len(seen)).chunk(BATCHES)
            ):
                policy, values = outputs(seen[rows])
                ratio = (policy.log_prob(actions[rows]) - before[rows]).exp()
                clipped = ratio.clamp(1 - CLIP, 1 + CLIP)
                surrogate = torch.min(ratio * gains[rows], clipped * gains[rows])
                missed = 0.5 * (values - returns[rows]) ** 2
                loss = (missed - surrogate - self.entropy * policy.entropy()).sum(1).mean()
                optimiser.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(parameters, LARGEST_STEP)
                optimiser.step()
            yield chances


def _network(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(inputs, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, outputs)
    )
