"""The whole game as the designer sees it: a Gymnasium environment in which developers are given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Discrete
from numpy.typing import ArrayLike, NDArray

from benchgame_env import Game, VectorEnv
from benchgame_env.agents.designers.developers import Memory, developers_of
from benchgame_env.named_games import as_game
from benchgame_env.stackelberg.env import ANNOUNCEMENTS, REVISE_EVERY, loss_of
from benchgame_env.stackelberg.settings import FAMILIES, LEVELS, read_setting, settings_of
from benchgame_env.theory import DesignLoss
from benchgame_env.validate import integer


class DesignerEnv(gymnasium.Env):
    """The single-agent view of `StackelbergEnv`: the agent is the designer, the developers are given.

    One step is an announcement and the ``revise_every`` rounds that developers play after it. The reward
    is minus the mean loss of these rounds. `designer_env` is this class.

    ====================  ===================================================================
    creation              ``benchgame_env.agents.designer_env("law-duel", price=0.2)``, or
                          ``gymnasium.make("benchgame/designer-v0", ...)``
    action                ``Discrete(settings)``
    observation           float32 ``Box``: the setting in force, one-hot (all 0 before the first
                          announcement), and the share of announcements to come
    reward                minus the mean loss of the rounds
    end of episode        truncation after ``announcements`` steps; then developers begin anew
    infos                 loss, tau, burnt, best_on_top; numbers, none after ``reset``
    ====================  ===================================================================

    Parameters
    ----------
    game : Game or str
        The game, or the name of one.
    families, levels, max_level
        What can be announced, see `benchgame_env.stackelberg.settings.settings_of`.
    developers : str
        ``expected``: the loss is the expectation by predicted play. ``predicted``: each round draws
        efforts from the predicted play. Else names of agents, see `agents.line_up`.
    options : mapping, optional
        Name to the parameters of the agents with this name.
    memory : str
        What agents bring to an announcement: ``last``, ``setting`` or ``none``, see `Playing`.
    loss, price
        What the designer weighs, see `DesignLoss.of`.
    announcements : int
        Steps in an episode, >= 1.
    revise_every : int
        Rounds that developers play after each announcement, >= 1.
    copies : int
        Copies of the subgame that are played at once, >= 1; the loss is the mean over them.
    **play
        As for `VectorEnv`: ``revision``, ``action_type``, ``effort_levels``, ``action_scale``.

    Raises
    ------
    ValueError
        Names the argument and its value; or no play is predicted under a setting.

    Examples
    --------
    >>> env = DesignerEnv("law-duel", levels=[0.0, 3.0], developers="expected", price=0.1)
    >>> observation, info = env.reset(seed=0)
    >>> observation, reward, terminated, truncated, info = env.step(1)
    >>> round(reward, 12)  # a level of 3 is stable: 0.1 * 2 models * 3 is all that is lost
    -0.6
    """

    def __init__(
        self,
        game: Game | str = "law-duel",
        families: Iterable[Any] = FAMILIES,
        *,
        developers: str = "regret-matching-plus",
        options: Mapping[str, Mapping[str, Any]] | None = None,
        memory: Memory = "last",
        levels: int | ArrayLike = LEVELS,
        max_level: float | None = None,
        loss: Any = None,
        price: float | None = None,
        announcements: int = ANNOUNCEMENTS,
        revise_every: int = REVISE_EVERY,
        copies: int = 1,
        **play: Any,
    ) -> None:
        self.game = as_game(game)
        self.settings = settings_of(self.game, families, levels, max_level)
        self.loss = DesignLoss.of(loss, price)
        self.announcements = integer("announcements", announcements, low=1)
        rounds = integer("revise_every", revise_every, low=1)
        subgames = [VectorEnv(self.game, rule, copies, rounds, **play) for rule in self.settings]
        self.developers = developers_of(subgames, developers, options, memory)
        self._setting: int | None = None
        self._made = self.announcements  # no episode is open before the first reset
        self.action_space = Discrete(len(self.settings))
        self.observation_space = Box(0.0, 1.0, (len(self.settings) + 1,), dtype=np.float32)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Open an episode. Without a seed the random streams go on; options are ignored."""
        super().reset(seed=seed)
        self.developers.reset(seed)
        self._setting, self._made = None, 0
        return self._seen(), {}

    def step(self, action: Any) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Announce a setting, and let developers play; an action that is no setting is a ValueError."""
        if self._made >= self.announcements:
            raise RuntimeError("no episode is open: call reset before step")
        self._setting = read_setting("action", action, len(self.settings))
        self._made += 1
        played = self.developers.answer(self._setting, self.np_random)
        loss = loss_of(self.loss, played)
        told = {"loss": loss, "tau": played.kendall_tau, "burnt": played.cost_share}
        told["best_on_top"] = played.best_on_top
        typed = {name: np.float64(value) for name, value in told.items()}  # TorchRL asks for the dtype
        return self._seen(), -loss, False, self._made == self.announcements, typed

    def _seen(self) -> NDArray[np.float32]:
        seen = np.zeros(len(self.settings) + 1, dtype=np.float32)
        if self._setting is not None:
            seen[self._setting] = 1.0
        seen[-1] = 1 - self._made / self.announcements
        return seen


designer_env = DesignerEnv
