"""Verdicts on made-up figures; the bounds are those of theory section 8."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from benchgame_env.training.grading.figures import RULES, SeedFigures
from benchgame_env.training.grading.intervals import Bounds
from benchgame_env.training.grading.target import ExpectedCycle, Target
from benchgame_env.training.grading.verdict import Control, Verdict, judge

PURE = Target("pure", "pure", efforts=np.zeros(2), reference=0.0)
MIXED = Target("mixed", "mixed", reference=0.0)
OWN = Target("own gains", "no prediction")


def figures(**changes: Any) -> SeedFigures:
    """A seed that is right in every way; numbers become figures of both developers."""
    plain = {name: Bounds.exact(np.zeros(2)) for name in ("regrets", "average_regrets", "away")}
    plain |= {name: Bounds.exact(np.zeros(2)) for name in ("average_away", "final_away", "dependence")}
    for name, value in changes.items():
        if isinstance(plain.get(name), Bounds) and not isinstance(value, Bounds):
            changes[name] = Bounds.exact(np.broadcast_to(np.asarray(value, dtype=float), 2))
    rest = {"efforts": np.zeros(2), "average_efforts": np.zeros(2), "in_order": True, "tau": 1.0}
    return SeedFigures(**({**plain, **rest, "nash_conv": 0.0, "movement": 0.0} | changes))  # type: ignore[arg-type]


def ten(target: Target, **changes: Any) -> Verdict:
    return judge(target, [figures(**changes) for _ in range(10)])


def test_pure_match() -> None:
    verdict = ten(PURE)
    assert verdict.outcome == "match"
    assert len(verdict.checks) == 3  # regret, distance, order
    assert verdict.rules == RULES


@pytest.mark.parametrize(
    "changes",
    [{"regrets": [0.0, 0.011]}, {"away": [0.0, 0.021]}, {"in_order": False}],
    ids=["one regret above 1 % of P", "one effort 2 % of F away", "wrong order"],
)
def test_pure_mismatch(changes: dict[str, Any]) -> None:
    assert ten(PURE, **changes).outcome == "mismatch"


def test_the_largest_regret_decides_and_not_the_mean() -> None:
    # One of forty who gains 84 % of P: the mean, 2.1 %, is below the bound of 2.5 %.
    regrets = np.zeros(40)
    regrets[39] = 0.84
    figures_of_forty = SeedFigures.exact(Bounds.exact(regrets), np.zeros(40))
    verdict = judge(MIXED, [figures_of_forty] * 10)
    assert verdict.outcome == "mismatch"
    assert verdict.checks[0].who == 39
    assert "developer_39" in verdict.sentence
    assert "84 %" in verdict.sentence
    assert "2.5 %" in verdict.sentence


@pytest.mark.parametrize("target", [PURE, MIXED, OWN])
def test_unknown_regrets_decide_nothing(target: Target) -> None:
    verdict = ten(target, regrets=math.nan, average_regrets=math.nan)
    assert verdict.outcome == "undecided"
    assert "regrets are not known" in verdict.reason


def test_fewer_than_ten_seeds_decide_nothing() -> None:
    verdict = judge(PURE, [figures() for _ in range(9)])
    assert verdict.outcome == "undecided"
    assert "9 seeds" in verdict.sentence


def test_one_seed_has_no_interval() -> None:
    [check, *_] = judge(PURE, [figures()]).checks
    assert (check.low, check.high, check.outcome) == (-math.inf, math.inf, "undecided")


def test_one_set_is_judged_by_its_own_intervals() -> None:
    wide = Bounds(np.array([0.004, 0.0]), np.zeros(2), np.array([0.02, 0.001]))
    narrow = Bounds(np.array([0.004, 0.0]), np.zeros(2), np.array([0.009, 0.001]))
    assert judge(PURE, [figures(regrets=wide)], one_set=True).outcome == "undecided"
    assert judge(PURE, [figures(regrets=narrow)], one_set=True).outcome == "match"


@pytest.mark.parametrize(
    ("target", "field"), [(MIXED, "average_regrets"), (OWN, "regrets")], ids=["mixed", "own gains"]
)
def test_regret_without_a_pure_equilibrium(target: Target, field: str) -> None:
    assert ten(target, **{field: 0.026}).outcome == "mismatch"
    assert ten(target, **{field: 0.024}).outcome == "match"


@pytest.mark.parametrize(("away", "outcome"), [([0.04, 0.0], "match"), ([0.0, 0.06], "mismatch")])
def test_where_equilibrium_is_unique_its_mean_efforts_count(away: list[float], outcome: str) -> None:
    unique = Target("mixed", "mixed", efforts=np.array([0.2, 0.3]), reference=0.0)  # within 5 % of F
    verdict = ten(unique, average_away=away)
    assert verdict.outcome == outcome
    assert len(verdict.checks) == 2


def test_the_last_iterate_is_judged_beside_the_time_average() -> None:
    verdict = ten(MIXED, regrets=0.3)
    assert (verdict.outcome, verdict.last_outcome) == ("match", "mismatch")
    assert ten(MIXED, dependence=0.2).last_outcome == "mismatch"  # a rank correlation above 0.1
    assert ten(PURE).last_outcome is None


# Seeds on their own


def test_the_share_of_seeds_that_match_on_their_own_is_exact() -> None:
    # 9 of 10; Clopper-Pearson ends solve P(X >= 9) = 0.025 and P(X <= 9) = 1 - p^10 = 0.025.
    verdict = judge(PURE, [figures()] * 9 + [figures(away=[0.0, 0.021])])
    assert verdict.outcome == "match"  # the mean distance is 0.0021, its interval ends below 0.007
    assert verdict.share is not None
    low = verdict.share.low
    assert 10 * low**9 * (1 - low) + low**10 == pytest.approx(0.025, rel=1e-6)
    assert (verdict.share.mean, verdict.share.high) == (0.9, pytest.approx(0.975**0.1))


def test_a_seed_matches_on_its_own_if_all_its_figures_do() -> None:
    seeds = [figures()] * 7  # and each of three seeds fails another check
    seeds += [figures(regrets=0.2), figures(in_order=False), figures(away=[0.5, 0.0])]
    verdict = judge(PURE, seeds)
    assert verdict.share is not None
    assert verdict.share.mean == 0.7
    assert [sum(check.passed) for check in verdict.checks] == [9, 9, 9]


def test_five_seeds_at_zero_and_five_just_above_the_bound_are_no_match() -> None:
    # Their mean regret is 0.014, and its t interval ends at 0.014 + 2.262 * 0.0047 = 0.0246 < 0.025.
    verdict = judge(MIXED, [figures()] * 5 + [figures(average_regrets=0.028)] * 5)
    assert verdict.checks[0].outcome == "match"
    assert verdict.outcome == "undecided"
    assert "5 of 10 seeds" in verdict.sentence


@pytest.mark.parametrize(("failing", "outcome"), [(1, "match"), (2, "undecided"), (6, "mismatch")])
def test_nine_of_ten_seeds_have_to_pass_and_half_must_not_fail(failing: int, outcome: str) -> None:
    seeds = [figures()] * (10 - failing) + [figures(average_regrets=0.0251)] * failing
    assert judge(MIXED, seeds).outcome == outcome


def test_seeds_with_too_few_plays_neither_pass_nor_fail() -> None:
    vague = Bounds(np.array([0.05, 0.0]), np.zeros(2), np.full(2, 0.2))
    verdict = ten(MIXED, average_regrets=vague)
    assert verdict.outcome == "undecided"
    assert (sum(verdict.checks[0].passed), sum(verdict.checks[0].failed)) == (0, 0)


# Reference and controls


def test_a_poor_reference_equilibrium_makes_no_match() -> None:
    # A fifth of 2.5 % of P is 0.5 %.
    good, poor = (Target("mixed", "mixed", reference=regret) for regret in (0.005, 0.0051))
    assert ten(good).outcome == "match"
    verdict = ten(poor)
    assert verdict.outcome == "undecided"
    assert "0.51%" in verdict.sentence
    assert ten(poor, average_regrets=0.3).outcome == "mismatch"


def test_a_reference_that_takes_long_is_looked_for_only_if_a_match_needs_it() -> None:
    slow = Target("mixed", "mixed", later=lambda: pytest.fail("not needed"))
    assert ten(slow, average_regrets=0.3).outcome == "mismatch"
    poor = Target("mixed", "mixed", later=lambda: Target("mixed", "mixed", reference=0.0051))
    assert ten(poor).outcome == "undecided"


def test_a_doubted_prediction_makes_no_match() -> None:
    verdict = ten(Target("mixed", "mixed", reference=0.0, doubt="they look further"))
    assert (verdict.outcome, verdict.sentence) == ("undecided", "undecided: they look further")


@pytest.mark.parametrize(
    ("passes", "is_prediction", "outcome"),
    [(False, False, "match"), (True, False, "undecided"), (True, True, "match")],
)
def test_a_test_that_a_control_passes_cannot_tell(
    passes: bool, is_prediction: bool, outcome: str
) -> None:
    control = Control("uniform play", passes, is_prediction, 0.01)
    verdict = judge(MIXED, [figures()] * 10, lambda: [control])
    assert verdict.outcome == outcome
    assert any("uniform play" in line for line in verdict.explained())
    if outcome == "undecided":
        assert "cannot tell: uniform play" in verdict.sentence


def test_play_that_the_prediction_does_not_cover_is_undecided_even_if_it_is_far_from_it() -> None:
    target = Target("cycle", "cycle", cycle=DUEL, doubt="they look further")
    for seed in (on_cycle(), wild(peaks=np.ones(2))):
        verdict = judge(target, [seed] * 10)
        assert (verdict.outcome, verdict.sentence) == ("undecided", "undecided: they look further")


def test_controls_are_asked_for_a_match_only() -> None:
    judge(MIXED, [figures(average_regrets=0.3)] * 10, lambda: pytest.fail("not needed"))


# Alternating revision: the cycle

DUEL = ExpectedCycle(np.array([0.497, 0.997]), np.zeros(2), 290, 0.25)
CYCLE = Target("cycle", "cycle", cycle=DUEL)


def on_cycle(**changes: Any) -> SeedFigures:
    exact = {
        "periodic": True,
        "period": 290.0,
        "peaks": DUEL.peaks,
        "troughs": DUEL.troughs,
        "wrong_boards": 0.25,
        "step_regrets": np.zeros(2),
        "drawn_step_regrets": np.zeros(2),
    }
    return figures(**(exact | changes))


def wild(**changes: Any) -> SeedFigures:
    """A seed whose play does not repeat, though all else is right."""
    return on_cycle(**({"periodic": False, "period": math.nan} | changes))


def alternating(seeds: list[SeedFigures]) -> Verdict:
    return judge(CYCLE, seeds)


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, "match"),
        ({"peaks": np.array([0.546, 0.948])}, "match"),  # 5 % of F to either side
        ({"peaks": np.array([0.548, 0.997])}, "mismatch"),
        ({"peaks": np.array([0.497, 0.946])}, "mismatch"),
        ({"troughs": np.array([0.049, 0.0])}, "match"),
        ({"troughs": np.array([0.0, 0.051])}, "mismatch"),
        ({"wrong_boards": 0.299}, "match"),
        ({"wrong_boards": 0.19}, "mismatch"),
        ({"period": 318.0}, "match"),  # 10 %: 261 to 319
        ({"period": 262.0}, "match"),
        ({"period": 320.0}, "mismatch"),
        ({"period": 145.0}, "mismatch"),
        ({"step_regrets": np.array([0.0, 0.0099])}, "match"),
        ({"step_regrets": np.array([0.0, 0.0101])}, "mismatch"),  # of one developer; the mean is half
        ({"step_regrets": None}, "undecided"),
        ({"drawn_step_regrets": np.array([0.0099, 0.0])}, "match"),
        ({"drawn_step_regrets": np.array([0.0101, 0.0])}, "mismatch"),
    ],
)
def test_bounds_on_the_figures_of_a_cycle(changes: dict[str, Any], outcome: str) -> None:
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
    assert (verdict.outcome, len(verdict.checks)) == ("undecided", 7)
