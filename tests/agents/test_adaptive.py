"""Agents that adapt: payoffs in hindsight, convergence to known answers, Edgeworth cycles."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np
import pytest
from tools.players import against_a_constant_rival, against_constant, rng

import benchgame_env as bg
from benchgame_env import metrics, theory
from benchgame_env.agents import AGENTS, Player, Seat, line_up, make_agent, play

ADAPTIVE = [
    name
    for name, entry in AGENTS.items()
    if not entry.learned and entry.load().learn is not Player.learn
]

LONG = {"exp3": 3000, "q-learning": 3000}  # rounds; these learn only from the levels that they tried


def arena(game: Any, levels: int, copies: int = 1, horizon: int = 1, **settings: Any) -> bg.VectorEnv:
    """Discrete efforts; levels one more than a power of two have exact ties on additive curves."""
    kind = {"action_type": "discrete", "effort_levels": levels} | settings
    return bg.vector_env(game, "direct", num_envs=copies, horizon=horizon, **kind)


def hindsight(game: bg.Game, levels: np.ndarray, efforts: np.ndarray, i: int) -> np.ndarray:
    """A slow witness: mean payoffs ``[m]`` of the levels of i against the rivals' ``efforts [T, n]``."""
    total = np.zeros(levels.size)
    for profile in efforts:
        for k, level in enumerate(levels):
            joint = profile.copy()
            joint[i] = level
            scores = game.curves.score(joint)
            above = sum(
                s > scores[i] or (s == scores[i] and j < i) for j, s in enumerate(scores) if j != i
            )
            total[k] += game.prizes[above] - game.cost(level)
    return total / len(efforts)


@pytest.mark.parametrize("game", ["duel", "five", "pythia-gsm8k"])
def test_fictitious_play_remembers_what_every_level_would_have_paid(game: str) -> None:
    vec = arena(game, 9, copies=2)
    agents = line_up(",".join(["random"] * (vec.n_developers - 1) + ["fictitious-play"]), vec)
    played, i = play(vec, agents, 12, rng(), seed=0)["effort"], vec.n_developers - 1
    for k in range(2):
        paid = 12 * hindsight(vec.game, agents[i].levels, played[:, k], i)  # type: ignore[attr-defined]
        assert agents[i].state["payoffs"][k] == pytest.approx(paid, abs=1e-9)  # type: ignore[attr-defined]


# The duel: zero-sum once the rival's cost is added (theory section 5)


@pytest.mark.parametrize(("name", "copies"), [("regret-matching-plus", 4), ("fictitious-play", 1)])
def test_averages_tend_to_the_equilibrium_of_the_duel(name: str, copies: int) -> None:
    levels, rounds = 33, 6000
    vec = arena("duel", levels, copies)
    agents = line_up(f"{name},{name}", vec)
    played = play(vec, agents, rounds, rng(), seed=0)
    efforts = played["effort"].reshape(-1, 2)
    grid, step = np.linspace(0, 1, levels), 1 / (levels - 1)
    # External regrets on the levels: what the best one would have paid more, against a histogram.
    # Totals 1 + e and 0.5 + e: the stronger wins ties, so at a level it beats rivals up to that + 0.5.
    chance = [np.bincount(np.rint(efforts[:, i] / step).astype(int), minlength=levels) for i in (0, 1)]
    won = [
        np.array([chance[1][grid <= e + 0.5].sum() for e in grid]) / len(efforts),
        np.array([chance[0][grid < e - 0.5].sum() for e in grid]) / len(efforts),
    ]
    paid = played["payoff"].reshape(-1, 2).mean(axis=0)
    regrets = np.array([(won[i] - grid).max() - paid[i] for i in (0, 1)])
    # NashConv of the averages is the sum of regrets over all efforts, which are at most a step cheaper
    # than levels, and for the weaker alone (the stronger's ties are on the levels).
    nash_conv = metrics.nash_conv(vec.game, "direct", metrics.empirical(efforts))
    assert regrets.sum() - 1e-9 <= nash_conv <= regrets.sum() + step + 1e-9
    # Section 8: mean regret below 2.5 % of P = 1, of which the levels may take step / 2 = 1.6 %; mean
    # efforts within 5 % of F = 1 of (0.125, 0.375).
    assert nash_conv / 2 < 0.025
    assert efforts.mean(axis=0) == pytest.approx([0.125, 0.375], abs=0.05)
    if name == "regret-matching-plus":
        # The theorem: D sqrt(m / T) with payoffs in [-1, 1], and what drawing from strategies adds,
        # less than D sqrt(2 log(1 / p) / T) but with probability p = 1e-6 (Azuma).
        assert (regrets < 2 * (math.sqrt(levels / rounds) + math.sqrt(2 * math.log(1e6) / rounds))).all()


