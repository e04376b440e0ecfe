"""Joint play as a coarse correlated equilibrium: by hand, against enumeration, and against `regrets`."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from tools.generators import random_cases, random_efforts
from witnesses.episodes import award_all
from witnesses.payoffs import Witness

import benchgame_env as bg
from benchgame_env.metrics import empirical, external_regrets, regrets


def test_play_that_takes_turns_by_hand() -> None:
    # Duel, indices 1 + e and 0.5 + e, prize 1. (0.2, 0): the favourite gets 0.8. (0, 0.6): 1.1 passes 1,
    # the weaker gets 0.4. Means 0.4 and 0.2. Constant 0.1 would tie at 1.1 and always win: 0.9. For the
    # weaker just above 1.2 costs 0.7 and always wins: 0.3; above 1.0 costs 0.5 and wins half the time.
    found = external_regrets(bg.load_game("duel"), "direct", [[0.2, 0.0], [0.0, 0.6]])
    assert found == pytest.approx([0.9 - 0.4, 0.3 - 0.2], abs=1e-14)


def test_of_independent_play_the_same_efforts_would_have_another_regret() -> None:
    # Mixed independently 0.6 meets 0.2 as often as 0, so wins half of the time: (0.5 - 0.6) / 2 = -0.05.
    marginals = empirical([[0.2, 0.0], [0.0, 0.6]])
    assert regrets(bg.load_game("duel"), "direct", marginals)[1] == pytest.approx(0.3 + 0.05, abs=1e-14)


def test_who_gains_by_correlation_has_no_regret_and_makes_up_for_nobody_elses() -> None:
    # (0.9, 0) and (0, 0.51): the weaker gets 0.49 / 2. Constants: above 1 wins half at 0.5, above 1.9
    # always at 1.4: nothing pays more than 0. The favourite gets 0.05, and 0.01 always would win: 0.99.
    found = external_regrets(bg.load_game("duel"), "direct", [[0.9, 0.0], [0.0, 0.51]])
    assert found == pytest.approx([0.99 - 0.05, 0.0], abs=1e-14)


@pytest.mark.parametrize("ties", ["quality", "split"])
def test_against_plain_enumeration(ties: str) -> None:
    for seed, rng, game, rule in random_cases(range(80), ties):
        profiles = random_efforts(rng, game, int(rng.integers(1, 6)))
        found = external_regrets(game, rule, profiles)
        even = np.full(len(profiles), 1 / len(profiles))
        witness = Witness(game, rule, [(column, even) for column in profiles.T])
        for i in range(game.n_developers):

            def mean(efforts: list[float], i: int = i, witness: Witness = witness) -> float:
                total = 0.0
                for t, own in enumerate(efforts):
                    board = [witness.board[j][t] for j in range(witness.n)]
                    board[i] = witness.shown(i, own)
                    award = award_all(board, witness.prizes, witness.ties)[i]
                    total += award - float(witness.game.cost(own))
                return total / len(efforts)

            tried = [*witness.grid(i, 25), *witness.overtakes(i)]
            best = max(mean([effort] * len(profiles)) for effort in tried)
            obvious = max(0.0, best - mean(profiles[:, i].tolist()))
            # As for regrets: what the witness found exists, and first efforts are found to 1e-13.
            assert obvious - 1e-12 <= found[i] <= obvious + 1e-9, f"seed {seed}, developer {i}"


@pytest.mark.parametrize("ties", ["quality", "split"])
def test_on_a_full_product_of_efforts_it_is_the_regret_of_independent_play(ties: str) -> None:
    for seed, rng, game, rule in random_cases(range(40), ties):
        columns = random_efforts(rng, game, int(rng.integers(1, 4))).T
        product = np.array(list(itertools.product(*columns)))
        found = external_regrets(game, rule, product)
        exact = regrets(game, rule, [(c, np.full(c.size, 1 / c.size)) for c in columns])
        np.testing.assert_allclose(found, exact, rtol=0, atol=1e-12, err_msg=f"seed {seed}")


def test_repeating_all_samples_changes_nothing() -> None:
    game, rng = bg.load_game("five"), np.random.default_rng(0)
    profiles = rng.random((40, 5))
    once, often = (external_regrets(game, "direct", np.tile(profiles, (k, 1))) for k in (1, 50))
    np.testing.assert_allclose(once, often, rtol=0, atol=1e-12)


def test_tens_of_thousands_of_samples_of_the_duels_equilibrium() -> None:
    # Section 5, worked: 0 with 1/2, else uniform on (0, 0.5] and (0.5, 1]. Empirical distributions of
    # 30,000 draws are within sqrt(log(2e9) / 60,000) = 0.019 of the true ones but for one in 10^9
    # (Dvoretzky, Kiefer, Wolfowitz), deviations gain no more than that, and the mean payoff that was got
    # is off by 5 standard errors, 5 / sqrt(30,000) = 0.029, at most.
    rng = np.random.default_rng(0)
    efforts = rng.uniform([0.0, 0.5], [0.5, 1.0], size=(30_000, 2)) * (rng.random((30_000, 2)) < 0.5)
    found = external_regrets(bg.load_game("duel"), "direct", efforts)
    assert 0 < found.max() < 0.048


@pytest.mark.parametrize(
    ("profiles", "protocol", "culprit"),
    [
        ([[0.0, 0.0, 0.0]], "direct", "profiles: 3 .*2 developers"),
        ([[0.0, -0.5]], "direct", r"profiles: .*\[0, budget\], got -0.5 to 0"),
        ([0.0, 0.5], "direct", r"profiles: .*got shape \(2,\)"),
        ([[0.0, 0.5]], ("finite-test", {"items": 10}), "protocol .*DeterministicProtocol"),
    ],
)
def test_bad_input_names_the_culprit(profiles, protocol, culprit: str) -> None:
    with pytest.raises(ValueError, match=culprit):
        external_regrets(bg.load_game("duel"), protocol, profiles)
