"""Theorem cards: each applies to its example, whose conclusion the grader confirms, and not to its
boundary case, where the conclusion is false."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from tools.cases import DIRECT, tuned

import benchgame_env as bg
from benchgame_env.metrics import nash_conv
from benchgame_env.theory import HYPOTHESES, predict, pure_equilibria_on_grid, theorem_cards
from benchgame_env.theory.pure.grid_search import TooManyProfilesError

# A gain that float64 cannot tell from 0 on prizes near 1.
ROUNDING = 1e-9
ZERO = np.zeros(2)
CARDS = [bg.theory.card(name) for name in bg.theory.cards()]


def reading(name: str, game: Any, protocol: Any) -> Any:
    return next(r for r in theorem_cards(game, protocol) if r.card.title == name)


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_a_card_applies_to_its_example_and_not_to_its_boundary(card) -> None:
    assert reading(card.title, *card.example).applies
    assert not reading(card.title, *card.boundary).applies


def test_every_hypothesis_is_explained_and_checked() -> None:
    named = {name for card in CARDS for name in card.needs} | set(predict("duel", "direct").assumptions)
    assert set(HYPOTHESES) == named
    assert all(known.meaning for known in HYPOTHESES.values())


# --- what each card says of its example, by the grader ------------------------------------------


def test_proposition_4_3_on_its_example() -> None:
    # Every equilibrium of the grid is all-zero, and its board is in the order of quality.
    game = bg.load_game("duel-small-prize")
    (found,) = pure_equilibria_on_grid(game, "direct")
    assert found.tolist() == [0.0, 0.0]
    assert DIRECT.evaluate(game, found).ranks.tolist() == [1, 2]


@pytest.mark.parametrize("name", ["duel", "winner-take-all"])
def test_theorem_4_6_and_temptation_on_their_examples(name) -> None:
    game = bg.load_game(name)
    assert nash_conv(game, "direct", np.zeros(game.n_developers)) > ROUNDING
    assert len(pure_equilibria_on_grid(game, "direct")) == 0


def test_dominance_on_its_example() -> None:
    # Iterated elimination on a grid, last rank first: once those behind are at zero, zero beats every
    # other effort strictly, whatever the ones ahead do (theory section 3).
    game = bg.load_game("five-small-prizes")
    rng, grid = np.random.default_rng(0), np.linspace(0.01, 0.4, 40)
    for i in reversed(range(5)):
        for _ in range(20):
            others = np.where(np.arange(5) < i, rng.uniform(0, 0.4, 5), 0.0)
            tries = np.tile(others, (grid.size + 1, 1))
            tries[:, i] = np.append(0.0, grid)
            board = DIRECT.evaluate(game, tries)
            payoffs = game.payoffs(board.prizes, tries)[:, i]
            assert (payoffs[0] > payoffs[1:]).all()


def test_proposition_5_3_on_its_example() -> None:
    game = bg.load_game("scaling-laws")
    for level in np.geomspace(5.0, 300.0, 30):
        assert nash_conv(game, tuned(level), np.zeros(3)) <= ROUNDING


@pytest.mark.parametrize("factor", [1.0, 10.0, 1000.0])
def test_proposition_5_6_on_its_example(factor) -> None:
    # Stable from g/(rho - 1) - 1 for the largest over all pairs, whatever the prizes are scaled by.
    game = bg.load_game("scaling-laws", prizes=factor * np.array([3.0, 1.5, 0.0]))
    pairs = [(1.5 * factor, 0.5), (3.0 * factor, 1.0)]
    expected = max(gap / math.expm1(apart) - 1 for gap, apart in pairs)
    levels = bg.theory.stabilizing_levels(game, max_level=2 * expected)
    assert np.array(levels) == pytest.approx(np.array([[expected, 2 * expected]]), rel=1e-8)
    for level, stable in ((0.99 * expected, False), (1.01 * expected, True)):
        assert (nash_conv(game, tuned(level), np.zeros(3)) <= ROUNDING) == stable


# --- boundary cases, theory section 4 (and the examples of section 3) ----------------------------


def test_flat_cost_defeats_proposition_4_3() -> None:
    game = bg.load_game("flat-cost-equal-prizes")
    assert nash_conv(game, "direct", [0.0, 0.75]) == 0.0
    assert DIRECT.evaluate(game, np.array([0.0, 0.75])).ranks.tolist() == [2, 1]


@pytest.mark.parametrize("level", [0.0, 1.0, 5.0])
def test_flat_cost_defeats_theorem_4_6_at_every_level(level) -> None:
    game = bg.load_game("flat-cost-small-prize")
    assert reading("Theorem 4.6", game, tuned(level)).hypotheses["just_overtaking_pays"]
    for efforts in ([1.0, 0.0], [1.0, 1.0]):
        assert nash_conv(game, tuned(level), efforts) <= ROUNDING
    assert nash_conv(game, tuned(level), ZERO) == pytest.approx(0.1)


def test_crossing_curves_defeat_proposition_5_3() -> None:
    # By the game's docstring e sqrt(x) - x = 1/2, then exp(-2) x^2 - x = 1/2, where x = 1 + Delta.
    root = (math.e + math.sqrt(math.e**2 - 2)) / 2
    later = math.e**2 * (1 + math.sqrt(1 + 2 / math.e**2)) / 2
    game = bg.load_game("crossing")
    levels = bg.theory.stabilizing_levels(game)
    assert np.array(levels[0]) == pytest.approx([0.0, root**2 - 1], abs=1e-8)
    assert levels[1][0] == pytest.approx(later - 1, abs=1e-8)
    assert not reading("Proposition 5.3", game, "direct").hypotheses["C1"]
    for level, stable in ((5.3, True), (5.4, False), (6.8, False), (6.9, True)):
        assert (nash_conv(game, tuned(level), ZERO) <= ROUNDING) == stable


def test_a_falling_intercept_defeats_proposition_5_6() -> None:
    game = bg.load_game("decreasing-intercept")
    for level in (0.0, 1.0, 100.0):
        # e_req = theta_1 - theta_2 = 0.5 at every level, and the gap is 1.
        assert nash_conv(game, tuned(level), ZERO) == pytest.approx(0.5)


# --- the card that decides ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "card"),
    [
        ("duel", "Theorem 4.6"),
        ("five-small-prizes", "Dominance theorem"),
        ("flat-cost-small-prize", "none"),
        ("flat-cost-equal-prizes", "none"),
    ],
)
def test_a_prediction_names_its_card(name, card) -> None:
    assert predict(name, "direct").card == card


def test_a_jump_over_two_ranks_is_no_case_of_theorem_4_6() -> None:
    # One prize. Rank 2 would need 0.2 at 1/60 per unit: 12. Rank 3 moves at 0.8 per unit: it passes the
    # next for 0.01/0.8 and wins nothing, and the top for 0.21/0.8 and wins 1.
    game = bg.Game(Line([0.6, 0.4, 0.39], [1 / 60, 1 / 60, 0.8]), bg.LinearCost(1.0), [1.0, 0.0, 0.0])
    p = predict(game, "direct")
    assert (p.regime, p.card, p.binding) == ("cycle", "Temptation theorem", (2, 0))
    assert p.temptation == pytest.approx(1 - 0.21 / 0.8)


class Line:
    """``start + rate x``."""

    strictly_increasing = True

    def __init__(self, start: list[float], rate: list[float]) -> None:
        self.start, self.rate = np.array(start), np.array(rate)

    def score(self, effort):
        return self.start + self.rate * np.asarray(effort)

    def effort_for(self, score):
        return np.maximum((np.asarray(score) - self.start) / self.rate, 0.0)


# --- enumeration --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["flat-cost-small-prize", "flat-cost-equal-prizes"])
def test_equilibria_of_flat_costs_are_enumerated_and_certified(name) -> None:
    game = bg.load_game(name)
    p = predict(game, "direct")
    assert p.regime == "undecided"
    assert p.equilibria is not None
    assert len(p.equilibria) > 1
    for efforts in p.equilibria[:: max(1, len(p.equilibria) // 20)]:
        assert nash_conv(game, "direct", efforts) <= ROUNDING


def test_nothing_of_the_grid_is_missed() -> None:
    # By plain loops: every profile of 9 x 9 levels, graded one by one.
    game = bg.load_game("flat-cost-small-prize")
    axis = np.linspace(0.0, game.effort_scale[0], 9)
    expected = [[a, b] for a in axis for b in axis if nash_conv(game, "direct", [a, b]) <= ROUNDING]
    assert pure_equilibria_on_grid(game, "direct", levels=9).tolist() == expected
    assert expected


def test_units_of_the_prizes_do_not_matter() -> None:
    game = bg.load_game("flat-cost-small-prize")
    unit = 2.0**-40  # a power of 2, so that both games round alike
    small = bg.Game(game.curves, bg.PowerCost(unit, 2.0, free=1.0), game.prizes * unit)
    wide = bg.Game(game.curves, bg.PowerCost(1.0, 2.0, free=1.0), game.prizes)
    found = pure_equilibria_on_grid(small, "direct", levels=9)
    assert found == pytest.approx(pure_equilibria_on_grid(wide, "direct", levels=9))


def test_other_regimes_are_not_enumerated() -> None:
    assert predict("duel", "direct").equilibria is None


@pytest.mark.parametrize(
    ("game", "settings", "error", "message"),
    [
        ("duel", {"levels": 1}, ValueError, "levels: .*>= 2, got 1"),
        ("duel", {"levels": 1000}, TooManyProfilesError, "1000 levels of 2 developers"),
        ("open-gsm8k", {}, TooManyProfilesError, "31 developers make more than 200000 profiles"),
    ],
)
def test_refused(game, settings, error, message) -> None:
    with pytest.raises(error, match=message):
        pure_equilibria_on_grid(bg.load_game(game), "direct", **settings)
