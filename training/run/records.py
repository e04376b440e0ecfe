"""Words for numbers of things; records themselves are in `benchgame_env.records`."""

from __future__ import annotations

from benchgame_env.records import plain, read

__all__ = ["counted", "plain", "read"]


def counted(number: int, noun: str) -> str:
    """A number with its noun, in the plural if it is not 1: ``1 seed``, ``2,000 copies``."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"
