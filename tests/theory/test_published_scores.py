"""Scores are compared as published (theory section 2): the same answers on every machine.

Attacked with curves that are off by a few units in the last place (`tools.jitter`), and compared with
witnesses that count whole numbers and fractions (`witnesses.published`).
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import pytest
from tools.cases import DIRECT, LARGE
from tools.generators import COSTS, CURVES, random_game
from tools.jitter import jittered
from witnesses import published
from witnesses.published import Developers, exact_duel, out_of_order

import benchgame_env as bg
from benchgame_env import numerics
from benchgame_env.theory.dynamics.path import NoRepetitionError

GAMES = [pytest.param(name, marks=pytest.mark.long if name in LARGE else ()) for name in bg.games()]
RESOLUTION = 1e-2  # of random games: shorter cycles, more games
LEVELS = 41
LIMIT = 4000  # revisions; most random games repeat within some hundreds


# --- random games and their levels -------------------------------------------------------------


def random_case(seed: int) -> tuple[bg.Game, Any]:
    """A game and a tie rule. Curves that jump and costs that jump are left out: where exactly the jump
    is, one unit in the last place of effort decides, and no grid of scores can heal that."""
    rng = np.random.default_rng([12, seed])
    curves = str(rng.choice([name for name in CURVES if name != "stairs"]))
    cost = str(rng.choice([name for name in COSTS if name != "fee"]))
    game = random_game(rng, n=int(rng.integers(2, 6)), curves=curves, cost=cost)
    return game, bg.make_protocol("direct", ties=str(rng.choice(["quality", "split"])))


def levels_of(game: bg.Game, size: int = LEVELS) -> Any:
    """Even levels from 0 that are in everybody's budget; None where only 0 is."""
    top = float(np.min(np.where(np.isfinite(game.max_effort), game.max_effort, 2.0)))
    return np.linspace(0.0, top, size) if top > 0 else None


def cycle_of(game: bg.Game, rule: Any, resolution: float, levels: Any) -> Any:
    """The predicted cycle; None where nothing repeats within `LIMIT` revisions (of random games)."""
    limit = {} if resolution == bg.theory.RESOLUTION else {"max_revisions": LIMIT}
    try:
        return bg.theory.best_response_cycle(game, rule, resolution, levels=levels, **limit)
    except NoRepetitionError:
        return None


# --- the grid ----------------------------------------------------------------------------------


def test_the_grid_is_that_of_whole_numbers() -> None:
    # Within 2: multiples of 2**-23, which float32 holds; beyond: float32's own; halves go to even.
    rng = np.random.default_rng(0)
    halves = (rng.integers(0, 2**24, 500) + 0.5) * 2.0**-23
    scores = np.concatenate((rng.uniform(-1, 2, 500), halves, rng.uniform(2, 1000, 500), [0, 1, 2]))
    shown = numerics.publish(scores)
    expected = [float(published.publish(float(score)) * published.RHO) for score in scores]
    assert shown.tolist() == expected
    assert shown.astype(np.float32).tolist() == expected
    after = [float(published.above(published.publish(float(s))) * published.RHO) for s in scores]
    assert numerics.above(shown).tolist() == after


# --- other processors --------------------------------------------------------------------------


class Answers(NamedTuple):
    """What has to be the same on every processor."""

    ranks: list[int]
    regime: str
    periods: list[int | None]
    peaks: list[Any]  # published scores at each developer's peak effort
    misranked: list[float]


def answers(game: bg.Game, rule: Any, resolution: float, exact: bg.Game, cycles: bool = True) -> Answers:
    """Of ``game``; the scores at its peaks are read from the curves of ``exact``."""
    honest = rule.evaluate(game, np.zeros(game.n_developers))
    found = []
    for levels in (None, levels_of(exact)) if cycles else ():
        if levels is not None or not found:
            found.append(cycle_of(game, rule, resolution, levels))
    known = [cycle for cycle in found if cycle is not None]
    return Answers(
        honest.ranks.tolist(),
        bg.theory.predict(game, rule).regime,
        [None if cycle is None else cycle.period for cycle in found],
        [numerics.publish(exact.curves.score(cycle.peaks)).tolist() for cycle in known],
        [cycle.misranked for cycle in known],
    )


