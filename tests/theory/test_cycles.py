"""Edgeworth cycles of best responses: the table of theory section 5, and what a cycle is."""

from __future__ import annotations

import numpy as np
import pytest
from tools.cases import evenly_spaced

import benchgame_env as bg
from benchgame_env.theory import best_response_cycle, recurrent_classes
from benchgame_env.theory.dynamics.path import NoRepetitionError


@pytest.mark.parametrize(
    ("n", "prizes", "order", "period", "peaks", "troughs"),
    [
        (2, [1, 0], "round-robin", 290, [0.497, 0.997], [0, 0]),
        (3, [1, 0.5, 0], "round-robin", 435, [0.497, 0.747, 0.997], [0, 0, 0]),
        (3, [1, 0.5, 0], "round-robin-down", 219, [0.497, 0.751, 0.997], [0, 0.253, 0]),
        (5, [1, 0.75, 0.5, 0.25, 0], "round-robin", 725, [0.497, 0.622, 0.747, 0.872, 0.997], [0] * 5),
    ],
)
def test_the_table_of_section_5(
    n: int, prizes: list[float], order: str, period: int, peaks: list[float], troughs: list[float]
) -> None:
    cycle = best_response_cycle(evenly_spaced(n, prizes), "direct", resolution=1e-3, order=order)
    assert cycle.period == period == len(cycle.states)
    # The table prints three decimals.
    assert cycle.peaks == pytest.approx(peaks, abs=6e-4)
    assert cycle.troughs == pytest.approx(troughs, abs=6e-4)


def test_the_period_grows_as_the_resolution_shrinks_and_peaks_converge() -> None:
    # Section 5: the period like 1 / resolution; in a duel peaks tend to e_1(T) = 0.5 and c^{-1}(g) = 1.
    coarse, fine = (best_response_cycle(bg.load_game("duel"), "direct", r) for r in (1e-3, 1e-4))
    assert fine.period / coarse.period == pytest.approx(10, rel=0.05)
    gaps = [np.abs(cycle.peaks - [0.5, 1.0]).max() for cycle in (coarse, fine)]
    assert gaps[1] < gaps[0] / 5


def test_a_pure_equilibrium_is_a_cycle_of_one() -> None:
    # Overtaking costs 0.5 and wins 0.4.
    cycle = best_response_cycle(bg.load_game("duel-small-prize"), "direct")
    assert cycle.period == 1
    assert not cycle.states.any()
    assert (cycle.misranked, cycle.cost) == (0.0, 0.0)


def test_from_elsewhere_best_responses_come_to_the_only_pure_equilibrium() -> None:
    cycle = best_response_cycle(bg.load_game("duel-small-prize"), "direct", start=[0.3, 0.9])
    assert cycle.period == 1
    assert not cycle.states.any()


def test_on_levels_the_cycle_stays_on_them_and_repeats() -> None:
    levels = np.linspace(0.0, 1.0, 41)
    cycle = best_response_cycle(bg.load_game("duel"), "direct", levels=levels)
    assert np.isin(cycle.states, levels).all()
    # From (0, 0) the weaker needs more than 0.5: level 21 of 40. The favourite ties at level 1, and so
    # on, each move one level up, until the weaker would need level 40 and gains nothing. It drops out
    # from 39, then the favourite from 19: 2 x 19 moves up, 2 down, in turns that are all taken.
    assert cycle.peaks == pytest.approx([19 / 40, 39 / 40])
    assert cycle.period == 40


def test_every_state_is_the_best_response_to_the_one_before() -> None:
    # A slow witness: try 20,001 efforts; nothing beats the move by more than a resolution costs.
    game = evenly_spaced(3)
    cycle = best_response_cycle(game, "direct", resolution=1e-2)
    grid = np.linspace(0.0, 1.0, 20_001)
    slack = 1e-2 / np.exp(-2.0)  # total efforts stay below 2, where the slope is exp(-2)
    for now, after in zip(cycle.states, np.roll(cycle.states, -1, axis=0), strict=True):
        changed = np.flatnonzero(now != after)
        assert changed.size <= 1
        for i in changed:
            tries = np.tile(now, (grid.size, 1))
            tries[:, i] = grid
            board = game.board(game.curves.score(tries))
            best = game.payoffs(board.prizes, tries)[:, i].max()
            reached = game.board(game.curves.score(after + 1e-12 * (np.arange(3) == i)))
            assert game.payoffs(reached.prizes, after)[i] >= best - slack


@pytest.mark.parametrize(
    ("settings", "culprit"),
    [
        ({"resolution": 0.0}, "resolution: .*> 0, got 0"),
        ({"order": "alphabetical"}, "'alphabetical'.* round-robin"),
        ({"order": [0, 2]}, r"order: .*0 to 1, got \[0, 2\]"),
        ({"start": [0.0]}, r"start: .*2 efforts.*got \[0.0*\]"),
        ({"start": [0.0, -1.0]}, r"start: .*within budget, got .*-1"),
        ({"levels": []}, r"levels: .*got shape \(0,\)"),
        ({"levels": [0.5, 0.0]}, r"levels: .*>= 0 .*got \[0.5, 0.0\]"),
    ],
)
def test_bad_input_names_the_culprit(settings: dict[str, object], culprit: str) -> None:
    with pytest.raises(ValueError, match=culprit):
        best_response_cycle(bg.load_game("duel"), "direct", **settings)  # type: ignore[arg-type]


