"""Writing files so that a reader never sees half of one."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import numpy as np


def write_bytes(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a draft beside ``path`` and then move it there, so that a reader never sees half a file."""
    path = Path(path)
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def claim_folder(folder: Path, mark: str) -> None:
    """Make ``folder`` and check that it can be written to.

    Parameters
    ----------
    folder : Path
        The folder, which may exist if it is empty or contains ``mark``.
    mark : str
        Name of the file by which an earlier run is known.

    Raises
    ------
    ValueError
        The folder contains something else.
    OSError
        A mebibyte cannot be written there: now, and not after hours of work.
    """
    if not (folder / mark).exists() and folder.is_dir() and any(folder.iterdir()):
        raise ValueError(f"{folder} holds something else already: choose another --out")
    folder.mkdir(parents=True, exist_ok=True)
    probe = folder / ".room"
    try:
        write_bytes(probe, bytes(2**20))
    finally:
        probe.unlink(missing_ok=True)


def write_text(path: str | os.PathLike[str], content: str) -> None:
    """As `write_bytes`, in UTF-8."""
    write_bytes(path, content.encode())


def json_text(value: Any) -> str:
    """``value`` as JSON; arrays become lists, and infinite numbers and NaN become null."""
    return json.dumps(_plain(value), indent=2, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
