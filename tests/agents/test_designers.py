"""Designers on problems with known answers, the trap for local search, and the single-agent view."""

from __future__ import annotations

import math
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from tools.checks import same

import benchgame_env as bg
from benchgame_env.agents import DESIGNERS, DesignerEnv, make_designer
from benchgame_env.agents.designers.base import Designer, Means
from benchgame_env.agents.designers.play import announce, predicted_losses, regrets
from benchgame_env.theory.dynamics import with_memory

# The law duel (theory section 13.1): rho = e^.5, E = 2, w_tau = w_burnt = 1.
RHO, E = math.exp(0.5), 2.0
STABLE = E / (RHO - 1) - 1
X_0 = (RHO - 1) / E
leaving_price = (2 * X_0 + 1) * X_0 / (2 * RHO)  # the price above which the loss rises at level 0: .1622
worth_price = (1 - X_0**2 + 1 - X_0) / (2 * RHO * STABLE)  # below, the stable level is best: .2286
LEARNERS = ("local-search", "policy-gradient", "ucb")


def closed_form(level: float, price: float) -> float:
    """The loss of section 13.1: twice P(weaker on top), the burnt share, the price of two models."""
    x = min(X_0 * (1 + level), 1.0)
    return (1 - x * x) / RHO + (1 - x) / RHO + 2 * price * level


def meet(designer: Designer, losses: Any, announcements: int, noise: float = 0.0) -> list[int]:
    """What a designer announces where each setting has a mean loss."""
    rng, chosen = np.random.default_rng(0), []
    for _ in range(announcements):
        chosen.append(designer.announce(rng))
        designer.learn(chosen[-1], losses[chosen[-1]] + noise * rng.standard_normal())
    return chosen


# Known answers


@pytest.mark.parametrize("name", LEARNERS)
def test_a_learner_finds_the_obvious_answer(name: str) -> None:
    chosen = meet(make_designer(name, 4), [0.9, 0.5, 0.1, 0.7], 400, noise=0.1)
    assert chosen[300:].count(2) >= 90


def test_those_who_do_not_learn() -> None:
    losses = [0.9, 0.5, 0.1, 0.7]
    assert set(meet(make_designer("fixed", 4, setting=3), losses, 20)) == {3}
    counts = np.bincount(meet(make_designer("uniform", 4), losses, 4000))
    # Of a binomial with mean 1,000 and standard deviation 27: five of these.
    assert np.abs(counts - 1000).max() < 140


def test_local_search_stops_at_the_first_local_optimum() -> None:
    losses = [0.5, 0.4, 0.3, 0.6, 0.0]
    search = make_designer("local-search", 5, tries=2)
    # 0 and 1 twice each, then at 1: its new neighbour 2; then 3; then it stays at 2.
    assert meet(search, losses, 12) == [0, 1, 0, 1, 2, 2, 3, 3, 2, 2, 2, 2]
    assert set(meet(make_designer("local-search", 5, start=4, tries=2), losses, 12)[4:]) == {4}


def test_local_search_does_not_move_by_chance() -> None:
    # Equal losses with noise: a neighbour that looks better by less than five standard errors.
    chosen = meet(make_designer("local-search", 3, margin=5.0), [1.0, 1.0, 1.0], 100, noise=0.3)
    assert set(chosen[40:]) == {0}


def test_the_widths_of_ucb() -> None:
    # After each once it takes the lower mean, until the bonus of the other outweighs that.
    chosen = meet(make_designer("ucb", 2, width=1.0), [0.0, 1.0], 12)
    counts, expected = [0, 0], []
    for t in range(12):
        bounds = [
            (0.0, 1.0)[k] - math.sqrt(2 * math.log(max(t, 1)) / max(counts[k], 1e-9)) for k in (0, 1)
        ]
        expected.append(t if t < 2 else bounds.index(min(bounds)))
        counts[expected[-1]] += 1
    assert chosen == expected
    assert set(chosen[2:]) == {0, 1}


def test_policy_gradient_follows_its_formula() -> None:
    designer = make_designer("policy-gradient", 2, rate=0.5)
    designer.learn(0, 1.0)  # the first loss is the mean
    designer.learn(1, 3.0)  # mean 2: h <- h - .5 (3 - 2) ((0, 1) - (.5, .5))
    assert designer.preferences == pytest.approx([0.25, -0.25])
    assert designer.chances() == pytest.approx(np.array([math.exp(0.5), 1]) / (1 + math.exp(0.5)))


