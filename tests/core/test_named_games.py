"""The registry of games, the textbook games' numbers and the games fitted to real checkpoints."""

from __future__ import annotations

import inspect
import math
from itertools import pairwise

import numpy as np
import pytest
from tools.cases import tuned

import benchgame_env as bg
from benchgame_env.named_games import as_game, describe_game
from benchgame_env.named_games.fitted import FITTED, shipped
from benchgame_env.named_games.registry import GAMES

FITTED_GAMES = ("llama-gsm8k", "llama-mmlu", "open-gsm8k", "open-mmlu", "pythia-gsm8k")
# The section 5 order: best pair first, on the board of untuned models.
PYTHIA_BY_SIZE = ("pythia-12b", "pythia-6.9b", "pythia-2.8b", "pythia-1.4b", "pythia-1b")


# --- registry ----------------------------------------------------------------------------------


def test_names_are_sorted() -> None:
    assert list(bg.games()) == sorted(bg.games())
    assert set(FITTED_GAMES) <= set(bg.games())


@pytest.mark.parametrize("name", bg.games())
def test_every_game_loads_anew_and_is_described(name) -> None:
    game = bg.load_game(name)
    assert game.n_developers == len(game.names) == len(game.prizes)
    assert bg.load_game(name) is not game
    assert describe_game(name).endswith((".", ":"))


@pytest.mark.parametrize("name", bg.games())
def test_fields_of_a_game_may_be_overridden(name) -> None:
    n = bg.load_game(name).n_developers
    cost = bg.PowerCost(2.0, 2.0)
    game = bg.load_game(name, prizes=np.zeros(n), cost=cost, budget=0.5)
    assert game.prizes.tolist() == [0.0] * n
    assert game.cost is cost
    assert game.budget.tolist() == [0.5] * n


@pytest.mark.usefixtures("fresh_registry")
def test_arguments_of_a_builder_are_overrides() -> None:
    @bg.register_game("rivals")
    def rivals(gap: float = 0.5) -> bg.Game:
        """Two developers a gap apart."""
        return bg.Game(bg.curves.Additive([gap, 0.0]), bg.LinearCost(), [1.0, 0.0])

    assert "rivals" in bg.games()
    assert bg.load_game("rivals", gap=0.25, budget=1.0).quality.tolist() == [0.25, 0.0]
    with pytest.raises(ValueError, match=r"'rivals': override: .*'gaps'.* gap, curves, cost"):
        bg.load_game("rivals", gaps=1)


@pytest.mark.usefixtures("fresh_registry")
def test_a_name_is_given_once() -> None:
    with pytest.raises(ValueError, match=r"game 'duel' .*benchgame_env\.named_games\.textbook\.duel"):
        bg.register_game("duel")(lambda: None)
    assert bg.register_game("duel")(GAMES["duel"]) is GAMES["duel"]


def test_unknown_names_list_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"game: .*'due'.* duel, .*pythia-gsm8k"):
        bg.load_game("due")


@pytest.mark.parametrize("field", ["developers", "price"])
def test_unknown_overrides_list_the_known_ones(field) -> None:
    message = f"game 'duel': override: unknown '{field}'; known: curves, cost, prizes, quality, names"
    with pytest.raises(ValueError, match=message):
        bg.load_game("duel", **{field: 1})


def test_overrides_are_validated() -> None:
    with pytest.raises(ValueError, match=r"prizes: .*got"):
        bg.load_game("duel", prizes=[0.0, 1.0])


def test_a_game_may_be_named_or_handed_in() -> None:
    game = bg.load_game("duel")
    assert as_game(game) is game
    assert as_game("duel").names == game.names
    with pytest.raises(ValueError, match=r"game: .*got 3"):
        as_game(3)


# --- textbook games ----------------------------------------------------------------------------

HALVES = [1.0, 0.5]
FIFTHS = [1.0, 0.875, 0.75, 0.625, 0.5]  # five equal steps from 1 to 0.5


