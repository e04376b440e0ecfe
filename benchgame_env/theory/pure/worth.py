"""What a rank may be worth before somebody gains by own tuning.

A rank is worth the effort that costs the mean prize step (`benchgame_env.game.Game.worth`). Another
worth multiplies all prizes, and leaves the cost as it is. Then ``T = 0`` (theory section 3) reads, for
every pair with k above r: that factor is at most ``c(e_req(r over k)) / (R_k - R_r)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

import numpy as np

from benchgame_env.draws import Draws
from benchgame_env.game import Game
from benchgame_env.numerics import STEPS
from benchgame_env.subgame import Subgame
from benchgame_env.theory.pure.draws import largest_factors
from benchgame_env.theory.pure.honest_board import RESOLVED
from benchgame_env.theory.pure.overtaking import VAGUE
from benchgame_env.validate import Floats


@overload
def largest_worth(game: Game | str, protocol: Any) -> float: ...
@overload
def largest_worth(game: Draws | Sequence[Game], protocol: Any) -> Floats: ...
def largest_worth(game: Any, protocol: Any) -> float | Floats:
    """The largest worth of a rank at which honest play is an equilibrium.

    Parameters
    ----------
    game : Game, str, Draws or sequence of Game
        The game, or its name; or many draws of one, each of which has its own worth.
    protocol : protocol, str or pair
        The protocol, its name, or ``(name, parameters)``; its board must be a fixed function of efforts.

    Returns
    -------
    float or array of float
        Effort units, a number for a game and ``[draws]`` for draws. `benchgame_env.theory.temptation` is
        0 where a rank is worth as much, and positive where it is worth more. ``inf`` where nobody can
        pass anybody who has a larger prize; next to 0 where scores touch. NaN where one step of the
        grid of scores changes it by more than a tenth, and by more than 0.1 % of what a rank is worth.

    Notes
    -----
    With equal prize steps and a linear cost it is the least ``e_req(r over k) / (rank of r - rank of
    k)``. With uneven prizes all steps grow in proportion, and a rank is worth what the mean one is.

    Examples
    --------
    >>> import benchgame_env as bg
    >>> round(bg.theory.largest_worth("duel", "direct"), 3)  # overtaking takes an effort of 0.5
    0.5
    >>> round(bg.theory.largest_worth("pythia-gsm8k", ("tune-before-test", {"level": 3000.0})), -1)
    3340.0
    """
    alone = isinstance(game, (Game, str))
    rule = Subgame.exact(game if alone else game[0], protocol)
    draws = [rule.game] if alone else game
    # A gain counts if it is one at the honest scores and with rivals' scores higher by some steps.
    factor = {shift: largest_factors(draws, rule.rule, shift) for shift in (-1.0, 0.0, STEPS - 1, 1.0)}
    low, high = (_worth(draws, factor[way]) for way in (-1.0, 1.0))
    worth = _worth(draws, np.maximum(factor[0.0], factor[STEPS - 1]))
    slack = np.maximum(VAGUE * worth, RESOLVED * _worth(draws, np.ones(len(draws))))
    with np.errstate(invalid="ignore"):  # inf - inf is nan: surely without bound
        found = np.where(high - low > slack, np.nan, worth)
    return float(found[0]) if alone else found


def _worth(draws: Draws | Sequence[Game], factor: Floats) -> Floats:
    """The worth of a rank where all prizes are multiplied by ``factor`` ``[draws]``."""
    games = [draws.game] * len(draws) if isinstance(draws, Draws) else draws
    return np.array(
        [
            float(game.cost.inverse(f * game.rank_step)) if np.isfinite(f) else np.inf
            for game, f in zip(games, factor, strict=True)
        ]
    )
