"""TensorBoard events of a seed."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path


def can_log() -> bool:
    """Whether TensorBoard is installed."""
    try:
        import tensorboard  # noqa: F401
    except ImportError:
        return False
    return True


Log = Callable[[Mapping[str, float], int], None]


@contextlib.contextmanager
def event_log(folder: Path, start: int) -> Iterator[Log]:
    """What writes the figures of a step, given by name, as a TensorBoard event to ``folder``. Those from
    step ``start`` on replace earlier ones. Without TensorBoard nothing is written.

    It writes in a thread of its own. An error there, such as that the disk is full, is raised here with
    the name of the file, and is printed nowhere else.
    """
    if not can_log():
        yield lambda figures, step: None
        return
    from tensorboard.compat.proto.summary_pb2 import Summary
    from torch.utils.tensorboard import SummaryWriter  # here, because it takes long to import

    before = threading.excepthook

    def hook(failed: threading.ExceptHookArgs) -> None:
        if not type(failed.thread).__module__.startswith("tensorboard"):
            before(failed)

    threading.excepthook = hook
    try:
        with contextlib.closing(SummaryWriter(str(folder), purge_step=start)) as board:
            writer = board.file_writer
            assert writer is not None  # it has been opened

            def log(figures: Mapping[str, float], step: int) -> None:
                # One event for all figures: one for each takes a quarter of the time of an update.
                values = [Summary.Value(tag=name, simple_value=value) for name, value in figures.items()]
                writer.add_summary(Summary(value=values), step)

            yield log
    except OSError as error:
        if error.filename is not None:
            raise
        name = str(folder / "events.out.tfevents")
        raise OSError(error.errno, error.strerror or str(error), name) from None
    finally:
        threading.excepthook = before
