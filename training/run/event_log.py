"""TensorBoard events of a seed."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def can_log() -> bool:
    """Whether TensorBoard is installed."""
    try:
        import tensorboard  # noqa: F401
    except ImportError:
        return False
    return True


@contextlib.contextmanager
def event_log(folder: Path, start: int) -> Iterator[Any]:
    """A TensorBoard writer for ``folder``, whose events from step ``start`` on replace earlier ones;
    None without TensorBoard.

    It writes in a thread of its own. An error there, such as that the disk is full, is raised here with
    the name of the file, and is printed nowhere else.
    """
    if not can_log():
        yield None
        return
    from torch.utils.tensorboard import SummaryWriter  # here, because it takes long to import

    before = threading.excepthook

    def hook(failed: threading.ExceptHookArgs) -> None:
        if not type(failed.thread).__module__.startswith("tensorboard"):
            before(failed)

    threading.excepthook = hook
    try:
        with contextlib.closing(SummaryWriter(str(folder), purge_step=start)) as board:
            yield board
    except OSError as error:
        if error.filename is not None:
            raise
        name = str(folder / "events.out.tfevents")
        raise OSError(error.errno, error.strerror or str(error), name) from None
    finally:
        threading.excepthook = before
