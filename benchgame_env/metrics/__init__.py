"""The grader: regrets and NashConv over continuous deviations, and what a board is worth.

It is independent of `benchgame_env.theory` on purpose: it shares no code with what it grades, and it
never trusts the inverse of a curve (`first_efforts`). Rules whose board is a fixed function of effort
are graded exactly (`exact`). Rules that draw scores independently are graded exactly in what is played,
and over deviations by a search with a certified bound (`noisy`). What was played is graded as it was
played: with intervals where it is sampled (`sampled`), the cycle in which it ends (`limit_cycle`), the
regret of each revision (`revision_regret`), and the external regret of all rounds together
(`external_regret`). Under any rule regrets are simulated, with intervals (`simulated`).
"""

from typing import TYPE_CHECKING

from benchgame_env.metrics.external_regret import external_regrets
from benchgame_env.metrics.level_regret import level_regrets
from benchgame_env.metrics.limit_cycle import LimitCycle, find_cycle
from benchgame_env.metrics.outcomes import (
    Outcomes,
    kendall_tau,
    outcomes,
    played_outcomes,
    rank_agreement,
    reachable_tau,
)
from benchgame_env.metrics.regret import can_grade, expected_payoffs, nash_conv, regrets
from benchgame_env.metrics.regret_bounds import RegretBounds
from benchgame_env.metrics.revision_regret import revision_regrets
from benchgame_env.metrics.sampled import sampled_regrets
from benchgame_env.metrics.simulated import simulated_regrets
from benchgame_env.metrics.strategies import Strategy, empirical
from benchgame_env.renamed import renamed

__all__ = [
    "LimitCycle",
    "Outcomes",
    "RegretBounds",
    "Strategy",
    "can_grade",
    "empirical",
    "expected_payoffs",
    "external_regrets",
    "find_cycle",
    "kendall_tau",
    "level_regrets",
    "nash_conv",
    "outcomes",
    "played_outcomes",
    "rank_agreement",
    "reachable_tau",
    "regrets",
    "revision_regrets",
    "sampled_regrets",
    "simulated_regrets",
]

if not TYPE_CHECKING:  # else any name would pass the type checker
    __getattr__ = renamed(
        __name__,
        {
            "PlayedCycle": ("LimitCycle", lambda: LimitCycle),
            "joint_regrets": ("external_regrets", lambda: external_regrets),
            "step_regrets": ("revision_regrets", lambda: revision_regrets),
        },
    )
