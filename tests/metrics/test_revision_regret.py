"""Regret of single revisions: by hand, by enumeration, and by the predictor's best response."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tools.generators import (
    Index,
    random_cases,
    random_efforts,
    random_game,
    random_game_under_h,
    random_protocol,
)
from witnesses.episodes import award_all, costs_all, scores_all
from witnesses.payoffs import Witness

import benchgame_env as bg
from benchgame_env.metrics import regrets, revision_regrets
from benchgame_env.numerics import publish
from benchgame_env.theory import best_response


def random_course(rng: np.random.Generator, game: Any, rounds: int = 6) -> tuple[Any, Any, Any]:
    """Efforts after each of some random revisions, who revised, and the efforts at the start."""
    n = game.n_developers
    start, *asked = random_efforts(rng, game, rounds + 1)
    who = rng.integers(n, size=rounds)
    efforts, held = [], start
    for i, profile in zip(who, asked, strict=True):
        held = np.where(np.arange(n) == i, profile, held)
        efforts.append(held)
    return np.array(efforts), who, start


def test_by_hand() -> None:
    # Duel, indices 1 and 0.5 + e, cost e, prize 1. Round 0: 0.75 passes where 0.5 would do (infimum).
    # Round 1: the favourite ties at index 1.25 with 0.25: nothing missed. Round 2: to pass 1.25 costs
    # 0.75 and wins 1, so dropping out misses 0.25. Round 3: 0.25 held is wasted, 0 wins as well.
    efforts = [[0.0, 0.75], [0.25, 0.75], [0.25, 0.0], [0.25, 0.0]]
    found = revision_regrets(bg.load_game("duel"), "direct", efforts, [1, 0, 1, 0])
    assert found == pytest.approx([0.25, 0.0, 0.25, 0.25], abs=1e-14)


def test_by_hand_on_levels_and_with_a_resolution() -> None:
    game, efforts, who = bg.load_game("duel"), [[0.0, 0.75], [0.0, 0.75]], [1, 0]
    # The first level that passes index 1 is 0.625; the favourite may tie at index 1.25.
    on_levels = revision_regrets(game, "direct", efforts, who, levels=np.arange(9) / 8)
    assert on_levels.tolist() == [0.75 - 0.625, 0.75]
    # Passing a score of 1 - exp(-1), as published, by 0.05 takes an index of about
    # -log(exp(-1) - 0.05) = 1.146.
    wide = revision_regrets(game, "direct", efforts, who, resolution=0.05)
    aim = -np.log(1 - publish(publish(1 - np.exp(-1.0)) + 0.05))
    tie = -np.log(1 - publish(1 - np.exp(-1.25)))
    assert wide == pytest.approx([0.75 - (aim - 0.5), 1 - (tie - 1)], abs=1e-12)


def test_what_was_played_and_held_is_possible_whatever_the_levels() -> None:
    # 0.51 beats every level here (0, 0.75, 1), and what was held is as good as what was played.
    efforts = [[0.0, 0.51], [0.0, 0.51], [0.0, 0.75]]
    found = revision_regrets(bg.load_game("duel"), "direct", efforts, [1, 0, 1], levels=[0.0, 0.75, 1.0])
    # The favourite gets 0 and could have had 1 - 0.75; 0.75 costs 0.24 more than 0.51, which was held.
    assert found == pytest.approx([0.0, 0.25, 0.24], abs=1e-14)


def test_on_a_rounded_board_by_hand() -> None:
    # Index 1.25 shows 0.7, index 1 shows 0.6: to tie, which the tie rule favours, the favourite has to
    # score 0.65, an index of -log(0.35) = 1.05; to pass it would need 0.75.
    rule = bg.make_protocol("rounded", decimals=1, ties="quality")
    found = revision_regrets(bg.load_game("duel"), rule, [[0.0, 0.75], [0.0, 0.75]], [1, 0])
    assert found[1] == pytest.approx(1 - (-np.log(0.35) - 1))


def test_at_the_budget_by_hand() -> None:
    # Indices 0.5 + e and 1: at its budget of 0.5 developer 0 ties, which the tie rule favours.
    tie = bg.Game(Index([0.5, 1.0], [1.0, 1.0]), bg.LinearCost(), [1.0, 0.0], budget=0.5)
    assert revision_regrets(tie, "direct", [[0.0, 0.0]], [0]) == pytest.approx([0.5])
    # At a budget of 0.51 the weaker duellist passes by less than the resolution, but passes.
    short = bg.load_game("duel", budget=0.51)
    missed = revision_regrets(short, "direct", [[0.0, 0.0]], [1], resolution=0.1)
    assert missed == pytest.approx([1 - 0.51])


@pytest.mark.parametrize("ties", ["quality", "split"])
def test_over_the_continuum_against_plain_enumeration(ties: str) -> None:
    for seed, rng, game, rule in random_cases(range(40), ties):
        efforts, who, start = random_course(rng, game)
        found = revision_regrets(game, rule, efforts, who, start=start)
        # While the others hold theirs, what a revision missed is a regret of the profile after it.
        profiles = [[([e], [1.0]) for e in profile] for profile in efforts]
        slow = [Witness(game, rule, p).regret(i) for p, i in zip(profiles, who, strict=True)]
        # As for regrets: first efforts are found to 1e-13, at slopes of the cost below 100.
        np.testing.assert_allclose(found, np.maximum(slow, 0), rtol=0, atol=1e-9, err_msg=f"seed {seed}")
        fast = [regrets(game, rule, profile)[i] for profile, i in zip(efforts, who, strict=True)]
        np.testing.assert_allclose(found, fast, rtol=0, atol=1e-12, err_msg=f"seed {seed}")


@pytest.mark.parametrize("ties", ["quality", "split"])
def test_on_levels_against_plain_loops(ties: str) -> None:
    rule = bg.make_protocol("direct", ties=ties)
    for seed in range(40):
        rng = np.random.default_rng([seed, len(ties)])
        game = random_game(rng, n=int(rng.integers(1, 5)))
        levels = np.sort(random_efforts(rng, game, 5).T)
        efforts, who, start = random_course(rng, game)
        found = revision_regrets(game, rule, efforts, who, levels=levels, start=start)
        for t, i in enumerate(who):
            before = start if t == 0 else efforts[t - 1]
            tried = [efforts[t, i], before[i], *levels[i]]
            paid = [payoff(game, rule, i, before, float(own)) for own in tried]
            assert found[t] == pytest.approx(max(paid) - paid[0], abs=1e-12)


def payoff(game: Any, rule: Any, i: int, held: Any, own: float) -> float:
    profile = [own if j == i else float(effort) for j, effort in enumerate(held)]
    award = award_all(scores_all(game, rule, profile), game.prizes.tolist(), rule.ties)[i]
    return award - costs_all(game, profile)[i]


def test_with_a_resolution_nothing_is_missed_against_the_predictors_best_response() -> None:
    # The predictor inverts curves, the grader never does: they have to find the same best payoff.
    for seed in range(100):
        rng = np.random.default_rng(seed)
        game, rule = random_game_under_h(rng, n=int(rng.integers(2, 5))), random_protocol(rng, "quality")
        efforts, who, start = random_course(rng, game, rounds=1)
        i, resolution = int(who[0]), float(rng.choice([1e-3, 1e-1]))
        board = rule.score(game, start)
        answer, shown = best_response(game, rule, i, board[None], start[i : i + 1], resolution)
        payoffs = []
        for own, score in ((answer[0], shown[0]), (efforts[0, i], rule.score(game, efforts[0])[i])):
            prize = game.board(np.where(np.arange(game.n_developers) == i, score, board)).prizes[i]
            payoffs.append(prize - float(game.cost(own)))
        found = revision_regrets(game, rule, efforts, who, resolution=resolution, start=start)
        # No move is made for less than a step and a half of the grid costs, at slopes below 100.
        bound = 1.5 * 2**-23 * 100
        assert found[0] == pytest.approx(max(0.0, payoffs[0] - payoffs[1]), abs=bound), f"seed {seed}"


def test_the_predicted_cycle_misses_nothing() -> None:
    for name, settings in (("duel", {"resolution": 1e-2}), ("five", {"levels": np.arange(65) / 64})):
        game = bg.load_game(name)
        cycle = bg.theory.best_response_cycle(game, "direct", **settings)
        start, efforts = cycle.states[-1], cycle.states
        moved = (efforts != np.roll(efforts, 1, axis=0)).any(axis=1)
        who = (efforts != np.roll(efforts, 1, axis=0)).argmax(axis=1)
        found = revision_regrets(game, "direct", efforts, who, start=start, **settings)
        assert moved.sum() > 25
        # The favourite ties, at scores that the predictor keeps exact. A round trip by the curve may
        # lose such a tie by rounding, but not on dyadic levels.
        counted = moved & (who > 0) if name == "duel" else moved
        assert found[counted].max() < 1e-12


@pytest.mark.parametrize(
    ("efforts", "who", "protocol", "culprit"),
    [
        ([[0.1, 0.1]], [1], "direct", "efforts: developer 0 .*round 0.* 1 revised"),
        ([[0.0, -1.0]], [1], "direct", r"efforts: .*\[0, budget\], got -1"),
        ([[0.0, 0.1]], [2], "direct", "revised: .*2 developers"),
        ([[0.0, 0.1]], [1, 0], "direct", "revised: .*2 developers .*1 rounds"),
        ([[0.0, 0.1, 0.0]], [1], "direct", "efforts: 3 .*2 developers"),
        ([[0.0, 0.1]], [1], ("ladder", {"step": 0.1}), "protocol Ladder.*DeterministicProtocol"),
    ],
)
def test_bad_input_names_the_culprit(efforts, who, protocol, culprit: str) -> None:
    with pytest.raises(ValueError, match=culprit):
        revision_regrets(bg.load_game("duel"), protocol, efforts, who)
