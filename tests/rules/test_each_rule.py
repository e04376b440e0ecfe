"""The built-in rules: whole episodes against plain Python, by hand, and how they fit together."""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tools.cases import DIRECT, GAMES, rules, suits
from tools.generators import games, seeds
from witnesses import rules as witness
from witnesses.episodes import award_all

import benchgame_env as bg
from benchgame_env.game import TIES
from benchgame_env.numerics import below, publish
from benchgame_env.rules import is_exact, protocol_class
from benchgame_env.rules.rounded import DIGITS

RULES = rules()
ROUNDS = 7
few = settings(max_examples=25)  # of whole games and episodes


def three() -> bg.Game:
    """Three models with prizes that are not evenly spaced."""
    return bg.Game(bg.curves.Additive([1.0, 0.75, 0.5]), bg.LinearCost(1.0), [1.0, 0.4, 0.0])


def boards(rule: Any, game: bg.Game, efforts: Any, revised: Any = None, seed: int = 0) -> list[bg.Board]:
    """The boards of one episode per copy; ``efforts`` and ``revised`` ``[rounds, ..., n]``."""
    efforts = np.asarray(efforts, dtype=np.float64)
    state, rng, found = rule.start(game, efforts.shape[1:]), np.random.default_rng(seed), []
    for t, held in enumerate(efforts):
        who = None if revised is None else np.asarray(revised)[t]
        board, state = rule.play(game, held, state, rng, who)
        found.append(board)
    return found


def assert_same(some: list[bg.Board], others: list[bg.Board]) -> None:
    for one, other in zip(some, others, strict=True):
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b)


@dataclass(frozen=True)
class Effort(bg.DeterministicProtocol):
    """Shows the effort itself, so that scores can be written down by hand."""

    ties: Any = "quality"

    def score(self, game: bg.Game, efforts: Any) -> Any:
        return np.asarray(efforts, dtype=np.float64)

    def effort_for(self, game: bg.Game, scores: Any) -> Any:
        return np.maximum(scores, 0.0)


def scores(rule: Any, shown: Any, revised: Any = None) -> list[list[float]]:
    """Shown scores, to six decimals: they are published on a grid of 2^-23."""
    return [np.round(board.scores, 6).tolist() for board in boards(rule, three(), shown, revised)]


# --- whole episodes against plain Python -------------------------------------------------------

EPISODES: list[tuple[str, dict[str, Any], Callable[..., Any]]] = [
    ("rounded", {"decimals": 1}, witness.rounded),
    ("rounded", {"decimals": 3}, witness.rounded),
    ("capped", {"effort": 0.25}, witness.capped),
    ("refreshed", {"rate": 0.0}, witness.refreshed),
    ("refreshed", {"rate": 0.3}, witness.refreshed),
    ("first-look", {}, witness.first_look),
    ("ladder", {"step": 0.125}, witness.ladder),
    ("ladder-free", {"items": 50}, witness.ladder_free),
    ("incumbent-margin", {"margin": 0.1, "decay": 0.5}, witness.incumbent_margin),
    ("incumbent-margin", {"margin": 0.05, "decay": 0.0}, witness.incumbent_margin),
    ("finite-test", {"items": 12}, witness.finite_test),
    ("shared-test", {"items": 12}, witness.shared_test),
    ("confidence-ranks", {"items": 12, "z": 1.0}, witness.confidence_ranks),
    ("finite-test+best-of", {"items": 12, "k": 3}, witness.best_of),
    ("finite-test+best-of", {"items": 12, "k": (1, 4, 2, 1, 3)}, witness.best_of),
]


