"""Independent PPO: one learner per developer, each blind to the others' learning.

The policies are stable-baselines3's and so is every formula (losses, clipping, Adam, advantages), but
the gradient steps of all developers are made at once, see `agents.stacked`: five developers take about
as long as one. The slow witness is SB3's own ``PPO.train`` in ``tests/test_ippo.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.utils import set_random_seed
from torch import Tensor

from agents.base import Agent, Seat
from agents.policy import Policy
from agents.sb3_env import developer_spaces
from agents.stacked import StackedPolicies
from benchgame_env import VectorEnv
from benchgame_env._validate import integer, number

# The defaults of stable-baselines3's PPO.
CLIP_RANGE, VALUE_SHARE, MAX_GRADIENT, ADAM_EPSILON = 0.2, 0.5, 0.5, 1e-5


@dataclass(frozen=True)
class PPOSettings:
    """Hyperparameters of each developer's PPO; names as in stable-baselines3."""

    learning_rate: float = field(default=3e-3, metadata={"help": "Adam step size"})
    n_epochs: int = field(default=4, metadata={"help": "passes over each rollout"})
    minibatches: int = field(default=1, metadata={"help": "gradient steps per pass, on equal shares"})
    gamma: float = field(default=0.0, metadata={"help": "discount; 0 is one-shot (myopic) play"})
    gae_lambda: float = field(default=0.95, metadata={"help": "advantage smoothing when gamma > 0"})
    entropy: float = field(default=0.3, metadata={"help": "entropy bonus at the first update"})
    entropy_halving: float = field(
        default=20.0,
        metadata={
            "help": "updates after which the entropy bonus has halved: it fades "
            "as entropy / (1 + update / entropy_halving)"
        },
    )
    hidden: int = field(default=64, metadata={"help": "units in each of two hidden layers"})

    def __post_init__(self) -> None:
        number("learning_rate", self.learning_rate, low=0, strict=True)
        number("entropy", self.entropy, low=0)
        number("entropy_halving", self.entropy_halving, low=0, strict=True)
        for name in ("n_epochs", "minibatches", "hidden"):
            integer(name, getattr(self, name), low=1)
        for name in ("gamma", "gae_lambda"):
            if not 0 <= number(name, getattr(self, name)) <= 1:
                raise ValueError(f"{name}: must be in [0, 1], got {getattr(self, name)}")

    def entropy_at(self, update: int) -> float:
        """The faded entropy bonus (theory section 8: without fading, play collapses at the ceiling)."""
        return self.entropy / (1 + update / self.entropy_halving)


@dataclass(frozen=True)
class Rollout:
    """What all developers lived through, each ``[n, samples, ...]``."""

    observations: Tensor
    actions: Tensor
    log_probs: Tensor
    advantages: Tensor
    returns: Tensor


