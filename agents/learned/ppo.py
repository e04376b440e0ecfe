"""PPO: a network for each developer, or one for all, or critics that see everything.

The policies are stable-baselines3's and so is every formula (losses, clipping, Adam, advantages), but
the gradient steps of all seats are made at once, see `stacked`: five developers take about as
long as one. The slow witness is SB3's own ``PPO.train`` in ``tests/agents/test_ppo.py``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.utils import set_random_seed
from torch import Tensor

from agents.base import Round, Seat, Team
from agents.learned.heads import make_head
from agents.learned.sb3_env import observation_space
from agents.learned.stacked import StackedPolicies
from benchgame_env.validate import integer, number

# The defaults of stable-baselines3's PPO.
CLIP_RANGE, VALUE_SHARE, MAX_GRADIENT, ADAM_EPSILON = 0.2, 0.5, 0.5, 1e-5


@dataclass(frozen=True)
class PPOSettings:
    """Hyperparameters; names as in stable-baselines3."""

    learning_rate: float = 3e-3
    n_epochs: int = 4
    minibatches: int = 1
    gamma: float = 0.0
    gae_lambda: float = 0.95
    entropy: float = 0.0
    entropy_halving: float = math.inf
    hidden: int = 64
    head: str = "axis"
    shared: bool = False
    central: bool = False

    def __post_init__(self) -> None:
        number("learning_rate", self.learning_rate, low=0, strict=True)
        number("entropy", self.entropy, low=0)
        number("entropy_halving", self.entropy_halving, low=0, strict=True, finite=False)
        for name in ("n_epochs", "minibatches", "hidden"):
            integer(name, getattr(self, name), low=1)
        for name in ("shared", "central"):
            if not isinstance(getattr(self, name), bool):
                raise ValueError(f"{name}: must be true or false, got {getattr(self, name)!r}")
        if self.shared and self.central:
            raise ValueError("central: one critic for all cannot tell whose value a state is")
        for name in ("gamma", "gae_lambda"):
            if not 0 <= number(name, getattr(self, name)) <= 1:
                raise ValueError(f"{name}: must be in [0, 1], got {getattr(self, name)}")

    def entropy_at(self, update: int) -> float:
        """The faded entropy bonus (theory section 8: without fading, play collapses at the ceiling)."""
        return self.entropy / (1 + update / self.entropy_halving)


class Samples(NamedTuple):
    """What k networks learn from, each ``[k, samples, ...]``.

    ``seen`` is what the actor sees, ``known`` what the critic does; ``weights`` are 1 for decisions and
    0 for rounds without a turn.
    """

    seen: Tensor
    known: Tensor
    actions: Tensor
    log_probs: Tensor
    advantages: Tensor
    returns: Tensor
    weights: Tensor


class PPO(Team):
    """Proximal policy optimisation (arXiv 1707.06347), by default independent: one actor and one
    critic for each seat, blind to the others' learning.

    Formula: the clipped loss, equations 7 and 9 there; advantages by arXiv 1506.02438, equation 16. A
    developer learns what to do from the rounds in which it had the turn; at gamma 0 it does not look at
    the clock. Used as: the baseline of the field.

    Parameters
    ----------
    learning_rate: Adam's step size.
    n_epochs: passes over what was played in an update.
    minibatches: gradient steps a pass, on equal shares.
    gamma: discount of a round; 0 is one-shot (myopic) play.
    gae_lambda: smoothing of advantages where gamma > 0.
    entropy: entropy bonus at the first update.
    entropy_halving: updates after which the bonus has halved: entropy / (1 + update / entropy_halving).
    hidden: units in each of two hidden layers.
    head: what a choice means, see `agents.learned.heads`.
    shared: one network plays every seat of the team (shared parameters); observations say whose it is.
    central: critics see what everybody sees (``state()``); actors do not.
    """

    Settings = PPOSettings

    def __init__(self, seats: Sequence[Seat], **settings: Any) -> None:
        super().__init__(seats)
        self.settings = PPOSettings(**settings)
        one = seats[0]
        self._heads = [make_head(self.settings.head, seat) for seat in seats]
        # Seats that share a network are copies of it.
        self._networks = 1 if self.settings.shared else len(seats)
        samples = one.rounds * one.copies * len(seats) // self._networks
        if samples % self.settings.minibatches or samples == self.settings.minibatches:
            raise ValueError(
                f"minibatches: must divide the {samples} samples of an update into equal "
                f"shares of at least 2, got {self.settings.minibatches}"
            )
        owners = seats[: self._networks]
        actors = [self._policy(seat, observation_space(seat.layout)) for seat in owners]
        critics = actors
        if self.settings.central:
            critics = [
                self._policy(seat, observation_space(seat.layout, everybody=True)) for seat in owners
            ]
        self._stack = StackedPolicies(actors, critics)
        self._optimizer = torch.optim.Adam(
            [self._stack.weights], lr=self.settings.learning_rate, eps=ADAM_EPSILON
        )
        self._update = 0
        self._played: list[tuple[Tensor, ...]] = []  # of the update so far
        self._losses: dict[str, Tensor] = {}

    def _policy(self, seat: Seat, space: Any) -> ActorCriticPolicy:
        set_random_seed(seat.own_seed())
        rate, units = self.settings.learning_rate, self.settings.hidden
        actions = self._heads[0].space
        return ActorCriticPolicy(space, actions, lambda _: rate, net_arch=[units, units])

    @property
    def policies(self) -> Sequence[ActorCriticPolicy]:
        """The networks as stable-baselines3 policies, one a seat, or a single shared one."""
        return self._stack.actors

    def act(self, observations: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float64]:
        self._seen = self._by_network(self._view(observations))
        greedy = self.mode == "greedy"
        self._drawn = self._stack.best(self._seen) if greedy else self._stack.draw(self._seen, rng)
        choices = self._drawn.reshape(len(self.seats), -1).numpy()
        actions = [
            head.actions(own, observations[:, j])
            for j, (head, own) in enumerate(zip(self._heads, choices, strict=True))
        ]
        return np.column_stack(actions).astype(np.float64)

    def learn(self, played: Round, rng: np.random.Generator) -> None:
        known, after = self._seen, self._by_network(self._view(played.after))
        if self.settings.central:
            states = played.state, played.state_after
            known, after = (self._by_network(self._to_all(state)) for state in states)
        turn = np.stack(
            [s.has_turn(played.observations[:, j]) for j, s in enumerate(self.seats)], axis=1
        )
        gained = played.payoffs.astype(np.float32)
        ended = np.full_like(gained, played.ended)
        paid = (self._by_network(part) for part in (gained, ended, turn.astype(np.float32)))
        self._played.append((self._drawn, self._seen, known, after, *paid))
        if len(self._played) == self.seats[0].rounds:
            self._train(self._samples(), rng)
            self._played.clear()
            self._update += 1

    def losses(self) -> dict[str, float]:
        return {
            f"developer_{seat.developer}/{key}": float(values[min(j, self._networks - 1)])
            for j, seat in enumerate(self.seats)
            for key, values in self._losses.items()
        }

    def save(self) -> dict[str, Any]:
        optimizer = self._optimizer.state_dict()
        return {"weights": self._stack.weights.data, "optimizer": optimizer, "update": self._update}

    def load(self, saved: dict[str, Any]) -> None:
        self._stack.weights.data.copy_(saved["weights"])  # in place: the policies look at it
        self._optimizer.load_state_dict(saved["optimizer"])
        self._update = saved["update"]

    def _view(self, observations: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the actors see of ``[copies, k, size]``."""
        if self.settings.head != "axis":
            seen = [head.view(observations[:, j]) for j, head in enumerate(self._heads)]
            observations = np.stack(seen, axis=1)
        return self._timeless(observations)

    def _timeless(self, observations: NDArray[np.float32]) -> NDArray[np.float32]:
        """At gamma 0 what is left of the episode does not matter: observations without the clock."""
        if self.settings.gamma:
            return observations
        observations = observations.copy()
        observations[..., self.seats[0].layout.parts["rounds_left"]] = 0.0
        return observations

    def _to_all(self, state: NDArray[np.float32]) -> NDArray[np.float32]:
        """What everybody saw ``[copies, n, size]``, for each seat ``[copies, k, n * size]``."""
        together = self._timeless(state).reshape(len(state), 1, -1)
        return np.repeat(together, len(self.seats), axis=1)

    def _by_network(self, values: NDArray[np.float32]) -> Tensor:
        """``[copies, k, ...]`` as ``[networks, rows, ...]``."""
        swapped = torch.as_tensor(np.ascontiguousarray(np.swapaxes(values, 0, 1)))
        return swapped.flatten(0, 1).unsqueeze(0) if self.settings.shared else swapped

    def _samples(self) -> Samples:
        actions, seen, known, after, gained, ended, turn = (
            torch.stack(parts, dim=1) for parts in zip(*self._played, strict=True)
        )
        stack = self._stack
        values = stack.values(known.flatten(1, 2)).view_as(gained)
        advantages = gained - values
        if self.settings.gamma:
            later = stack.values(after.flatten(1, 2)).view_as(gained)
            advantages = self._advantages(gained, values, later, ended)
        log_probs = stack.log_probs(seen.flatten(1, 2), actions.flatten(1, 2)).view_as(gained)
        rows = seen, known, actions, log_probs, advantages, advantages + values, turn
        samples = Samples(*(part.flatten(1, 2) for part in rows))
        return samples if self.settings.gamma else _decisions(samples)

    def _advantages(self, gained: Tensor, values: Tensor, later: Tensor, ended: Tensor) -> Tensor:
        """Generalised advantage estimates, ``[networks, rounds, rows]``. Episodes are cut off, not
        over: the value of what would have come counts, in ``later``, but none of its surprises."""
        s = self.settings
        errors = gained + s.gamma * later - values
        advantages, ahead = torch.empty_like(values), torch.zeros_like(values[:, 0])
        for t in reversed(range(values.shape[1])):
            ahead = errors[:, t] + s.gamma * s.gae_lambda * (1 - ended[:, t]) * ahead
            advantages[:, t] = ahead
        return advantages

    def _train(self, samples: Samples, rng: np.random.Generator) -> None:
        steps = []
        for _ in range(self.settings.n_epochs):
            for batch in self._minibatches(samples, rng):
                loss, logged = self._loss(batch)
                self._optimizer.zero_grad()
                loss.sum().backward()  # weights are separate: each gets its own loss's gradient
                self._clip_gradients()
                self._optimizer.step()
                steps.append(logged)
        self._losses = {
            key: torch.stack([logged[key] for logged in steps]).double().mean(dim=0) for key in steps[0]
        }

    def _minibatches(self, samples: Samples, rng: np.random.Generator) -> Iterator[Samples]:
        """The samples in ``minibatches`` equal shares, drawn anew for each network."""
        count = self.settings.minibatches
        if count == 1:
            yield samples
            return
        orders = rng.permuted(np.tile(np.arange(samples.actions.shape[1]), (self._networks, 1)), axis=1)
        each = torch.arange(self._networks).unsqueeze(1)
        for share in torch.as_tensor(orders).chunk(count, dim=1):
            yield Samples(*(part[each, share] for part in samples))

    def _loss(self, batch: Samples) -> tuple[Tensor, dict[str, Tensor]]:
        """PPO's loss ``[networks]`` and its parts."""
        log_probs, values, entropy = self._stack.evaluate(batch.seen, batch.known, batch.actions)
        weights = batch.weights
        log_ratio = log_probs - batch.log_probs
        ratio = log_ratio.exp()
        clipped = ratio.clamp(1 - CLIP_RANGE, 1 + CLIP_RANGE)
        advantages = _standardised(batch.advantages, weights)
        policy = -_mean(torch.minimum(advantages * ratio, advantages * clipped), weights)
        errors = (batch.returns - values).square()
        value = errors.mean(dim=1) if self.settings.gamma else _mean(errors, weights)
        entropy = _mean(entropy, weights)
        loss = policy - self.settings.entropy_at(self._update) * entropy + VALUE_SHARE * value
        with torch.no_grad():
            logged = {
                "policy_gradient_loss": policy.detach(),
                "value_loss": value.detach(),
                "entropy_loss": -entropy.detach(),
                "approx_kl": _mean(ratio - 1 - log_ratio, weights),
                "clip_fraction": _mean((ratio != clipped).float(), weights),
                "loss": loss.detach(),
            }
        return loss, logged

    def _clip_gradients(self) -> None:
        """Each network's gradient to a norm of at most ``MAX_GRADIENT``."""
        gradient = self._stack.weights.grad
        assert gradient is not None
        norms = torch.linalg.vector_norm(gradient, dim=1, keepdim=True)
        gradient.mul_((MAX_GRADIENT / (norms + 1e-6)).clamp(max=1.0))


def _decisions(samples: Samples) -> Samples:
    """The rows that had the turn, first; what is left of the others fills up the shorter ones."""
    if bool(samples.weights.all()):
        return samples
    count = int(samples.weights.sum(dim=1).max())
    order = samples.weights.argsort(dim=1, descending=True, stable=True)[:, :count]
    each = torch.arange(len(order)).unsqueeze(1)
    return Samples(*(part[each, order] for part in samples))


def _mean(values: Tensor, weights: Tensor) -> Tensor:
    """Weighted means of rows, ``[networks]``."""
    return (values * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1.0)


def _standardised(values: Tensor, weights: Tensor) -> Tensor:
    """Rows less their weighted mean, by their standard deviation."""
    count = weights.sum(dim=1, keepdim=True)
    centred = values - (values * weights).sum(dim=1, keepdim=True) / count.clamp(min=1.0)
    variance = (centred.square() * weights).sum(dim=1, keepdim=True) / (count - 1).clamp(min=1.0)
    return centred / (variance.sqrt() + 1e-8)
