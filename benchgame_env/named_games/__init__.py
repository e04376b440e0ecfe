"""Named games: the textbook ones and the ones fitted to real checkpoints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchgame_env.fitting.calibration import Calibration
from benchgame_env.game import Game
from benchgame_env.named_games import fitted, game_file, registry, textbook
from benchgame_env.named_games.registry import describe_game, games, register_game
from benchgame_env.named_games.terms import at_worth, other_terms, statement

__all__ = [
    "as_game",
    "calibration_of",
    "checkpoints",
    "describe_game",
    "game_of",
    "games",
    "load_game",
    "register_game",
    "statement",
]

# Importing a file of games registers them.
_FILES = (fitted, textbook)


def load_game(name: str, **overrides: Any) -> Game:
    """The game called ``name``, or the one in a file whose path ends in ``.json``.

    Parameters
    ----------
    name : str
        A name from `games`, ``MODULE:NAME`` for a `Game` or a function that returns one in a module of
        one's own, or the path of a calibration file or a game file (``*.json``).
    **overrides : object
        Fields of `Game` (``prizes``, ``cost``, ``budget``, ...); ``worth``, the effort that one rank is
        worth, for a linear cost; and, for the games fitted to real checkpoints, ``developers`` (model
        names). Prizes and cost may be words, as on a command line: ``"1,0.5,0"``,
        ``"power,rate=1,exponent=2"``. Other prizes alone leave the cost as it is.

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
    if not name.endswith(".json"):
        return _built(name, registry.GAMES.find(name), {}, overrides)
    game = game_file.load(name)
    if game is None:
        return game_of(Calibration.load(name), **overrides)
    return _built(name, lambda: game, {}, overrides)


def game_of(calibration: Calibration, **overrides: Any) -> Game:
    """The game of the models of a calibration, on the terms that it keeps; see `load_game`."""

    def build(developers: Sequence[str] | None = None) -> Game:
        return calibration.game(developers)

    return _built(calibration.benchmark, build, calibration.terms, overrides)


def _built(
    name: str, builder: registry.Builder, kept: dict[str, str], overrides: dict[str, Any]
) -> Game:
    given = other_terms(kept, overrides)
    worth = given.pop("worth", None)
    game = registry.build(name, builder, given)
    return game if worth is None else at_worth(game, worth)


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
    if not _has_checkpoints(name):
        return {}
    found, developers = calibration_of(name)
    return {model: found.ranges[model] for model in developers}


def calibration_of(name: str) -> tuple[Calibration, tuple[str, ...]]:
    """The calibration behind a fitted game, and those of its models that play.

    Parameters
    ----------
    name : str
        A game from `games`, the name of a shipped benchmark, or a calibration file (``*.json``).

    Raises
    ------
    ValueError
        A game that was not fitted to checkpoints.
    """
    if name in fitted.benchmarks() or (name.endswith(".json") and _has_checkpoints(name)):
        found = fitted.calibration(name)
        return found, found.names
    if not _has_checkpoints(name):
        raise ValueError(
            f"game {name!r} was not fitted to checkpoints, so there is nothing to draw from"
        )
    return fitted.shipped(name.rpartition("-")[2]), load_game(name).names


def _has_checkpoints(name: str) -> bool:
    if name.endswith(".json"):
        return not game_file.load(name)
    return registry.GAMES.find(name).__module__ == fitted.__name__
