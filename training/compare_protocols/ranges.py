"""The settings of protocols that a designer compares: one table, scaled to the game.

A protocol without an entry, such as a plug-in, appears at its ``example`` parameters.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchgame_env import Game, protocols, theory
from benchgame_env.cli import commands
from benchgame_env.rules import as_protocol
from benchgame_env.rules.registry import example_parameters, protocol_class

Parameters = dict[str, Any]

ITEMS = (100, 300, 1319, 5000)  # GSM8K has 1,319
SHARES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)  # of the effort scale
LARGEST_SEARCH = 60  # developers up to which stabilising levels are searched for


@dataclass(frozen=True)
class Setting:
    """A protocol with its parameters.

    Attributes
    ----------
    protocol : str
        Name of the protocol, or MODULE:NAME.
    parameters : dict
        Values by name.
    """

    protocol: str
    parameters: Parameters

    @property
    def key(self) -> tuple[str, str]:
        """What distinguishes settings in a file of rows."""
        return self.protocol, json.dumps(self.parameters, sort_keys=True, default=repr)

    @property
    def label(self) -> str:
        """The setting in words."""
        return commands.setting_label(self.protocol, self.parameters)

    def make(self) -> Any:
        """The protocol itself; ValueError if the parameters are unsuitable."""
        return as_protocol((self.protocol, self.parameters))


def settings_for(game: Game, names: Iterable[str] | None = None, quick: bool = False) -> list[Setting]:
    """Settings of protocols on a game.

    Parameters
    ----------
    game : Game
        The game.
    names : iterable of str, optional
        Names of the protocols; by default all registered ones and the compositions in the table.
    quick : bool
        Whether only the first two settings of each protocol are listed.

    Returns
    -------
    list of Setting
        The settings, protocol by protocol.

    Raises
    ------
    ValueError
        If a protocol is unknown.
    """
    if names is None:
        names = [*protocols(), *(name for name in _RANGES if "+" in name)]
    found = []
    for name in dict.fromkeys(names):
        protocol_class(name)  # refuses unknown ones
        listed = _RANGES[name](game) if name in _RANGES else [example_parameters(name)]
        found += [Setting(name, parameters) for parameters in listed[: 2 if quick else None]]
    return found


def setting_from(words: str) -> Setting:
    """The setting ``NAME:PARAMETER=VALUE,...``, or ``NAME`` for one without parameters.

    Raises
    ------
    ValueError
        If the protocol is unknown or the parameters are unsuitable.
    """
    setting = parsed_setting(words)
    setting.make()
    return setting


def parsed_setting(words: str) -> Setting:
    """As `setting_from`, but nothing is imported or made, so that unknown names are not refused."""
    name, colon, listed = words.rpartition(":")
    if not colon or "=" not in listed:  # the colon is that of MODULE:NAME
        name, listed = words, ""
    parameters = commands.protocol_parameters(None, listed.split(",") if listed else [])
    return Setting(name, parameters)


def _scale(game: Game) -> float:
    """The largest effort that can pay for any developer; 1 if no effort or every effort does."""
    scale = float(game.effort_scale.max())
    return scale if 0 < scale < np.inf else 1.0


def _levels(game: Game) -> list[float]:
    """Shares of the effort scale, the ends of the stable intervals, and levels just outside these."""
    levels = {share * _scale(game) for share in SHARES}
    if game.n_developers <= LARGEST_SEARCH and np.isfinite(game.effort_scale).any():
        highest = 100 * _scale(game)
        for low, high in theory.stabilizing_levels(game, highest).certain:
            levels |= {low, 0.9 * low, 0.75 * low}
            levels |= {high, 1.1 * high} if high < 0.9 * highest else set()
    return sorted(levels)


def _each(name: str, values: Iterable[Any], **others: Any) -> list[Parameters]:
    return [{name: value, **others} for value in values]


_RANGES: dict[str, Callable[[Game], list[Parameters]]] = {
    "direct": lambda game: [{}],
    "tune-before-test": lambda game: _each("level", _levels(game)),
    "finite-test": lambda game: _each("items", ITEMS),
    "shared-test": lambda game: _each("items", ITEMS),
    "confidence-ranks": lambda game: _each("items", ITEMS, z=1.96),
    "best-of": lambda game: _each("k", (1, 2, 3, 10)),
    "rounded": lambda game: _each("decimals", (1, 2, 3, 4)),
    "capped": lambda game: _each("effort", [share * _scale(game) for share in SHARES[:-1]]),
    "ladder": lambda game: _each("step", (0.003, 0.01, 0.03, 0.1)),
    "ladder-free": lambda game: _each("items", ITEMS),
    "first-look": lambda game: [{}],
    "incumbent-margin": lambda game: _each("margin", (0.01, 0.03, 0.1, 0.3), decay=0.0),
    "refreshed": lambda game: _each("rate", (0.1, 0.25, 0.5, 1.0)),
    "tune-before-test+finite-test": lambda game: _each("level", _levels(game), items=1319),
}
