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

from benchgame_env.agents.base import Round, Seat, Team
from benchgame_env.agents.learned.heads import make_head
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


class Samples(NamedTuple):
    """What the k networks learn from, each ``[k, samples, ...]``.

    Attributes
    ----------
    seen, known : Tensor
        What the actor sees, and what the critic sees, ``[k, samples, size]``.
    actions, log_probs : Tensor
        The choices, and their log probabilities when they were made, ``[k, samples]``.
    advantages, returns : Tensor
        Advantages of the choices, and targets of the critic, ``[k, samples]``; prize units.
    weights : Tensor
        1 for decisions, 0 for rounds without a turn, ``[k, samples]``.
    """

    seen: Tensor
    known: Tensor
    actions: Tensor
    log_probs: Tensor
    advantages: Tensor
    returns: Tensor
    weights: Tensor


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
        self._optimizer = torch.optim.Adam([self._stack.weights], lr=s.learning_rate, eps=ADAM_EPSILON)
        self._update = 0
        self._played: list[tuple[Tensor, ...]] = []  # rounds of this update
        self._losses: dict[str, Tensor] = {}

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
        self._seen = self._by_network(self._view(observations))
        self._drawn = self._stack.choose(self._seen, None if self.mode == "greedy" else rng)
        choices = self._drawn.reshape(len(self.seats), -1).numpy()
        actions = [
            head.actions(own, observations[:, j])
            for j, (head, own) in enumerate(zip(self._heads, choices, strict=True))
        ]
        return np.column_stack(actions).astype(np.float64)

    @property
    def looks_ahead(self) -> bool:
        return self.settings.gamma > 0

    def strategies(self, observations: NDArray[np.float32]) -> list[Strategy] | None:
        chances = self._stack.chances(self._by_network(self._view(observations)))
        if chances is None or self.settings.head != "axis":
            return None
        rows = chances.reshape(len(self.seats), -1).numpy()
        return [(seat.levels(row.size), row) for seat, row in zip(self.seats, rows, strict=True)]

    def learn(self, played: Round, rng: np.random.Generator) -> None:
        known, after = self._seen, self._by_network(self._view(played.after))
        if self.settings.central:
            states = played.state, played.state_after
            known, after = (self._by_network(self._to_all(state)) for state in states)
        turns = played.observations[..., self.seats[0].layout.parts["turn"]]
        turn = turns[:, np.arange(len(self.at)), self.at]  # of each seat, in what that seat saw
        gained = played.payoffs.astype(np.float32)
        paid = (self._by_network(part) for part in (gained, np.full_like(gained, played.ended), turn))
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
        check_names("ppo", saved, ("weights", "optimizer", "update"))
        weights = self._stack.weights.data  # in place: the policies share this memory
        weights.copy_(torch.as_tensor(saved_array(saved, "weights", weights.numpy())))
        load_optimizer(self._optimizer, saved["optimizer"])
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
        actions, seen, known, after, gained, ended, turn = (
            torch.stack(parts, dim=1).flatten(1, 2) for parts in zip(*self._played, strict=True)
        )
        with torch.no_grad():
            log_probs, values, _ = self._stack.evaluate(seen, known, actions)
        advantages = gained - values
        if self.settings.gamma:
            advantages = self._advantages(gained, values, self._stack.values(after), ended)
        samples = Samples(seen, known, actions, log_probs, advantages, advantages + values, turn)
        return samples if self.settings.gamma else _decisions(samples)

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
        for _ in range(self.settings.n_epochs):
            for batch in self._minibatches(samples, rng):
                loss, logged = self._loss(batch)
                self._optimizer.zero_grad()
                loss.sum().backward()  # networks share no weights: the sum mixes no gradients
                self._clip_gradients()
                self._optimizer.step()
                steps.append(logged)
        self._losses = {
            key: torch.stack([logged[key] for logged in steps]).double().mean(dim=0) for key in steps[0]
        }

    def _minibatches(self, samples: Samples, rng: np.random.Generator) -> Iterator[Samples]:
        """The samples in ``minibatches`` equal shares, in a new random order for each network."""
        count = self.settings.minibatches
        if count == 1:
            yield samples
            return
        orders = rng.permuted(np.tile(np.arange(samples.actions.shape[1]), (self._networks, 1)), axis=1)
        for rows in torch.as_tensor(orders).chunk(count, dim=1):
            yield _taken(samples, rows)

    def _loss(self, batch: Samples) -> tuple[Tensor, dict[str, Tensor]]:
        """PPO's loss ``[networks]``, and the figures to log."""
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
        """Scale the gradient of each network to a norm of at most ``MAX_GRADIENT``."""
        gradient = self._stack.weights.grad
        assert gradient is not None
        norms = torch.linalg.vector_norm(gradient, dim=1, keepdim=True)
        gradient.mul_((MAX_GRADIENT / (norms + 1e-6)).clamp(max=1.0))


def _decisions(samples: Samples) -> Samples:
    """The decisions of each network; those with fewer are filled up with rounds without a turn."""
    if bool(samples.weights.all()):
        return samples
    count = int(samples.weights.sum(dim=1).max())
    return _taken(samples, samples.weights.argsort(dim=1, descending=True, stable=True)[:, :count])


def _taken(samples: Samples, rows: Tensor) -> Samples:
    """The samples of each network at its ``rows``, ``[networks, count]``."""
    each = torch.arange(len(rows)).unsqueeze(1)
    return Samples(*(part[each, rows] for part in samples))


def _mean(values: Tensor, weights: Tensor) -> Tensor:
    """Weighted means of rows, ``[networks]``."""
    return (values * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1.0)


def _standardised(values: Tensor, weights: Tensor) -> Tensor:
    """Rows minus their weighted mean, divided by their weighted standard deviation."""
    count = weights.sum(dim=1, keepdim=True)
    centred = values - (values * weights).sum(dim=1, keepdim=True) / count.clamp(min=1.0)
    variance = (centred.square() * weights).sum(dim=1, keepdim=True) / (count - 1).clamp(min=1.0)
    return centred / (variance.sqrt() + 1e-8)