def test_giving_up_is_said() -> None:
    with pytest.raises(NoRepetitionError, match="100 revisions"):
        best_response_cycle(bg.load_game("duel"), "direct", max_revisions=100)


def test_simultaneous_revision_cycles_too() -> None:
    # All answer the same board. In the duel they never want to move in the same round.
    cycle = best_response_cycle(bg.load_game("duel"), "direct", order="simultaneous")
    assert cycle.period > 1
    assert cycle.peaks == pytest.approx([0.497, 0.997], abs=6e-4)


# --- random order ------------------------------------------------------------------------------


def chain_by_hand(game: bg.Game, levels: np.ndarray) -> dict[tuple[float, ...], list[tuple[float, ...]]]:
    """A slow witness: what follows each profile of levels when each developer revises, by trying all
    levels in plain loops; of equal payoffs the least effort, and moves on strict gain only."""

    def payoff(profile: tuple[float, ...], i: int) -> float:
        board = game.board(game.curves.score(np.array(profile)))
        return float(board.prizes[i] - game.cost(np.array(profile))[i])

    def best(profile: tuple[float, ...], i: int) -> tuple[float, ...]:
        tries = [(*profile[:i], float(level), *profile[i + 1 :]) for level in levels]
        top = max(payoff(t, i) for t in tries)
        if top <= payoff(profile, i) + 1e-12:
            return profile
        return next(t for t in tries if payoff(t, i) >= top - 1e-12)

    known: dict[tuple[float, ...], list[tuple[float, ...]]] = {}
    waiting = [tuple(0.0 for _ in range(game.n_developers))]
    while waiting:
        profile = waiting.pop()
        if profile not in known:
            known[profile] = [best(profile, i) for i in range(game.n_developers)]
            waiting += known[profile]
    return known


def reachable(chain: dict[tuple[float, ...], list[tuple[float, ...]]], start: tuple[float, ...]) -> set:
    found, waiting = set(), [start]
    while waiting:
        profile = waiting.pop()
        if profile not in found:
            found.add(profile)
            waiting += chain[profile]
    return found


@pytest.mark.parametrize(
    ("game", "size"),
    [(evenly_spaced(2), 9), (evenly_spaced(3), 7), (evenly_spaced(3, [1, 0, 0]), 6)],
)
def test_recurrent_classes_against_a_slow_witness(game: bg.Game, size: int) -> None:
    levels = np.linspace(0.0, 1.0, size)
    chain = chain_by_hand(game, levels)
    # Recurrent: everything reachable from there leads back.
    reach = {profile: reachable(chain, profile) for profile in chain}
    expected = {
        frozenset(there) for profile, there in reach.items() if all(profile in reach[q] for q in there)
    }
    found = recurrent_classes(game, "direct", levels=levels)
    assert {frozenset(map(tuple, c.states.tolist())) for c in found} == expected
    assert sum(c.reached for c in found) == pytest.approx(1.0)
    for c in found:
        # In the long run what leaves a state is what comes into it.
        place = {tuple(state): k for k, state in enumerate(c.states.tolist())}
        inflow = np.zeros(c.period)
        for state, k in place.items():
            for after in chain[state]:
                inflow[place[after]] += c.chances[k] / game.n_developers
        np.testing.assert_allclose(inflow, c.chances, atol=1e-12)
        assert c.chances.sum() == pytest.approx(1.0)


def test_a_pure_equilibrium_is_the_only_recurrent_class() -> None:
    (alone,) = recurrent_classes(bg.load_game("duel-small-prize"), "direct", start=[0.3, 0.9])
    assert (alone.period, alone.reached, alone.chances.tolist()) == (1, 1.0, [1.0])
    assert not alone.states.any()


def test_in_a_duel_the_random_order_visits_the_round_robin_cycle() -> None:
    # Only one of two ever wants to move, so who is drawn changes how long a state lasts and no more.
    found = best_response_cycle(bg.load_game("duel"), "direct", order="random")
    cycle = best_response_cycle(bg.load_game("duel"), "direct")
    assert found.period == cycle.period == 290
    assert {tuple(s) for s in found.states} == {tuple(s) for s in cycle.states}
    assert (found.order, found.reached) == ("random", 1.0)


def test_too_many_profiles_are_refused() -> None:
    with pytest.raises(NoRepetitionError, match="100 profiles"):
        recurrent_classes(bg.load_game("duel"), "direct", max_states=100)


def test_equal_models_are_never_out_of_order() -> None:
    # All boards of twins are right; with a worse third one, those that have it above a twin are wrong.
    twins = best_response_cycle("twins", "direct", levels=np.linspace(0.0, 1.0, 11))
    assert twins.peaks.min() > 0.5  # they pass each other
    assert twins.misranked == 0.0
    game = bg.Game(bg.curves.Additive([1.0, 1.0, 0.5]), bg.LinearCost(1.0), [1.0, 0.5, 0.0])
    found = best_response_cycle(game, "direct", levels=np.linspace(0.0, 1.0, 11))
    ranks = game.board(game.curves.score(found.states)).ranks
    wrong = [max(board[0], board[1]) > board[2] for board in ranks.tolist()]
    assert 0.0 < np.mean(wrong) < 1.0
    assert found.misranked == pytest.approx(np.mean(wrong))