@pytest.mark.parametrize("name", ADAPTIVE)
def test_everybody_learns_that_a_small_prize_is_not_worth_it(name: str) -> None:
    # Zero effort survives iterated strict dominance (theory section 3): no-regret learners end there.
    # Levels 0, 0.1, ..., 0.4; 8 copies are 8 repetitions.
    vec = arena("duel-small-prize", 5, copies=8)
    agents = line_up(f"{name},{name}", vec)
    late = play(vec, agents, LONG.get(name, 1000), rng(), seed=0)["effort"][-500:]
    at_zero = (late == 0).mean(axis=0)  # [copies, n]
    # Exploration goes on. EXP3's: 0.1 over 5 levels, 0.92 at zero in the end, and here most of the
    # time. Q-learning's: the sum of 0.5^(t/500) from 2,500 to 3,000 is 11.3, of which 4/5 are elsewhere:
    # 9 rounds of 500, sd 3.
    least = {"exp3": 0.5, "q-learning": 1 - (9 + 5 * 3) / 500}
    assert (at_zero > least.get(name, 0.99)).all()


# Against one who never moves


@pytest.mark.parametrize("name", ADAPTIVE)
@against_a_constant_rival
def test_the_best_level_against_a_constant_rival_is_found(
    name: str, seat: int, share: float, best: float
) -> None:
    vec, agents = against_constant(name, seat, share, copies=8)
    late = play(vec, agents, LONG.get(name, 1000), rng(), seed=0)["effort"][-500:, :, seat]
    assert np.array_equal(np.median(late, axis=0), np.full(8, best))


# Q-learning when revisions take turns


def test_myopic_q_learners_come_to_the_edgeworth_cycle() -> None:
    # Klein 2021 on prices. With gamma 0 a value is the payoff of the revision, so greedy play is the
    # best response on the levels, in every copy.
    vec = arena("duel", 9, copies=2, horizon=64, revision="alternating")
    agents = line_up("q-learning,q-learning", vec)
    play(vec, agents, 6000, rng(), seed=0)
    efforts = play(vec, agents, 64, rng(1), seed=0, mode="greedy")["effort"]
    cycle = theory.best_response_cycle(vec.game, "direct", levels=np.linspace(0, 1, 9))
    assert cycle.period == 8  # 0.625, 0.125, 0.75, 0.25, 0.875, 0.375 and two drop out
    # States are those before each revision, from all zero; efforts those after it.
    expected = np.resize(np.roll(cycle.states, -1, axis=0), (64, 2))
    assert all(np.array_equal(efforts[:, k], expected) for k in range(2))


@pytest.mark.parametrize(("gamma", "first"), [(0.0, 0.75), (0.25, 0.75), (0.5, 0.0)])
def test_a_discount_counts_what_the_rival_answers(gamma: float, first: float) -> None:
    # Against the best response: overtaking with 0.75 pays 0.25, is answered with 0.25, and then pays
    # -0.75; what comes later is at best 0, which waiting pays throughout, unless overtaking is worth
    # it: 0.25 - 0.75 gamma > 0, gamma < 1/3.
    vec = arena("duel", 5, horizon=64, revision="alternating")
    learner = make_agent("q-learning", Seat.of(vec, 1), gamma=gamma, epsilon_halving=200)
    agents = [make_agent("best-response", Seat.of(vec, 0)), learner]
    play(vec, agents, 3200, rng(), seed=0)
    played = play(vec, agents, 2, rng(), seed=0, mode="play")
    assert played["effort"][0, 0, 1] == first
    assert played["effort"][1, 0, 0] == (0.25 if first else 0.0)


