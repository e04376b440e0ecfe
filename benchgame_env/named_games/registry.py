"""The one list of games: names to builders. To add a game, add a function to a file beside this one."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from benchgame_env.game import Game
from benchgame_env.registry import Registry
from benchgame_env.validate import choice

Builder = Callable[..., Game]


# Random games: name of a family to a function from a seed to a game, see `random_games`.
_SAMPLERS: dict[str, Callable[[int], Game]] = {}


class _Games(Registry[Builder]):
    kind, wanted = "game", "a Game or a function that returns one"

    def find(self, name: str) -> Builder:
        family, slash, seed = name.partition("/") if isinstance(name, str) else ("", "", "")
        if not slash or family not in _SAMPLERS:
            return super().find(name)
        if not re.fullmatch("[0-9]{1,18}", seed):
            raise ValueError(f"game {name!r}: expected FAMILY/SEED, with a whole number >= 0")
        return _always(_SAMPLERS[family](int(seed)))

    def accept(self, thing: Any) -> Builder | None:
        if isinstance(thing, Game):
            return _always(thing)
        return thing if callable(thing) and not isinstance(thing, type) else None


GAMES = _Games()


def _always(game: Game) -> Builder:
    def builder() -> Game:
        return game

    builder.__qualname__ = repr(game)  # tells it from other games
    return builder


def register_game(name: str) -> Callable[[Builder], Builder]:
    """Decorator that registers a function, which returns a `Game`, under ``name``.

    Its keyword arguments become overrides of `load_game`, beside the fields of `Game`. An installed
    package also names the function, or a `Game`, under the entry-point group ``benchgame_env.games``.

    Raises
    ------
    ValueError
        The name is taken by another game, or is no word of letters, digits, ``_``, ``.`` and ``-``.
    """
    return lambda function: GAMES.add(name, function)


def register_sampler(family: str, sample: Callable[[int], Game]) -> None:
    """Make ``FAMILY/SEED`` the name of a random game, for every seed >= 0."""
    _SAMPLERS[family] = sample


def games() -> tuple[str, ...]:
    """Names of all known games, sorted.

    Examples
    --------
    >>> import benchgame_env as bg
    >>> "duel" in bg.games(), "pythia-gsm8k" in bg.games()
    (True, True)
    """
    return tuple(sorted(GAMES))


def describe_game(name: str) -> str:
    """The first line of the game's docstring."""
    return (inspect.getdoc(GAMES.find(name)) or "").partition("\n")[0]


def build(name: str, function: Builder, overrides: dict[str, Any]) -> Game:
    """Call ``function`` with the overrides it takes; the rest must be fields of `Game`."""
    signature, replaceable = inspect.signature(function), [field.name for field in fields(Game)]
    for key in overrides:
        choice(f"game {name!r}: override", key, dict.fromkeys((*signature.parameters, *replaceable)))
    taken = {key: value for key, value in overrides.items() if key in signature.parameters}
    try:
        signature.bind(**taken)
    except TypeError as error:
        raise ValueError(f"game {name!r}: {error}") from None
    game = function(**taken)
    if not isinstance(game, Game):
        raise ValueError(f"game {name!r}: expected a function that returns a Game, got {game!r} from it")
    return replace(game, **{key: value for key, value in overrides.items() if key not in taken})
