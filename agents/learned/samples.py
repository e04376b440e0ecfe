"""What networks learn from, and rows that stand for many samples.

What all copies of a game see alike is kept once. Each of the ``rows`` of an array stands for an equal
share of the samples, in their order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor


class Samples(NamedTuple):
    """What the k networks learn from, each ``[k, samples]`` but for what they see.

    Attributes
    ----------
    seen, known : Tensor
        What the actor sees, and what the critic sees, ``[k, rows, size]``.
    actions, log_probs : Tensor
        The choices, and their log probabilities when they were made.
    advantages, returns : Tensor
        Advantages of the choices, and targets of the critic; prize units.
    weights : Tensor
        1 for decisions, 0 for rounds without a turn.
    """

    seen: Tensor
    known: Tensor
    actions: Tensor
    log_probs: Tensor
    advantages: Tensor
    returns: Tensor
    weights: Tensor


def for_each(values: Tensor, count: int) -> Tensor:
    """Values of rows ``[k, rows, ...]`` for each of ``count`` samples, ``[k, count, ...]``."""
    if values.shape[1] == count:
        return values
    share = count // values.shape[1]
    return values.unsqueeze(2).expand(-1, -1, share, *values.shape[2:]).flatten(1, 2)


def sums(values: Tensor, rows: int) -> Tensor:
    """Sums ``[k, rows]`` of the samples ``[k, count]`` that each row stands for."""
    return values if values.shape[1] == rows else values.unflatten(1, (rows, -1)).sum(dim=2)


def joined(rounds: Sequence[Tensor]) -> Tensor:
    """Parts ``[k, rows, ...]`` of several rounds as one ``[k, rounds * rows, ...]``."""
    most = max(part.shape[1] for part in rounds)
    return torch.cat([for_each(part, most) for part in rounds], dim=1)


def taken(samples: Samples, at: Tensor) -> Samples:
    """The samples of each network ``at`` these places, ``[k, count]``."""
    each, count = torch.arange(len(at)).unsqueeze(1), samples.weights.shape[1]
    parts = (part if part.shape[1] == 1 else for_each(part, count)[each, at] for part in samples)
    return Samples(*parts)


def decisions(samples: Samples) -> Samples:
    """The decisions of each network; those with fewer are filled up with rounds without a turn."""
    if bool(samples.weights.all()):
        return samples
    count = int(samples.weights.sum(dim=1).max())
    return taken(samples, samples.weights.argsort(dim=1, descending=True, stable=True)[:, :count])


def ready(samples: Samples) -> Samples:
    """Samples with standardised advantages, and with weights that sum to 1 for each network."""
    total = samples.weights.sum(dim=1, keepdim=True)
    shares = samples.weights / total.clamp(min=1.0)
    centred = samples.advantages - (samples.advantages * shares).sum(dim=1, keepdim=True)
    variance = (centred.square() * samples.weights).sum(dim=1, keepdim=True) / (total - 1).clamp(min=1.0)
    return samples._replace(advantages=centred / (variance.sqrt() + 1e-8), weights=shares)
