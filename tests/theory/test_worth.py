"""What a rank may be worth, against temptation itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tools.cases import tuned
from tools.generators import at_worth, random_game, random_protocol

import benchgame_env as bg
from benchgame_env.draws import Draws


def test_a_thousand_games_are_stable_up_to_that_worth_and_not_beyond() -> None:
    # Temptation rises with the worth, so it changes sign where bisection would end, to 1e-6.
    kinds, decided = {"bounded": 0, "infinite": 0}, 0
    for seed in range(1000):
        rng = np.random.default_rng(seed)
        cost = str(rng.choice(["linear", "power", "congested", "flat"]))
        game = random_game(rng, n=int(rng.integers(2, 6)), cost=cost)
        protocol: Any = random_protocol(rng)
        if game.prize_range == 0:
            continue
        worth = bg.theory.largest_worth(game, protocol)
        if np.isnan(worth):
            continue
        kinds["infinite" if np.isinf(worth) else "bounded"] += 1
        if np.isinf(worth):
            assert bg.theory.temptation(at_worth(game, 1e3), protocol) == 0
        elif worth > 1e-3:
            below, beyond = (
                bg.theory.temptation(at_worth(game, worth * (1 + way * 1e-6)), protocol)
                for way in (-1, 1)
            )
            assert not below > 0
            assert beyond != 0
            decided += below == 0 and beyond > 0
    assert min(kinds.values()) > 100
    assert decided > 300


def test_equal_steps_and_linear_cost_have_a_closed_form() -> None:
    # Passing a model k ranks up wins k steps, so a rank may be worth the effort over k.
    for level in (0.0, 300.0, 3000.0):
        game = bg.load_game("pythia-gsm8k")
        efforts = bg.theory.required_effort(game, tuned(level))
        ranks = bg.make_protocol("tune-before-test", level=level).evaluate(game, np.zeros(5)).ranks
        apart = ranks[:, None] - ranks
        expected = (efforts[apart > 0] / apart[apart > 0]).min()
        assert bg.theory.largest_worth(game, tuned(level)) == pytest.approx(expected, rel=1e-4)


def test_check_value_of_pythia() -> None:
    # At level 3,000 about 3,340 steps (theory notes, section 14); at the least stable level what the
    # game takes a rank to be worth, 2,000 steps.
    assert bg.theory.largest_worth("pythia-gsm8k", tuned(3000.0)) == pytest.approx(3340, abs=5)
    least = bg.theory.stabilizing_levels("pythia-gsm8k")[0][0]
    assert bg.theory.largest_worth("pythia-gsm8k", tuned(least)) == pytest.approx(2000, rel=1e-4)


def test_draws_give_what_their_games_give() -> None:
    rng = np.random.default_rng(0)
    game = bg.load_game("pythia-gsm8k")
    law: Any = game.curves
    shifts = rng.normal(0, 0.3, (20, 5))
    curves = bg.curves.ScalingLaw(
        np.tile(law.lower, (20, 1)), np.tile(law.upper, (20, 1)), law.intercept + shifts,
        np.tile(law.slope, (20, 1)),
    )  # fmt: skip
    draws = Draws(game, curves)
    for protocol in ("direct", tuned(1000.0), ("capped", {"effort": 500.0})):
        each = [bg.theory.largest_worth(one, protocol) for one in draws]
        assert np.ptp([one for one in each if np.isfinite(one)]) > 0
        np.testing.assert_allclose(bg.theory.largest_worth(draws, protocol), each, rtol=1e-12)
        np.testing.assert_allclose(bg.theory.largest_worth(list(draws), protocol), each, rtol=1e-12)


def test_identical_models_withstand_nothing() -> None:
    # Half a step of the grid of scores apart, 2**-24 of a score that rises by exp(-1) an effort unit.
    assert bg.theory.largest_worth("twins", "direct") < 1e-6


def test_equal_prizes_withstand_everything() -> None:
    assert bg.theory.largest_worth("flat-cost-equal-prizes", "direct") == np.inf
