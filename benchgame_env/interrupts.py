"""Ctrl-C while a command of this project still imports its libraries: one line, and status 130.

Imports take seconds, and no command has started anything yet that needs to be ended in order.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from benchgame_env.aliases import OWNER, PACKAGES

CONSOLE = "benchgame"
INTERRUPTED = 130  # as shells report a process that Ctrl-C has ended


def command() -> str:
    """The command of this project that the process is about to run; empty in any other process."""
    if sys.argv[:1] != ["-m"]:  # the module is found already, or the process was started otherwise
        return CONSOLE if sys.argv and Path(sys.argv[0]).stem == CONSOLE else ""
    module = sys.orig_argv[-len(sys.argv)].removeprefix("-m")
    return f"python -m {module}" if module.split(".")[0] in (OWNER, *PACKAGES) else ""


def guard() -> None:
    """In a process that is about to run a command, end it without a traceback on Ctrl-C."""
    name = command()
    if name and signal.getsignal(signal.SIGINT) is signal.default_int_handler:

        def stop(*_: Any) -> None:
            os.write(2, f"{name}: interrupted\n".encode())
            os._exit(INTERRUPTED)

        signal.signal(signal.SIGINT, stop)
