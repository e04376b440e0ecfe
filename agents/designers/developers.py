"""How developers answer what a designer announces: as theory predicts, or as agents that play."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

import numpy as np

from benchgame_env import VectorEnv, theory
from benchgame_env.agents.base import Player
from benchgame_env.agents.play import play
from benchgame_env.agents.registry import line_up
from benchgame_env.metrics import Outcomes, outcomes, played_outcomes
from benchgame_env.metrics.strategies import Strategy, read_strategies
from benchgame_env.stackelberg.env import own_seed
from benchgame_env.validate import choice

Memory = Literal["last", "setting", "none"]


class Developers(ABC):
    """Everybody but the designer."""

    def reset(self, seed: int | None) -> None:
        """Begin anew; without a seed random streams go on. Default: there is nothing to forget."""
        return

    @abstractmethod
    def answer(self, setting: int, rng: np.random.Generator) -> Outcomes:
        """What a setting, now announced, brings the designer until the next announcement."""


class Predicted(Developers):
    """They play as predicted: each round, and each copy, draws new efforts from the same strategies.

    Parameters
    ----------
    subgames : sequence of VectorEnv
        The developer subgame under each setting.
    """

    def __init__(self, subgames: Sequence[VectorEnv]) -> None:
        self.subgames = subgames
        self._known: dict[int, Any] = {}  # what follows from the prediction, by setting

    def answer(self, setting: int, rng: np.random.Generator) -> Outcomes:
        vec = self.subgames[setting]
        if setting not in self._known:
            self._known[setting] = predicted_play(vec.game, vec.protocol)
        shape = (vec.num_envs, vec.horizon)
        drawn = [rng.choice(efforts, shape, p=chances) for efforts, chances in self._known[setting]]
        efforts = np.stack(drawn, axis=-1)
        ranks = vec.protocol.evaluate(vec.game, efforts, rng).ranks
        return played_outcomes(vec.game, vec.protocol, efforts, ranks)


class Expected(Predicted):
    """They play as predicted, and the designer gets the expectation."""

    def answer(self, setting: int, rng: np.random.Generator) -> Outcomes:
        game, rule = self.subgames[setting].game, self.subgames[setting].protocol
        if setting not in self._known:
            self._known[setting] = outcomes(game, rule, predicted_play(game, rule), rng)
        found: Outcomes = self._known[setting]
        return found


class Playing(Developers):
    """Agents play the rounds, and learn from them.

    Parameters
    ----------
    subgames : sequence of VectorEnv
        The developer subgame under each setting, of ``revise_every`` rounds.
    names : str
        Of the agents, see `agents.line_up`.
    options : mapping, optional
        Name to the parameters of the agents with this name.
    memory : {"last", "setting", "none"}
        What agents bring to an announcement. ``last``: all that they learned so far, under whatever
        rule. ``setting``: what they learned under this setting before. ``none``: nothing.
    """

    def __init__(
        self,
        subgames: Sequence[VectorEnv],
        names: str,
        options: Mapping[str, Mapping[str, Any]] | None = None,
        memory: Memory = "last",
    ) -> None:
        self.subgames, self.names, self.options = subgames, names, options
        self.memory = memory
        self._seed = 0
        self._players: dict[int, list[Player]] = {}
        self._last: list[Player] | None = None
        self._line_up(0)  # to refuse unknown names at once

    def reset(self, seed: int | None) -> None:
        self._players, self._last = {}, None
        if seed is not None:
            self._seed = seed
            for k, vec in enumerate(self.subgames):
                vec.reset(own_seed(seed, k))

    def answer(self, setting: int, rng: np.random.Generator) -> Outcomes:
        vec, players = self.subgames[setting], self._before(setting)
        played = play(vec, players, vec.horizon, rng)
        self._last = players
        efforts, ranks = (played[key].swapaxes(0, 1) for key in ("effort", "rank"))
        return played_outcomes(vec.game, vec.protocol, efforts, ranks)

    def _before(self, setting: int) -> list[Player]:
        """The players of a setting, with what they bring to it."""
        if self.memory == "none" or setting not in self._players:
            self._players[setting] = self._line_up(setting)
        players = self._players[setting]
        if self.memory == "last" and self._last is not None and self._last is not players:
            for player, other in zip(players, self._last, strict=True):
                player.load(other.save())
        return players

    def _line_up(self, setting: int) -> list[Player]:
        return line_up(self.names, self.subgames[setting], self.options, seed=self._seed)


PREDICTED = {"expected": Expected, "predicted": Predicted}


def developers_of(
    subgames: Sequence[VectorEnv],
    names: str,
    options: Mapping[str, Mapping[str, Any]] | None = None,
    memory: Memory = "last",
) -> Developers:
    """`Expected` or `Predicted` developers by these names, else agents, see `Playing`.

    Raises
    ------
    ValueError
        Unknown names or memory, or options that nobody takes.
    """
    choice("memory", memory, get_args(Memory))
    if names not in PREDICTED:
        return Playing(subgames, names, options, memory)
    if options:
        raise ValueError(f"options: given for {', '.join(options)}, but the developers are {names!r}")
    return PREDICTED[names](subgames)


def predicted_play(game: Any, rule: Any) -> list[Strategy]:
    """The play that theory predicts of developers under a rule: strategies, effort units.

    Raises
    ------
    ValueError
        No equilibrium is predicted.
    """
    predicted = theory.predict(game, rule)
    if predicted.equilibrium is not None:
        return read_strategies(predicted.game, predicted.equilibrium)
    if predicted.mixed is None:
        raise ValueError(f"{rule!r}: no equilibrium is predicted for developers to play")
    return predicted.mixed.strategies
