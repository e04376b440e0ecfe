"""Other people's solvers as oracles: Nashpy and Gambit on games cut down to effort levels.

The tables are built by plain enumeration. A solver that knows nothing of leaderboards finds equilibria
of them; the grader, which never sees a table, has to agree on what they pay and that nobody gains.
"""

from __future__ import annotations

import io
import itertools
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import nashpy
import numpy as np
import pytest
from tools.cases import DIRECT
from tools.generators import random_game, random_game_under_h, random_protocol
from witnesses.episodes import award_all

import benchgame_env as bg
from benchgame_env.metrics import expected_payoffs, regrets
from benchgame_env.theory import mixed_equilibrium, temptation

gambit = pytest.importorskip("pygambit")

# The solvers work in float64 or to 1e-8 of the payoffs; prizes here are at most 2.
SOLVED = 1e-7
Profile = list[np.ndarray]  # per developer the chances of its levels


# --- a game on levels ---------------------------------------------------------------------------


def cut(game: bg.Game, size: int) -> list[np.ndarray]:
    """``size`` levels for each developer, from 0 to the most that can pay (`Game.effort_scale`)."""
    return [np.linspace(0.0, top, size) for top in game.effort_scale]


def tables(game: bg.Game, rule: Any, levels: list[np.ndarray]) -> list[np.ndarray]:
    """Payoffs of each developer at every profile of levels, profile by profile."""
    shape = [len(own) for own in levels]
    payoffs = [np.empty(shape) for _ in levels]
    for where in itertools.product(*map(range, shape)):
        efforts = [float(own[k]) for own, k in zip(levels, where, strict=True)]
        scores = [float(score) for score in rule.score(game, np.array(efforts))]
        prizes = award_all(scores, [float(prize) for prize in game.prizes], rule.ties)
        for table, prize, effort in zip(payoffs, prizes, efforts, strict=True):
            table[where] = prize - float(game.cost(effort))
    return payoffs


def expected(table: np.ndarray, profile: Profile) -> float:
    return sum(
        float(table[where]) * float(np.prod([p[k] for p, k in zip(profile, where, strict=True)]))
        for where in np.ndindex(table.shape)
    )


def check_equilibrium(game: bg.Game, rule: Any, levels: list[np.ndarray], profile: Profile) -> None:
    """The grader agrees with the tables on payoffs, and that nobody gains on the levels; nor between
    them by more than a step of cost: who scores between two levels ranks no lower on the upper one."""
    profile = [np.clip(p, 0, None) / np.clip(p, 0, None).sum() for p in profile]
    strategies = list(zip(levels, profile, strict=True))
    payoffs = expected_payoffs(game, rule, strategies)
    found = tables(game, rule, levels)
    for i, own in enumerate(levels):
        assert payoffs[i] == pytest.approx(expected(found[i], profile), abs=1e-9)
        for level in own:
            tried = [*strategies[:i], ([level], [1.0]), *strategies[i + 1 :]]
            assert expected_payoffs(game, rule, tried)[i] <= payoffs[i] + SOLVED
    step = [np.diff(game.cost(own)).max(initial=0.0) for own in levels]
    assert (regrets(game, rule, strategies) <= np.array(step) + SOLVED).all()


def by_gambit(solve: Callable[..., Any], payoffs: list[np.ndarray], **settings: Any) -> list[Profile]:
    """Equilibria as chances of levels. Games go in as Gambit's text, the first developer fastest."""
    shape = payoffs[0].shape
    names = [f'"{i}"' for i in range(len(shape))]
    numbers = np.stack([table.flatten(order="F") for table in payoffs], axis=1).reshape(-1)
    head = f'NFG 1 R "" {{ {" ".join(names)} }} {{ {" ".join(map(str, shape))} }}'
    text = f"{head}\n\n{' '.join(repr(float(number)) for number in numbers)}\n"
    result = solve(gambit.read_nfg(io.StringIO(text)), **settings)
    found = result.equilibria if hasattr(result, "equilibria") else [result.equilibrium]
    return [
        [np.array([float(p[str(i)][str(k + 1)]) for k in range(m)]) for i, m in enumerate(shape)]
        for p in found
    ]


def by_nashpy(payoffs: list[np.ndarray]) -> list[Profile]:
    game = nashpy.Game(*payoffs)
    with warnings.catch_warnings():
        # Levels that lose for certain make games degenerate: it may then miss some, which it says; and
        # it divides by zeros that its ratio test passes over.
        warnings.filterwarnings("ignore", "(?s).*degenerate", RuntimeWarning)
        warnings.filterwarnings("ignore", ".*encountered in divide", RuntimeWarning, module="nashpy")
        found = [*game.support_enumeration(), game.lemke_howson(initial_dropped_label=0)]
    return [list(profile) for profile in found]


# --- random games -------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
def test_two_developers(seed) -> None:
    rng = np.random.default_rng(seed)
    game, rule = random_game(rng, n=2), random_protocol(rng)
    levels = cut(game, 5)
    payoffs = tables(game, rule, levels)
    found = [*by_nashpy(payoffs), *by_gambit(gambit.nash.enummixed_solve, payoffs, rational=False)]
    assert found
    for profile in found:
        check_equilibrium(game, rule, levels, profile)


