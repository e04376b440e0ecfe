"""PPO: a network for each developer, or one for all, or critics that see everything.

The policies are stable-baselines3's, and so are all formulas (losses, clipping, Adam, advantages). But
the gradient steps of all seats are made at once, see `stacked`, so that five developers take about as
long as one. ``tests/agents/test_ppo.py`` compares the result with SB3's own ``PPO.train``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.utils import set_random_seed
from torch import Tensor

from benchgame_env.agents.base import Round, Seat, Team, once
from benchgame_env.agents.learned.distributions import Categorical
from benchgame_env.agents.learned.heads import make_head
from benchgame_env.agents.learned.samples import (
    Samples,
    decisions,
    for_each,
    joined,
    ready,
    sums,
    taken,
)
from benchgame_env.agents.learned.sb3_env import observation_space
from benchgame_env.agents.learned.settings import FadingEntropy
from benchgame_env.agents.learned.stacked import StackedPolicies
from benchgame_env.agents.saved import check_names, load_optimizer, saved_array, saved_count
from benchgame_env.metrics import Strategy

# The defaults of stable-baselines3's PPO.
CLIP_RANGE, VALUE_SHARE, MAX_GRADIENT, ADAM_EPSILON = 0.2, 0.5, 0.5, 1e-5


@dataclass(frozen=True)
class PPOSettings(FadingEntropy):
    """Hyperparameters of `PPO`; the entropy bonus fades by updates.

    Attributes
    ----------
    head : {"axis", "overtake"}
        What a choice of the network means, see `agents.learned.heads`.
    n_epochs : int
        Passes over the samples of an update, >= 1.
    minibatches : int
        Gradient steps in a pass, each on an equal share of the samples, >= 1.
    gae_lambda : float
        Smoothing of advantages if gamma > 0, in [0, 1].
    shared : bool
        Whether one network plays every seat of the team (shared parameters). It sees in the observations
        which seat it plays.
    central : bool
        Whether the critics see what all developers see. The actors never do.
    """

    head: str = "axis"
    n_epochs: int = 4
    minibatches: int = 1
    gae_lambda: float = 0.95
    shared: bool = False
    central: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self._number("gae_lambda", low=0, high=1)
        self._counts("n_epochs", "minibatches")
        for name in ("shared", "central"):
            if not isinstance(getattr(self, name), bool):
                raise ValueError(f"{name}: must be true or false, got {getattr(self, name)!r}")
        if self.shared and self.central:
            raise ValueError(
                "central: must be false if shared is true; one critic cannot value all seats"
            )


class Step(NamedTuple):
    """A gradient step, as far as it is logged, each ``[k, samples]``, the entropy ``[k, rows]``."""

    advantages: Tensor
    weights: Tensor
    log_ratio: Tensor
    errors: Tensor
    entropy: Tensor


class PPO(Team):
    """Proximal policy optimisation, by default independent: each seat has an actor and a critic of its
    own, which do not see how the others learn.

    Formula (Schulman et al. 2017): the clipped loss, arXiv 1707.06347, equations 7 and 9; advantages,
    arXiv 1506.02438, equation 16. A developer learns what to do from the rounds in which it had the
    turn. With gamma 0 it does not see the rounds left. Used as: the baseline of the field.

    Parameters
    ----------
    seats : sequence of Seat
        The seats that it plays.
    **settings
        Fields of `PPOSettings`.

    Raises
    ------
    ValueError
        A setting out of its range, or one that does not suit the seats.
    """

    Settings = PPOSettings

    def __init__(self, seats: Sequence[Seat], **settings: Any) -> None:
        super().__init__(seats)
        self.settings = s = PPOSettings(**settings)
        self._heads = [make_head(s.head, seat) for seat in seats]
        # Seats that share a network are treated as more copies of one seat.
        self._networks = 1 if s.shared else len(seats)
        samples = seats[0].rounds * seats[0].copies * len(seats) // self._networks
        if samples % s.minibatches or samples == s.minibatches:
            raise ValueError(
                f"minibatches: must divide {samples} samples into equal shares >= 2, got {s.minibatches}"
            )
        owners = seats[: self._networks]
        actors = [self._policy(seat) for seat in owners]
        critics = [self._policy(seat, everybody=True) for seat in owners] if s.central else actors
        self._stack = StackedPolicies(actors, critics)
        self._optimizer = torch.optim.Adam(
            [self._stack.weights], lr=s.learning_rate, eps=ADAM_EPSILON, fused=True
        )
        self._update = 0
        self._played: list[tuple[Tensor, ...]] = []  # rounds of this update

    def _policy(self, seat: Seat, everybody: bool = False) -> ActorCriticPolicy:
        set_random_seed(seat.own_seed())
        rate, units = self.settings.learning_rate, self.settings.hidden
        space = observation_space(seat.layout, everybody)
        return ActorCriticPolicy(space, self._heads[0].space, lambda _: rate, net_arch=[units, units])

    @property
    def policies(self) -> Sequence[ActorCriticPolicy]:
        """The networks as stable-baselines3 policies: one for each seat, or a single shared one."""
        return self._stack.actors

    def act(self, observations: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float64]:
        count = len(observations) * len(self.seats) // self._networks
        observations = once(observations)
        self._seen = self._by_network(self._view(observations))
        chances = self._stack.actions(self._seen)
        self._drawn = chances.likeliest(count) if self.mode == "greedy" else chances.draw(count, rng)
        choices = self._drawn.reshape(len(self.seats), -1).numpy()
        actions = [
            head.actions(own, observations[:, j])
            for j, (head, own) in enumerate(zip(self._heads, choices, strict=True))
        ]
        return np.column_stack(actions).astype(np.float64)

    @property
    def looks_ahead(self) -> bool:
        return self.settings.gamma > 0

    @property
    def by_seat(self) -> bool:  # type: ignore[override]
        s = self.settings
        return not (s.gamma or s.shared or s.central)

    def strategies(self, observations: NDArray[np.float32]) -> list[Strategy] | None:
        found = self._stack.actions(self._by_network(self._view(observations)))
        if not isinstance(found, Categorical) or self.settings.head != "axis":
            return None
        rows = found.log_chances.double().softmax(dim=-1).reshape(len(self.seats), -1).numpy()
        return [(seat.levels(row.size), row) for seat, row in zip(self.seats, rows, strict=True)]

    def learn(self, played: Round, rng: np.random.Generator) -> None:
        known, after = self._seen, self._seen  # at gamma 0 nobody looks at what comes after
        if self.settings.central:
            known = self._by_network(self._to_all(once(played.state)))
        if self.settings.gamma:
            central = self.settings.central
            after = self._by_network(
                self._to_all(once(played.state_after)) if central else self._view(once(played.after))
            )
        turns = played.observations[..., self.seats[0].layout.parts["turn"]]
        turn = turns[:, np.arange(len(self.at)), self.at]  # of each seat, in what that seat saw
        gained = played.payoffs.astype(np.float32)
        paid = (self._by_network(part) for part in (gained, np.full_like(gained, played.ended), turn))
        self._played.append((self._drawn, self._seen, known, after, *paid))
        if len(self._played) == self.seats[0].rounds:
            self._train(self._samples(), rng)
            self._played.clear()
            self._update += 1

    def save(self) -> dict[str, Any]:
        trimmed = self._stack.without_filling
        optimizer = self._optimizer.state_dict()
        optimizer["state"] = {
            at: {name: trimmed(value) if value.ndim else value for name, value in state.items()}
            for at, state in optimizer["state"].items()
        }
        weights = trimmed(self._stack.weights.data)
        return {"weights": weights, "optimizer": optimizer, "update": self._update}

    def load(self, saved: dict[str, Any]) -> None:
        check_names("ppo", saved, ("weights", "optimizer", "update"))
        weights, stack = self._stack.weights.data, self._stack
        found = saved_array(saved, "weights", stack.without_filling(weights).numpy())
        weights.copy_(stack.filled_up(torch.as_tensor(found)))  # in place: policies share this memory
        state = saved["optimizer"]
        groups = [group | {"fused": True} for group in state["param_groups"]]  # 0.1.0 had not fused them
        load_optimizer(self._optimizer, {**state, "param_groups": groups}, stack.filled_up)
        self._update = saved_count(saved, "update")

    def _view(self, observations: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the actors see of ``[copies, k, size]``."""
        if self.settings.head != "axis":
            seen = [head.view(observations[:, j]) for j, head in enumerate(self._heads)]
            observations = np.stack(seen, axis=1)
        return self._timeless(observations)

    def _timeless(self, observations: NDArray[np.float32]) -> NDArray[np.float32]:
        """Observations without the rounds left, which do not matter at gamma 0."""
        if self.settings.gamma:
            return observations
        observations = observations.copy()
        observations[..., self.seats[0].layout.parts["rounds_left"]] = 0.0
        return observations

    def _to_all(self, state: NDArray[np.float32]) -> NDArray[np.float32]:
        """What all saw, ``[copies, n, size]``, once for each seat, ``[copies, k, n * size]``."""
        together = self._timeless(state).reshape(len(state), 1, -1)
        return np.repeat(together, len(self.seats), axis=1)

    def _by_network(self, values: NDArray[np.float32]) -> Tensor:
        """``[copies, k, ...]`` as ``[networks, rows, ...]``."""
        swapped = torch.as_tensor(np.ascontiguousarray(np.swapaxes(values, 0, 1)))
        return swapped.flatten(0, 1).unsqueeze(0) if self.settings.shared else swapped

    def _samples(self) -> Samples:
        actions, seen, known, after, gained, ended, turn = map(joined, zip(*self._played, strict=True))
        passed, count = self._stack.passed(seen, known), actions.shape[1]
        log_probs, values = passed.actions.log_probs(actions), for_each(passed.values, count)
        advantages = gained - values
        if self.settings.gamma:
            later = for_each(self._stack.values(after), count)
            advantages = self._advantages(gained, values, later, ended)
        samples = Samples(seen, known, actions, log_probs, advantages, advantages + values, turn)
        return samples if self.settings.gamma else decisions(samples)

    def _advantages(self, gained: Tensor, values: Tensor, later: Tensor, ended: Tensor) -> Tensor:
        """Generalised advantage estimates; all are ``[networks, samples]``, round after round.

        Episodes are cut off and do not end: the value of the board after the last round counts, in
        ``later``, but the errors of the next episode do not.
        """
        s, rounds = self.settings, (len(self._played), -1)
        advantages = (gained + s.gamma * later - values).unflatten(1, rounds)  # so far the errors
        goes_on = (1 - ended).unflatten(1, rounds)
        for t in reversed(range(len(self._played) - 1)):
            advantages[:, t] += s.gamma * s.gae_lambda * goes_on[:, t] * advantages[:, t + 1]
        return advantages.flatten(1, 2)

    def _train(self, samples: Samples, rng: np.random.Generator) -> None:
        steps = []
        for batch in self._minibatches(samples, rng):
            steps.append(self._differentiate(batch))
            self._clip_gradients()
            self._optimizer.step()
        self.figures = self._figures(steps)

    def _minibatches(self, samples: Samples, rng: np.random.Generator) -> Iterator[Samples]:
        """In each pass, the samples in ``minibatches`` equal shares, in a new random order for each
        network."""
        epochs, count = self.settings.n_epochs, self.settings.minibatches
        if count == 1:
            yield from [ready(samples)] * epochs
            return
        rows = np.tile(np.arange(samples.actions.shape[1]), (self._networks, 1))
        for _ in range(epochs):
            for share in torch.as_tensor(rng.permuted(rows, axis=1)).chunk(count, dim=1):
                yield ready(taken(samples, share))

    def _differentiate(self, batch: Samples) -> Step:
        """Write the gradient of PPO's loss on a batch that is `ready`."""
        passed = self._stack.passed(batch.seen, batch.known)
        (_, rows), (_, count) = passed.values.shape, batch.weights.shape
        log_ratio = passed.actions.log_probs(batch.actions) - batch.log_probs
        ratio = log_ratio.exp()
        gains, bounded = batch.advantages * ratio, batch.advantages * _clipped(ratio)
        by_log_prob = torch.where(gains <= bounded, gains * batch.weights, 0.0).neg_()
        errors = for_each(passed.values, count) - batch.returns
        by_value = sums(errors * self._of_critic(batch.weights), rows).mul_(2 * VALUE_SHARE)
        by_entropy = batch.weights * -self.settings.entropy_at(self._update)
        by_outputs, by_log_std = passed.actions.pass_back(by_log_prob, by_entropy)
        self._stack.pass_back(passed, by_outputs, by_value, by_log_std)
        return Step(batch.advantages, batch.weights, log_ratio, errors, passed.actions.entropy)

    def _of_critic(self, weights: Tensor) -> Tensor:
        """Weights of samples for the critic. At gamma > 0 it learns from all rounds."""
        return torch.full_like(weights, 1 / weights.shape[-1]) if self.settings.gamma else weights

    def _figures(self, steps: list[Step]) -> dict[str, Tensor]:
        """What is logged of an update, for each network: means over its gradient steps."""
        advantages, weights, log_ratio, errors, entropy = map(torch.stack, zip(*steps, strict=True))
        ratio = log_ratio.exp()
        clipped = _clipped(ratio)
        gains = torch.minimum(advantages * ratio, advantages * clipped)
        policy = -(gains * weights).sum(dim=2)
        value = (errors.square() * self._of_critic(weights)).sum(dim=2)
        spread = -(sums(weights.flatten(0, 1), entropy.shape[2]).view_as(entropy) * entropy).sum(dim=2)
        figures = {
            "policy_gradient_loss": policy,
            "value_loss": value,
            "entropy_loss": spread,
            "approx_kl": ((ratio - 1 - log_ratio) * weights).sum(dim=2),
            "clip_fraction": ((ratio != clipped) * weights).sum(dim=2),
            "loss": policy + self.settings.entropy_at(self._update) * spread + VALUE_SHARE * value,
        }
        return {name: figure.double().mean(dim=0) for name, figure in figures.items()}

    def _clip_gradients(self) -> None:
        """Scale the gradient of each network to a norm of at most ``MAX_GRADIENT``."""
        gradient = self._stack.weights.grad
        assert gradient is not None
        norms = torch.linalg.vector_norm(gradient, dim=1, keepdim=True)
        gradient.mul_((MAX_GRADIENT / (norms + 1e-6)).clamp(max=1.0))


def _clipped(ratio: Tensor) -> Tensor:
    return ratio.clamp(1 - CLIP_RANGE, 1 + CLIP_RANGE)
