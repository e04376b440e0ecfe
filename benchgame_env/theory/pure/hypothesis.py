"""Hypotheses: named yes-or-no questions about a subgame, each with its meaning."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from benchgame_env.subgame import Subgame
from benchgame_env.validate import choice

HYPOTHESES: dict[str, Hypothesis] = {}
Holds = Callable[[Subgame], bool]
_T = TypeVar("_T")


@dataclass(frozen=True)
class Hypothesis:
    """What a theorem may need.

    Parameters
    ----------
    name : str
        Its name.
    meaning : str
        What it says, in one sentence.
    holds : callable
        From a `Subgame` of an exact rule to whether it holds there.
    """

    name: str
    meaning: str
    holds: Holds

    def on(self, subgame: Subgame) -> bool:
        """Whether it holds on ``subgame``, worked out once."""
        return noted(subgame, self.holds)


def hypothesis(name: str) -> Callable[[Holds], Hypothesis]:
    """Decorator: a function of a `Subgame`, whose docstring says what it means, becomes the hypothesis
    ``name``."""

    def register(function: Holds) -> Hypothesis:
        HYPOTHESES[name] = Hypothesis(name, _meaning(name, function), function)
        return HYPOTHESES[name]

    return register


def as_hypothesis(spec: Any) -> Hypothesis:
    """A hypothesis from its name, itself, or a function of a `Subgame` with a docstring."""
    if isinstance(spec, Hypothesis):
        return spec
    if callable(spec):
        name = getattr(spec, "__name__", repr(spec))
        return Hypothesis(name, _meaning(name, spec), spec)
    return HYPOTHESES[choice("hypothesis", spec, HYPOTHESES)]


def _meaning(name: str, function: Holds) -> str:
    text = " ".join((function.__doc__ or "").split())
    if not text:
        raise ValueError(f"hypothesis {name!r}: needs a docstring that says what it means")
    return text.rstrip(".")


def noted(subgame: Subgame, question: Callable[[Subgame], _T]) -> _T:
    """``question(subgame)``, worked out once and kept in the subgame's notes."""
    if question not in subgame.notes:
        subgame.notes[question] = question(subgame)
    return subgame.notes[question]