@pytest.mark.parametrize(
    ("name", "quality", "prizes", "budget"),
    [
        # Section 5, "Worked": theta = (1, 0.5), c(e) = e; R = (1, 0), (0.4, 0); section 4: B = 0.5.
        ("duel", HALVES, [1.0, 0.0], math.inf),
        ("duel-small-prize", HALVES, [0.4, 0.0], math.inf),
        ("duel-at-budget", HALVES, [1.0, 0.0], 0.5),
        # Section 5, "General prizes": theta equally spaced from 1 to 0.5.
        ("five", FIFTHS, [1.0, 0.75, 0.5, 0.25, 0.0], math.inf),
        ("five-small-prizes", FIFTHS, [0.4, 0.3, 0.2, 0.1, 0.0], math.inf),
        ("winner-take-all", FIFTHS, [1.0, 0.0, 0.0, 0.0, 0.0], math.inf),
        ("twins", [1.0, 1.0], [1.0, 0.0], math.inf),
        # Section 4, the table and the family with decreasing alpha.
        ("flat-cost-equal-prizes", HALVES, [1.0, 1.0], math.inf),
        ("flat-cost-small-prize", HALVES, [0.1, 0.0], math.inf),
        ("decreasing-intercept", HALVES, [1.0, 0.0], math.inf),
    ],
)
def test_textbook_games_have_the_numbers_of_the_theory(name, quality, prizes, budget) -> None:
    game = bg.load_game(name)
    assert game.quality.tolist() == quality
    assert game.prizes.tolist() == prizes
    assert game.budget.tolist() == [budget] * len(prizes)


@pytest.mark.parametrize(
    "name", [name for name in bg.games() if isinstance(bg.load_game(name).curves, bg.curves.Additive)]
)
def test_textbook_curves_are_additive_in_quality(name) -> None:
    game = bg.load_game(name)
    efforts = np.linspace(0, 2, 3)[:, None] + np.zeros(game.n_developers)
    expected = 1 - np.exp(-(game.quality + efforts))  # section 1, the additive family
    np.testing.assert_allclose(game.curves.score(efforts), expected, rtol=1e-15)


@pytest.mark.parametrize("name", sorted(set(bg.games()) - set(FITTED_GAMES)))
def test_textbook_costs_are_those_of_the_theory(name) -> None:
    # c(e) = e, but max(e - 1, 0)^2 in section 4's table: at 0.5, 1 and 3 that is 0, 0 and 4.
    expected = [0.0, 0.0, 4.0] if name.startswith("flat-cost") else [0.5, 1.0, 3.0]
    assert bg.load_game(name).cost(np.array([0.5, 1.0, 3.0])).tolist() == expected


# --- games fitted to real checkpoints ----------------------------------------------------------


@pytest.mark.parametrize("name", FITTED_GAMES)
def test_fitted_games_are_ordered_by_ceiling(name) -> None:
    game = bg.load_game(name)
    assert (np.diff(game.quality) <= 0).all()
    np.testing.assert_array_equal(game.quality, game.curves.upper)


@pytest.mark.parametrize("name", FITTED_GAMES)
def test_fitted_prizes_fall_from_1_to_0_in_steps_worth_2000_steps(name) -> None:
    game = bg.load_game(name)
    step = 1 / (game.n_developers - 1)
    np.testing.assert_allclose(-np.diff(game.prizes), step, rtol=1e-12)
    assert (game.prizes[0], game.prizes[-1]) == (1.0, 0.0)
    assert float(game.cost(2000.0)) == pytest.approx(step)


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("pythia-gsm8k", PYTHIA_BY_SIZE),
        ("llama-gsm8k", ("llama-65b", "llama-30b", "llama-13b", "llama-7b")),
        ("llama-mmlu", ("llama-65b", "llama-30b", "llama-13b", "llama-7b")),
    ],
)
def test_families_rank_by_size(name, names) -> None:
    assert bg.load_game(name).names == names


@pytest.mark.parametrize("benchmark", ["gsm8k", "mmlu"])
def test_open_games_hold_every_model_with_a_ceiling(benchmark) -> None:
    game = bg.load_game(f"open-{benchmark}")
    assert game.names == shipped(benchmark).identified
    assert game.n_developers > 20  # of 45-odd measured models, section 1; the rest are rejected


def test_developers_may_be_chosen_in_any_order() -> None:
    game = bg.load_game("pythia-gsm8k", developers=["pythia-1b", "pythia-12b"])
    whole = bg.load_game("pythia-gsm8k")
    assert game.names == ("pythia-12b", "pythia-1b")
    assert game.prizes.tolist() == [1.0, 0.0]
    assert float(game.cost(2000.0)) == pytest.approx(1.0)  # one rank is now the whole prize
    for field in ("lower", "upper", "intercept", "slope"):
        chosen = getattr(game.curves, field).tolist()
        assert chosen == getattr(whole.curves, field)[[0, 4]].tolist()


