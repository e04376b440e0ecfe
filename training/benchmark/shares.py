"""Of the draws of each family, the share on which an algorithm matches the prediction.

A seed of a run counts if it passes every check of the verdict on its own: what is judged is play
averaged over time where no pure equilibrium exists, and there the last iterate too. As few match after
few plays, the share whose regret is below `NEAR` is told too. Intervals are from the stratified
bootstrap, which draws anew within each family: they are about other draws of these.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from benchgame_env.cli import commands
from benchgame_env.training.benchmark.statistics import aggregate, mean
from benchgame_env.training.benchmark.suite import Suite
from benchgame_env.training.grading.intervals import Estimate
from benchgame_env.training.grading.verdict import Verdict

Verdicts = Mapping[tuple[str, str], Verdict]  # by task and algorithm
Scores = Mapping[str, Mapping[str, Sequence[float]]]  # by algorithm and family; NaN where missing

NEAR = 0.05  # of P: twice the bound of verdicts where no pure equilibrium exists
SHARES = {
    "match": "matches",
    "last_iterate": "last iterate matches",
    "near": f"regret below {NEAR:.0%} of P",
}


class Matches(NamedTuple):
    """Shares of draws that an algorithm matches.

    Attributes
    ----------
    match : Estimate
        By the checks of the verdict.
    last_iterate : Estimate
        By the strategies at the end of training.
    near : Estimate
        Of draws whose regret, the first figure of the verdict, is below `NEAR`.
    by_family : dict of str to float
        ``match`` by family.
    """

    match: Estimate
    last_iterate: Estimate
    near: Estimate
    by_family: dict[str, float]


def match_shares(
    suite: Suite, verdicts: Verdicts, scores: Scores, rng: np.random.Generator
) -> dict[str, Matches]:
    """Shares of the draws of a suite, by algorithm.

    Parameters
    ----------
    suite : Suite
        A suite with drawn games.
    verdicts : dict of (task, algorithm) to Verdict
        The verdict on each run. One without checks counts as a draw that is not matched.
    scores : dict of str to dict of str to sequence of float
        Scores by algorithm and family. A missing one counts as a large regret.
    rng : numpy.random.Generator
        Random numbers of the bootstrap.
    """
    passed: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for run in suite.runs:
        own = passed.setdefault(run.algorithm, {}).setdefault(run.group, [])
        own.append(_passed(verdicts[run.task, run.algorithm]))
    found = {}
    for name, by_family in passed.items():
        judged = [np.array(own) for own in by_family.values()]  # [draws, 2] of each family
        match, last = (aggregate([own[:, k] for own in judged], rng, mean) for k in range(2))
        near = aggregate([np.greater(own, 1 - NEAR) for own in scores[name].values()], rng, mean)
        means = {family: float(np.mean(own, axis=0)[0]) for family, own in by_family.items()}
        found[name] = Matches(match, last, near, means)
    return found


def _passed(verdict: Verdict) -> tuple[float, float]:
    """The share of seeds that pass all checks, and that of seeds whose last iterate does; the same where
    the last iterate is what is judged."""
    judged = verdict.share.mean if verdict.share else 0.0
    if not verdict.last_iterate:
        return judged, judged
    return judged, float(np.mean(np.all([check.passed for check in verdict.last_iterate], axis=0)))


def share_rows(shares: Mapping[str, Matches]) -> list[dict[str, Any]]:
    """The content of ``shares.csv``: a row for each algorithm, empty where it does not play a family."""
    blank = dict.fromkeys(_families(shares), "")
    ends = {"share": "value", "low": "low", "high": "high"}
    return [
        {"algorithm": name}
        | {f"{key}_{end}": getattr(getattr(one, key), of) for key in SHARES for end, of in ends.items()}
        | blank
        | one.by_family
        for name, one in shares.items()
    ]


def share_tables(shares: Mapping[str, Matches]) -> str:
    """Two tables with a row for each algorithm: shares of all draws, and of those of each family."""
    if not shares:
        return ""
    families = _families(shares)
    whole = [[name, *(_in_words(getattr(one, key)) for key in SHARES)] for name, one in shares.items()]
    parts = [
        [name, *(f"{one.by_family[f]:.0%}" if f in one.by_family else "" for f in families)]
        for name, one in shares.items()
    ]
    return "\n\n".join(
        [
            "Share of the draws on which an algorithm matches:\n"
            + commands.table(["algorithm", *SHARES.values()], whole),
            "Matches by family:\n" + commands.table(["algorithm", *families], parts),
        ]
    )


def _families(shares: Mapping[str, Matches]) -> list[str]:
    return list(dict.fromkeys(family for one in shares.values() for family in one.by_family))


def _in_words(share: Estimate) -> str:
    """A share with its interval, if it has one."""
    return f"{share.value:.0%}" + (
        "" if math.isnan(share.low) else f" [{share.low:.0%}, {share.high:.0%}]"
    )