OPTIMIST = {"rate": 1.0, "epsilon": 0.0, "start": 1.0}


def test_an_optimist_tries_every_level_of_a_board_once_and_then_plays_the_best() -> None:
    # Against a rival who never moves there is one board; the best level is that of the list above.
    seat, share, best = 1, 0.0, 0.75
    vec, agents = against_constant("q-learning", seat, share, copies=2, options=OPTIMIST)
    efforts = play(vec, agents, 25, rng(), seed=0)["effort"][..., seat]
    expected = np.concatenate((np.linspace(0, 1, 5), np.full(20, best)))
    assert np.array_equal(efforts, np.column_stack((expected, expected)))


@pytest.mark.parametrize("game", ["duel", "three"])
def test_optimists_play_the_edgeworth_cycle_once_they_learn_nothing_new(game: str) -> None:
    # On its turn a developer tries what it has not tried on this board, or plays its best response. So
    # an episode in which nobody learns anything new is all best responses; it comes, because there are
    # 9^n pairs of a board of the others and an own level.
    vec = arena(game, 9, horizon=32, revision="alternating")
    agents: list[Any] = line_up("q-learning", vec, {"q-learning": OPTIMIST})
    for _ in range(vec.n_developers * 9**vec.n_developers):
        before = [agent.state["values"].copy() for agent in agents]
        efforts = play(vec, agents, 32, rng(), seed=0)["effort"][:, 0]
        if all(np.array_equal(old, a.state["values"]) for old, a in zip(before, agents, strict=True)):
            break
    cycle = theory.best_response_cycle(vec.game, "direct", levels=np.linspace(0, 1, 9))
    assert np.array_equal(efforts, np.resize(np.roll(cycle.states, -1, axis=0), efforts.shape))


# The state is explicit


@pytest.mark.parametrize("name", ADAPTIVE)
def test_a_copied_state_goes_on_as_the_original(name: str) -> None:
    vec = arena("duel", 9, copies=3, horizon=5, revision="alternating")
    agents = line_up(f"random,{name}", vec)
    play(vec, agents, 52, rng(), seed=0)
    fresh = line_up(f"random,{name}", vec)
    fresh[1].load(copy.deepcopy(agents[1].save()))
    first, second = (play(vec, line, 30, rng(1), seed=1)["effort"] for line in (agents, fresh))
    assert np.array_equal(first, second)
    assert str(agents[1].state) == str(fresh[1].state)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ADAPTIVE)
def test_copies_learn_apart(name: str) -> None:
    # Rivals differ between the copies, so what is learned does; alike in copies with like rivals.
    vec = arena("duel", 5, copies=3, horizon=8)
    learner = make_agent(name, Seat.of(vec, 1))
    play(vec, [make_agent("random", Seat.of(vec, 0)), learner], 50, rng(), seed=0)
    for key, value in learner.state.items():  # type: ignore[attr-defined]
        if key in ("payoffs", "regrets", "log_weights", "values"):
            assert len({one.tobytes() for one in value}) == 3


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("exp3", "exploration", 0.0),
        ("exp3", "exploration", 1.5),
        ("q-learning", "gamma", 1.5),
        ("q-learning", "rate", 0.0),
        ("q-learning", "epsilon", -0.5),
        ("q-learning", "epsilon_halving", 0.0),
        ("q-learning", "start", 1.5),
        ("fictitious-play", "levels", 1),
    ],
)
def test_bad_parameters_are_refused(name: str, field: str, value: float) -> None:
    vec = bg.vector_env("duel", "direct", num_envs=1)
    with pytest.raises(ValueError, match=rf"^{field}:.* {value:g}$"):
        make_agent(name, Seat.of(vec, 1), **{field: value})
