"""Many repeated subgames at once: episodes of `benchgame_env.play.dynamics`, on arrays.

`benchgame_env.play.env` shows a batch of one as a PettingZoo environment; there is no second copy of the
rules. How an episode ends:

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

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchgame_env.game import Game
from benchgame_env.named_games import as_game
from benchgame_env.play import spaces
from benchgame_env.play.actions import EffortAxis, by_task, public, real_numbers
from benchgame_env.play.dynamics import REVISIONS, Rules, State, advance, opening
from benchgame_env.play.global_state import StateWriter
from benchgame_env.play.observation import Observer
from benchgame_env.play.parts import Seen
from benchgame_env.play.recycled import Shelf
from benchgame_env.rules import as_protocol, is_exact
from benchgame_env.validate import Floats, choice, integer

Infos = dict[str, Any]
Step = tuple[NDArray[np.float32], Floats, NDArray[np.bool_], NDArray[np.bool_], Infos]

HORIZON = 32  # rounds in an episode where nobody says


def rounds_of(horizon: int | None, max_cycles: int | None) -> int:
    """Rounds in an episode, which PettingZoo calls ``max_cycles``; ValueError where they contradict."""
    if None not in (horizon, max_cycles) and horizon != max_cycles:
        raise ValueError(
            f"horizon, max_cycles: two names of one number, got {horizon!r} and {max_cycles!r}"
        )
    if max_cycles is not None:
        return integer("max_cycles", max_cycles, low=1)
    return HORIZON if horizon is None else integer("horizon", horizon, low=1)


class VectorEnv:
    """``num_envs`` copies of the developer subgame on arrays, stepped together.

    `vector_env` is this class.

    Parameters
    ----------
    game : Game or str
        The game, or the name of one.
    protocol : protocol, str or pair
        The protocol, its name, or ``(name, parameters)``.
    num_envs : int
        Number of copies, >= 1.
    horizon : int, optional
        Rounds in an episode, >= 1; default 32.
    revision : str
        Who may change its effort in a round; the others keep theirs. ``simultaneous``: all.
        ``alternating``: one, the worst quality first, then upwards, then again. ``random``: one, drawn
        uniformly for each copy.
    action_type : str
        ``continuous`` or ``discrete``, see `EffortAxis`.
    effort_levels : int
        Number of discrete levels, >= 2.
    action_scale : str
        ``linear`` or ``log``, see `EffortAxis`.
    auto_reset : bool
        Whether the step that ends an episode also opens the next.
    copy : bool
        Whether what a call returns stays as it is for as long as you keep it, or a part or view of it.
        Memory is used again once it is let go. A loop that lets the observations go before it steps
        (``del observations`` once the actions are known) fills one array of them; a loop that holds the
        last ones while it steps fills two in turn; each one more where an episode ends with auto-reset.
        If not, what a call returns holds until the next call, which overwrites the observations and
        empties the infos (they are read-only): one array, and no copies of the infos.
    max_cycles : int, optional
        PettingZoo's name of ``horizon``.

    Raises
    ------
    ValueError
        Names the argument and its value.

    Examples
    --------
    >>> import benchgame_env as bg
    >>> vec = bg.vector_env("three", "direct", num_envs=2, horizon=5)
    >>> observations, infos = vec.reset(seed=0)
    >>> observations.shape[:2], infos["rank"].tolist()
    ((2, 3), [[1, 2, 3], [1, 2, 3]])
    """

    def __init__(
        self,
        game: Game | str,
        protocol: Any,
        num_envs: int = 1024,
        horizon: int | None = None,
        revision: str = "simultaneous",
        action_type: str = "continuous",
        effort_levels: int = 41,
        action_scale: str = "linear",
        auto_reset: bool = True,
        copy: bool = True,
        *,
        max_cycles: int | None = None,
    ) -> None:
        self.game, self.protocol = as_game(game), as_protocol(protocol)
        self.num_envs = integer("num_envs", num_envs, low=1)
        self.horizon = rounds_of(horizon, max_cycles)
        self.revision = choice("revision", revision, REVISIONS)
        self.axis = EffortAxis.of(self.game, action_type, effort_levels, action_scale)
        self.observer = Observer(self.game, self.protocol, self.axis)
        most = np.iinfo(np.intp).max // self.observer.bytes_per_copy
        if self.num_envs > most:
            raise ValueError(f"num_envs: must be <= {most}, got {self.num_envs}")
        self.auto_reset, self.copy = auto_reset, copy
        by_task_axis = self.axis.by_task(self.game.n_tasks)
        self._rules = Rules(self.game, self.protocol, by_task_axis, self.revision)
        self._shape = (self.num_envs, self.n_developers)
        self._seen: NDArray[np.float32] | None = None  # without copies: the observations and infos
        self._lent: Infos = {}  # that the last call returned
        self._shelf = Shelf((*self._shape, self.observer.layout.size), np.float32)
        self._state: State | None = None  # no episode is open before the first reset
        self._opening: State | None = None  # where nothing is drawn, episodes open alike
        # Made at the first reset: copies pickled before it must not share a stream.
        self._rng: np.random.Generator | None = None

    @property
    def n_developers(self) -> int:
        """Number of developers."""
        return self.game.n_developers

    @cached_property
    def single_observation_space(self) -> spaces.Box:
        """The space of what one developer sees in one copy."""
        return spaces.box(self.observer.layout)

    @cached_property
    def single_action_space(self) -> spaces.Space:
        """The space of one developer's action in one copy."""
        return spaces.of_action(self.axis)

    @cached_property
    def single_state_space(self) -> spaces.Box:
        """The space of the global state of one copy."""
        return spaces.box(self._state_writer.layout)

    @property
    def observation_parts(self) -> dict[str, slice]:
        """Where each part of an observation lies, see `ObservationLayout`."""
        return dict(self.observer.layout.parts)

    @property
    def state_parts(self) -> dict[str, slice]:
        """Where each part of the global state lies, see `StateLayout`."""
        return dict(self._state_writer.layout.parts)

    @cached_property
    def _state_writer(self) -> StateWriter:
        return StateWriter(self.observer.setting, self.observer.layout.bounded_scores)

    @property
    def round(self) -> int:
        """Rounds played in this episode; ``horizon`` where none is open."""
        return self.horizon if self._state is None else self._state.round

    def reset(self, seed: int | None = None) -> tuple[NDArray[np.float32], Infos]:
        """Open an episode at zero effort.

        Parameters
        ----------
        seed : int, optional
            Starts the random stream over, >= 0; without one the stream goes on.

        Returns
        -------
        observations : array of float32
            ``[num_envs, n, size]``.
        infos : dict
            See `step`.

        Raises
        ------
        ValueError
            The seed is no whole number >= 0.
        """
        if seed is not None or self._rng is None:
            self._rng = np.random.default_rng(seed if seed is None else integer("seed", seed, low=0))
        self._lent.clear()
        self._state = self._opened(self._rng)
        return self._observe(), self.infos()

    def step(self, actions: ArrayLike) -> Step:
        """Play one round.

        Parameters
        ----------
        actions : array_like of float
            ``[num_envs, n]`` or ``[num_envs, n, 1]``; of developers whose turn it is not they are
            ignored. Finite continuous actions are clipped to [-1, 1]; discrete ones must be levels.

        Returns
        -------
        observations : array of float32
            ``[num_envs, n, size]``.
        rewards : array of float
            ``[num_envs, n]``, prize units.
        terminations, truncations : array of bool
            ``[num_envs, n]``.
        infos : dict
            ``effort``, ``score``, ``rank``, ``prize``, ``cost``, ``payoff`` and ``turn``, each
            ``[num_envs, n]``. ``turn`` says whose action took effect in this round, as bool: nobody's
            after `reset`.

        Raises
        ------
        ValueError
            An action that names no effort, with its developer and copy; nothing is played.
        RuntimeError
            No episode is open.
        """
        return self.advance(self._checked(actions))

    def advance(self, actions: Floats) -> Step:
        """As `step`, for actions ``[num_envs, n]`` that have been checked."""
        state = self._state
        if self._rng is None or state is None or state.round >= self.horizon:
            raise RuntimeError("no episode is open: call reset before step")
        asked = by_task(self.axis.position(actions), self.game.n_tasks)
        self._lent.clear()
        self._state = state = advance(self._rules, state, asked, self._rng)
        infos, over = self.infos(), state.round == self.horizon
        observations = self._observe()
        if over and self.auto_reset:
            infos["final_observation"] = observations
            self._state = self._opened(self._rng)
            self._seen = None  # the final observation is the caller's for good
            observations = self._observe()
        never = np.zeros(self._shape, dtype=bool)
        ended = np.ones(self._shape, dtype=bool) if over else never.copy()
        rewards = infos["payoff"].copy() if self.copy else infos["payoff"]
        return observations, rewards, never, ended, infos

    def state(self) -> NDArray[np.float32]:
        """Global state ``[num_envs, size]`` for centralised critics, see `StateLayout`; a new array.

        With auto-reset, after the step that ends an episode it is that of the next one.
        """
        return self._state_writer.write(self._to_see())

    @property
    def turn(self) -> NDArray[np.bool_]:
        """Who may revise in the next step, ``[num_envs, n]``, read-only."""
        return _read_only(self._started().turn)

    def infos(self) -> Infos:
        """The board and what everybody holds, see `step`."""
        state = self._started()
        scores, ranks, prizes = state.board
        held: Infos = {
            "effort": public(state.effort),
            "score": scores,
            "rank": ranks,
            "prize": prizes,
            "cost": state.cost,
        }
        payoff = prizes - state.cost
        if self.copy:
            copies = {key: value.copy() for key, value in held.items()}
            return copies | {"payoff": payoff, "turn": state.revised.copy()}
        held = held | {"payoff": payoff, "turn": state.revised}
        self._lent = {key: _read_only(value) for key, value in held.items()}
        return self._lent

    def _opened(self, rng: np.random.Generator) -> State:
        if self._opening is not None:
            return self._opening
        state = opening(self._rules, self._shape, rng)
        if is_exact(self.protocol) and self.revision != "random":
            self._opening = state
        return state

    def _to_see(self) -> Seen:
        state = self._started()
        left = (self.horizon - state.round) / self.horizon
        return Seen(state.position, state.board.scores, state.board.ranks, state.turn, left)

    def _observe(self) -> NDArray[np.float32]:
        if self.copy:
            return self.observer.observe(self._to_see(), out=self._shelf.take())
        self._seen = self.observer.observe(self._to_see(), out=self._seen)
        return self._seen

    def _checked(self, actions: ArrayLike) -> Floats:
        array = real_numbers("actions", actions)
        if array.shape != self._shape:
            if array.shape != (*self._shape, 1):
                raise ValueError(f"actions: expected shape {self._shape}, got {array.shape}")
            array = array.reshape(self._shape)
        self.axis.check(array, lambda at: f"actions: developer {at[1]} of copy {at[0]}")
        return array

    def _started(self) -> State:
        if self._state is None:
            raise RuntimeError("call reset first")
        return self._state


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    view = array.view()
    view.flags.writeable = False
    return view


vector_env = VectorEnv
