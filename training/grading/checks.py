"""The checks of a verdict: figures of seeds against the bounds of a target (theory section 8).

The first of each list of checks is the regret; there is no verdict without it.

Where revisions alternate, a seed whose play does not repeat fails the check that play is periodic, and
its peaks are those of the second half of its play. Such a seed has no period. It counts as a deviation
of 100 %, and the other seeds also have to pass without it, so that play that does not repeat never
improves an outcome. Deviations count by their size: a seed above the prediction does not cancel a seed
below it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from benchgame_env.training.grading.figures import SeedFigures
from benchgame_env.training.grading.intervals import Bounds, Check, all_below, below, mostly
from benchgame_env.training.grading.target import AVERAGE_EFFORT, PURE_EFFORT, ExpectedCycle, Target
from benchgame_env.validate import Floats

DEPENDENCE = 0.1  # correlation of functions of the ranks of efforts
STEP_REGRET = 0.01  # mean regret of a developer's single revisions, share of P
PEAK = 0.05  # distance of each peak and trough of a cycle from its prediction, share of F
PERIOD = 0.1  # the same for its period, relative
OUTSIDE = 0.05  # share of the boards that are in no predicted class
WRONG_BOARDS = 0.05  # the same for the share of boards that are not in the order of quality


def checks_of(target: Target, seeds: list[SeedFigures], one_set: bool = False) -> list[Check]:
    """The checks of play against ``target``."""
    if target.kind == "cycle":
        assert target.cycle is not None
        return _cycle_checks(seeds, target.cycle)
    if target.kind == "classes":
        return _class_checks(seeds)
    if target.kind == "pure":
        return [
            _regrets("regret of a developer / P", (s.regrets for s in seeds), target, one_set),
            all_below(
                "distance of a developer's effort / F from equilibrium",
                [_known(s.away) for s in seeds],
                PURE_EFFORT,
                one_set,
            ),
            mostly("boards in the predicted order", (s.in_order for s in seeds), one_set),
        ]
    if target.kind == "mixed" and (one_set or target.fixed):
        return last_iterate(target, seeds, one_set)
    if target.kind == "mixed":
        name = "time-averaged regret of a developer / P"
        checks = [_regrets(name, (s.average_regrets for s in seeds), target, one_set)]
        return checks + _unique(target, [s.average_away for s in seeds], one_set)
    name = "regret of a developer / P, by its own deviations"
    checks = [_regrets(name, (s.regrets for s in seeds), target, one_set)]
    return checks + (_independence(seeds, one_set) if one_set else [])


def last_iterate(target: Target, seeds: list[SeedFigures], one_set: bool = False) -> list[Check]:
    """Checks of the strategies at the end of training, where play averaged over time is judged too."""
    if target.kind != "mixed":
        return []
    checks = [
        _regrets("final regret of a developer / P", (s.regrets for s in seeds), target, one_set),
        *_unique(target, [s.final_away for s in seeds], one_set, "final "),
    ]
    return checks + _independence(seeds, one_set)


def _independence(seeds: list[SeedFigures], one_set: bool) -> list[Check]:
    """The check that efforts do not depend on each other, of play that was sampled."""
    depends = [s.dependence for s in seeds if s.dependence is not None]
    name = "correlation of efforts, by rank, between developers or plays"
    return [all_below(name, depends, DEPENDENCE, one_set)] if depends else []


def _regrets(name: str, seeds: Iterable[Bounds], target: Target, one_set: bool) -> Check:
    return all_below(name, list(seeds), target.regret_bound, one_set)


def _unique(target: Target, away: list[Bounds | None], one_set: bool, which: str = "") -> list[Check]:
    if target.efforts is None:
        return []
    name = f"distance of a developer's {which}mean effort / F from equilibrium"
    return [all_below(name, [_known(one) for one in away], AVERAGE_EFFORT, one_set)]


def _known(bounds: Bounds | None) -> Bounds:
    if bounds is None:
        raise ValueError("figures: made without the efforts that they are to be compared with")
    return bounds


def _cycle_checks(seeds: list[SeedFigures], cycle: ExpectedCycle) -> list[Check]:
    missed = [s.step_regrets for s in seeds], [s.drawn_step_regrets for s in seeds]
    wrong = [abs(s.wrong_boards - cycle.wrong_boards) for s in seeds]
    peaks = [_distance(s.peaks, cycle.peaks) for s in seeds]
    troughs = [_distance(s.troughs, cycle.troughs) for s in seeds]
    return [
        _exactly("regret of a developer's revision / P", missed[0], STEP_REGRET),
        _exactly("the same revision regret as drawn / P", missed[1], STEP_REGRET),
        mostly("play is periodic", (s.periodic for s in seeds)),
        _exactly("distance of a developer's peak effort / F from prediction", peaks, PEAK),
        _exactly("distance of a developer's lowest effort / F from prediction", troughs, PEAK),
        below("distance of the share of wrong boards from prediction", wrong, WRONG_BOARDS),
        _period_check(np.array([s.period for s in seeds]) / cycle.period - 1),
    ]


def _class_checks(seeds: list[SeedFigures]) -> list[Check]:
    missed, away = [s.step_regrets for s in seeds], [s.class_away for s in seeds]
    wrong, outside = [s.class_wrong for s in seeds], [s.outside for s in seeds]
    return [
        _exactly("regret of a developer's revision / P", missed, STEP_REGRET),
        _exactly("distance of a developer's mean effort, peak or trough / F from its class", away, PEAK),
        below("share of boards in no predicted class", outside, OUTSIDE),
        below("distance of the share of wrong boards from that of the class", wrong, WRONG_BOARDS),
    ]


def _distance(played: Floats | None, predicted: Floats) -> Floats:
    return np.abs(np.array(played, dtype=np.float64) - predicted)


def _exactly(name: str, seeds: Sequence[Floats | None], bound: float) -> Check:
    """A check of figures ``[n]`` of each seed that have no error of their own."""
    return all_below(name, [Bounds.exact(np.array(seed, dtype=np.float64)) for seed in seeds], bound)


def _period_check(away: Floats) -> Check:
    """Check of relative deviations, one for each seed and NaN without a period; see the module."""
    missing = np.isnan(away)
    readings = [np.where(missing, 1.0, np.abs(away))]
    if not missing.all():
        readings.append(np.abs(away[~missing]))
    name = "deviation of the period from prediction, relative"
    checks = [below(name, reading, PERIOD) for reading in readings]
    return replace(worst(checks), passed=checks[0].passed, failed=checks[0].failed)


def worst(checks: Iterable[Check]) -> Check:
    """The first check with the worst outcome."""
    return min(checks, key=lambda check: ("mismatch", "undecided", "match").index(check.outcome))
