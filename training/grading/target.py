"""What a verdict compares play with: the part of a prediction that play can be held against.

Bounds of regrets are shares of the payoff scale ``P = R_1 - R_n``, those of efforts shares of the effort
scale ``F = min(budget, sup{e : c(e) <= P})`` (theory section 8).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from benchgame_env import theory
from benchgame_env.training.grading.exact_figures import expected_cycle
from benchgame_env.training.grading.figures import share_of_scale
from benchgame_env.validate import Floats

PURE_REGRET = 0.01  # largest regret, share of P
PURE_EFFORT = 0.02  # mean distance of every developer's effort from the equilibrium, share of F
AVERAGE_REGRET = 0.025  # largest regret where no pure equilibrium is predicted, share of P
AVERAGE_EFFORT = 0.05  # distance of every mean effort from a unique equilibrium's, share of F
REFERENCE = 0.2  # a reference equilibrium's largest regret, as a share of the bound it is used for
OWN_GAINS = "what developers gain by other efforts, for there is no prediction to compare with"
AGAINST_MIXED = "against the mixed equilibrium: regrets of play averaged over time"
LOOKS_AHEAD = "the prediction is for developers who look one round ahead, and these look further"


@dataclass(frozen=True, eq=False)
class ExpectedCycle:
    """What is predicted of a cycle of best responses, see `benchgame_env.theory.Cycle`.

    Attributes
    ----------
    peaks, troughs : array ``[n]``
        Largest and smallest effort of each developer on the cycle, share of F.
    period : float
        Number of single revisions.
    wrong_boards : float
        Share of the boards on the cycle that are not in the order of quality.
    """

    peaks: Floats
    troughs: Floats
    period: float
    wrong_boards: float


@dataclass(frozen=True, eq=False)
class ExpectedClass:
    """A recurrent class of best responses in random order, see `theory.Prediction.classes`.

    Attributes
    ----------
    states : array ``[m, n]``
        Its profiles, effort units.
    means, peaks, troughs : array ``[n]``
        Mean, largest and smallest effort of each developer in the class, share of F.
    wrong_boards : float
        Share of the boards in the class that are not in the order of quality.
    """

    states: Floats
    means: Floats
    peaks: Floats
    troughs: Floats
    wrong_boards: float


Kind = Literal["pure", "mixed", "cycle", "classes", "own gains"]


@dataclass(frozen=True, eq=False)
class Target:
    """What play is held against.

    Attributes
    ----------
    kind : str
        ``pure``: a pure equilibrium. ``mixed``: no pure equilibrium, and all developers revise at once.
        ``cycle``: a cycle of best responses in turn. ``classes``: recurrent classes of best responses
        in random order. ``own gains``: nothing is predicted that play could
        be compared with, so it is only asked whether somebody gains by another effort.
    reason : str
        What is compared, or why nothing is.
    efforts : array ``[n]`` or None
        Efforts of the pure equilibrium, or mean efforts of the mixed one if that is the only one, shares
        of F.
    cycle : ExpectedCycle or None
        The predicted cycle.
    classes : tuple of ExpectedClass
        The predicted recurrent classes.
    reference : float
        Largest regret of the reference equilibrium, share of P; NaN if play is compared with none.
    doubt : str
        Why the prediction does not cover this play; of a mixed equilibrium, why play cannot be a match
        however good it is. Empty if neither.
    later : callable or None
        Finds the reference equilibrium, where that takes long and only a match needs it.
    fixed : bool
        Whether nobody learns, so that the final play is all there is, and no average over time.
    """

    kind: Kind
    reason: str
    efforts: Floats | None = None
    cycle: ExpectedCycle | None = None
    classes: tuple[ExpectedClass, ...] = ()
    reference: float = math.nan
    doubt: str = ""
    fixed: bool = False
    later: Callable[[], Target] | None = None

    def completed(self) -> Target:
        """The same with everything that takes long to find and only a match needs."""
        return self if self.later is None else replace(self.later(), fixed=self.fixed)

    @property
    def regret_bound(self) -> float:
        """The bound of the largest regret, share of P."""
        return PURE_REGRET if self.kind == "pure" else AVERAGE_REGRET


def target_of(prediction: theory.Prediction, revision: str, looks_ahead: bool = False) -> Target:
    """What play is held against under a prediction.

    Parameters
    ----------
    prediction : Prediction
        What is predicted.
    revision : "simultaneous", "alternating" or "random"
        Who may revise in a round.
    looks_ahead : bool
        Whether a learner weighs later rounds (gamma > 0), which matters where developers take turns.
    """
    regime = prediction.regime
    if prediction.protocol.traits.remembers:
        return Target("own gains", f"{OWN_GAINS}: no equilibrium of a rule that remembers is known")
    if regime == "pure" and prediction.equilibrium is not None:
        return _pure(prediction)
    if regime == "cycle" and revision == "simultaneous":
        return _mixed(prediction)
    cycle = expected_cycle(prediction)
    if cycle is not None:
        return _cycle(prediction, cycle, looks_ahead)
    if regime == "cycle" and revision == "random" and prediction.classes:
        return _classes(prediction, looks_ahead)
    return Target("own gains", f"{OWN_GAINS}: regime {regime}, {revision} revision")


def _pure(prediction: theory.Prediction) -> Target:
    game, efforts = prediction.game, prediction.equilibrium
    assert efforts is not None
    found = prediction.solutions_of(("honest_profile", "noisy_pure"))
    regret = max(one.largest_regret for one in found) / game.prize_range
    reason = "against the pure equilibrium: regrets, efforts and board order"
    return Target("pure", reason, share_of_scale(game, efforts), reference=regret)


def _mixed(prediction: theory.Prediction) -> Target:
    """Of two developers mean efforts are compared too; of more, the equilibrium is a reference only."""
    if prediction.game.n_developers == 2:
        return _against_mixed(prediction)
    return Target("mixed", AGAINST_MIXED, later=partial(_against_mixed, prediction))


def _against_mixed(prediction: theory.Prediction) -> Target:
    game, mixed, reason = prediction.game, prediction.mixed, AGAINST_MIXED
    if mixed is None:
        why = prediction.reasons["mixed"]
        return Target("mixed", reason, doubt=f"there is no reference equilibrium: {why}")
    # Uniqueness is known for two developers only.
    known = game.n_developers == 2 and mixed.unique
    unique = share_of_scale(game, mixed.mean_efforts) if known else None
    return Target("mixed", reason, unique, reference=mixed.largest_regret / game.prize_range)


def _cycle(prediction: theory.Prediction, cycle: theory.Cycle, looks_ahead: bool) -> Target:
    game = prediction.game
    expected = ExpectedCycle(
        share_of_scale(game, cycle.peaks),
        share_of_scale(game, cycle.troughs),
        cycle.period,
        float(cycle.misranked),
    )
    reason = "final play against the cycle of best responses"
    return Target("cycle", reason, cycle=expected, doubt=LOOKS_AHEAD if looks_ahead else "")


def _classes(prediction: theory.Prediction, looks_ahead: bool) -> Target:
    game = prediction.game
    expected = tuple(
        ExpectedClass(
            one.states,
            share_of_scale(game, one.chances @ one.states),
            share_of_scale(game, one.peaks),
            share_of_scale(game, one.troughs),
            float(one.misranked),
        )
        for one in prediction.classes
    )
    reason = "final play against the recurrent classes of best responses in random order"
    return Target("classes", reason, classes=expected, doubt=LOOKS_AHEAD if looks_ahead else "")


def in_order(prediction: theory.Prediction, mean_ranks: Floats) -> bool:
    """Whether ``mean_ranks`` ``[n]`` have the predicted order, strictly; neighbours who are predicted to
    be level may have any."""
    order = prediction.order
    pairs = zip(order.ranking[:-1].tolist(), order.ranking[1:].tolist(), strict=True)
    return all(mean_ranks[i] < mean_ranks[j] for i, j in pairs if (i, j) not in order.tied)
