"""The verdict: whether learned play matches the prediction (theory section 8).

Bounds are shares of the payoff scale ``P = R_1 - R_n`` and of the effort scale ``F = min(budget,
sup{e : c(e) <= P})``. The outcome of the verdict is that of its worst check. The verdict also tells how
many seeds would pass every check on their own.

Where revisions alternate, a seed whose play does not repeat fails the check that play is periodic, and
its peaks are those of the second half of its play. Such a seed has no period. It counts as a deviation
of 100 %, and the other seeds also have to pass without it, so that play that does not repeat never
improves an outcome. Deviations count by their size: a seed above the prediction does not cancel a seed
below it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from benchgame_env.validate import Floats
from training.grading.figures import SeedFigures
from training.grading.intervals import Check, Figure, Outcome, average, below, mostly, share
from training.run.records import counted

MIN_SEEDS = 10
PURE_REGRET = 0.01  # mean regret, share of P
PURE_EFFORT = 0.02  # every mean effort, share of F
AVERAGE_REGRET = 0.025  # mean regret of time-averaged play, and of joint play, share of P
AVERAGE_EFFORT = 0.05  # distance of its mean efforts from a unique equilibrium's, share of F
STEP_REGRET = 0.01  # mean regret of single revisions, share of P
PEAK = 0.05  # distance of each peak of a cycle from its prediction, share of F
PERIOD = 0.1  # the same for its period, relative


@dataclass(frozen=True)
class Verdict:
    """The outcome of a run, and the figures that it rests on.

    Attributes
    ----------
    outcome : "match", "mismatch" or "undecided"
        The outcome of the worst check.
    reason : str
        What was compared, or why nothing was.
    checks : tuple of Check
        Figures with their bounds; empty if nothing could be checked.
    share : Figure or None
        Share of the seeds that pass every check on their own, with its exact binomial interval; None if
        nothing could be checked.
    reported : tuple of Figure
        Figures without a bound.
    """

    outcome: Outcome
    reason: str
    checks: tuple[Check, ...]
    share: Figure | None = None
    reported: tuple[Figure, ...] = ()

    def gist(self) -> list[str]:
        """Two figures for a cell of a table: the share of seeds, and the mean of the first check."""
        passed = [f"{self.share.mean:.0%}"] if self.share else []
        return passed + [f"{check.mean:.2g}" for check in self.checks[:1]]


class ExpectedCycle(NamedTuple):
    """What is predicted of a cycle of best responses, see `benchgame_env.theory.Cycle`.

    Attributes
    ----------
    peaks : array ``[n]``
        Largest effort of each developer on the cycle, share of F.
    period : float
        Number of single revisions.
    """

    peaks: Floats
    period: float


def unevenly_spaced(prizes: Floats) -> bool:
    """Whether steps between successive ``prizes`` ``[n]`` differ by more than rounding."""
    steps = np.diff(prizes)
    return bool(steps.size and np.ptp(steps) > 1e-9 * abs(steps).sum())


def judge(
    regime: str,
    revision: str,
    seeds: list[SeedFigures],
    unique_efforts: Floats | None = None,
    pure_efforts: Floats | None = None,
    cycle: ExpectedCycle | None = None,
    joint: bool = False,
) -> Verdict:
    """Compare the predicted regime of a run with what its seeds learned.

    Parameters
    ----------
    regime : "pure", "cycle" or "undecided"
        The predicted regime.
    revision : "simultaneous", "alternating" or "random"
        Who may revise in a round.
    seeds : list of SeedFigures
        What each seed learned.
    unique_efforts : array ``[n]``, optional
        Mean efforts of the mixed equilibrium, shares of F, if it is known to be the only one.
    pure_efforts : array ``[n]``, optional
        Efforts of the pure equilibrium, shares of F; 0 by default.
    cycle : ExpectedCycle, optional
        The predicted cycle for the levels or the resolution, the order and the start of the run.
    joint : bool
        Whether joint play has to pass too. It has to where prizes are `unevenly_spaced`, because there
        the learners' averages need not approach an equilibrium (theory section 5).

    Returns
    -------
    Verdict
        The outcome with its checks.
    """
    reported: tuple[Figure, ...] = ()
    if regime == "pure":
        reason = "against the pure equilibrium: regret, efforts and board order"
        checks = _pure_checks(seeds, pure_efforts)
    elif regime == "cycle" and revision == "simultaneous":
        reason = "time-averaged play against mixed equilibrium"
        checks, reported = _average_checks(seeds, unique_efforts, joint), _last_iterate(seeds)
    elif regime == "cycle" and revision == "alternating" and cycle is not None:
        reason = "final play against the cycle of best responses"
        checks = _cycle_checks(seeds, cycle)
    else:
        reason = f"no prediction to compare with: regime {regime}, {revision} revision"
        return Verdict("undecided", reason, ())
    if np.isnan(checks[0].mean):
        reason = "regrets are not known under a rule that remembers or draws dependent scores"
        return Verdict("undecided", reason, ())
    outcome = _worst(checks).outcome
    if len(seeds) < MIN_SEEDS:
        outcome, reason = "undecided", f"{counted(len(seeds), 'seed')}; a verdict needs {MIN_SEEDS}"
    passed = tuple(all(own) for own in zip(*(check.passed for check in checks), strict=True))
    alone = share("seeds that pass every check on their own", passed)
    return Verdict(outcome, reason, tuple(checks), alone, reported)


# The first of each list of checks is the regret; there is no verdict without it.


def _pure_checks(seeds: list[SeedFigures], predicted: Floats | None) -> list[Check]:
    name, away = "mean effort / F of developer", np.array([s.efforts for s in seeds])
    if predicted is not None and predicted.any():
        name, away = "distance of mean effort / F from equilibrium, developer", away - predicted
    return [
        below("mean regret / P", (s.regret for s in seeds), PURE_REGRET),
        *_each_within(name, away, PURE_EFFORT),
        mostly("boards in the predicted order", (s.in_order for s in seeds)),
    ]


def _average_checks(seeds: list[SeedFigures], unique_efforts: Floats | None, joint: bool) -> list[Check]:
    checks = [below("time-averaged regret / P", (s.average_regret for s in seeds), AVERAGE_REGRET)]
    if joint:
        name = "regret of joint play / P (coarse correlated equilibrium)"
        checks.append(below(name, (s.joint_regret for s in seeds), AVERAGE_REGRET))
    if unique_efforts is not None:
        name = "distance of its mean effort / F from equilibrium, developer"
        away = np.array([s.average_efforts for s in seeds]) - unique_efforts
        checks += _each_within(name, away, AVERAGE_EFFORT)
    return checks


def _last_iterate(seeds: list[SeedFigures]) -> tuple[Figure, ...]:
    """Figures of the last iterate, which may keep moving: its regret and its movement."""
    return (
        average("NashConv of final play, prize units", (s.nash_conv for s in seeds)),
        average("movement of mean efforts / F in late training", (s.movement for s in seeds)),
        average("regret of joint play / P", (s.joint_regret for s in seeds)),
    )


def _cycle_checks(seeds: list[SeedFigures], cycle: ExpectedCycle) -> list[Check]:
    away = np.array([s.peaks for s in seeds], dtype=np.float64) - cycle.peaks
    return [
        below("mean regret of a revision / P", (s.step_regret for s in seeds), STEP_REGRET),
        below("the same as drawn / P", (s.drawn_step_regret for s in seeds), STEP_REGRET),
        mostly("play is periodic", (s.periodic for s in seeds)),
        *_each_within("distance of peak effort / F from prediction, developer", away, PEAK),
        _period_check(np.array([s.period for s in seeds]) / cycle.period - 1),
    ]


def _period_check(away: Floats) -> Check:
    """Check of relative deviations, one for each seed and NaN without a period; see the module."""
    missing = np.isnan(away)
    readings = [np.where(missing, 1.0, np.abs(away))]
    if not missing.all():
        readings.append(np.abs(away[~missing]))
    name = "deviation of the period from prediction, relative"
    checks = [below(name, reading, PERIOD) for reading in readings]
    return replace(_worst(checks), passed=checks[0].passed)


def _each_within(name: str, away: Floats, bound: float) -> list[Check]:
    """A check for each developer of the sizes of deviations ``away`` ``[seeds, n]``."""
    return [below(f"{name} {i}", np.abs(away[:, i]), bound) for i in range(away.shape[1])]


def _worst(checks: list[Check]) -> Check:
    return min(checks, key=lambda check: ("mismatch", "undecided", "match").index(check.outcome))
