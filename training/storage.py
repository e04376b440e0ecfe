"""Rows as CSV files, and checkpoints that load without executing code."""

from __future__ import annotations

import csv
import io
import pickle
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchgame_env._files import write_bytes, write_text


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
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def save_checkpoint(path: Path, content: dict[str, Any]) -> None:
    """Tensors, arrays (read back as tensors), numbers, strings and containers of them."""
    import torch  # here, for rows are also for those who have none

    buffer = io.BytesIO()
    torch.save(_with_tensors(content), buffer)
    write_bytes(path, buffer.getvalue())


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Raises ValueError naming the file if it is missing, damaged or holds anything but data."""
    import torch

    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise ValueError(f"{path} is missing") from None
    except (RuntimeError, EOFError, OSError, KeyError, pickle.UnpicklingError) as error:
        raise ValueError(f"{path} is damaged or no checkpoint ({type(error).__name__})") from error


def _with_tensors(value: Any) -> Any:
    import torch

    if isinstance(value, np.ndarray):
        return torch.as_tensor(value.copy())  # it may be read-only, which tensors are not
    if isinstance(value, dict):
        return {key: _with_tensors(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_with_tensors(part) for part in value)
    return value