@pytest.mark.parametrize("name", GAMES)
def test_a_few_last_places_change_nothing_on_shipped_games(name: str) -> None:
    game, resolution = bg.load_game(name), bg.theory.RESOLUTION
    plain = answers(game, DIRECT, resolution, game)
    for seed in range(1 if name in LARGE else 2):
        assert answers(jittered(game, seed), DIRECT, resolution, game) == plain


@pytest.mark.parametrize("name", LARGE)
def test_a_few_last_places_change_no_rank_and_no_regime_of_large_games(name: str) -> None:
    game = bg.load_game(name)
    plain = answers(game, DIRECT, bg.theory.RESOLUTION, game, cycles=False)
    for seed in range(3):
        moved = answers(jittered(game, seed), DIRECT, bg.theory.RESOLUTION, game, cycles=False)
        assert moved == plain


def unchanged(seeds: range) -> None:
    """That a few last places change nothing on these random games."""
    wrong, moving = [], 0
    for seed in seeds:
        game, rule = random_case(seed)
        plain = answers(game, rule, RESOLUTION, game)
        moving += any(period not in (None, 1) for period in plain.periods)
        if answers(jittered(game, seed), rule, RESOLUTION, game) != plain:
            wrong.append(seed)
    assert not wrong
    assert moving > len(seeds) / 5  # else the games are too tame to tell


@pytest.mark.parametrize("first", range(0, 200, 50))
def test_a_few_last_places_change_nothing_on_random_games(first: int) -> None:
    unchanged(range(first, first + 50))


def test_where_nothing_can_be_won_a_few_last_places_are_no_jump() -> None:
    # Equal prizes: the curves, which declare nothing, are looked at over no effort at all. Whether they
    # are continuous there must not be told from last places: a jump is a step of the grid at least.
    game, rule = random_case(1118)
    assert game.prize_range == 0
    assert bg.theory.predict(game, rule).assumptions["scores_continuous"]
    assert bg.theory.predict(jittered(game, 0), rule).assumptions["scores_continuous"]


@pytest.mark.long
@pytest.mark.parametrize("first", range(200, 1200, 100))
def test_a_few_last_places_change_nothing_on_a_thousand_random_games(first: int) -> None:
    unchanged(range(first, first + 100))


@pytest.mark.parametrize("spelling", ["steps", "shares", "sums"])
@pytest.mark.parametrize("m", [11, 20, 41, 301])
def test_levels_that_tie_on_paper_tie_however_they_are_spelled(m: int, spelling: str) -> None:
    spelt = {
        "steps": np.linspace(0.0, 1.0, m),
        "shares": np.array([k / (m - 1) for k in range(m)]),
        "sums": np.minimum(np.concatenate(([0.0], np.cumsum(np.full(m - 1, 1 / (m - 1))))), 1.0),
    }
    game = bg.load_game("duel")
    period = m - 1 if m % 2 else m
    for played in (game, jittered(game, 0)):
        cycle = bg.theory.best_response_cycle(played, "direct", levels=spelt[spelling])
        assert cycle.period == period


# Levels where the curves' own rise decides, not where float64 ends. A few last places, 4 * 2**-53, are
# 2**-28 steps of the grid, on which these boundaries move by some 1e-6 of themselves at most.
@pytest.mark.parametrize(
    ("name", "max_level"), [("crossing", 100.0), ("llama-mmlu", 2000.0), ("scaling-laws", 50.0)]
)
def test_stable_levels_move_by_no_more_than_their_error(name: str, max_level: float) -> None:
    game = bg.load_game(name)
    plain = bg.theory.stabilizing_levels(game, max_level=max_level)
    assert plain
    for seed in range(2):
        moved = bg.theory.stabilizing_levels(jittered(game, seed), max_level=max_level)
        np.testing.assert_allclose(moved, plain, rtol=1e-6)


