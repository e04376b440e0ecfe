"""The one list of games: names to builders. To add a game, add a function to a file beside this one."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from benchgame_env.game import Game
from benchgame_env.validate import choice

Builder = Callable[..., Game]

_builders: dict[str, Builder] = {}


def register_game(name: str) -> Callable[[Builder], Builder]:
    """Decorator that registers a function, which returns a `Game`, under ``name``.

    Its keyword arguments become overrides of `load_game`, beside the fields of `Game`.
    """

    def register(function: Builder) -> Builder:
        known = _builders.get(name, function)
        # The same function again is a module reload, not a clash.
        if (known.__module__, known.__qualname__) != (function.__module__, function.__qualname__):
            raise ValueError(f"game {name!r} is already {known.__module__}.{known.__qualname__}")
        _builders[name] = function
        return function

    return register


def games() -> tuple[str, ...]:
    """Names of all known games, sorted.

    Examples
    --------
    >>> import benchgame_env as bg
    >>> "duel" in bg.games(), "pythia-gsm8k" in bg.games()
    (True, True)
    """
    return tuple(sorted(_builders))


def builder(name: str) -> Builder:
    """The function behind ``name``; ValueError listing the known games if there is none."""
    return _builders[choice("game", name, games())]


def describe_game(name: str) -> str:
    """The first line of the game's docstring."""
    return (inspect.getdoc(builder(name)) or "").partition("\n")[0]


def build(name: str, function: Builder, overrides: dict[str, Any]) -> Game:
    """Call ``function`` with the overrides it takes; the rest must be fields of `Game`."""
    takes = list(inspect.signature(function).parameters)
    replaceable = [field.name for field in fields(Game)]
    for key in overrides:
        choice(f"game {name!r}: override", key, dict.fromkeys(takes + replaceable))
    game = function(**{key: value for key, value in overrides.items() if key in takes})
    return replace(game, **{key: value for key, value in overrides.items() if key not in takes})
