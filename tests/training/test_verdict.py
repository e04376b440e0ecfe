"""Verdicts on made-up figures; the bounds are those of theory section 8."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from training.grading.figures import SeedFigures
from training.grading.verdict import ExpectedCycle, Verdict, judge, unevenly_spaced


def figures(**changes: object) -> SeedFigures:
    plain = {
        "regret": 0.0,
        "average_regret": 0.0,
        "efforts": np.zeros(2),
        "average_efforts": np.zeros(2),
        "movement": 0.0,
        "in_order": True,
        "tau": 1.0,
        "nash_conv": 0.0,
    }
    return SeedFigures(**(plain | changes))  # type: ignore[arg-type]


def test_pure_match() -> None:
    verdict = judge("pure", "simultaneous", [figures() for _ in range(10)])
    assert verdict.outcome == "match"
    assert len(verdict.checks) == 4  # regret, two efforts, order


@pytest.mark.parametrize(
    "changes",
    [{"regret": 0.011}, {"efforts": np.array([0.0, 0.021])}, {"in_order": False}],
    ids=["regret above 1 % of P", "one effort above 2 % of F", "wrong order"],
)
def test_pure_mismatch(changes: dict[str, object]) -> None:
    assert judge("pure", "simultaneous", [figures(**changes) for _ in range(10)]).outcome == "mismatch"


@pytest.mark.parametrize(
    ("efforts", "outcome"),
    [([0.31, 0.12], "match"), ([0.33, 0.1], "mismatch"), ([0.0, 0.0], "mismatch")],
)
def test_a_pure_equilibrium_of_positive_efforts_is_compared_with(efforts, outcome) -> None:
    # 2 % of F to either side of (0.3, 0.1), as section 8 has it for an equilibrium at zero.
    seeds = [figures(efforts=np.array(efforts)) for _ in range(10)]
    verdict = judge("pure", "simultaneous", seeds, pure_efforts=np.array([0.3, 0.115]))
    assert verdict.outcome == outcome


def test_unknown_regrets_decide_nothing() -> None:
    verdict = judge("pure", "simultaneous", [figures(regret=math.nan) for _ in range(10)])
    assert verdict.outcome == "undecided"
    assert "regrets are not known" in verdict.reason


def test_fewer_than_ten_seeds_decide_nothing() -> None:
    verdict = judge("pure", "simultaneous", [figures() for _ in range(9)])
    assert verdict.outcome == "undecided"
    assert "9 seeds" in verdict.reason


def test_cycle_regret_above_its_bound_is_a_mismatch() -> None:
    seeds = [figures(average_regret=0.026) for _ in range(10)]
    assert judge("cycle", "simultaneous", seeds).outcome == "mismatch"


def test_cycle_regret_within_its_bound_is_a_match() -> None:
    assert judge("cycle", "simultaneous", [figures() for _ in range(10)]).outcome == "match"


@pytest.mark.parametrize(("efforts", "outcome"), [([0.04, 0.0], "match"), ([0.0, 0.06], "mismatch")])
def test_where_equilibrium_is_unique_its_mean_efforts_count(efforts: list[float], outcome: str) -> None:
    # Within 5 % of F, here of efforts (0.2, 0.3).
    away = figures(average_efforts=np.array([0.2, 0.3]) - efforts)
    verdict = judge("cycle", "simultaneous", [away] * 10, np.array([0.2, 0.3]))
    assert verdict.outcome == outcome
    assert len(verdict.checks) == 3


@pytest.mark.parametrize(
    ("regime", "revision"),
    [("cycle", "alternating"), ("cycle", "random"), ("undecided", "simultaneous")],
)
def test_without_a_prediction_there_is_no_verdict(regime: str, revision: str) -> None:
    verdict = judge(regime, revision, [figures() for _ in range(10)])
    assert (verdict.outcome, verdict.checks, verdict.share) == ("undecided", (), None)
    assert f"regime {regime}, {revision} revision" in verdict.reason


def test_a_cycle_says_nothing_of_play_in_random_order() -> None:
    seeds = [on_cycle() for _ in range(10)]
    assert judge("cycle", "random", seeds, cycle=DUEL).outcome == "undecided"


# Seeds on their own


def test_the_share_of_seeds_that_match_on_their_own_is_exact() -> None:
    # 9 of 10; Clopper-Pearson ends solve P(X >= 9) = 0.025 and P(X <= 9) = 1 - p^10 = 0.025.
    seeds = [figures() for _ in range(9)] + [figures(efforts=np.array([0.0, 0.021]))]
    verdict = judge("pure", "simultaneous", seeds)
    assert verdict.outcome == "match"  # the mean effort is 0.0021, its interval ends below 0.007
    assert verdict.share is not None
    low = verdict.share.low
    assert 10 * low**9 * (1 - low) + low**10 == pytest.approx(0.025, rel=1e-6)
    assert (verdict.share.mean, verdict.share.high) == (0.9, pytest.approx(0.975**0.1))


def test_a_seed_matches_on_its_own_if_all_its_figures_do() -> None:
    # Each of three seeds fails another check.
    seeds = [figures() for _ in range(7)]
    seeds += [figures(regret=0.2), figures(in_order=False), figures(efforts=np.array([0.5, 0.0]))]
    verdict = judge("pure", "simultaneous", seeds)
    assert verdict.share is not None
    assert verdict.share.mean == 0.7
    assert [sum(check.passed) for check in verdict.checks] == [9, 9, 10, 9]


# Simultaneous revision: joint play and the last iterate


@pytest.mark.parametrize(
    ("joint_regret", "outcome"), [(0.024, "match"), (0.026, "mismatch"), (math.nan, "undecided")]
)
def test_joint_play_counts_where_prizes_are_not_evenly_spaced(joint_regret: float, outcome: str) -> None:
    seeds = [figures(joint_regret=joint_regret) for _ in range(10)]
    assert judge("cycle", "simultaneous", seeds, joint=True).outcome == outcome
    assert judge("cycle", "simultaneous", seeds).outcome == "match"


def test_what_the_last_iterate_does_is_reported_and_decides_nothing() -> None:
    seeds = [figures(nash_conv=0.9, movement=0.5, joint_regret=0.3) for _ in range(10)]
    verdict = judge("cycle", "simultaneous", seeds)
    assert verdict.outcome == "match"
    assert [figure.mean for figure in verdict.reported] == pytest.approx([0.9, 0.5, 0.3])


@pytest.mark.parametrize(
    ("prizes", "uneven"),
    [([1, 0], False), ([0.3, 0.2, 0.1], False), ([1, 0.9, 0], True), ([1, 0, 0], True), ([1], False)],
)
def test_spacing_of_prizes(prizes: list[float], uneven: bool) -> None:
    assert unevenly_spaced(np.array(prizes, dtype=float)) == uneven


# Alternating revision: the cycle

DUEL = ExpectedCycle(np.array([0.497, 0.997]), 290)


def on_cycle(**changes: Any) -> SeedFigures:
    exact = {
        "periodic": True,
        "period": 290.0,
        "peaks": DUEL.peaks,
        "step_regret": 0.0,
        "drawn_step_regret": 0.0,
    }
    return figures(**(exact | changes))


def wild(**changes: Any) -> SeedFigures:
    """A seed whose play does not repeat, though all else is right."""
    return on_cycle(**({"periodic": False, "period": math.nan} | changes))


def alternating(seeds: list[SeedFigures]) -> Verdict:
    return judge("cycle", "alternating", seeds, cycle=DUEL)


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, "match"),
        ({"peaks": np.array([0.546, 0.948])}, "match"),  # 5 % of F to either side
        ({"peaks": np.array([0.548, 0.997])}, "mismatch"),
        ({"peaks": np.array([0.497, 0.946])}, "mismatch"),
        ({"period": 318.0}, "match"),  # 10 %: 261 to 319
        ({"period": 262.0}, "match"),
        ({"period": 320.0}, "mismatch"),
        ({"period": 145.0}, "mismatch"),
        ({"step_regret": 0.0099}, "match"),
        ({"step_regret": 0.0101}, "mismatch"),
        ({"step_regret": math.nan}, "undecided"),
        ({"drawn_step_regret": 0.0099}, "match"),
        ({"drawn_step_regret": 0.0101}, "mismatch"),
    ],
)
def test_bounds_on_peaks_period_and_regret_of_a_cycle(changes: dict[str, Any], outcome: str) -> None:
    assert alternating([on_cycle(**changes) for _ in range(10)]).outcome == outcome


def test_play_that_never_repeats_is_a_mismatch() -> None:
    verdict = alternating([wild() for _ in range(10)])
    assert verdict.outcome == "mismatch"
    assert verdict.share is not None
    assert verdict.share.mean == 0.0
    assert {c.name: c.outcome for c in verdict.checks if c.outcome != "match"} == {
        "play is periodic": "mismatch",
        "deviation of the period from prediction, relative": "mismatch",
    }


def test_one_seed_of_ten_that_does_not_repeat_leaves_the_period_open() -> None:
    # Nine exact and one 100 % off: mean 0.1, standard error 0.1.
    verdict = alternating([on_cycle() for _ in range(9)] + [wild()])
    assert verdict.outcome == "undecided"
    assert verdict.share is not None
    assert verdict.share.mean == 0.9


@pytest.mark.parametrize("period", [261.5, 290.0, 318.5, 322.0, 250.0, 145.0])
@pytest.mark.parametrize("repeating", range(2, 11))
def test_seeds_that_do_not_repeat_never_improve_an_outcome(period: float, repeating: int) -> None:
    severity = ("match", "undecided", "mismatch").index

    def outcome(wilds: int) -> int:
        seeds = [on_cycle(period=period + k) for k in range(repeating)]
        return severity(alternating(seeds + [wild()] * wilds).checks[-1].outcome)

    assert all(outcome(0) <= outcome(wilds) for wilds in range(1, 8))


def test_seeds_off_to_either_side_do_not_cancel() -> None:
    # 12 % long and 12 % short are 12 % off, peaks likewise, though their means are as predicted.
    for change in ({"period": 0.12 * 290}, {"peaks": np.array([0.06, 0.06])}):
        [(key, by)] = change.items()
        exact = {"period": 290.0, "peaks": DUEL.peaks}[key]
        seeds = [on_cycle(**{key: exact + sign * by}) for sign in (1, -1) * 5]  # type: ignore[operator]
        assert alternating(seeds).outcome == "mismatch"


def test_seeds_that_do_not_repeat_count_as_all_wrong() -> None:
    # 98 seeds 9 % short and two 100 % off: (98 * 0.09 + 2) / 100.
    verdict = alternating([on_cycle(period=0.91 * 290)] * 98 + [wild()] * 2)
    assert verdict.checks[-1].mean == pytest.approx(0.1082)
    assert verdict.outcome == "undecided"


def test_few_seeds_on_the_cycle_decide_nothing() -> None:
    verdict = alternating([on_cycle() for _ in range(9)])
    assert (verdict.outcome, len(verdict.checks)) == ("undecided", 6)
