"""What is seen: the layout covers the vector, the bounds hold in play, every part by hand."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools.cases import ACTION_TYPES, GAMES, REVISIONS, SCALES, Noisy, kinds, rules, suits

import benchgame_env as bg
from benchgame_env.play.observation import ObservationLayout

KINDS = kinds() | {"noisy": Noisy()}
RULES = rules() | KINDS
ORDER = [
    "identity",
    "own_curve",
    "published",
    "own_effort",
    "own_score",
    "board_scores",
    "board_ranks",
    "turn",
    "rounds_left",
]


def reset(game: Any, protocol: Any = "direct", **settings: Any) -> tuple[bg.VectorEnv, np.ndarray]:
    vec = bg.vector_env(game, protocol, **({"num_envs": 2, "horizon": 4} | settings))
    return vec, vec.reset(0)[0]


def part(vec: bg.VectorEnv, observations: np.ndarray, name: str) -> Any:
    """The part of both developers' observations in the first copy, as lists."""
    return observations[0][:, vec.observer.layout.parts[name]].tolist()


# Layout


@given(n=st.integers(1, 60), published=st.integers(0, 5), bounded=st.booleans())
def test_the_parts_cover_the_vector_without_overlap(n: int, published: int, bounded: bool) -> None:
    layout = ObservationLayout(n, published, bounded)
    covered = [k for where in layout.parts.values() for k in range(where.start, where.stop)]
    assert covered == list(range(layout.size))
    assert list(layout.parts) == ORDER
    assert layout.size == 4 * n + 5 + published + 3  # identity, scores, ranks, turn; curve; singles


@given(n=st.integers(1, 20), published=st.integers(0, 3), bounded=st.booleans())
def test_bounds_are_float32_and_the_right_way_round(n: int, published: int, bounded: bool) -> None:
    layout = ObservationLayout(n, published, bounded)
    low, high = layout.bounds()
    assert low.dtype == high.dtype == np.float32
    assert low.shape == high.shape == (layout.size,)
    assert (low < high).all()
    scores = layout.parts["board_scores"]
    assert np.isfinite(high[scores]).all() == np.isfinite(low[scores]).all() == bounded


# Bounds in play


class Percent(bg.DeterministicProtocol):
    """Shows 100 times the accuracy: a fixed non-decreasing function of own effort, as allowed."""

    def score(self, game: bg.Game, efforts: Any) -> Any:
        return 100.0 * game.curves.score(efforts)

    def effort_for(self, game: bg.Game, scores: Any) -> Any:
        return game.curves.effort_for(np.asarray(scores) / 100.0)


@dataclass(frozen=True)
class Elo(bg.Protocol):
    """A drawn board on a scale of its own, around 1,000."""

    def evaluate(self, game: bg.Game, efforts: Any, rng: Any = None) -> bg.Board:
        scores = game.curves.score(efforts)
        return game.board(1000.0 + 400.0 * scores + rng.normal(size=scores.shape))


def check_bounds(vec: bg.VectorEnv, observations: np.ndarray) -> None:
    low, high = vec.observer.layout.bounds()
    assert observations.dtype == np.float32
    assert (observations >= low).all()
    assert (observations <= high).all()


def check_random_play(game: bg.Game, protocol: Any, **settings: Any) -> None:
    """Bounds hold at the ends of the action range, between them and at the end of an episode."""
    vec, observations = reset(game, protocol, **settings)
    rng, top = np.random.default_rng(0), vec.axis.levels - 1
    check_bounds(vec, observations)
    for _ in range(2 * vec.horizon):
        share = rng.choice([0.0, 1.0, rng.uniform()], size=(2, vec.n_developers))
        discrete = vec.axis.action_type == "discrete"
        observations, *_, infos = vec.step(np.rint(share * top) if discrete else 2 * share - 1)
        check_bounds(vec, observations)
        check_bounds(vec, infos.get("final_observation", observations))


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("action_type", ACTION_TYPES)
@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize("rule", KINDS)
@pytest.mark.parametrize("name", GAMES)
def test_bounds_contain_random_play(
    name: str, rule: str, revision: str, action_type: str, scale: str
) -> None:
    kind = {"revision": revision, "action_type": action_type, "action_scale": scale}
    check_random_play(GAMES[name](), RULES[rule], **kind)


