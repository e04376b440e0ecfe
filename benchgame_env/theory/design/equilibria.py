"""The plays that a designer may expect under a rule: all equilibria that are known, with errors.

Of two developers the closed form is worked out by quadrature. A regret leaves a developer's chances
open by that regret over what a rank is worth. From this follows the error of outcomes, to first order;
where outcomes move further when the certificate is made finer, the error is that move. It is an
estimate: nothing follows from an approximate equilibrium about the exact ones.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from benchgame_env.metrics import Outcomes
from benchgame_env.rules import is_exact
from benchgame_env.subgame import Subgame
from benchgame_env.theory.design.duel_loss import duel_outcome
from benchgame_env.theory.design.play import (
    MYOPIC,
    NASH,
    UNPREDICTED,
    Play,
    mixed_play,
    outcomes_of,
    predicted_play,
)
from benchgame_env.theory.mixed.certified import MixedEquilibrium
from benchgame_env.theory.mixed.duel import duel_equilibrium
from benchgame_env.theory.mixed.equilibrium import TOLERANCE as CLOSED_FORM
from benchgame_env.theory.mixed.equilibrium import mixed_equilibrium
from benchgame_env.theory.prediction import Prediction, predict
from benchgame_env.validate import Floats

COARSER = 4.0  # times the tolerance: from how coarse a certificate the move of outcomes is measured
UNIQUE = "the only equilibrium"
ONE = "one equilibrium; whether there are others is not known"
AHEAD = "best responses one round ahead, as the rule remembers: not an equilibrium"


@dataclass(frozen=True)
class Measured:
    """A play, and its outcomes."""

    play: str
    method: str
    scope: str
    concept: str = NASH
    tau: float = math.nan
    burnt: float = math.nan
    best_on_top: float = math.nan
    nash_conv: float = math.nan
    errors: Mapping[str, float] = field(default_factory=dict)  # of `tau`, `burnt`, `best_on_top`


def known_plays(subgame: Subgame, tolerance: float) -> list[Measured]:
    """The equilibria that are known, at least one; without outcomes where nothing is predicted. Under a
    rule that remembers what best responses lead to, for each order of first submissions."""
    prediction = predict(subgame.game, subgame.rule, tolerance=tolerance)
    if not prediction.orders:
        pure = _pure(prediction)
        if pure:
            return pure
        if is_exact(subgame.rule):
            return [_mixed(subgame, tolerance)]
    return _measured(subgame, predicted_play(prediction), prediction.method)


def _measured(subgame: Subgame, play: Play, method: str) -> list[Measured]:
    """A play with its errors; of a rule that remembers, for each order of first submissions."""
    if not play.outcomes:
        return [_none(play.why)]
    scope = AHEAD if play.concept == MYOPIC else ONE
    conv = math.nan if play.nash_conv is None else play.nash_conv
    base = Measured(play.kind, method, scope, play.concept, nash_conv=conv)
    errors = _first_order(subgame, 0.0 if play.concept == MYOPIC else conv)
    return [_with(base, one, errors) for one in play.outcomes]


def _none(why: str) -> Measured:
    return Measured(UNPREDICTED, "none", why, "")


def _pure(prediction: Prediction) -> list[Measured]:
    """The pure equilibria that are known; of those with the same board and cost, one."""
    subgame = Subgame(prediction.game, prediction.protocol)
    predicted, others = prediction.equilibrium, None
    unique = prediction.regime == "pure" and subgame.kind == "exact"
    if subgame.kind == "exact" and not unique:
        others = prediction.equilibria
    profiles = np.concatenate(
        [np.reshape(found, (-1, subgame.n)) for found in (predicted, others) if found is not None]
        or [np.empty((0, subgame.n))]
    )
    if others is not None:
        profiles = profiles[_first_of_each(subgame, profiles)]
    certificate = 0.0 if prediction.certificate is None else prediction.certificate
    base = Measured(
        "pure equilibrium", prediction.method, UNIQUE if unique else ONE, nash_conv=certificate
    )
    errors = _first_order(subgame, certificate)
    return [
        _with(base, outcomes_of(subgame.game, subgame.rule, profile), errors) for profile in profiles
    ]


def _first_of_each(subgame: Subgame, profiles: Floats) -> NDArray[np.int64]:
    """The first of the ``profiles`` ``[m, n]`` with each ranking and cost."""
    alike = np.column_stack((subgame.board(profiles).ranks, subgame.cost(profiles).sum(axis=1)))
    return np.sort(np.unique(alike, axis=0, return_index=True)[1])


def _mixed(subgame: Subgame, tolerance: float) -> Measured:
    """The mixed equilibrium of a game whose boards are a fixed function of efforts."""
    closed = closed_form(subgame)
    points = None if closed is None else duel_equilibrium(subgame.reduced())
    if closed is not None and points is not None:
        certified = MixedEquilibrium.certified(subgame, points, closed.method)
        if certified.nash_conv <= CLOSED_FORM * subgame.game.prize_range:
            return replace(closed, nash_conv=certified.nash_conv)
    return _numerical(subgame, tolerance)


def closed_form(subgame: Subgame) -> Measured | None:
    """Two developers' mixed equilibrium, without a certificate; None where its form is not known."""
    found = duel_outcome(subgame.reduced()) if subgame.n == 2 else None
    if found is None:
        return None
    tau, burnt, top, errors = found
    method = "closed form of two developers, by quadrature"
    strict = subgame.declares("strictly_increasing") and subgame.game.cost.strictly_increasing
    scope = UNIQUE if strict else ONE
    return Measured("mixed equilibrium", method, scope, NASH, tau, burnt, top, errors=errors)


def _numerical(subgame: Subgame, tolerance: float) -> Measured:
    """As `_mixed`, by the numerical solver; with how far outcomes move on the last part of the way."""
    game, rule = subgame.game, subgame.rule
    try:
        solved = [mixed_equilibrium(game, rule, share) for share in (COARSER * tolerance, tolerance)]
    except ValueError as error:
        return _none(str(error))
    (coarse,), (fine,) = (
        _measured(subgame, mixed_play(game, rule, one, ""), one.method) for one in solved
    )
    moved = {
        name: max(error, abs(getattr(fine, name) - getattr(coarse, name)))
        for name, error in fine.errors.items()
    }
    return replace(fine, errors=moved)


def _with(base: Measured, known: Outcomes, errors: Mapping[str, float]) -> Measured:
    """``base`` with outcomes, and with what simulation adds to the errors."""
    low, high = known.kendall_tau_interval
    least, most = known.best_on_top_interval
    more = {"tau": (high - low) / 2, "best_on_top": (most - least) / 2}
    return replace(
        base,
        tau=known.kendall_tau,
        burnt=known.cost_share,
        best_on_top=known.best_on_top,
        errors={name: error + more.get(name, 0.0) for name, error in errors.items()},
    )


def _first_order(subgame: Subgame, nash_conv: float) -> dict[str, float]:
    """How far regrets that sum to ``nash_conv`` leave the outcomes open. The order of a pair is open by
    both developers' regrets over the worth of a rank; tau counts a wrong pair twice."""
    prizes = subgame.game.prizes
    steps = -np.diff(prizes)
    if not (steps > 0).any():
        return dict.fromkeys(("tau", "burnt", "best_on_top"), 0.0)
    open_by = nash_conv / float(steps[steps > 0].min())
    pot = float(prizes.sum())
    return {
        "tau": 4 * open_by / subgame.n,
        "burnt": open_by * subgame.game.prize_range / pot if pot > 0 else math.nan,
        "best_on_top": open_by,
    }
