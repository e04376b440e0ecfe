"""The one list of claims: names to cards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchgame_env.registry import Registry
from benchgame_env.subgame import Subgame
from benchgame_env.theory.claims.card import Card, Counterexample

Conclusion = Callable[[Subgame], Counterexample | None]


class _Cards(Registry[Card]):
    kind, wanted = "card", "a Card"

    def accept(self, thing: Any) -> Card | None:
        return thing if isinstance(thing, Card) else None

    def origin(self, thing: Card) -> str:
        return f"{thing.conclusion.__module__}.{thing.conclusion.__qualname__}"


CARDS = _Cards()


def register_card(name: str, **fields: Any) -> Callable[[Conclusion], Card]:
    """Decorator: a function that looks for a counterexample becomes the conclusion of the card ``name``.

    Parameters
    ----------
    name : str
        The card's name.
    **fields : object
        The other fields of `Card`: at least ``hypotheses``, ``sentence`` and ``source``.

    Returns
    -------
    callable
        The decorator, which returns the `Card`.

    Raises
    ------
    ValueError
        The name is taken by another card, or is no word; or a hypothesis is unknown.
    """
    return lambda conclusion: CARDS.add(name, Card(name=name, conclusion=conclusion, **fields))


def cards() -> tuple[str, ...]:
    """Names of all known cards, in the order in which they were registered; those of installed packages,
    under the entry-point group ``benchgame_env.cards``, come last."""
    return tuple(CARDS)


def card(name: str) -> Card:
    """The card called ``name``, or ``module:name`` with a card of a module that can be imported.

    Raises
    ------
    ValueError
        There is none (the known cards are listed), or its module cannot be imported.
    """
    return CARDS.find(name)