def test_the_stable_level_of_pythia_moves_by_no_more_than_its_error() -> None:
    # It is beyond the prize in steps, and the flattest that is shipped.
    game = bg.load_game("pythia-gsm8k")
    (plain,) = bg.theory.stabilizing_levels(game, max_level=4000.0)
    (moved,) = bg.theory.stabilizing_levels(jittered(game, 0), max_level=4000.0)
    assert plain[1] == moved[1] == 4000.0
    assert moved[0] == pytest.approx(plain[0], rel=1e-6)


# --- regrets of revisions ----------------------------------------------------------------------


def largest_step_regret(game: bg.Game, path: Any, resolution: float | None, levels: Any) -> float:
    """The largest developer's mean regret over a closed path in turns, as a share of P."""
    n = game.n_developers
    after = np.roll(path, -1, axis=0)
    moved = np.argwhere(path != after)
    at, who = moved[0] if moved.size else (0, n - 1)
    revised = (who + at - np.arange(len(path))) % n
    missed = bg.metrics.revision_regrets(
        game, "direct", after, revised, resolution=resolution, levels=levels, start=path[0]
    )
    means = [missed[revised == i].mean() for i in range(n) if (revised == i).any()]
    return float(max(means)) / game.prize_range


@pytest.mark.parametrize("name", [each for each in bg.games() if each not in LARGE])
@pytest.mark.parametrize("kind", ["continuous", "levels"])
def test_the_predicted_path_has_no_regret_on_any_processor(name: str, kind: str) -> None:
    # Section 8: below 1 % of P, which is what `match` needs; the prediction itself must be far below.
    game = bg.load_game(name)
    if game.prize_range == 0:
        pytest.skip("all ranks pay the same: there is nothing to learn, and no share of P")
    levels = levels_of(game) if kind == "levels" else None
    resolution = bg.theory.RESOLUTION if levels is None else None
    cycle = bg.theory.best_response_cycle(game, "direct", levels=levels)
    for played in (game, jittered(game, 0)):
        assert largest_step_regret(played, cycle.states, resolution, levels) < 1e-5


def test_a_regret_that_counts_is_one_on_every_processor() -> None:
    # Honest play on duel: the weaker wins 1 if it shows 1 - exp(-1) + 0.001 = 1 - exp(-(0.5 + e)).
    game = bg.load_game("duel")
    idle = np.zeros((2, 2))
    for played in (game, jittered(game, 0)):
        missed = largest_step_regret(played, idle, bg.theory.RESOLUTION, None)
        assert missed == pytest.approx(1.0 + 0.5 + np.log(np.exp(-1) - 1e-3), abs=1e-6)


@pytest.mark.parametrize("name", GAMES)
def test_the_boards_of_the_predicted_states_are_wrong_as_often_as_it_says(name: str) -> None:
    game = bg.load_game(name)
    cycle = bg.theory.best_response_cycle(game, "direct")
    ranks = DIRECT.evaluate(game, cycle.states).ranks
    wrong = np.array([out_of_order(own, game.quality) for own in ranks])
    assert np.count_nonzero(wrong) == round(cycle.misranked * cycle.period)
    assert cycle.misranked == pytest.approx(wrong.mean(), abs=1e-12)


# --- the witnesses -----------------------------------------------------------------------------


def exact_periods(m: int) -> tuple[int, int]:
    """By counting, and in theory. On paper: m - 1 for odd m, m for even m (theory section 2)."""
    course = exact_duel(m).course()
    assert course is not None
    assert course.period == (m - 1 if m % 2 else m)
    levels = np.linspace(0.0, 1.0, m)
    cycle = bg.theory.best_response_cycle(bg.load_game("duel"), "direct", levels=levels)
    assert cycle.peaks == pytest.approx([float(peak) for peak in course.peaks], abs=1e-12)
    return course.period, cycle.period


@pytest.mark.parametrize("m", [10, 11, 21, 40, 41, 101])
def test_the_duel_on_levels_has_the_period_of_exact_arithmetic(m: int) -> None:
    exact, theory = exact_periods(m)
    assert theory == exact


@pytest.mark.long
def test_the_duel_on_any_number_of_levels_has_the_period_of_exact_arithmetic() -> None:
    periods = {m: exact_periods(m) for m in range(10, 301)}
    assert {m: pair for m, pair in periods.items() if pair[0] != pair[1]} == {}