@pytest.mark.parametrize("protocol", [Percent(), Elo()], ids=["percent", "elo"])
def test_bounds_contain_rules_that_show_scores_on_a_scale_of_their_own(protocol: Any) -> None:
    check_random_play(GAMES["duel"](), protocol)


@pytest.mark.parametrize("protocol", [Percent(), Elo()], ids=["percent", "elo"])
def test_scores_on_a_scale_of_their_own_are_seen_as_shown(protocol: Any) -> None:
    vec, _ = reset("duel", protocol)
    seen, _, _, _, infos = vec.step(np.array([[-1.0, 1.0], [0.0, 0.0]]))
    shown = seen[:, 0, vec.observer.layout.parts["board_scores"]]
    assert np.array_equal(shown, infos["score"].astype(np.float32))


def long_table() -> bg.Game:
    """Curves in points rather than accuracies: scores have no bounds that are known."""
    curves = bg.curves.Tabulated([[0.0, 1.0], [0.0, 1.0]], [[-3.0, 40.0], [-5.0, 55.0]])
    return bg.Game(curves, bg.LinearCost(1.0), [1.0, 0.0])


@pytest.mark.parametrize("rule", [name for name, rule in RULES.items() if suits(rule, long_table())])
def test_curves_that_are_no_accuracies_have_open_bounds(rule: str) -> None:
    check_random_play(long_table(), RULES[rule])
    vec, _ = reset(long_table(), RULES[rule])
    assert not vec.observer.layout.bounded_scores
    seen, infos = vec.reset(0)
    shown = seen[:, 0, vec.observer.layout.parts["board_scores"]]
    assert np.array_equal(shown, infos["score"].astype(np.float32))  # not clipped, noisy or not


@pytest.mark.parametrize(
    ("protocol", "bounded"), [("direct", True), (Noisy(), True), (Percent(), False), (Elo(), False)]
)
def test_only_rules_known_to_show_accuracies_have_closed_bounds(protocol: Any, bounded: bool) -> None:
    # A fixed rule is asked at both ends of the effort range, a drawn one says so itself.
    vec, _ = reset("duel", protocol)
    assert vec.observer.layout.bounded_scores == bounded


class Quadratic:
    """``v(x) = 1 - 1 / (2 + x^2)``, less 0.1 for the second; the square overflows far beyond use."""

    def score(self, effort: Any) -> Any:
        return 1 - 1 / (2 + np.asarray(effort, dtype=np.float64) ** 2) - np.array([0.0, 0.1])

    def effort_for(self, score: Any) -> Any:
        gap = np.maximum(1 - score - np.array([0.0, 0.1]), 1e-300)
        return np.sqrt(np.maximum(1 / gap - 2, 0.0))


def test_finding_the_bounds_warns_of_nothing() -> None:
    # Warnings are errors (pyproject.toml): a user's curve need not be silent at 1e300.
    vec, _ = reset(bg.Game(Quadratic(), bg.LinearCost(1.0), [1.0, 0.0]))
    assert vec.observer.layout.bounded_scores


# Every part, by hand


def f32(*values: float) -> list[float]:
    return np.array(values, dtype=np.float32).tolist()


