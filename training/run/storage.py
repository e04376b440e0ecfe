"""Rows as CSV files, and checkpoints that load without executing code."""

from __future__ import annotations

import contextlib
import csv
import io
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchgame_env.files import write_bytes, write_text
from benchgame_env.validate import Floats
from training.run.records import counted


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn errors while ``path`` is read into a ValueError that names it as missing or damaged."""
    try:
        yield
    except FileNotFoundError:
        raise ValueError(f"{path} is missing") from None
    except (csv.Error, LookupError, TypeError, ValueError, RuntimeError, IsADirectoryError) as error:
        kind = "" if type(error) is ValueError else f"{type(error).__name__}: "
        raise ValueError(f"{path} is damaged: {kind}{error}") from error


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows with the same keys as a CSV file, making its folder if there is none."""
    rows = list(rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, text.getvalue())


def read_rows(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file, as texts by column. ValueError naming the file if missing or damaged."""
    with reading(path), path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, strict=True))


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


def save_checkpoint(path: Path, content: dict[str, Any]) -> None:
    """Write tensors, arrays (read back as tensors), numbers, strings and containers of them."""
    import torch  # here, because rows are also written where torch is not installed

    buffer = io.BytesIO()
    torch.save(_with_tensors(content), buffer)
    write_bytes(path, buffer.getvalue())


def load_checkpoint(path: Path) -> dict[str, Any]:
    """The content of a checkpoint. ValueError naming the file if it is missing, damaged or no data."""
    import torch

    try:
        with zipfile.ZipFile(path) as file:  # torch does not look at checksums
            if file.testzip() is not None:
                raise ValueError("a checksum does not fit")
        with warnings.catch_warnings(action="ignore"):  # about how the file was made
            content = torch.load(path, map_location="cpu", weights_only=True)
        if not isinstance(content, dict):
            raise TypeError("it holds no dictionary")
    except FileNotFoundError:
        raise ValueError(f"{path} is missing") from None
    except Exception as error:  # damaged bytes can cause any error
        raise ValueError(f"{path} is damaged or no checkpoint ({type(error).__name__})") from error
    return content


class Checkpoint(NamedTuple):
    """What a seed has learned so far.

    Attributes
    ----------
    update : int
        Number of updates done.
    players : list of dict
        What each player saved.
    play : array ``[updates, samples, n]``
        Efforts sampled in training, effort units.
    """

    update: int
    players: list[dict[str, Any]]
    play: Floats


def read_checkpoint(path: Path, n: int) -> Checkpoint:
    """A seed's checkpoint in a game of ``n`` developers. Raises ValueError like `load_checkpoint`."""
    content = load_checkpoint(path)
    with reading(path):
        update, players, play = content["update"], content["players"], np.asarray(content["play"])
        fits = play.ndim == 3 and play.shape[::2] == (update, n) and bool(np.isfinite(play).all())
        if not fits or type(update) is not int or not all(isinstance(one, dict) for one in players):
            raise ValueError("its parts do not fit together")
    return Checkpoint(update, players, play)


def _with_tensors(value: Any) -> Any:
    import torch

    if isinstance(value, np.ndarray):
        return torch.as_tensor(value.copy())  # it may be read-only, which tensors are not
    if isinstance(value, dict):
        return {key: _with_tensors(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_with_tensors(part) for part in value)
    return value