def test_the_exact_witness_against_a_lap_by_hand() -> None:
    # Three levels 0, 1/2, 1: the weaker (1/2 behind) can only tie at 1/2, and 1 wins 1 at a cost of 1.
    course = exact_duel(3).course()
    assert course is not None
    assert (course.period, course.peaks) == (1, [0, 0])
    # Four levels: the weaker passes with 2/3, the better ties above with 1/3, 2 gives up, 1 comes down.
    course = exact_duel(4).course()
    assert course is not None
    third = Fraction(1, 3)
    assert course.period == 4
    assert course.efforts == [(0, 0), (0, 2 * third), (third, 2 * third), (third, 0)]


def disagreements(name: str, game: bg.Game, rule: Any, resolution: float, levels: Any) -> list[str]:
    """Where theory and the slow witness differ on one game."""
    slow = Developers(game, rule, resolution, levels).course(LIMIT)
    cycle = cycle_of(game, rule, resolution, levels)
    if slow is None or cycle is None:
        return [] if slow is cycle else [f"{name}: only one repeats within {LIMIT} revisions"]
    boards = rule.evaluate(game, cycle.states).scores
    highest = [published.publish(float(score)) for score in boards.max(axis=0)]
    compared: dict[str, tuple[Any, Any]] = {
        "period": (slow.period, cycle.period),
        "misranked": (
            round(float(slow.misranked(rule.ties, game.quality)), 9),
            round(cycle.misranked, 9),
        ),
        "highest": (slow.highest, highest),
    }
    return [f"{name}: {what} {a} {b}" for what, (a, b) in compared.items() if a != b]


@pytest.mark.parametrize("name", [each for each in bg.games() if each not in LARGE])
def test_theory_agrees_with_the_slow_witness_on_shipped_games(name: str) -> None:
    game = bg.load_game(name)
    for levels in (None, levels_of(game)):
        assert disagreements(name, game, DIRECT, bg.theory.RESOLUTION, levels) == []


def compared_with_the_witness(seeds: range) -> list[str]:
    wrong: list[str] = []
    for seed in seeds:
        game, rule = random_case(seed)
        for levels in (None, levels_of(game)):
            name = f"seed {seed}, {type(game.curves).__name__}, levels {levels is not None}"
            wrong += disagreements(name, game, rule, RESOLUTION, levels)
    return wrong


@pytest.mark.parametrize("first", [0, 30])
def test_theory_agrees_with_the_slow_witness_on_random_games(first: int) -> None:
    assert compared_with_the_witness(range(first, first + 30)) == []


@pytest.mark.long
@pytest.mark.parametrize("first", range(60, 1060, 100))
def test_theory_agrees_with_the_slow_witness_on_a_thousand_random_games(first: int) -> None:
    assert compared_with_the_witness(range(first, first + 100)) == []


def honest_regime(game: bg.Game, rule: Any) -> bool:
    """Whether nobody gains by leaving honest play, by the slow witness at one step of the grid."""
    slow = Developers(game, rule, float(published.RHO))
    ks = [published.publish(slow.score(i, 0.0)) for i in range(slow.n)]
    return all(slow.best_response(i, ks, 0.0)[0] == 0.0 for i in range(slow.n))


def regime_agrees(seeds: range, draw: Callable[[int], tuple[bg.Game, Any]] = random_case) -> list[int]:
    """Seeds on which a decided regime is not what the witness says of honest play."""
    wrong, decided = [], 0
    for seed in seeds:
        game, rule = draw(seed)
        regime = bg.theory.predict(game, rule).regime
        decided += regime != "undecided"
        if regime != "undecided" and (regime == "pure") != honest_regime(game, rule):
            wrong.append(seed)
    assert decided > len(seeds) / 5
    return wrong


def test_regimes_agree_with_the_slow_witness_on_random_games() -> None:
    assert regime_agrees(range(200)) == []


@pytest.mark.long
def test_regimes_agree_with_the_slow_witness_on_a_thousand_random_games() -> None:
    assert regime_agrees(range(200, 1200)) == []
