"""Scores are compared as published in play as in theory: predicted paths and best responses, played."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tools.cases import LARGE
from witnesses.published import exact_duel, out_of_order

import benchgame_env as bg
from benchgame_env.agents import line_up, play

GAMES = [
    pytest.param(name, marks=pytest.mark.long if name in LARGE else ())
    for name in bg.games()
    if bg.load_game(name).prize_range > 0
]


def turn_of(states: Any) -> int:
    """Who revises the first of a cycle's states, ``[period, n]``; turns go down from the worst model."""
    n = states.shape[1]
    moved = np.argwhere(states != np.roll(states, -1, axis=0))
    at, who = moved[0] if moved.size else (0, n - 1)
    turns = (who + at - np.arange(len(states))) % n
    assert all(turns[k] == i for k, i in moved)
    return int(turns[0])


def followed(vec: bg.VectorEnv, states: Any, laps: int) -> tuple[dict[str, Any], int]:
    """Play the predicted ``states``, ``laps`` times, after a lap or two in which they are taken up.

    Returns infos ``[rounds, n]`` from the round on in which the first state is left.
    """
    n = vec.n_developers
    idle = (n - 1 - turn_of(states)) % n
    path = [states[0]] * (n + idle) + [*np.roll(states, -1, axis=0)] * laps
    vec.reset(seed=0)
    rounds = []
    for efforts in path:
        infos = vec.step(vec.axis.action(efforts)[None])[-1]
        rounds.append({key: infos[key][0] for key in ("effort", "rank")})
    kept = rounds[n + idle - 1 :]
    return {key: np.array([each[key] for each in kept]) for key in ("effort", "rank")}, idle


@pytest.mark.parametrize("scale", ["linear", "log"])
@pytest.mark.parametrize("name", GAMES)
def test_the_predicted_path_passes_when_it_is_played(name: str, scale: str) -> None:
    # The bounds of section 8: regret of each developer's revisions below 1 % of P, peaks and troughs
    # within 5 % of F, the period within 10 %, wrong boards within 0.05. A prediction is far inside.
    game = bg.load_game(name)
    cycle = bg.theory.best_response_cycle(game, "direct")
    n = game.n_developers
    laps = max(3, 3 * n // cycle.period)  # three laps of turns at least, where nobody moves
    vec = bg.vector_env(game, "direct", 1, horizon=10**7, revision="alternating", action_scale=scale)
    infos, idle = followed(vec, cycle.states, laps)
    efforts, turns = infos["effort"][1:], (n - 1 - idle - np.arange(len(infos["effort"]) - 1)) % n
    played = bg.metrics.find_cycle(efforts, turns)
    assert played.period == cycle.period
    scale_of = np.where(game.effort_scale > 0, game.effort_scale, 1.0)
    np.testing.assert_allclose(played.peaks / scale_of, cycle.peaks / scale_of, atol=1e-9)
    np.testing.assert_allclose(played.troughs / scale_of, cycle.troughs / scale_of, atol=1e-9)
    wrong = np.array([out_of_order(ranks, game.quality) for ranks in infos["rank"][: cycle.period]])
    assert wrong.mean() == pytest.approx(cycle.misranked, abs=1e-12)
    missed = bg.metrics.revision_regrets(
        game, "direct", efforts, turns, resolution=cycle.resolution, start=infos["effort"][0]
    )
    largest = max(missed[turns == i].mean() for i in range(n))
    assert largest / game.prize_range < 1e-5


def played_period(m: int) -> int | None:
    """The period of best-response developers on the duel on ``m`` levels, in the environment."""
    rounds = 7 * m + 20
    vec = bg.vector_env(
        "duel", "direct", 1, horizon=rounds, revision="alternating", action_type="discrete",
        effort_levels=m, action_scale="linear",
    )  # fmt: skip
    efforts = play(vec, line_up("best-response", vec), rounds, np.random.default_rng(0))["effort"]
    return bg.metrics.find_cycle(efforts[:, 0], 2).period


def exact_period(m: int) -> int:
    course = exact_duel(m).course()
    assert course is not None
    return course.period


@pytest.mark.parametrize("m", [10, 11, 21, 40, 41, 101])
def test_the_duel_on_levels_is_played_with_the_period_of_exact_arithmetic(m: int) -> None:
    assert played_period(m) == exact_period(m)


@pytest.mark.long
def test_the_duel_on_any_number_of_levels_is_played_with_the_period_of_exact_arithmetic() -> None:
    periods = {m: (played_period(m), exact_period(m)) for m in range(10, 301)}
    assert {m: pair for m, pair in periods.items() if pair[0] != pair[1]} == {}
