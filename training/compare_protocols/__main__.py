"""``python -m training.compare_protocols GAME``: what each rule brings about, over its parameter.

For the designer: predicted regime, ranking, effort burnt, temptation and cost of every setting of every
protocol, and the cheapest that are stable. Rows go to ``--out`` as they come, so that an interrupted
comparison goes on where it was; a page with figures (``.html``) lies beside them.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from tqdm import tqdm

from benchgame_env import Game, load_game
from benchgame_env.cli import commands
from benchgame_env.files import write_text
from benchgame_env.named_games import describe_game, games
from benchgame_env.validate import choice, integer, number
from training.compare_protocols import page
from training.compare_protocols.ranges import Setting, setting_from, settings_for
from training.compare_protocols.results import (
    Key,
    Row,
    findings,
    key_of,
    parquet_is_there,
    read_results,
    text,
    write_results,
)
from training.compare_protocols.rows import identity, row_of

PROG = "python -m training.compare_protocols"
TAU = 0.99


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    return commands.run(lambda: _compare(options), PROG)


def _parser() -> argparse.ArgumentParser:
    parser = commands.Parser(
        prog=PROG,
        description="Compare protocols on a game: what is predicted of each setting, and what it costs.",
    )
    parser.add_argument("game", help=f"a calibration file (*.json), or one of: {', '.join(games())}")
    parser.add_argument("--protocols", help="names between commas; default all, and some compositions")
    parser.add_argument("--setting", action="append", default=[], metavar="NAME:PARAMETER=VALUE,...",
                        help="one more setting, such as tune-before-test+finite-test:level=3000,"
                        "items=500; may be repeated")  # fmt: skip
    parser.add_argument("--price", action="append", default=[], metavar="RESOURCE=NUMBER",
                        help="of a unit of tuning, items or refresh, to name the one cheapest setting; "
                        "may be repeated")  # fmt: skip
    parser.add_argument("--tau", type=float, default=TAU,
                        help="Kendall tau from which a board is in the order of quality")  # fmt: skip
    parser.add_argument("--out", type=Path, help="file for the rows, *.csv or *.parquet; default "
                        "runs/protocols/GAME.csv")  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="the first two settings of each protocol")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes")
    return parser


def _compare(options: argparse.Namespace) -> None:
    game = load_game(options.game)
    names = (
        None if options.protocols is None else [name.strip() for name in options.protocols.split(",")]
    )
    settings = settings_for(game, names, options.quick) + [setting_from(s) for s in options.setting]
    number("--tau", options.tau, low=-1)
    prices = _prices(options.price, game, settings)
    out = _out(options.out, options.game)
    rows = compare(options.game, settings, out, integer("--workers", options.workers, low=1))
    found = findings(rows, options.tau, prices)
    drawn = out.with_suffix(".html")
    write_text(drawn, page.page(options.game, _description(options.game), game, rows, found))
    print(text(rows, found))
    print(f"\nRows are in {out}, figures in {drawn}.")


def compare(game_name: str, settings: list[Setting], out: Path, workers: int = 1) -> list[Row]:
    """The rows of ``settings``, after those that ``out`` lacks, or that failed, have been worked out.

    Rows of other settings in ``out`` stay there.

    Raises
    ------
    ValueError: ``out`` holds rows of another game or version.
    """
    rows = _kept(out, identity(game_name))
    keys = list(dict.fromkeys(setting.key for setting in settings))
    todo = {s.key: s for s in settings if s.key not in rows or rows[s.key]["error"]}
    with (
        tqdm(total=len(keys), initial=len(keys) - len(todo), unit="setting", desc=game_name) as bar,
        _worked_out(game_name, list(todo.values()), workers) as results,
    ):
        for row in results:
            rows[key_of(row)] = row
            write_results(out, [rows[key] for key in _in_order(rows, keys)])
            bar.update()
    return [rows[key] for key in keys]


def _in_order(rows: Iterable[Key], keys: list[Key]) -> list[Key]:
    """Of ``keys`` those there are, in their order, then the others."""
    there = list(rows)
    return [key for key in keys if key in there] + [key for key in there if key not in keys]


def _kept(out: Path, known: Row) -> dict[Key, Row]:
    """Rows that ``out`` holds already, by key."""
    rows = read_results(out)
    for row in rows:
        for name, value in known.items():
            if row.get(name) != value:
                there = f"another {name} ({row.get(name)}, not {value})"
                raise ValueError(f"{out} holds rows of {there}: choose another --out")
    return {key_of(row): row for row in rows}


@contextlib.contextmanager
def _worked_out(game_name: str, settings: list[Setting], workers: int) -> Iterator[Iterable[Row]]:
    """Rows in any order, several at a time."""
    task = partial(row_of, game_name)
    if min(workers, len(settings)) <= 1:
        yield map(task, settings)
        return
    context = multiprocessing.get_context("spawn")
    with context.Pool(min(workers, len(settings)), _start_worker) as pool:
        yield pool.imap_unordered(task, settings)


def _start_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop


def _prices(words: list[str], game: Game, settings: list[Setting]) -> dict[str, float] | None:
    """Prices by resource, None if there are none; every resource that a setting costs needs one."""
    if not words:
        return None
    resources = _resources(game, settings)
    prices = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise ValueError(f"--price: expected RESOURCE=NUMBER, got {word!r}")
        choice("--price", name, resources)
        prices[name] = number(f"--price: {name}", value, low=0)
    missing = [name for name in resources if name not in prices]
    if missing:
        raise ValueError(
            f"--price: settings also cost {', '.join(missing)}; give all a price, 0 if free"
        )
    return prices


def _resources(game: Game, settings: list[Setting]) -> list[str]:
    """What the settings cost the designer."""
    found: set[str] = set()
    for setting in settings:
        with contextlib.suppress(Exception):  # a setting that fails says so in its row
            found |= set(setting.make().designer_cost(game))
    return sorted(found)


def _out(path: Path | None, game_name: str) -> Path:
    if path is None:
        return Path("runs/protocols") / f"{Path(game_name).stem}.csv"
    choice("--out", path.suffix, (".csv", ".parquet"))
    if path.suffix == ".parquet" and not parquet_is_there():
        print(f"pyarrow is not installed: rows go to {path.with_suffix('.csv')}", file=sys.stderr)
        return path.with_suffix(".csv")
    return path


def _description(game_name: str) -> str:
    return describe_game(game_name) if game_name in games() else ""


if __name__ == "__main__":
    sys.exit(main())
