"""``benchgame explore``: write the page."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import Any

from benchgame_env.cli import commands, uncertainty
from benchgame_env.draws import Draws
from benchgame_env.explore.content import assumptions, content
from benchgame_env.explore.page import page
from benchgame_env.files import write_text
from benchgame_env.game import Game
from benchgame_env.named_games import checkpoints, describe_game, games
from benchgame_env.validate import choice

LARGEST_GAME = 60  # developers, of whom a browser compares all pairs at many levels
DRAWS, FEWER = 300, 100  # draws that a browser works out at once; fewer of more than ten models


def add_to(subparsers: Any) -> None:
    """Add the command to the parsers of a command line."""
    parser = subparsers.add_parser(
        "explore",
        help="write a page on which to try levels and worths of a rank",
        description="Write one HTML page, which needs no network, with sliders for the "
        "tune-before-test level and for what a rank is worth: curves, required efforts, who would "
        "overtake whom, stable levels and a map of temptation follow at once.",
    )
    option = parser.add_argument
    option("game", help="name of a game, MODULE:NAME, or a file made by calibrate or falsify (*.json)")
    option("--out", required=True, metavar="FILE", help="file to write the page to (*.html)")
    option("--level", type=float, default=0.0, help="level to begin with; 0 is direct evaluation")
    commands.add_term_options(option)
    words = "draws of the curves that the checkpoints of a fitted game leave open; 0: none"
    number = f"default: {DRAWS}, or {FEWER} of more than {uncertainty.LARGE} models"
    option("--draws", type=int, metavar="N", help=f"{words} ({number})")
    option("--seed", type=int, default=0, help="of the draws: the same seed gives the same page")
    parser.set_defaults(command=_explore)


def _explore(options: argparse.Namespace) -> None:
    choice("out", Path(options.out).suffix.lower(), (".html",))
    game = commands.load_game_of(LARGEST_GAME, options.game, commands.terms_from(options))
    if options.draws is None:
        options.draws = DRAWS if game.n_developers <= uncertainty.LARGE else FEWER
    content(options.game, game, options.level)  # refuses a game before curves are drawn
    draws = uncertainty.draws_from(options, game)
    command = _command(options, game, draws)
    known = content(options.game, game, options.level, draws, command)
    made = page(
        _title(options.game), _about(options.game), assumptions(options.game, game, draws), known
    )
    write_text(options.out, made)
    commands.show(f"Wrote {options.out}; open it in a browser.")


def _command(options: argparse.Namespace, game: Game, draws: Draws | None) -> str:
    """The command that predicts a setting; the page adds the level, and the cost if ranks differ."""
    terms = commands.terms_from(options)
    kept = [name for name in terms if name == "prizes" or game.rank_step == 0]
    words = [commands.quoted(options.game), *(shlex.quote(f"--{name}={terms[name]}") for name in kept)]
    if checkpoints(options.game):
        words.append("--draws 0" if draws is None else f"--draws {len(draws)} --seed {options.seed}")
    return " ".join(["benchgame predict", *words, "--protocol tune-before-test"])


def _title(name: str) -> str:
    """The game in the page's heading: of a file, without its folder and its ending."""
    named = Path(name).stem if name.endswith(".json") else name
    return f"Try a setting: {named}"


def _about(name: str) -> str:
    return describe_game(name) if name in games() else f"The game {name}."
