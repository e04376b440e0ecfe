"""From rows to the table: how often the announced level holds, what it costs, and the bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from benchgame_env.training.coverage.data_sets import Row
from benchgame_env.validate import Floats

CERTAIN = 0.95  # probability of the intervals
HELD, HELD_ON_EACH = 0.93, 0.88  # shares that a level of 95 % has to reach


@dataclass(frozen=True)
class Bound:
    """What a part has to keep.

    Attributes
    ----------
    held : float
        Least share of all sets in which the level lies at or above the truth.
    on_each : float
        Least such share on each leaderboard.
    ratio : float
        Largest median ratio of the level to the truth.
    """

    held: float = HELD
    on_each: float = 0.0
    ratio: float = np.inf


BOUNDS = {
    ("ten", 1): Bound(on_each=HELD_ON_EACH, ratio=1.8),
    ("ten", 0): Bound(on_each=HELD_ON_EACH, ratio=2.2),
    ("five", 1): Bound(on_each=HELD_ON_EACH),
    ("five", 0): Bound(on_each=HELD_ON_EACH),
    ("near-ties", 1): Bound(on_each=HELD_ON_EACH),
    ("near-ties-at", 1): Bound(on_each=HELD_ON_EACH),
    ("entrants-1", 1): Bound(),
    ("entrants-2", 1): Bound(),
    ("entrants-5", 1): Bound(),
}


@dataclass(frozen=True)
class Share:
    """A count among so many, and its exact binomial interval."""

    count: int
    of: int

    @property
    def interval(self) -> tuple[float, float]:
        """After Clopper and Pearson."""
        found = scipy.stats.binomtest(self.count, self.of).proportion_ci(CERTAIN)
        return float(found.low), float(found.high)

    def against(self, least: float) -> str:
        """Whether it keeps a bound, is below it, or misses it by more than chance explains."""
        if self.count >= least * self.of:
            return "kept"
        return "below" if self.interval[1] >= least else "missed"

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.count / self.of:.1%} [{low:.1%}, {high:.1%}]"


@dataclass(frozen=True)
class Found:
    """What was measured of one part, with or without pooling.

    Attributes
    ----------
    part, pooling : str, int
        Which one.
    held : Share
        Sets in which the level lies at or above the truth, or is stable after models joined; no level at
        all holds.
    on : dict of str to Share
        The same on each leaderboard.
    none : int
        Sets of which it was said that the data support no level.
    left_out : int
        Sets in which a model was rejected (line-ups with entrants: none).
    ratio : (float, float, float)
        Level to truth: the median, and its exact binomial interval.
    """

    part: str
    pooling: int
    held: Share
    on: dict[str, Share]
    none: int
    left_out: int
    ratio: tuple[float, float, float]

    @property
    def least(self) -> str:
        """The leaderboard on which the level holds least often."""
        return min(self.on, key=lambda board: self.on[board].count / self.on[board].of)

    @property
    def outcome(self) -> str:
        """``kept``, ``below`` or ``missed``, the worst of the bounds; nothing where there is none."""
        bound = BOUNDS.get((self.part, self.pooling))
        if bound is None:
            return ""
        median, low, _ = self.ratio
        ratio = "kept" if median <= bound.ratio else "below" if low <= bound.ratio else "missed"
        shares = [self.held.against(bound.held), self.on[self.least].against(bound.on_each)]
        return max((ratio, *shares), key=("kept", "below", "missed").index)


def found_of(rows: Sequence[Row]) -> list[Found]:
    """The figures of each part, with and without pooling, in the order of the rows."""
    groups: dict[tuple[str, int], list[Row]] = {}
    for row in rows:
        groups.setdefault((row["part"], row["pooling"]), []).append(row)
    return [_found(*key, own) for key, own in groups.items()]


def _found(part: str, pooling: int, rows: list[Row]) -> Found:
    level, truth = (np.array([row[name] for row in rows]) for name in ("level", "truth"))
    held, board = np.array([row["held"] for row in rows]), np.array([row["board"] for row in rows])
    on = {
        one: Share(int(held[board == one].sum()), int((board == one).sum()))
        for one in dict.fromkeys(board.tolist())
    }
    return Found(
        part,
        pooling,
        Share(int(held.sum()), len(rows)),
        on,
        int(np.isinf(level).sum()),
        0 if part.startswith("entrants") else sum(row["left_out"] > 0 for row in rows),
        _median(np.divide(level, truth, out=np.ones(len(rows)), where=np.isfinite(truth))),
    )


def _median(values: Floats) -> tuple[float, float, float]:
    """The median, and the order statistics between which it lies with `CERTAIN`."""
    ordered, n = np.sort(values), values.size
    first = int(scipy.stats.binom.ppf((1 - CERTAIN) / 2, n, 0.5))
    low, high = (ordered[first - 1], ordered[n - first]) if first else (0.0, np.inf)
    middle = np.quantile(ordered, 0.5, method="inverted_cdf")
    return float(middle), float(low), float(high)


HEADER = ["part", "pooling", "sets", "held [95 %]", "least on", "median ratio", "no level", "rejected",
          "bounds"]  # fmt: skip


def table_rows(found: Sequence[Found]) -> list[list[str]]:
    """The cells of the table, below `HEADER`."""
    return [
        [
            one.part,
            "yes" if one.pooling else "no",
            f"{one.held.of:,}",
            str(one.held),
            f"{one.least}: {one.on[one.least].count}/{one.on[one.least].of}",
            "{:.2f} [{:.2f}, {:.2f}]".format(*one.ratio),
            f"{one.none / one.held.of:.1%}",
            f"{one.left_out}",
            one.outcome,
        ]
        for one in found
    ]