@pytest.mark.parametrize("seed", range(6))
def test_three_developers(seed) -> None:
    # Without coincidences, on which path-following solvers may run for ever.
    rng = np.random.default_rng(seed)
    game = random_game_under_h(rng, n=3, prizes="uneven", lattice=False)
    levels = cut(game, 4)
    (profile,) = by_gambit(gambit.nash.logit_solve, tables(game, DIRECT, levels))
    check_equilibrium(game, DIRECT, levels, profile)


@pytest.mark.parametrize("n", [2, 3])
def test_pure_equilibria_on_the_levels(n) -> None:
    honest = 0
    for seed in range(15):
        rng = np.random.default_rng([seed, n])
        game, rule = random_game(rng, n=n), random_protocol(rng)
        levels = cut(game, 4)
        payoffs = tables(game, rule, levels)
        theirs = {
            tuple(int(np.argmax(p)) for p in profile)
            for profile in by_gambit(gambit.nash.enumpure_solve, payoffs)
        }
        assert theirs == set(pure_by_the_grader(game, rule, levels)), seed
        if temptation(game, rule) == 0:  # nobody gains by any effort, so by none of these
            assert (0,) * n in theirs
            honest += 1
    assert honest > 3


def pure_by_the_grader(game: bg.Game, rule: Any, levels: list[np.ndarray]) -> Iterator[tuple[int, ...]]:
    """Profiles of levels that no single change of level improves, by expected payoffs of the grader."""
    payoffs = {
        where: expected_payoffs(game, rule, [own[k] for own, k in zip(levels, where, strict=True)])
        for where in itertools.product(*(range(len(own)) for own in levels))
    }
    for where, now in payoffs.items():
        others = [
            (i, (*where[:i], k, *where[i + 1 :]))
            for i, own in enumerate(levels)
            for k in range(len(own))
        ]
        if all(payoffs[other][i] <= now[i] for i, other in others):
            yield where


# --- duels, whose payoffs are known ---------------------------------------------------------------


def duel(seed: int) -> bg.Game:
    rng = np.random.default_rng(seed)
    ahead, gap = rng.uniform(0.1, 1.0), rng.uniform(0.2, 1.0)
    lead = rng.uniform(0.1, 0.9) * gap
    return bg.Game(bg.curves.Additive([ahead + lead, ahead]), bg.LinearCost(), [gap, 0.0])


@pytest.mark.parametrize("seed", range(6))
def test_grid_duels_pay_what_the_closed_form_says_within_two_steps(seed) -> None:
    # Additive, c(e) = e, so both climb the scores at the same cost. On levels a step h apart the leader
    # is safe with the first level that shows T or more: u_1 >= exact - h. With u_1 > exact + 2 h it
    # would stay 2 h below T in effort, where the other overtakes for certain, one step up, at a profit:
    # so would never play 0; then the leader's lowest level never wins and pays at most 0. Likewise
    # u_2 > 0 cannot be.
    game = duel(seed)
    levels = cut(game, 9)
    step = float(levels[0][1])
    exact = mixed_equilibrium(game, "direct")
    assert exact.unique
    payoffs = tables(game, DIRECT, levels)
    lemke_howson = list(nashpy.Game(*payoffs).lemke_howson(initial_dropped_label=0))
    found = [lemke_howson, *by_gambit(gambit.nash.enummixed_solve, payoffs, rational=False)]
    for profile in found:
        check_equilibrium(game, DIRECT, levels, profile)
        first, second = (expected(table, profile) for table in payoffs)
        assert first == pytest.approx(exact.payoffs[0], abs=2 * step + exact.nash_conv)
        assert second == pytest.approx(0.0, abs=SOLVED)


@pytest.mark.parametrize("budget", [np.inf, 0.75])
@pytest.mark.parametrize("cells", [8, 16, 32])
def test_the_worked_duel_by_linear_programming(cells, budget) -> None:
    # Section 5: adding the rival's cost to one's own payoff changes no incentive and makes the duel
    # zero-sum. Payoffs (0.5, 0), or (1 - 0.25, 0) with budget 0.75, of which the leader ties the 0.25
    # above its start; on levels up to a step more, as above, since levels and scores are aligned.
    game = bg.load_game("duel", budget=budget)
    levels = [np.arange(0.0, min(1.0, budget) + 0.5 / cells, 1 / cells)] * 2
    first, second = tables(game, DIRECT, levels)
    shared = [first + levels[1][None, :], second + levels[0][:, None]]
    profiles = by_gambit(gambit.nash.lp_solve, shared)
    assert len(profiles) == 1
    check_equilibrium(game, DIRECT, levels, profiles[0])
    exact = 0.5 if np.isinf(budget) else 0.75
    assert exact - SOLVED <= expected(first, profiles[0]) <= exact + 1 / cells + SOLVED
    assert expected(second, profiles[0]) == pytest.approx(0.0, abs=SOLVED)
