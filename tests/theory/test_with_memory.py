"""Best-response dynamics under rules that remember: known answers, witnesses, certificates."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from tools.cases import Noisy

import benchgame_env as bg
from benchgame_env.rules import Layer
from benchgame_env.theory import best_response_cycle
from benchgame_env.theory.dynamics.with_memory import best_response_dynamics

LEVELS = np.linspace(0.0, 1.0, 41)
COARSE = 1.0  # a resolution that adds no just-overtakes to the levels


@pytest.mark.parametrize("name", ["duel", "five", "duel-small-prize", "winner-take-all"])
@pytest.mark.parametrize("order", ["round-robin", "round-robin-down", "simultaneous"])
@pytest.mark.parametrize("rule", ["direct", ("refreshed", {"rate": 1.0})])
def test_without_a_memory_it_is_the_best_response_cycle_on_levels(name, order, rule) -> None:
    # Refreshed at rate 1 forgets everything. `best_response_cycle` never plays the rule.
    game = bg.load_game(name)
    known = best_response_cycle(game, "direct", order=order, levels=LEVELS)
    found = best_response_dynamics(game, rule, LEVELS, COARSE, order)
    assert found.proven
    assert found.outcome == ("settles" if known.period == 1 else "cycles")
    np.testing.assert_array_equal(found.cycle.states, known.states)
    assert found.cycle.misranked == known.misranked
    assert found.cycle.cost == pytest.approx(known.cost)


def test_just_overtakes_are_found_by_playing() -> None:
    # Section 5: in the duel peaks tend to c^{-1}(g) = 1 for the weaker and e_1(T) = 0.5. Steps are at
    # most 0.002 and the first that no longer pays ends the climb.
    found = best_response_dynamics(bg.load_game("duel"), "direct")
    assert found.cycle.peaks == pytest.approx([0.5, 1.0], abs=2 * 0.002)
    assert found.cycle.troughs.tolist() == [0.0, 0.0]
    # Nothing can win more than the answer but by a smaller step: 0.002.
    assert 0 <= found.gain <= 0.002


def test_first_look_comes_down_to_a_race_for_the_last_word() -> None:
    # Developer 1 revises first: from 0.5 it needs just above 0.5 to pass and wins 1; then 0 has to
    # beat that, with as little as the overshoot. Both are tested now, and only effort 0 is left to
    # gain: the board stays in the order of quality.
    found = best_response_dynamics(bg.load_game("duel"), "first-look")
    assert (found.outcome, found.proven) == ("settles", True)
    assert found.trajectory[1] == pytest.approx([0.0, 0.5], abs=0.003)
    assert 0 < found.trajectory[2][0] < 0.003
    assert found.cycle.peaks.tolist() == [0.0, 0.0]
    assert found.cycle.misranked == 0.0
    assert found.gain == 0.0


def test_on_a_ladder_leads_are_kept_without_effort() -> None:
    # Whoever has been shown a score keeps it and spends nothing; shown scores only rise, so in the end
    # nobody can afford the next step, at a score that honest play does not reach.
    game = bg.load_game("duel")
    found = best_response_dynamics(game, ("ladder", {"step": 0.01}))
    assert (found.outcome, found.proven) == ("settles", True)
    assert not found.cycle.states.any()
    assert found.trajectory.max() > 0.5
    assert found.gain == 0.0


@dataclass(frozen=True, kw_only=True)
class Stale(Layer):
    """Shows the scores of the board before: nothing one round ahead depends on effort."""

    @property
    def traits(self):
        return super().traits.with_memory()

    def start(self, game, shape):
        return {"shown": self.base.score(game, np.zeros(shape))}

    def play(self, game, efforts, state=None, rng=None, revised=None):
        return game.board(state["shown"], self.ties), {"shown": self.base.score(game, efforts)}


def test_where_effort_only_pays_later_the_myopic_spend_nothing() -> None:
    found = best_response_dynamics(bg.load_game("duel"), Stale(), start=[0.3, 0.9])
    assert found.outcome == "settles"
    assert not found.cycle.states.any()


def test_a_state_that_counts_for_ever_proves_nothing() -> None:
    # The incumbent's tenure grows: no state comes back, but efforts and ranks stay.
    game = bg.load_game("duel-small-prize")
    rule = bg.make_protocol("incumbent-margin", margin=0.5, decay=1e-6)
    found = best_response_dynamics(game, rule, rounds=200)
    assert (found.outcome, found.proven) == ("settles", False)
    assert len(found.trajectory) == 201


def test_a_margin_that_does_not_fade_needs_no_age() -> None:
    # Only who is on top counts then, so states come back: the same play, and it is proven to last.
    rules = [bg.make_protocol("incumbent-margin", margin=0.5, decay=decay) for decay in (0.0, 1e-6)]
    counted = best_response_dynamics("duel-small-prize", rules[1], rounds=200)
    found = best_response_dynamics("duel-small-prize", rules[0], rounds=200)
    assert (found.outcome, found.proven) == ("settles", True)
    assert len(found.trajectory) < 10
    np.testing.assert_array_equal(found.trajectory[-1], counted.trajectory[-1])


def test_what_does_not_repeat_in_time_is_open() -> None:
    found = best_response_dynamics(bg.load_game("duel"), "direct", rounds=50)
    assert (found.outcome, found.cycle, found.proven) == ("open", None, False)
    assert math.isnan(found.gain)
    assert found.trajectory.shape == found.ranks.shape == (51, 2)


@pytest.mark.parametrize(
    "rule",
    [
        ("incumbent-margin", {"margin": 0.05}),
        ("incumbent-margin", {"margin": 0.05, "decay": 0.5}),
        ("refreshed", {"rate": 0.5}),
    ],
)
def test_the_certificate_holds_when_every_round_is_played_again(rule) -> None:
    # Slow witness: one episode from its beginning; in the last 30 rounds of the cycle 300 efforts are
    # tried one at a time. The answer's own finer levels are 201, so a little more may be gained: what
    # 1 / 200 of effort costs.
    game, protocol = bg.load_game("duel"), bg.make_protocol(rule[0], **rule[1])
    found = best_response_dynamics(game, protocol)
    assert found.outcome == "cycles"
    path = found.trajectory
    board, state = protocol.play(game, path[0], protocol.start(game, (2,)), None, np.zeros(2, bool))
    turns = np.arange(len(path) - 1) % 2
    first = max(len(path) - 1 - found.cycle.period, len(path) - 31)
    for k, (now, after) in enumerate(pairwise(path)):
        mover = 1 - turns[k]  # worst quality first
        revised = np.arange(2) == mover
        assert (now == after)[~revised].all()
        np.testing.assert_array_equal(board.ranks, found.ranks[k])
        board, following = protocol.play(game, after, state, None, revised)
        if k >= first:
            best = -np.inf
            for effort in np.linspace(0.0, 1.0, 300):
                tried = np.where(revised, effort, now)
                prize = protocol.play(game, tried, state, None, revised)[0].prizes[mover]
                best = max(best, prize - effort)
            assert best <= board.prizes[mover] - after[mover] + found.gain + 1 / 200
        state = following


def test_drawn_boards_follow_the_generator() -> None:
    game, rule = bg.load_game("duel"), ("finite-test+ladder", {"items": 50, "step": 0.05})
    one, same, other = (
        best_response_dynamics(game, rule, levels=11, rounds=30, draws=16, rng=np.random.default_rng(s))
        for s in (1, 1, 2)
    )
    np.testing.assert_array_equal(one.trajectory, same.trajectory)
    np.testing.assert_array_equal(one.ranks, same.ranks)
    assert one.trajectory.shape != other.trajectory.shape or (one.ranks != other.ranks).any()
    assert not one.proven


def test_where_noise_drowns_effort_nobody_spends_any() -> None:
    # The prize of 0.1 times the slope of the chance to win, 0.6 / (0.3 sqrt 2) phi(0) = 0.57 at most:
    # effort costs seventeen times what it wins. Draws are the same for each effort that is tried.
    game = bg.load_game("duel", prizes=[0.1, 0.0])
    found = best_response_dynamics(
        game, Noisy(), levels=11, start=[0.05, 0.1], rounds=20, rng=np.random.default_rng(0)
    )
    assert (found.outcome, found.proven) == ("settles", False)
    assert found.trajectory[2:].max() == 0.0
    assert found.gain <= 1e-3


# --- predictions -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "regime", "said"),
    [
        (("ladder", {"step": 0.01}), "pure", "settle, and the board there is out of the order of qua"),
        (("incumbent-margin", {"margin": 0.05}), "cycle", "come back in a cycle"),
        (("finite-test+ladder", {"items": 20, "step": 0.05}), "undecided", "the rule remembers"),
    ],
)
def test_predictions_say_what_they_rest_on(rule, regime, said) -> None:
    p = bg.theory.predict("duel", rule)
    assert p.regime == regime
    assert "myopic best responses" in p.reason
    assert said in p.reason
    assert "one round ahead" in p.method
    assert (p.mixed, p.certificate) == (None, None)
    assert (p.equilibrium is not None) == (regime == "pure")
    assert (p.cycle is not None) == (regime == "cycle")
    assert p.dynamics.trajectory[0].tolist() == [0.0, 0.0]


def test_first_look_is_won_by_who_hands_in_last() -> None:
    # Worst first: each overtakes, and the best answer last and lowest. Best first: the best lead without
    # effort, so they lock their honest scores, and each worse one then passes all of them for good.
    p = bg.theory.predict("pythia-gsm8k", "first-look")
    assert (p.regime, p.equilibrium, p.cycle) == ("undecided", None, None)
    assert p.depends_on_order
    assert list(p.orders) == ["worst first", "best first", "all at once first"]
    assert [one.proven for one in p.orders.values()] == [True] * 3
    worst, best, together = (one.ranks[-1].tolist() for one in p.orders.values())
    assert worst == [1, 2, 3, 4, 5]
    assert best == [5, 4, 3, 2, 1]
    assert together not in (worst, best)
    assert "worst first they settle with the ranks 1 2 3 4 5; best first" in p.reason
    assert [s.scope.order for s in p.solutions] == [
        "round-robin", "round-robin-down", "simultaneous-first",
    ]  # fmt: skip


def test_the_order_asked_for_comes_first_and_decides_nothing() -> None:
    # The same three paths, and a fourth where the order is none of them.
    down = bg.theory.predict("duel", "first-look", bg.theory.Scope(order="round-robin-down"))
    assert list(down.orders) == ["best first", "worst first", "all at once first"]
    assert down.dynamics.ranks[-1].tolist() == [2, 1]
    own = bg.theory.predict("duel", "first-look", bg.theory.Scope(order=(0, 1)))
    assert len(own.orders) == 4
    assert (own.dynamics.trajectory == down.dynamics.trajectory).all()
    assert {p.regime for p in (down, own)} == {"undecided"}


def test_what_does_not_depend_on_the_order_is_decided() -> None:
    # Ladder on the duel: shown scores only rise, and effort 1 shows 1 - exp(-1.5) = 0.777 for the
    # weaker, which the stronger reaches at 0.5: whoever hands in first, it has the last word.
    p = bg.theory.predict("duel", ("ladder", {"step": 0.01}))
    assert (p.regime, p.depends_on_order) == ("pure", False)
    assert [one.ranks[-1].tolist() for one in p.orders.values()] == [[1, 2]] * 3
    # Cycles of different orders are all cycles, with shares of wrong boards between theirs.
    q = bg.theory.predict("pythia-gsm8k", ("incumbent-margin", {"margin": 0.05}))
    shares = [one.cycle.misranked for one in q.orders.values()]
    assert q.regime == "cycle"
    assert f"{min(shares):.0%} to {max(shares):.0%} of the time" in q.reason


def test_all_at_once_first_means_one_joint_step_and_then_turns() -> None:
    # By hand: both see the honest board, the weaker takes 0.5 and a little, the stronger stays; then
    # the two revise in turn, worst first, as in direct evaluation.
    game = bg.load_game("duel")
    found = best_response_dynamics(game, "direct", LEVELS, COARSE, "simultaneous-first")
    in_turn = best_response_dynamics(game, "direct", LEVELS, COARSE, start=[0.0, 0.525])
    assert found.trajectory[1].tolist() == [0.0, pytest.approx(0.525)]
    np.testing.assert_allclose(found.trajectory[1:30], in_turn.trajectory[:29])


@pytest.mark.parametrize(
    ("rule", "settings", "culprit"),
    [
        ("direct", {"levels": 1}, "levels: .*>= 2, got 1"),
        ("direct", {"resolution": 0.0}, "resolution: .*> 0, got 0"),
        ("direct", {"order": "alphabetical"}, "'alphabetical'.* round-robin"),
        ("direct", {"rounds": 1}, "rounds: .*>= 2, got 1"),
        ("direct", {"start": [0.0]}, r"start: .*2 efforts.*got \[0.0*\]"),
        (Noisy(), {}, r"rng: .*Noisy\("),
        (Noisy(), {"rng": np.random.default_rng(0), "draws": 1}, "draws: .*>= 2, got 1"),
    ],
)
def test_bad_input_names_the_culprit(rule, settings, culprit) -> None:
    with pytest.raises(ValueError, match=culprit):
        best_response_dynamics(bg.load_game("duel"), rule, **settings)


def test_a_state_that_cannot_be_copied_is_refused() -> None:
    class Strange(Stale):
        def start(self, game, shape):
            return object()

        def play(self, game, efforts, state=None, rng=None, revised=None):
            return game.board(self.base.score(game, efforts), self.ties), state

    with pytest.raises(ValueError, match=r"state: .*arrays.*got object"):
        best_response_dynamics(bg.load_game("duel"), Strange())
    p = bg.theory.predict("duel", Strange())
    assert (p.regime, p.dynamics) == ("undecided", None)
    assert "got object" in p.reason