def stories(game: bg.Game, copies: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Efforts and who revises, ``[ROUNDS, copies, n]``: half of the efforts are multiples of 1/4, so
    that scores tie; the board that opens shows zero effort, as the environment has it."""
    rng, shape = np.random.default_rng(seed), (ROUNDS, copies, game.n_developers)
    efforts = np.where(rng.random(shape) < 0.5, rng.integers(0, 5, shape) / 4, rng.uniform(0, 1, shape))
    revised = rng.random(shape) < 0.4
    efforts[0], revised[0] = 0.0, False
    for t in range(1, ROUNDS):
        efforts[t] = np.where(revised[t], efforts[t], efforts[t - 1])
    return efforts, revised


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize(("name", "parameters", "tell"), EPISODES)
def test_episodes_are_those_of_the_witness(name: str, parameters: Any, tell: Any, ties: str) -> None:
    game = GAMES["five-with-ties"]()
    kind = {} if name == "confidence-ranks" else {"ties": ties}
    rule = bg.make_protocol(name, **parameters, **kind)
    for seed in range(12):
        # Copies of a noisy rule share a stream, so one at a time; others go together.
        efforts, revised = stories(game, 4 if rule.traits.draws == "none" else 1, seed)
        found = boards(rule, game, efforts, revised, seed)
        for copy_ in range(efforts.shape[1]):
            told = witness.Story(game, efforts[:, copy_].tolist(), revised[:, copy_].tolist(), ties)
            expected = tell(told, np.random.default_rng(seed), **parameters)
            for board, (shown, ranks, prizes) in zip(found, expected, strict=True):
                # Sums in another order differ in the last place; elsewhere nothing does.
                published = [publish(score) for score in shown]
                np.testing.assert_allclose(board.scores[copy_], published, rtol=0, atol=4e-16)
                assert board.ranks[copy_].tolist() == ranks
                np.testing.assert_allclose(board.prizes[copy_], prizes, rtol=0, atol=1e-15)


def test_every_rule_has_a_witness() -> None:
    ours = {name.split("+")[-1] for name, _, _ in EPISODES}
    assert ours == set(bg.protocols()) - {"direct", "tune-before-test"}  # whose witness is `Reference`


# --- every rule: state -------------------------------------------------------------------------


def frozen(state: Any) -> Any:
    """The same state; its arrays cannot be written."""
    for part in state if isinstance(state, tuple) else (state,):
        if isinstance(part, np.ndarray):
            part.flags.writeable = False
        elif part is not None:
            frozen(part)
    return state


@pytest.mark.parametrize("name", RULES)
def test_a_round_is_a_function_of_state_efforts_and_draws(name: str) -> None:
    game, rule = GAMES["five-with-ties"](), RULES[name]
    efforts, revised = stories(game, 4, 0)
    state = frozen(rule.start(game, efforts.shape[1:]))
    for t in range(ROUNDS):
        before = copy.deepcopy(state)
        results = [
            rule.play(game, efforts[t], given_, np.random.default_rng(t), revised[t])
            for given_ in (state, before, state)
        ]
        for board, after in results[1:]:
            assert_same([results[0][0]], [board])
            np.testing.assert_equal(after, results[0][1])
        np.testing.assert_equal(state, before)
        state = frozen(results[0][1])
        results[0][0].scores[...] = 77.0  # the board is the caller's; the state must not feel it
        np.testing.assert_equal(state, results[1][1])


@pytest.mark.parametrize("name", RULES)
def test_environments_that_share_a_rule_do_not_meet(name: str) -> None:
    kind = {"game": "duel", "protocol": RULES[name], "num_envs": 2, "horizon": 3}
    one, other, alone = (bg.vector_env(**kind) for _ in range(3))
    rng = np.random.default_rng(0)
    one.reset(1), other.reset(2), alone.reset(1)
    for _ in range(7):
        actions = rng.uniform(-1, 1, (2, 2))
        other.step(rng.uniform(-1, 1, (2, 2)))
        for mine, its in zip(one.step(actions)[:2], alone.step(actions)[:2], strict=True):
            np.testing.assert_array_equal(mine, its)


@pytest.mark.parametrize("name", RULES)
def test_what_a_rule_says_of_itself_is_so(name: str) -> None:
    game, rule = GAMES["five-with-ties"](), RULES[name]
    efforts, revised = stories(game, 4, 1)
    twice = [boards(rule, game, efforts, revised, seed) for seed in (0, 1)]
    drawn = any((a.scores != b.scores).any() for a, b in zip(*twice, strict=True))
    assert drawn == (rule.traits.draws != "none")
    shown = np.array([board.scores for board in twice[0]])
    assert rule.traits.accuracies
    assert shown.min() >= 0
    assert shown.max() <= 1
    by_score = [game.board(board.scores, rule.ties) for board in twice[0]]
    same = all((a.ranks == b.ranks).all() for a, b in zip(by_score, twice[0], strict=True))
    assert same == rule.traits.ranks_by_score
    if rule.traits.draws == "none":
        afresh = np.array([rule.evaluate(game, held).scores for held in efforts])
        assert (shown != afresh).any() == rule.traits.remembers or not same


@pytest.mark.parametrize("name", [name for name, rule in RULES.items() if rule.traits.draws == "none"])
def test_own_effort_never_lowers_the_own_score_after_any_history(name: str) -> None:
    game, rule = GAMES["five-with-ties"](), RULES[name]
    efforts, revised = stories(game, 200, 2)
    more = efforts.copy()
    more[-1] += np.random.default_rng(0).exponential(0.2, more[-1].shape)
    less_board, more_board = (boards(rule, game, held, revised)[-1] for held in (efforts, more))
    assert (more_board.scores >= less_board.scores).all()


# --- rounded -----------------------------------------------------------------------------------


@given(st.integers(0, DIGITS), seeds)
def test_hidden_is_the_least_score_that_shows_enough(decimals: int, seed: int) -> None:
    rule, rng = bg.make_protocol("rounded", decimals=decimals), np.random.default_rng(seed)
    steps = rng.integers(-3, 10**decimals + 3, 20) / 10**decimals
    shown = np.concatenate(
        [
            steps,
            np.nextafter(steps, 9),
            np.nextafter(steps, -9),
            rng.uniform(-1, 2, 20),
            [0.0, 1.0, 1e20],
        ]
    )
    least = rule.hidden(shown)
    assert (publish(rule.show(least)) >= publish(shown)).all()
    assert (publish(rule.show(below(least))) < publish(shown)).all()


def test_scores_without_an_end_stay_so() -> None:
    rule = bg.make_protocol("rounded", decimals=2)
    assert rule.hidden(np.array([np.inf, -np.inf, 1e307])).tolist() == [np.inf, -np.inf, 1e307]


@given(st.integers(0, DIGITS), seeds)
def test_rounding_is_monotone_to_the_last_bit(decimals: int, seed: int) -> None:
    rule, rng = bg.make_protocol("rounded", decimals=decimals), np.random.default_rng(seed)
    halves = (rng.integers(0, 10**decimals, 20) + 0.5) / 10**decimals
    near = np.sort(np.concatenate([halves, np.nextafter(halves, 2), np.nextafter(halves, -2)]))
    assert (np.diff(rule.show(near)) >= 0).all()


@few
@given(games(), seeds)
def test_an_effort_said_to_be_enough_for_a_rounded_score_is(game: bg.Game, seed: int) -> None:
    # Just short of a step is a whole step short, and the curve's own inverse is only right to rounding.
    rule = bg.make_protocol("tune-before-test+rounded", level=0.5, decimals=2)
    aims = np.random.default_rng(seed).integers(0, 100, (8, game.n_developers)) / 100
    effort = rule.effort_for(game, aims)
    within = np.isfinite(effort) & (effort < 30)  # beyond, curves are flat to rounding
    reached = rule.score(game, np.where(within, effort, 0.0))
    assert (reached >= aims)[within].all()


def test_rounding_by_hand() -> None:
    # 0.875 and 0.125 are halves exactly: to even neighbours 0.88 and 0.12.
    rule = bg.make_protocol("rounded", base=Effort(), decimals=2)
    assert scores(rule, [[0.875, 0.125, 0.874]]) == [[0.88, 0.12, 0.87]]
    [board] = boards(rule, three(), [[0.701, 0.704, 0.1]])
    assert board.prizes.tolist() == pytest.approx([0.7, 0.7, 0.0])  # (1 + 0.4) / 2
    quality = bg.make_protocol("rounded", base=Effort(), decimals=2, ties="quality")
    assert boards(quality, three(), [[0.701, 0.704, 0.1]])[0].prizes.tolist() == [1.0, 0.4, 0.0]


@few
@given(games(), seeds)
def test_many_decimals_are_the_base(game: bg.Game, seed: int) -> None:
    efforts, _ = stories(game, 3, seed)
    rule = bg.make_protocol("rounded", decimals=DIGITS)
    fine, plain = rule.score(game, efforts), game.curves.score(efforts)
    np.testing.assert_allclose(fine, plain, rtol=0, atol=0.5001 * 2**-23)


def test_best_responses_to_rounded_boards_pay_as_promised() -> None:
    # Each move of the cycle is played for real: the mover gains, or else does not move.
    game, rule = bg.load_game("five"), bg.make_protocol("rounded", decimals=2)
    cycle = bg.theory.best_response_cycle(game, rule)
    payoffs = [game.payoffs(rule.evaluate(game, efforts).prizes, efforts) for efforts in cycle.states]
    moves = 0
    for t in range(cycle.period):
        after = (t + 1) % cycle.period
        for i in np.flatnonzero(cycle.states[t] != cycle.states[after]):
            assert payoffs[after][i] > payoffs[t][i]
            moves += 1
    assert moves > 0


# --- capped ------------------------------------------------------------------------------------


@few
@given(games(), seeds)
def test_a_cap_out_of_reach_is_the_base(game: bg.Game, seed: int) -> None:
    efforts, _ = stories(game, 3, seed)
    rule, base = bg.make_protocol("capped", effort=1e9), DIRECT
    assert_same(boards(rule, game, efforts), boards(base, game, efforts))
    aims = np.random.default_rng(seed).uniform(0, 1, (5, game.n_developers))
    np.testing.assert_array_equal(rule.effort_for(game, aims), base.effort_for(game, aims))


def test_a_cap_puts_rivals_out_of_reach() -> None:
    # Overtaking takes 0.5 (theta = 1 against 0.5): possible under a cap of 0.6, not under one of 0.4.
    required = [
        bg.theory.required_effort(bg.load_game("duel"), ("capped", {"effort": cap}))[1, 0]
        for cap in (0.6, 0.4)
    ]
    assert required == [pytest.approx(0.5), np.inf]


# --- refreshed ---------------------------------------------------------------------------------


def test_stocks_by_hand() -> None:
    # Half of the stock stays: 1, 1 + 1/2, 3/4; with rate 0 everything adds up.
    spent = [[0.0] * 3, [1.0, 0.0, 0.0], [1.0, 0.0, 2.0], [0.0, 0.0, 0.0]]
    half = bg.make_protocol("refreshed", base=Effort(), rate=0.5)
    assert [row[0] for row in scores(half, spent)] == [0.0, 1.0, 1.5, 0.75]
    assert [row[2] for row in scores(half, spent)] == [0.0, 0.0, 2.0, 1.0]
    never = bg.make_protocol("refreshed", base=Effort(), rate=0)
    assert [row[0] for row in scores(never, spent)] == [0.0, 1.0, 2.0, 2.0]


@few
@given(games(), seeds)
def test_a_test_renewed_wholly_is_the_base(game: bg.Game, seed: int) -> None:
    efforts, revised = stories(game, 3, seed)
    rule, base = bg.make_protocol("refreshed", rate=1), DIRECT
    assert_same(boards(rule, game, efforts, revised), boards(base, game, efforts))


# --- first look --------------------------------------------------------------------------------


def test_first_looks_by_hand() -> None:
    shown = [[0.1, 0.1, 0.1], [0.2, 0.1, 0.1], [0.9, 0.3, 0.1], [0.9, 0.9, 0.4]]
    revised = [[False] * 3, [True, False, False], [True, True, False], [True, True, True]]
    rule = bg.make_protocol("first-look", base=Effort())
    assert scores(rule, shown, revised)[-1] == [0.2, 0.3, 0.4]
    assert scores(rule, shown, revised)[1] == [0.2, 0.1, 0.1]


def test_the_environment_locks_by_turns() -> None:
    # Worst quality first: round 1 locks developer 2 and round 2 developer 1; round 4 is 2's again.
    env = bg.vector_env(three(), "first-look", num_envs=1, horizon=6, revision="alternating")
    env.reset(0)
    seen = [env.step(np.full((1, 3), a))[4]["score"][0].tolist() for a in (0.0, 1.0, -1.0, 1.0, 1.0)]
    # Axis: (a + 1) / 2 of effort 1, so 0.5, then 1, then 0.
    locked = [1 - math.exp(-1.0), 1 - math.exp(-1.75), 1 - math.exp(-1.0)]
    assert seen[2] == seen[3] == seen[4] == pytest.approx(locked)


# --- ladders -----------------------------------------------------------------------------------


def test_a_ladder_by_hand() -> None:
    # 0.4 shown; 0.5 is not above 0.4 + 0.1; 0.56 is, and shows 0.6; what is worse shows nothing.
    rule = bg.make_protocol("ladder", base=Effort(), step=0.1)
    rounds = [[0.42, 0.0, 0.0], [0.5, 0.0, 0.0], [0.56, 0.0, 0.0], [0.3, 0.0, 0.0], [0.69, 0.0, 0.0]]
    shown = [row[0] for row in scores(rule, rounds)]
    assert shown == pytest.approx([0.4, 0.4, 0.6, 0.6, 0.6])


def test_a_ladder_without_steps_by_hand() -> None:
    # items 100, best 0.5: 0.56 needs 0.5 + sqrt((0.2464 + 0.25) / 100) = 0.5705, 0.58 needs 0.5703.
    rule = bg.make_protocol("ladder-free", base=Effort(), items=100)
    rounds = [[0.5, 0.0, 0.0], [0.56, 0.0, 0.0], [0.58, 0.0, 0.0], [0.2, 0.0, 0.0]]
    assert [row[0] for row in scores(rule, rounds)] == [0.5, 0.5, 0.58, 0.58]


@few
@given(games(), seeds)
def test_a_tiny_step_shows_the_running_best(game: bg.Game, seed: int) -> None:
    efforts, _ = stories(game, 3, seed)
    found = [board.scores for board in boards(bg.make_protocol("ladder", step=1e-9), game, efforts)]
    best = np.maximum.accumulate(game.curves.score(efforts))
    # A step, half of one in rounding, and half a step of the grid.
    np.testing.assert_allclose(found, best, rtol=1e-7, atol=2e-9 + 2**-24)


def test_the_ladder_takes_the_luck_out_of_trying_again() -> None:
    # Thirty tests of an unchanged model of accuracy 1/2: with hardly a step the best test is shown; with
    # a step of 1/2 every score from 0.26 to 0.74 shows 0.5, and no more than 0.5 + 0.5 can be scored.
    still = bg.Game(bg.curves.Tabulated([[0.0, 1.0]], [[0.5, 0.5]]), bg.LinearCost(), [1.0])
    efforts, climbs = np.zeros((30, 2000, 1)), {}
    for step in (1e-6, 0.5):
        rule = bg.make_protocol("finite-test+ladder", items=100, step=step)
        found = boards(rule, still, efforts)
        climbs[step] = found[-1].scores.mean() - found[0].scores.mean()
    # E of the best of 30 is 2.04 standard deviations of 0.05 above the mean (normal order statistics).
    assert climbs[1e-6] == pytest.approx(2.04 * 0.05, abs=0.01)
    assert climbs[0.5] == 0


# --- incumbent's margin ------------------------------------------------------------------------


def tops(rule: Any, shown: Any) -> list[int]:
    return [int(board.ranks.argmin()) for board in boards(rule, three(), shown)]


def test_incumbents_by_hand() -> None:
    rule = bg.make_protocol("incumbent-margin", base=Effort(), margin=0.1, decay=math.log(2))
    rounds = [
        [0.5, 0.5, 0.3],  # the first on top: the higher quality of equals
        [0.5, 0.54, 0.3],  # age 1, margin 0.05: stays
        [0.5, 0.54, 0.3],  # age 2, margin 0.025: goes
        [0.58, 0.54, 0.3],  # new age 1, margin 0.05: stays
        [0.6, 0.54, 0.7],  # margin 0.025: two clear it, the highest goes on top
        [0.74, 0.54, 0.7],  # age 1 again
    ]
    assert tops(rule, rounds) == [0, 0, 1, 1, 2, 2]
    third = boards(rule, three(), rounds)[3]
    assert third.ranks.tolist() == [2, 1, 3]
    assert third.prizes.tolist() == [0.4, 1.0, 0.0]
    assert np.round(third.scores, 6).tolist() == rounds[3]


def test_the_top_is_never_shared_and_the_rest_may_be() -> None:
    rule = bg.make_protocol("incumbent-margin", base=Effort("split"), margin=0.0)
    first, second = boards(rule, three(), [[0.2, 0.5, 0.2], [0.5, 0.5, 0.5]])
    assert first.ranks.tolist() == [2, 1, 2]
    assert first.prizes.tolist() == pytest.approx([0.2, 1.0, 0.2])  # (0.4 + 0) / 2
    assert second.ranks.tolist() == [2, 1, 2]


@few
@given(games(), seeds)
def test_no_margin_is_the_base_but_for_ties_at_the_top(game: bg.Game, seed: int) -> None:
    efforts, _ = stories(game, 4, seed)
    rule = bg.make_protocol("incumbent-margin", margin=0)
    found, base = (boards(r, game, efforts) for r in (rule, DIRECT))
    for mine, plain in zip(found, base, strict=True):
        shown = plain.scores
        on_top = np.take_along_axis(shown, mine.ranks.argmin(axis=-1)[..., None], axis=-1)[..., 0]
        np.testing.assert_array_equal(on_top, shown.max(axis=-1))
        alone = (shown == shown.max(axis=-1, keepdims=True)).sum(axis=-1) == 1
        np.testing.assert_array_equal(mine.ranks[alone], plain.ranks[alone])


def test_ties_at_the_top_go_to_the_incumbent() -> None:
    rule = bg.make_protocol("incumbent-margin", base=Effort(), margin=0)
    assert tops(rule, [[0.1, 0.1, 0.5], [0.5, 0.5, 0.5], [0.5, 0.6, 0.5], [0.6, 0.6, 0.6]]) == [
        2,
        2,
        1,
        1,
    ]


# --- tests of items ----------------------------------------------------------------------------


def test_shared_items_keep_the_order_and_the_chances() -> None:
    game, draws, items = three(), 20_000, 8
    rule = bg.make_protocol("shared-test", items=items)
    board = rule.evaluate(game, np.zeros((draws, 3)), np.random.default_rng(0))
    solved, p = board.scores * items, game.curves.score(np.zeros(3))
    assert (np.diff(solved, axis=1) <= 0).all()  # better models first
    _, chances = bg.make_protocol("finite-test", items=items).distribution(game, np.zeros(3))
    seen = (solved[:, :, None] == np.arange(items + 1)).mean(axis=0)
    # Five standard errors; counts below 5 / draws may be missed.
    assert (np.abs(seen - chances) <= 5 * np.sqrt(chances * (1 - chances) / draws) + 5 / draws).all()
    # Two models tie where no item lies between them: (1 - |p_1 - p_2|)^items.
    tie = (1 - (p[0] - p[1])) ** items
    error = 5 * math.sqrt(tie * (1 - tie) / draws)
    assert (solved[:, 0] == solved[:, 1]).mean() == pytest.approx(tie, abs=error)


@pytest.mark.parametrize("ties", ["quality", "split"])
@pytest.mark.parametrize("chances", [[0.8, 0.5, 0.1], [0.2, 0.9, 0.6], [0.4, 0.7, 0.4], [1.0, 0.0, 1.0]])
def test_expected_prizes_of_a_shared_test_by_counting(chances: list[float], ties: str) -> None:
    # Each of three items falls into one of the intervals between the chances, as often as these are
    # wide: all ways are listed, and the board of each is made by hand.
    game, rule = three(), bg.make_protocol("shared-test", base=Effort(), items=3, ties=ties)
    ends = [0.0, *sorted(chances), 1.0]
    expected = np.zeros(3)
    for cells in itertools.product(range(4), repeat=3):
        chance = math.prod(ends[k + 1] - ends[k] for k in cells)
        solved = [sum(ends[k] < own for k in cells) / 3 for own in chances]
        expected += chance * np.array(award_all(solved, game.prizes.tolist(), ties))
    found = rule.expected_prizes(game, np.array([chances] * 2))
    np.testing.assert_allclose(found, [expected] * 2, rtol=0, atol=1e-12)


def test_copies_have_items_of_their_own() -> None:
    board = RULES["shared-test-quality"].evaluate(three(), np.zeros((50, 3)), np.random.default_rng(0))
    assert len(np.unique(board.scores[:, 0])) > 5


def test_confidence_ranks_by_hand() -> None:
    # items 100, z 1.96. 0.9: [0.841, 0.959]; 0.85: [0.780, 0.920]; 0.7: [0.610, 0.790].
    # Only 0.9 is clear of 0.7, so ranks 1, 1, 2; the two on top share 1 and 0.4, place 3 wins 0.
    rule = bg.make_protocol("confidence-ranks", items=100, z=1.96)
    board = rule.award(three(), np.array([0.9, 0.85, 0.7]))
    assert board.ranks.tolist() == [1, 1, 2]
    assert board.prizes.tolist() == pytest.approx([0.7, 0.7, 0.0])
    # 0.6: [0.504, 0.696], below both: rank 3. And 0.85, 0.9, 0.8 are all alike: a third of 1.4 each.
    assert rule.award(three(), np.array([0.9, 0.85, 0.6])).ranks.tolist() == [1, 1, 3]
    board = rule.award(three(), np.array([0.85, 0.9, 0.8]))
    assert board.ranks.tolist() == [1, 1, 1]
    assert board.prizes.tolist() == pytest.approx([1.4 / 3] * 3)


@given(st.integers(1, 40), st.floats(0, 4), seeds)
def test_a_higher_score_never_ranks_below_a_lower_one(items: int, z: float, seed: int) -> None:
    # The upper bound falls near a score of 1, but stays above 1 there, out of every lower bound's reach.
    rule, rng = bg.make_protocol("confidence-ranks", items=items, z=z), np.random.default_rng(seed)
    game = bg.load_game("five")
    shares = np.sort(rng.integers(0, items + 1, (20, 5)) / items, axis=-1)[:, ::-1]
    board = rule.award(game, shares)
    assert (np.diff(board.ranks, axis=-1) >= 0).all()
    assert (np.diff(board.prizes, axis=-1) <= 1e-12).all()
    np.testing.assert_allclose(board.prizes.sum(axis=-1), game.prizes.sum(), rtol=0, atol=1e-12)


@few
@given(games(), seeds)
def test_without_width_confidence_ranks_are_a_finite_test_with_split_ties(
    game: bg.Game, seed: int
) -> None:
    plain = bg.make_protocol("finite-test", items=10, ties="split")
    assume(suits(plain, game))
    efforts, _ = stories(game, 4, seed)
    wide = bg.make_protocol("confidence-ranks", items=10, z=0)
    assert_same(boards(wide, game, efforts, seed=seed), boards(plain, game, efforts, seed=seed))


# --- best of k ---------------------------------------------------------------------------------


@few
@given(games(), seeds)
def test_the_best_of_one_is_the_test(game: bg.Game, seed: int) -> None:
    test, best = (bg.make_protocol(name, items=10, **kind) for name, kind in
                  (("finite-test", {}), ("finite-test+best-of", {"k": 1})))  # fmt: skip
    assume(suits(test, game))
    efforts, _ = stories(game, 4, seed)
    assert_same(boards(best, game, efforts, seed=seed), boards(test, game, efforts, seed=seed))
    (shares, mine), (same_shares, its) = (r.distribution(game, efforts) for r in (best, test))
    np.testing.assert_array_equal(shares, same_shares)
    np.testing.assert_allclose(mine, its, rtol=0, atol=1e-14)


def test_the_best_of_some_by_hand() -> None:
    # One item, accuracy a: the best of k fails if all fail, (1 - a)^k.
    game, k = three(), (1, 2, 5)
    rule = bg.make_protocol("finite-test+best-of", items=1, k=k)
    shares, chances = rule.distribution(game, np.zeros(3))
    fails = [(1 - a) ** tests for a, tests in zip(game.curves.score(np.zeros(3)), k, strict=True)]
    assert shares.tolist() == [0, 1]
    assert chances[:, 0] == pytest.approx(fails)
    assert chances.sum(axis=-1) == pytest.approx([1, 1, 1])


def test_the_best_of_some_is_drawn_from_its_distribution() -> None:
    game, draws, efforts = three(), 20_000, np.array([0.0, 0.2, 0.6])
    rule = bg.make_protocol("finite-test+rounded+best-of", items=30, decimals=1, k=(4, 1, 2))
    found = rule.evaluate(game, np.tile(efforts, (draws, 1)), np.random.default_rng(0)).scores
    shares, chances = rule.distribution(game, efforts)
    for share in np.unique(shares):
        chance = chances[:, shares == share].sum(axis=-1)
        seen = (found == publish(share)).mean(axis=0)
        assert (np.abs(seen - chance) <= 5 * np.sqrt(chance * (1 - chance) / draws) + 5 / draws).all()


# --- rules over rules --------------------------------------------------------------------------

FITTING = {
    "tune-before-test+finite-test+rounded": {"level": 0.5, "items": 30, "decimals": 1},
    "finite-test+ladder": {"items": 30, "step": 0.05},
    "finite-test+ladder-free": {"items": 30},
    "tune-before-test+capped": {"level": 0.5, "effort": 0.25},
    "refreshed+confidence-ranks": {"rate": 0.5, "items": 30},
    "tune-before-test+refreshed+shared-test": {"level": 0.5, "rate": 0.5, "items": 30},
    "shared-test+best-of+incumbent-margin": {"items": 30, "k": 2, "margin": 0.05},
    "refreshed+capped+first-look+rounded": {"rate": 0.5, "effort": 0.25, "decimals": 2},
    "ladder+ladder": {"step": 0.05},
}


@pytest.mark.parametrize("name", FITTING)
def test_rules_that_fit_play_whole_episodes_in_bounds(name: str) -> None:
    rule = bg.make_protocol(name, **FITTING[name])
    env = bg.vector_env(GAMES["five-with-ties"](), rule, num_envs=3, horizon=4, revision="random")
    assert env.observer.layout.bounded_scores
    observations, infos = env.reset(0)
    low, high = env.observer.layout.bounds()
    for _ in range(9):
        assert ((low <= observations) & (observations <= high)).all()
        assert infos["prize"].sum(axis=1) == pytest.approx([2.5] * 3)  # 1, 0.75, 0.5, 0.25 and 0
        observations, *_, infos = env.step(np.random.default_rng(1).uniform(-1, 1, (3, 5)))


def test_layers_are_as_noisy_stateful_and_exact_as_what_they_lie_over() -> None:
    for name, draws, remembers in [
        ("tune-before-test+finite-test+rounded", "independent", False),
        ("finite-test+ladder", "joint", True),
        ("tune-before-test+capped", "none", False),
        ("refreshed+confidence-ranks", "joint", True),
        ("refreshed+capped+first-look+rounded", "none", True),
    ]:
        rule = bg.make_protocol(name, **FITTING[name])
        assert (rule.traits.draws, rule.traits.remembers) == (draws, remembers)
        assert is_exact(rule) == (draws == "none" and not remembers)


def test_ties_are_the_bases_unless_given() -> None:
    assert bg.make_protocol("direct+capped", effort=1, ties="split").ties == "split"
    assert bg.make_protocol("rounded+capped", decimals=1, effort=1).ties == "split"
    assert bg.make_protocol("rounded+capped", decimals=1, effort=1, ties="quality").ties == "quality"
    assert (
        bg.make_protocol("first-look", base=("direct", {"ties": "split"}), ties="quality").ties
        == "quality"
    )


def test_a_parameter_goes_to_all_parts_that_have_it() -> None:
    rule = bg.make_protocol("finite-test+ladder-free", items=30)
    assert (rule.items, rule.base.items) == (30, 30)


@pytest.mark.parametrize(
    ("name", "parameters", "cost", "published"),
    [
        ("shared-test", {"items": 10}, {"items": 30}, {"items": 10}),
        ("confidence-ranks", {"items": 10}, {"items": 30}, {"items": 10, "z": 1.96}),
        ("rounded", {"decimals": 2}, {}, {"decimals": 2}),
        ("capped", {"effort": 2}, {}, {"effort": 2}),
        ("first-look", {}, {}, {}),
        ("ladder", {"step": 0.1}, {}, {"step": 0.1}),
        ("incumbent-margin", {"margin": 0.1}, {}, {"margin": 0.1, "decay": 0}),
        ("refreshed", {"rate": 0.2}, {"refresh": 0.2}, {"rate": 0.2}),
        ("refreshed+refreshed", {"rate": 0.2}, {"refresh": 0.4}, {"rate": 0.2}),
        ("finite-test+best-of", {"items": 10, "k": 4}, {"items": 120}, {"items": 10, "k": 4}),
        (
            "tune-before-test+finite-test+best-of",
            {"level": 5, "items": 10, "k": [1, 2, 3]},
            {"tuning": 30, "items": 60},  # (1 + 2 + 3) private tests of 10 items, each of a tuned model
            {"level": 5, "items": 10, "k_0": 1, "k_1": 2, "k_2": 3},
        ),
        ("finite-test+ladder-free", {"items": 10}, {"items": 30}, {"items": 10}),
        (
            "tune-before-test+shared-test+rounded",
            {"level": 5, "items": 10, "decimals": 1},
            {"tuning": 15, "items": 30},
            {"level": 5, "items": 10, "decimals": 1},
        ),
    ],
)
def test_costs_and_what_is_published(name: str, parameters: Any, cost: Any, published: Any) -> None:
    rule = bg.make_protocol(name, **parameters)
    assert rule.designer_cost(three()) == pytest.approx(cost)
    assert rule.published == published
    assert {type(value) for value in rule.published.values()} <= {float}


def test_a_step_that_rounds_1_up_shows_no_accuracies() -> None:
    # 1 / 0.6 = 1.67 rounds to 2 steps: 1.2 would be shown.
    assert not bg.make_protocol("ladder", step=0.6).traits.accuracies
    assert bg.make_protocol("ladder", step=0.4).traits.accuracies
    assert not bg.vector_env("duel", ("ladder", {"step": 0.6})).observer.layout.bounded_scores


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("shared-test", {"items": 0}, "items: .*>= 1, got 0"),
        ("finite-test+shared-test", {"items": 5}, "base: .*fixed score.*FiniteTest"),
        ("rounded", {"decimals": -1}, "decimals: .*>= 0, got -1"),
        ("rounded", {"decimals": 1.5}, "decimals: .*>= 0, got 1.5"),
        ("rounded", {"decimals": 16}, "decimals: .*<= 15, got 16"),
        ("confidence-ranks", {"items": 5, "z": -1}, "z: .*>= 0, got -1"),
        ("confidence-ranks", {"items": 5, "z": math.nan}, "z: .*got nan"),
        ("confidence-ranks", {"items": 5, "ties": "split"}, "'confidence-ranks' .*items, base, z;"),
        ("ladder", {"step": 0}, "step: .*> 0, got 0"),
        ("ladder-free", {"items": True}, "items: .*>= 1, got True"),
        ("incumbent-margin", {"margin": -0.1}, "margin: .*>= 0, got -0.1"),
        ("incumbent-margin", {"margin": 0.1, "decay": -1}, "decay: .*>= 0, got -1"),
        ("capped", {"effort": -1}, "effort: .*>= 0, got -1"),
        ("capped", {"effort": 1, "ties": "coin"}, "ties: .*'coin'.* quality, split"),
        ("refreshed", {"rate": 1.5}, "rate: .*<= 1, got 1.5"),
        ("refreshed", {"rate": -0.5}, "rate: .*>= 0, got -0.5"),
        ("best-of", {"k": 0}, "k: .*>= 1, got 0"),
        ("best-of", {"k": [2, 0]}, "k: .*>= 1, got 0"),
        ("best-of", {"k": 2.0}, "k: .*>= 1, got 2.0"),
        ("direct+best-of", {"k": 2}, "base: .*drawn without state, got Direct"),
        (
            "finite-test+ladder+best-of",
            {"k": 2, "items": 5, "step": 0.1},
            r"base: .*drawn without state, got Ladder\(base=FiniteTest",
        ),
        (
            "confidence-ranks+ladder",
            {"items": 5, "step": 0.1},
            "'ladder' .*Confidence.* last",
        ),
        (
            "incumbent-margin+rounded",
            {"margin": 0.1, "decimals": 1},
            "'rounded' .*Incumb",
        ),
        (
            "incumbent-margin+finite-test",
            {"margin": 0.1, "items": 3},
            "base: .*fixed score.*, got Incumb",
        ),
        ("ladder+direct", {"step": 0.1}, "'direct' .*another rule"),
        ("first-look", {"base": 3}, "protocol: .*got 3"),
    ],
)
def test_refused(name: str, parameters: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bg.make_protocol(name, **parameters)


def test_as_many_private_tests_as_developers() -> None:
    rule = bg.make_protocol("best-of", k=(1, 2))
    with pytest.raises(ValueError, match=r"k: 2 .*3 developers"):
        rule.evaluate(three(), np.zeros(3), np.random.default_rng(0))


@pytest.mark.parametrize("name", ["shared-test", "confidence-ranks", "best-of"])
def test_rules_that_draw_ask_for_a_stream(name: str) -> None:
    rule = bg.make_protocol(name, **protocol_class(name).example)
    with pytest.raises(ValueError, match=r"rng: .*generator"):
        rule.evaluate(three(), np.zeros(3))