def test_every_part_of_the_duel() -> None:
    vec, _ = reset("duel", ("tune-before-test", {"level": 0.25}), revision="alternating")
    seen, *_ = vec.step(np.array([[0.0, -0.5]] * 2))  # the turn of developer 1: effort 0.25
    curves = [[1 - math.exp(-(theta + k / 4)) for k in range(5)] for theta in (1.0, 0.5)]
    # theta + level + effort, published: whole multiples of 2^-23.
    scores = [round((1 - math.exp(-index)) * 2**23) / 2**23 for index in (1.25, 1.0)]
    assert part(vec, seen, "identity") == [[1, 0], [0, 1]]
    assert part(vec, seen, "own_curve") == [pytest.approx(curve, abs=1e-7) for curve in curves]
    assert part(vec, seen, "published") == [f32(math.log1p(0.25) / 10)] * 2
    assert part(vec, seen, "own_effort") == [[0.0], [0.25]]
    assert part(vec, seen, "own_score") == [[scores[0]], [scores[1]]]
    assert part(vec, seen, "board_scores") == [scores, scores]
    assert part(vec, seen, "board_ranks") == [[0.0, 1.0]] * 2
    assert part(vec, seen, "turn") == [[1.0, 0.0]] * 2
    assert part(vec, seen, "rounds_left") == [[0.75]] * 2


def test_ranks_run_from_0_to_1_and_ties_share_under_split() -> None:
    # Scores in quality order 1, 1, 0.75, 0.5, 0.5 (as theta): ranks 1 1 3 4 4 of 5, minus 1, by 4.
    vec, seen = reset(GAMES["five-with-ties"](), ("direct", {"ties": "split"}))
    assert part(vec, seen, "board_ranks") == [[0.0, 0.0, 0.5, 0.75, 0.75]] * 5
    vec, seen = reset(GAMES["five-with-ties"]())
    assert part(vec, seen, "board_ranks") == [[0.0, 0.25, 0.5, 0.75, 1.0]] * 5


def test_a_developer_alone_is_first() -> None:
    vec, seen = reset(GAMES["alone"]())
    assert part(vec, seen, "board_ranks") == [[0.0]]
    assert part(vec, seen, "identity") == [[1.0]]


def test_the_own_curve_follows_the_axis() -> None:
    # On the log scale the five positions are not evenly spaced in effort.
    vec, seen = reset("pythia-gsm8k", action_scale="log")
    where = np.array([0.0, 0.25, 0.5, 0.75, 1.0])[:, None]
    efforts = (10_001**where - 1) / 1e4 * vec.game.max_effort
    curves = vec.game.curves.score(efforts).T
    assert np.array(part(vec, seen, "own_curve")) == pytest.approx(curves, abs=1e-6)


def test_the_share_of_rounds_left_runs_from_1_to_0() -> None:
    vec, seen = reset("duel", horizon=4, auto_reset=False)
    shares = [part(vec, seen, "rounds_left")[0][0]]
    shares += [part(vec, vec.step(np.zeros((2, 2)))[0], "rounds_left")[0][0] for _ in range(4)]
    assert shares == [1.0, 0.75, 0.5, 0.25, 0.0]


@dataclass(frozen=True)
class Published(bg.DeterministicProtocol):
    """Parameters of every kind."""

    huge: float = 1.7e308
    debt: float = -3.0
    none: int = 0
    label: str = "not a number"

    def score(self, game: bg.Game, efforts: Any) -> Any:
        return game.curves.score(efforts)


def test_published_parameters_are_told_as_signed_logs() -> None:
    vec, seen = reset("duel", Published())
    told = f32(math.log1p(1.7e308) / 10, -math.log1p(3) / 10, 0.0)
    assert part(vec, seen, "published") == [told, told]
    check_bounds(vec, seen)


@pytest.mark.parametrize("rule", RULES)
def test_everything_published_is_seen(rule: str) -> None:
    vec, seen = reset("duel", RULES[rule])
    values = [math.copysign(math.log1p(abs(p)), p) / 10 for p in RULES[rule].published.values()]
    assert part(vec, seen, "published") == [f32(*values)] * 2


def test_observations_are_new_arrays() -> None:
    vec, seen = reset("duel")
    known = seen.copy()
    seen[:] = 77
    assert np.array_equal(vec.reset(0)[0], known)