class IndependentPPO:
    """Learners for all seats of a batched game.

    Every update opens fresh episodes and draws all its randomness from ``(seed, update)``, so a run
    continued from saved weights is bit for bit the run that was never interrupted (on CPU).

    Parameters
    ----------
    vec: the batched game, with auto-reset.
    rounds: rounds collected per update, a multiple of the horizon.
    seed: of weights, actions, minibatches and the game.
    """

    def __init__(self, vec: VectorEnv, rounds: int, settings: PPOSettings, seed: int) -> None:
        if rounds % vec.horizon:
            raise ValueError(f"rounds: must be a multiple of the horizon {vec.horizon}, got {rounds}")
        if not (vec.auto_reset and vec.copy):
            raise ValueError("vec: needs auto_reset=True and copy=True")
        samples = rounds * vec.num_envs
        if samples % settings.minibatches or samples == settings.minibatches:
            raise ValueError(
                f"minibatches: must divide the {samples} samples of an update into equal "
                f"shares of at least 2, got {settings.minibatches}"
            )
        self.vec, self.rounds, self.settings, self.seed = vec, rounds, settings, seed
        self.policies = [self._policy(i) for i in range(vec.n_developers)]
        self._stack = StackedPolicies(self.policies)
        self._optimizer = torch.optim.Adam(
            [self._stack.weights], lr=settings.learning_rate, eps=ADAM_EPSILON
        )
        self._losses: dict[str, NDArray[np.float64]] = {}

    def _policy(self, developer: int) -> ActorCriticPolicy:
        set_random_seed(_stream(self.seed, developer))
        s = self.settings
        return ActorCriticPolicy(
            *developer_spaces(self.vec), lambda _: s.learning_rate, net_arch=[s.hidden, s.hidden]
        )

    def agents(self) -> list[Agent]:
        """The current policies, as developers."""
        return [Policy(Seat.of(self.vec, i), policy) for i, policy in enumerate(self.policies)]

    def update(self, update: int) -> dict[str, NDArray[np.float64]]:
        """Play ``rounds`` rounds jointly and train every developer on its own experience.

        Returns what was played: ``effort`` and ``payoff``, each ``[rounds * num_envs, n]``.
        """
        set_random_seed(_stream(self.seed, self.vec.n_developers, update))
        rollout, played = self._collect(update)
        self._train(rollout, self.settings.entropy_at(update))
        return played

    def losses(self) -> dict[str, float]:
        """Means over the gradient steps of the last update, ``developer_i/...`` to value."""
        return {
            f"developer_{i}/{key}": float(values[i])
            for i in range(len(self.policies))
            for key, values in self._losses.items()
        }

    def state_dict(self) -> dict[str, Any]:
        """Weights ``[n, size]`` and the optimiser's state, loadable without executing code."""
        return {"weights": self._stack.weights.data, "optimizer": self._optimizer.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._stack.weights.data.copy_(state["weights"])  # in place: the policies look at it
        self._optimizer.load_state_dict(state["optimizer"])

    def _collect(self, update: int) -> tuple[Rollout, dict[str, NDArray[np.float64]]]:
        vec, stack = self.vec, self._stack
        seen, _ = vec.reset(_stream(self.seed, vec.n_developers + 1, update))
        rounds: list[tuple[Tensor, ...]] = []
        efforts, payoffs = [], []
        for _ in range(self.rounds):
            own = _by_developer(seen)
            actions, log_probs = stack.act(own)
            seen, rewards, _, truncated, infos = vec.step(actions.T.numpy())
            efforts.append(infos["effort"])
            payoffs.append(rewards)
            gained = _by_developer(rewards.astype(np.float32))
            ended = torch.full_like(gained, float(truncated.any()))
            if truncated.any() and self.settings.gamma:
                # Cut off, not over: the value of what would have come counts.
                later = stack.values(_by_developer(infos["final_observation"]))
                gained = gained + self.settings.gamma * later
            rounds.append((own, actions, log_probs, gained, ended))
        own, actions, log_probs, gained, ended = (
            torch.stack(parts, dim=1) for parts in zip(*rounds, strict=True)
        )
        values = stack.values(own.flatten(1, 2)).view_as(gained)
        advantages = self._advantages(gained, values, ended, stack.values(_by_developer(seen)))
        steps = own, actions, log_probs, advantages, advantages + values
        played = {"effort": np.concatenate(efforts), "payoff": np.concatenate(payoffs)}
        return Rollout(*(part.flatten(1, 2) for part in steps)), played

    def _advantages(self, gained: Tensor, values: Tensor, ended: Tensor, after: Tensor) -> Tensor:
        """Generalised advantage estimates (arXiv 1506.02438, equation 16), ``[n, rounds, copies]``."""
        s = self.settings
        advantages, ahead = torch.empty_like(values), torch.zeros_like(after)
        for t in reversed(range(self.rounds)):
            goes_on = 1 - ended[:, t]
            error = gained[:, t] + s.gamma * goes_on * after - values[:, t]
            ahead = error + s.gamma * s.gae_lambda * goes_on * ahead
            advantages[:, t], after = ahead, values[:, t]
        return advantages

    def _train(self, rollout: Rollout, entropy_bonus: float) -> None:
        steps = []
        for _ in range(self.settings.n_epochs):
            for batch in self._minibatches(rollout):
                loss, logged = self._loss(batch, entropy_bonus)
                self._optimizer.zero_grad()
                loss.sum().backward()  # weights are separate: each gets its own loss's gradient
                self._clip_gradients()
                self._optimizer.step()
                steps.append(logged)
        self._losses = {
            key: torch.stack([logged[key] for logged in steps]).double().mean(dim=0).numpy()
            for key in steps[0]
        }

    def _minibatches(self, rollout: Rollout) -> Iterator[Rollout]:
        """The samples in ``minibatches`` equal shares, drawn anew for each developer."""
        count = self.settings.minibatches
        if count == 1:
            yield rollout
            return
        n, samples = rollout.actions.shape
        orders = torch.stack([torch.randperm(samples) for _ in range(n)])
        each = torch.arange(n).unsqueeze(1)
        for share in orders.chunk(count, dim=1):
            yield Rollout(*(getattr(rollout, part.name)[each, share] for part in fields(Rollout)))

    def _loss(self, batch: Rollout, entropy_bonus: float) -> tuple[Tensor, dict[str, Tensor]]:
        """PPO's clipped loss (arXiv 1707.06347, equations 7 and 9), ``[n]``, and its parts."""
        log_probs, values, entropy = self._stack.evaluate(batch.observations, batch.actions)
        spread, mean = torch.std_mean(batch.advantages, dim=1, keepdim=True)
        advantages = (batch.advantages - mean) / (spread + 1e-8)
        log_ratio = log_probs - batch.log_probs
        ratio = log_ratio.exp()
        clipped = ratio.clamp(1 - CLIP_RANGE, 1 + CLIP_RANGE)
        policy = -torch.minimum(advantages * ratio, advantages * clipped).mean(dim=1)
        value = (batch.returns - values).square().mean(dim=1)
        loss = policy - entropy_bonus * entropy + VALUE_SHARE * value
        with torch.no_grad():
            logged = {
                "policy_gradient_loss": policy.detach(),
                "value_loss": value.detach(),
                "entropy_loss": -entropy.detach(),
                "approx_kl": (ratio - 1 - log_ratio).mean(dim=1),
                "clip_fraction": (ratio != clipped).float().mean(dim=1),
                "loss": loss.detach(),
            }
        return loss, logged

    def _clip_gradients(self) -> None:
        """Each developer's gradient to a norm of at most ``MAX_GRADIENT``."""
        gradient = self._stack.weights.grad
        assert gradient is not None
        norms = torch.linalg.vector_norm(gradient, dim=1, keepdim=True)
        gradient.mul_((MAX_GRADIENT / (norms + 1e-6)).clamp(max=1.0))


def _by_developer(values: NDArray[np.float32]) -> Tensor:
    """``[copies, n, ...]`` to ``[n, copies, ...]``."""
    return torch.as_tensor(np.ascontiguousarray(np.swapaxes(values, 0, 1)))


def _stream(*key: int) -> int:
    """A seed derived from ``key``, different for different keys."""
    return int(np.random.SeedSequence(key).generate_state(1)[0])
