"""The verdict: whether play matches the prediction (theory section 8).

The outcome is that of the worst check. A ``match`` needs more: nine of ten seeds must pass every check
on their own, the reference equilibrium must be much better than the bound, and simple controls that do
not play the prediction must fail (`controls`). Without one of these the outcome is ``undecided``, with
the reason. If more than half of the seeds surely fail a check, the outcome is ``mismatch``, whatever the
means.

Where revisions alternate, a seed whose play does not repeat fails the check that play is periodic, and
its peaks are those of the second half of its play. Such a seed has no period. It counts as a deviation
of 100 %, and the other seeds also have to pass without it, so that play that does not repeat never
improves an outcome. Deviations count by their size: a seed above the prediction does not cancel a seed
below it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchgame_env.validate import Floats
from training.grading.figures import RULES, SeedFigures
from training.grading.intervals import (
    Bounds,
    Check,
    Figure,
    Outcome,
    all_below,
    average,
    below,
    mostly,
    share,
)
from training.grading.target import (
    AVERAGE_EFFORT,
    PURE_EFFORT,
    REFERENCE,
    ExpectedCycle,
    Target,
)
from training.run.records import counted

MIN_SEEDS = 10
MOST_SEEDS = 0.9  # share of the seeds that must pass every check on their own
DEPENDENCE = 0.1  # correlation of functions of the ranks of efforts
STEP_REGRET = 0.01  # mean regret of a developer's single revisions, share of P
PEAK = 0.05  # distance of each peak and trough of a cycle from its prediction, share of F
PERIOD = 0.1  # the same for its period, relative
OUTSIDE = 0.05  # share of the boards that are in no predicted class
WRONG_BOARDS = 0.05  # the same for the share of boards that are not in the order of quality

SENTENCES = {  # by a word in the name of the check; figures in per cent
    "revision": "the developer with most to gain{who} misses {mean} of P, the prize spread, at a turn",
    "regret": "the developer with most to gain{who} could win {mean} of P, the spread of prizes",
    "developer's": "the developer furthest away{who} is {mean} of F, the effort that P is worth, away",
}


@dataclass(frozen=True)
class Control:
    """Play that is not the prediction, held against the same bounds.

    Attributes
    ----------
    name : str
        What is played.
    passes : bool
        Whether it keeps every bound.
    is_prediction : bool
        Whether it is so close to the prediction that it has to pass; it is then left out.
    regret : float
        Its largest regret, share of P.
    """

    name: str
    passes: bool
    is_prediction: bool
    regret: float


@dataclass(frozen=True)
class Verdict:
    """The outcome of a run, and the figures that it rests on.

    Attributes
    ----------
    outcome : "match", "mismatch" or "undecided"
        The outcome.
    sentence : str
        The outcome with the figure that decides it, and its bound.
    reason : str
        What was compared, or why nothing was.
    change : str
        What would change the outcome.
    checks : tuple of Check
        Figures with their bounds; empty if nothing could be checked.
    share : Figure or None
        Share of the seeds that pass every check on their own, with its exact binomial interval; None if
        nothing could be checked.
    reported : tuple of Figure
        Figures without a bound.
    last_iterate : tuple of Check
        The same for the strategies at the end of training, where play averaged over time is judged.
    controls : tuple of Control
        The controls; empty where they were not needed.
    regrets : array ``[n]`` or None
        Regret of each developer, share of P, mean over seeds.
    rules : int
        Version of the rules of the verdict.
    """

    outcome: Outcome
    sentence: str
    reason: str
    change: str = ""
    checks: tuple[Check, ...] = ()
    share: Figure | None = None
    reported: tuple[Figure, ...] = ()
    last_iterate: tuple[Check, ...] = ()
    controls: tuple[Control, ...] = ()
    regrets: Floats | None = None
    rules: int = RULES

    @property
    def last_outcome(self) -> Outcome | None:
        """The outcome of the strategies at the end of training; None if it was not asked for."""
        return worst(self.last_iterate).outcome if self.last_iterate else None

    def gist(self) -> list[str]:
        """Two figures for a cell of a table: the share of seeds, and the mean of the first check."""
        passed = [f"{self.share.mean:.0%}"] if self.share else []
        return passed + [f"{check.mean:.2g}" for check in self.checks[:1]]


def undecided(reason: str) -> Verdict:
    """The verdict where nothing could be checked."""
    return Verdict("undecided", f"undecided: {reason}", reason)


def judge(
    target: Target,
    seeds: list[SeedFigures],
    controls: Callable[[], Iterable[Control]] = tuple,
    one_set: bool = False,
) -> Verdict:
    """Compare the predicted play of a run with what its seeds learned.

    Parameters
    ----------
    target : Target
        What play is held against.
    seeds : list of SeedFigures
        What each seed learned.
    controls : callable
        Returns the controls; called only if the outcome would be a match without them.
    one_set : bool
        Whether the only seed is a set of plays that is judged by its own intervals.

    Returns
    -------
    Verdict
        The outcome with its checks.
    """
    checks = checks_of(target, seeds, one_set)
    if np.isnan(checks[0].mean):
        return undecided("regrets are not known under this rule")
    passed = tuple(all(own) for own in zip(*(check.passed for check in checks), strict=True))
    failed = [any(own) for own in zip(*(check.failed for check in checks), strict=True)]
    alone = None if one_set else share("seeds that pass every check on their own", passed)
    base = Verdict(
        worst(checks).outcome,
        "",
        target.reason,
        checks=tuple(checks),
        share=alone,
        reported=_reported(target, seeds, one_set),
        regrets=np.mean([s.regrets.estimate for s in seeds], axis=0),
        last_iterate=() if one_set or target.fixed else tuple(_last_iterate(target, seeds)),
    )
    if len(seeds) < MIN_SEEDS and not one_set:
        why = f"{counted(len(seeds), 'seed')}; a verdict needs {MIN_SEEDS}"
        return _doubted(base, why, "more seeds")
    if base.outcome != "mismatch" and np.mean(failed) > 0.5:
        why = f"{sum(failed)} of {len(failed)} seeds fail a check on their own"
        return replace(base, outcome="mismatch", sentence=f"mismatch: {why}", change=_change(base))
    if base.outcome != "match":
        return replace(base, sentence=_sentence(base), change=_change(base))
    if not one_set and np.mean(passed) < MOST_SEEDS:
        why = f"only {sum(passed)} of {len(passed)} seeds pass every check on their own"
        return _doubted(base, why, f"{MOST_SEEDS:.0%} of the seeds passing")
    return _with_power(base, target, controls)


def _with_power(base: Verdict, target: Target, controls: Callable[[], Iterable[Control]]) -> Verdict:
    """A match, if reference and controls bear it out."""
    if target.doubt:
        return _doubted(base, target.doubt, "a prediction that covers this play")
    most = REFERENCE * target.regret_bound
    if target.reference > most:
        why = (
            f"the reference equilibrium has a regret of {target.reference:.2%} of P, "
            f"and only {most:.2%} would do for a bound of {target.regret_bound:.1%}"
        )
        return _doubted(base, why, "a better reference equilibrium")
    found = tuple(controls())
    base = replace(base, controls=found)
    passing = [one for one in found if one.passes and not one.is_prediction]
    if passing:
        why = f"this test cannot tell: {passing[0].name} would pass it too"
        return _doubted(base, why, "a game or bounds under which the controls fail")
    return replace(base, sentence=_sentence(base), change=_change(base))


def _doubted(base: Verdict, why: str, change: str) -> Verdict:
    return replace(base, outcome="undecided", sentence=f"undecided: {why}", change=change)


def _sentence(verdict: Verdict) -> str:
    """The outcome, the figure that decides it, and its bound."""
    check = worst(verdict.checks)
    return f"{verdict.outcome}: {in_words(check)}"


def in_words(check: Check) -> str:
    """A check as a sentence with its number and its bound."""
    words = next((words for kind, words in SENTENCES.items() if kind in check.name), "")
    mean, bound, low, high = (
        _number(value, bool(words)) for value in (check.mean, check.bound, check.low, check.high)
    )
    who = "" if check.who is None else f" (developer_{check.who})"
    said = words.format(who=who, mean=mean) if words else f"{check.name}: {mean}"
    if check.outcome == "undecided":
        return f"{said}; its interval, {low} to {high}, contains the bound of {bound}"
    return f"{said}, {'less' if check.mean < check.bound else 'not less'} than the bound of {bound}"


def explained(verdict: Verdict) -> list[str]:
    """What was compared, the last iterate, the controls, and what would change the outcome."""
    lines = [f"Compared: {verdict.reason}."]
    if verdict.last_iterate:
        check = worst(verdict.last_iterate)
        lines.append(f"The strategies at the end of training: {check.outcome}, {in_words(check)}.")
    for one in verdict.controls:
        held = "left out, because it is the prediction" if one.is_prediction else "fails, as it has to"
        if one.passes and not one.is_prediction:
            held = "passes too"
        lines.append(f"Control, {one.name}: {held}; largest regret {one.regret:.2%} of P.")
    return [*lines, *([f"What would change this: {verdict.change}."] if verdict.change else [])]


def _number(value: float, per_cent: bool) -> str:
    return f"{100 * value:.3g} %" if per_cent else f"{value:.3g}"


def _change(verdict: Verdict) -> str:
    if verdict.outcome == "undecided":
        return "more seeds or more plays, which make the interval shorter"
    if verdict.outcome == "mismatch":
        check = worst(verdict.checks)
        return f"other play: {check.name} would have to be below {check.bound:g}"
    closest = max(verdict.checks, key=lambda one: one.high / one.bound if one.bound != 0.5 else 0.0)
    return f"{closest.name} at {closest.bound:g} or above; its interval ends at {closest.high:.3g}"


# The first of each list of checks is the regret; there is no verdict without it.


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
        return _last_iterate(target, seeds, one_set)
    if target.kind == "mixed":
        name = "time-averaged regret of a developer / P"
        checks = [_regrets(name, (s.average_regrets for s in seeds), target, one_set)]
        return checks + _unique(target, [s.average_away for s in seeds], one_set)
    name = "regret of a developer / P, by its own deviations"
    return [_regrets(name, (s.regrets for s in seeds), target, one_set)]


def _last_iterate(target: Target, seeds: list[SeedFigures], one_set: bool = False) -> list[Check]:
    """Checks of the strategies at the end of training, where play averaged over time is judged too."""
    if target.kind != "mixed":
        return []
    checks = [
        _regrets("final regret of a developer / P", (s.regrets for s in seeds), target, one_set),
        *_unique(target, [s.final_away for s in seeds], one_set, "final "),
    ]
    depends = [s.dependence for s in seeds if s.dependence is not None]
    if depends:
        name = "correlation of efforts, by rank, between developers or plays"
        checks.append(all_below(name, depends, DEPENDENCE, one_set))
    return checks


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


def _reported(target: Target, seeds: list[SeedFigures], one_set: bool) -> tuple[Figure, ...]:
    """Figures without a bound."""
    if one_set:
        return ()
    conv = average("NashConv of final play, prize units", (s.nash_conv for s in seeds))
    if target.kind != "mixed":
        return (conv,) if np.isfinite(conv.mean) else ()
    moved = average("movement of mean efforts / F in late training", (s.movement for s in seeds))
    return conv, moved


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
