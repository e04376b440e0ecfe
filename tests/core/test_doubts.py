"""What is said beside a level: data are few, curves cross late, two models are the same."""

from __future__ import annotations

import argparse
import re

import numpy as np
import pytest

import benchgame_env as bg
from benchgame_env import theory
from benchgame_env.cli import uncertainty
from benchgame_env.cli.doubts import MUCH, OPEN, doubts, open_words, same_words, single_words
from benchgame_env.draws import Draws
from benchgame_env.rules import TuneBeforeTest
from benchgame_env.training.compare_protocols.headline import advice
from benchgame_env.training.coverage.leaderboards import FIVE, TEN, measured, told_apart


def drawn(board: str, steps: tuple[int, ...], n: int = 400) -> Draws:
    law = told_apart()[board]
    rows = measured(law, law.n_developers, steps, np.random.default_rng(0))
    return bg.calibration.fit(rows).draws(n, np.random.default_rng(0))


@pytest.fixture(scope="module")
def few() -> Draws:
    return drawn("eight", FIVE)


@pytest.fixture(scope="module")
def crossing() -> Draws:
    """Two models: in 17 draws the first is better, in 3 the second, which is slower and overtakes after
    some thousand steps."""
    late = [0.795] * 17 + [0.81] * 3
    upper = np.stack([np.full(20, 0.8), late], axis=1)
    upper[:17, 1] = 0.6
    shape = np.ones((20, 2))
    laws = bg.curves.ScalingLaw(0.1 * shape, upper, shape * [-4.0, -6.0], shape)
    game = bg.Game(laws[0], bg.LinearCost(1 / 2000), [1.0, 0.0], upper[0], names=("fast", "slow"))
    return Draws(game, laws)


def test_few_checkpoints_are_named_and_what_to_measure(few: Draws) -> None:
    found = theory.least_level(few)
    half = theory.stable_from(few, (0.5,))[0]
    assert found.level > OPEN * half
    words = open_words(few, found, half)
    times = float(re.findall(r"a level ([\d.]+) times lower", words)[0])
    assert times == pytest.approx(found.level / half, rel=0.05)
    one, other = re.findall(r"measure more of (m\d) and (m\d)\.", words)[0]
    assert {one, other} <= set(few.game.names)
    # The page of `compare` begins with it, too.
    assert words in advice(few.game, few, found, found, " steps").headline
    assert words in doubts(few, found, half)


def test_the_levels_of_shares_of_draws_are_asked_for_once(
    few: Draws, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, ask = [], theory.stable_from
    monkeypatch.setattr(theory, "stable_from", lambda *words: asked.append(words) or ask(*words))
    some = few[:50]
    found = theory.least_level(some)
    advice(some.game, some, found, found, "")
    assert len(asked) == 1
    options = argparse.Namespace(game="duel", seed=0)  # without checkpoints of its own
    uncertainty.announcement(options, some)
    uncertainty.facts(options, some, TuneBeforeTest(1.0))
    assert len(asked) == 3


def test_of_ten_checkpoints_nothing_is_said() -> None:
    ten = drawn("six-b", TEN)
    found = theory.least_level(ten)
    assert doubts(ten, found, theory.stable_from(ten, (0.5,))[0]) == []
    assert "leave it open" not in advice(ten.game, ten, found, found, " steps").headline


def test_a_lower_level_at_which_as_many_draws_are_stable_is_said(crossing: Draws) -> None:
    found = theory.least_level(crossing)
    words = single_words(crossing, found)
    shown = re.findall(r"At exactly ([\d,.]+) 95 % .*, ([\d.]+) % at ([\d,.]+), where", words)[0]
    level, share, lowest = (float(figure.replace(",", "")) for figure in shown)
    assert "the curves of fast and slow may cross" in words
    assert level < MUCH * found.level
    for at, stable in ((level, 1.0), (lowest, share / 100)):  # one game after another
        counted = np.mean([theory.temptation(game, TuneBeforeTest(at)) == 0 for game in crossing])
        assert counted == pytest.approx(stable)
    assert 0.85 <= share / 100 < 0.95  # three of the twenty cross
    assert single_words(crossing[:17], theory.least_level(crossing[:17])) == ""


def test_single_levels_are_the_least_at_which_enough_draws_are_stable(crossing: Draws) -> None:
    found = theory.single_level(crossing)
    counted = [
        np.mean([theory.temptation(game, TuneBeforeTest(at)) == 0 for game in crossing])
        for at in (found.level, 0.99 * found.level)
    ]
    assert counted[0] >= 0.95 > counted[1]
    none = theory.single_level(crossing, max_level=found.level / 2)
    assert none.level == np.inf
    with pytest.raises(ValueError, match="max_level: must be > 0"):
        theory.single_level(crossing, max_level=0.0)


def test_models_that_are_the_same_are_named() -> None:
    law = bg.curves.ScalingLaw([0.1, 0.1], [0.6, 0.6], [-6.0, -6.0], [1.0, 1.0])
    rows = measured(law, 2, TEN, np.random.default_rng(0))
    same = [one | {"score": rows[2 * (k // 2)]["score"]} for k, one in enumerate(rows)]
    draws = bg.calibration.fit(same).draws(200, np.random.default_rng(0))
    found = theory.least_level(draws)
    words = same_words(draws, found)
    assert "If they are the same model, no level is stable." in words
    assert re.search("m[01] passes m[01]", words)
    # As `predict` says of the fitted curves.
    rule = TuneBeforeTest(min(found.level, found.max_level))
    assert theory.temptation(draws.game, rule) > 0
