"""Cycles of played sequences: known ones, a slow witness, and what must not count as one."""

from __future__ import annotations

import numpy as np
import pytest

import benchgame_env as bg
from benchgame_env.metrics import find_cycle

APPROACH = [[9.0], [8.0], [7.0]]
LOOP = [[1.0], [2.0], [4.0]]


def test_a_cycle_after_an_approach() -> None:
    cycle = find_cycle(APPROACH + 4 * LOOP + LOOP[:1], turns=1)
    assert (cycle.start, cycle.period) == (3, 3)
    assert cycle.states.tolist() == [[2.0], [4.0], [1.0]]  # the last three rounds played
    assert (cycle.peaks, cycle.troughs) == ([4.0], [1.0])
    # 16 rounds; the four whole periods from round 3 on, up to the last round, are rounds 4 to 15.
    assert cycle.whole == slice(4, 16)


def test_whose_turn_it_is_belongs_to_the_state() -> None:
    # Efforts repeat after 3, turns after 2: everything after 6.
    assert find_cycle(6 * LOOP, turns=2).period == 6
    assert find_cycle(6 * LOOP, turns=[0, 1] * 9).period == 6
    assert find_cycle(6 * LOOP, turns=[0, 1, 1] * 6).period == 3
    assert find_cycle(9 * [*LOOP, [8.0]], turns=[0, 1, 1] * 12).period == 12  # 4 and 3


def test_where_nobody_moves_the_period_is_one_however_long_the_lap() -> None:
    # As the predicted cycle has it, theory.Cycle.
    cycle = find_cycle(APPROACH + 12 * [[1.0]], turns=4)
    assert (cycle.period, cycle.start, cycle.states.tolist()) == (1, 3, [[1.0]])
    assert cycle.whole == slice(3, 15)  # three laps: the same number of turns for everybody


@pytest.mark.parametrize(("rounds", "period"), [(8, None), (9, 3), (10, 3)])
def test_three_periods_have_to_be_seen(rounds: int, period: int | None) -> None:
    assert find_cycle((4 * LOOP)[:rounds], turns=1).period == period


def test_most_of_the_course_has_to_repeat() -> None:
    # Three rounds alike at the end of a long course are no cycle yet.
    wandering = [[float(k)] for k in range(20)]
    cycle = find_cycle([*wandering, [0.0], [0.0], [0.0]], turns=1)
    assert cycle.period is None
    assert (cycle.start, cycle.whole) == (11, slice(11, 23))
    assert (cycle.peaks, cycle.troughs) == ([19.0], [0.0])  # of the second half
    assert find_cycle([*wandering, *20 * [[0.0]]], turns=1).period == 1


@pytest.mark.parametrize("odd", range(10, 21))
def test_hidden_dependence_is_no_cycle(odd: int) -> None:
    # 21 rounds, of which one in the second half differs: no function of the board did that.
    efforts = np.array(7 * LOOP)
    efforts[odd] += 0.5
    assert find_cycle(efforts, turns=1).period is None


def test_last_digits_of_efforts_do_not_hide_a_cycle_of_scores() -> None:
    loops = np.array(100 * LOOP)
    noise = np.random.default_rng(0).uniform(-4e-10, 4e-10, loops.shape)
    assert find_cycle(loops + noise, turns=1).period is None  # exact
    found = find_cycle(loops + noise, turns=1, scores=loops)
    assert found.period == 3
    assert (found.states == (loops + noise)[-3:]).all()


def obvious(efforts: list, turns: list) -> tuple[int, int] | None:
    """Start and period, by trying every period and every start in plain loops."""
    states = list(zip(efforts, turns, strict=True))
    for period in range(1, len(states)):
        for start in range(len(states)):
            left = len(states) - start
            if left < 3 * period or 2 * left < len(states):
                break
            if all(states[t] == states[t + period] for t in range(start, len(states) - period)):
                still = all(effort == efforts[-1] for effort in efforts[-period:])
                return start, 1 if still else period
    return None


def test_against_a_slow_witness() -> None:
    rng = np.random.default_rng(0)
    found = 0
    for _ in range(2000):
        lap, period = rng.integers(1, 4, size=2)
        loop = np.tile(rng.integers(2, size=(period, 2)), (8, 1))
        efforts = np.concatenate((rng.integers(2, size=(rng.integers(5), 2)), loop))[
            : rng.integers(4, 20)
        ]
        turns = np.arange(len(efforts)) % lap
        cycle = find_cycle(efforts, int(lap))
        expected = obvious(efforts.tolist(), turns.tolist())
        assert (None if cycle.period is None else (cycle.start, cycle.period)) == expected
        found += expected is not None
    assert 500 < found < 1900


def test_the_predicted_cycle_is_found_when_it_is_played() -> None:
    predicted = bg.theory.best_response_cycle(bg.load_game("duel"), "direct", resolution=1e-2)
    cycle = find_cycle(np.tile(predicted.states, (4, 1)), turns=2)
    assert (cycle.period, cycle.start) == (predicted.period, 0)
    assert cycle.peaks.tolist() == predicted.peaks.tolist()
    assert cycle.troughs.tolist() == predicted.troughs.tolist()


@pytest.mark.parametrize(
    ("efforts", "turns", "scores", "culprit"),
    [
        ([1.0, 2.0], 1, None, r"efforts: .*\[rounds, n\], got shape \(2,\)"),
        ([[np.nan]], 1, None, "efforts: .*finite"),
        (LOOP, 0, None, "turns: .*>= 1, got 0"),
        (LOOP, [0, 1], None, "turns: .*3 rounds"),
        (LOOP, 1, [[0.0]], r"scores: .*\(3, 1\)"),
    ],
)
def test_bad_input_names_the_culprit(efforts, turns, scores, culprit: str) -> None:
    with pytest.raises(ValueError, match=culprit):
        find_cycle(efforts, turns, scores)
