"""The grader with all its short cuts against the one without, NaN included."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from tools.cases import evenly_spaced, tuned
from tools.generators import Index, random_efforts, random_game, random_mixture, random_protocol
from witnesses.slow_grader import slow_regrets

import benchgame_env as bg
from benchgame_env.metrics import exact, external_regrets, nash_conv, regrets, revision_regrets
from benchgame_env.rules import as_protocol

LAYERS = (
    ("rounded", {"decimals": 1}),
    ("rounded", {"decimals": 2, "ties": "quality"}),
    ("capped", {"effort": 0.5}),
)


def same(game: Any, rule: Any, strategies: Any, what: str) -> int:
    """Asserts that both graders agree to 1e-12 of P; returns the number of NaN."""
    found, expected = regrets(game, rule, strategies), slow_regrets(game, rule, strategies)
    atol = 1e-12 * max(game.prize_range, 1e-3)
    np.testing.assert_allclose(found, expected, rtol=0, atol=atol, err_msg=what)
    return int(np.isnan(expected).sum())


@pytest.mark.parametrize("ties", ["quality", "split"])
@pytest.mark.parametrize(("at_once", "finer"), [(1 << 14, 16), (1, 2), (16, 16)])
def test_random_games(ties: str, at_once: int, finer: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # Deviations are left untried only where there are many: with tiny rounds there always are.
    monkeypatch.setattr(exact, "AT_ONCE", at_once)
    monkeypatch.setattr(exact, "FINER", finer)
    for seed in range(60):
        rng = np.random.default_rng([seed, at_once, len(ties)])
        game = random_game(rng, n=int(rng.integers(1, 7)))
        layered = as_protocol(LAYERS[rng.integers(len(LAYERS))])
        rule = random_protocol(rng, ties) if rng.random() < 0.6 else layered
        pure = rng.random() < 0.4
        strategies = random_efforts(rng, game)[0] if pure else random_mixture(rng, game)
        same(game, rule, strategies, f"seed {seed}")


def test_curves_that_saturate() -> None:
    unknown = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        game = random_game(rng, n=int(rng.integers(2, 5)), curves="additive", prizes="uneven")
        rule = tuned(float(rng.uniform(10, 40)))
        unknown.append(same(game, rule, random_mixture(rng, game), f"seed {seed}"))
    assert 0 < np.count_nonzero(unknown) < 40


@pytest.mark.parametrize("prizes", ["even", "squares", "one"])
def test_many_developers(prizes: str) -> None:
    n = 24
    spread = np.linspace(1.0, 0.0, n)
    game = evenly_spaced(n, {"even": spread, "squares": spread**2, "one": np.eye(n)[0]}[prizes])
    rng = np.random.default_rng(2)
    for efforts in (np.zeros(n), rng.uniform(0, 1, n), rng.integers(0, 4, n) / 4):
        for rule in ("direct", bg.make_protocol("direct", ties="split"), LAYERS[0]):
            same(game, rule, efforts, prizes)
    mixed = [(rng.uniform(0, 1, 4), rng.dirichlet(np.ones(4))) for _ in range(n)]
    same(game, "direct", mixed, prizes)


def test_a_thousand_developers_at_zero_effort() -> None:
    # Additive, theta from 1 to 0.5, even prizes: from rank k, 0 the best, the lead costs half of what it
    # wins, k / (n - 1). The sum of k / (2 (n - 1)) over k is n / 4.
    n = 1000
    assert nash_conv(evenly_spaced(n), "direct", np.zeros(n)) == pytest.approx(n / 4, rel=1e-12)


@pytest.mark.parametrize("level", [36.0, 50.0])
def test_regrets_that_a_saturated_curve_leaves_open_are_unknown(level: float) -> None:
    # 1 - exp(-(theta + x)): from theta + x = 36 on, neighbouring float64 scores lie 1.1e-16 apart and
    # exp(-36) is 2.3e-16, so half a unit of effort shows no more than one score.
    game = bg.load_game("duel")
    assert np.isnan(regrets(game, tuned(level), [0.0, 0.0])).any()


def test_curves_that_do_not_say_whether_they_rise_saturate_as_well() -> None:
    # The same curves without a declaration: rates 1, starts 1 and 0.5, at level 20.
    game = bg.load_game("duel", curves=Index([1.0, 0.5], [1.0, 1.0]))
    assert np.isnan(regrets(game, tuned(20.0), [0.0, 0.0])).any()
    # What is needed to pass lies 2^-49 higher, at a slope of exp(-6).
    found = regrets(game, tuned(5.0), [0.0, 0.0])
    assert found.tolist() == pytest.approx([0.0, 0.5], abs=2 * 2**-49 * math.exp(6))


@pytest.mark.parametrize("flat", [0.3, 0.1 + 0.2])
@pytest.mark.parametrize("other", [0.3, 0.1 + 0.2])
def test_a_tie_on_a_flat_stretch_is_one_whatever_its_last_digit(flat: float, other: float) -> None:
    # One curve shows 0.1, is flat at 0.3 from 0.5 to 1.5 and shows more beyond; the other shows 0.3
    # always. Effort costs 0.4 a unit, the prize is 1. The better model ties at 0.5, wins, and gains
    # 1 - 0.2; the weaker one has to pass, from 1.5 on, and gains 1 - 0.6.
    steps, always = ([0.0, 0.5, 1.5, 2.0], [0.1, flat, flat, 0.5]), ([0.0, 1.0], [other, other])
    for climber, gain in ((0, 0.8), (1, 0.4)):
        tables = [steps, always] if climber == 0 else [always, steps]
        curves = bg.curves.Tabulated(*zip(*tables, strict=True))
        game = bg.Game(curves, bg.LinearCost(0.4), [1.0, 0.0])
        expected = pytest.approx(gain, abs=1e-12)
        assert regrets(game, "direct", [0.0, 0.0])[climber] == expected
        assert external_regrets(game, "direct", [[0.0, 0.0]])[climber] == expected
        assert revision_regrets(game, "direct", [[0.0, 0.0]], [climber])[0] == expected


def test_regrets_are_those_of_the_limit_where_curves_do_not_saturate() -> None:
    game = bg.load_game("duel")
    assert regrets(game, tuned(5.0), [0.0, 0.0]).tolist() == pytest.approx([0.0, 0.5], abs=1e-12)
