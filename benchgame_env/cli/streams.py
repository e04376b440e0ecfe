"""What commands print: it fits any terminal, and ends no command when nobody reads any more."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any

from benchgame_env.validate import HARMFUL


def harmless(text: str) -> str:
    """``text`` with its control characters escaped, as in ``\\x1b``."""
    return HARMFUL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def one_line(text: str) -> str:
    """``text`` in one line: as `harmless`, and line ends and tabs are escaped too."""
    return harmless(text).replace("\n", "\\n").replace("\t", "\\t")


class Stream:
    """A standard stream that drops what nobody reads.

    Parameters
    ----------
    stream : text stream
        The stream itself.
    name : str
        What to call it in errors.
    escape : bool
        Whether control characters are escaped; a progress bar needs its own.
    """

    def __init__(self, stream: Any, name: str, escape: bool) -> None:
        self._stream, self._name, self._escape = stream, name, escape
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace" if escape else "backslashreplace")

    def write(self, text: str) -> int:
        """Write ``text``; returns its length."""
        with self._reader_may_leave():
            self._stream.write(harmless(text) if self._escape else text)
        return len(text)

    def flush(self) -> None:
        """Hand over what was written so far."""
        with self._reader_may_leave():
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @contextlib.contextmanager
    def _reader_may_leave(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            # Whatever is still in its buffer, Python writes at the end: nowhere, lest it fails again.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())
            if not isinstance(error, BrokenPipeError):  # a reader that has seen enough, as in `| head`
                raise OSError(error.errno, error.strerror, self._name) from None


@contextlib.contextmanager
def safe_streams() -> Iterator[None]:
    """Make standard output and standard error a `Stream`; at the end, hand over what was written."""
    before = sys.stdout, sys.stderr
    if sys.stdout is not None:
        sys.stdout = Stream(sys.stdout, "standard output", escape=True)
    if sys.stderr is not None:
        sys.stderr = Stream(sys.stderr, "standard error", escape=False)
    try:
        yield
        print(end="", flush=True)
    finally:
        sys.stdout, sys.stderr = before
