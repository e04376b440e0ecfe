"""Many repeated subgames at once: the rules of the environment, on arrays.

`benchgame_env.play.env` dresses a batch of one as a PettingZoo environment; there is no second copy of
these rules. How an episode ends:

====================  ==========================================================================
terminates            never
truncates             all developers of all copies together, at the end of round ``horizon``
last observation      without auto-reset the one returned; with it, ``infos["final_observation"]``
auto-reset            in the same step: the observation returned opens the next episode, while
                      rewards, flags and the other infos still belong to the last round
rewards               the payoff of the round, prize minus cost of the effort held; prize units
====================  ==========================================================================
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchgame_env.game import Game
from benchgame_env.named_games import as_game
from benchgame_env.play.actions import EffortAxis
from benchgame_env.play.observation import Observer
from benchgame_env.rules import as_protocol
from benchgame_env.validate import Floats, choice, integer

REVISIONS = ("simultaneous", "alternating", "random")
Infos = dict[str, Any]


class VectorEnv:
    """``num_envs`` copies of the developer subgame, stepped together.

    Parameters
    ----------
    game: a `Game` or the name of one.
    protocol: a protocol, its name, or ``(name, parameters)``.
    num_envs: number of copies, >= 1.
    horizon: rounds in an episode, >= 1.
    revision: who may change its effort in a round; the others keep theirs. ``simultaneous``: all;
        ``alternating``: one, the worst quality first, then upwards, then again; ``random``: one,
        drawn uniformly for each copy.
    action_type, effort_levels, action_scale: see `EffortAxis`.
    auto_reset: whether the step that ends an episode also opens the next.
    copy: whether every call returns arrays of its own. If not, what it returns holds until the next
        call, which overwrites the observations and empties the infos (they are read-only): less memory.
    """

    def __init__(
        self,
        game: Game | str,
        protocol: Any,
        num_envs: int = 1,
        horizon: int = 32,
        revision: str = "simultaneous",
        action_type: str = "continuous",
        effort_levels: int = 41,
        action_scale: str = "linear",
        auto_reset: bool = True,
        copy: bool = True,
    ) -> None:
        self.game, self.protocol = as_game(game), as_protocol(protocol)
        self.num_envs = integer("num_envs", num_envs, low=1)
        self.horizon = integer("horizon", horizon, low=1)
        self.revision = choice("revision", revision, REVISIONS)
        self.axis = EffortAxis.of(self.game, action_type, effort_levels, action_scale)
        self.observer = Observer(self.game, self.protocol, self.axis)
        self.auto_reset, self.copy = auto_reset, copy
        self._shape = (self.num_envs, self.n_developers)
        self._nobody, self._everybody = _constant(self._shape, False), _constant(self._shape, True)
        self._seen: NDArray[np.float32] | None = None  # without copies: the observations and infos
        self._lent: Infos = {}  # that the last call returned
        self.round = self.horizon  # no episode is open before the first reset
        # Made at the first reset: copies pickled before it must not share a stream.
        self._rng: np.random.Generator | None = None
        self._position: Floats
        self._turn: NDArray[np.bool_]

    @property
    def n_developers(self) -> int:
        return self.game.n_developers

    def reset(self, seed: int | None = None) -> tuple[NDArray[np.float32], Infos]:
        """Open an episode at zero effort; without a seed the random stream goes on.

        Returns observations ``[num_envs, n, size]`` and infos, see `step`.
        """
        if seed is not None or self._rng is None:
            self._rng = np.random.default_rng(seed)
        self._lent.clear()
        self._open_episode()
        return self._observe(), self.infos()

    def step(
        self, actions: ArrayLike
    ) -> tuple[NDArray[np.float32], Floats, NDArray[np.bool_], NDArray[np.bool_], Infos]:
        """Play one round.

        Parameters
        ----------
        actions: ``[num_envs, n]`` or ``[num_envs, n, 1]``, finite; of developers whose turn it is not
            they are ignored.

        Returns
        -------
        observations ``[num_envs, n, size]``, rewards, terminations and truncations ``[num_envs, n]``,
        and infos: ``effort``, ``score``, ``rank``, ``prize``, ``cost``, ``payoff``, each
        ``[num_envs, n]``.
        """
        if self.round >= self.horizon:
            raise RuntimeError("no episode is open: call reset before step")
        asked = self.axis.position(self._checked(actions))
        self._lent.clear()
        if self.revision != "simultaneous":
            asked = np.where(self._turn, asked, self._position)
        self._position = asked
        self._publish(revised=self.turn)
        self.round += 1
        self._turn = self._next_turn()
        infos, over = self.infos(), self.round == self.horizon
        observations = self._observe()
        if over and self.auto_reset:
            infos["final_observation"] = observations
            self._open_episode()
            self._seen = None  # the final observation is the caller's for good
            observations = self._observe()
        never = np.zeros(self._shape, dtype=bool)
        ended = np.ones(self._shape, dtype=bool) if over else never.copy()
        rewards = infos["payoff"].copy() if self.copy else infos["payoff"]
        return observations, rewards, never, ended, infos

    def state(self) -> NDArray[np.float32]:
        """Global state ``[num_envs, n * size]`` for centralised critics, a new array."""
        self._started()
        return self.observer.state(self._board, self._position, self._turn, self._rounds_left)

    @property
    def turn(self) -> NDArray[np.bool_]:
        """Who may revise in the next step, ``[num_envs, n]``, read-only."""
        self._started()
        if self._turn.shape != self._shape:
            return np.broadcast_to(self._turn, self._shape)
        self._turn.flags.writeable = False
        return self._turn

    def _open_episode(self) -> None:
        self.round = 0
        self._position = np.zeros(self._shape)
        self._state = self.protocol.start(self.game, self._shape)
        self._publish(revised=self._nobody)
        self._turn = self._next_turn()

    def _publish(self, revised: NDArray[np.bool_]) -> None:
        self._efforts = self.axis.effort(self._position)
        self._board, self._state = self.protocol.play(
            self.game, self._efforts, self._state, self._rng, revised
        )
        self._costs = self.game.cost(self._efforts)

    def _next_turn(self) -> NDArray[np.bool_]:
        if self.revision == "simultaneous":
            return self._everybody
        n = self.n_developers
        who: Any = n - 1 - self.round % n
        if self.revision == "random":
            assert self._rng is not None
            who = self._rng.integers(n, size=(self.num_envs, 1))
        return np.arange(n) == who

    @property
    def _rounds_left(self) -> float:
        return (self.horizon - self.round) / self.horizon

    def _observe(self) -> NDArray[np.float32]:
        seen = self.observer.observe(
            self._board, self._position, self._turn, self._rounds_left, out=self._seen
        )
        if not self.copy:
            self._seen = seen
        return seen

    def infos(self) -> Infos:
        """The board and what everybody holds, see `step`."""
        self._started()
        scores, ranks, prizes = self._board
        held = {
            "effort": self._efforts,
            "score": scores,
            "rank": ranks,
            "prize": prizes,
            "cost": self._costs,
            "payoff": prizes - self._costs,
        }
        if self.copy:
            return {key: value.copy() for key, value in held.items()}
        self._lent = {key: _read_only(value) for key, value in held.items()}
        return self._lent

    def _checked(self, actions: ArrayLike) -> Floats:
        array = np.asarray(actions, dtype=np.float64)
        if array.shape != self._shape:
            if array.shape != (*self._shape, 1):
                raise ValueError(f"actions: expected shape {self._shape}, got {array.shape}")
            array = array.reshape(self._shape)
        if not np.isfinite(array).all():
            copy, developer = np.argwhere(~np.isfinite(array))[0]
            raise ValueError(
                f"actions: {array[copy, developer]} from developer {developer} of copy {copy}"
            )
        if self.axis.action_type == "discrete" and (array != np.rint(array)).any():
            copy, developer = np.argwhere(array != np.rint(array))[0]
            raise ValueError(
                f"actions: expected level numbers, got {array[copy, developer]} "
                f"from developer {developer} of copy {copy}"
            )
        return array

    def _started(self) -> None:
        if self._rng is None:
            raise RuntimeError("call reset first")


def _constant(shape: tuple[int, int], value: bool) -> NDArray[np.bool_]:
    return np.broadcast_to(np.array(value), shape)  # one number however large the shape, read-only


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    view = array.view()
    view.flags.writeable = False
    return view


def vector_env(game: Game | str, protocol: Any, num_envs: int = 1024, **settings: Any) -> VectorEnv:
    """``num_envs`` copies of the subgame on arrays; the settings are those of `VectorEnv`."""
    return VectorEnv(game, protocol, num_envs, **settings)
