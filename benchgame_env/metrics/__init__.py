"""The grader: regrets and NashConv over continuous deviations, and what a board is worth.

Independent of `benchgame_env.theory` on purpose: it shares no code with what it grades, and it never
inverts a curve. Rules whose board is a fixed function of effort are graded exactly (`fixed`); rules that
draw scores independently are graded exactly in what is played, and over deviations by a search with a
certified bound (`drawn`).
"""

from benchgame_env.metrics.outcomes import (
    Outcomes,
    kendall_tau,
    of_boards,
    outcomes,
    played_outcomes,
    rank_agreement,
)
from benchgame_env.metrics.regret import can_grade, expected_payoffs, nash_conv, regrets
from benchgame_env.metrics.strategies import Strategy, empirical

__all__ = [
    "Outcomes",
    "Strategy",
    "can_grade",
    "empirical",
    "expected_payoffs",
    "kendall_tau",
    "nash_conv",
    "of_boards",
    "outcomes",
    "played_outcomes",
    "rank_agreement",
    "regrets",
]
