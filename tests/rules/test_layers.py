"""Every layer over every kind of base: what is made plays, is predicted and promises no more than it."""

from __future__ import annotations

import copy
import pickle
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from tools.cases import Bare, NormalIndex, tuned
from tools.cases import Noisy as DrawnJointly

import benchgame_env as bg
from benchgame_env.rules import as_protocol, example_parameters, is_exact, parameter_names
from benchgame_env.subgame import Subgame
from benchgame_env.testing import check_protocol

LAYERS = [name for name in bg.protocols() if "base" in parameter_names(name)]


class BareDice:
    """A class with evaluate alone that draws its boards."""

    def evaluate(self, game, efforts, rng=None):
        scores = game.curves.score(np.asarray(efforts))
        return game.board(np.clip(rng.normal(scores, 0.1), 0.0, 1.0))


@dataclass(frozen=True)
class Silent(bg.Protocol):
    """A protocol that promises nothing."""

    def evaluate(self, game, efforts, rng=None):
        return game.board(game.curves.score(np.asarray(efforts)))


@dataclass(frozen=True)
class Leveller(Silent):
    """A protocol whose board is fixed, though it is no function of own effort alone."""

    traits = bg.Traits(draws="none", remembers=False, ranks_by_score=True)

    def evaluate(self, game, efforts, rng=None):
        scores = game.curves.score(np.asarray(efforts))
        return game.board((scores + scores.mean(axis=-1, keepdims=True)) / 2)


@dataclass(frozen=True)
class OwnRanks(Silent):
    """A protocol whose ranks do not follow from its scores."""

    traits = bg.Traits(draws="none", remembers=False, ranks_by_score=False)


BASES: dict[str, Any] = {
    "bare": Bare(),
    "bare-dice": BareDice(),
    "silent": Silent(),
    "leveller": Leveller(),
    "own-ranks": OwnRanks(),
    "deterministic": tuned(0.25),
    "few-scores": bg.make_protocol("rounded", decimals=1),
    "drawn-jointly": DrawnJointly(),
    "drawn-independently": bg.make_protocol("finite-test", items=20),
    "remembers": bg.make_protocol("ladder", step=0.05),
    "draws-and-remembers": bg.make_protocol("finite-test+ladder", items=20, step=0.05),
}
MAY_DRAW = {"bare", "bare-dice", "silent", "drawn-jointly", "drawn-independently", "draws-and-remembers"}
MAY_REMEMBER = {"remembers", "draws-and-remembers"}
TESTS = {"finite-test", "shared-test", "confidence-ranks"}


def is_refused(layer: str, base: str) -> bool:
    """What each layer's card asks of its base."""
    if base == "own-ranks":
        return True
    if layer in TESTS:  # a fixed score for each effort
        return base in MAY_DRAW
    if layer == "best-of":  # tests that may come out differently, of one model
        return base not in MAY_DRAW or base in MAY_REMEMBER
    return False


def over(layer: str, base: str) -> Any:
    return bg.make_protocol(layer, **(example_parameters(layer) | {"base": BASES[base]}))


PAIRS = [(layer, base) for layer in LAYERS for base in BASES]
MADE = [pair for pair in PAIRS if not is_refused(*pair)]


@pytest.mark.parametrize(("layer", "base"), [pair for pair in PAIRS if is_refused(*pair)])
def test_what_does_not_go_over_a_base_says_so_and_names_it(layer, base) -> None:
    with pytest.raises(ValueError) as found:
        over(layer, base)
    assert repr(as_protocol(BASES[base])) in str(found.value)
    assert "\n" not in str(found.value)


@pytest.mark.parametrize(("layer", "base"), MADE)
def test_what_goes_over_a_base_plays_whole_episodes(layer, base) -> None:
    vec = bg.vector_env("three", over(layer, base), num_envs=4, horizon=3)
    _, infos = vec.reset(seed=0)
    for _ in range(4):
        assert infos["prize"].sum(axis=1) == pytest.approx([vec.game.prizes.sum()] * 4)
        *_, infos = vec.step(np.random.default_rng(1).uniform(-1, 1, (4, 3)))


@pytest.mark.parametrize(("layer", "base"), MADE)
def test_a_layer_promises_no_more_than_its_base(layer, base) -> None:
    below, traits = as_protocol(BASES[base]).traits, over(layer, base).traits
    draws = ["joint", "independent", "none"]  # from the least to the most that is promised
    assert draws.index(traits.draws) <= draws.index(below.draws)
    assert traits.remembers >= below.remembers
    for promise in ("own_score", "strict", "ranks_by_score", "rewards_effort", "accuracies"):
        assert bool(getattr(traits, promise)) <= bool(getattr(below, promise))
    assert traits.ranks_by_score in (False, below.ranks_by_score)


