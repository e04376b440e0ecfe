"""The first effort that shows a score: exact, whatever the rule's inverse says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from tools.cases import tuned
from tools.generators import random_game, random_mixture, random_protocol
from witnesses.slow_grader import first_efforts as by_halvings

import benchgame_env as bg
from benchgame_env.metrics import regrets
from benchgame_env.metrics.first_efforts import first_efforts
from benchgame_env.numerics import publish
from benchgame_env.rules import DeterministicProtocol
from benchgame_env.subgame import Subgame

LIES = {
    "nothing": lambda efforts: np.zeros_like(efforts),
    "out of reach": lambda efforts: np.full_like(efforts, np.inf),
    "not a number": lambda efforts: np.full_like(efforts, np.nan),
    "negative": lambda efforts: -1.0 - efforts,
    "a little less": lambda efforts: efforts * (1 - 1e-9),
    "a little more": lambda efforts: efforts * (1 + 1e-6),
    "twice as much": lambda efforts: 2.0 * efforts,
    "a thousandth": lambda efforts: efforts / 1000,
    "upside down": lambda efforts: efforts[..., ::-1],
}


@dataclass(frozen=True)
class Liar(DeterministicProtocol):
    """The rule ``base`` with an inverse that is wrong."""

    base: Any
    lie: str

    @property
    def ties(self) -> Any:
        return self.base.ties

    def score(self, game: Any, efforts: Any) -> Any:
        return self.base.score(game, efforts)

    def effort_for(self, game: Any, scores: Any) -> Any:
        return LIES[self.lie](np.asarray(self.base.effort_for(game, scores)))


@pytest.mark.parametrize("lie", LIES)
def test_a_wrong_inverse_changes_no_regret(lie: str) -> None:
    for seed in range(25):
        rng = np.random.default_rng(seed)
        game, rule = random_game(rng), random_protocol(rng)
        strategies = random_mixture(rng, game)
        honest, lied = (regrets(game, r, strategies) for r in (rule, Liar(rule, lie)))
        np.testing.assert_allclose(lied, honest, rtol=0, atol=1e-13, err_msg=f"seed {seed}")


@pytest.mark.parametrize("compared", [np.asarray, publish])
def test_what_64_halvings_find(compared: Any) -> None:
    # To a few roundings: in the last digit computed curves may fall, and then cross a score twice.
    for seed in range(60):
        rng = np.random.default_rng(seed)
        game = random_game(rng)
        subgame = Subgame(game, random_protocol(rng))
        played = rng.uniform(0.0, np.minimum(game.max_effort, 3.0), (6, game.n_developers))
        aims = np.append(subgame.scores(played), [-1.0, 2.0])
        efforts, reached = first_efforts(subgame, aims, compared)
        expected, reachable = by_halvings(subgame, aims, compared)
        np.testing.assert_array_equal(reached, reachable)
        np.testing.assert_allclose(efforts, np.where(reached, expected, 0.0), rtol=1e-14, atol=1e-14)
        enough = compared(subgame.scores(efforts)) >= aims[:, None]
        fewer = compared(subgame.scores(np.nextafter(efforts, 0.0))) < aims[:, None]
        assert enough[reached].all()
        assert fewer[reached & (efforts > 0)].all()


@pytest.mark.parametrize("level", [0.0, 30.0, 10_000.0])
def test_the_number_before_is_not_enough(level: float) -> None:
    # At level 30 the additive curves saturate: thousands of efforts show one score; at 10,000 all do.
    for name in ("five", "pythia-gsm8k"):
        game = bg.load_game(name)
        subgame = Subgame(game, tuned(level))
        efforts = np.linspace(0.0, game.max_effort, 9)
        aims = np.unique(subgame.scores(efforts))
        found, reached = first_efforts(subgame, aims)
        assert (
            subgame.scores(found)[reached] >= np.broadcast_to(aims[:, None], found.shape)[reached]
        ).all()
        before = np.nextafter(found, 0.0)
        short = subgame.scores(before) < aims[:, None]
        assert short[reached & (found > 0)].all()
