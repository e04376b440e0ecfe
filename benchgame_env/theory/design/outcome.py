"""What one rule brings a designer, by predicted play: the loss, its parts, and how sure they are.

The play is the pure equilibrium where one is predicted, else a mixed one with its certificate: the
closed form of two developers by quadrature, else the numerical one. A regret leaves a developer's
chances open by that regret over what a rank is worth. From this follows the error of a loss, to first
order; where the profile moves further when its certificate is made finer, the error is that move. It is
an estimate: no bound on the loss of exact equilibria follows from an approximate one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from benchgame_env import metrics
from benchgame_env.metrics import Outcomes
from benchgame_env.rules import is_exact
from benchgame_env.subgame import Subgame
from benchgame_env.theory.design.duel_loss import duel_outcome
from benchgame_env.theory.design.loss import DesignLoss
from benchgame_env.theory.mixed.certified import MixedEquilibrium
from benchgame_env.theory.mixed.duel import duel_equilibrium
from benchgame_env.theory.mixed.equilibrium import TOLERANCE as CLOSED_FORM
from benchgame_env.theory.mixed.equilibrium import mixed_equilibrium
from benchgame_env.theory.prediction import Prediction, predict
from benchgame_env.theory.solutions.mixed import REFERENCE_REGRET
from benchgame_env.validate import Floats, choice, number

Selection = Literal["pessimistic", "optimistic"]
SELECTIONS: tuple[Selection, ...] = ("pessimistic", "optimistic")
TOLERANCE = 3e-4  # NashConv, as a share of P: coarser ones move optima (theory section 13.1)
COARSER = 4.0  # times that tolerance: from how coarse a certificate the move of the loss is measured
SEED, SAMPLES = 0, 2_000  # of boards that have to be simulated
Z = 1.959964  # 95 %


@dataclass(frozen=True)
class DesignOutcome:
    """What a rule brings a designer.

    Attributes
    ----------
    loss : float
        The `DesignLoss`, the rule's own cost included; NaN where no play is predicted.
    error : float
        By how much the play's certificate leaves the loss open, as estimated; 0 where it is exact.
    tau, burnt, best_on_top : float
        The parts, as `metrics.Outcomes` has them: expected Kendall tau, the share of the pot that effort
        burns, and the chance that the best model is on top.
    own_cost : float
        What the rule costs the designer, in units of loss.
    costs : dict of str to float
        The same by resource, such as effort units of ``tuning`` and test ``items``.
    nash_conv : float
        Certificate of the play, prize units; 0 for a pure equilibrium by theorem.
    play : str
        The kind of play, such as ``pure equilibrium``.
    method : str
        How it was found.
    scope : str
        What the figure holds for, and what is not proved.
    losses : pair of float
        Least and greatest loss over the equilibria that are known.
    """

    loss: float
    error: float
    tau: float
    burnt: float
    best_on_top: float
    own_cost: float
    costs: Mapping[str, float]
    nash_conv: float
    play: str
    method: str
    scope: str
    losses: tuple[float, float]


@dataclass(frozen=True)
class Measured:
    """A play, and its outcomes."""

    play: str
    method: str
    scope: str
    tau: float = math.nan
    burnt: float = math.nan
    best_on_top: float = math.nan
    nash_conv: float = math.nan
    errors: Mapping[str, float] = field(default_factory=dict)  # of `tau`, `burnt`, `best_on_top`


UNIQUE = "the only equilibrium"
ONE = "one equilibrium; whether there are others is not known"


def design_loss(
    game: Any,
    rule: Any,
    loss: DesignLoss | Mapping[str, float] | None = None,
    selection: Selection = "pessimistic",
    tolerance: float = TOLERANCE,
) -> DesignOutcome:
    """A designer's loss under a rule, by predicted play.

    Parameters
    ----------
    game : Game or str
        The game, or its name.
    rule : protocol, str or pair
        The protocol, its name, or ``(name, parameters)``.
    loss : DesignLoss or mapping, optional
        See `DesignLoss.of`.
    selection : {"pessimistic", "optimistic"}
        Which of several equilibria is expected: that with the greatest or with the least loss.
    tolerance : float
        NashConv at which a numerical mixed equilibrium is good enough, as a share of P, > 0.

    Returns
    -------
    DesignOutcome
        Its loss is NaN, and its scope says why, where no equilibrium is predicted, or none with a
        certificate that is good enough.

    Raises
    ------
    ValueError
        Unknown names, unsuitable numbers, or a weight on the burnt share of a pot that is not positive.

    Examples
    --------
    >>> import benchgame_env as bg
    >>> found = bg.theory.design_loss("duel", "direct")  # the weaker on top .375, burnt .5
    >>> round(found.loss, 3), round(found.tau, 3), round(found.burnt, 3)
    (1.25, 0.25, 0.5)
    """
    choice("selection", selection, SELECTIONS)
    tolerance, loss = number("tolerance", tolerance, low=0, strict=True), DesignLoss.of(loss)
    subgame = Subgame(game, rule)
    if loss.w_burnt and not subgame.game.prizes.sum() > 0:
        raise ValueError("loss: a burnt share needs prizes with a positive sum")
    return chosen(subgame, loss, selection, _plays(subgame, tolerance))


def chosen(
    subgame: Subgame, loss: DesignLoss, selection: Selection, plays: list[Measured]
) -> DesignOutcome:
    """The outcome of the play that ``selection`` expects."""
    costs = dict(subgame.rule.designer_cost(subgame.game))
    own = loss.money(costs)
    found = [
        DesignOutcome(
            loss=own + loss.of_board(one.tau, one.burnt, one.best_on_top),
            error=loss.error_of(one.errors),
            tau=one.tau,
            burnt=one.burnt,
            best_on_top=one.best_on_top,
            own_cost=own,
            costs=costs,
            nash_conv=one.nash_conv,
            play=one.play,
            method=one.method,
            scope=one.scope,
            losses=(math.nan, math.nan),
        )
        for one in plays
    ]
    pick = max if selection == "pessimistic" else min
    ends = min(one.loss for one in found), max(one.loss for one in found)
    return replace(pick(found, key=lambda one: one.loss), losses=ends)


def _plays(subgame: Subgame, tolerance: float) -> list[Measured]:
    """The equilibria that are known, at least one; without outcomes where none is predicted."""
    prediction = predict(subgame.game, subgame.rule, tolerance=tolerance)
    if prediction.orders:
        return [_none("the rule remembers: best responses one round ahead are no equilibrium")]
    pure = _pure(prediction)
    if pure:
        return pure
    if is_exact(subgame.rule):
        return [_mixed(subgame, tolerance)]
    return [_found(subgame, prediction.mixed, prediction.reasons["mixed"])]


def _none(why: str) -> Measured:
    return Measured("none predicted", "none", why)


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
    return [_with(base, _outcomes(subgame, profile), errors) for profile in profiles]


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
    return Measured("mixed equilibrium", method, scope, tau, burnt, top, errors=errors)


def _numerical(subgame: Subgame, tolerance: float) -> Measured:
    """As `_mixed`, by the numerical solver; with how far outcomes move on the last part of the way."""
    try:
        coarse, fine = (
            mixed_equilibrium(subgame.game, subgame.rule, share)
            for share in (COARSER * tolerance, tolerance)
        )
    except ValueError as error:
        return _none(str(error))
    found = _found(subgame, fine, "")
    other = _found(subgame, coarse, "")
    moved = {
        name: max(error, abs(getattr(found, name) - getattr(other, name)))
        for name, error in found.errors.items()
    }
    return replace(found, errors=moved)


def _found(subgame: Subgame, found: MixedEquilibrium | None, why: str) -> Measured:
    """A mixed equilibrium, if its certificate is good enough to be compared with."""
    if found is None:
        return _none(why)
    share = found.largest_regret / subgame.game.prize_range
    if not share <= REFERENCE_REGRET:
        return _none(f"the closest mixed profile found leaves one developer a gain of {share:.2%} of P")
    base = Measured("mixed equilibrium", found.method, ONE, nash_conv=found.nash_conv)
    known = _outcomes(subgame, found.strategies)
    return _with(base, known, _first_order(subgame, found.nash_conv))


def _outcomes(subgame: Subgame, strategies: Any) -> Outcomes:
    return metrics.outcomes(subgame.game, subgame.rule, strategies, np.random.default_rng(SEED), SAMPLES)


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
