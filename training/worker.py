"""What the processes of `training.jobs` run. It imports nothing heavy, so that they watch their parent
from the first moment on; a job imports what it needs."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable
from functools import partial
from multiprocessing import connection
from typing import Any

from benchgame_env import extras


def serve(jobs: Any) -> None:
    """Answer the jobs that come through a connection, until it closes or the parent dies."""
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    if hasattr(signal, "pthread_sigmask"):  # held back while this process started
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
    with contextlib.suppress(EOFError, OSError):  # the parent has gone, or needs no more
        while True:
            jobs.send(answer(partial(_run, jobs.recv_bytes())))


def _run(job: bytes) -> Any:
    return pickle.loads(job)()  # what it needs may not import, which is its error


def answer(job: Callable[[], Any]) -> tuple[str, Any]:
    """The error of ``job`` in one line, and its result."""
    try:
        return "", job()
    except Exception as error:  # whatever it is, the other jobs go on
        return error_line(error), None


def error_line(error: BaseException) -> str:
    """The type and the message of an error, cut at 300 characters; of a missing library, what brings
    it."""
    if isinstance(error, ImportError) and extras.told(error):
        return extras.told(error)
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


def _exit_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    os._exit(1)
