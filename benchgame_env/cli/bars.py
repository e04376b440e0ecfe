"""Progress bars: on a terminal, on stderr, unless ``--quiet`` was said; never in a log file.

tqdm is imported where a bar is made: it takes a tenth of a second, and few commands need it.
"""

from __future__ import annotations

import contextlib
import math
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from benchgame_env.cli.streams import one_line

_quiet = False  # of this process, as the user said


def be_quiet(quiet: bool) -> None:
    """Whether bars and notes are left out from now on."""
    global _quiet
    _quiet = quiet


def note(text: str) -> None:
    """A line on stderr about what is done just now."""
    if not _quiet:
        print(text, file=sys.stderr)


def progress_bar(total: int, unit: str, name: str, done: int = 0, delay: float = 0.0) -> Any:
    """A bar, shown after ``delay`` seconds, for ``total`` things of which some are ``done``."""
    return _bar(total=total, initial=done, unit=unit, desc=one_line(name), delay=delay)


def bar(unit: str) -> Callable[[Iterable[Any]], Iterable[Any]]:
    """What shows progress, after a while, as it passes items on."""
    return partial(_bar, unit=unit, delay=2.0, leave=False)


@contextlib.contextmanager
def falling_bar(label: str, goal: float) -> Iterator[Callable[[float], None]]:
    """A bar for a figure that has to fall to ``goal``, on a logarithmic scale."""
    with _share() as show:
        first: list[float] = []

        def progress(value: float) -> None:
            first.append(max(value, 2 * goal))
            share = math.log(first[0] / max(value, goal)) / math.log(first[0] / goal)
            show(f"{label} {value:.2g} of {goal:.2g}", share)

        yield progress


@contextlib.contextmanager
def share_bar() -> Iterator[Callable[[str, float], None]]:
    """A bar for a label and the share that is done, which grows to 1."""
    with _share() as show:
        yield show


@contextlib.contextmanager
def _share() -> Iterator[Callable[[str, float], None]]:
    with _bar(total=100, bar_format="{desc} {bar} {elapsed}", leave=False) as shown:

        def show(label: str, share: float) -> None:
            shown.set_description_str(label, refresh=False)
            shown.update(max(0.0, 100 * share - shown.n))

        yield show


def _bar(*items: Iterable[Any], **settings: Any) -> Any:
    from tqdm import tqdm

    return tqdm(*items, disable=True if _quiet else None, **settings)
