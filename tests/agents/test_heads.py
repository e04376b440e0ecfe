"""Heads: their choices are the candidates of best responses, with efforts and ranks as they say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tools.cases import Noisy
from tools.players import rng

import benchgame_env as bg
from benchgame_env.agents import Agent, Seat, play
from benchgame_env.agents.learned.heads import Axis, Overtake, make_head
from benchgame_env.agents.scripted.best_response import BestResponse


class BestOfHead(Agent):
    """Chooses by a slow witness: the payoff of every choice, played out on the board that it sees."""

    def __init__(self, seat: Seat) -> None:
        super().__init__(seat)
        self.head = Overtake(seat)

    def act(self, observations: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        efforts, _ = self.head.moves(observations)
        best = [
            min(range(len(row)), key=lambda k: self._loss(board, row[k]))
            for board, row in zip(self.seat.read(observations, "board_scores"), efforts, strict=True)
        ]
        return self.head.actions(np.array(best), observations)

    def _loss(self, board: np.ndarray, effort: float) -> tuple[float, float]:
        """Less is better; of equal payoffs, the least effort."""
        own, game = self.seat.developer, self.seat.game
        then = board.astype(np.float64)
        then[own] = self.seat.subgame.own_scores(own, effort).astype(np.float32)
        payoff = game.board(then, self.seat.subgame.rule.ties).prizes[own] - game.cost(effort)
        return -round(float(payoff), 11), effort


@pytest.mark.parametrize(
    ("game", "period"), [("duel", 290), ("three", 435), ("five", 725), ("pythia-gsm8k", None)]
)
def test_the_best_choice_is_the_best_response_all_episode_long(game: str, period: int | None) -> None:
    # Periods: theory section 5. The last takes 840 revisions, and long to come to it: a part will do.
    rounds = 400 if period is None else period + 50
    vec = bg.vector_env(game, "direct", 1, horizon=rounds, revision="alternating")
    played = []
    for cls in (BestOfHead, BestResponse):
        agents = [cls(Seat.of(vec, i)) for i in range(vec.n_developers)]
        played.append(play(vec, agents, rounds, rng(), seed=0)["effort"])
    assert np.array_equal(*played)
    if period is not None:
        assert np.array_equal(played[0][-50:], played[0][-50 - period : -period])


@pytest.mark.parametrize("revision", ["alternating", "simultaneous"])
def test_choices_earn_the_ranks_that_the_head_tells(revision: str) -> None:
    # Developers that overtake by one resolution meet at the same score again and again; who then ranks
    # first must not depend on how their curves round. Where all move at once, the board is another.
    vec = bg.vector_env("pythia-gsm8k", "direct", 32, horizon=60, revision=revision)
    heads, draws = [Overtake(Seat.of(vec, i)) for i in range(5)], rng()
    seen, _ = vec.reset(0)
    first, rows = vec.axis.action(draws.uniform(0, 1, (32, 5)) * vec.axis.max_effort), np.arange(32)
    for t in range(60):
        mover = 4 - t % 5
        choices = draws.integers(5, size=32)
        ranks = heads[mover].moves(seen[:, mover])[1][rows, choices]
        actions = first if t < 5 else vec.axis.action(vec.infos()["effort"])
        if t >= 5:
            actions[:, mover] = heads[mover].actions(choices, seen[:, mover])
        seen, *_, infos = vec.step(actions)
        if t >= 5:
            assert np.array_equal(infos["rank"][:, mover], ranks)


def held(vec: bg.VectorEnv, efforts: list[float]) -> np.ndarray:
    vec.reset(0)
    seen, *_ = vec.step(vec.axis.action(np.array([efforts])))
    return seen


def test_what_overtaking_takes() -> None:
    # Additive curves show quality + effort in order: totals 1.2, 1.0 and 0.8 of theta 1, 0.75, 0.5.
    vec = bg.vector_env("three", "direct", 1)
    seen = held(vec, [0.2, 0.25, 0.3])
    efforts, ranks = Overtake(Seat.of(vec, 1)).moves(seen[:, 1])
    # A score above 1 - exp(-1.2) by 0.001: a total of 1.2 + 0.001 exp(1.2), less the own 0.75. The
    # third needs 0.8 - 0.75, for the tie goes to the better; zero effort (0.75) leaves it behind both.
    assert efforts[0] == pytest.approx([0.45 - np.log(1 - 0.001 * np.exp(1.2)), 0, 0.05], abs=1e-6)
    assert ranks[0].tolist() == [1, 3, 2]
    view = Overtake(Seat.of(vec, 1)).view(seen[:, 1])
    parts = vec.observer.layout.parts
    assert view[0, parts["board_scores"]] == pytest.approx(efforts[0], abs=1e-6)  # F = 1
    assert view[0, parts["board_ranks"]].tolist() == [0, 1, 0.5]


def test_out_of_reach_is_zero_effort() -> None:
    # The third needs 1.9 - 0.5 for the first, and has 1; the rank is that of zero effort. Passing the
    # second brings the second place.
    vec = bg.vector_env("three", "direct", 1)
    efforts, ranks = Overtake(Seat.of(vec, 2)).moves(held(vec, [0.9, 0.0, 0.3])[:, 2])
    assert efforts[0, 0] == 0.0
    assert ranks[0].tolist() == [3, 2, 3]


def test_at_the_budget_a_tie_is_enough_where_the_rule_favours() -> None:
    # Twins with a budget of 0.5: the second holds all of it; the first ties, and wins, the other way
    # round it would lose.
    vec = bg.vector_env(bg.load_game("twins", budget=0.5), "direct", 1)
    for own, expected in ((0, 0.5), (1, 0.0)):
        efforts, ranks = Overtake(Seat.of(vec, own)).moves(held(vec, [0.5, 0.5])[:, own])
        assert efforts[0].tolist() == ([0.0, expected] if own == 0 else [expected, 0.0])
        assert ranks[0, 1 - own] == own + 1


def test_scores_are_seen_in_units_of_the_own_range() -> None:
    # The weaker duellist's reach is from total 0.5 to 1.5: 0 and 1; the own score lies between.
    vec = bg.vector_env("duel", "direct", 1)
    view = Axis(Seat.of(vec, 1)).view(held(vec, [0.0, 0.25])[:, 1])[0]
    shown = 1 - np.exp(-np.array([0.5, 1.5, 0.75, 1.0]))
    unit = (shown - shown[0]) / (shown[1] - shown[0])
    parts = vec.observer.layout.parts
    assert view[parts["own_curve"]][[0, -1]] == pytest.approx([0, 1], abs=1e-6)
    assert view[parts["own_score"]] == pytest.approx(unit[[2]], abs=1e-6)
    assert view[parts["board_scores"]] == pytest.approx(unit[[3, 2]], abs=1e-6)


@pytest.mark.parametrize(
    ("name", "settings", "complaint"),
    [
        ("jump", {}, "^head:.*'jump'.*axis, overtake"),
        ("overtake", {"action_type": "discrete"}, "^head 'overtake' .*continuous actions.*discrete"),
        ("overtake", {"protocol": Noisy()}, "^head 'overtake' .*DeterministicProtocol.*Noisy"),
    ],
)
def test_heads_that_do_not_suit_are_refused(name: str, settings: dict[str, Any], complaint: str) -> None:
    vec = bg.vector_env("duel", **{"protocol": "direct", "num_envs": 1} | settings)
    with pytest.raises(ValueError, match=complaint):
        make_head(name, Seat.of(vec, 0))