def test_one_developer_alone_is_a_game() -> None:
    game = bg.load_game("pythia-gsm8k", developers=["pythia-1b"])
    assert game.prizes.tolist() == [1.0]


def test_developers_outside_the_family_may_be_chosen() -> None:
    game = bg.load_game("pythia-gsm8k", developers=["llama-7b", "pythia-12b"])
    assert set(game.names) == {"llama-7b", "pythia-12b"}


@pytest.mark.parametrize("steps", [500, 2000.0, 1e5])
def test_the_steps_that_a_rank_is_worth(steps) -> None:
    game = bg.load_game("pythia-gsm8k", worth=steps)
    assert float(game.cost(steps)) == pytest.approx(0.25)  # five developers: four steps from 1 to 0


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"worth": 0}, "worth: .*> 0, got 0"),
        ({"worth": -5}, "worth: .*> 0, got -5"),
        ({"worth": math.nan}, "worth: .*got nan"),
        ({"developers": ["pythia-12b", "gpt-5"]}, "developers: .*'gpt-5'.* pythia-12b"),
        ({"developers": []}, r"developers: .*got \[\]"),
        ({"developers": ["llama-7b"] * 2}, r"developers: .*got \['llama-7b', 'llama"),
        ({"developers": ["pythia-160m"]}, "developers: 'pythia-160m' .*gain"),
        (
            {"temperature": 1},
            "override: .*'temperature'.* developers, curves",
        ),
    ],
)
def test_refused(overrides, message) -> None:
    with pytest.raises(ValueError, match=message):
        bg.load_game("pythia-gsm8k", **overrides)


def test_a_calibration_file_is_a_game() -> None:
    game = bg.load_game(str(FITTED / "gsm8k.json"), developers=["llama-7b", "llama-65b"])
    assert game.names == ("llama-65b", "llama-7b")


@pytest.mark.parametrize("name", FITTED_GAMES)
def test_builders_share_their_overrides(name) -> None:
    parameters = inspect.signature(GAMES[name]).parameters
    assert list(parameters) == ["developers"]


# Least efforts in steps for each model to pass the one just above it on the board of tuned models, best
# pair first, from a fit of the same checkpoints that shares no code with this package's.
INDEPENDENT = {
    0: (6, 31, 3, 7),
    300: (145, 253, 882, 541),
    1000: (590, 1225, 6304, 8582),
    3000: (3342, 11833, math.inf, math.inf),  # the third is over a million
}


def overtaking_neighbours(level: float) -> list[float]:
    game, rule = bg.load_game("pythia-gsm8k"), tuned(level)
    effort = bg.theory.required_effort(game, rule)
    ranks = rule.evaluate(game, np.zeros(5)).ranks
    board = sorted(range(5), key=lambda i: ranks[i])
    return [float(effort[behind, ahead]) for ahead, behind in pairwise(board)]


@pytest.mark.parametrize("level", [300, 1000])
def test_pythia_required_efforts_agree_with_an_independent_fit(level) -> None:
    # 10 %: the fits differ in weighting and in the bounds of the floor.
    assert overtaking_neighbours(level) == pytest.approx(INDEPENDENT[level], rel=0.1)


def test_pythia_required_efforts_at_level_0_are_single_steps() -> None:
    # Untuned, accuracies are a few per cent apart by chance: only the magnitude is stable across fits.
    efforts = overtaking_neighbours(0)
    assert max(efforts) < 100
    assert efforts[1] == max(efforts)  # 31 in the independent fit


def test_pythia_required_efforts_at_level_3000_run_out_of_reach() -> None:
    first, second, *others = overtaking_neighbours(3000)
    assert (first, second) == pytest.approx(INDEPENDENT[3000][:2], rel=0.1)
    assert min(others) > 100_000


def test_pythia_is_played_without_tuning_and_at_rest_after_3000_steps() -> None:
    # At 0 a rank is worth 2,000 steps and passing costs a few; at 3,000 every pass costs more than
    # it wins: the first pair 3,342 > 2,000 steps, and two ranks win 4,000 < 11,833.
    assert bg.theory.predict("pythia-gsm8k", "direct").regime == "cycle"
    tuned = bg.theory.predict("pythia-gsm8k", ("tune-before-test", {"level": 3000}))
    assert tuned.regime == "pure"
    assert tuned.equilibrium.tolist() == [0.0] * 5
    assert tuned.ranking.tolist() == [0, 1, 2, 3, 4]
