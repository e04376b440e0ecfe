"""Reading files of bounded size, and writing files so that a reader never sees half of one.

What is read is a regular file, looked at before memory is taken. What is written is a draft with a
random name first, which no link can be waiting for; a device or a pipe is written to and never replaced.
"""

from __future__ import annotations

import contextlib
import errno
import json
import math
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np

MIB = 2**20
TEXT_LIMIT = 64 * MIB  # bytes of a file that is read as a whole
TABLE_LIMIT = 256 * MIB  # bytes of a table

PathLike = str | os.PathLike[str]

# Windows lacks the one, and the other systems lack the other.
_NONBLOCK, _BINARY = getattr(os, "O_NONBLOCK", 0), getattr(os, "O_BINARY", 0)


def open_regular(path: PathLike, limit: int = TEXT_LIMIT) -> IO[bytes]:
    """Open a file for reading.

    Raises
    ------
    ValueError
        It is a pipe, a device or another special file, or has more than ``limit`` bytes. The message
        does not name the file: callers do.
    OSError
        It cannot be opened, or is a folder.
    """
    # Without O_NONBLOCK, opening a pipe waits for somebody who writes to it.
    handle = os.open(path, os.O_RDONLY | _NONBLOCK | _BINARY)
    try:
        _check_regular(path, os.fstat(handle), limit)
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def _check_regular(path: PathLike, found: os.stat_result, limit: int) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    if not stat.S_ISREG(found.st_mode):
        raise ValueError("it is a pipe or a device, and only regular files are read")
    if found.st_size > limit:
        raise ValueError(f"its {found.st_size:,} bytes are more than the {limit:,} that are read")


def read_bytes(path: PathLike, limit: int = TEXT_LIMIT) -> bytes:
    """The content of a file. Raises like `open_regular`."""
    with open_regular(path, limit) as file:
        content = file.read(limit + 1)
    if len(content) > limit:  # it grew
        raise ValueError(f"it has more than the {limit:,} bytes that are read")
    return content


def read_text(path: PathLike, limit: int = TEXT_LIMIT) -> str:
    """The content of a file in UTF-8, with or without a byte order mark, and line ends as they are.
    Raises like `open_regular`, and ValueError for a file that is no text."""
    text = read_bytes(path, limit).decode("utf-8-sig")
    if "\0" in text:
        raise ValueError("it is no text: it holds a NUL character")
    return text


def write_bytes(path: PathLike, content: bytes, exclusive: bool = False) -> None:
    """Write a draft beside ``path`` and then move it there, so that a reader never sees half a file.

    Parameters
    ----------
    path : str or path
        Where to write. A link there is replaced and not followed; a device or a pipe is written to.
    content : bytes
        What to write.
    exclusive : bool
        Whether to fail where ``path`` exists already.

    Raises
    ------
    OSError
        The file cannot be written, or exists and ``exclusive`` is set; its ``filename`` is ``path``.
    """
    path = Path(path)
    with naming(path):
        if _is_special(path):
            _write_through(path, content)
        else:
            _write_draft(path, content, exclusive)


def write_text(path: PathLike, content: str, exclusive: bool = False) -> None:
    """As `write_bytes`, in UTF-8."""
    write_bytes(path, content.encode(), exclusive)


@contextlib.contextmanager
def naming(path: Path) -> Iterator[None]:
    """Let an OSError name ``path``, as it was given, and not a draft or a folder on the way to it."""
    try:
        yield
    except OSError as error:
        raise type(error)(error.errno, error.strerror or str(error), str(path)) from None


def _is_special(path: Path) -> bool:
    """Whether ``path`` is a device, a pipe or a socket, or a name of an open one."""
    if _open_stream(path) is not None:
        return True
    try:
        kind = path.lstat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(kind) or stat.S_ISLNK(kind) or stat.S_ISDIR(kind))


def _open_stream(path: Path) -> int | None:
    """The number of the open stream that the system calls ``path``, such as ``/dev/stdout``."""
    folder, name = os.path.split(os.path.abspath(path))
    if folder == "/dev":
        return {"stdout": 1, "stderr": 2}.get(name)
    return int(name) if folder in ("/dev/fd", "/proc/self/fd") and name.isdecimal() else None


def _write_through(path: Path, content: bytes) -> None:
    stream = _open_stream(path)
    # Without O_NONBLOCK, opening a pipe that nobody reads from never ends. A stream is not opened once
    # more: what else is written to it would go to the same place.
    handle = os.open(path, os.O_WRONLY | _NONBLOCK) if stream is None else os.dup(stream)
    with os.fdopen(handle, "wb") as file:
        os.set_blocking(handle, True)
        file.write(content)


def _write_draft(path: Path, content: bytes, exclusive: bool) -> None:
    draft = path.with_name(f".{path.name[:100]}.{secrets.token_hex(8)}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY  # O_EXCL follows no link
    try:
        with os.fdopen(os.open(draft, flags, 0o666), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if exclusive:
            _link(draft, path)
        else:
            os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _link(draft: Path, path: Path) -> None:
    """Give the draft its name, unless there is such a file."""
    try:
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError:  # a drive without hard links
        with path.open("xb") as file:
            file.write(draft.read_bytes())


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
