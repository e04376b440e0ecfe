"""Verdicts on play in the cycle regime, revisions one at a time: known answers from the board up."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import benchgame_env as bg
from benchgame_env.agents.base import Seat
from benchgame_env.agents.play import play
from benchgame_env.agents.scripted.best_response import BestResponse
from benchgame_env.agents.scripted.honest import Honest
from benchgame_env.agents.scripted.random_effort import RandomEffort
from benchgame_env.training.grading.figures import SeedFigures, cycle_figures, share_of_scale
from benchgame_env.training.grading.intervals import Bounds
from benchgame_env.training.grading.target import ExpectedCycle, Target
from benchgame_env.training.grading.verdict import Verdict, judge


class Overshooting(BestResponse):
    """Moves up one level further than the best response, on discrete levels."""

    def act(self, observations: Any, rng: Any) -> Any:
        top = self.seat.axis.levels - 1
        held = np.rint(self.seat.read(observations, "own_effort")[:, 0] * top)
        answer = super().act(observations, rng)
        return np.minimum(answer + ((answer != held) & (answer > 0)), top)


def additive(n: int) -> bg.Game:
    """Theory section 5: theta equally spaced from 1 to 0.5, equal prize steps."""
    return bg.Game(
        bg.curves.Additive(np.linspace(1.0, 0.5, n)), bg.LinearCost(1.0), np.linspace(1.0, 0.0, n)
    )


def verdict_on(
    n: int, players: list[Any], rounds: int, levels: int | None = None, seeds: int = 1
) -> Verdict:
    """The verdict on ``players`` against the cycle predicted for ``levels`` or a resolution of 0.001;
    if they draw nothing, one seed stands for ten."""
    kind: dict[str, Any] = {"action_type": "discrete", "effort_levels": levels} if levels else {}
    vec = bg.vector_env(additive(n), "direct", 1, horizon=rounds, revision="alternating", **kind)
    seats = [Seat.of(vec, i) for i in range(n)]
    against: dict[str, Any] = {"levels": seats[0].levels(2)} if levels else {"resolution": 1e-3}
    predicted = bg.theory.best_response_cycle(vec.game, "direct", **against)
    who = n - 1 - np.arange(rounds) % n
    learned, unseen = [], Bounds.exact(np.full(n, math.nan))  # the final play is not looked at here
    for seed in range(seeds):
        line_up = [player(seat) for player, seat in zip(players, seats, strict=True)]
        efforts = play(vec, line_up, rounds, np.random.default_rng(seed))["effort"][:, 0]
        found = cycle_figures(vec.game, vec.protocol, efforts, who, **against)
        found["drawn_step_regrets"] = found["step_regrets"]  # nothing is by chance
        learned.append(SeedFigures.exact(unseen, np.zeros(n), **found))
    expected = ExpectedCycle(
        share_of_scale(vec.game, predicted.peaks),
        share_of_scale(vec.game, predicted.troughs),
        predicted.period,
        predicted.misranked,
    )
    return judge(Target("cycle", "cycle", cycle=expected), learned * (10 // seeds))


def means(verdict: Verdict) -> list[float]:
    return [check.mean for check in verdict.checks]


@pytest.mark.parametrize(("n", "rounds"), [(2, 900), (3, 1350)])  # periods of 290 and 435, three each
def test_best_responses_match_their_cycle(n: int, rounds: int) -> None:
    verdict = verdict_on(n, [BestResponse] * n, rounds)
    assert verdict.outcome == "match", verdict
    # Boards are seen in float32, so the favourite ties from above, by up to 3e-7 of effort, see
    # test_agents; on the way up that adds up to 145 times, half of the duel's period.
    assert means(verdict) == pytest.approx([0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0], abs=5e-5)
    assert verdict.share is not None
    assert verdict.share.mean == 1.0


def test_best_responses_on_levels_match_their_cycle() -> None:
    # 65 levels on an axis of length 1: efforts are dyadic, so scores that tie on paper tie.
    verdict = verdict_on(2, [BestResponse] * 2, 250, levels=65)
    assert means(verdict) == [0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0]
    assert verdict.outcome == "match"


@pytest.mark.parametrize(
    ("players", "period"),
    # On 257 levels the favourite ties, so a lap climbs one level: 2 * 128 revisions. If the weaker goes
    # one further a lap climbs two, if both do three.
    [([BestResponse, Overshooting], 1 / 2), ([Overshooting, Overshooting], 1 / 3)],
)
def test_overshooting_by_one_level_is_a_mismatch_by_the_period_alone(
    players: list[Any], period: float
) -> None:
    verdict = verdict_on(2, players, 900, levels=257)
    assert verdict.outcome == "mismatch"
    assert [check.outcome for check in verdict.checks] == [*["match"] * 6, "mismatch"]
    # One level costs 1/256 = 0.0039, on nearly every revision of who overshoots.
    assert means(verdict)[0] == pytest.approx(1 / 256, rel=0.05)
    assert means(verdict)[-1] == pytest.approx(1 - period, abs=0.02)


def test_overshooting_by_one_resolution_halves_the_period() -> None:
    def coarse(seat: Seat) -> BestResponse:
        return BestResponse(seat, resolution=2e-3)

    verdict = verdict_on(2, [coarse, coarse], 900)
    assert [check.outcome for check in verdict.checks] == [*["match"] * 6, "mismatch"]
    assert means(verdict)[-1] == pytest.approx(1 / 2, abs=0.02)


def test_random_play_is_a_mismatch() -> None:
    verdict = verdict_on(2, [RandomEffort] * 2, 300, seeds=10)
    assert verdict.outcome == "mismatch"
    outcomes = {check.name: check.outcome for check in verdict.checks}
    assert outcomes["play is periodic"] == "mismatch"
    assert outcomes["regret of a developer's revision / P"] == "mismatch"


def test_honest_play_has_a_period_but_not_this_one() -> None:
    # Nobody moves: period 1, peaks 0, and the weaker misses 1 - 0.5 on each of its revisions, less the
    # 0.0027 that it costs to show 0.001 more: 0.001 over the slope exp(-1) of the score.
    verdict = verdict_on(2, [Honest] * 2, 20)
    wrong = bg.theory.best_response_cycle(additive(2), "direct").misranked
    assert verdict.outcome == "mismatch"
    assert means(verdict) == pytest.approx([0.5, 0.5, 1.0, 0.997, 0.0, wrong, 1 - 1 / 290], abs=3e-3)
