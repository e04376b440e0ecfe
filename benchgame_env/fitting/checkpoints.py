"""Measured checkpoints: rows, each validated, of a table or of a CSV file."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from benchgame_env.csv_rows import csv_rows
from benchgame_env.validate import checked_name, choice, number

COLUMNS = ("benchmark", "model", "steps", "score", "stderr")
ITEMS = "items"  # may stand in the place of stderr
Bar = Callable[[Iterable[Any]], Iterable[Any]]


@dataclass(frozen=True)
class Checkpoint:
    """One measured score.

    Parameters
    ----------
    benchmark, model : str
        Non-empty names.
    steps : float
        Fine-tuning steps, >= 0.
    score : float
        Accuracy in [0, 1].
    stderr : float
        Standard error of the score, in [0, 1].

    Raises
    ------
    ValueError
        Names the model and the column.

    Notes
    -----
    Numbers may be given as text.
    """

    benchmark: str
    model: str
    steps: float
    score: float
    stderr: float

    def __post_init__(self) -> None:
        for column in ("benchmark", "model"):
            object.__setattr__(self, column, checked_name(column, getattr(self, column)))
        for column in ("steps", "score", "stderr"):
            value = number(f"model {self.model!r}: {column}", getattr(self, column), low=0)
            object.__setattr__(self, column, value)
        for column in ("score", "stderr"):
            value = getattr(self, column)
            if value > 1:
                raise ValueError(f"model {self.model!r}: {column}: must be in [0, 1], got {value:g}")


def read_csv(path: str | os.PathLike[str], bar: Bar = iter) -> list[Checkpoint]:
    """The checkpoints in a CSV file with (at least) the columns of `COLUMNS`.

    In the place of ``stderr``, or where its cell is empty, there may be ``items``, see `fit`. ``bar``
    shows progress while it passes on the rows.

    Raises
    ------
    ValueError
        Names the file and, counting the header as row 1, the row and column at fault.
    """
    try:
        return checkpoints_of(bar(csv_rows(path, COLUMNS[:4], (COLUMNS[4], ITEMS))))
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def checkpoints_of(numbered_rows: Iterable[tuple[int, Any]]) -> list[Checkpoint]:
    """Every row validated; errors name the row."""
    seen: dict[tuple[str, str, float], int] = {}
    result = []
    for row_number, row in numbered_rows:
        try:
            point = _checkpoint(row)
        except ValueError as error:
            raise ValueError(f"row {row_number}: {error}") from None
        first = seen.setdefault((point.benchmark, point.model, point.steps), row_number)
        if first != row_number:
            raise ValueError(
                f"rows {first} and {row_number}: duplicate checkpoint of model {point.model!r} "
                f"at {point.steps:g} steps"
            )
        result.append(point)
    if not result:
        raise ValueError("no checkpoints")
    return result


def _checkpoint(row: Any) -> Checkpoint:
    if isinstance(row, Checkpoint):
        return row
    if not hasattr(row, "keys"):
        raise ValueError(f"expected a mapping with keys {', '.join(COLUMNS)}, got {row!r}")
    missing = [column for column in COLUMNS if column not in row]
    if missing and (missing != ["stderr"] or ITEMS not in row):
        raise ValueError(f"missing {', '.join(missing)}")
    return Checkpoint(**{column: row[column] for column in COLUMNS[:4]}, stderr=_stderr(row))


def _stderr(row: Any) -> Any:
    """The cell ``stderr``, or what the number of test items makes of it."""
    given = row.get("stderr", "")
    if ITEMS not in row or (given is not None and str(given).strip()):
        return given
    items = number(f"model {row['model']!r}: {ITEMS}", row[ITEMS], low=1)
    one = min(1 / items, 0.5)
    share = min(max(number(f"model {row['model']!r}: score", row["score"]), one), 1 - one)
    return math.sqrt(share * (1 - share) / items)


def one_benchmark(checkpoints: list[Checkpoint], benchmark: str | None) -> str:
    """``benchmark``, or the only one there is; ValueError where that is unclear."""
    known = sorted({point.benchmark for point in checkpoints})
    if benchmark is not None:
        return choice("benchmark", benchmark, known)
    if len(known) > 1:
        raise ValueError(f"benchmark: choose one of {', '.join(known)}")
    return known[0]