@pytest.mark.parametrize(("layer", "base"), MADE)
def test_what_goes_over_a_base_is_predicted_or_undecided(layer, base) -> None:
    rule = over(layer, base)
    kind = Subgame("duel", rule).kind
    found = bg.theory.predict("duel", rule)
    assert sorted(found.ranking) == [0, 1]
    if kind == "opaque":
        assert (found.regime, found.equilibrium, found.mixed, found.cycle) == ("undecided",) + (
            None,
        ) * 3
    assert np.isnan(found.temptation) == (kind != "exact")
    distribution = rule.distribution(found.game, np.zeros(2))
    assert (distribution is not None) == (kind == "independent")
    assert isinstance(rule.designer_cost(found.game), dict)
    outcome = bg.metrics.outcomes(found.game, rule, np.zeros(2), np.random.default_rng(0), samples=50)
    assert outcome.exact == (kind in ("exact", "independent"))


@pytest.mark.parametrize(("layer", "base"), MADE)
def test_what_goes_over_a_base_passes_the_kit(layer, base) -> None:
    check_protocol(over(layer, base), "pythia-gsm8k")


@pytest.mark.parametrize(
    ("base", "kind"),
    [
        ("bare", "opaque"),
        ("silent", "opaque"),
        ("leveller", "opaque"),
        ("deterministic", "exact"),
        ("few-scores", "exact"),
        ("drawn-jointly", "opaque"),
        ("drawn-independently", "independent"),
        ("remembers", "stateful"),
        ("draws-and-remembers", "stateful"),
    ],
)
@pytest.mark.parametrize("layer", ["rounded", "capped"])
def test_a_plain_layer_is_of_its_bases_kind(layer, base, kind) -> None:
    assert Subgame("duel", BASES[base]).kind == kind
    assert Subgame("duel", over(layer, base)).kind == kind
    assert is_exact(over(layer, base)) == (kind == "exact")


def test_private_tests_of_a_rule_are_independent_where_its_draws_are() -> None:
    assert Subgame("duel", over("best-of", "drawn-independently")).kind == "independent"
    assert Subgame("duel", over("best-of", "bare-dice")).kind == "opaque"
    assert Subgame("duel", over("finite-test", "deterministic")).kind == "independent"
    assert Subgame("duel", over("finite-test", "leveller")).kind == "opaque"


def test_equal_scores_of_a_coarse_board_are_listed_once() -> None:
    # 20 items to one decimal: 0, 0.1, ..., 1. Half to even: 0.05 shows 0.0 and 0.15 shows 0.2.
    game = bg.load_game("duel")
    base = BASES["drawn-independently"]
    rule = bg.make_protocol("rounded", base=base, decimals=1)
    shown, chances = rule.distribution(game, np.zeros(2))
    assert shown == pytest.approx(np.arange(11) / 10)
    before = base.distribution(game, np.zeros(2))[1]
    assert chances[:, 0] == pytest.approx(before[:, 0] + before[:, 1])
    assert chances.sum(axis=-1) == pytest.approx([1.0, 1.0])


# --- the door ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """A class that is no protocol, with more than evaluate."""

    k: int = 2

    traits = bg.Traits(draws="none", remembers=False, own_score=True, ranks_by_score=True)
    published = {"k": 2.0}  # noqa: RUF012
    ties = "split"

    def evaluate(self, game, efforts, rng=None):
        return game.board(game.curves.score(np.asarray(efforts)) * 0 + self.k, self.ties)

    def designer_cost(self, game):
        return {"items": 1.0}


class Counts:
    """A class that is no protocol and remembers."""

    def start(self, game, shape):
        return 0

    def play(self, game, efforts, state=None, rng=None, revised=None):
        return game.board(game.curves.score(np.asarray(efforts)) + state), state + 1

    def evaluate(self, game, efforts, rng=None):
        return self.play(game, efforts, 0)[0]


def test_behind_the_door_a_bare_class_is_a_whole_protocol() -> None:
    game, rule = bg.load_game("duel"), as_protocol(Bare())
    assert isinstance(rule, bg.Protocol)
    assert (repr(rule), rule.name, rule.ties) == ("Bare()", "Bare", "quality")
    assert rule.traits == bg.Traits(remembers=False)
    assert (rule.published, rule.designer_cost(game)) == ({}, {})
    assert rule.start(game, (2,)) is None
    assert rule.distribution(game, np.zeros(2)) is None
    assert isinstance(rule.play(game, np.zeros(2))[0], bg.Board)
    assert as_protocol(rule) is rule
    assert rule == as_protocol(Bare()) != as_protocol(BareDice())
    assert repr(bg.parallel_env("duel", Bare()).protocol) == "Bare()"


