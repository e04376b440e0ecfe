"""The least level at which most draws of the curves are stable, whatever happens above it.

`benchgame_env.theory.pure.least_level` asks for enough stable draws from a level on. Where the curves of
two models with almost the same ceiling cross late, that level may be many times higher than one at which
enough draws are stable. A designer who announces one level may ask for no more.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from benchgame_env.draws import Draws
from benchgame_env.theory.pure.draws import levels_by_draw
from benchgame_env.validate import Floats, number

LEVELS = 120  # looked at, evenly in logarithms
FROM = 1e-3  # of the effort scale: the first of them
NARROW = 1e-3  # relative width to which the answer is found


class SingleLevel(NamedTuple):
    """A level at which enough draws are stable, and where above it the fewest are.

    Attributes
    ----------
    level : float
        Enough draws are stable at this level; effort units, ``inf`` if that was found nowhere.
    lowest : float
        The level from there on, of those looked at, at which the fewest draws are stable; NaN if there
        is none.
    share : float
        Their share.
    """

    level: float
    lowest: float
    share: float


def single_level(draws: Draws, confidence: float = 0.95, max_level: float | None = None) -> SingleLevel:
    """The least tune-before-test level at which enough draws are stable, taken by itself.

    Parameters
    ----------
    draws : Draws
        Draws of a game.
    confidence : float, optional
        Share of the draws that have to be stable, in (0, 1].
    max_level : float, optional
        Largest level looked at, effort units, > 0. Default: 100 times what the prizes are worth.

    Returns
    -------
    SingleLevel
        At its level the share suffices. It is the least such level up to the distance of those looked
        at: direct evaluation, and 120 evenly in logarithms, from a thousandth of what the prizes are
        worth on.

    Examples
    --------
    >>> import benchgame_env as bg
    >>> from benchgame_env.draws import Draws
    >>> draws = Draws.of([bg.load_game("pythia-gsm8k")])
    >>> round(bg.theory.single_level(draws).level, -2)
    2200.0
    """
    number("confidence", confidence, low=0, high=1, strict=True)
    max_level = 100 * draws.game.finite_effort_scale if max_level is None else max_level
    max_level = number("max_level", max_level, low=0, strict=True)
    first = FROM * min(draws.game.finite_effort_scale, max_level)
    levels = np.concatenate(([0.0], np.geomspace(first, max_level, LEVELS)))
    shares = _shares(draws, levels)
    enough = shares >= confidence - 1e-12
    if not enough.any():
        return SingleLevel(math.inf, math.nan, math.nan)
    at = int(enough.argmax())
    low, high = float(levels[max(at - 1, 0)]), float(levels[at])
    while high - low > NARROW * high:
        middle = (low + high) / 2
        if _shares(draws, np.array([middle]))[0] >= confidence - 1e-12:
            high = middle
        else:
            low = middle
    above = at + int(shares[at:].argmin())
    return SingleLevel(high, float(levels[above]), float(shares[above]))


def _shares(draws: Draws, levels: Floats) -> Floats:
    return np.asarray(levels_by_draw(draws, levels).stable.mean(axis=1))
