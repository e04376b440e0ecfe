"""Laws of the protocols and of their registry; laws run over every registered protocol."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tools.cases import DIRECT, Noisy, rules, suits, tuned
from tools.generators import games, profiles, rngs, seeds
from witnesses.episodes import award_all, publish, rank_all, scores_all

import benchgame_env as bg
from benchgame_env.rules import as_protocol, is_exact, protocol_class, registry

every_rule = st.sampled_from(list(rules().values()))
exact_rules = every_rule.filter(is_exact)


# --- laws --------------------------------------------------------------------------------------


@given(games(), every_rule, seeds, st.data())
def test_boards_have_the_shape_of_the_efforts(game, rule, seed, data) -> None:
    assume(suits(rule, game))
    efforts = data.draw(profiles(game, size=6)).reshape(2, 3, -1)
    board = rule.evaluate(game, efforts, np.random.default_rng(seed))
    assert {part.shape for part in board} == {efforts.shape}


@given(games(), every_rule, seeds, st.data())
def test_every_protocol_pays_out_the_pot(game, rule, seed, data) -> None:
    assume(suits(rule, game))
    board = rule.evaluate(game, data.draw(profiles(game, size=4)), np.random.default_rng(seed))
    np.testing.assert_allclose(board.prizes.sum(axis=-1), game.prizes.sum(), rtol=0, atol=1e-12)


@given(games(), exact_rules, st.data())
def test_boards_against_the_slow_reference(game, rule, data) -> None:
    efforts = data.draw(profiles(game))[0]
    board = rule.evaluate(game, efforts)
    scores = [publish(score) for score in scores_all(game, rule, efforts.tolist())]
    assert board.scores.tolist() == scores
    assert board.ranks.tolist() == rank_all(scores, rule.ties)
    awards = award_all(scores, game.prizes.tolist(), rule.ties)
    assert board.prizes.tolist() == pytest.approx(awards, abs=1e-12)


@given(games(), exact_rules, st.data())
def test_own_effort_never_lowers_the_own_score_and_leaves_the_others_alone(game, rule, data) -> None:
    less, more = np.sort(data.draw(profiles(game, size=2)), axis=0)
    for i in range(game.n_developers):
        raised = np.where(np.arange(game.n_developers) == i, more, less)
        before, after = rule.score(game, less), rule.score(game, raised)
        assert after[i] >= before[i] - 1e-15  # one rounding of a number below 2
        np.testing.assert_array_equal(np.delete(after, i), np.delete(before, i))


@given(games(), exact_rules, rngs)
def test_inverse_names_the_least_effort(game, rule, rng) -> None:
    aims = rng.uniform(-0.1, 1.1, (10, game.n_developers))
    least = rule.effort_for(game, aims)
    within = np.isfinite(least)
    reached = rule.score(game, np.where(within, least, 0.0))
    assert (least >= 0).all()
    # Near a score of 1, 1e-16 of score is 1e-11 of effort or more; of scores only rounding is lost.
    # Rules that round look for published scores: half a step of the grid, which takes 2^-24 of score at
    # slopes above 1e-3 here.
    step = 1e-6 if rule.traits.strict else 1e-3
    assert (reached >= aims - (1e-12 if rule.traits.strict else 2**-24))[within].all()
    short = rule.score(game, np.where(within, np.maximum(least - step, 0.0), 10.0))
    assert (short <= aims)[least > step].all()


@given(games(), exact_rules.map(lambda rule: rule.ties), st.data())
def test_tuning_at_level_0_is_direct_evaluation(game, ties, data) -> None:
    efforts = data.draw(profiles(game, size=5))
    shown = tuned(0, ties).evaluate(game, efforts)
    direct = bg.make_protocol("direct", ties=ties).evaluate(game, efforts)
    for one, other in zip(shown, direct, strict=True):
        np.testing.assert_array_equal(one, other)


@given(games(), st.floats(0, 3), st.floats(0, 3))
def test_the_designers_effort_counts_as_the_developers_own(game, level, effort) -> None:
    efforts = np.full(game.n_developers, effort)
    shown = tuned(level).score(game, efforts)
    np.testing.assert_array_equal(shown, DIRECT.score(game, level + efforts))


def test_tuning_changes_nothing_on_additive_curves() -> None:
    # Section 4: Delta cancels out of every comparison, v_i > v_j iff theta_i + e_i > theta_j + e_j.
    game = bg.load_game("five")
    efforts = np.random.default_rng(0).uniform(0, 1, (50, 5))
    direct = DIRECT.evaluate(game, efforts)
    shown = tuned(2.5).evaluate(game, efforts)
    np.testing.assert_array_equal(direct.ranks, shown.ranks)


def test_published_parameters_are_the_numbers_only() -> None:
    assert DIRECT.published == {}
    assert tuned(300).published == {"level": 300.0}


def test_noise_comes_from_the_stream_that_is_handed_in() -> None:
    game = bg.load_game("five")
    scores = [Noisy().evaluate(game, np.zeros(5), np.random.default_rng(s)).scores for s in (1, 1, 2)]
    np.testing.assert_array_equal(scores[0], scores[1])
    assert (scores[0] != scores[2]).all()


CARD = ("Formula:", "Parameters:", "Publishes:", "Costs the designer:", "Deterministic:", "State:")
CARD += ("Ties:", "Used by:", "Rewards:", "Version:")


# --- parameters --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", bg.protocols())
def test_examples_make_a_protocol_with_a_card(name) -> None:
    rule = bg.make_protocol(name, **protocol_class(name).example)
    assert rule.name == name
    lines = [line.strip() for line in type(rule).__doc__.splitlines()]
    headings = [heading for line in lines for heading in CARD if line.startswith(heading)]
    assert headings == list(CARD)


@pytest.mark.parametrize("name", bg.protocols())
def test_protocols_with_equal_parameters_are_equal(name) -> None:
    example = protocol_class(name).example
    assert bg.make_protocol(name, **example) == bg.make_protocol(name, **example)


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("tune-before-test", {"level": -1}, "level: .*>= 0, got -1"),
        ("tune-before-test", {"level": math.nan}, "level: .*got nan"),
        ("tune-before-test", {"level": math.inf}, "level: .*got inf"),
        ("tune-before-test", {"level": "much"}, "level: .*got 'much'"),
        (
            "tune-before-test",
            {"level": 1, "ties": "coin"},
            "ties: .*'coin'.* quality, split",
        ),
        ("direct", {"ties": "coin"}, "ties: .*'coin'.* quality, split"),
        ("tune-before-test", {}, r"level, ties; got {} .*'level'"),
        ("direct", {"level": 3}, "'direct' .*ties; got {'level': 3}"),
        ("roulette", {}, "protocol: .*'roulette'.* direct.*tune-before-test"),
    ],
)
def test_refused(name, parameters, message) -> None:
    with pytest.raises(ValueError, match=message):
        bg.make_protocol(name, **parameters)


# --- registry ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class HalfCredit(bg.DeterministicProtocol):
    """A rule that a user may write: half credit for own effort."""

    def score(self, game, efforts):
        return game.curves.score(np.asarray(efforts) / 2)

    def effort_for(self, game, scores):
        return 2 * game.curves.effort_for(scores)


def test_names_are_sorted() -> None:
    assert list(bg.protocols()) == sorted(bg.protocols())
    assert {"direct", "tune-before-test"} <= set(bg.protocols())


@pytest.mark.usefixtures("fresh_registry")
def test_a_registered_protocol_is_known_everywhere() -> None:
    bg.register_protocol("half-credit")(HalfCredit)
    assert "half-credit" in bg.protocols()
    assert bg.make_protocol("half-credit") == HalfCredit()
    # Overtaking takes 0.5 of index (theta = 1 against 0.5), so twice that effort at half credit.
    assert bg.theory.required_effort(bg.load_game("duel"), "half-credit")[1, 0] == pytest.approx(1.0)


@pytest.mark.usefixtures("fresh_registry")
def test_a_name_is_given_once() -> None:
    with pytest.raises(ValueError, match=r"protocol 'direct' .*direct\.Direct"):
        bg.register_protocol("direct")(HalfCredit)
    assert protocol_class("direct").__name__ == "Direct"


@pytest.mark.usefixtures("fresh_registry")
def test_the_same_class_again_is_a_reload() -> None:
    again = protocol_class("direct")
    assert bg.register_protocol("direct")(again) is again


@pytest.mark.usefixtures("fresh_registry")
def test_a_protocol_without_evaluate_is_refused() -> None:
    class Silent:
        pass

    with pytest.raises(ValueError, match=r"protocol 'silent': .*Silent .*evaluate"):
        bg.register_protocol("silent")(Silent)
    assert "silent" not in bg.protocols()


@pytest.mark.usefixtures("fresh_registry")
def test_installed_packages_add_protocols_by_entry_point(monkeypatch) -> None:
    class Point:
        name = "from-a-package"

        def load(self) -> type:
            return HalfCredit

    monkeypatch.setattr(registry, "entry_points", lambda group: [Point()])
    assert "from-a-package" in bg.protocols()
    assert isinstance(bg.make_protocol("from-a-package"), HalfCredit)


def test_a_protocol_may_be_named_described_or_handed_in() -> None:
    rule = tuned(3)
    assert as_protocol("direct") == DIRECT
    assert as_protocol(("tune-before-test", {"level": 3})) == rule
    assert as_protocol(rule) is rule


def test_a_pair_may_be_a_list_as_json_and_yaml_give_it_wherever_a_protocol_is_taken() -> None:
    pair = json.loads('["tune-before-test", {"level": 3}]')
    layered = json.loads('["rounded", {"decimals": 2, "base": ["tune-before-test", {"level": 3}]}]')
    assert as_protocol(pair) == tuned(3)
    assert as_protocol(layered).base == tuned(3)
    assert bg.vector_env("duel", pair, 1).protocol == bg.parallel_env("duel", pair).protocol == tuned(3)
    game = bg.load_game("duel")
    assert bg.theory.temptation(game, pair) == bg.theory.temptation(game, tuned(3))
    assert bg.theory.predict(game, pair).regime == bg.theory.predict(game, tuned(3)).regime
    assert bg.metrics.nash_conv(game, pair, [0.0, 0.0]) == bg.metrics.nash_conv(
        game, tuned(3), [0.0, 0.0]
    )


@pytest.mark.parametrize(
    "spec", [None, 3, ("direct",), ["direct"], ["tune-before-test", 3], ("direct", {}, 1), object()]
)
def test_other_descriptions_are_refused(spec) -> None:
    with pytest.raises(ValueError, match=r"protocol: .*name, \(name, parameters\)"):
        as_protocol(spec)
