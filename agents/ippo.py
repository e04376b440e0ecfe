"""Independent PPO: one stable-baselines3 PPO per developer, each blind to the others' learning.

The losses and optimisers are SB3's own, called through ``PPO.train``; only the joint collection of
rollouts is ours, because the developers must act on the same board.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3 import PPO
from stable_baselines3.common.buffers import RolloutBuffer
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.utils import set_random_seed

from agents.base import Agent, Seat
from agents.honest import Honest
from agents.policy import Policy
from agents.sb3_env import DeveloperVecEnv
from benchgame_env import VectorEnv
from benchgame_env._validate import integer, number


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
        samples = rounds * vec.num_envs
        if samples % settings.minibatches or samples == settings.minibatches:
            raise ValueError(
                f"minibatches: must divide the {samples} samples of an update into equal "
                f"shares of at least 2, got {settings.minibatches}"
            )
        self.vec, self.rounds, self.settings, self.seed = vec, rounds, settings, seed
        idle: list[Agent | None] = [Honest(Seat.of(vec, j)) for j in range(vec.n_developers)]
        self.learners = [self._learner(i, idle) for i in range(vec.n_developers)]

    def _learner(self, developer: int, idle: list[Agent | None]) -> PPO:
        s = self.settings
        learner = PPO(
            "MlpPolicy",
            DeveloperVecEnv(self.vec, developer, idle),  # for its spaces; we collect the rollouts
            n_steps=self.rounds,
            batch_size=self.rounds * self.vec.num_envs // s.minibatches,
            n_epochs=s.n_epochs,
            learning_rate=s.learning_rate,
            gamma=s.gamma,
            gae_lambda=s.gae_lambda,
            policy_kwargs={"net_arch": [s.hidden, s.hidden]},
            seed=_stream(self.seed, developer),
            device="cpu",
        )
        learner.set_logger(Logger(folder=None, output_formats=[]))
        return learner

    def agents(self) -> list[Agent]:
        """The current policies, as developers."""
        return [Policy(Seat.of(self.vec, i), ppo.policy) for i, ppo in enumerate(self.learners)]

    def update(self, update: int) -> dict[str, NDArray[np.float64]]:
        """Play ``rounds`` rounds jointly and train every developer on its own experience.

        Returns what was played: ``effort`` and ``payoff``, each ``[rounds * num_envs, n]``.
        """
        set_random_seed(_stream(self.seed, self.vec.n_developers, update))
        played = self._collect(update)
        for ppo in self.learners:
            ppo.ent_coef = self.settings.entropy_at(update)
            ppo.train()
        return played

    def losses(self) -> dict[str, float]:
        """What SB3 logged in the last update, ``developer_i/...`` to value."""
        return {
            f"developer_{i}/{key.removeprefix('train/')}": float(value)
            for i, ppo in enumerate(self.learners)
            for key, value in ppo.logger.name_to_value.items()
        }

    def state_dict(self) -> list[dict[str, Any]]:
        """Weights and optimiser states, loadable without executing code."""
        return [
            {"policy": ppo.policy.state_dict(), "optimizer": ppo.policy.optimizer.state_dict()}
            for ppo in self.learners
        ]

    def load_state_dict(self, states: list[dict[str, Any]]) -> None:
        for ppo, state in zip(self.learners, states, strict=True):
            ppo.policy.load_state_dict(state["policy"])
            ppo.policy.optimizer.load_state_dict(state["optimizer"])

    def _collect(self, update: int) -> dict[str, NDArray[np.float64]]:
        vec = self.vec
        for ppo in self.learners:
            ppo.policy.set_training_mode(False)
            ppo.rollout_buffer.reset()
        observations, _ = vec.reset(_stream(self.seed, vec.n_developers + 1, update))
        starts = np.ones(vec.num_envs)
        efforts, payoffs = [], []
        for _ in range(self.rounds):
            choices = [self._choose(i, observations) for i in range(vec.n_developers)]
            joint = np.column_stack([action.reshape(vec.num_envs) for action, _, _ in choices])
            before, (observations, rewards, _, truncated, infos) = observations, vec.step(joint)
            efforts.append(infos["effort"])
            payoffs.append(rewards)
            ended = bool(truncated.any())
            for i, (action, value, log_prob) in enumerate(choices):
                reward = rewards[:, i].copy()
                if ended:  # cut off, not over: the value of what would have come counts
                    reward += self.settings.gamma * self._value(i, infos["final_observation"]).numpy()
                self._buffer(i).add(before[:, i], action, reward, starts, value, log_prob)
            starts = np.full(vec.num_envs, float(ended))
        for i in range(vec.n_developers):
            self._buffer(i).compute_returns_and_advantage(self._value(i, observations), starts)
        return {"effort": np.concatenate(efforts), "payoff": np.concatenate(payoffs)}

    def _buffer(self, developer: int) -> RolloutBuffer:
        buffer = self.learners[developer].rollout_buffer
        assert isinstance(buffer, RolloutBuffer)
        return buffer

    def _choose(
        self, developer: int, observations: NDArray[np.float32]
    ) -> tuple[NDArray[Any], torch.Tensor, torch.Tensor]:
        with torch.no_grad():
            seen = torch.as_tensor(observations[:, developer])
            action, value, log_prob = self.learners[developer].policy(seen)
        return action.numpy(), value, log_prob

    def _value(self, developer: int, observations: NDArray[np.float32]) -> torch.Tensor:
        with torch.no_grad():
            seen = torch.as_tensor(observations[:, developer])
            return self.learners[developer].policy.predict_values(seen).flatten()


def _stream(*key: int) -> int:
    """A seed derived from ``key``, different for different keys."""
    return int(np.random.SeedSequence(key).generate_state(1)[0])
