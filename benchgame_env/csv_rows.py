"""CSV files that people bring: one reader, which names the row or the column at fault."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator, Sequence

from benchgame_env.files import TABLE_LIMIT, read_text

Rows = Iterator[tuple[int, dict[str, str]]]


def csv_rows(path: str | os.PathLike[str], columns: Sequence[str], one_of: Sequence[str] = ()) -> Rows:
    """The rows of a CSV file with a header, each with its number.

    Parameters
    ----------
    path : str or path
        The file, in UTF-8, with or without a byte order mark. Commas separate cells.
    columns : sequence of str
        Columns that the file must have; it may have others.
    one_of : sequence of str
        Columns of which it must have at least one.

    Yields
    ------
    number : int
        Line of the file at which the row ends; the header is row 1.
    cells : dict of str to str
        Cells by column; a row that ends early has empty cells.

    Raises
    ------
    ValueError
        The header lacks a column or names one twice, a row has more cells than the header, or the file
        is no regular file with CSV in UTF-8.
    OSError
        The file cannot be read.
    """
    text = io.StringIO(read_text(path, TABLE_LIMIT), newline="")
    lines = csv.reader(text, skipinitialspace=True, strict=True)
    try:
        header = _header(next(lines, []), columns, one_of)
        for cells in lines:
            if any(cells):
                yield lines.line_num, _row(header, cells, lines.line_num)
    except csv.Error as error:
        raise ValueError(f"row {lines.line_num}: {error}") from None


def _header(cells: list[str], columns: Sequence[str], one_of: Sequence[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    if not any(names):
        raise ValueError("row 1 is empty; it should name the columns")
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise ValueError(f"row 1 names a column twice: {', '.join(twice)}")
    missing = [column for column in columns if column not in names]
    missing += [" or ".join(one_of)] if one_of and not set(one_of) & set(names) else []
    if missing:
        hint = " (cells are separated by commas)" if len(names) == 1 and names[0] else ""
        raise ValueError(f"missing columns: {', '.join(missing)}{hint}")
    return names


def _row(header: list[str], cells: list[str], number: int) -> dict[str, str]:
    if any(cells[len(header) :]):
        raise ValueError(
            f"row {number}: {len(cells)} cells, but row 1 names {len(header)} columns; "
            "is there a comma in a number or in a name? Quote names, and write 0.5 and 10000"
        )
    return dict(zip(header, cells + [""] * (len(header) - len(cells)), strict=False))
