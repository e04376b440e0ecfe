"""The one list of claims: names to cards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchgame_env.rules import imported
from benchgame_env.subgame import Subgame
from benchgame_env.theory.claims.card import Card, Counterexample
from benchgame_env.validate import choice

Conclusion = Callable[[Subgame], Counterexample | None]

_cards: dict[str, Card] = {}


def register_card(name: str, **fields: Any) -> Callable[[Conclusion], Card]:
    """Decorator: a function that looks for a counterexample becomes the conclusion of the card ``name``.

    Parameters
    ----------
    name : str
        The card's name, without a colon.
    **fields : object
        The other fields of `Card`: at least ``hypotheses``, ``sentence`` and ``source``.

    Returns
    -------
    callable
        The decorator, which returns the `Card`.

    Raises
    ------
    ValueError
        The name is taken by a card of another module, has a colon, or a hypothesis is unknown.
    """
    if ":" in name:
        raise ValueError(f"card {name!r}: a colon in a name stands between module and name")

    def register(conclusion: Conclusion) -> Card:
        known = _cards.get(name)
        # The same function again is a module reload, not a clash.
        if known is not None and known.conclusion.__module__ != conclusion.__module__:
            raise ValueError(f"card {name!r} is already one of {known.conclusion.__module__}")
        _cards[name] = Card(name=name, conclusion=conclusion, **fields)
        return _cards[name]

    return register


def cards() -> tuple[str, ...]:
    """Names of all known cards, in the order in which they were registered."""
    return tuple(_cards)


def card(name: str) -> Card:
    """The card called ``name``, or ``module:name`` with a card of a module that can be imported.

    Raises
    ------
    ValueError
        There is none (the known cards are listed), or its module cannot be imported.
    """
    if isinstance(name, str) and ":" in name:
        module, own = imported("card", name)
        found = _cards.get(own) or getattr(module, own, None)
        if not isinstance(found, Card):
            raise ValueError(f"card {name!r}: {module.__name__} has no card {own!r}")
        return found
    return _cards[choice("card", name, cards())]
