"""Named games: the textbook ones and the ones fitted to real checkpoints."""

from __future__ import annotations

from functools import partial
from typing import Any

from benchgame_env.calibration import Calibration
from benchgame_env.game import Game
from benchgame_env.named_games import fitted, game_file, registry, textbook
from benchgame_env.named_games.registry import describe_game, games, register_game
from benchgame_env.named_games.terms import at_worth, read_terms, statement

__all__ = ["as_game", "checkpoints", "describe_game", "games", "load_game", "register_game", "statement"]

# Importing a file of games registers them.
_FILES = (fitted, textbook)


def load_game(name: str, **overrides: Any) -> Game:
    """The game called ``name``, or the one in a file whose path ends in ``.json``.

    Parameters
    ----------
    name : str
        A name from `games`, or the path of a calibration file or a game file (``*.json``).
    **overrides : object
        Fields of `Game` (``prizes``, ``cost``, ``budget``, ...); ``worth``, the effort that one rank is
        worth, for a linear cost; and, for the games fitted to real checkpoints, ``developers`` (model
        names) and ``steps_per_rank``. Prizes and cost may be words, as on a command line: ``"1,0.5,0"``,
        ``"power,rate=1,exponent=2"``.

    Returns
    -------
    Game

    Raises
    ------
    ValueError
        An unknown name, override or developer; the known ones are listed.

    Examples
    --------
    >>> import benchgame_env as bg
    >>> bg.load_game("three").prizes.tolist()
    [1.0, 0.5, 0.0]
    >>> bg.load_game("pythia-gsm8k", developers=("pythia-1b", "pythia-12b")).names
    ('pythia-12b', 'pythia-1b')
    """
    if not isinstance(name, str):
        raise ValueError(f"game: expected a name, got {name!r}")
    builder = _from_file(name) if name.endswith(".json") else registry.builder(name)
    given = read_terms(overrides)
    worth = given.pop("worth", None)
    game = registry.build(name, builder, given)
    return game if worth is None else at_worth(game, worth)


def _from_file(path: str) -> registry.Builder:
    game = game_file.load(path)
    return partial(fitted.from_calibration, Calibration.load(path)) if game is None else lambda: game


def as_game(spec: str | Game) -> Game:
    """A game from its name or itself."""
    if isinstance(spec, Game):
        return spec
    if isinstance(spec, str):
        return load_game(spec)
    raise ValueError(f"game: expected a name or a Game, got {spec!r}")


def checkpoints(name: str) -> dict[str, tuple[float, float]]:
    """First and last measured total effort of each model of a fitted game or calibration file, by
    model; empty for games without checkpoints."""
    if name.endswith(".json"):
        return {} if game_file.load(name) else Calibration.load(name).ranges
    if registry.builder(name).__module__ != fitted.__name__:
        return {}
    return fitted.shipped(name.rpartition("-")[2]).ranges
