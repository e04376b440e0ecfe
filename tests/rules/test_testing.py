"""The conformance kit: sound rules pass, and every check finds the rule that was broken for it."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
import pytest
from tools.cases import Bare, rules

import benchgame_env as bg
from benchgame_env.__main__ import main
from benchgame_env.rules import example_parameters, parameter_names
from benchgame_env.testing import CHECKS, check_protocol


def accuracies(game: Any, efforts: Any) -> Any:
    return game.curves.score(np.asarray(efforts))


# --- sound rules -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Intervals(bg.Protocol):
    """Rank by confidence intervals: 1 plus the number of models clearly above; ranks share prizes.

    Formula: ``rank_i = 1 + #{j : s_j - s_i > width}``.
    Parameters: ``width`` of an interval, accuracy, > 0.
    Used by: arenas of chat models.
    Rewards: tuning that clears an interval.
    Version: 0.
    """

    example: ClassVar[dict[str, Any]] = {"width": 0.1}
    width: float = 0.1

    def __post_init__(self) -> None:
        if not (isinstance(self.width, (int, float)) and 0 < self.width < math.inf):
            raise ValueError(f"width: must be a finite number > 0, got {self.width!r}")

    traits = bg.Traits(draws="none", remembers=False, ranks_by_score=False, rewards_effort=True)

    def evaluate(self, game, efforts, rng=None):
        scores = accuracies(game, efforts)
        above = scores[..., None, :] - scores[..., :, None] > self.width
        ranks = 1 + above.sum(axis=-1)
        order = np.argsort(ranks, axis=-1, kind="stable")
        places = np.argsort(order, axis=-1)
        equal = ranks[..., None, :] == ranks[..., :, None]
        prizes = (equal * game.prizes[places][..., None, :]).sum(axis=-1) / equal.sum(axis=-1)
        return bg.Board(scores, ranks, prizes)


@dataclass(frozen=True)
class PersonalBest(bg.Protocol):
    """Rank by the best score that a developer has shown in the episode.

    Formula: ``s_i`` is the largest of ``v_i(e_i)`` so far.
    Parameters: none.
    Used by: leaderboards that keep the best submission.
    Rewards: one costly submission, never to be repeated.
    Version: 0.
    """

    traits = bg.Traits(draws="none", ranks_by_score=True, rewards_effort=True)

    def start(self, game, shape):
        return np.full(shape, -np.inf)

    def play(self, game, efforts, state=None, rng=None, revised=None):
        best = np.maximum(state, accuracies(game, efforts))
        return game.board(best), best


@dataclass(frozen=True)
class Handicap(bg.Protocol):
    """Rank by accuracy plus a common constant that may have either sign.

    Formula: ``s_i = v_i(e_i) + shift``.
    Parameters: ``shift``, accuracy, any finite number.
    Used by: these tests.
    Rewards: tuning.
    Version: 0.
    """

    example: ClassVar[dict[str, Any]] = {"shift": -0.1}
    shift: float = 0.0

    def __post_init__(self) -> None:
        if not (isinstance(self.shift, (int, float)) and math.isfinite(self.shift)):
            raise ValueError(f"shift: must be a finite number, got {self.shift!r}")

    def evaluate(self, game, efforts, rng=None):
        return game.board(accuracies(game, efforts) + self.shift)


@dataclass(frozen=True)
class Exact(bg.DeterministicProtocol):
    def score(self, game, efforts):
        return accuracies(game, efforts)

    def effort_for(self, game, scores):
        return game.curves.effort_for(scores)


@dataclass(frozen=True)
class Stairs(Exact):
    """Rank by accuracy, shown in steps of 0.05.

    Formula: ``s_i = floor(v_i(e_i) / 0.05) * 0.05``.
    Parameters: none.
    Used by: these tests.
    Rewards: tuning that reaches the next step.
    Version: 0.
    """

    def score(self, game, efforts):
        return np.floor(accuracies(game, efforts) / 0.05) * 0.05

    def effort_for(self, game, scores):
        return game.curves.effort_for(np.ceil(np.asarray(scores) / 0.05 - 1e-9) * 0.05)


@pytest.mark.parametrize("rule", rules().values(), ids=rules().keys())
def test_every_registered_protocol_is_sound(rule: Any) -> None:
    left_out = check_protocol(rule)
    assert set(left_out) <= {"shapes", "ranks", "effort", "exact", "figures"}


def compositions() -> list[str]:
    """Every layer over tuned models and over a drawn test, where it goes over them."""
    layers = [name for name in bg.protocols() if "base" in parameter_names(name)]
    names = [f"{base}+{layer}" for layer in layers for base in ("tune-before-test", "finite-test")]
    return [name for name in names if is_made(name)]


def is_made(name: str) -> bool:
    try:
        bg.make_protocol(name, **example_parameters(name))
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("name", compositions())
def test_layers_are_sound(name: str) -> None:
    check_protocol(name, "pythia-gsm8k")


def test_every_layer_is_among_the_compositions() -> None:
    layers = {name for name in bg.protocols() if "base" in parameter_names(name)}
    assert {name.partition("+")[2] for name in compositions()} == layers


@pytest.mark.parametrize("rule", [Bare(), Intervals(), PersonalBest(), Handicap(), Stairs()])
def test_rules_of_other_kinds_are_sound(rule: Any) -> None:
    check_protocol(rule)


def test_names_classes_and_pairs_are_taken_too() -> None:
    assert check_protocol("tune-before-test") == check_protocol(("tune-before-test", {"level": 30}))
    assert "exact" in check_protocol(Intervals, "pythia-gsm8k")
    with pytest.raises(ValueError, match="'roulette'"):
        check_protocol("roulette")


# --- broken rules ------------------------------------------------------------------------------


@dataclass(frozen=True)
class ByScore(bg.Protocol):
    """A rule that is broken by what a subclass overrides."""

    traits = bg.Traits(draws="none", remembers=False, ranks_by_score=True, rewards_effort=True)

    def evaluate(self, game, efforts, rng=None):
        return game.board(self.scores(game, efforts, rng))

    def scores(self, game, efforts, rng):
        return accuracies(game, efforts)


class CentredOverTheBatch(ByScore):
    def scores(self, game, efforts, rng):
        return accuracies(game, efforts) - accuracies(game, efforts).mean()


class OneBoardOnly(ByScore):
    def evaluate(self, game, efforts, rng=None):
        return game.board(accuracies(game, efforts).reshape(-1, game.n_developers)[0])


class Logarithmic(ByScore):
    def scores(self, game, efforts, rng):
        with np.errstate(divide="ignore"):
            return np.log(np.asarray(efforts))


class ScoresAlone(ByScore):
    def evaluate(self, game, efforts, rng=None):
        return accuracies(game, efforts)


class OutOfRange(ByScore):
    def scores(self, game, efforts, rng):
        return efforts[..., [game.n_developers]]


class RanksFromZero(ByScore):
    def evaluate(self, game, efforts, rng=None):
        board = super().evaluate(game, efforts)
        return board._replace(ranks=board.ranks - 1)


class WorstRankOfATie(ByScore):
    def evaluate(self, game, efforts, rng=None):
        board = game.board(accuracies(game, efforts), "split")
        tied = board.ranks[..., None, :] == board.ranks[..., :, None]
        return board._replace(ranks=board.ranks + tied.sum(axis=-1) - 1)


class FractionalRanks(ByScore):
    def evaluate(self, game, efforts, rng=None):
        board = super().evaluate(game, efforts)
        return board._replace(ranks=board.ranks.astype(float))


class LastTakesAll(ByScore):
    def evaluate(self, game, efforts, rng=None):
        board = super().evaluate(game, efforts)
        return board._replace(prizes=game.prizes[::-1][board.ranks - 1])


class UnequalAtATie(ByScore):
    def evaluate(self, game, efforts, rng=None):
        scores = accuracies(game, efforts)
        return game.board(scores)._replace(ranks=game.board(scores, "split").ranks)


class Upside(ByScore):
    def evaluate(self, game, efforts, rng=None):
        scores = accuracies(game, efforts)
        return game.board(-scores)._replace(scores=scores)


class Generous(ByScore):
    def evaluate(self, game, efforts, rng=None):
        board = super().evaluate(game, efforts)
        return board._replace(prizes=np.where(board.ranks == 1, 2, 1) * board.prizes)


class SecretDice(ByScore):
    def scores(self, game, efforts, rng):
        return accuracies(game, efforts) + rng.normal(0, 0.1, np.shape(efforts))


class Drawn(ByScore):
    traits = replace(ByScore.traits, draws="joint")

    def scores(self, game, efforts, rng):
        if rng is None:
            raise ValueError("rng: needed")
        return accuracies(game, efforts) + self.noise(rng, np.shape(efforts))

    def noise(self, rng, shape):
        return rng.normal(0, 0.1, shape)


class GlobalStream(Drawn):
    def noise(self, rng, shape):
        return np.random.normal(0, 0.1, shape)  # noqa: NPY002 (that is the fault)


class PythonsStream(Drawn):
    def noise(self, rng, shape):
        return random.gauss(0, 0.1)


OWN_STREAM = np.random.default_rng(1)


class OwnStream(Drawn):
    def noise(self, rng, shape):
        return OWN_STREAM.normal(0, 0.1, shape)


class DeafToSeeds(Drawn):
    def noise(self, rng, shape):
        return np.random.default_rng(1).normal(0, 0.1, shape)


class OneDrawForAll(Drawn):
    def noise(self, rng, shape):
        return rng.normal(0, 0.1, shape[-1])


class Unseeded(Drawn):
    def scores(self, game, efforts, rng):
        rng = np.random.default_rng() if rng is None else rng
        return accuracies(game, efforts) + self.noise(rng, np.shape(efforts))


class NeedsRngForNothing(ByScore):
    def scores(self, game, efforts, rng):
        rng.normal()
        return accuracies(game, efforts)


class Scribbler(ByScore):
    def scores(self, game, efforts, rng):
        efforts *= 1.0 + (efforts > 0)
        return accuracies(game, efforts)


class BestInPlace(PersonalBest):
    def play(self, game, efforts, state=None, rng=None, revised=None):
        np.maximum(state, accuracies(game, efforts), out=state)
        return game.board(state.copy()), state


@dataclass(frozen=True)
class BestInTheProtocol(PersonalBest):
    best: dict[Any, Any] = field(default_factory=dict, compare=False)  # by shape

    def play(self, game, efforts, state=None, rng=None, revised=None):
        shape = np.shape(efforts)
        self.best[shape] = np.maximum(self.best.get(shape, -np.inf), accuracies(game, efforts))
        return game.board(self.best[shape].copy()), state


class BestOfTheBatch(PersonalBest):
    def play(self, game, efforts, state=None, rng=None, revised=None):
        board, best = super().play(game, efforts, state)
        return board, np.maximum(best, best.max() / 2)


class LateGifts(PersonalBest):
    def play(self, game, efforts, state=None, rng=None, revised=None):
        board, best = super().play(game, efforts, state)
        return board._replace(prizes=board.prizes + np.isfinite(state)), best


class SecretMemory(PersonalBest):
    traits = replace(PersonalBest.traits, remembers=False)


class DrawnMemory(Drawn):
    def start(self, game, shape):
        return 0

    def play(self, game, efforts, state=None, rng=None, revised=None):
        return game.board(self.scores(game, efforts, rng) + state), state + efforts.max()

    def evaluate(self, game, efforts, rng=None):
        return self.play(game, efforts, 0, rng)[0]


class OpeningBonus(ByScore):
    def scores(self, game, efforts, rng):
        return accuracies(game, efforts) + 0.1

    def play(self, game, efforts, state=None, rng=None, revised=None):
        late = revised is not None and revised.any()
        return game.board(self.scores(game, efforts, rng) - 0.1 * late), state


class AnotherOpening(PersonalBest):
    def evaluate(self, game, efforts, rng=None):
        return game.board(accuracies(game, efforts) / 2)


class FirstComeFirstServed(ByScore):
    def scores(self, game, efforts, rng):
        return accuracies(game, efforts) + 0.3 * (np.arange(game.n_developers) == 0)


class DrawnFirstServed(Drawn):
    def noise(self, rng, shape):
        return rng.normal(0.05 * (np.arange(shape[-1]) == 0), 0.1, shape)


class Punishing(ByScore):
    def scores(self, game, efforts, rng):
        return 1 - accuracies(game, efforts)


class DrawnPunishing(Drawn):
    def scores(self, game, efforts, rng):
        return super().scores(game, efforts, rng) - 2 * accuracies(game, efforts)


class Lavish(Exact):
    def effort_for(self, game, scores):
        return 1.05 * game.curves.effort_for(scores)


class Stingy(Exact):
    def effort_for(self, game, scores):
        return 0.95 * game.curves.effort_for(scores)


class BelowZero(Exact):
    def effort_for(self, game, scores):
        return game.curves.effort_for(scores) - 1.0


class NeverOutOfReach(Exact):
    def effort_for(self, game, scores):
        return np.minimum(game.curves.effort_for(scores), 1e9)


class GivesUpEarly(Exact):
    def effort_for(self, game, scores):
        least = game.curves.effort_for(scores)
        return np.where(least > 1000, np.inf, least)


class StrictStairs(Stairs):
    traits = replace(Stairs.traits, strict=True)


class MiddleOfTheStair(Stairs):
    def effort_for(self, game, scores):
        return super().effort_for(game, np.asarray(scores) + 0.02)


class Relative(Exact):
    def score(self, game, efforts):
        return accuracies(game, efforts) - 0.1 * accuracies(game, efforts).mean(axis=-1, keepdims=True)


class TwoMinds(Exact):
    def evaluate(self, game, efforts, rng=None):
        return game.board(accuracies(game, efforts) ** 2)


class Unprintable(ByScore):
    published: ClassVar[Any] = {"rule": "secret"}


class Subsidised(ByScore):
    def designer_cost(self, game):
        return {"tuning": -1.0}


class Percent(ByScore):
    traits = replace(ByScore.traits, accuracies=True)

    def scores(self, game, efforts, rng):
        return 100 * accuracies(game, efforts)


class Coins(Drawn):
    """An honest coin for everybody, with a distribution that a subclass gets wrong."""

    traits = replace(Drawn.traits, draws="independent")

    support: ClassVar[Any] = (0.0, 1.0)
    chances: ClassVar[Any] = (0.5, 0.5)

    def scores(self, game, efforts, rng):
        if rng is None:
            raise ValueError("rng: needed")
        return rng.integers(0, 2, np.shape(efforts)).astype(float)

    def distribution(self, game, efforts):
        shape = (*np.shape(efforts), len(self.chances))
        return np.array(self.support), np.broadcast_to(self.chances, shape)


class Improbable(Coins):
    chances = (0.5, 0.6)


class Descending(Coins):
    support = (1.0, 0.0)


class Unlisted(Coins):
    support = (0.0, 0.5)


class Loaded(Coins):
    chances = (0.4, 0.6)


class OneCoin(Coins):
    def scores(self, game, efforts, rng):
        coins = super().scores(game, efforts, rng)
        return np.broadcast_to(coins[..., :1], coins.shape).copy()


class FixedCoins(Coins):
    traits = ByScore.traits

    def scores(self, game, efforts, rng):
        return np.zeros(np.shape(efforts))


class Undrawn(Coins):
    def scores(self, game, efforts, rng):
        return np.zeros(np.shape(efforts))


class Unsaid(Drawn):
    traits = replace(Drawn.traits, draws="independent")


class Scoreless(ByScore):
    traits = replace(ByScore.traits, own_score=True)


class DrawnScore(Drawn):
    traits = replace(Drawn.traits, own_score=True)


@dataclass(frozen=True)
class Unchecked(ByScore):
    share: float = 0.5


@dataclass(frozen=True)
class Compared(ByScore):
    share: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise ValueError(f"share: must be in [0, 1], got {self.share}")


@dataclass(frozen=True)
class Anonymous(ByScore):
    share: float = 0.5

    def __post_init__(self) -> None:
        if not isinstance(self.share, float) or not 0 <= self.share <= 1:
            raise ValueError("bad parameters")


@dataclass(frozen=True)
class Careless(ByScore):
    ties: Any = "quality"


class Swallows(ByScore):
    def __init__(self, **anything: Any) -> None:
        pass


class Identity(bg.Protocol):
    """A protocol that is no dataclass."""

    def evaluate(self, game, efforts, rng=None):
        return game.board(accuracies(game, efforts))


@dataclass(frozen=True)
class Holds(ByScore):
    function: Any = field(default=lambda scores: scores)


@dataclass(frozen=True)
class Unhashable(ByScore):
    weights: Any = field(default_factory=lambda: [1, 2])


@dataclass(frozen=True)
class Wordless(ByScore):
    pass


@dataclass(frozen=True)
class Verbose(ByScore):
    """Rank by accuracy, but
    in many words. Formula: Parameters: Used by: Rewards: Version:"""


@dataclass(frozen=True)
class Incomplete(ByScore):
    """Rank by accuracy.

    Formula: ``s_i = v_i(e_i)``. Parameters: none. Rewards: tuning.
    """


BROKEN = [
    (CentredOverTheBatch(), "shapes: .*batch"),
    (OneBoardOnly(), r"shapes: evaluate .*scores.* \(3, 5\), got \(5,\)"),
    (Logarithmic(), "shapes: evaluate .*finite scores, got -inf"),
    (ScoresAlone(), "shapes: evaluate .*scores, ranks and prizes"),
    (
        FractionalRanks(),
        "shapes: evaluate .*ranks .*got float64",
    ),
    (OutOfRange(), "shapes: .*IndexError: index 5"),
    (RanksFromZero(), "ranks: .*no ranking: .*above"),
    (WorstRankOfATie(), "ranks: .*no ranking: .*tied"),
    (LastTakesAll(), "ranks: .*worse rank"),
    (UnequalAtATie(), "ranks: .*equal prizes"),
    (Upside(), "ranks: .*follow from the scores"),
    (Generous(), "pot: .* 2.5.* 3.5"),
    (SecretDice(), "seeds: .*draws='none'.* rng"),
    (GlobalStream(), "seeds: .*global stream"),
    (PythonsStream(), "seeds: .*global stream"),
    (OwnStream(), "seeds: .*same seed"),
    (DeafToSeeds(), "seeds: .*draws='joint'.* same boards"),
    (OneDrawForAll(), "seeds: .*batch .*one draw"),
    (Unseeded(), "seeds: without rng"),
    (NeedsRngForNothing(), "seeds: .*AttributeError: .*'normal'"),
    (BestOfTheBatch(), "shapes: .*batch"),
    (LateGifts(), "pot: .* 2.5.* 7.5"),
    (Scribbler(), "state: .*writes into the efforts"),
    (BestInPlace(), "state: play .*in place"),
    (BestInTheProtocol(), "state: two episodes"),
    (
        SecretMemory(),
        "state: .*remember.*earlier rounds",
    ),
    (
        DrawnMemory(),
        "state: .*remember.*earlier rounds",
    ),
    (
        OpeningBonus(),
        "state: .*remember.*earlier rounds",
    ),
    (AnotherOpening(), "state: evaluate .*opens"),
    (FirstComeFirstServed(), "permutation: .*developers .*board"),
    (DrawnFirstServed(), "permutation: .*developers .*board"),
    (Punishing(), "effort: .*the score of pythia-12b"),
    (DrawnPunishing(), "effort: .*the mean score of pythia-12b"),
    (Lavish(), "exact: effort_for .*more .*for score"),
    (Stingy(), "exact: effort_for .*less .*for score"),
    (BelowZero(), "exact: effort_for .*>= 0"),
    (NeverOutOfReach(), "exact: effort_for .*less"),
    (GivesUpEarly(), "exact: effort_for .*more .* inf"),
    (StrictStairs(), "exact: .*strict.* flat"),
    (MiddleOfTheStair(), "exact: effort_for .*more"),
    (Relative(), "exact: .*others' efforts"),
    (TwoMinds(), "exact: evaluate .*game.board"),
    (Unprintable(), "figures: published .*got {'rule': 'secret'}"),
    (Subsidised(), "figures: designer_cost .*>= 0, got {'tuning': -1.0}"),
    (Percent(), r"figures: .*accuracies.*\[0, 1\]"),
    (Improbable(), "figures: .*chances .*sum to 1"),
    (Descending(), "figures: distribution .*ascending"),
    (Unlisted(), "figures: .*drawn .*distribution .*list"),
    (Loaded(), "figures: .*mean 0.[45].*distribution .*0.6"),
    (OneCoin(), "figures: distribution .*independently"),
    (Undrawn(), "seeds: .*draws='independent'.*nothing is drawn"),
    (Unsaid(), "figures: .*draws='independent'.*None.*'joint'"),
    (Scoreless(), "exact: .*own_score.*score, effort_for and shown"),
    (DrawnScore(), "exact: .*own_score.*draws='none'"),
    (FixedCoins(), "figures: .*distribution .*draws='independent'"),
    (Unchecked(), "parameters: share=nan is accepted"),
    (Compared(), "parameters: share='much' .*ValueError.*TypeError"),
    (Anonymous(), "parameters: .*share=nan .*name.*: bad parameters"),
    (Careless(), "parameters: ties='no-such-ties' is accepted"),
    (Swallows(), "parameters: .*no_such_parameter is accepted"),
    (Holds(), "parameters: .*pickled"),
    (Identity(), "parameters: .*equal: .*frozen"),
    (Unhashable(), "parameters: .*no hash .*frozen"),
    (Wordless(), "docstring: .*one sentence on one line"),
    (Verbose(), "docstring: .*one sentence on one line"),
    (Incomplete(), "docstring: .*card .*Used by: .*Version:"),
]


@pytest.mark.parametrize(("rule", "sentence"), BROKEN, ids=[type(rule).__name__ for rule, _ in BROKEN])
def test_what_is_broken_is_found_and_named(rule: Any, sentence: str) -> None:
    with pytest.raises(AssertionError, match=f"{type(rule).__name__}: {sentence}") as found:
        check_protocol(rule)
    assert "\n" not in str(found.value)


def test_the_command_says_ok_or_what_to_mend(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "tune-before-test+rounded", "--param", "decimals=1"]) == 0
    assert capsys.readouterr().out.startswith("ok: 11 checks\n  figures does not apply")
    assert main(["check", "test_testing:Punishing", "--game", "duel"]) == 1
    out, error = capsys.readouterr()
    assert out == ""
    assert error.startswith("Punishing: effort: more own effort lowers the score of model-0 by")
    assert error.count("\n") == 1
    for words in (["roulette"], ["direct", "--game", "chess"], ["finite-test", "--param", "items=0"]):
        assert main(["check", *words]) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_a_favourite_is_found_among_two() -> None:
    with pytest.raises(AssertionError, match=r"permutation: .*developers"):
        check_protocol(FirstComeFirstServed(), "duel")


def test_sound_rules_are_not_blamed_whatever_the_seed() -> None:
    for seed in range(1, 8):
        check_protocol(("finite-test", {"items": 5}), "pythia-gsm8k", seed)
        check_protocol(Stairs(), "pythia-gsm8k", seed)


def test_every_check_has_a_rule_that_is_broken_for_it() -> None:
    assert {sentence.partition(":")[0] for _, sentence in BROKEN} >= set(CHECKS)
