"""What a claim is: hypotheses, a conclusion that can be checked on one game, and where it comes from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from benchgame_env.subgame import Subgame
from benchgame_env.theory.pure.hypothesis import as_hypothesis


class Counterexample(NamedTuple):
    """Where the conclusion of a claim is false, with a certificate.

    Attributes
    ----------
    kind : str
        What is wrong, in a few words; a simpler game has to be wrong in the same way.
    says : str
        The same with its numbers.
    number : float
        The certificate.
    meaning : str
        What ``number`` is.
    check : str
        The Python expression that gives ``number``; ``bg`` is the package, ``game`` the game.
    """

    kind: str
    says: str
    number: float
    meaning: str
    check: str


@dataclass(frozen=True)
class Card:
    """A claim about subgames.

    Parameters
    ----------
    name : str
        The word by which commands know it.
    hypotheses : tuple
        What it needs: names from `HYPOTHESES`, or functions of a `Subgame` with a docstring that says
        what they mean.
    sentence : str
        What follows, one sentence.
    conclusion : callable
        From a `Subgame` on which the hypotheses hold to a `Counterexample`, or None if it finds none.
    source : str
        Where the claim comes from.
    title : str, optional
        What people call it; default the name.
    example : tuple, optional
        A named game and rule to which it applies.
    boundary : tuple, optional
        A named game and rule that lack a hypothesis and contradict the conclusion.
    lesson : str, optional
        What happens at the boundary.

    Raises
    ------
    ValueError
        An unknown hypothesis, or one without a meaning.
    """

    name: str
    hypotheses: tuple[Any, ...]
    sentence: str
    conclusion: Callable[[Subgame], Counterexample | None]
    source: str
    title: str = ""
    example: tuple[str, Any] | None = None
    boundary: tuple[str, Any] | None = None
    lesson: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "hypotheses", tuple(map(as_hypothesis, self.hypotheses)))
        object.__setattr__(self, "title", self.title or self.name)

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the hypotheses."""
        return tuple(needed.name for needed in self.hypotheses)

    def applies(self, subgame: Subgame) -> bool:
        """Whether all hypotheses hold. That scores are resolved takes longest, and is looked at last."""
        slow_last = sorted(self.hypotheses, key=lambda needed: needed.name == "scores_resolved")
        return all(needed.on(subgame) for needed in slow_last)

    def contradicted_by(self, subgame: Subgame) -> Counterexample | None:
        """What the conclusion finds on a subgame on which the hypotheses hold."""
        found = self.conclusion(subgame)
        if found is None or isinstance(found, Counterexample):
            return found
        raise ValueError(
            f"card {self.name!r}: need None or a Counterexample, its conclusion gave {found!r}"
        )
