"""Several actor-critic networks of the same shape, evaluated and differentiated together.

The networks remain stable-baselines3 policies. Their weights are views of the rows of one tensor, so
they play what is learned here, and a gradient step takes as many calls as for one network. The gradient
is written out: autograd takes three times as long for networks as small as these.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from stable_baselines3.common.policies import ActorCriticPolicy
from torch import Tensor, nn

from benchgame_env.agents.learned.distributions import Categorical, Distribution, Normal

BLOCK = 64  # numbers that Adam takes at once; it rounds those that are left over in another way
Layers = list[tuple[Tensor, Tensor]]  # weights [k, in, out] and biases [k, 1, out]


class Passed(NamedTuple):
    """The networks' answers to what they saw, and what their gradient needs.

    Attributes
    ----------
    actions : Normal or Categorical
        The actors' distributions of actions.
    values : Tensor
        The critics' values, ``[k, rows]``.
    inputs : tuple of list of Tensor
        What went into each layer of the actors, and of the critics, ``[k, rows, in]``.
    """

    actions: Distribution
    values: Tensor
    inputs: tuple[list[Tensor], list[Tensor]]


class StackedPolicies:
    """k separate policies as one tensor of weights ``[k, size]``, each row filled up with zeros to a
    multiple of `BLOCK`; all methods have k on the first axis.

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
        self._sizes.append(-sum(self._sizes) % BLOCK)  # of zeros
        rows = [torch.cat([p.detach().flatten() for p in share]) for share in shares]
        self.weights = nn.Parameter(self.filled_up(torch.stack(rows)))
        for row, share in zip(self.weights.data, shares, strict=True):
            for part, parameter in zip(row.split(self._sizes), share, strict=False):
                parameter.data = part.view_as(parameter)
        self.weights.grad = torch.zeros_like(self.weights.data)
        self._parts, self._slopes = self._cut(self.weights.data), self._cut(self.weights.grad)

    def _cut(self, flat: Tensor) -> tuple[Layers, Layers, Tensor | None]:
        """Views of ``[k, size]``: layers of the actors, those of the critics, and for continuous actions
        the log standard deviations ``[k, 1]``."""
        parts = [
            part.view(-1, *shape)
            for part, shape in zip(flat.split(self._sizes, dim=1), self._shapes, strict=False)
        ]
        log_std = None if self.discrete else parts.pop()
        layers = [
            (weight.transpose(1, 2), bias.unsqueeze(1))
            for weight, bias in zip(parts[::2], parts[1::2], strict=True)
        ]
        return layers[: len(layers) // 2], layers[len(layers) // 2 :], log_std

    def filled_up(self, rows: Tensor) -> Tensor:
        """Rows of numbers, one for each weight, with zeros at their ends as the weights have them."""
        return nn.functional.pad(rows, (0, self._sizes[-1]))

    def without_filling(self, rows: Tensor) -> Tensor:
        """Rows without the zeros that `filled_up` adds, in memory of their own."""
        return rows[:, : rows.shape[1] - self._sizes[-1]].clone()

    @torch.no_grad()
    def actions(self, seen: Tensor) -> Distribution:
        """The actors' distributions of actions for what they see, ``[k, rows, size]``."""
        return self._distribution(_passed(seen, self._parts[0]).pop())

    @torch.no_grad()
    def values(self, known: Tensor) -> Tensor:
        """Values ``[k, rows]`` of what the critics see, ``[k, rows, size]``."""
        return _passed(known, self._parts[1]).pop().squeeze(-1)

    @torch.no_grad()
    def passed(self, seen: Tensor, known: Tensor) -> Passed:
        """The answers of actors and critics to what they see, each ``[k, rows, size]``."""
        actors, critics = _passed(seen, self._parts[0]), _passed(known, self._parts[1])
        return Passed(self._distribution(actors.pop()), critics.pop().squeeze(-1), (actors, critics))

    @torch.no_grad()
    def pass_back(
        self, passed: Passed, by_outputs: Tensor, by_values: Tensor, by_log_std: Tensor | None
    ) -> None:
        """Write the gradient by the weights of what has this gradient by the outputs of the actors, the
        values ``[k, rows]`` and the log standard deviations."""
        actors, critics, log_std = self._slopes
        _pass_back(passed.inputs[0], self._parts[0], actors, by_outputs)
        _pass_back(passed.inputs[1], self._parts[1], critics, by_values.unsqueeze(-1))
        if log_std is not None and by_log_std is not None:
            log_std.copy_(by_log_std)

    def _distribution(self, outputs: Tensor) -> Distribution:
        log_std = self._parts[2]
        return Categorical(outputs) if log_std is None else Normal(outputs, log_std)


def _parameters(actor: ActorCriticPolicy, critic: ActorCriticPolicy) -> list[Tensor]:
    """Parameters by layer, of the actor, then of the critic; last the log standard deviation, if any."""
    networks = (
        [*actor.mlp_extractor.policy_net, actor.action_net],
        [*critic.mlp_extractor.value_net, critic.value_net],
    )
    layers = [layer for network in networks for layer in network if isinstance(layer, nn.Linear)]
    parameters = [part for layer in layers for part in (layer.weight, layer.bias)]
    return parameters + ([actor.log_std] if hasattr(actor, "log_std") else [])


def _passed(x: Tensor, layers: Layers) -> list[Tensor]:
    """What goes into each layer, ``[k, rows, in]``, and last the outputs."""
    passed = [x]
    for weight, bias in layers:
        x = passed[-1].tanh_() if len(passed) > 1 else x
        passed.append(torch.baddbmm(bias, x, weight))
    return passed


def _pass_back(inputs: list[Tensor], layers: Layers, slopes: Layers, error: Tensor) -> None:
    """Write the gradient by the layers into ``slopes``, given that by the outputs."""
    for depth in reversed(range(len(layers))):
        weight, bias = slopes[depth]
        torch.bmm(inputs[depth].transpose(1, 2), error, out=weight)
        torch.sum(error, 1, keepdim=True, out=bias)
        if depth:  # through tanh, whose slope is 1 - tanh^2
            error = torch.bmm(error, layers[depth][0].transpose(1, 2))
            error = torch.ops.aten.tanh_backward(error, inputs[depth])
