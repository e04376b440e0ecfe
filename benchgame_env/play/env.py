"""The PettingZoo environment: a batch-of-one view of `benchgame_env.play.vector`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import gymnasium
import numpy as np
import pettingzoo
from numpy.typing import NDArray

from benchgame_env.game import Game
from benchgame_env.play import render, spaces
from benchgame_env.play.actions import EffortAxis, real_number
from benchgame_env.play.vector import VectorEnv, rounds_of
from benchgame_env.validate import choice

VERSION = 1  # raised when the same seed would give other numbers; the history is in `BenchGameEnv`
RENDER_MODES = ("human", "ansi", "rgb_array")
# The keys of infos that hold one number per developer.
NUMBERS = ("effort", "score", "rank", "prize", "cost", "payoff")


class BenchGameEnv(pettingzoo.ParallelEnv):
    """The developer subgame of a leaderboard as a PettingZoo parallel environment.

    Developers hold an effort, revise it in turn or together, see the published board, and are paid
    their prize minus the cost of the effort they hold, every round. `parallel_env` is this class.

    ====================  ===================================================================
    creation              ``benchgame_env.parallel_env(game="duel", protocol="direct")``, or
                          ``pettingzoo.make("parallel", "benchgame/direct-v1", game="duel")``;
                          agent by agent: `benchgame_env.env`, or ``pettingzoo.make("aec", ...)``
    agents                ``developer_0`` (best latent quality) to ``developer_{n-1}``
    action shape, values  ``Box(-1, 1, (1,))``, -1 is no effort; or ``Discrete(levels)``
    observation           flat float32 ``Box``, see `benchgame_env.play.observation.ObservationLayout`
    state                 flat float32 ``Box``, see `benchgame_env.play.global_state.StateLayout`
    reward                payoff of the round: prize minus cost, prize units
    end of episode        truncation of all developers after ``horizon`` rounds
    infos                 effort, score, rank, prize, cost, payoff, turn; numbers
    ====================  ===================================================================

    ``infos`` tell of the round that was played. Their ``turn`` is 1.0 if this developer's action took
    effect in it and 0.0 if not, and 0.0 after `reset`: before the first round nobody has acted. Who may
    revise *next* is the part ``turn`` of observations and of the state.

    Finite continuous actions are clipped to [-1, 1]. An action that is not one real number or no level,
    a missing or an unknown agent is a ValueError that names the agent, and nothing is played.

    Version history:

    * v1: ``infos`` have ``turn``; `state` says each thing once (it was all observations in a row).
      Observations, rewards and the play of a seed are those of v0.
    * v0: first release.

    Parameters
    ----------
    game : Game or str
        The game, or the name of one.
    protocol : protocol, str or pair
        The protocol, its name, or ``(name, parameters)``.
    render_mode : str, optional
        What `render` does. ``human``: print the board. ``ansi``: return it as text. ``rgb_array``:
        return a picture of it, uint8 ``[height, width, 3]`` (extra ``plot``).
    horizon : int, optional
        Rounds in an episode, >= 1; default 32.
    max_cycles : int, optional
        PettingZoo's name of ``horizon``.
    revision : str
        Who may change its effort in a round; the others keep theirs. ``simultaneous``: all.
        ``alternating``: one, the worst quality first, then upwards, then again. ``random``: one, drawn
        uniformly.
    action_type : str
        ``continuous``: actions in [-1, 1]. ``discrete``: numbers of effort levels, 0 is no effort.
    effort_levels : int
        Number of discrete levels, >= 2.
    action_scale : str
        ``linear``: effort is proportional to the action. ``log``: equal steps of the action multiply it.

    Raises
    ------
    ValueError
        Names the argument and its value, or the extra that is missing.

    Examples
    --------
    >>> import benchgame_env as bg
    >>> env = bg.parallel_env("duel", "direct", horizon=2)
    >>> observations, infos = env.reset(seed=0)
    >>> actions = {agent: [1.0] for agent in env.agents}  # all spend the largest effort
    >>> observations, rewards, terminations, truncations, infos = env.step(actions)
    >>> [infos[agent]["rank"] for agent in env.agents]  # the order stays as it was
    [1, 2]
    """

    metadata: ClassVar[dict[str, Any]] = {
        "name": f"benchgame_v{VERSION}",
        "render_modes": list(RENDER_MODES),
        "is_parallelizable": True,
        "render_fps": 1,
    }

    def __init__(
        self,
        game: Game | str = "duel",
        protocol: Any = "direct",
        render_mode: str | None = None,
        *,
        horizon: int | None = None,
        max_cycles: int | None = None,
        revision: str = "simultaneous",
        action_type: str = "continuous",
        effort_levels: int = 41,
        action_scale: str = "linear",
    ) -> None:
        rounds = rounds_of(horizon, max_cycles)
        kind = revision, action_type, effort_levels, action_scale
        self._vec = VectorEnv(game, protocol, 1, rounds, *kind, auto_reset=False)
        if render_mode is not None:
            choice("render_mode", render_mode, RENDER_MODES)
        if render_mode == "rgb_array":
            render.need_matplotlib()
        self.render_mode = render_mode
        self.possible_agents = [f"developer_{i}" for i in range(self._vec.n_developers)]
        self.agents = list(self.possible_agents)
        seen = self._vec.observer.layout
        self.observation_spaces = {agent: spaces.box(seen) for agent in self.agents}
        self.action_spaces = {agent: spaces.of_action(self._vec.axis) for agent in self.agents}
        self.state_space = self._vec.single_state_space

    @property
    def game(self) -> Game:
        """The game that is played."""
        return self._vec.game

    @property
    def protocol(self) -> Any:
        """The protocol that ranks the developers."""
        return self._vec.protocol

    @property
    def vector(self) -> VectorEnv:
        """The batch of one behind this environment."""
        return self._vec

    @property
    def observation_parts(self) -> dict[str, slice]:
        """Where each part of an observation lies, by its name."""
        return self._vec.observation_parts

    @property
    def state_parts(self) -> dict[str, slice]:
        """Where each part of the state lies, by its name."""
        return self._vec.state_parts

    def observation_space(self, agent: str) -> gymnasium.Space:
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> gymnasium.Space:
        return self.action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Open an episode at zero effort. Without a seed the random stream goes on; options are
        ignored."""
        observations, infos = self._vec.reset(seed)
        self.agents = list(self.possible_agents)
        return self._by_agent(observations), self._split(infos)

    def step(self, actions: dict[str, Any]) -> tuple[dict[str, Any], ...]:
        """Play one round; every live agent acts, those whose turn it is not are ignored."""
        joint = joint_actions(actions, self.agents, self._vec.axis)
        if not self.agents:
            return {}, {}, {}, {}, {}
        observations, rewards, _, ended, infos = self._vec.advance(joint)
        agents, over = self.agents, bool(ended[0, 0])
        if over:
            self.agents = []
        return (
            self._by_agent(observations),
            dict(zip(agents, rewards[0].tolist(), strict=True)),
            dict.fromkeys(agents, False),
            dict.fromkeys(agents, over),
            self._split(infos),
        )

    def state(self) -> NDArray[np.float32]:
        """What a centralised critic may see, ``[size]``: all that observations show, each thing once. A
        new array, also after the last step."""
        return self._vec.state()[0]

    def render(self) -> str | NDArray[np.uint8] | None:
        if self.render_mode is None:
            gymnasium.logger.warn("render() does nothing: no render_mode was given")
            return None
        if self.render_mode == "rgb_array":
            return render.board_picture(self._vec)
        text = render.board_text(self._vec)
        if self.render_mode == "ansi":
            return text
        print(text)
        return None

    def close(self) -> None:
        pass

    def _by_agent(self, observations: NDArray[np.float32]) -> dict[str, Any]:
        return dict(zip(self.possible_agents, observations[0], strict=True))

    def _split(self, infos: dict[str, Any]) -> dict[str, Any]:
        columns = {key: infos[key][0].tolist() for key in NUMBERS}
        columns["turn"] = infos["turn"][0].astype(float).tolist()
        return {
            agent: {key: column[i] for key, column in columns.items()}
            for i, agent in enumerate(self.possible_agents)
        }


parallel_env = BenchGameEnv


def check_agents(actions: Mapping[str, Any], live: Sequence[str]) -> None:
    """ValueError that names an agent of ``actions`` that is not ``live``, or of whom no action came."""
    for agent in actions:
        if agent not in live:
            raise ValueError(f"action for {agent!r}; live agents: {', '.join(live) or 'none'}")
    for agent in live:
        if agent not in actions:
            raise ValueError(f"no action for {agent!r}")


def joint_actions(
    actions: Mapping[str, Any], developers: Sequence[str], axis: EffortAxis
) -> NDArray[np.float64]:
    """Actions by name of the developer to ``[1, n]``, whatever order, shape or dtype they came in.

    ValueError that names the agent where one is missing, unknown or no effort.
    """
    check_agents(actions, developers)
    joint = np.array([[real_number(f"action of {a!r}", actions[a]) for a in developers]])
    axis.check(joint, lambda at: f"action of {developers[at[1]]!r}")
    return joint
