"""The batched game as a stable-baselines3 ``VecEnv``: for one learner among given rivals, or for one
policy that all developers share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv

from benchgame_env import VectorEnv
from benchgame_env.agents.base import Agent, Round
from benchgame_env.agents.learned.heads import choice_space
from benchgame_env.play.observation import ObservationLayout


def observation_space(layout: ObservationLayout, everybody: bool = False) -> gymnasium.Space:
    """The space of one developer's observations, or of those of all in a row."""
    repeats = layout.n_developers if everybody else 1
    low, high = (np.tile(bound, repeats) for bound in layout.bounds())
    return gymnasium.spaces.Box(low, high, dtype=np.float32)


class BatchVecEnv(VecEnv):
    """The common part of both views.

    At the end of an episode ``infos`` have ``terminal_observation`` and ``TimeLimit.truncated``. All
    copies draw from one seeded stream, each its own numbers. Subclasses say which rows they show
    (`_rows`) and what all developers do (`_joint`).

    Parameters
    ----------
    vec : VectorEnv
        The batched game, with auto-reset and with arrays of its own from each call (``copy``).
    rows : int
        Number of rows that SB3 sees.

    Raises
    ------
    ValueError
        ``vec`` is without auto-reset or copies.
    """

    def __init__(self, vec: VectorEnv, rows: int) -> None:
        if not (vec.auto_reset and vec.copy):
            raise ValueError("vec: needs auto_reset=True and copy=True")
        self.vec = vec
        self.render_mode = None
        levels = vec.axis.levels if vec.axis.action_type == "discrete" else None
        super().__init__(rows, observation_space(vec.observer.layout), choice_space(levels))
        self._rng = np.random.default_rng()

    def _rows(self, values: NDArray[Any]) -> NDArray[Any]:
        """Values ``[copies, n, ...]`` as ``[num_envs, ...]``."""
        raise NotImplementedError

    def _joint(self, actions: NDArray[Any]) -> NDArray[Any]:
        """Actions ``[num_envs]`` as ``[copies, n]``."""
        raise NotImplementedError

    def reset(self) -> NDArray[np.float32]:
        seed = self._seeds[0]
        if seed is not None:
            self._rng = np.random.default_rng([seed, 1])  # not the stream of the game
        self._observations, _ = self.vec.reset(seed)
        self._reset_seeds()
        return self._rows(self._observations)

    def step_async(self, actions: NDArray[Any]) -> None:
        self._actions = self._joint(np.asarray(actions).reshape(self.num_envs))

    def step_wait(self) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.bool_], Any]:
        self._observations, rewards, terminated, truncated, self._last = self.vec.step(self._actions)
        ended, infos = self._rows(terminated | truncated), self._infos(truncated, self._last)
        return self._rows(self._observations), self._rows(rewards), ended, infos

    def _infos(self, truncated: NDArray[np.bool_], infos: dict[str, Any]) -> list[dict[str, Any]]:
        """A new dict for each row, because wrappers and callbacks write into them."""
        if "final_observation" not in infos:
            return [{} for _ in range(self.num_envs)]
        last, cut = self._rows(infos["final_observation"]), self._rows(truncated).tolist()
        return [
            {"terminal_observation": observation, "TimeLimit.truncated": by_time}
            for observation, by_time in zip(last, cut, strict=True)
        ]

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


class DeveloperVecEnv(BatchVecEnv):
    """All copies of the game, seen from one seat, on which SB3's own algorithms can learn.

    Parameters
    ----------
    vec : VectorEnv
        As for `BatchVecEnv`.
    developer : int
        Index of the learner's seat.
    rivals : sequence of Agent or None
        One agent for each developer. The entry of the learner is ignored and may be None. Rivals in mode
        ``learn`` learn too.

    Raises
    ------
    ValueError
        As `BatchVecEnv`, or a rival is missing.
    """

    def __init__(self, vec: VectorEnv, developer: int, rivals: Sequence[Agent | None]) -> None:
        super().__init__(vec, rows=vec.num_envs)
        self.developer = developer
        self.rivals = [rival for j, rival in enumerate(rivals) if rival is not None and j != developer]
        if not len(rivals) == len(self.rivals) + 1 == vec.n_developers:
            names, seats = [type(rival).__name__ for rival in rivals], vec.n_developers
            raise ValueError(
                f"rivals: need {seats} agents, None only for developer {developer}, got {names}"
            )

    def step_wait(self) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.bool_], Any]:
        before, actions = self._observations, self._actions
        result = super().step_wait()
        after, ended = self._last.pop("final_observation", self._observations), bool(result[2].any())
        for rival in self.rivals:
            if rival.mode == "learn":
                lived = Round.of(rival.at, before, actions, self._last, after, ended)
                rival.learn(lived, self._rng)
        return result

    def _rows(self, values: NDArray[Any]) -> NDArray[Any]:
        return values[:, self.developer].copy()

    def _joint(self, actions: NDArray[Any]) -> NDArray[Any]:
        joint = np.empty((self.vec.num_envs, self.vec.n_developers))
        for rival in self.rivals:
            joint[:, rival.at] = rival.act(self._observations[:, rival.at], self._rng)
        joint[:, self.developer] = actions
        return joint


class SharedPolicyVecEnv(BatchVecEnv):
    """All developers of all copies as rows: one policy learns to play every seat (shared parameters).

    Row ``k * n + i`` is developer i of copy k. Its observation shows which developer it is.

    Parameters
    ----------
    vec : VectorEnv
        As for `BatchVecEnv`.
    """

    def __init__(self, vec: VectorEnv) -> None:
        super().__init__(vec, rows=vec.num_envs * vec.n_developers)

    def _rows(self, values: NDArray[Any]) -> NDArray[Any]:
        return values.reshape(self.num_envs, *values.shape[2:])

    def _joint(self, actions: NDArray[Any]) -> NDArray[Any]:
        return actions.reshape(self.vec.num_envs, self.vec.n_developers)
