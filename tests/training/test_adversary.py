"""Play that is not the prediction and tries to be a match; and play that is, and has to be one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import benchgame_env as bg
from benchgame_env.training import judge
from benchgame_env.training.adversary import rates, search
from benchgame_env.training.adversary.agreement import KINDS, Bare, agreements
from benchgame_env.training.adversary.other_scripts import OTHER, changed, noisy, seldom_honest
from benchgame_env.training.adversary.scripts import SCRIPTS
from benchgame_env.training.adversary.verdicts import RUNS, caught_by, fooled, run_of
from benchgame_env.training.adversary.wrong_play import Case, draws
from benchgame_env.training.grading.exact_figures import certified_equilibrium

PLAYS = 10_000
BY_REGRET = "could win"
BY_DEPENDENCE = "correlation of efforts"


@pytest.fixture(scope="module")
def duel() -> Case:
    return Case.of("duel")


# --- scripts ---------------------------------------------------------------------------------------

DEPENDENT = {  # the right strategies, so that only their dependence gives them away
    "each effort a function of the rival's: 32 shuffled strips",
    "each draw played twice",
    "each draw played again two plays later",
    "2,500 draws, over and over",
    "a slow drift from low to high",
    "a sweep through all quantiles by golden steps",
    "extremes and middle efforts in turn: right in the time average",
    "a copy of the rival, two plays late",
    "a chaotic sequence (tent map), without correlation at distance one",
}


@pytest.mark.parametrize("what", SCRIPTS)
def test_scripted_plays_are_no_match(duel: Case, what: str) -> None:
    plays = SCRIPTS[what](duel, PLAYS, np.random.default_rng(1))
    verdict = judge("duel", "direct", plays=plays, prediction=duel.prediction)
    assert verdict.outcome == ("undecided" if "1,000 at 100 F" in what else "mismatch"), verdict
    assert (BY_DEPENDENCE if what in DEPENDENT else BY_REGRET) in caught_by(verdict)


@pytest.mark.parametrize("what", OTHER)
def test_scripted_seeds_and_cycles_are_no_match(what: str) -> None:
    verdict = OTHER[what]()
    assert not fooled(verdict)
    assert caught_by(verdict)


CAUGHT = {
    "right in half of the seeds": BY_REGRET,
    "right in half of the copies": BY_REGRET,
    "right in the last of 4 rounds": BY_REGRET,
    "one draw held for 4 rounds": BY_DEPENDENCE,
    "a copy of the rival, a round late": BY_DEPENDENCE,
    "the equilibrium is stated, zero is played": BY_REGRET,
    "independence is stated, and not played": BY_DEPENDENCE,
    "a cycle in the first copy only": "at a turn",
    "high in even updates, low in odd ones: right on average": BY_REGRET,
}


@pytest.mark.parametrize("what", RUNS)
def test_scripted_players_are_no_match(what: str) -> None:
    cls, settings = RUNS[what]
    verdict = run_of(cls, episodes=1_000, **settings)
    assert not fooled(verdict)
    assert CAUGHT[what] in caught_by(verdict)
    assert "mismatch" in (verdict.outcome, verdict.last_outcome)


# --- what has to be a match, and honest play that must not be --------------------------------------


def test_draws_of_the_equilibrium_are_a_match_when_they_are_enough(duel: Case) -> None:
    plays = draws(duel.equilibrium, PLAYS, np.random.default_rng(2))
    few, many = (
        judge("duel", "direct", plays=own, prediction=duel.prediction) for own in (plays[:1_000], plays)
    )
    assert (few.outcome, many.outcome) == ("undecided", "match")
    # The same a last bit off: less than a step of the grid of published scores.
    bits = judge("duel", "direct", plays=np.nextafter(plays, np.inf), prediction=duel.prediction)
    assert bits.outcome == "match"


def test_an_agent_that_draws_from_the_prediction_for_two_updates() -> None:
    assert run_of("Predicted", episodes=500).outcome != "mismatch"
    assert run_of("Predicted", episodes=PLAYS).outcome == "match"


def test_the_predicted_play_itself_is_a_match() -> None:
    assert changed(lambda path: path).outcome == "match"  # best responses in turn
    assert noisy(0.0).outcome == "match"  # an equilibrium of positive efforts under noise
    assert seldom_honest(0.0).outcome == "match"  # zero effort, where that is the equilibrium


def test_a_noisy_equilibrium_is_a_match_as_a_strategy() -> None:
    rule = ("finite-test", {"items": 100})
    prediction = bg.theory.predict("pythia-gsm8k", rule)
    verdict = judge("pythia-gsm8k", rule, strategies=prediction.equilibrium, prediction=prediction)
    assert (prediction.equilibrium > 0).any()
    assert verdict.outcome == "match", verdict.sentence


def test_honest_play_where_one_developer_gains_is_a_mismatch() -> None:
    # The mean regret over five developers is below 2.5 % of P, that of one is not.
    rule = ("tune-before-test", {"level": 1686.0})
    verdict = judge("pythia-gsm8k", rule, strategies=np.zeros(5))
    assert verdict.outcome == "mismatch"
    assert verdict.regrets is not None
    assert verdict.regrets.mean() < 0.025 < verdict.regrets.max()


def test_forty_honest_developers_of_whom_one_gains_are_a_mismatch() -> None:
    # All but the last two are 0.1 apart, and a rank is worth 0.02: who is last and 0.16 behind wins a
    # prize of 1 - 0.16 for the rank before. Mean regret over forty: 0.84 / 40 = .021 < .025.
    quality = np.append(10 + 0.1 * np.arange(39)[::-1], 10 - 0.16)
    game = bg.Game(bg.curves.Additive(quality), bg.LinearCost(1.0), np.append(np.ones(39), 0.0))
    # The mixed equilibrium of forty developers takes minutes, and decides nothing here.
    prediction = replace(bg.theory.predict(game, "direct"), regime="undecided")
    verdict = judge(game, "direct", strategies=np.zeros(40), prediction=prediction)
    assert verdict.outcome == "mismatch"
    assert verdict.regrets == pytest.approx(np.append(np.zeros(39), 0.84), abs=1e-6)


# --- error rates, search and agreement: the quick forms of the command ---------------------------------


@pytest.mark.parametrize(
    ("game", "play", "size", "sets"),
    [
        ("duel", rates.EQUILIBRIUM, 100, 50),
        ("duel", rates.EQUILIBRIUM, 10_000, 12),
        ("duel", "everybody uniform", 10_000, 12),
        ("five", rates.EQUILIBRIUM, 30, 30),
        ("five", "best model honest", 3_000, 12),
    ],
)
def test_verdicts_err_seldom(game: str, play: str, size: int, sets: int) -> None:
    found = rates.rate(game, play, size, range(sets))
    assert found.sets == sets
    assert found.fault == ""


def test_a_rate_is_at_fault_where_a_good_verdict_hardly_shows_it() -> None:
    # Above 40 wrong of 1,000; P(X >= 41) = 0.0017 for X binomial with 0.025, P(X >= 40) = 0.0029.
    assert rates.Rate("duel", rates.EQUILIBRIUM, 100, 0, 40, 960).fault == ""
    assert rates.Rate("duel", rates.EQUILIBRIUM, 100, 0, 41, 959).fault == "too often wrong"
    assert rates.Rate("duel", "everybody uniform", 100, 41, 0, 959).fault == "too often wrong"
    assert rates.Rate("five", "everybody uniform", 3_000, 0, 900, 100).fault == "too seldom right"
    assert rates.Rate("duel", "everybody uniform", 3_000, 0, 900, 100).fault == ""


def test_wrong_play_has_the_regret_that_it_is_said_to_have(duel: Case) -> None:
    for strategies in duel.blends(rates.REGRET).values():
        assert duel.regret(strategies) == pytest.approx(rates.REGRET, abs=1e-5)


def test_a_search_finds_nothing_that_is_a_match() -> None:
    plays, seeds = search.by_plays("duel", 8, PLAYS, seed=3), search.by_seeds(300, seed=3)
    assert (plays.candidates, plays.fooled) == (8, 0)
    assert seeds.matches > 0
    assert seeds.fooled == 0


def test_play_has_the_same_verdict_with_and_without_a_prediction() -> None:
    # From some 740 plays on: what was never seen weighs less than the 1 % of P of the pure regime.
    for number in range(20):
        for one in agreements(number, plays=1_000, bare=False):
            assert len(set(one.outcomes)) == 1, one


def test_play_has_the_same_verdict_under_a_rule_of_which_nothing_is_known() -> None:
    found = agreements(3, plays=3_000)
    assert [one.play for one in found] == list(KINDS)
    for one in found:
        assert len(set(one.outcomes)) == 1, one


def test_what_a_frequent_effort_makes_worth_passing_is_found_without_knowing_the_rule(
    duel: Case,
) -> None:
    # The favourite's efforts between .2 and .25 all become .2: an effort just above .7 passes 5 % more.
    (efforts, chances), weaker = duel.equilibrium
    moved = np.where((efforts > 0.2) & (efforts <= 0.25), 0.2, efforts)
    plays = draws([(moved, chances), weaker], PLAYS, np.random.default_rng(1))
    assert duel.regret([(moved, chances), weaker]) > 0.045
    verdict = judge("duel", Bare(bg.make_protocol("direct")), plays=plays)
    assert verdict.outcome == "mismatch", verdict.sentence


def test_the_scripts_know_the_predicted_strategies(duel: Case) -> None:
    assert certified_equilibrium(duel.prediction) is not None
    middle = duel.at(np.full((1, 2), 0.5))[0]
    for effort, (efforts, chances) in zip(middle, duel.equilibrium, strict=True):
        assert chances[efforts < effort].sum() < 0.5 <= chances[efforts <= effort].sum() + 1e-12
