"""Checkpoints: what a seed has learned, in files that load without executing code.

Headers are looked at before memory is taken. What is unpacked is never larger than the file: nothing in
it is compressed, every tensor has its own numbers, and all numbers are finite.
"""

from __future__ import annotations

import io
import math
import pickletools
import warnings
import zipfile
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from benchgame_env.agents.runs.settings import SAMPLE
from benchgame_env.files import open_regular, write_bytes
from benchgame_env.records import reading
from benchgame_env.validate import Floats

PLAYERS_LIMIT = 2**31  # bytes of what all players of a seed learned
INDEX_LIMIT = 2**22  # bytes of the list of what is there
KINDS = ("float64", "float32", "int64", "int32", "uint8", "bool")  # of numbers in tensors
# What the list is made of; the names of torch's storages end in "Storage".
MADE_OF = ("torch._utils _rebuild_tensor_v2", "collections OrderedDict")


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


def read_checkpoint(path: Path, n: int, updates: int) -> Checkpoint:
    """A seed's checkpoint in a game of ``n`` developers, after at most ``updates`` updates. Raises
    ValueError like `load_checkpoint`."""
    content = load_checkpoint(path, PLAYERS_LIMIT + 8 * updates * SAMPLE * n)
    with reading(path):
        if content.keys() != set(Checkpoint._fields):
            raise ValueError(f"expected {', '.join(Checkpoint._fields)}, got {', '.join(content)}")
        update, players, play = (content[name] for name in Checkpoint._fields)
        if type(update) is not int or not 0 < update <= updates:
            raise ValueError(f"update: expected 1 to {updates}")
        if not isinstance(players, list) or not all(isinstance(one, dict) for one in players):
            raise ValueError("players: expected a list of what they saved")
        shape = tuple(getattr(play, "shape", ()))
        if shape != (update, SAMPLE, n):
            raise ValueError(f"play: expected shape {(update, SAMPLE, n)}, got {shape}")
        play = np.asarray(play, dtype=np.float64)
        if (play < 0).any():
            raise ValueError("play: efforts must be >= 0")
    return Checkpoint(update, players, play)


def save_checkpoint(path: Path, content: dict[str, Any]) -> None:
    """Write tensors, arrays (read back as tensors), numbers, strings and containers of them."""
    import torch  # here, because rows are also written where torch is not installed

    buffer = io.BytesIO()
    try:
        torch.save(_with_tensors(content), buffer)
    except (MemoryError, RuntimeError):  # PyTorch says "unexpected pos" where the buffer could not grow
        raise MemoryError(f"{path} could not be written") from None
    write_bytes(path, buffer.getvalue())


def load_checkpoint(path: Path, limit: int = PLAYERS_LIMIT) -> dict[str, Any]:
    """The content of a checkpoint of at most ``limit`` bytes.

    Raises
    ------
    ValueError
        It is missing, damaged or no data, or holds numbers that are not finite; the message names the
        file.
    """
    import torch

    try:
        with open_regular(path, limit) as file:
            size = _check_archive(file)
            file.seek(0)
            with warnings.catch_warnings(action="ignore"):  # about how the file was made
                content = torch.load(file, map_location="cpu", weights_only=True)
        if not isinstance(content, dict):
            raise ValueError("it holds no dictionary")
        _check_content(content, size)
    except FileNotFoundError:
        raise ValueError(f"{path} is missing") from None
    except Exception as error:  # damaged bytes can cause any error
        what = str(error) if type(error) is ValueError else type(error).__name__
        raise ValueError(f"{path} is damaged or no checkpoint ({what})") from error
    return content


def _check_archive(file: IO[bytes]) -> int:
    """Check what the headers say before anything is unpacked; returns the size of the file."""
    size = file.seek(0, io.SEEK_END)
    with zipfile.ZipFile(file) as archive:
        parts = archive.infolist()
        if any(part.compress_type != zipfile.ZIP_STORED for part in parts):
            raise ValueError("its parts are compressed")
        if sum(part.file_size for part in parts) > size:
            raise ValueError("its parts are larger than the file")
        index = [part for part in parts if part.filename.endswith("/data.pkl")]
        if len(index) != 1 or index[0].file_size > INDEX_LIMIT:
            raise ValueError("it has no list of its parts, or one that is too long")
        if archive.testzip() is not None:  # torch does not look at checksums
            raise ValueError("a checksum does not fit")
        for operation, argument, _ in pickletools.genops(archive.read(index[0])):
            code = operation.name in ("STACK_GLOBAL", "INST", "EXT1", "EXT2", "EXT4")
            if operation.name == "GLOBAL" and argument not in MADE_OF:
                code = not (str(argument).startswith("torch ") and str(argument).endswith("Storage"))
            if code:
                raise ValueError(f"it names code ({str(argument)[:60]!a})")
    return size


def _check_content(content: dict[str, Any], size: int) -> None:
    """Check that what was unpacked is finite and not larger than the file of ``size`` bytes."""
    import torch

    left, parts, room = [("", content)], size, size
    while left:
        name, value = left.pop()
        parts -= 1
        if parts < 0:
            raise ValueError("it names its parts more often than it has bytes")
        if isinstance(value, torch.Tensor):
            room -= value.numel() * value.element_size()
            _check_tensor(name, value, room)
        elif isinstance(value, dict):
            left += [(f"{name}.{key}"[-80:].lstrip("."), part) for key, part in value.items()]
        elif isinstance(value, (list, tuple)):
            left += [(f"{name}[{k}]"[-80:], part) for k, part in enumerate(value)]
        elif isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"{name}: {value} is no finite number")
        elif not isinstance(value, (float, int, str, type(None))):
            raise ValueError(f"{name}: expected numbers and words, got {type(value).__name__}")


def _check_tensor(name: str, value: Any, room: int) -> None:
    import torch

    kind = str(value.dtype).removeprefix("torch.")
    if value.layout is not torch.strided or kind not in KINDS:
        raise ValueError(f"{name}: {kind} is no kind of numbers that is kept")
    if room < 0:
        raise ValueError(f"{name}: its numbers are more than the file holds")
    if value.is_floating_point() and not bool(torch.isfinite(value).all()):
        raise ValueError(f"{name}: a number is not finite")


def _with_tensors(value: Any) -> Any:
    import torch

    if isinstance(value, np.ndarray):
        return torch.as_tensor(value.copy())  # it may be read-only, which tensors are not
    if isinstance(value, dict):
        return {key: _with_tensors(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_with_tensors(part) for part in value)
    return value
