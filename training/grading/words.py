"""Verdicts in words: one sentence with its number and its bound, and what stands behind it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchgame_env.training.grading.checks import worst
from benchgame_env.training.grading.intervals import Check, Outcome

SENTENCES = {  # by a word in the name of the check; figures in per cent
    "revision": "the developer with most to gain{who} misses {mean} of P, the prize spread, at a turn",
    "regret": "the developer with most to gain{who} could win {mean} of P, the spread of prizes",
    "developer's": "the developer furthest away{who} is {mean} of F, the effort that P is worth, away",
}


def sentence(outcome: Outcome, checks: Sequence[Check]) -> str:
    """The outcome, the figure that decides it, and its bound."""
    return f"{outcome}: {in_words(worst(checks))}"


def in_words(check: Check) -> str:
    """A check as a sentence with its number and its bound."""
    words = next((words for kind, words in SENTENCES.items() if kind in check.name), "")
    mean, bound, low, high = (
        _number(value, bool(words)) for value in (check.mean, check.bound, check.low, check.high)
    )
    who = "" if check.who is None else f" (developer_{check.who})"
    said = words.format(who=who, mean=mean) if words else f"{check.name}: {mean}"
    if not np.isfinite(check.low + check.high):
        return f"{said}, and one seed has no interval"
    if check.outcome == "undecided":
        return f"{said}; its interval, {low} to {high}, contains the bound of {bound}"
    return f"{said}, {'less' if check.mean < check.bound else 'not less'} than the bound of {bound}"


def _number(value: float, per_cent: bool) -> str:
    return f"{100 * value:.3g} %" if per_cent else f"{value:.3g}"


def change(outcome: Outcome, checks: Sequence[Check]) -> str:
    """What would change the outcome."""
    if outcome == "undecided":
        return "more seeds or more plays, which make the interval shorter"
    if outcome == "mismatch":
        check = worst(checks)
        return f"other play: {check.name} would have to be below {check.bound:g}"
    closest = max(checks, key=lambda one: one.high / one.bound if one.bound != 0.5 else 0.0)
    return f"{closest.name} at {closest.bound:g} or above; its interval ends at {closest.high:.3g}"
