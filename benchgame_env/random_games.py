"""Games nobody has seen: families of random games, each with a regime that theory has checked.

A game is drawn from a stream that its family and seed start, and drawn again until it lies in the regime
and at the distance from stability that the family states. Its numbers are rounded to `DIGITS` digits
and use no function whose last digits depend on the processor, so the same seed gives the same game
everywhere. Efforts are in units of about the largest effort that can pay, prizes in prize units.

`sample_game` returns the game; ``load_game("FAMILY/SEED")`` and every command that takes the name of a
game know it by that name. To add a family, write a function with a card as below.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from benchgame_env.costs import LinearCost, PowerCost
from benchgame_env.curves import Additive, ScalingLaw
from benchgame_env.game import Game
from benchgame_env.metrics import regrets
from benchgame_env.named_games.registry import register_sampler
from benchgame_env.theory import predict, required_effort, temptation
from benchgame_env.validate import Floats, choice, integer

DIGITS = 6
TRIES = 10_000  # draws after which a family is at fault
EVEN, UNEVEN = False, True


class Dice:
    """Uniform numbers of one game, from a stream that every version of NumPy has alike.

    Parameters
    ----------
    rng : numpy.random.Generator
        The stream.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def numbers(self, low: float, high: float, size: int) -> Floats:
        """Uniform on ``[low, high]``, ``[size]``, rounded."""
        return np.round(low + (high - low) * self._rng.random(size), DIGITS)

    def number(self, low: float, high: float) -> float:
        """One of `numbers`."""
        return float(self.numbers(low, high, 1)[0])

    def whole(self, low: int, high: int) -> int:
        """A whole number in ``[low, high]``, all equally likely."""
        return low + int(self._rng.random() * (high - low + 1))


@dataclass(frozen=True)
class Family:
    """A distribution of games.

    Attributes
    ----------
    name : str
        Its name.
    does : str
        What its games are, in words.
    protocol : tuple
        Name and parameters of the protocol under which the regime holds.
    regime : str
        The regime that every game is in: ``pure`` or ``cycle``.
    draw : callable
        From `Dice` to a game.
    fits : callable
        Whether theory finds that a game is in the regime, and as far from its edge as stated.
    """

    name: str
    does: str
    protocol: tuple[str, dict[str, Any]]
    regime: str
    draw: Callable[[Dice], Game]
    fits: Callable[[Game], bool]

    def sample(self, seed: int) -> Game:
        """The game of a seed, see `sample_game`."""
        return _sampled(self.name, integer("seed", seed, low=0))

    def drawn(self, seed: int) -> Game:
        """The same, drawn anew."""
        dice = Dice(np.random.default_rng([seed, *self.name.encode()]))
        for _ in range(TRIES):
            game = self.draw(dice)
            if self.fits(game):
                return game
        raise RuntimeError(f"family {self.name}: no game in {TRIES} draws fits")


FAMILIES: dict[str, Family] = {}


@lru_cache(maxsize=1024)
def _sampled(family: str, seed: int) -> Game:
    """Kept, because a run asks for its game many times, and theory is slow."""
    return FAMILIES[family].drawn(seed)


def sample_game(family: str, seed: int) -> Game:
    """A random game of a family. The same seed gives the same game, bit for bit.

    Parameters
    ----------
    family : str
        A name from `game_families`.
    seed : int
        Which game, >= 0.

    Returns
    -------
    Game
        The game. What is predicted for it: ``theory.predict(game, protocol)`` with the protocol of the
        family, ``random_games.FAMILIES[family].protocol``.

    Raises
    ------
    ValueError
        An unknown family (the known ones are listed), or a seed that is no whole number >= 0.

    Examples
    --------
    >>> import benchgame_env as bg
    >>> bg.sample_game("mixed-duel", 17).n_developers
    2
    >>> bg.theory.predict("mixed-duel/17", "direct").regime
    'cycle'
    """
    return FAMILIES[choice("family", family, FAMILIES)].sample(seed)


def game_families() -> tuple[str, ...]:
    """Names of the families of random games, sorted.

    Examples
    --------
    >>> import benchgame_env as bg
    >>> "uneven" in bg.game_families()
    True
    """
    return tuple(sorted(FAMILIES))


def _family(
    name: str, regime: str, fits: Callable[[Game], bool], protocol: str = "direct", **parameters: Any
) -> Callable[[Callable[[Dice], Game]], Callable[[Dice], Game]]:
    """Decorator that makes a function a family; its docstring says what it draws."""

    def add(draw: Callable[[Dice], Game]) -> Callable[[Dice], Game]:
        does = " ".join((draw.__doc__ or "").split())
        FAMILIES[name] = Family(name, does, (protocol, parameters), regime, draw, fits)
        register_sampler(name, FAMILIES[name].sample)
        return draw

    return add


# --- how far from stability -------------------------------------------------------------------------


def _tempted(low: float, high: float) -> Callable[[Game], bool]:
    """Whether the temptation is between two shares of P: honest play forgoes that much."""
    return lambda game: low <= temptation(game, "direct") / game.prize_range <= high


def _slack(low: float, high: float) -> Callable[[Game], bool]:
    """Whether the cheapest overtake costs between two shares of P more than it wins."""

    def fits(game: Game) -> bool:
        costs = game.cost(required_effort(game, "direct"))
        wins = game.prizes[None, :] - game.prizes[:, None]  # [r, k]: ranks are those of quality
        behind = np.tril_indices(game.n_developers, -1)
        return bool(low <= (costs - wins)[behind].min() / game.prize_range <= high)

    return fits


