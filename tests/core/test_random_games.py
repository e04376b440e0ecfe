"""Random games: every game is in the regime that its family states, and the same everywhere."""

from __future__ import annotations

import hashlib
import json
import math

import numpy as np
import pytest

import benchgame_env as bg
from benchgame_env import metrics, theory
from benchgame_env.named_games.game_file import to_data
from benchgame_env.random_games import DIGITS, FAMILIES

SEEDS = range(12)


@pytest.mark.parametrize("name", bg.game_families())
def test_every_game_is_in_the_regime_of_its_family(name: str) -> None:
    family = FAMILIES[name]
    for seed in SEEDS:
        found = theory.predict(bg.sample_game(name, seed), family.protocol)
        assert found.regime == family.regime
        assert (found.equilibrium is None) == (family.regime == "cycle")


# Bounds of verdicts: 1 % of P against a pure equilibrium, 2.5 % where there is none.
@pytest.mark.parametrize(
    ("name", "forgone"),
    [("mixed-duel", 0.25), ("near-duel", 0.05), ("mixed-few", 0.1), ("uneven", 0.1),
     ("mixed-many", 0.1), ("pure-positive", 0.03), ("stable-near", 0.0), ("stable-far", 0.0)],
)  # fmt: skip
def test_doing_nothing_forgoes_what_the_family_states(name: str, forgone: float) -> None:
    for seed in SEEDS:
        game = bg.sample_game(name, seed)
        regrets = metrics.regrets(game, FAMILIES[name].protocol, np.zeros(game.n_developers))
        largest = regrets.max() / game.prize_range
        assert largest == 0 if forgone == 0 else largest >= forgone * (1 - 1e-9)


def test_positive_equilibria_are_positive() -> None:
    for seed in SEEDS:
        found = theory.predict(f"pure-positive/{seed}", FAMILIES["pure-positive"].protocol)
        assert found.equilibrium is not None
        assert found.equilibrium.max() > 0.1 * found.game.cost.inverse(found.game.prize_range)


def test_prizes_are_as_uneven_as_stated() -> None:
    for seed in SEEDS:
        uneven, even = (-np.diff(bg.sample_game(name, seed).prizes) for name in ("uneven", "mixed-few"))
        assert uneven.max() >= 2 * uneven.min() - 1e-5  # rounded to six digits
        assert np.ptp(even) < 1e-5


def test_numbers_are_rounded_and_the_seed_decides_them() -> None:
    for name in bg.game_families():
        first, again, other = (json.dumps(to_data(bg.sample_game(name, seed))) for seed in (3, 3, 4))
        assert first == again != other
        game = bg.sample_game(name, 3)
        numbers = [*game.prizes, *(x for part in vars(game.curves).values() for x in np.ravel(part))]
        assert all(x == round(x, DIGITS) for x in numbers)
    assert to_data(bg.load_game("uneven/3")) == to_data(bg.sample_game("uneven", 3))


def test_the_games_of_the_suite_have_not_changed() -> None:
    """A hash of games as they were when benchgame-suite-v1 was made. Another one means other games: give
    the suite another version then."""
    games = [to_data(bg.sample_game(name, seed)) for name in bg.game_families() for seed in range(3)]
    assert hashlib.sha256(json.dumps(games).encode()).hexdigest()[:16] == HASH


def test_unknown_families_and_seeds_are_told() -> None:
    with pytest.raises(ValueError, match="family: unknown 'odd'; known: mixed-duel"):
        bg.sample_game("odd", 0)
    with pytest.raises(ValueError, match="seed: must be"):
        bg.sample_game("uneven", -1)
    with pytest.raises(ValueError, match="game 'uneven/x': expected FAMILY/SEED"):
        bg.load_game("uneven/x")
    assert math.isfinite(theory.temptation("uneven/0", "direct"))


HASH = "718a2107c7d783c9"