def test_what_a_bare_class_says_of_itself_counts_but_for_being_exact() -> None:
    game, rule = bg.load_game("duel"), as_protocol(Told())
    assert rule.traits == replace(Told.traits, own_score=False)
    assert (rule.published, rule.ties) == ({"k": 2.0}, "split")
    assert rule.designer_cost(game) == {"items": 1.0}
    assert repr(rule) == "Told(k=2)"
    assert rule == as_protocol(Told()) != as_protocol(Told(3))
    assert hash(rule) == hash(as_protocol(Told()))
    for same in (pickle.loads(pickle.dumps(rule)), copy.deepcopy(rule)):
        assert same == rule
        assert same.ties == "split"


def test_a_bare_class_may_remember() -> None:
    game, rule = bg.load_game("duel"), as_protocol(Counts())
    assert rule.traits.remembers
    assert Subgame(game, rule).kind == "stateful"
    vec = bg.vector_env(game, Counts(), num_envs=1, horizon=2)
    vec.reset(seed=0)
    *_, infos = vec.step(np.full((1, 2), -1.0))
    # Zero effort on the second board: the honest score 1 - exp(-1) and one board that came before.
    assert infos["score"][0, 0] == pytest.approx(2 - np.exp(-1.0), abs=1e-6)


@pytest.mark.usefixtures("fresh_registry")
def test_a_registered_class_with_evaluate_alone_goes_under_layers() -> None:
    bg.register_protocol("mine")(type("Mine", (Bare,), {}))
    rule = bg.make_protocol("mine+rounded", decimals=1)
    assert repr(rule) == "Rounded(base=Mine(), ties='split', decimals=1)"
    assert bg.theory.predict("duel", rule).regime == "undecided"
    bg.parallel_env("duel", rule).reset(seed=0)


def test_a_class_is_no_protocol() -> None:
    with pytest.raises(ValueError, match=r"protocol: .*Bare"):
        as_protocol(Bare)


def test_draws_are_one_of_three() -> None:
    with pytest.raises(ValueError, match=r"draws: .*'often'"):
        bg.Traits(draws="often")


def test_a_bare_class_is_held_to_what_it_says() -> None:
    assert "draws='none'" in check_protocol(Bare(), "duel")["seeds"]

    class Boastful(Bare):
        __doc__ = Bare.__doc__
        traits = bg.Traits(draws="independent", remembers=False)

    with pytest.raises(AssertionError, match=r"Boastful: seeds: .*draws='independent'"):
        check_protocol(Boastful(), "duel")


def test_a_declared_distribution_is_one_of_the_kind() -> None:
    assert Subgame("duel", NormalIndex()).kind == "independent"


# --- layers that change nothing -----------------------------------------------------------------

NOTHING = [
    (("refreshed", {"rate": 1.0}), "direct"),
    (("tune-before-test+refreshed", {"level": 1.0, "rate": 1.0}), ("tune-before-test", {"level": 1.0})),
    (("rounded", {"decimals": 7}), ("direct", {"ties": "split"})),
    (("rounded", {"decimals": 15, "ties": "quality"}), "direct"),
    (("finite-test+best-of", {"items": 20, "k": 1}), ("finite-test", {"items": 20})),
    (("finite-test+refreshed", {"items": 20, "rate": 1.0}), ("finite-test", {"items": 20})),
    (("confidence-ranks", {"items": 20, "z": 0.0}), ("finite-test", {"items": 20, "ties": "split"})),
]


@pytest.mark.parametrize(("rule", "same"), NOTHING, ids=lambda rule: str(rule).replace(" ", ""))
def test_a_layer_that_changes_nothing_promises_what_its_base_does(rule, same) -> None:
    game = bg.load_game("duel")
    rule, same = as_protocol(rule), as_protocol(same)
    assert rule.traits == same.traits
    efforts = np.random.default_rng(0).random((200, 2))
    efforts[::5, 0] = efforts[::5, 1] - 0.5  # ties: additive curves, theta 1 and 0.5
    efforts = np.maximum(efforts, 0.0)
    one, other = (r.evaluate(game, efforts, np.random.default_rng(1)) for r in (rule, same))
    for part in ("scores", "ranks", "prizes"):
        np.testing.assert_array_equal(getattr(one, part), getattr(other, part))
    if same.traits.draws == "independent":
        for mine, theirs in zip(
            rule.distribution(game, efforts), same.distribution(game, efforts), strict=True
        ):
            np.testing.assert_array_equal(mine, theirs)
    check_protocol(rule, game)


def test_six_decimals_are_coarser_than_the_published_grid() -> None:
    # 10^-6 is eight steps of 2^-23, 10^-7 less than one: only the first hides a difference.
    scores = np.array([0.5, 0.5 + 2.0**-23])
    assert len(set(bg.make_protocol("rounded", decimals=6).show(scores))) == 1
    assert len(set(bg.make_protocol("rounded", decimals=7).show(scores))) == 2
