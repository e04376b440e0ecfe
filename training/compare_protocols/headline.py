"""The sentence that a designer can act on: which level to announce, how sure that is, what it costs."""

from __future__ import annotations

import math
from dataclasses import dataclass

from benchgame_env import Game, theory
from benchgame_env.cli import uncertainty
from benchgame_env.cli.commands import worth_words
from benchgame_env.cli.doubts import least_known, open_words, same_words, single_words
from benchgame_env.cli.levels import (
    level_sentence,
    models,
    percent,
    plain,
    rounded_up,
    span,
    worth_shown,
)
from benchgame_env.draws import Draws
from benchgame_env.rules import TuneBeforeTest

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
SURE = 0.995  # a share of draws from which on nothing is said of the rest


@dataclass(frozen=True)
class Advice:
    """What a designer reads first.

    Attributes
    ----------
    headline : str
        One sentence to act on.
    details : str
        How well the number of draws determines it; empty without draws.
    level : float or None
        The tune-before-test level to announce, effort units; None if there is none.
    draws : Draws or None
        The draws of the curves behind it; None where curves count as exact.
    band : (float, float) or None
        What tuning costs from where on honest play is stable in 2.5 % and in 97.5 % of the draws.
    """

    headline: str
    details: str = ""
    level: float | None = None
    draws: Draws | None = None
    band: tuple[float, float] | None = None


def exact_advice(game: Game, unit: str) -> Advice:
    """The advice where curves count as exact; ``unit`` is that of effort, in words."""
    levels = theory.stabilizing_levels(game).certain
    exactly = "The curves are taken as exact"
    if not levels:
        return Advice(f"No tune-before-test level can be announced: none is stable. {exactly}.")
    low, end = levels[0]
    level = next((x for x in (rounded_up(low), float(f"{low:.6g}")) if low <= x <= end), low)
    ranks = theory.predict(game, TuneBeforeTest(level)).ranking
    right = list(ranks) == sorted(ranks)
    worth = theory.largest_worth(game, TuneBeforeTest(level))
    return Advice(
        f"Announce {_rule(level, unit)}: stable {worth_words(worth)}{unit * math.isfinite(worth)}; "
        f"{_cost(game.n_developers * level, unit)}; {_ranking(game, 1.0 if right else 0.0)}. {exactly}.",
        level=level,
    )


def advice(
    game: Game, draws: Draws, found: theory.LeastLevel, alone: theory.LeastLevel, unit: str
) -> Advice:
    """The advice from draws of the curves.

    Parameters
    ----------
    game : Game
        The game.
    draws : Draws
        Its draws.
    found, alone : LeastLevel
        The level to announce, and the one without models that have not entered yet.
    unit : str
        Unit of effort, in words, with a blank before.
    """
    low, half, high = theory.stable_from(draws, uncertainty.MIDDLE, found.max_level)
    if not found.supported:
        first = _sentences(_unsupported(draws, found, alone, unit), open_words(draws, alone, half))
        details = _sentences(level_sentence(found), single_words(draws, found))
        return Advice(first, details, draws=draws)
    level, joining = rounded_up(found.level), found.entrants
    beyond = f", beyond the last checkpoint of {models(found.beyond)}" * bool(found.beyond)
    cost = _cost((game.n_developers + joining) * level, unit)
    ranking = _ranking(game, uncertainty.ranked_right(draws, level))
    headline = (
        f"Announce {_rule(level, unit)}{beyond}: stable in {percent(found.confidence)} of what your "
        f"data allow{_joined(joining)} while a rank is worth no more than "
        f"{worth_shown(found.assumed_worth)}{unit}, and in half of it up to "
        f"{worth_shown(found.worth[1])}; {cost}; {ranking}."
    )
    return Advice(
        _sentences(headline, open_words(draws, alone, half)),
        _sentences(_details(found, unit), same_words(draws, found), single_words(draws, found)),
        level,
        draws,
        None if joining or math.isinf(high) else (game.n_developers * low, game.n_developers * high),
    )


def _sentences(*words: str) -> str:
    return " ".join(filter(None, words))


def _details(found: theory.LeastLevel, unit: str) -> str:
    low, _, high = (worth_shown(worth) for worth in found.worth)
    return (
        f"What your data allow is {found.draws:,} draws of the curves; with as many others the level "
        f"is {span(found.interval)}. The largest worth of a rank that it withstands is {low} to "
        f"{high}{unit} in the middle 95 % of them."
    )


def _unsupported(draws: Draws, found: theory.LeastLevel, alone: theory.LeastLevel, unit: str) -> str:
    reached = (
        f"No tune-before-test level can be announced: even at {plain(found.max_level)}{unit} honest "
        f"play is stable in only {percent(found.share)} of what your data allow{_joined(found.entrants)}"
    )
    if alone.supported:
        level = f"{plain(rounded_up(alone.level))}{unit}"
        return f"{reached}; what is not known is which models will enter: without them {level} suffice."
    one, other, often = least_known(draws, alone.max_level)
    return (
        f"{reached}; what is not known is how far {one} and {other} are apart (in {percent(often)} of "
        "the unstable draws these two are the closest)."
    )


def _joined(entrants: int) -> str:
    """The second source of doubt, in words."""
    if not entrants:
        return ""
    return f" and of what {_number(entrants)} more model{'s' * (entrants > 1)} may be like"


def _rule(level: float, unit: str) -> str:
    return f"tune-before-test at {plain(level)}{unit}" if level else "direct evaluation"


def _cost(total: float, unit: str) -> str:
    return f"costs {plain(total)}{unit} per evaluation" if total else "costs no tuning"


def _ranking(game: Game, share: float) -> str:
    n = game.n_developers
    who = "both" if n == 2 else f"all {_number(n)}"
    if n == 1:
        return "ranks the only model"
    if share == 0:
        return f"does not rank {who} in order"
    return f"ranks {who} in order" + (f" in {percent(share)} of it" if share < SURE else "")


def _number(n: int) -> str:
    return NUMBERS[n] if n < len(NUMBERS) else f"{n:,}"
