"""The games and rules that the tests of the environment run over.

Rules come from the registry: a protocol that is registered later is tested without a line here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy.special import ndtr

import benchgame_env as bg
from benchgame_env.game import TIES
from benchgame_env.rules import Layer, parameter_names, protocol_class

DIRECT, SPLIT = bg.make_protocol("direct"), bg.make_protocol("direct", ties="split")
REVISIONS = ("simultaneous", "alternating", "random")
ACTION_TYPES = ("continuous", "discrete")
SCALES = ("linear", "log")


def alone() -> bg.Game:
    """One developer, who can spend effort (budget 1) though there is nothing to win."""
    return bg.Game(bg.curves.Additive([1.0]), bg.LinearCost(1.0), [1.0], budget=1.0)


def idle() -> bg.Game:
    """One developer without a budget: no effort pays, so the effort axis is the point 0."""
    return bg.Game(bg.curves.Additive([1.0]), bg.LinearCost(1.0), [1.0])


def five_with_ties() -> bg.Game:
    """Two pairs of identical models: ties at zero effort and at every equal effort."""
    curves = bg.curves.Additive([1.0, 1.0, 0.75, 0.5, 0.5])
    return bg.Game(curves, bg.LinearCost(1.0), [1.0, 0.75, 0.5, 0.25, 0.0])


def budgets() -> bg.Game:
    """A finite, an infinite and an empty budget; quadratic cost; prizes that are not dyadic."""
    curves = bg.curves.Additive([1.0, 0.8, 0.5])
    return bg.Game(curves, bg.PowerCost(0.7, 2.0), [0.9, 0.2, 0.1], budget=[0.5, math.inf, 0.0])


def plateaus() -> bg.Game:
    """Measured curves with flat stretches, on which different efforts tie."""
    efforts = [[0.0, 1.0, 2.0, 3.0], [0.0, 1.0, 3.0]]
    curves = bg.curves.Tabulated(efforts, [[0.3, 0.6, 0.6, 0.7], [0.3, 0.6, 0.6]])
    return bg.Game(curves, bg.LinearCost(0.2), [1.0, 0.0], budget=3.0)


GAMES: dict[str, Callable[[], bg.Game]] = {
    "alone": alone,
    "idle": idle,
    "duel": lambda: bg.load_game("duel"),
    "twins": lambda: bg.load_game("twins"),
    "budgets": budgets,
    "plateaus": plateaus,
    "five-with-ties": five_with_ties,
    "pythia-gsm8k": lambda: bg.load_game("pythia-gsm8k"),
}
# One game for each number of developers that PettingZoo's tests are run with.
BY_SIZE = {1: "alone", 2: "duel", 5: "five-with-ties"}


# The games whose cycles are longest: 12,075 and 22,692 revisions, more than in all others together.
LARGE = ("open-gsm8k", "open-mmlu")


def evenly_spaced(n: int, prizes: Any = None) -> bg.Game:
    """Theory section 5: theta equally spaced from 1 to 0.5, c(e) = e; equal prize steps by default."""
    prizes = np.linspace(1.0, 0.0, n) if prizes is None else prizes
    return bg.Game(bg.curves.Additive(np.linspace(1.0, 0.5, n)), bg.LinearCost(1.0), prizes)


def tuned(level: float, ties: str = "quality") -> Any:
    """Tune-before-test."""
    return bg.make_protocol("tune-before-test", level=level, ties=ties)


def rules() -> dict[str, Any]:
    """Every registered protocol at its example parameters, under each tie rule it offers."""
    return {
        f"{name}-{ties['ties']}" if ties else name: bg.make_protocol(
            name, **(getattr(protocol_class(name), "example", {}) | ties)
        )
        for name in bg.protocols()
        for ties in _tie_rules(name)
    }


def suits(rule: Any, game: bg.Game) -> bool:
    """Whether a rule takes this game: a test of items needs accuracies."""
    ends = np.multiply.outer([0.0, 1e6], np.ones(game.n_developers))
    scores = game.curves.score(ends)
    return "items" not in rule.published or bool((scores >= 0).all() and (scores <= 1).all())


def _tie_rules(name: str) -> list[dict[str, str]]:
    return [{"ties": ties} for ties in TIES] if "ties" in parameter_names(name) else [{}]


# An environment can tell rules apart by: a fixed board, one drawn, one with memory, one with both, and
# ranks that do not follow from scores. Products over all settings run over one rule of each kind, and
# both tie rules of the fixed one; every other rule runs with one setting of each parameter.
KINDS = ("direct-quality", "direct-split", "tune-before-test-quality", "confidence-ranks")
KINDS += ("refreshed-split", "finite-test+ladder")


def kinds() -> dict[str, Any]:
    """One rule of each kind that an environment can tell apart."""
    both = bg.make_protocol("finite-test+ladder", items=20, step=0.05)
    known = rules() | {"finite-test+ladder": both}
    return {name: known[name] for name in KINDS}


class Bare:
    """Rank by accuracy, in a class with evaluate alone, related to nothing.

    Formula: ``s_i = v_i(e_i)``.
    Parameters: none.
    Used by: these tests.
    Rewards: tuning.
    Version: 0.
    """

    def evaluate(self, game: bg.Game, efforts: Any, rng: np.random.Generator | None = None) -> bg.Board:
        return game.board(game.curves.score(np.asarray(efforts)))


@dataclass(frozen=True, kw_only=True)
class Coarse(Layer):
    """Shows scores rounded down to multiples of ``1/steps``: it jumps over curves that do not, and
    different scores tie, which cost effort to leave."""

    name: ClassVar[str] = "coarse"

    steps: int

    def show(self, scores: Any) -> Any:
        return np.floor(self.steps * np.asarray(scores)) / self.steps

    def hidden(self, shown: Any) -> Any:
        return np.ceil(self.steps * np.asarray(shown)) / self.steps


@dataclass(frozen=True)
class Noisy(bg.Protocol):
    """A rule whose board is drawn: scores with independent normal noise, anew at each evaluation.

    The noise is wide on purpose: the order changes all the time and scores tie at 0 and 1.
    """

    traits = bg.Traits(remembers=False, ranks_by_score=True, rewards_effort=True, accuracies=True)

    sd: float = 0.3

    def evaluate(self, game: bg.Game, efforts: Any, rng: np.random.Generator | None = None) -> bg.Board:
        assert rng is not None, "the environment has to hand in its stream"
        scores = game.curves.score(efforts)
        shown = np.clip(scores + rng.normal(0.0, self.sd, scores.shape), 0.0, 1.0)
        return game.board(shown, self.ties)


@dataclass(frozen=True)
class NormalIndex(bg.Protocol):
    """Theory section 7: the index ``-log(1 - v)`` is shown with independent normal noise, here rounded
    to one of 4,001 values, 0.002 apart; for indices between 0 and 3."""

    traits = bg.Traits(draws="independent", remembers=False, ranks_by_score=True, rewards_effort=True)

    sd: float = 0.2
    ties: Any = "quality"

    def evaluate(self, game: bg.Game, efforts: Any, rng: np.random.Generator | None = None) -> bg.Board:
        assert rng is not None
        index = -np.log1p(-game.curves.score(efforts))
        return game.board(np.round(rng.normal(index, self.sd) * 500) / 500, self.ties)

    def distribution(self, game: bg.Game, efforts: Any) -> Any:
        values = np.arange(-1250, 2751) / 500
        index = -np.log1p(-game.curves.score(efforts))
        edges = np.concatenate(([-np.inf], values[:-1] + 0.001, [np.inf]))
        return values, np.diff(ndtr((edges - index[..., None]) / self.sd), axis=-1)
