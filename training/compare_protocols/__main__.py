"""``benchgame compare GAME``: what each protocol leads to, over its parameter.

For the designer: predicted regime, ranking, effort burnt, temptation and cost of every setting of every
protocol, and the cheapest stable settings. Rows are written to ``--out`` one by one, so that an
interrupted comparison can go on. A page with figures (``.html``) is written next to them.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from pathlib import Path

import numpy as np

from benchgame_env import Game
from benchgame_env.cli import commands, uncertainty
from benchgame_env.files import naming, write_text
from benchgame_env.folders import alone, remove_drafts
from benchgame_env.metrics import reachable_tau
from benchgame_env.named_games import checkpoints, describe_game
from benchgame_env.named_games.registry import GAMES
from benchgame_env.training.compare_protocols import page, picture
from benchgame_env.training.compare_protocols.comparison import compare
from benchgame_env.training.compare_protocols.headline import Advice, advice, exact_advice
from benchgame_env.training.compare_protocols.ranges import (
    LARGEST_SEARCH,
    Setting,
    setting_from,
    settings_for,
)
from benchgame_env.training.compare_protocols.results import findings, parquet_is_there, text
from benchgame_env.training.compare_protocols.rows import Terms
from benchgame_env.training.jobs import add_workers_option
from benchgame_env.validate import choice, count, number

PROG = "benchgame compare"
TAU = 0.99
LARGEST_GAME = 200  # developers; dozens of settings are predicted


def main(arguments: list[str] | None = None) -> int:
    """Run the command with ``arguments``, by default those of the shell; returns the exit status."""
    options = _parser().parse_args(arguments)
    return commands.run(lambda: _compare(options), PROG)


def _parser() -> argparse.ArgumentParser:
    parser = commands.Parser(
        prog=PROG,
        description="Compare protocols on a game: what is predicted of each setting, and what it costs.",
    )
    parser.add_argument("game", help="a calibration file (*.json), MODULE:NAME, or one of: "
                        f"{', '.join(sorted(GAMES.names()))}")  # fmt: skip
    commands.add_term_options(parser.add_argument)
    uncertainty.add_draw_options(parser.add_argument, entrants=True)
    parser.add_argument("--protocols", help="names with commas; default: all, and some compositions")
    parser.add_argument("--setting", action="append", default=[], metavar="NAME:PARAMETER=VALUE,...",
                        help="one more setting, such as tune-before-test+finite-test:level=3000,"
                        "items=500; may be repeated")  # fmt: skip
    parser.add_argument("--price", action="append", default=[], metavar="RESOURCE=NUMBER",
                        help="price of one unit of tuning, items or refresh; with a price for each "
                        "resource the one cheapest setting is named; may be repeated")  # fmt: skip
    parser.add_argument("--tau", type=float, default=TAU,
                        help="Kendall tau from which on a board counts as ranked right, as a share of "
                        "what a right board has: below 1 where qualities are equal")  # fmt: skip
    parser.add_argument("--out", type=Path, help="file for the rows, *.csv or *.parquet; default: "
                        "runs/protocols/GAME.csv")  # fmt: skip
    parser.add_argument("--figures", metavar="DIR", type=Path,
                        help="also draw ranking against cost, for a paper: a file of each kind, SVG, "
                        "PDF and PNG, in this folder")  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="the first two settings of each protocol")
    add_workers_option(parser)
    return parser


def _compare(options: argparse.Namespace) -> None:
    terms = commands.terms_from(options)
    game, listed = commands.load_game_of(LARGEST_GAME, options.game, terms), options.protocols
    names = None if listed is None else [name.strip() for name in listed.split(",")]
    settings = settings_for(game, names, options.quick)
    added = [setting_from(words) for words in options.setting]
    advised = _advice(options, game)
    settings = [*_with_level(settings, advised), *added]
    number("--tau", options.tau, low=-1)
    prices = _prices(options.price, game, settings)
    out = _out(options.out, options.game, terms)
    workers, page_file = count("--workers", options.workers, "workers"), out.with_suffix(".html")
    with naming(out):
        out.parent.mkdir(parents=True, exist_ok=True)
    with alone(out):
        for file in (out, page_file):
            remove_drafts(out.parent, file.name)
        rows = compare(options.game, settings, out, workers, terms, advised.draws)
        found = findings(rows, options.tau, prices, reachable_tau(game.quality))
        description = "" if options.game.endswith(".json") else describe_game(options.game)
        write_text(page_file, page.page(options.game, description, game, rows, found, advised, prices))
    if options.figures is not None:
        picture.draw(rows, options.figures)
    commands.show(text(game, rows, found, (advised.headline, advised.details)))
    commands.show(f"\nRows are in {out}, figures in {page_file}.")


def _advice(options: argparse.Namespace, game: Game) -> Advice:
    """What to announce, from draws of the curves where these were fitted."""
    unit = " steps" if checkpoints(options.game) else ""
    draws = uncertainty.draws_from(options, game)
    if game.n_developers > LARGEST_SEARCH or not np.isfinite(game.effort_scale).any():
        return Advice("", draws=draws)
    if draws is None:
        if options.entrants:
            raise ValueError("--entrants: needs draws of the curves of a fitted game")
        return exact_advice(game, unit)
    alone = uncertainty.level_of(options, draws, entrants=0)
    found = uncertainty.level_of(options, draws) if options.entrants else alone
    return advice(game, draws, found, alone, unit)


def _with_level(settings: list[Setting], advised: Advice) -> list[Setting]:
    """The settings and, where tune-before-test is among them, the level to announce; in order."""
    others = [k for k, setting in enumerate(settings) if setting.protocol == "tune-before-test"]
    if advised.level is None or advised.draws is None or not others:
        return settings
    place = others[0] + sum(settings[k].parameters["level"] < advised.level for k in others)
    return [*settings[:place], Setting("tune-before-test", {"level": advised.level}), *settings[place:]]


def _prices(words: list[str], game: Game, settings: list[Setting]) -> dict[str, float] | None:
    """Price of each resource that some setting costs; None if no price is given."""
    if not words:
        return None
    resources = _resources(game, settings)
    prices = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise ValueError(f"--price: expected RESOURCE=NUMBER, got {word!r}")
        if not resources:
            raise ValueError(f"--price: none of these settings costs {name!r} or another resource")
        choice("--price", name, resources)
        prices[name] = number(f"--price: {name}", value, low=0)
    if missing := [name for name in resources if name not in prices]:
        listed = ", ".join(missing)
        raise ValueError(f"--price: settings also cost {listed}; give each a price, 0 if it is free")
    return prices


def _resources(game: Game, settings: list[Setting]) -> list[str]:
    """Resources that the settings cost the designer, sorted."""
    resources: set[str] = set()
    for setting in settings:
        with contextlib.suppress(Exception):  # the row of a setting that fails tells its error
            resources |= set(setting.make().designer_cost(game))
    return sorted(resources)


def _out(path: Path | None, game_name: str, terms: Terms) -> Path:
    if path is None:
        name = Path(game_name).stem if game_name.endswith(".json") else game_name.replace(":", "-")
        words = [name, *(f"{term}={value}" for term, value in terms.items())]
        return Path("runs/protocols") / f"{' '.join(words)}.csv"
    choice("--out", path.suffix, (".csv", ".parquet"))
    if path.suffix == ".parquet" and not parquet_is_there():
        print(f"pyarrow is not installed: rows go to {path.with_suffix('.csv')}", file=sys.stderr)
        return path.with_suffix(".csv")
    return path


if __name__ == "__main__":
    sys.exit(main())
