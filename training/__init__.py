"""Experiments: whatever takes minutes, writes files or has a command line."""

from typing import Any

__all__ = ["judge"]


def __getattr__(name: str) -> Any:  # what takes long to import is imported when it is asked for
    if name != "judge":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from training.grading.one_set import judge

    return judge
