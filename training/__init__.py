"""Experiments: whatever takes minutes, writes files or has a command line."""

from typing import Any

from benchgame_env import aliases  # first, for what benchgame_env does when a command starts

aliases.one_module(__name__)

__all__ = ["judge"]


def __getattr__(name: str) -> Any:  # what takes long to import is imported when it is asked for
    if name != "judge":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from benchgame_env.training.grading.one_set import judge

    return judge
