"""Regrets and expected payoffs: which grader a rule goes to."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchgame_env.game import Game
from benchgame_env.metrics import exact as fixed
from benchgame_env.metrics import noisy as drawn
from benchgame_env.metrics.strategies import Strategy, read_strategies
from benchgame_env.subgame import Subgame
from benchgame_env.validate import Floats, number

TOLERANCE = 1e-6


def regrets(game: Game | str, protocol: Any, strategies: Any, tolerance: float = TOLERANCE) -> Floats:
    """What each developer could gain by its best deviation.

    Developers mix independently. Under a rule whose board is a fixed function of efforts the regrets
    are exact. Where scores are drawn independently they are certified upper bounds: a regret is never
    understated, and it is overstated by ``tolerance`` times P at most, unless some hundred thousand
    efforts do not suffice.

    Parameters
    ----------
    game : Game or str
        The game, or its name.
    protocol : protocol, str or pair
        The protocol, its name, or ``(name, parameters)``.
    strategies : array of float, or list of pairs
        Efforts ``[n]``, or one pair ``(efforts, probabilities)`` per developer; effort units.
    tolerance : float
        Share of P, > 0. Used only where scores are drawn.

    Returns
    -------
    array of float
        ``sup_e u_i(e, x_-i) - u_i(x)`` over all efforts in ``[0, B_i]`` (theory section 2), ``[n]``,
        prize units, >= 0. NaN where curves saturate so that one step of the grid of scores decides it.

    Raises
    ------
    ValueError
        Efforts outside the budget, probabilities that do not sum to 1, or a protocol that remembers, or
        whose scores have no known independent distributions.

    Examples
    --------
    >>> import benchgame_env as bg
    >>> bg.metrics.regrets("duel", "direct", [0.0, 0.0]).round(3).tolist()  # the second could be first
    [0.0, 0.5]
    """
    number("tolerance", tolerance, low=0, strict=True)
    subgame, mixed = _read(game, protocol, strategies)
    if subgame.kind == "exact":
        return fixed.regrets(subgame, mixed)
    # Sums of products of prizes are right to rounding, which no search can undercut.
    smallest = 1e-12 * float(np.abs(subgame.game.prizes).max())
    return drawn.regrets(subgame, mixed, max(tolerance * subgame.game.prize_range, smallest))


def nash_conv(game: Game | str, protocol: Any, strategies: Any, tolerance: float = TOLERANCE) -> float:
    """The sum of `regrets`, prize units: 0 exactly at the Nash equilibria, where it is exact.

    Parameters
    ----------
    game, protocol, strategies, tolerance
        As for `regrets`.

    Returns
    -------
    float
        NashConv, >= 0; where scores are drawn, too high by n times the tolerance at most.

    Examples
    --------
    >>> import benchgame_env as bg
    >>> round(bg.metrics.nash_conv("duel", "direct", [0.0, 0.0]), 3)  # 1 to win, at a cost of 0.5
    0.5
    """
    return float(regrets(game, protocol, strategies, tolerance).sum())


def expected_payoffs(game: Game | str, protocol: Any, strategies: Any) -> Floats:
    """Exact expected payoffs of developers who mix independently (theory section 6).

    Parameters
    ----------
    game, protocol, strategies
        As for `regrets`.

    Returns
    -------
    array of float
        ``[n]``, prize units.

    Raises
    ------
    ValueError
        As for `regrets`.
    """
    subgame, mixed = _read(game, protocol, strategies)
    if subgame.kind == "exact":
        return fixed.expected_payoffs(subgame, mixed)
    return drawn.expected_payoffs(subgame, mixed)


def can_grade(game: Game | str, protocol: Any) -> bool:
    """Whether `regrets` are known under the protocol.

    They are where its board is a fixed function of efforts, and where it draws scores independently,
    does not remember and promises to reward effort.

    Parameters
    ----------
    game, protocol
        As for `regrets`.

    Returns
    -------
    bool
    """
    subgame = Subgame(game, protocol)
    rewards = subgame.rule.traits.rewards_effort
    return subgame.kind == "exact" or (subgame.kind == "independent" and rewards)


def _read(game: Game | str, protocol: Any, strategies: Any) -> tuple[Subgame, list[Strategy]]:
    """The subgame, if it can be graded, and the strategies of all developers."""
    subgame = Subgame(game, protocol)
    if subgame.kind not in ("exact", "independent"):
        raise ValueError(
            f"protocol {subgame.rule!r}: exact grading needs a DeterministicProtocol, or a rule without "
            "state that hands out its distribution"
        )
    return subgame, read_strategies(subgame.game, strategies)
