"""The verdict: whether play matches the prediction (theory section 8).

The outcome is that of the worst check. A ``match`` needs more: nine of ten seeds must pass every check
on their own, the reference equilibrium must be much better than the bound, and simple controls that do
not play the prediction must fail (`controls`). Without one of these the outcome is ``undecided``, with
the reason. If more than half of the seeds surely fail a check, the outcome is ``mismatch``, whatever the
means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from benchgame_env.training.grading.checks import checks_of, last_iterate, worst
from benchgame_env.training.grading.figures import RULES, SeedFigures
from benchgame_env.training.grading.intervals import Check, Figure, Outcome, average, share
from benchgame_env.training.grading.target import REFERENCE, Target
from benchgame_env.training.grading.words import change, in_words, sentence
from benchgame_env.training.run.records import counted
from benchgame_env.validate import Floats

MIN_SEEDS = 10
MOST_SEEDS = 0.9  # share of the seeds that must pass every check on their own


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

    def explained(self) -> list[str]:
        """What was compared, the last iterate, the controls, and what would change the outcome."""
        lines = [f"Compared: {self.reason}."]
        if self.last_iterate:
            check = worst(self.last_iterate)
            lines.append(f"The strategies at the end of training: {check.outcome}, {in_words(check)}.")
        for one in self.controls:
            held = (
                "left out, because it is the prediction" if one.is_prediction else "fails, as it has to"
            )
            if one.passes and not one.is_prediction:
                held = "passes too"
            lines.append(f"Control, {one.name}: {held}; largest regret {one.regret:.2%} of P.")
        return [*lines, *([f"What would change this: {self.change}."] if self.change else [])]

    def details(self) -> list[str]:
        """What commands print below the sentence, a line each."""
        lines = [
            *self.explained(),
            *map(str, self.checks),
            *(f"at the end of training: {check}" for check in self.last_iterate),
            *([str(self.share)] if self.share else []),
            *(f"reported: {figure}" for figure in self.reported),
        ]
        return [f"  {line}" for line in lines]

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
        last_iterate=() if one_set or target.fixed else tuple(last_iterate(target, seeds)),
    )
    if len(seeds) < MIN_SEEDS and not one_set:
        why = f"{counted(len(seeds), 'seed')}; a verdict needs {MIN_SEEDS}"
        return _doubted(base, why, "more seeds")
    if target.doubt and target.kind != "mixed":  # play is compared with what is not predicted for it
        return _doubted(base, target.doubt, "a prediction that covers this play")
    if base.outcome != "mismatch" and np.mean(failed) > 0.5:
        why = f"{sum(failed)} of {len(failed)} seeds fail a check on their own"
        return replace(
            base,
            outcome="mismatch",
            sentence=f"mismatch: {why}",
            change=change(base.outcome, base.checks),
        )
    if base.outcome != "match":
        return replace(
            base, sentence=sentence(base.outcome, base.checks), change=change(base.outcome, base.checks)
        )
    if not one_set and np.mean(passed) < MOST_SEEDS:
        why = f"only {sum(passed)} of {len(passed)} seeds pass every check on their own"
        return _doubted(base, why, f"{MOST_SEEDS:.0%} of the seeds passing")
    return _with_power(base, target, controls)


def _with_power(base: Verdict, target: Target, controls: Callable[[], Iterable[Control]]) -> Verdict:
    """A match, if reference and controls bear it out."""
    target = target.completed()
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
    return replace(
        base, sentence=sentence(base.outcome, base.checks), change=change(base.outcome, base.checks)
    )


def _doubted(base: Verdict, why: str, change: str) -> Verdict:
    return replace(base, outcome="undecided", sentence=f"undecided: {why}", change=change)


def _reported(target: Target, seeds: list[SeedFigures], one_set: bool) -> tuple[Figure, ...]:
    """Figures without a bound."""
    if one_set:
        return ()
    conv = average("NashConv of final play, prize units", (s.nash_conv for s in seeds))
    if target.kind != "mixed":
        return (conv,) if np.isfinite(conv.mean) else ()
    moved = average("movement of mean efforts / F in late training", (s.movement for s in seeds))
    return conv, moved
