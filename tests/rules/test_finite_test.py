"""Tests of a finite number of items: the distribution of shown scores, and what is refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from tools.cases import Noisy

import benchgame_env as bg
from benchgame_env.rules.finite_test import FiniteTest, binomial_pmf


@pytest.mark.parametrize("p", [0.0, 1e-300, 0.1, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("items", [1, 4, 60])
def test_the_pmf_is_the_binomial_formula(items: int, p: float) -> None:
    formula = [math.comb(items, k) * p**k * (1 - p) ** (items - k) for k in range(items + 1)]
    assert binomial_pmf(items, np.array(p)) == pytest.approx(formula, rel=1e-12, abs=1e-300)


def test_the_pmf_of_a_large_test_has_the_moments_of_theory() -> None:
    # Section 7: sd = sqrt(p (1 - p) / m); GSM8K has 1,319 items.
    p = np.array([0.0, 0.02, 0.5, 0.999, 1.0])
    shares, pmf = np.arange(1320) / 1319, binomial_pmf(1319, p)
    mean = pmf @ shares
    assert mean == pytest.approx(p, abs=1e-12)
    variance = (pmf * (shares - mean[:, None]) ** 2).sum(axis=1)
    assert variance == pytest.approx(p * (1 - p) / 1319, abs=1e-15)


def test_boards_are_drawn_from_the_distribution() -> None:
    game, rule = bg.load_game("five"), bg.make_protocol("finite-test", items=8)
    efforts, draws = np.linspace(0.0, 0.4, 5), 20_000
    boards = rule.evaluate(game, np.tile(efforts, (draws, 1)), np.random.default_rng(0))
    shares, chances = rule.distribution(game, efforts)
    assert (shares.shape, chances.shape) == ((9,), (5, 9))
    seen = (boards.scores[:, :, None] == shares).mean(axis=0)
    # Five standard errors of a relative frequency; an event of chance below 5 / draws may be missed.
    assert (np.abs(seen - chances) <= 5 * np.sqrt(chances * (1 - chances) / draws) + 5 / draws).all()
    # Independent: no correlation beyond five standard errors, 1 / sqrt(draws) each.
    correlation = np.corrcoef(boards.scores.T) - np.eye(5)
    assert np.abs(correlation).max() < 5 / math.sqrt(draws)


def test_over_another_rule() -> None:
    game = bg.load_game("five")
    rule = bg.make_protocol("tune-before-test+finite-test", level=0.5, items=20)
    assert (rule.traits.draws, rule.traits.remembers) == ("independent", False)
    assert rule.published == {"level": 0.5, "items": 20.0}
    assert rule.designer_cost(game) == {"tuning": 2.5, "items": 100.0}
    zero = np.zeros(5)
    mean = rule.distribution(game, zero)[1] @ rule.distribution(game, zero)[0]
    assert mean == pytest.approx(game.curves.score(zero + 0.5), abs=1e-12)


def test_refused() -> None:
    with pytest.raises(ValueError, match=r"items: .*>= 1, got 0"):
        bg.make_protocol("finite-test", items=0)
    with pytest.raises(ValueError, match=r"base: .*fixed score.*, got Noisy"):
        bg.make_protocol("finite-test", items=3, base=Noisy())
    rule = bg.make_protocol("finite-test", items=3)
    with pytest.raises(ValueError, match=r"rng: FiniteTest\(items=3, .*generator"):
        rule.evaluate(bg.load_game("duel"), np.zeros(2))
    points = bg.curves.Tabulated([[0.0, 1.0]] * 2, [[0.0, 40.0], [0.0, 1.0]])
    game = bg.Game(points, bg.LinearCost(), [1.0, 0.0])
    rule.evaluate(game, np.zeros(2), np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"\[0, 1\].*model-0 .*20 at effort 0.5"):
        rule.evaluate(game, np.full(2, 0.5), np.random.default_rng(0))


class Lazy(FiniteTest):
    """A finite test that shows 0 with a chance of one half."""

    def distribution(self, game: bg.Game, efforts: Any) -> Any:
        found = super().distribution(game, efforts)
        assert found is not None
        chances = 0.5 * found[1]
        chances[..., 0] += 0.5
        return found[0], chances


@pytest.mark.parametrize(
    "rule",
    [
        FiniteTest(40),
        Lazy(40),  # the short way of a parent is not that of a child
        bg.make_protocol("best-of", k=(1, 2, 3, 7, 1), base=FiniteTest(40)),
        bg.make_protocol("best-of", k=3, base=Lazy(40)),
        bg.make_protocol("tune-before-test+finite-test", level=0.5, items=40),
    ],
)
def test_the_chances_of_some_developers_are_those_of_whole_profiles(rule: Any) -> None:
    game, rng = bg.load_game("five"), np.random.default_rng(0)
    who, efforts = rng.integers(5, size=30), rng.random(30)
    shares, chances = rule.distribution_of(game, who, efforts)
    for i, effort, own in zip(who, efforts, chances, strict=True):
        profile = np.full(5, effort)
        same_shares, all_chances = rule.distribution(game, profile)
        assert np.array_equal(shares, same_shares)
        assert own == pytest.approx(all_chances[i], abs=1e-14)
