"""``benchgame judge CSV``: the verdict on plays or strategies that were made elsewhere."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from benchgame_env import Game, load_game, theory
from benchgame_env.cli import bars, commands
from benchgame_env.csv_rows import csv_rows
from benchgame_env.metrics.strategies import Strategy, empirical, read_strategies
from benchgame_env.training.evaluate import EXIT_STATUS
from benchgame_env.training.grading.one_set import judge
from benchgame_env.training.grading.verdict import Verdict
from benchgame_env.validate import Floats, number, shortened

PROG = "benchgame judge"
FILES = """The header says which of two kinds of file it is. Efforts are in effort units.
Developers have their names in the game, or are developer_0 (the best model),
developer_1, and so on.

Plays: a column for each developer; a row is one play of them all, in the order
of play.

    developer_0,developer_1
    0.25,0
    0,0.5

Strategies: a row for each effort of each developer's mixture.

    developer,effort,probability
    developer_0,0,0.5
    developer_0,0.5,0.5
    developer_1,0.25,1

Other columns are ignored. Strategies are graded exactly; of plays it takes
some thousands. Exit status: 0 match, 1 mismatch, 3 undecided, 2 bad input.
"""
STRATEGY = ("developer", "effort", "probability")
MOST_CELLS = 10**7  # efforts of a file

Rows = Iterable[tuple[int, dict[str, str]]]


def main(arguments: list[str] | None = None) -> int:
    """Run the command with ``arguments``, by default those of the shell; returns the exit status."""
    parser = commands.Parser(
        prog=PROG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Give the verdict on plays or strategies that were made elsewhere.",
        epilog=FILES,
    )
    parser.add_argument("csv", type=Path, help="the file with plays or strategies")
    parser.add_argument(
        "--game", required=True, help="name of a game, MODULE:NAME, or a calibration file (*.json)"
    )
    commands.add_term_options(parser.add_argument)
    commands.add_protocol_options(parser.add_argument)
    options = parser.parse_args(arguments)
    return commands.run(lambda: _judge(options), PROG)


def _judge(options: argparse.Namespace) -> int:
    game = load_game(options.game, **commands.terms_from(options))
    protocol = commands.protocol_from(options)
    given = read_efforts(options.csv, game)
    with bars.falling_bar("Mixed equilibrium: NashConv / P", theory.TOLERANCE) as progress:
        prediction = theory.predict(game, protocol, progress=progress)
        verdict = judge(game, protocol, **given, prediction=prediction)
    mixed = given.get("strategies") or empirical(given["plays"])
    print(_table(game, mixed, verdict))
    parameters = commands.protocol_parameters(options.level, options.param)
    setting = commands.setting_label(options.protocol, parameters)
    commands.show("\n".join([f"{setting}: {verdict.sentence}", *verdict.details()]))
    return EXIT_STATUS[verdict.outcome]


def _table(game: Game, mixed: list[Strategy], verdict: Verdict) -> str:
    """What each developer played, and what it could gain."""
    regrets = np.full(game.n_developers, np.nan) if verdict.regrets is None else verdict.regrets
    rows = [
        [
            ", ".join(_names(game, i)),
            f"{efforts @ chances:.6g}",
            "not known" if np.isnan(regret) else f"{100 * regret:.3g} %",
        ]
        for i, ((efforts, chances), regret) in enumerate(zip(mixed, regrets.tolist(), strict=True))
    ]
    return commands.table(["developer", "mean effort", "regret, share of P"], rows)


def read_efforts(path: Path, game: Game) -> dict[str, Any]:
    """Read plays or strategies, in files as `FILES` describes them.

    Parameters
    ----------
    path : Path
        The file.
    game : Game
        The game whose developers it names.

    Returns
    -------
    dict
        ``plays``, an array ``[plays, n]``, or ``strategies``, a list of ``(efforts, probabilities)``: as
        `benchgame_env.training.judge` takes them.

    Raises
    ------
    ValueError
        Something is missing or no effort; the message names the file, and the row and the column, where
        the header is row 1.
    OSError
        The file cannot be read.
    """
    try:
        rows = iter(csv_rows(path, ()))
        first = next(rows, None)
        if first is None:
            raise ValueError("there is no row below the header")
        if set(STRATEGY) <= set(first[1]):
            return {"strategies": _strategies(chain([first], rows), game)}
        return {"plays": _plays(chain([first], rows), game, first[1])}
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _plays(rows: Rows, game: Game, header: Iterable[str]) -> Floats:
    columns = _columns(game, list(header))
    plays = []
    for line, cells in rows:
        _check_size(line, len(columns))
        read = zip(columns, game.budget, strict=True)
        plays.append([_effort(f"row {line}: {name}", cells[name], most) for name, most in read])
    return np.array(plays)


def _strategies(rows: Rows, game: Game) -> list[Strategy]:
    known = {name: i for i in range(game.n_developers) for name in _names(game, i)}
    efforts: list[list[float]] = [[] for _ in range(game.n_developers)]
    chances: list[list[float]] = [[] for _ in range(game.n_developers)]
    for line, cells in rows:
        _check_size(line, 1)
        who = known.get(cells["developer"].strip())
        if who is None:
            raise ValueError(
                f"row {line}: developer: {shortened(cells['developer'])} is none of {', '.join(known)}"
            )
        efforts[who].append(_effort(f"row {line}: effort", cells["effort"], game.budget[who]))
        chances[who].append(number(f"row {line}: probability", cells["probability"], low=0, high=1))
    absent = [_names(game, i)[-1] for i in range(game.n_developers) if not efforts[i]]
    if absent:
        raise ValueError(f"developer: no row of {', '.join(absent)}")
    return read_strategies(game, list(zip(efforts, chances, strict=True)))


def _names(game: Game, developer: int) -> list[str]:
    """What a file may call a developer."""
    return list(dict.fromkeys([f"developer_{developer}", game.names[developer]]))


def _columns(game: Game, header: list[str]) -> list[str]:
    """The column of each developer."""
    found = [[name for name in _names(game, i) if name in header] for i in range(game.n_developers)]
    missing = [" or ".join(_names(game, i)) for i, names in enumerate(found) if not names]
    if missing:
        raise ValueError(
            f"missing columns: {', '.join(missing)}; strategies have {', '.join(STRATEGY)} instead"
        )
    for names in found:
        if len(names) > 1:
            raise ValueError(f"row 1 has two columns of one developer: {', '.join(names)}")
    return [names[0] for names in found]


def _effort(where: str, cell: str, budget: float) -> float:
    return number(where, cell.strip(), low=0, high=float(budget))


def _check_size(line: int, width: int) -> None:
    if line * width > MOST_CELLS:
        raise ValueError(f"row {line}: at most {MOST_CELLS:,} efforts are read")


if __name__ == "__main__":
    sys.exit(main())