def _pays_to_try(rule: tuple[str, dict[str, Any]], regret: float) -> Callable[[Game], bool]:
    """Whether there is a pure equilibrium, and honest play forgoes at least ``regret`` of P."""

    def fits(game: Game) -> bool:
        honest = regrets(game, rule, np.zeros(game.n_developers)).max()
        return bool(honest >= regret * game.prize_range) and predict(game, rule).regime == "pure"

    return fits


# --- parts of games ---------------------------------------------------------------------------------


def _curves(dice: Dice, n: int, widest: float) -> Additive | ScalingLaw:
    """Additive curves, or laws with one floor, ceiling and slope, half of the time each; neighbours are
    0.03 to ``widest`` apart in quality, or in the intercept."""
    steps = dice.numbers(0.03, widest, n - 1)
    above = np.append(np.round(np.cumsum(steps[::-1])[::-1], DIGITS), 0.0)
    if dice.whole(0, 1):
        return Additive(np.round(dice.number(0.1, 0.5) + above, DIGITS))
    ones, lower, upper = np.ones(n), dice.number(0.0, 0.3), dice.number(0.7, 1.0)
    intercept, slope = np.round(dice.number(-2.0, 0.5) + above, DIGITS), dice.number(0.6, 1.4)
    return ScalingLaw(lower * ones, upper * ones, intercept, slope * ones)


def _prizes(dice: Dice, n: int, uneven: bool) -> Floats:
    """Prizes that fall to 0 in equal steps, or in steps of which the largest is at least twice the
    least; the first one is 0.5 to 2."""
    steps = np.ones(n - 1)
    while uneven and steps.max() < 2 * steps.min():
        steps = dice.numbers(0.1, 1.0, n - 1)
    above = np.append(np.cumsum(steps[::-1])[::-1], 0.0)
    return np.round(dice.number(0.5, 2.0) * above / above[0], DIGITS)


def _contest(dice: Dice, n: int, uneven: bool, widest: float) -> Game:
    """Curves and prizes as above, and a linear cost of 0.5 to 2 prize units per unit of effort."""
    cost = LinearCost(dice.number(0.5, 2.0))
    return Game(_curves(dice, n, widest), cost, _prizes(dice, n, uneven))


# --- the families -----------------------------------------------------------------------------------


@_family("mixed-duel", "cycle", _tempted(0.25, 0.9))
def _mixed_duel(dice: Dice) -> Game:
    """Two developers, far from stability: temptation of 25 to 90 % of P."""
    return _contest(dice, 2, EVEN, 0.8)


@_family("near-duel", "cycle", _tempted(0.05, 0.15))
def _near_duel(dice: Dice) -> Game:
    """Two developers, no pure equilibrium but nearly: temptation of 5 to 15 % of P."""
    return _contest(dice, 2, EVEN, 1.2)


@_family("mixed-few", "cycle", _tempted(0.1, 0.9))
def _mixed_few(dice: Dice) -> Game:
    """Three to five developers, equal prize steps, no pure equilibrium: temptation of 10 to 90 % of
    P."""
    return _contest(dice, dice.whole(3, 5), EVEN, 0.4)


@_family("uneven", "cycle", _tempted(0.1, 0.9))
def _uneven(dice: Dice) -> Game:
    """Three to five developers, unequal prize steps, no pure equilibrium: temptation of 10 to 90 % of
    P."""
    return _contest(dice, dice.whole(3, 5), UNEVEN, 0.4)


@_family("mixed-many", "cycle", _tempted(0.1, 0.9))
def _mixed_many(dice: Dice) -> Game:
    """Six to ten developers, equal or unequal prize steps, no pure equilibrium: temptation of 10 to 90 %
    of P."""
    return _contest(dice, dice.whole(6, 10), bool(dice.whole(0, 1)), 0.2)


@_family("stable-near", "pure", _slack(0.02, 0.1))
def _stable_near(dice: Dice) -> Game:
    """Two to five developers who all leave effort alone, but nearly: the cheapest overtake costs 2 to
    10 % of P more than it wins."""
    return _contest(dice, dice.whole(2, 5), EVEN, 1.2)


@_family("stable-far", "pure", _slack(0.3, math.inf))
def _stable_far(dice: Dice) -> Game:
    """Two to five developers who all leave effort alone: every overtake costs at least 30 % of P more
    than it wins."""
    return _contest(dice, dice.whole(2, 5), EVEN, 1.6)


NOISY = ("finite-test", {"items": 50})


@_family("pure-positive", "pure", _pays_to_try(NOISY, 0.03), NOISY[0], **NOISY[1])
def _pure_positive(dice: Dice) -> Game:
    """Two to four developers with additive curves and a quadratic cost on a test of 50 items: chance
    makes a little effort pay, and the pure equilibrium has positive efforts. Honest play forgoes at
    least 3 % of P."""
    n = dice.whole(2, 4)
    quality = dice.number(0.3, 0.5) + np.append(np.cumsum(dice.numbers(0.03, 0.2, n - 1)), 0.0)[::-1]
    return Game(
        Additive(np.round(np.sort(quality)[::-1], DIGITS)),
        PowerCost(dice.number(2.0, 6.0), 2.0),
        _prizes(dice, n, EVEN),
    )
