"""The PettingZoo environment: a batch-of-one view of `benchgame_env.play.vector`."""

from __future__ import annotations

from typing import Any, ClassVar

import gymnasium
import numpy as np
import pettingzoo
from numpy.typing import NDArray
from pettingzoo.utils.conversions import parallel_to_aec

from benchgame_env.game import Game
from benchgame_env.play.actions import real_number
from benchgame_env.play.vector import VectorEnv
from benchgame_env.rules.registry import announce_to, parameter_names
from benchgame_env.validate import choice

RENDER_MODES = ("human", "ansi")
# The keys of infos that hold one number per developer.
NUMBERS = ("effort", "score", "rank", "prize", "cost", "payoff")


class BenchGameEnv(pettingzoo.ParallelEnv):
    """The developer subgame of a leaderboard as a PettingZoo parallel environment.

    Developers hold an effort, revise it in turn or together, see the published board, and are paid
    their prize minus the cost of the effort they hold, every round.

    ====================  ===================================================================
    creation              ``benchgame_env.parallel_env(game="duel", protocol="direct")``, or
                          ``pettingzoo.make("parallel", "benchgame/direct-v0", game="duel")``
    agents                ``developer_0`` (best latent quality) to ``developer_{n-1}``
    action shape, values  ``Box(-1, 1, (1,))``, -1 is no effort; or ``Discrete(levels)``
    observation           flat float32 ``Box``, see `benchgame_env.play.observation.ObservationLayout`
    reward                payoff of the round: prize minus cost, prize units
    end of episode        truncation of all developers after ``horizon`` rounds
    infos                 effort, score, rank, prize, cost, payoff; numbers
    ====================  ===================================================================

    Finite continuous actions are clipped to [-1, 1]. An action that is not one real number or no level,
    a missing or an unknown agent is a ValueError that names the agent, and nothing is played.

    Version history: v0, first release.

    Parameters
    ----------
    game : Game or str
        The game, or the name of one.
    protocol : protocol, str or pair
        The protocol, its name, or ``(name, parameters)``.
    render_mode : str, optional
        ``"human"``: `render` prints the board. ``"ansi"``: `render` returns it.
    **settings
        ``horizon``, ``revision``, ``action_type``, ``effort_levels`` and ``action_scale`` of
        `benchgame_env.play.vector.VectorEnv`.
    """

    metadata: ClassVar[dict[str, Any]] = {
        "name": "benchgame_v0",
        "render_modes": list(RENDER_MODES),
        "is_parallelizable": True,
        "render_fps": 1,
    }

    def __init__(
        self,
        game: Game | str = "duel",
        protocol: Any = "direct",
        render_mode: str | None = None,
        **settings: Any,
    ) -> None:
        self._vec = VectorEnv(game, protocol, num_envs=1, auto_reset=False, **settings)
        if render_mode is not None:
            choice("render_mode", render_mode, RENDER_MODES)
        self.render_mode = render_mode
        n = self._vec.n_developers
        self.possible_agents = [f"developer_{i}" for i in range(n)]
        self.agents = list(self.possible_agents)
        low, high = self._vec.observer.layout.bounds()
        self.observation_spaces = {
            agent: gymnasium.spaces.Box(low, high, dtype=np.float32) for agent in self.agents
        }
        self.action_spaces = {agent: self._action_space() for agent in self.agents}
        self.state_space = gymnasium.spaces.Box(np.tile(low, n), np.tile(high, n), dtype=np.float32)

    def _action_space(self) -> gymnasium.Space:
        axis = self._vec.axis
        if axis.action_type == "discrete":
            return gymnasium.spaces.Discrete(axis.levels)
        return gymnasium.spaces.Box(-1.0, 1.0, (1,), dtype=np.float32)

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
        joint = self._joint(actions)
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
        """What a centralised critic may see: all observations, ``[n * size]``."""
        return self._vec.state()[0]

    def render(self) -> str | None:
        if self.render_mode is None:
            gymnasium.logger.warn("render() does nothing: no render_mode was given")
            return None
        text = _board_text(self._vec)
        if self.render_mode == "ansi":
            return text
        print(text)
        return None

    def close(self) -> None:
        pass

    def _joint(self, actions: dict[str, Any]) -> NDArray[np.float64]:
        """Actions by agent name to ``[1, n]``, whatever order, shape or dtype they came in."""
        for agent in actions:
            if agent not in self.agents:
                raise ValueError(
                    f"action for {agent!r}; live agents: {', '.join(self.agents) or 'none'}"
                )
        for agent in self.agents:
            if agent not in actions:
                raise ValueError(f"no action for {agent!r}")
        joint = np.array([[real_number(f"action of {a!r}", actions[a]) for a in self.agents]])
        self._vec.axis.check(joint, lambda at: f"action of {self.agents[at[1]]!r}")
        return joint

    def _by_agent(self, observations: NDArray[np.float32]) -> dict[str, Any]:
        return dict(zip(self.possible_agents, observations[0], strict=True))

    def _split(self, infos: dict[str, Any]) -> dict[str, Any]:
        columns = {key: infos[key][0].tolist() for key in NUMBERS}
        return {
            agent: {key: column[i] for key, column in columns.items()}
            for i, agent in enumerate(self.possible_agents)
        }


def parallel_env(game: Game | str = "duel", protocol: Any = "direct", **settings: Any) -> BenchGameEnv:
    """The environment; arguments are those of `BenchGameEnv`.

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
    return BenchGameEnv(game, protocol, **settings)


def env(game: Game | str = "duel", protocol: Any = "direct", **settings: Any) -> pettingzoo.AECEnv:
    """The same environment in PettingZoo's agent-by-agent (AEC) form."""
    return parallel_to_aec(BenchGameEnv(game, protocol, **settings))


def _board_text(vec: VectorEnv) -> str:
    """The leaderboard of the only copy, best rank first."""
    infos = {key: value[0] for key, value in vec.infos().items()}
    lines = [
        f"round {vec.round}/{vec.horizon}",
        f"{'rank':>4}  {'model':<24}{'score':>8}{'effort':>12}{'payoff':>10}",
    ]
    for i in np.argsort(infos["rank"], kind="stable"):
        lines.append(
            f"{infos['rank'][i]:>4}  {vec.game.names[i]:<24}{infos['score'][i]:>8.3f}"
            f"{infos['effort'][i]:>12.5g}{infos['payoff'][i]:>10.4f}"
        )
    return "\n".join(lines)


def _make(protocol: Any, **settings: Any) -> BenchGameEnv:
    """`parallel_env` for ``pettingzoo.make``, which takes parameters of the protocol as well."""
    if not isinstance(protocol, str):
        return parallel_env(protocol=protocol, **settings)
    parameters = {key: settings.pop(key) for key in parameter_names(protocol) if key in settings}
    return parallel_env(protocol=(protocol, parameters), **settings)


def _register(name: str) -> None:
    """Let ``pettingzoo.make("parallel", "benchgame/<protocol>-v0")`` find a protocol, where PettingZoo
    has a registry (1.27 on). The protocol itself is looked up when the environment is made."""
    if f"benchgame/{name}-v0" not in pettingzoo.parallel_registry:
        pettingzoo.register("parallel", f"benchgame/{name}-v0", _make, kwargs={"protocol": name})


if hasattr(pettingzoo, "register"):
    announce_to(_register)
