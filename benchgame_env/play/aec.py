"""The environment in PettingZoo's agent-by-agent (AEC) form: only who is on turn is asked."""

from __future__ import annotations

from typing import Any

import pettingzoo
from pettingzoo.utils.conversions import parallel_to_aec, parallel_to_aec_wrapper
from pettingzoo.utils.wrappers import OrderEnforcingWrapper

from benchgame_env.game import Game
from benchgame_env.play.env import BenchGameEnv


class OneByOne(parallel_to_aec_wrapper):
    """A game in which one developer revises in a round: each step is a round, and only the mover acts.

    Everybody is paid in every round. As always in this form, ``last`` sums up what a developer was paid
    since its own last action.

    Parameters
    ----------
    parallel : BenchGameEnv
        The environment with revision ``alternating`` or ``random``.
    """

    def __init__(self, parallel: BenchGameEnv) -> None:
        super().__init__(parallel)
        self.truncations: dict[str, bool] = {}
        self.metadata["is_parallelizable"] = False  # a cycle does not ask everybody
        self._idle = dict.fromkeys(parallel.possible_agents, 0)  # in the place of actions without effect

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        super().reset(seed, options)
        self.agent_selection = self._mover()

    def step(self, action: Any) -> None:
        agent: str = self.agent_selection
        if self.truncations[agent]:
            self._was_dead_step(action)
            return
        outcome = self.env.step(self._idle | {agent: action})
        self._observations, self.rewards, self.terminations, self.truncations, self.infos = outcome
        self._cumulative_rewards[agent] = 0.0
        self._accumulate_rewards()
        if self.env.agents:
            self.agent_selection = self._mover()
        else:
            self._deads_step_first()

    def _mover(self) -> str:
        return self.possible_agents[int(self.env.vector.turn[0].argmax())]


def env(
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
) -> pettingzoo.AECEnv:
    """The environment in PettingZoo's agent-by-agent (AEC) form; the play is that of `BenchGameEnv`.

    With revision ``simultaneous`` all developers are asked one after the other, best quality first, and
    the round is played after the last. With ``alternating`` and ``random`` only the developer whose turn
    it is is asked. ``unwrapped`` is the parallel environment behind it.

    Parameters
    ----------
    game : Game or str
        The game, or the name of one.
    protocol : protocol, str or pair
        The protocol, its name, or ``(name, parameters)``.
    render_mode : str, optional
        What ``render`` does: ``human``, ``ansi`` or ``rgb_array``, see `BenchGameEnv`.
    horizon : int, optional
        Rounds in an episode, >= 1; default 32.
    max_cycles : int, optional
        PettingZoo's name of ``horizon``.
    revision : str
        Who may change its effort in a round: ``simultaneous``, ``alternating`` or ``random``.
    action_type : str
        ``continuous``: actions in [-1, 1]. ``discrete``: numbers of effort levels, 0 is no effort.
    effort_levels : int
        Number of discrete levels, >= 2.
    action_scale : str
        ``linear``: effort is proportional to the action. ``log``: equal steps of the action multiply it.

    Returns
    -------
    AECEnv
        The environment; `reset` it first.

    Raises
    ------
    ValueError
        Names the argument and its value, or the extra that is missing.

    Examples
    --------
    >>> import benchgame_env as bg
    >>> env = bg.env("three", "direct", revision="alternating", horizon=4)
    >>> env.reset(seed=0)
    >>> asked = []
    >>> for agent in env.agent_iter():
    ...     observation, reward, terminated, truncated, info = env.last()
    ...     asked.append(agent) if not truncated else None
    ...     env.step(None if truncated else [-1.0])
    >>> asked
    ['developer_2', 'developer_1', 'developer_0', 'developer_2']
    """
    parallel = BenchGameEnv(
        game,
        protocol,
        render_mode,
        horizon=horizon,
        max_cycles=max_cycles,
        revision=revision,
        action_type=action_type,
        effort_levels=effort_levels,
        action_scale=action_scale,
    )
    if revision == "simultaneous":
        return parallel_to_aec(parallel)
    return OrderEnforcingWrapper(OneByOne(parallel))
