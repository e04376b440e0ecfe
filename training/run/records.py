"""Words for numbers of things."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """A number with its noun, in the plural if it is not 1: ``1 seed``, ``2,000 copies``."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"
