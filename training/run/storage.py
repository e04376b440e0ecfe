"""Rows as CSV files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from benchgame_env.files import TABLE_LIMIT, naming, open_regular, read_text, write_text
from benchgame_env.records import reading
from benchgame_env.training.run.records import counted

LONGEST_LINE = 2**20  # characters
STREAM_LIMIT = 2**36  # bytes of a table of which one row at a time is held


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows with the same keys as a CSV file, making its folder if there is none."""
    rows = list(rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    with naming(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, text.getvalue())


def append_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Append rows to a CSV file with the same columns; the first ones make it. An interrupted call may
    leave a part of a line behind, which `read_whole_rows` leaves out."""
    if not path.exists():
        write_rows(path, rows)
        return
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(row.values() for row in rows)
    with naming(path), path.open("a", encoding="utf-8", newline="") as file:
        file.write(text.getvalue())


def read_whole_rows(path: Path, columns: Iterable[str] = ()) -> list[dict[str, str]]:
    """As `read_rows`, without a last line that does not end."""
    with reading(path):
        text = read_text(path, TABLE_LIMIT)
        return list(_rows(io.StringIO(text[: text.rfind("\n") + 1], newline=""), columns))


def read_rows(path: Path, columns: Iterable[str] = ()) -> list[dict[str, str]]:
    """Rows of a CSV file, as texts by column.

    Raises
    ------
    ValueError
        If the file is missing or damaged, lacks one of ``columns``, or a row is longer or shorter than
        the header; the message names the file, and the row.
    """
    with reading(path):
        return list(_rows(io.StringIO(read_text(path, TABLE_LIMIT), newline=""), columns))


def stream_rows(path: Path, columns: Iterable[str] = ()) -> Iterator[dict[str, str]]:
    """As `read_rows`, row by row, for files that are too large to be held."""
    with reading(path), open_regular(path, STREAM_LIMIT) as file:
        lines = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        yield from _rows(iter(lambda: lines.readline(LONGEST_LINE), ""), columns)


def _rows(lines: Iterable[str], columns: Iterable[str]) -> Iterator[dict[str, str]]:
    reader = csv.reader(lines, strict=True)
    header = next(reader, [])
    if missing := [name for name in columns if name not in header]:
        raise ValueError(f"missing columns: {', '.join(missing)}")
    if len(set(header)) < len(header):
        raise ValueError("row 1: a column is named twice")
    for cells in reader:
        if len(cells) != len(header):
            raise ValueError(f"row {reader.line_num}: {len(cells)} cells for {len(header)} columns")
        yield dict(zip(header, cells, strict=True))


def read_progress(path: Path, updates: int) -> list[dict[str, str]]:
    """Rows of the first ``updates`` updates of a seed's ``progress.csv``.

    Raises
    ------
    ValueError
        If the file is missing, damaged, or has fewer rows; the message names it.
    """
    rows = read_rows(path)[:updates]
    columns = {"update", "nash_conv", "distance", "kendall_tau"}
    whole = len(rows) == updates and all(
        columns <= set(row) and row["update"] == str(k) and None not in row.values()
        for k, row in enumerate(rows)
    )
    if not whole:
        raise ValueError(f"{path} is damaged: expected rows of {counted(updates, 'update')}")
    return rows
