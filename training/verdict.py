"""What "learned play matches the prediction" means (theory section 8): figures in, verdict out.

Bounds are shares of the payoff scale ``P = R_1 - R_n`` and of the effort scale ``F = min(budget,
sup{e : c(e) <= P})``. An interval decides, never a point: `match` if it lies below the bound, `mismatch`
if above, `undecided` if it straddles it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from benchgame_env._validate import Floats

Outcome = Literal["match", "mismatch", "undecided"]

MIN_SEEDS = 10
CONFIDENCE = 0.95
PURE_REGRET = 0.01  # mean regret, share of P
PURE_EFFORT = 0.02  # every mean effort, share of F
AVERAGE_REGRET = 0.025  # mean regret of time-averaged play, share of P
AVERAGE_EFFORT = 0.05  # distance of its mean efforts from a unique equilibrium's, share of F


@dataclass(frozen=True)
class Check:
    """One figure with its interval over seeds against its bound."""

    name: str
    mean: float
    low: float
    high: float
    bound: float
    outcome: Outcome

    def __str__(self) -> str:
        return (
            f"{self.name}: {self.mean:.4g} [{self.low:.4g}, {self.high:.4g}], "
            f"bound {self.bound:g}: {self.outcome}"
        )


@dataclass(frozen=True)
class Verdict:
    """The outcome, why, and the checks behind it."""

    outcome: Outcome
    reason: str
    checks: tuple[Check, ...]


@dataclass(frozen=True, eq=False)
class SeedFigures:
    """What one seed learned; regrets as shares of P, efforts as shares of F.

    Attributes
    ----------
    regret: mean regret (NashConv / n) of the final play.
    average_regret: mean regret of the play averaged over the second half of training.
    efforts, average_efforts: mean efforts of the two, ``[n]``.
    movement: how far mean efforts still moved in the second half of training, the largest over
        developers.
    in_order: whether the mean board has the predicted order.
    tau: mean Kendall tau of the boards to quality.
    nash_conv: of the final play, prize units.
    """

    regret: float
    average_regret: float
    efforts: Floats
    average_efforts: Floats
    movement: float
    in_order: bool
    tau: float
    nash_conv: float


def below(name: str, values: Iterable[float], bound: float) -> Check:
    """Whether the mean of ``values`` (one per seed) lies below ``bound``, by the t interval."""
    values = np.asarray(list(values), dtype=np.float64)
    mean = float(values.mean())
    low, high = t_interval(values)
    outcome: Outcome = "match" if high < bound else "mismatch" if low >= bound else "undecided"
    return Check(name, mean, low, high, bound, outcome)


def within(name: str, values: Floats, bound: float) -> Check:
    """Whether the mean of ``values`` (one per seed) lies within ``bound`` of 0, by the t interval."""
    low, high = t_interval(values)
    outcome: Outcome = "undecided"
    if max(-low, high) < bound:
        outcome = "match"
    elif low >= bound or high <= -bound:
        outcome = "mismatch"
    return Check(name, float(values.mean()), low, high, bound, outcome)


def t_interval(values: Floats) -> tuple[float, float]:
    """The 95 % t interval of a mean; all of the line for a single value."""
    if values.size < 2:
        return -np.inf, np.inf
    half = stats.t.ppf(0.5 + CONFIDENCE / 2, values.size - 1) * stats.sem(values)
    return float(values.mean() - half), float(values.mean() + half)


def mostly(name: str, flags: Iterable[bool]) -> Check:
    """Whether more than half of all seeds would be true, by the exact binomial interval."""
    flags = list(flags)
    found = stats.binomtest(sum(flags), len(flags)).proportion_ci(CONFIDENCE)
    low, high = float(found.low), float(found.high)
    outcome: Outcome = "match" if low > 0.5 else "mismatch" if high <= 0.5 else "undecided"
    return Check(name, float(np.mean(flags)), low, high, 0.5, outcome)


def judge(
    regime: str,
    revision: str,
    seeds: list[SeedFigures],
    unique_efforts: Floats | None = None,
    pure_efforts: Floats | None = None,
) -> Verdict:
    """The verdict on a run: its predicted regime against what its seeds learned.

    ``unique_efforts`` are the mean efforts ``[n]`` of the mixed equilibrium, as shares of F, where it is
    known to be the only one; ``pure_efforts`` those of the pure equilibrium, default 0.
    """
    if np.isnan([s.regret for s in seeds]).any():
        reason = "regrets are not known under a rule that remembers or draws dependent scores"
        return Verdict("undecided", reason, ())
    if regime == "pure":
        checks = _pure_checks(seeds, pure_efforts)
        reason = "against the pure equilibrium: regret, efforts and board order"
    elif regime == "cycle" and revision == "simultaneous":
        checks = _average_checks(seeds, unique_efforts)
        reason = "time-averaged play against mixed equilibrium"
    else:
        reason = f"no prediction to compare with: regime {regime}, {revision} revision"
        return Verdict("undecided", reason, ())
    if len(seeds) < MIN_SEEDS:
        return Verdict("undecided", f"{len(seeds)} seeds; a verdict needs {MIN_SEEDS}", tuple(checks))
    return Verdict(_worst(checks), reason, tuple(checks))


def _average_checks(seeds: list[SeedFigures], unique_efforts: Floats | None) -> list[Check]:
    checks = [below("time-averaged regret / P", (s.average_regret for s in seeds), AVERAGE_REGRET)]
    if unique_efforts is None:
        return checks
    name = "distance of its mean effort / F from equilibrium, developer"
    away = np.array([s.average_efforts for s in seeds]) - unique_efforts
    return checks + [
        within(f"{name} {i}", away[:, i], AVERAGE_EFFORT) for i in range(unique_efforts.size)
    ]


def _pure_checks(seeds: list[SeedFigures], predicted: Floats | None) -> list[Check]:
    efforts = np.array([s.efforts for s in seeds])
    if predicted is None or not predicted.any():
        spent = [
            below(f"mean effort / F of developer {i}", efforts[:, i], PURE_EFFORT)
            for i in range(efforts.shape[1])
        ]
    else:
        name = "distance of mean effort / F from equilibrium, developer"
        away = efforts - predicted
        spent = [within(f"{name} {i}", away[:, i], PURE_EFFORT) for i in range(efforts.shape[1])]
    return [
        below("mean regret / P", (s.regret for s in seeds), PURE_REGRET),
        *spent,
        mostly("boards in the predicted order", (s.in_order for s in seeds)),
    ]


def _worst(checks: list[Check]) -> Outcome:
    outcomes = {check.outcome for check in checks}
    return next(o for o in ("mismatch", "undecided", "match") if o in outcomes)
