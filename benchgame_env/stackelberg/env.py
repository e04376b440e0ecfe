"""The whole Stackelberg game as a PettingZoo parallel environment."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any, ClassVar

import gymnasium
import numpy as np
import pettingzoo
from gymnasium.spaces import Discrete
from numpy.typing import ArrayLike, NDArray

from benchgame_env.game import Game
from benchgame_env.metrics import Outcomes, played_outcomes
from benchgame_env.named_games import as_game
from benchgame_env.play.env import RENDER_MODES, BenchGameEnv, check_agents, joint_actions
from benchgame_env.stackelberg.parts import Announcement, View
from benchgame_env.stackelberg.settings import FAMILIES, LEVELS, read_setting, settings_of
from benchgame_env.theory.design.loss import DesignLoss
from benchgame_env.validate import integer

VERSION = 0  # raised when the same seed would give other numbers; the history is in `StackelbergEnv`
DESIGNER = "designer"
ANNOUNCEMENTS, REVISE_EVERY = 8, 16


class StackelbergEnv(pettingzoo.ParallelEnv):
    """The whole leaderboard game: a designer announces a rule, developers play under it, and again.

    A step in which the designer is on turn is an announcement: the designer's action is the number of a
    setting, a new board opens under that rule at zero effort, nothing is played, and nobody is paid. In
    each of the ``revise_every`` steps after it the developers play one round of their subgame (see
    `BenchGameEnv`), of which the designer bears the loss. Everybody acts in every step; who is not on
    turn has its action checked, then ignored. `stackelberg_env` is this class.

    ====================  ===================================================================
    creation              ``benchgame_env.stackelberg_env("law-duel", revise_every=16)``, or
                          ``pettingzoo.make("parallel", "benchgame/stackelberg-v0")``
    agents                ``designer``, then ``developer_0`` (best latent quality) to
                          ``developer_{n-1}``
    action shape, values  ``designer``: ``Discrete(settings)``; developers as in the subgame:
                          ``Box(-1, 1, (1,))``, -1 is no effort, or ``Discrete(levels)``
    observation           flat float32 ``Box``, see below; ``observation_parts[agent]``
    state                 flat float32 ``Box``; ``state_parts``
    reward                ``designer``: minus the loss of the round; developers: prize minus cost;
                          0.0 for all in an announcement
    end of episode        truncation of all after the last round of the last announcement:
                          ``announcements * (revise_every + 1)`` steps
    infos                 ``designer``: setting, loss, tau, burnt, turn; developers: effort, score,
                          rank, prize, cost, payoff, turn; numbers
    ====================  ===================================================================

    Spaces are **not** identical for all agents: those of the designer are of another shape. Libraries
    that share one policy among all agents can share it among the developers.

    A developer observes what it observes in the subgame, but for the part ``published``, whose length
    depends on the rule. All agents, and the state, have in its place these parts:

    ==================  ==========  ==========================================================  ========
    part                length      meaning                                                     range
    ==================  ==========  ==========================================================  ========
    announced           settings    the setting in force, one-hot                               0 or 1
    parameters          parameters  of that rule, in alphabetical order, as sign(p)             [-71, 71]
                                    log(1 + abs(p)) / 10; 0 for those it does not have
    designer_turn       1           whether the next step is an announcement                    0 or 1
    announcements_left  1           share of announcements still to come                        [0, 1]
    ==================  ==========  ==========================================================  ========

    While the designer is on turn, ``turn`` and ``rounds_left`` are 0. The designer also sees
    ``board_scores`` and ``board_ranks``, but no efforts: what was burnt is in its reward. Before the
    first announcement setting 0 is in force, and nothing is played under it.

    ``infos`` tell of the board that is up, and ``turn`` is 1.0 if the agent's action took effect in this
    step. Finite continuous actions are clipped to [-1, 1]. An action that is no effort or no setting, a
    missing or an unknown agent is a ValueError that names the agent, and nothing is played.

    Version history:

    * v0: first release.

    Parameters
    ----------
    game : Game or str
        The game, or the name of one.
    families, levels, max_level
        What can be announced, see `benchgame_env.stackelberg.settings.settings_of`.
    render_mode : str, optional
        As for `BenchGameEnv`: shows the board in force.
    loss : DesignLoss or mapping, optional
        What a designer weighs, see `DesignLoss.of`; default: ``tau`` and ``burnt``, 1.0 each.
    price : float, optional
        Of one effort unit of tuning for one model, see `DesignLoss`; default: that of ``loss``, or 0.
    announcements : int
        Announcements in an episode, >= 1.
    revise_every : int
        Rounds that developers play after each, >= 1.
    revision, action_type, effort_levels, action_scale
        As for `BenchGameEnv`.

    Raises
    ------
    ValueError
        Names the argument and its value, or the extra that is missing.

    Examples
    --------
    >>> import benchgame_env as bg
    >>> env = bg.stackelberg_env("law-duel", levels=[0.0, 3.0], price=0.1, revise_every=1)
    >>> observations, infos = env.reset(seed=0)
    >>> idle = {"designer": 1, "developer_0": [-1.0], "developer_1": [-1.0]}  # -1 is no effort
    >>> _, rewards, *_ = env.step(idle)  # the designer announces a level of 3
    >>> _, rewards, *_ = env.step(idle)  # a round: nothing but 0.1 * 2 models * 3 is lost
    >>> {agent: round(reward, 12) for agent, reward in rewards.items()}
    {'designer': -0.6, 'developer_0': 2.0, 'developer_1': 0.0}
    """

    metadata: ClassVar[dict[str, Any]] = {
        "name": f"benchgame_stackelberg_v{VERSION}",
        "render_modes": list(RENDER_MODES),
        "is_parallelizable": True,
        "render_fps": 1,
    }

    def __init__(
        self,
        game: Game | str = "law-duel",
        families: Iterable[Any] = FAMILIES,
        render_mode: str | None = None,
        *,
        levels: int | ArrayLike = LEVELS,
        max_level: float | None = None,
        loss: Any = None,
        price: float | None = None,
        announcements: int = ANNOUNCEMENTS,
        revise_every: int = REVISE_EVERY,
        revision: str = "simultaneous",
        action_type: str = "continuous",
        effort_levels: int = 41,
        action_scale: str = "linear",
    ) -> None:
        self.game, self.render_mode = as_game(game), render_mode
        self.settings = settings_of(self.game, families, levels, max_level)
        self.loss = DesignLoss.of(loss, price)
        self.announcements = integer("announcements", announcements, low=1)
        subgame = partial(
            BenchGameEnv,
            self.game,
            render_mode=render_mode,
            horizon=integer("revise_every", revise_every, low=1),
            revision=revision,
            action_type=action_type,
            effort_levels=effort_levels,
            action_scale=action_scale,
        )
        self._subgames = [subgame(rule) for rule in self.settings]
        self._told = Announcement(self._subgames)
        self._setting, self._made, self._is_turn = 0, 0, True  # made: announcements in this episode
        self._acted = False  # whether the designer's last action took effect
        self.developers = list(self._subgames[0].possible_agents)
        self.possible_agents = [DESIGNER, *self.developers]
        self.agents = list(self.possible_agents)
        first = self._subgames[0]
        self.observation_spaces = {a: self._view(a).space for a in self.possible_agents}
        self.action_spaces = {DESIGNER: Discrete(len(self.settings)), **first.action_spaces}
        self.state_space = self._told.state.space

    @property
    def subgame(self) -> BenchGameEnv:
        """The developer subgame under the rule in force."""
        return self._subgames[self._setting]

    @property
    def observation_parts(self) -> dict[str, dict[str, slice]]:
        """Where each part of an agent's observation lies, by agent and name."""
        return {agent: dict(self._view(agent).parts) for agent in self.possible_agents}

    @property
    def state_parts(self) -> dict[str, slice]:
        """Where each part of the state lies, by its name."""
        return dict(self._told.state.parts)

    def observation_space(self, agent: str) -> gymnasium.Space:
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> gymnasium.Space:
        return self.action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Open an episode; the designer is on turn. Without a seed the random streams go on; options are
        ignored."""
        for k, subgame in enumerate(self._subgames if seed is not None else ()):
            subgame.reset(own_seed(integer("seed", seed, low=0), k))
        self.agents, self._made = list(self.possible_agents), 0
        observations, infos = self._open(0)
        self._is_turn, self._acted = True, False
        return self._seen(observations), self._infos(infos)

    def step(self, actions: dict[str, Any]) -> tuple[dict[str, Any], ...]:
        """An announcement, or a round; every live agent acts, those who are not on turn are ignored."""
        setting, efforts = self._checked(actions)
        if not self.agents:
            return {}, {}, {}, {}, {}
        agents, self._acted = self.agents, self._is_turn
        rewards = dict.fromkeys(agents, 0.0)
        if self._acted:
            self._made += 1
            observations, infos = self._open(setting)
            self._is_turn = over = False
        else:
            observations, paid, _, ended, infos = self.subgame.step(efforts)
            rewards = {DESIGNER: -self._loss()["loss"], **paid}
            self._is_turn = all(ended.values())
            over = self._is_turn and self._made == self.announcements
        if over:
            self.agents = []
        flags = dict.fromkeys(agents, False), dict.fromkeys(agents, over)
        return self._seen(observations), rewards, *flags, self._infos(infos)

    def state(self) -> NDArray[np.float32]:
        """What a centralised critic may see, ``[size]``; a new array, also after the last step."""
        return self._told.state.write(self.subgame.state(), self._now(), self._setting)

    def render(self) -> str | NDArray[np.uint8] | None:
        if self.render_mode == "human":
            print(f"under {self.settings[self._setting]}")
        shown = self.subgame.render()
        return f"under {self.settings[self._setting]}\n{shown}" if isinstance(shown, str) else shown

    def close(self) -> None:
        pass

    def _open(self, setting: int) -> tuple[dict[str, Any], dict[str, Any]]:
        self._setting = setting
        return self.subgame.reset()

    def _checked(self, actions: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """The designer's setting and the developers' actions, all of which mean something."""
        check_agents(actions, self.agents)
        if not self.agents:
            return 0, {}
        efforts = {agent: actions[agent] for agent in self.developers}
        joint_actions(efforts, self.developers, self.subgame.vector.axis)
        field = f"action of {DESIGNER!r}"
        return read_setting(field, actions[DESIGNER], len(self.settings)), efforts

    def _view(self, agent: str) -> View:
        return self._told.designer if agent == DESIGNER else self._told.developer

    def _now(self) -> NDArray[np.float32]:
        left = 1 - self._made / self.announcements
        return self._told.told(self._setting, self._is_turn, left)

    def _seen(self, observations: dict[str, Any]) -> dict[str, Any]:
        told, k = self._now(), self._setting
        seen = {DESIGNER: observations[self.developers[0]], **observations}
        return {agent: self._view(agent).write(vector, told, k) for agent, vector in seen.items()}

    def _infos(self, infos: dict[str, Any]) -> dict[str, Any]:
        own = {"setting": float(self._setting), **self._loss(), "turn": float(self._acted)}
        return {DESIGNER: own, **infos}

    def _loss(self) -> dict[str, float]:
        """The loss of the board that is up, and what it is made of."""
        board, rule = self.subgame.vector.infos(), self.settings[self._setting]
        played = played_outcomes(self.game, rule, board["effort"][None], board["rank"][None])
        return {
            "loss": loss_of(self.loss, played),
            "tau": played.kendall_tau,
            "burnt": played.cost_share,
        }


stackelberg_env = StackelbergEnv


def loss_of(loss: DesignLoss, played: Outcomes) -> float:
    """A designer's loss of boards that were played, the rule's own cost included."""
    board = loss.of_board(played.kendall_tau, played.cost_share, played.best_on_top)
    return board + loss.money(played.designer_cost)


def own_seed(seed: int, setting: int) -> int:
    """The seed of the subgame under one setting, made of the seed of the whole game."""
    return int(np.random.SeedSequence((seed, setting)).generate_state(1)[0])
