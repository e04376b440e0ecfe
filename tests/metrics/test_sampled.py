"""Regrets of sampled plays: against the exact external regret, and the ends of their intervals."""

from __future__ import annotations

import numpy as np
import pytest
from tools.generators import random_cases, random_efforts

import benchgame_env as bg
from benchgame_env.metrics import external_regrets, sampled_regrets


@pytest.mark.parametrize("ties", ["quality", "split"])
def test_estimates_are_the_external_regrets_of_the_plays(ties: str) -> None:
    # Fewer different scores than cells: every score is a cell, and nothing is left to bounds.
    for seed, rng, game, rule in random_cases(range(60), ties):
        profiles = random_efforts(rng, game, int(rng.integers(1, 6)))
        plays = rng.choice(profiles, 300)
        found = sampled_regrets(game, rule, plays)
        exact = external_regrets(game, rule, plays)
        np.testing.assert_allclose(found.estimate, exact, rtol=0, atol=1e-9, err_msg=f"seed {seed}")
        assert (found.low <= exact + 1e-12).all(), f"seed {seed}"
        assert (exact <= found.high + 1e-12).all(), f"seed {seed}"


def test_between_cells_of_scores_the_upper_end_covers_the_best_deviation() -> None:
    # 40,000 different scores in 1,000 cells: estimates are a little low, upper ends are not.
    rng = np.random.default_rng(0)
    plays = rng.random((20_000, 2))
    found, exact = sampled_regrets("duel", "direct", plays), external_regrets("duel", "direct", plays)
    assert (found.estimate <= exact + 1e-12).all()
    np.testing.assert_allclose(found.estimate, exact, atol=2e-3)  # a cell is about 2 / 1,000 wide
    assert (exact <= found.high).all()


@pytest.mark.parametrize(
    ("ties", "regret"),
    # The favourite shows .6 to one decimal, from an index of 1 (1 - exp(-1) = .632), the weaker
    # 1 - exp(-1.2) = .7. The favourite reaches .7 from .65 on, at index -ln(.35), and .8 from .75 on, at
    # -ln(.25). The weaker pays .7.
    [("quality", 1 - (-np.log(0.35) - 1)), ("split", 1 - (-np.log(0.25) - 1))],
)
def test_reaching_a_rival_counts_where_passing_it_costs_more(ties: str, regret: float) -> None:
    rule = bg.make_protocol("rounded", decimals=1, ties=ties)
    found = sampled_regrets("duel", rule, [[0.0, 0.7]] * 1_000)
    assert found.estimate[0] == pytest.approx(regret, abs=1e-6)
    assert found.high[0] >= regret


def test_drifting_plays_have_wider_intervals() -> None:
    # The same plays in another order; sorted by the favourite's effort they depend on each other.
    plays = np.random.default_rng(1).random((2_000, 2))
    shuffled = sampled_regrets("duel", "direct", plays)
    drifting = sampled_regrets("duel", "direct", plays[np.argsort(plays[:, 0])])
    np.testing.assert_allclose(shuffled.estimate, drifting.estimate, atol=1e-12)
    assert (drifting.high - drifting.estimate > 2 * (shuffled.high - shuffled.estimate)).any()


@pytest.mark.parametrize("plays", [1, 2, 10])
def test_a_few_equal_plays_say_nothing_about_what_may_be_rare(plays: int) -> None:
    # In N plays what has a probability of ln(1 / .025) / N is never seen with 2.5 %; it may cost 2 P.
    found = sampled_regrets("duel-small-prize", "direct", [[0.0, 0.0]] * plays)
    assert found.estimate.tolist() == [0.0, 0.0]
    assert found.high == pytest.approx(2 * 0.4 * np.log(40) / plays, rel=1e-6)
    assert found.low.tolist() == [0.0, 0.0]
