"""Magnetic mirror descent: its steps are those of the formula, it settles where the answer is known, and
it goes on bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tools.players import rng

from benchgame_env import VectorEnv
from benchgame_env.agents import Seat, line_up, play
from benchgame_env.agents.learned.mmd import MMD
from benchgame_env.agents.learned.perceptrons import STEPS, Perceptrons
from benchgame_env.agents.learned.ranges import POINTS, Ranges
from benchgame_env.training import judge


def made(vec: VectorEnv, **settings: Any) -> MMD:
    [mmd] = line_up("mmd", vec, {"mmd": settings} if settings else None)
    assert isinstance(mmd, MMD)
    return mmd


def trained(vec: VectorEnv, rounds: int, **settings: Any) -> MMD:
    mmd = made(vec, **settings)
    play(vec, [mmd], rounds, rng(0), seed=0)
    return mmd


def seats(vec: VectorEnv) -> list[Seat]:
    return [Seat.of(vec, i) for i in range(vec.n_developers)]


def test_a_network_halves_the_distance_to_its_target_with_every_step() -> None:
    # On one row, the output layer alone moves the outputs by exactly its share of the distance, 1/2. The
    # hidden layers move them by at most 1/4 of it each, so that nothing goes too far.
    nets = Perceptrons(seats(VectorEnv("duel", "direct", 1)), 0, (6, 16, 16, 5))
    seen = rng(1).normal(size=(2, 1, 6)).astype(np.float32)
    targets = rng(2).normal(size=(2, 1, 5))
    for _ in range(10):
        before = targets - nets.outputs(seen)
        nets.lead(seen, targets, np.ones((2, 1)))
        after = targets - nets.outputs(seen)
        assert (
            np.linalg.norm(after, axis=2) <= 0.5**STEPS * np.linalg.norm(before, axis=2) + 1e-6
        ).all()  # in float32
        assert ((before * after).sum(axis=2) >= -1e-6).all()


def test_the_error_of_a_network_never_grows() -> None:
    # Steps are divided by a bound on the Jacobian, so that a step along the gradient lowers the error.
    nets = Perceptrons(seats(VectorEnv("duel", "direct", 1)), 0, (6, 16, 16, 5))
    seen = rng(1).normal(size=(2, 40, 6)).astype(np.float32)
    targets = 3 * rng(2).normal(size=(2, 40, 5))
    errors = []
    for _ in range(100):
        nets.lead(seen, targets, np.full((2, 40), 1 / 40))
        errors.append(np.square(targets - nets.outputs(seen)).sum(axis=(1, 2)))
    assert (np.diff(errors, axis=0) <= 0).all()
    assert (errors[-1] < 0.9 * errors[0]).all()  # the hidden layers learn to tell rows apart


def test_with_a_certain_prize_policies_are_those_of_the_formula() -> None:
    # The best model of `duel-small-prize` earns the prize of 0.4 whatever it does, if the other spends
    # nothing; so its payoffs are 0.4 - e. With payoffs in units of P, a fixed point of the formula has
    # log p = -e / (0.4 tau) + constant: 3 choices, efforts 0, ((0, 1/4] F), ((1/4, 1] F), F = 0.4, whose
    # means in units of P are 0, 9/64 and 1/4 + 27/64.
    vec = VectorEnv("duel-small-prize", "direct", 256, horizon=1)
    options: dict[str, Any] = {
        "choices": 3,
        "temperature": 0.5,
        "temperature_power": 0.0,
        "step_after": 30,
    }
    players = line_up("mmd,honest", vec, {"mmd": options})
    play(vec, players, 2000, rng(0), seed=0)
    [(efforts, chances)] = players[0].strategies(vec.reset(seed=0)[0][:1, [0]]) or []
    found = chances[0], chances[1 : 1 + POINTS].sum(), chances[1 + POINTS :].sum()
    expected = np.exp(-np.array([0.0, 9 / 64, 1 / 4 + 27 / 64]) / 0.5)
    # The step is 0.0074 at the end: what is earned hardly varies, so that noise is below 0.01.
    assert found == pytest.approx(expected / expected.sum(), abs=0.01)
    assert efforts[[0, POINTS, -1]] == pytest.approx([0.0, 0.1, 0.4])


def test_a_choice_is_a_range_of_efforts() -> None:
    # Choice k of 5 on duel, F = 1: 8 efforts up to (k / 4)^2, from above ((k - 1) / 4)^2.
    [best, _] = seats(VectorEnv("duel", "direct", 1, action_scale="log"))
    own = Ranges([best], 5)
    assert own.efforts[0, :, -1] == pytest.approx([0, 1 / 16, 1 / 4, 9 / 16, 1])
    assert own.efforts[0, 2] == pytest.approx(1 / 16 + 3 / 16 * np.arange(1, 9) / 8)
    [(efforts, chances)] = own.strategies(np.full((1, 5), 0.2))
    assert efforts[0] == 0
    assert chances == pytest.approx(np.r_[0.2, np.full(4 * POINTS, 0.2 / 8)])


@pytest.mark.parametrize("action_type", ["continuous", "discrete"])
def test_it_plays_what_it_says(action_type: str) -> None:
    # Means of 25,600 plays; a standard deviation of at most 0.5 F gives an error of 0.003 F.
    vec = VectorEnv("duel", "direct", 256, horizon=1, action_type=action_type, effort_levels=9)
    mmd = trained(vec, 50)
    stated = mmd.strategies(vec.reset(seed=0)[0][:1]) or []
    efforts = play(vec, [mmd], 100, rng(1), seed=1, mode="play")["effort"].reshape(-1, 2)
    for (support, chances), own in zip(stated, efforts.T, strict=True):
        assert own.mean() == pytest.approx(support @ chances, abs=0.012)
        assert np.isin(own, support).all()


def test_a_small_prize_teaches_little_effort() -> None:
    # Pure, all zero (theory section 5). The magnet leaves log p = -e / tau: at the end tau is 0.022 of
    # P, and the mean effort of choices spread evenly over the square root of effort is tau / 2.
    vec = VectorEnv("duel-small-prize", "direct", 256, horizon=1)
    mmd = trained(vec, 800)
    for efforts, chances in mmd.strategies(vec.reset(seed=0)[0][:1]) or []:
        assert efforts @ chances < 0.02 * 0.4


@pytest.mark.parametrize(
    "settings", [{"horizon": 1}, {"horizon": 4}, {"horizon": 4, "revision": "alternating"}]
)
def test_saved_players_go_on_as_the_original(settings: dict[str, Any]) -> None:
    vec = VectorEnv("duel", "direct", 16, **settings)
    gamma = 0.5 * (vec.horizon > 1)
    mmd, fresh = trained(vec, 2 * vec.horizon, gamma=gamma), made(vec, gamma=gamma)
    fresh.load(mmd.save())
    played = [play(vec, [one], vec.horizon, rng(9), seed=9) for one in (mmd, fresh)]
    assert (played[0]["effort"] == played[1]["effort"]).all()
    for name, part in mmd.save().items():
        assert np.array_equal(part, fresh.save()[name])


def test_it_sees_the_board() -> None:
    # At first policies are the same on all boards; what is earned on each of them tells them apart.
    vec = VectorEnv("duel", "direct", 64, horizon=8, revision="alternating")
    seen = np.repeat(vec.reset(seed=0)[0][:1], 2, axis=0)
    seen[1, :, vec.observer.layout.parts["board_scores"]] = 0.9
    for mmd, differ in ((made(vec), False), (trained(vec, 80), True)):
        [first, second] = np.exp(mmd._log_chances(mmd._view(seen)))[0]
        assert (np.abs(first - second).sum() > 1e-4) == differ


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"step": 0}, "step"),
        ({"temperature": -1}, "temperature"),
        ({"gamma": 2}, "gamma"),
        ({"choices": 1}, "choices"),
        ({"hidden": 0}, "hidden"),
    ],
)
def test_unsuitable_settings_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        made(VectorEnv("duel", "direct", 4, horizon=1), **settings)


def test_its_last_iterate_matches_on_the_duel() -> None:
    # Its strategies at the end are judged, exactly: no regret above 2.5 % of P, mean efforts within 5 %
    # of F of those of the only equilibrium (theory sections 5 and 8).
    vec = VectorEnv("duel", "direct", 256, horizon=1, action_scale="log")
    mmd = trained(vec, 5000)
    verdict = judge("duel", "direct", strategies=mmd.strategies(vec.reset(seed=0)[0][:1]))
    assert verdict.outcome == "match", verdict.sentence
