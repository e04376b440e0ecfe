"""What one rule brings a designer, by predicted play: the loss, its parts, and how sure they are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from benchgame_env.subgame import Subgame
from benchgame_env.theory.design.equilibria import Measured, known_plays
from benchgame_env.theory.design.loss import DesignLoss
from benchgame_env.validate import choice, number

Selection = Literal["pessimistic", "optimistic"]
SELECTIONS: tuple[Selection, ...] = ("pessimistic", "optimistic")
TOLERANCE = 3e-4  # NashConv, as a share of P: coarser ones move optima (theory section 13.1)


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
    concept : str
        ``Nash equilibrium``; under a rule that remembers ``best responses one round ahead``, which are
        not an equilibrium; empty where no play is predicted.
    method : str
        How it was found.
    scope : str
        What the figure holds for, and what is not proved.
    losses : pair of float
        Least and greatest loss over the equilibria that are known; under a rule that remembers, over the
        orders of first submissions.
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
    concept: str
    method: str
    scope: str
    losses: tuple[float, float]


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
        Which of several equilibria, or of the outcomes under a rule that remembers, is expected: that
        with the greatest or with the least loss.
    tolerance : float
        NashConv at which a numerical mixed equilibrium is good enough, as a share of P, > 0.

    Returns
    -------
    DesignOutcome
        Its loss is NaN, and its scope says why, where no play is predicted, or none with a certificate
        that is good enough.

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
    return chosen(subgame, loss, selection, known_plays(subgame, tolerance))


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
            concept=one.concept,
            method=one.method,
            scope=one.scope,
            losses=(math.nan, math.nan),
        )
        for one in plays
    ]
    pick = max if selection == "pessimistic" else min
    ends = min(one.loss for one in found), max(one.loss for one in found)
    return replace(pick(found, key=lambda one: one.loss), losses=ends)


def mean_outcome(found: Sequence[DesignOutcome]) -> DesignOutcome:
    """The mean over draws of the curves; its scope says how far the draws leave it open."""
    losses = np.array([one.loss for one in found])
    wide = float(losses.std(ddof=1)) / math.sqrt(losses.size) if losses.size > 1 else math.nan
    parts = ("loss", "error", "tau", "burnt", "best_on_top", "own_cost", "nash_conv")
    figures: dict[str, Any] = {
        name: float(np.mean([getattr(one, name) for one in found])) for name in parts
    }
    pure = sum(one.play == "pure equilibrium" for one in found)
    ends = np.array([one.losses for one in found]).mean(axis=0)
    return replace(
        found[0],
        **figures,
        play=f"pure in {pure} of {losses.size} draws",
        scope=f"the mean over {losses.size} draws of the curves, with a standard error of {wide:.1g}",
        losses=(float(ends[0]), float(ends[1])),
    )
