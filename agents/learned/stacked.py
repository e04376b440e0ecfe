"""Several actor-critic networks of the same shape, evaluated and differentiated together.

The networks remain stable-baselines3 policies. Their weights are views of the rows of one tensor, so
they play what is learned here, and a gradient step takes as many calls as for one network.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from stable_baselines3.common.policies import ActorCriticPolicy
from torch import Tensor, nn

LOG_ROOT_2PI = 0.5 * math.log(2 * math.pi)


class StackedPolicies:
    """k separate policies as one tensor of weights ``[k, size]``; all methods have k on the first axis.

    Parameters
    ----------
    actors : sequence of ActorCriticPolicy
        Policies of the same class, spaces and layers, with two tanh networks as in SB3's ``MlpPolicy``.
    critics : sequence of ActorCriticPolicy
        The policies whose value networks are used. They may see more than the actors, or be the actors.
    """

    def __init__(
        self, actors: Sequence[ActorCriticPolicy], critics: Sequence[ActorCriticPolicy]
    ) -> None:
        self.actors = actors
        self.discrete = not hasattr(actors[0], "log_std")
        shares = [_parameters(*pair) for pair in zip(actors, critics, strict=True)]
        self._shapes = [tuple(p.shape) for p in shares[0]]
        self._sizes = [p.numel() for p in shares[0]]
        rows = [torch.cat([p.detach().flatten() for p in share]) for share in shares]
        self.weights = nn.Parameter(torch.stack(rows))
        for row, share in zip(self.weights.data, shares, strict=True):
            for part, parameter in zip(row.split(self._sizes), share, strict=True):
                parameter.data = part.view_as(parameter)

    def _networks(self) -> tuple[list[Tensor], list[Tensor], Tensor | None]:
        """Weights and biases of the actors, those of the critics, and for continuous actions the log
        standard deviations ``[k, 1]``."""
        parts = [
            part.view(-1, *shape)
            for part, shape in zip(self.weights.split(self._sizes, dim=1), self._shapes, strict=True)
        ]
        log_std = None if self.discrete else parts.pop()
        return parts[: len(parts) // 2], parts[len(parts) // 2 :], log_std

    @torch.no_grad()
    def choose(self, seen: Tensor, rng: np.random.Generator | None) -> Tensor:
        """Actions ``[k, batch]`` for what is seen, ``[k, batch, size]``: drawn with ``rng``; None: the
        likeliest."""
        layers, _, log_std = self._networks()
        actor = _perceptron(seen, layers)
        if log_std is None:
            if rng is None:
                return actor.argmax(dim=-1)
            total = actor.softmax(dim=-1).cumsum(dim=-1)
            draw = torch.as_tensor(rng.random(actor.shape[:2], dtype=np.float32)).unsqueeze(-1)
            return (draw * total[..., -1:] >= total[..., :-1]).sum(dim=-1)
        mean = actor.squeeze(-1)
        if rng is None:
            return mean
        return mean + log_std.exp() * torch.as_tensor(rng.standard_normal(mean.shape, dtype=np.float32))

    @torch.no_grad()
    def chances(self, seen: Tensor) -> Tensor | None:
        """Probabilities of discrete actions ``[k, batch, actions]``; None if actions are continuous."""
        layers, _, log_std = self._networks()
        return _perceptron(seen, layers).double().softmax(dim=-1) if log_std is None else None

    @torch.no_grad()
    def values(self, known: Tensor) -> Tensor:
        """Values ``[k, batch]`` of what the critics see, ``[k, batch, size]``."""
        return _perceptron(known, self._networks()[1]).squeeze(-1)

    def evaluate(self, seen: Tensor, known: Tensor, actions: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Log probabilities of the actions, values and entropies, each ``[k, batch]``."""
        actor_layers, critic_layers, log_std = self._networks()
        actor = _perceptron(seen, actor_layers)
        values = _perceptron(known, critic_layers).squeeze(-1)
        if log_std is None:
            log_chances = actor.log_softmax(dim=-1)
            entropy = -(log_chances.exp() * log_chances).sum(dim=-1)
        else:
            entropy = (0.5 + LOG_ROOT_2PI + log_std).expand_as(values)
        return _log_prob(actor, log_std, actions), values, entropy


def _parameters(actor: ActorCriticPolicy, critic: ActorCriticPolicy) -> list[Tensor]:
    """Parameters by layer, of the actor, then of the critic; last the log standard deviation, if any."""
    networks = (
        [*actor.mlp_extractor.policy_net, actor.action_net],
        [*critic.mlp_extractor.value_net, critic.value_net],
    )
    layers = [layer for network in networks for layer in network if isinstance(layer, nn.Linear)]
    parameters = [part for layer in layers for part in (layer.weight, layer.bias)]
    return parameters + ([actor.log_std] if hasattr(actor, "log_std") else [])


def _perceptron(x: Tensor, parts: Sequence[Tensor]) -> Tensor:
    """The outputs; ``parts`` are weight ``[k, out, in]`` and bias ``[k, out]`` of each layer in turn."""
    for k in range(0, len(parts), 2):
        x = x.tanh() if k else x
        x = torch.baddbmm(parts[k + 1].unsqueeze(1), x, parts[k].transpose(1, 2))
    return x


def _log_prob(actor: Tensor, log_std: Tensor | None, actions: Tensor) -> Tensor:
    if log_std is None:
        return actor.log_softmax(dim=-1).gather(-1, actions.long().unsqueeze(-1)).squeeze(-1)
    apart = (actions - actor.squeeze(-1)) * (-log_std).exp()
    return -0.5 * apart.square() - log_std - LOG_ROOT_2PI
