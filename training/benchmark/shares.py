"""Of the draws of each family, the share on which an algorithm matches the prediction.

A seed of a run counts if it passes every check of the verdict on its own: what is judged is play
averaged over time where no pure equilibrium exists, and there the last iterate too. Intervals are from
the stratified bootstrap, which draws anew within each family: they are about other draws of these.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from benchgame_env.cli import commands
from benchgame_env.training.benchmark.statistics import aggregate, in_words, mean
from benchgame_env.training.benchmark.suite import Suite
from benchgame_env.training.grading.intervals import Estimate
from benchgame_env.training.grading.verdict import Verdict

Verdicts = Mapping[tuple[str, str], Verdict]  # by task and algorithm
Shares = dict[str, list[float]]  # of each run the share of its seeds, by family


class Matches(NamedTuple):
    """Shares of draws that an algorithm matches.

    Attributes
    ----------
    judged : Estimate
        By the checks of the verdict.
    last : Estimate
        By the strategies at the end of training.
    by_family : dict of str to float
        ``judged`` by family.
    """

    judged: Estimate
    last: Estimate
    by_family: dict[str, float]


def match_shares(suite: Suite, verdicts: Verdicts, rng: np.random.Generator) -> dict[str, Matches]:
    """Shares of the draws of a suite, by algorithm.

    Parameters
    ----------
    suite : Suite
        A suite with drawn games.
    verdicts : dict of (task, algorithm) to Verdict
        The verdict on each run. One without checks counts as a draw that is not matched.
    rng : numpy.random.Generator
        Random numbers of the bootstrap.
    """
    judged: dict[str, Shares] = {}
    last: dict[str, Shares] = {}
    for run in suite.runs:
        verdict = verdicts[run.task, run.algorithm]
        own = verdict.share.mean if verdict.share else 0.0
        judged.setdefault(run.algorithm, {}).setdefault(run.group, []).append(own)
        last.setdefault(run.algorithm, {}).setdefault(run.group, []).append(_last(verdict, own))
    return {
        name: Matches(
            aggregate(list(by_family.values()), rng, mean),
            aggregate(list(last[name].values()), rng, mean),
            {family: float(np.mean(shares)) for family, shares in by_family.items()},
        )
        for name, by_family in judged.items()
    }


def _last(verdict: Verdict, judged: float) -> float:
    """The share of seeds whose last iterate passes; that of all checks where it is what is judged."""
    if not verdict.last_iterate:
        return judged
    passed = zip(*(check.passed for check in verdict.last_iterate), strict=True)
    return float(np.mean([all(own) for own in passed]))


def share_rows(shares: Mapping[str, Matches]) -> list[dict[str, Any]]:
    """The content of ``shares.csv``: a row for each algorithm, empty where it does not play a family."""
    blank = dict.fromkeys(_families(shares), "")
    return [
        {"algorithm": name}
        | {f"match_{key}": value for key, value in _numbers(one.judged).items()}
        | {f"last_iterate_{key}": value for key, value in _numbers(one.last).items()}
        | blank
        | one.by_family
        for name, one in shares.items()
    ]


def share_tables(shares: Mapping[str, Matches]) -> str:
    """Two tables with a row for each algorithm: shares of all draws, and of those of each family."""
    if not shares:
        return ""
    whole = [[name, in_words(one.judged), in_words(one.last)] for name, one in shares.items()]
    families = _families(shares)
    parts = [
        [name, *(f"{one.by_family[f]:.0%}" if f in one.by_family else "" for f in families)]
        for name, one in shares.items()
    ]
    return "\n\n".join(
        [
            "Share of the draws on which an algorithm matches:\n"
            + commands.table(["algorithm", "matches", "last iterate matches"], whole),
            "By family:\n" + commands.table(["algorithm", *families], parts),
        ]
    )


def _families(shares: Mapping[str, Matches]) -> list[str]:
    return list(dict.fromkeys(family for one in shares.values() for family in one.by_family))


def _numbers(one: Estimate) -> dict[str, float]:
    return {"share": one.value, "low": one.low, "high": one.high}
