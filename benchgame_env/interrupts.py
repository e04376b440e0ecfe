"""Ctrl-C while a command of this project still imports its libraries: one line, and status 130.

Imports take seconds, and no command has started anything yet that needs to be ended in order.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

PACKAGES = ("benchgame_env", "agents", "training")
INTERRUPTED = 130  # as shells report a process that Ctrl-C has ended


def command() -> str:
    """The module of this project that ``python -m`` is about to run; empty in any other process."""
    if sys.argv[:1] != ["-m"]:  # the module is found already, or the process was started otherwise
        return ""
    module = sys.orig_argv[-len(sys.argv)].removeprefix("-m")
    return module if module.split(".")[0] in PACKAGES else ""


def guard() -> None:
    """In a process that is about to run a command, end it without a traceback on Ctrl-C."""
    module = command()
    if module and signal.getsignal(signal.SIGINT) is signal.default_int_handler:

        def stop(*_: Any) -> None:
            os.write(2, f"python -m {module}: interrupted\n".encode())
            os._exit(INTERRUPTED)

        signal.signal(signal.SIGINT, stop)