def test_means_and_their_variances() -> None:
    values, known = np.random.default_rng(0).normal(size=7), Means(2)
    for value in values:
        known.add(1, value)
    assert known.means.tolist() == pytest.approx([0.0, values.mean()])
    assert known.variances().tolist() == pytest.approx([np.inf, values.var(ddof=1) / 7])


@pytest.mark.parametrize("name", DESIGNERS)
def test_the_same_seed_announces_the_same(name: str) -> None:
    played = [
        announce(boards(), make_designer(name, 10), 30, np.random.default_rng(seed), seed)
        for seed in (0, 0, 1)
    ]
    assert same(played[0], played[1])
    assert not same(played[0][1], played[2][1])


@pytest.mark.parametrize(
    ("name", "parameters", "words"),
    [
        ("nobody", {}, "fixed, local-search, policy-gradient, ucb, uniform"),
        ("fixed", {"setting": 10}, "setting"),
        ("fixed", {"width": 1.0}, "takes setting"),
        ("uniform", {"width": 1.0}, "takes no parameters"),
        ("ucb", {"width": 0.0}, "width"),
        ("local-search", {"tries": 1}, "tries"),
        ("policy-gradient", {"rate": -1.0}, "rate"),
    ],
)
def test_unsuitable_designers_are_refused(name: str, parameters: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make_designer(name, 10, **parameters)


# The duel of theory section 13.1


def duel(**settings: Any) -> DesignerEnv:
    return DesignerEnv("law-duel", **({"price": 0.2, "announcements": 10_000} | settings))


def boards(**settings: Any) -> DesignerEnv:
    """64 boards of predicted play after each announcement."""
    return duel(**({"developers": "predicted", "revise_every": 64} | settings))


def test_the_predicted_losses_are_those_of_the_closed_form() -> None:
    expected = [closed_form(level, 0.2) for level in np.linspace(0, STABLE, 10)]
    assert predicted_losses(duel()) == pytest.approx(expected, abs=1e-6)
    assert predicted_losses(duel())[0] - min(expected) == pytest.approx(0.1193, abs=5e-5)


def test_a_setting_without_predicted_play_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(with_memory, "ROUNDS", 20)
    env = DesignerEnv("duel", ["direct", ("refreshed", {"rate": 0.5})])
    with pytest.raises(ValueError, match=r"Refreshed\(.*rate=0.5.*come to no end"):
        predicted_losses(env)


def test_expected_play_brings_the_predicted_loss() -> None:
    env = duel(developers="expected", announcements=3)
    env.reset(seed=0)
    # The strategies stand for each of 2,000 cells of scores by its upper end.
    seen = [-env.step(setting)[1] for setting in (0, 5, 9)]
    assert seen == pytest.approx(predicted_losses(env)[[0, 5, 9]], abs=2e-3)


def test_boards_of_predicted_play_have_the_predicted_mean() -> None:
    env = boards(revise_every=200, copies=20)
    env.reset(seed=0)
    for setting in (0, 4):
        # 4,000 boards: 1 - tau is 0 or 2, burnt at most 2: five standard errors are .12.
        assert -env.step(setting)[1] == pytest.approx(closed_form(STABLE * setting / 9, 0.2), abs=0.12)


@pytest.mark.parametrize("developers", ["expected", "predicted"])
@pytest.mark.parametrize("price", [0.18, 0.2, 0.22])
def test_local_search_is_trapped_at_0_where_the_stable_level_is_best(
    price: float, developers: str
) -> None:
    assert (leaving_price, worth_price) == pytest.approx((0.1622, 0.2286), abs=5e-5)
    env = duel(price=price, developers=developers, revise_every=64)
    predicted = predicted_losses(env)
    assert leaving_price < price < worth_price
    assert predicted.argmin() == 9
    chosen, _ = announce(env, make_designer("local-search", 10), 100, np.random.default_rng(0), 0)
    assert set(chosen[40:]) == {0}


def test_local_search_leaves_0_at_a_lower_price() -> None:
    # The first of ten levels is .23 away: concave, so below .1695 and not only below .1622.
    env = duel(price=0.15, developers="expected")
    chosen, _ = announce(
        env, make_designer("local-search", 10, tries=2), 60, np.random.default_rng(0), 0
    )
    assert chosen[-1] == predicted_losses(env).argmin() == 9


def test_regrets_per_announcement() -> None:
    predicted, rng = predicted_losses(boards()), np.random.default_rng(0)
    mean = {
        name: np.mean(regrets(predicted, announce(boards(), make_designer(name, 10), 1000, rng, 0)[0]))
        for name in DESIGNERS
    }
    assert mean["fixed"] == pytest.approx(0.1193, abs=5e-5)
    # 20 announcements of the neighbour, which is .0141 worse.
    assert mean["local-search"] == pytest.approx(0.1193 + 0.02 * 0.0141, abs=5e-5)
    # Of ten settings with a standard deviation of .044: five standard errors.
    assert mean["uniform"] == pytest.approx((predicted - predicted.min()).mean(), abs=0.007)
    assert max(mean["ucb"], mean["policy-gradient"]) < mean["uniform"] / 2


# The single-agent view


def test_gymnasium_and_stable_baselines3_accept_it() -> None:
    made = gymnasium.make("benchgame/designer-v0", announcements=3, revise_every=2)
    check_env(made.unwrapped, skip_render_check=True)
    checker = pytest.importorskip("stable_baselines3.common.env_checker")
    checker.check_env(DesignerEnv(announcements=3, revise_every=2))


def test_it_shows_the_setting_and_the_share_to_come() -> None:
    env = duel(levels=3, announcements=2, revise_every=1)
    assert env.reset(seed=0)[0].tolist() == [0, 0, 0, 1]
    seen, _, terminated, truncated, told = env.step(np.int64(2))
    assert seen.tolist() == [0, 0, 1, 0.5]
    assert (terminated, truncated) == (False, False)
    assert tuple(told) == ("loss", "tau", "burnt", "best_on_top")
    seen, *_, truncated, _ = env.step(0)
    assert (seen.tolist(), truncated) == ([1, 0, 0, 0], True)
    with pytest.raises(RuntimeError, match="call reset"):
        env.step(0)
    with pytest.raises(RuntimeError, match="call reset"):
        duel().step(0)


BAD_ACTIONS = [10, -1, 0.5, math.nan, "0", [1, 5], [], None]


@pytest.mark.parametrize("action", BAD_ACTIONS, ids=str)
def test_an_action_that_is_no_setting_is_an_error_and_nothing_is_played(action: Any) -> None:
    env, control = duel(revise_every=2), duel(revise_every=2)
    env.reset(seed=0), control.reset(seed=0)
    with pytest.raises(ValueError, match=r"^action: expected"):
        env.step(action)
    assert same(env.step(np.array([3.0])), control.step(3))


@pytest.mark.parametrize("developers", ["expected", "predicted", "honest"])
@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"memory": "all"}, "memory: unknown 'all'; known: last, setting, none"),
        ({"options": {"constant": {"share": 0.5}}}, "options: given for constant"),
    ],
)
def test_what_nobody_takes_is_refused(developers: str, settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        duel(developers=developers, **settings)


def test_it_is_the_whole_game_as_the_designer_sees_it() -> None:
    kind = {"levels": 4, "price": 0.2, "announcements": 3, "revise_every": 5}
    view = duel(**kind, developers="honest,constant", options={"constant": {"share": 0.625}})
    whole = bg.stackelberg_env("law-duel", **kind)
    view.reset(seed=0), whole.reset(seed=0)
    losses = []
    for setting in (3, 0, 1):
        actions = {"designer": setting, "developer_0": -1.0, "developer_1": 2 * 0.625 - 1}
        rewards = [whole.step(actions)[1]["designer"] for _ in range(6)]
        losses.append(-view.step(setting)[1])
        assert losses[-1] == pytest.approx(-np.mean(rewards[1:]))
    # 1.25 of the second overtakes where (rho - 1)(1 + level) is less, up to a level of .93.
    burnt = 1.25 / 2
    expected = [burnt + 0.4 * STABLE, burnt + 2, burnt + 2 + 0.4 * STABLE / 3]
    assert losses == pytest.approx(expected)


@pytest.mark.parametrize("memory", ["last", "setting", "none"])
def test_episodes_are_the_same_bit_for_bit_and_other_seeds_differ(memory: Any) -> None:
    env = duel(memory=memory, announcements=4, revise_every=3)
    episodes = []
    for seed in (0, 0, 1):
        env.reset(seed=seed)
        episodes.append([env.step(setting)[1] for setting in (0, 9, 0, 9)])
    assert episodes[0] == episodes[1] != episodes[2]
