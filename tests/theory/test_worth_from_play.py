"""The worths at which observed play is an equilibrium, against the grader and simulated equilibria."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest
from tools.generators import at_worth, random_efforts, random_game, random_mixture, random_protocol

import benchgame_env as bg
from benchgame_env.theory.mixed.worth_from_play import sampling_error


def largest_regret(game: bg.Game, protocol: Any, strategies: Any, worth: float) -> float:
    """By the grader, as a share of P."""
    scaled = at_worth(game, worth)
    return float(bg.metrics.regrets(scaled, protocol, strategies).max()) / scaled.prize_range


def test_the_ends_are_where_the_grader_finds_that_regret() -> None:
    ends = {"low": 0, "high": 0, "none": 0}
    for seed in range(300):
        rng, mixed = np.random.default_rng(seed), seed % 2
        game = random_game(
            rng, n=int(rng.integers(2, 5)), cost=str(rng.choice(["linear", "power", "congested"]))
        )
        protocol = random_protocol(rng)
        if game.prize_range == 0:
            continue
        play: Any = random_mixture(rng, game) if mixed else random_efforts(rng, game)[0] * 0.3
        epsilon = float(rng.choice([0.0, 0.02, 0.3]))
        found = bg.theory.worth_from_play(game, protocol, play, epsilon)
        if not found:
            tried = [largest_regret(game, protocol, play, worth) for worth in (0.01, 0.3, 1.0, 3.0)]
            assert not (np.array(tried) < epsilon - 1e-9).any()
            ends["none"] += 1
            continue
        [(low, high)] = found
        for name, end, beyond in (("low", low, 0.999), ("high", high, 1.001)):
            if not 1e-3 < end < math.inf:
                continue
            inside = largest_regret(game, protocol, play, end)
            outside = largest_regret(game, protocol, play, end * beyond)
            assert not inside > epsilon + 1e-6
            assert not outside < epsilon - 1e-9
            ends[name] += inside <= epsilon + 1e-6 and outside > epsilon
    assert min(ends.values()) > 10


def equilibrium(rng: np.random.Generator) -> tuple[bg.Game, Any]:
    """A duel or three developers with equal steps at some worth, and an equilibrium."""
    n = int(rng.choice([2, 2, 2, 3]))
    theta = np.sort(rng.uniform(0.2, 1.2, n))[::-1]
    game = bg.Game(bg.curves.Additive(theta), bg.LinearCost(rng.uniform(0.3, 3)), np.linspace(1, 0, n))
    p = bg.theory.predict(game, "direct")
    return game, p.equilibrium if p.regime == "pure" else p.mixed.strategies


def test_simulated_equilibria_show_their_worth() -> None:
    # Of 500, at least 95 % must; 100 are stated as strategies, the others are plays of them.
    inside = narrow = 0
    for seed in range(500):
        rng = np.random.default_rng(seed)
        game, play = equilibrium(rng)
        if seed % 5 and not isinstance(play, np.ndarray):
            plays = int(rng.choice([50, 300, 1000]))
            play = np.stack([rng.choice(own, plays, p=chances) for own, chances in play], axis=1)
        found = bg.theory.worth_from_play(game, "direct", play)
        inside += any(low <= game.worth <= high for low, high in found)
        narrow += any(high < 1.5 * low for low, high in found)
    assert inside >= 0.95 * 500
    assert narrow > 100  # an interval that is never narrow shows nothing


def test_the_duel_shows_its_prize() -> None:
    # Developer 2 stays out with 1/2 and else plays 1/2 to 1 (theory section 5), which pays at a prize
    # of 1 alone; what it plays is worth 0 to it.
    strategies = bg.theory.mixed_equilibrium("duel", "direct").strategies
    [(low, high)] = bg.theory.worth_from_play("duel", "direct", strategies, epsilon=1e-3)
    assert 0.99 < low < 1 < high < 1.01


def test_effort_that_wins_nothing_fits_no_worth() -> None:
    # The last of two spends, and stays last.
    assert bg.theory.worth_from_play("duel", "direct", [0.0, 0.25], epsilon=0.0) == []


def test_a_small_waste_fits_a_large_prize() -> None:
    # Budgets of 0.5: the second can pass nobody. The first wastes 0.25, 1 % of a prize of 25.
    [(low, high)] = bg.theory.worth_from_play("duel-at-budget", "direct", [0.25, 0.0], epsilon=0.01)
    assert (low, high) == (pytest.approx(25.0), math.inf)


def test_more_plays_err_less() -> None:
    game = bg.load_game("five")
    # Equal steps: 2 sqrt(log(200) / 2000), and a tenth of it with a hundred times the plays.
    assert sampling_error(game, 1000) == pytest.approx(2 * math.sqrt(math.log(200) / 2000))
    assert sampling_error(game, 100_000) == pytest.approx(sampling_error(game, 1000) / 10)


def test_what_is_no_play_is_refused() -> None:
    refused: dict[str, Any] = {
        "efforts: those of 3 developers for 2": [0.0, 0.0, 0.0],
        "efforts: must be in [0, 0.5], got 0.75 to 0.75": [0.0, 0.75],
        "probabilities: need 2 that sum to 1, got [0.5, 0.25]": [([0.0, 0.1], [0.5, 0.25])] * 2,
    }
    for message, play in refused.items():
        with pytest.raises(ValueError, match=re.escape(message)):
            bg.theory.worth_from_play("duel-at-budget", "direct", play)
    with pytest.raises(ValueError, match="all ranks pay the same"):
        bg.theory.worth_from_play("flat-cost-equal-prizes", "direct", [0.0, 0.0])
    with pytest.raises(ValueError, match="epsilon: must be >= 0"):
        bg.theory.worth_from_play("duel", "direct", [0.0, 0.0], epsilon=-1)
