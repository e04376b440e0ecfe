"""What a rank wins and what effort costs: how it is given in words, and how it is stated.

The words are those of the options ``--prizes``, ``--cost`` and ``--worth`` of every command that takes a
game, and of the fields of these names in files of settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np

from benchgame_env.costs import Cost, LinearCost
from benchgame_env.game import Game
from benchgame_env.named_games.game_file import COSTS
from benchgame_env.validate import choice, number

# What a game takes for granted, and how it is given in words.
TERMS = {
    "worth": "effort that one rank is worth: what costs as much as the mean prize step, if effort has a "
    "linear cost",
    "prizes": "prizes by rank, such as 1,0.5,0; without --cost and --worth the cost stays what it is",
    "cost": "cost of effort: a rate, in prize units per unit of effort, or NAME,PARAMETER=VALUE,... "
    "with the name linear, power, capped or entry",
}
EVEN = 1e-12  # of P: steps that differ by less are equal


def read_terms(overrides: Mapping[str, Any]) -> dict[str, Any]:
    """``overrides`` with prizes, cost and worth that are words turned into numbers and costs.

    Parameters
    ----------
    overrides : mapping
        By name. Of prizes the words are numbers with commas, ``1,0.5,0``; of the cost a rate, or a name
        with its parameters, ``power,rate=1,exponent=2``; of the worth a number. Empty words count as not
        given.

    Raises
    ------
    ValueError
        Words of another form, or a cost and a worth.
    """
    silent = {key for key in TERMS if isinstance(overrides.get(key), str) and not overrides[key]}
    given = {key: value for key, value in overrides.items() if key not in silent}
    if isinstance(given.get("prizes"), str):
        given["prizes"] = [number("prizes", word) for word in given["prizes"].split(",")]
    if isinstance(given.get("cost"), str):
        given["cost"] = _cost(given["cost"])
    if "worth" in given:
        given["worth"] = number("worth", given["worth"], low=0, strict=True)
        if "cost" in given:
            raise ValueError("worth: a cost is given too, and says what a rank is worth")
    return given


def other_terms(kept: Mapping[str, str], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """``kept`` terms of a file, and ``overrides``, which come first; a cost or a worth in the place of
    either."""
    given = read_terms(overrides)
    if {"cost", "worth"} & set(given):
        kept = {name: words for name, words in kept.items() if name == "prizes"}
    return read_terms(kept) | given


def at_worth(game: Game, worth: float) -> Game:
    """The game with the linear cost at which a rank is worth ``worth``, effort units."""
    if game.rank_step == 0:
        raise ValueError("worth: all ranks pay the same, so no cost makes a rank worth an effort")
    return replace(game, cost=LinearCost(game.rank_step / worth))


def statement(game: Game) -> str:
    """What a game assumes, in words."""
    first, last, steps = game.prizes[0], game.prizes[-1], game.n_developers - 1
    prizes = "prizes " + ", ".join(f"{prize:.6g}" for prize in game.prizes)
    if steps > 1 and np.ptp(np.diff(game.prizes)) <= EVEN * game.prize_range:
        prizes = f"prizes from {first:.6g} to {last:.6g} in {steps} equal steps"
    worth = f"one rank is worth an effort of {game.worth:,.6g}"
    return f"{prizes}; the cost of effort is {_cost_words(game.cost)}; {worth}"


def _cost_words(cost: Any) -> str:
    names = [name for name, family in COSTS.items() if type(cost) is family]
    if not names:
        return repr(cost)
    values = (f"{item.name}={getattr(cost, item.name):.6g}" for item in fields(cost))
    return ", ".join((names[0], *values))


def _cost(words: str) -> Cost:
    name, *listed = words.split(",")
    if not listed and _is_number(name):
        return LinearCost(number("cost", name, low=0, strict=True))
    family = COSTS[choice("cost", name, COSTS)]
    try:
        made: Cost = family(**dict(part.partition("=")[::2] for part in listed))
        return made
    except TypeError as error:
        raise ValueError(f"cost: {name}: {error}") from None


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
