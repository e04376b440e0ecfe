"""The grader: regrets and NashConv over continuous deviations, and what a board is worth.

Independent of `benchgame_env.theory` on purpose: it shares no code with what it grades, and it never
inverts a curve. Rules whose board is a fixed function of effort are graded exactly (`fixed`); rules that
draw scores independently are graded exactly in what is played, and over deviations by a search with a
certified bound (`drawn`).
What was played is graded as it was played: the cycle that it ends in (`played_cycle`), the regret of
single revisions (`step_regret`) and of joint play (`joint_regret`).
"""

from benchgame_env.metrics.external_regret import joint_regrets
from benchgame_env.metrics.limit_cycle import PlayedCycle, find_cycle
from benchgame_env.metrics.outcomes import (
    Outcomes,
    kendall_tau,
    outcomes,
    played_outcomes,
    rank_agreement,
)
from benchgame_env.metrics.regret import can_grade, expected_payoffs, nash_conv, regrets
from benchgame_env.metrics.revision_regret import step_regrets
from benchgame_env.metrics.strategies import Strategy, empirical

__all__ = [
    "Outcomes",
    "PlayedCycle",
    "Strategy",
    "can_grade",
    "empirical",
    "expected_payoffs",
    "find_cycle",
    "joint_regrets",
    "kendall_tau",
    "nash_conv",
    "outcomes",
    "played_outcomes",
    "rank_agreement",
    "regrets",
    "step_regrets",
]
