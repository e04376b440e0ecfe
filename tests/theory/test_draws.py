"""Many draws of the curves at once give what one game after another gives.

Tolerance: the same float64 operations in another order of arrays, 1e-12 of efforts and of P.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from tools.cases import tuned

import benchgame_env as bg
from benchgame_env.draws import Draws

LEVELS = np.array([0.0, 0.3, 1.0, 3.0, 10.0, 40.0, 1e3, 1e6])


def some_draws(seed: int, budget: Any = np.inf, count: int = 12) -> Draws:
    """Laws whose order of quality changes between draws; in some, two models or their ceilings are the
    same, so that scores tie, and prizes may be equal."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 6))
    upper = rng.choice([0.7, 0.8, 0.9], (count, n)) if seed % 2 else rng.uniform(0.6, 1, (count, n))
    lower, intercept = rng.uniform(0, 0.2, (count, n)), rng.uniform(-4, 0, (count, n))
    slope = rng.uniform(0.4, 1.2, (count, n))
    for parameter in (lower, upper, intercept, slope):
        parameter[: count // 3, 1] = parameter[: count // 3, 0]
    curves = bg.curves.ScalingLaw(lower, upper, intercept, slope)
    prizes = np.sort(rng.choice([0.0, 0.25, 0.5, 1.0], n))[::-1] + np.linspace(1e-3, 0, n)
    names = [f"m{i}" for i in range(n)]
    first = bg.curves.ScalingLaw(lower[0], np.full(n, 0.9), intercept[0], slope[0])
    game = bg.Game(first, bg.LinearCost(rng.uniform(0.1, 2)), prizes, names=names, budget=budget)
    return Draws(game, curves)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("budget", [np.inf, 0.4])
def test_every_draw_gives_what_its_game_gives(seed: int, budget: float) -> None:
    draws = some_draws(seed, budget)
    found = bg.theory.levels_by_draw(draws, LEVELS)
    for d, game in enumerate(draws):
        own = [game.names.index(name) for name in draws.game.names]
        for k, level in enumerate(LEVELS):
            tempted, efforts = (
                f(game, tuned(level)) for f in (bg.theory.temptation, bg.theory.required_effort)
            )
            close = {"rel": 1e-12, "abs": 1e-12 * game.prize_range}
            assert found.temptation[k, d] == pytest.approx(tempted, nan_ok=True, **close)
            assert found.stable[k, d] == (tempted == 0)
            assert found.required_effort[k, d] == pytest.approx(efforts[np.ix_(own, own)], rel=1e-12)


def test_developers_of_a_draw_are_in_its_own_order_of_quality() -> None:
    draws = some_draws(0)
    orders = {game.names for game in draws}
    assert len(orders) > 1  # else the test shows nothing
    for game in draws:
        assert (np.diff(game.curves.upper) <= 0).all()
        assert (game.quality == game.curves.upper).all()


def test_games_as_one_object_are_the_same_games() -> None:
    draws = some_draws(1, budget=[0.5, 2.0, np.inf, 1.0, 0.25][: some_draws(1).game.n_developers])
    again = Draws.of(list(draws))
    assert len(again) == len(draws)
    for game, other in zip(draws, again, strict=True):
        assert set(game.names) == set(other.names)
        for field in ("lower", "upper", "intercept", "slope"):
            by_name = (dict(zip(g.names, getattr(g.curves, field), strict=True)) for g in (game, other))
            assert next(by_name) == next(by_name)
        budgets = (dict(zip(g.names, g.budget, strict=True)) for g in (game, other))
        assert next(budgets) == next(budgets)
    level = tuned(1.0)
    assert bg.theory.stable_share(again, level) == bg.theory.stable_share(draws, level)


@pytest.mark.parametrize(
    "protocol",
    ["direct", tuned(10.0), ("tune-before-test+rounded", {"level": 10.0, "decimals": 2}),
     ("tune-before-test", {"level": 10.0, "ties": "split"}), ("capped", {"effort": 0.3})],
    ids=str,
)  # fmt: skip
def test_the_share_counts_the_stable_draws(protocol: Any) -> None:
    draws = some_draws(4)
    expected = np.mean([bg.theory.temptation(game, protocol) == 0 for game in draws])
    assert bg.theory.stable_share(draws, protocol) == expected
    assert bg.theory.stable_share(list(draws), protocol) == expected  # one game after another


def test_half_of_two_worths_is_stable() -> None:
    # pythia-gsm8k is stable from 2,248 at 2,000 steps a rank; at 500 steps a rank from less.
    games = [bg.load_game("pythia-gsm8k", worth=worth) for worth in (500.0, 2000.0)]
    assert bg.theory.stable_share(games, tuned(2200.0)) == 0.5
    assert bg.theory.stable_share(games, tuned(2300.0)) == 1.0


def test_what_is_no_draw_of_the_same_game_is_refused() -> None:
    pythia = bg.load_game("pythia-gsm8k")
    refused = {
        "games: need at least one": [],
        "number 0 has curves that are no scaling laws": [bg.load_game("duel")],
        "number 1 has other names": [pythia, bg.load_game("llama-gsm8k")],
        "number 1 has another cost": [pythia, bg.load_game("pythia-gsm8k", worth=1.0)],
        "number 1 has other prizes": [pythia, bg.load_game("pythia-gsm8k", prizes=[2, 1, 1, 0, 0])],
        "number 1 has other budgets": [pythia, bg.load_game("pythia-gsm8k", budget=9.0)],
    }
    for message, games in refused.items():
        with pytest.raises(ValueError, match=re.escape(message)):
            Draws.of(games)
    with pytest.raises(ValueError, match=re.escape("need parameters of shape (draws, 5), got (5,)")):
        Draws(pythia, pythia.curves)
    with pytest.raises(ValueError, match="levels: need a vector of numbers >= 0"):
        bg.theory.levels_by_draw(Draws.of([pythia]), [-1.0])
    with pytest.raises(ValueError, match="draws: need at least one"):
        bg.theory.stable_share([], "direct")
    with pytest.raises(ValueError, match="DeterministicProtocol"):
        bg.theory.stable_share([pythia], ("finite-test", {"items": 9}))
