"""What a contest is: contestants by name, each a function that prepares what is timed."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Run(NamedTuple):
    """What is timed.

    Attributes
    ----------
    call : callable
        The call.
    units : int
        Number of units of one call: agent-steps, or steps of the environment.
    """

    call: Callable[[], object]
    units: int


Contest = dict[str, Callable[[], Run]]
