"""Folders that a command writes to: empty or its own, not linked elsewhere, one command at a time."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchgame_env.files import MIB, naming, write_bytes

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

DRAFT = re.compile(r"\..+\.[0-9a-f]+\.tmp")  # as `benchgame_env.files` names them


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
    is_other = folder.is_dir() and not (folder / mark).exists()
    if is_other and any(not DRAFT.fullmatch(one.name) for one in folder.iterdir()):
        raise ValueError(f"{folder} holds something else already: choose another --out")
    probe = folder / ".room"
    with naming(folder):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            write_bytes(probe, bytes(MIB))
        finally:
            probe.unlink(missing_ok=True)


def remove_drafts(folder: Path, name: str = "") -> None:
    """Remove drafts that killed processes left in ``folder``: regular files that are named like drafts,
    of the file called ``name`` if it is given."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            ours = DRAFT.fullmatch(entry.name) and entry.name.startswith(f".{name}")
            if ours and entry.is_file(follow_symlinks=False):
                os.unlink(entry.path)


def refuse_links(folder: Path, inside: Iterable[str]) -> None:
    """Refuse a ``folder`` in which a part called one of ``inside`` (a relative path) is a link, so that
    what is written into it would go elsewhere. Raises ValueError naming the part."""
    for name in inside:
        part = folder
        for piece in Path(name).parts:
            part = part / piece
            if part.is_symlink():
                raise ValueError(f"{part} is a link: what a run holds has to be in its own folder")


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Make ``folder`` if there is none, and hold it, see `alone`."""
    with naming(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with alone(folder):
        yield


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold ``path``, an existing folder or a file to be written, against other commands.

    The system lets go of it when the process ends, however it ends. Where the system has no locks, such
    as on some network drives, nothing is held.

    Raises
    ------
    ValueError
        Another command holds it.
    """
    if fcntl is None:
        yield
        return
    of_folder = path.is_dir()
    held = path if of_folder else path.with_name(f".{path.name}.lock")
    flags = os.O_RDONLY if of_folder else os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
    with naming(path):
        handle = os.open(held, flags, 0o666)
    try:
        _lock(handle, held, path)
        try:
            yield
        finally:
            if not of_folder:
                held.unlink(missing_ok=True)
    finally:
        os.close(handle)


def _lock(handle: int, held: Path, path: Path) -> None:
    busy = f"{path}: another command writes to it; wait until it ends, or choose another --out"
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ValueError(busy) from None
    except OSError:  # this drive has no locks
        return
    try:
        is_same = os.path.samestat(os.fstat(handle), held.stat())
    except FileNotFoundError:
        is_same = False
    if not is_same:  # whoever held it has just ended, and removed the file
        raise ValueError(busy)
