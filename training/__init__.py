"""Experiments: whatever takes minutes, writes files or has a command line."""

import sys
from typing import Any

if sys.argv[:1] == ["-m"]:  # a command starts: from here on, Ctrl-C ends it without a traceback
    import benchgame_env  # noqa: F401

__all__ = ["judge"]


def __getattr__(name: str) -> Any:  # what takes long to import is imported when it is asked for
    if name != "judge":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from training.grading.one_set import judge

    return judge
