"""The rows of a comparison: kept in a file, and worked out where the file lacks them."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from functools import partial
from pathlib import Path

from benchgame_env.cli import bars, uncertainty
from benchgame_env.draws import Draws
from benchgame_env.records import parse_json
from benchgame_env.training.compare_protocols.ranges import Setting
from benchgame_env.training.compare_protocols.results import Key, key_of, read_results, write_results
from benchgame_env.training.compare_protocols.rows import Row, Terms, failed_row, identity, row_of
from benchgame_env.training.jobs import Job, Local, run_all


def compare(
    game_name: str,
    settings: list[Setting],
    out: Path,
    workers: int = 1,
    terms: Terms | None = None,
    draws: Draws | None = None,
) -> list[Row]:
    """Rows of ``settings``; those that ``out`` lacks, or that failed before, are worked out.

    Rows of other settings stay in ``out``.

    Parameters
    ----------
    game_name : str
        Name of a game or of a calibration file.
    settings : list of Setting
        Settings to compare; a setting given twice has one row.
    out : Path
        File of the rows; rewritten after each new row, so that an interrupted comparison can go on.
    workers : int
        Processes at the same time; with 1 everything runs in this process.
    terms : dict, optional
        Prizes, cost or worth in words, see `benchgame_env.cli.commands.terms_from`.
    draws : Draws, optional
        Draws of the game's curves, for the share in which honest play is stable. It is found anew each
        time, for others may have been drawn before.

    Returns
    -------
    list of Row
        One row for each setting. A setting that fails, or whose process dies, has a row with ``error``.

    Raises
    ------
    ValueError
        If ``out`` holds rows of another game or version.
    """
    rows = _kept(out, identity(game_name, terms))
    keys = list(dict.fromkeys(setting.key for setting in settings))
    todo = {s.key: s for s in settings if s.key not in rows or rows[s.key]["error"]}
    new = _new_rows(game_name, list(todo.values()), workers, terms)
    with bars.progress_bar(len(keys), "setting", game_name, len(keys) - len(todo)) as bar, closing(new):
        for row in new:
            rows[key_of(row)] = row
            others = [key for key in rows if key not in keys]
            write_results(out, [rows[key] for key in (*keys, *others) if key in rows])
            bar.update()
    found = {key: rows[key] | _share(draws, key, rows[key]) for key in keys}
    if found != {key: rows[key] for key in keys}:
        write_results(out, [*found.values(), *(row for key, row in rows.items() if key not in found)])
    return list(found.values())


def _share(draws: Draws | None, key: Key, row: Row) -> Row:
    """The columns on draws of the curves."""
    share = None
    if draws is not None and not row["error"]:
        rule = Setting(key[0], parse_json(key[1])).make()
        share = uncertainty.share_of(draws, rule)
    return dict(zip(("stable_share", "stable_share_of"), share or (None, None), strict=True))


def _kept(out: Path, expected: Row) -> dict[Key, Row]:
    """Rows of ``out`` by key; ValueError if they are not of this game and version."""
    rows = read_results(out)
    for row in rows:
        for name, value in expected.items():
            if row.get(name) != value:
                there = f"another {name} ({row.get(name)}, not {value})"
                raise ValueError(f"{out} holds rows of {there}: choose another --out")
    return {key_of(row): row for row in rows}


def _new_rows(
    game_name: str, settings: list[Setting], workers: int, terms: Terms | None
) -> Generator[Row, None, None]:
    """Rows in any order, several at the same time."""
    if min(workers, len(settings)) <= 1:
        yield from (row_of(game_name, setting, terms) for setting in settings)
        return
    jobs: dict[Job, Setting] = {
        partial(row_of, game_name, setting, terms): setting for setting in settings
    }
    with closing(Local(workers)) as pool:
        for done in run_all(pool, list(jobs), tick=lambda: None):
            yield failed_row(game_name, jobs[done.job], done.error, terms) if done.error else done.result
