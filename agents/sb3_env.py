"""The batched game as a stable-baselines3 `VecEnv`: one learner among given rivals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv

from agents.base import Agent
from benchgame_env import VectorEnv


def developer_spaces(vec: VectorEnv) -> tuple[gymnasium.Space, gymnasium.Space]:
    """Observation and action space of every developer in ``vec``."""
    low, high = vec.observer.layout.bounds()
    observation = gymnasium.spaces.Box(low, high, dtype=np.float32)
    if vec.axis.action_type == "discrete":
        return observation, gymnasium.spaces.Discrete(vec.axis.levels)
    return observation, gymnasium.spaces.Box(-1.0, 1.0, (1,), dtype=np.float32)


class DeveloperVecEnv(VecEnv):
    """All copies of ``vec`` seen from one seat; plain SB3 algorithms learn on it.

    ``infos`` hold ``terminal_observation`` and ``TimeLimit.truncated`` at the end of episodes. Copies
    draw from one seeded stream, each its own numbers.

    Parameters
    ----------
    vec: the batched game, with auto-reset.
    developer: index of the learner's seat.
    rivals: one agent per developer; the learner's own entry is ignored and may be None.
    """

    def __init__(self, vec: VectorEnv, developer: int, rivals: Sequence[Agent | None]) -> None:
        if not vec.auto_reset:
            raise ValueError("vec: needs auto_reset=True")
        missing = [j for j, rival in enumerate(rivals) if rival is None and j != developer]
        if len(rivals) != vec.n_developers or missing:
            raise ValueError(
                f"rivals: need an agent for each of {vec.n_developers} developers but {developer}"
            )
        self.vec, self.developer, self.rivals = vec, developer, rivals
        self.render_mode = None
        super().__init__(vec.num_envs, *developer_spaces(vec))
        self._rng = np.random.default_rng()

    def reset(self) -> NDArray[np.float32]:
        seed = self._seeds[0]
        if seed is not None:
            self._rng = np.random.default_rng([seed, 1])  # apart from the game's own stream
        self._observations, _ = self.vec.reset(seed)
        self._reset_seeds()
        return self._observations[:, self.developer].copy()

    def step_async(self, actions: NDArray[Any]) -> None:
        joint = np.empty((self.num_envs, self.vec.n_developers))
        for j, rival in enumerate(self.rivals):
            if rival is not None and j != self.developer:
                joint[:, j] = rival.act(self._observations[:, j], self._rng)
        joint[:, self.developer] = np.asarray(actions).reshape(self.num_envs)
        self._actions = joint

    def step_wait(self) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.bool_], Any]:
        me = self.developer
        self._observations, rewards, terminated, truncated, infos = self.vec.step(self._actions)
        ended = terminated[:, me] | truncated[:, me]
        rows: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        if ended.any():
            last = infos["final_observation"][:, me]
            for k in np.flatnonzero(ended):
                rows[k]["terminal_observation"] = last[k]
                rows[k]["TimeLimit.truncated"] = bool(truncated[k, me] and not terminated[k, me])
        return self._observations[:, me].copy(), rewards[:, me].copy(), ended, rows

    def close(self) -> None:
        pass

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        return [getattr(self, attr_name) for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        raise NotImplementedError("the copies share their attributes")

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        raise NotImplementedError(f"the copies have no method {method_name!r}")

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        return [False for _ in self._get_indices(indices)]
