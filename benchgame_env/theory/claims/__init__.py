"""Claims about the game that can be attacked: theorem cards, and conjectures of one's own.

To bring one, copy `conjecture.py`.
"""

from benchgame_env.theory.claims import hypotheses, paper, section_3
from benchgame_env.theory.claims.card import Card, Counterexample
from benchgame_env.theory.claims.readings import Reading, theorem_cards
from benchgame_env.theory.claims.registry import card, cards, register_card

__all__ = [
    "Card",
    "Counterexample",
    "Reading",
    "card",
    "cards",
    "hypotheses",
    "paper",
    "register_card",
    "section_3",
    "theorem_cards",
]
