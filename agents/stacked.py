"""Several actor-critic networks of one shape, evaluated and differentiated in one go.

The networks stay stable-baselines3 policies: their weights are views of the rows of one tensor, so what
is learned here is what they play, and a gradient step costs the calls of one network, not of n.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from stable_baselines3.common.policies import ActorCriticPolicy
from torch import Tensor, nn

LOG_ROOT_2PI = 0.5 * math.log(2 * math.pi)


class StackedPolicies:
    """n separate policies as one tensor of weights ``[n, size]``; every method has n on the first axis.

    Parameters
    ----------
    policies: of the same class, spaces and layers; two tanh networks as SB3's ``MlpPolicy`` has.
    """

    def __init__(self, policies: Sequence[ActorCriticPolicy]) -> None:
        self.policies = policies
        self.discrete = not hasattr(policies[0], "log_std")
        shares = [_parameters(policy) for policy in policies]
        self._shapes = [tuple(p.shape) for p in shares[0]]
        self._sizes = [p.numel() for p in shares[0]]
        rows = [torch.cat([p.detach().flatten() for p in share]) for share in shares]
        self.weights = nn.Parameter(torch.stack(rows))
        for row, share in zip(self.weights.data, shares, strict=True):
            for part, parameter in zip(row.split(self._sizes), share, strict=True):
                parameter.data = part.view_as(parameter)

    def _networks(self) -> tuple[list[Tensor], list[Tensor], Tensor | None]:
        """Weights and biases of the actors and of the critics, and log standard deviations ``[n, 1]``
        of continuous actions."""
        parts = [
            part.view(-1, *shape)
            for part, shape in zip(self.weights.split(self._sizes, dim=1), self._shapes, strict=True)
        ]
        log_std = None if self.discrete else parts.pop()
        return parts[: len(parts) // 2], parts[len(parts) // 2 :], log_std

    @torch.no_grad()
    def act(self, observations: Tensor) -> tuple[Tensor, Tensor]:
        """Drawn actions for observations ``[n, batch, size]`` and their log probabilities, each
        ``[n, batch]``."""
        layers, _, log_std = self._networks()
        actor = _perceptron(observations, layers)
        if log_std is None:
            actions = actor.softmax(dim=-1).flatten(0, 1).multinomial(1).view(actor.shape[:2])
        else:
            actions = actor.squeeze(-1)
            actions = actions + log_std.exp() * torch.randn_like(actions)
        return actions, _log_prob(actor, log_std, actions)

    @torch.no_grad()
    def values(self, observations: Tensor) -> Tensor:
        """What the critics expect to come, ``[n, batch]``."""
        return _perceptron(observations, self._networks()[1]).squeeze(-1)

    def evaluate(self, observations: Tensor, actions: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Log probabilities of given actions and values, each ``[n, batch]``; mean entropies ``[n]``."""
        actor_layers, critic_layers, log_std = self._networks()
        actor = _perceptron(observations, actor_layers)
        values = _perceptron(observations, critic_layers).squeeze(-1)
        if log_std is None:
            log_chances = actor.log_softmax(dim=-1)
            entropy = -(log_chances.exp() * log_chances).sum(dim=-1).mean(dim=-1)
        else:
            entropy = (0.5 + LOG_ROOT_2PI + log_std).sum(dim=-1)
        return _log_prob(actor, log_std, actions), values, entropy


def _parameters(policy: ActorCriticPolicy) -> list[Tensor]:
    """Layer by layer, actor then critic, then the log standard deviation if there is one."""
    networks = (
        [*policy.mlp_extractor.policy_net, policy.action_net],
        [*policy.mlp_extractor.value_net, policy.value_net],
    )
    layers = [layer for network in networks for layer in network if isinstance(layer, nn.Linear)]
    found: list[Tensor] = []
    for layer in layers:
        found += [layer.weight, layer.bias]
    return found + ([policy.log_std] if hasattr(policy, "log_std") else [])


def _perceptron(x: Tensor, parts: Sequence[Tensor]) -> Tensor:
    """``parts`` are weight ``[n, out, in]`` and bias ``[n, out]`` of each layer in turn."""
    for k in range(0, len(parts), 2):
        x = x.tanh() if k else x
        x = torch.baddbmm(parts[k + 1].unsqueeze(1), x, parts[k].transpose(1, 2))
    return x


def _log_prob(actor: Tensor, log_std: Tensor | None, actions: Tensor) -> Tensor:
    if log_std is None:
        return actor.log_softmax(dim=-1).gather(-1, actions.long().unsqueeze(-1)).squeeze(-1)
    apart = (actions - actor.squeeze(-1)) * (-log_std).exp()
    return -0.5 * apart.square() - log_std - LOG_ROOT_2PI
