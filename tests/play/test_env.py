"""The PettingZoo dress: PettingZoo's own tests, what real clients need (design section 4), errors."""

from __future__ import annotations

import datetime
import importlib
import inspect
import itertools
import math
import pickle
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import gymnasium
import numpy as np
import pettingzoo
import pytest
from pettingzoo.test import (
    api_test,
    bombardment_test,
    max_cycles_test,
    parallel_api_test,
    parallel_seed_test,
    performance_benchmark,
    render_test,
    seed_test,
)
from pettingzoo.test.state_test import state_test
from pettingzoo.utils.wrappers import BaseWrapper
from tools.cases import (
    ACTION_TYPES,
    BY_SIZE,
    DIRECT,
    GAMES,
    REVISIONS,
    SCALES,
    Noisy,
    kinds,
    rules,
    tuned,
)
from tools.checks import same

import benchgame_env as bg

KINDS = kinds() | {"noisy": Noisy()}
RULES = rules() | KINDS
NUMBERS = ("effort", "score", "rank", "prize", "cost", "payoff", "turn")

# PettingZoo's tests run over all of it. Warnings are errors (pyproject.toml), theirs included.
every_rule = pytest.mark.parametrize("rule", RULES)
every_kind = pytest.mark.parametrize("rule", KINDS)
every_size = pytest.mark.parametrize("n", BY_SIZE)
every_revision = pytest.mark.parametrize("revision", REVISIONS)
every_action_type = pytest.mark.parametrize("action_type", ACTION_TYPES)
# Every setting under one rule of each kind, one of each setting under every other rule: see `kinds`.
every_kind_of_play = pytest.mark.parametrize(
    ("n", "rule", "revision", "action_type"),
    [
        *itertools.product(BY_SIZE, KINDS, REVISIONS, ACTION_TYPES),
        *((5, rule, "random", "continuous") for rule in RULES if rule not in KINDS),
    ],
)


def maker(n: int, rule: str, revision: str, action_type: str, horizon: int = 6) -> dict[str, Any]:
    """Arguments of `parallel_env` for one kind of play."""
    kind = {"revision": revision, "action_type": action_type, "horizon": horizon}
    return {"game": GAMES[BY_SIZE[n]](), "protocol": RULES[rule], **kind}


def make(game: Any = "duel", **settings: Any) -> bg.BenchGameEnv:
    return bg.parallel_env(game, **({"horizon": 4} | settings))


def five(**settings: Any) -> bg.BenchGameEnv:
    return make(GAMES["five-with-ties"](), **settings)


def sample(env: Any, rng: np.random.Generator) -> dict[str, Any]:
    """Actions for the live agents, drawn from ``rng`` and not from the spaces' own streams."""
    if env.vector.axis.action_type == "discrete":
        return {agent: int(rng.integers(env.action_space(agent).n)) for agent in env.agents}
    return {agent: rng.uniform(-1, 1, 1).astype(np.float32) for agent in env.agents}


def play(env: Any, rng: np.random.Generator) -> list[Any]:
    """Everything returned until the episode ends."""
    outcomes = []
    while env.agents:
        outcomes.append((env.step(sample(env, rng)), env.state()))
    return outcomes


# PettingZoo's own tests


@every_kind_of_play
def test_pettingzoo_parallel(n: int, rule: str, revision: str, action_type: str) -> None:
    kind = maker(n, rule, revision, action_type)
    parallel_api_test(bg.parallel_env(**kind), num_cycles=20)
    parallel_seed_test(lambda: bg.parallel_env(**kind))


@every_kind_of_play
def test_pettingzoo_agent_by_agent(n: int, rule: str, revision: str, action_type: str) -> None:
    kind = maker(n, rule, revision, action_type)
    api_test(bg.env(**kind), num_cycles=20)
    seed_test(lambda: bg.env(**kind))


@every_kind_of_play
def test_pettingzoo_state(n: int, rule: str, revision: str, action_type: str) -> None:
    kind = maker(n, rule, revision, action_type)
    state_test(bg.env(**kind), bg.parallel_env(**kind), num_cycles=10)


@pytest.mark.parametrize("revision", REVISIONS)
def test_pettingzoo_rendering(revision: str) -> None:
    pytest.importorskip("matplotlib")
    shown = {"ansi": lambda text: "rank" in text, "human": lambda result: result is None}
    kind = {"game": "three", "revision": revision}
    render_test(lambda render_mode: bg.env(render_mode=render_mode, **kind), custom_tests=shown)


def test_pettingzoo_episode_length() -> None:
    max_cycles_test(bg)  # the package is such a module: it has env and parallel_env


class StepReturnsNext(BaseWrapper):
    """What ``bombardment_test`` expects of ``step``.

    It keeps the result of ``step`` as the next observation, which PettingZoo's API has long made
    None: in 1.27 it fails on PettingZoo's own example environments.
    """

    def step(self, action: Any) -> Any:
        super().step(action)
        return self.last()[0]


@every_size
@every_action_type
def test_pettingzoo_bombardment(n: int, action_type: str) -> None:
    kind = maker(n, "direct-quality", "random", action_type, horizon=3)
    bombardment_test(StepReturnsNext(bg.env(**kind)), cycles=20)


def test_pettingzoo_performance_benchmark(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # It plays for five seconds; a clock that gains 10 ms per look makes that 500 rounds.
    clock = itertools.count(step=0.01)
    module = importlib.import_module("pettingzoo.test.performance_benchmark")
    monkeypatch.setattr(module, "time", SimpleNamespace(time=lambda: next(clock)))
    performance_benchmark(bg.env())
    turns, rounds = re.findall(r"([\d.]+) (?:turns|cycles) per second", capsys.readouterr().out)
    assert float(turns) == pytest.approx(2 * float(rounds))  # two developers


# Design section 4, point by point


@pytest.mark.parametrize(
    "form",
    [
        lambda a: np.array([a], dtype=np.float32),
        lambda a: np.array([a]),
        lambda a: np.array([[a]]),
        lambda a: np.array(a, dtype=np.float32),
        lambda a: np.float32(a),
        lambda a: np.float64(a),
        float,
        lambda a: [a],
        lambda a: (a,),
    ],
)
def test_point_1_a_box_action_in_any_shape_and_type(form: Callable[[float], Any]) -> None:
    env = make()
    env.reset(seed=0)
    *_, infos = env.step({"developer_0": form(0.25), "developer_1": form(-0.5)})
    # (a + 1) / 2 of the effort scale 1; both actions are exact in float32.
    assert [infos[agent]["effort"] for agent in env.possible_agents] == [0.625, 0.25]


@pytest.mark.parametrize(
    "form",
    [int, float, np.int64, np.int32, np.uint8, np.array, lambda k: np.array([k]), lambda k: [k]],
)
def test_point_1_a_level_in_any_shape_and_type(form: Callable[[int], Any]) -> None:
    env = make(action_type="discrete", effort_levels=5)
    env.reset(seed=0)
    *_, infos = env.step({"developer_0": form(3), "developer_1": form(1)})
    assert [infos[agent]["effort"] for agent in env.possible_agents] == [0.75, 0.25]


@pytest.mark.parametrize("form", ["float32", "bfloat16", "int64"])
def test_point_1_tensors(form: str) -> None:
    torch = pytest.importorskip("torch")
    env = make()
    env.reset(seed=0)
    dtype = getattr(torch, form)
    graph = torch.ones(1, dtype=dtype, requires_grad=dtype.is_floating_point)
    *_, infos = env.step({"developer_0": graph, "developer_1": torch.tensor(-1, dtype=dtype)})
    assert [infos[agent]["effort"] for agent in env.possible_agents] == [1.0, 0.0]


@pytest.mark.parametrize("far", [7, 1e9, np.float32(1e30), 10**30])
def test_point_1_finite_actions_out_of_range_are_clipped(far: Any) -> None:
    env = make(GAMES["budgets"]())
    env.reset(seed=0)
    *_, infos = env.step({agent: far for agent in env.agents})
    assert [infos[agent]["effort"] for agent in env.possible_agents] == env.game.max_effort.tolist()
    *_, infos = env.step({agent: -far for agent in env.agents})
    assert [infos[agent]["effort"] for agent in env.possible_agents] == [0.0, 0.0, 0.0]


def test_point_2_actions_are_read_by_name_in_any_order() -> None:
    env, shuffled, rng = five(), five(), np.random.default_rng(0)
    env.reset(seed=0), shuffled.reset(seed=0)
    while env.agents:
        actions = sample(env, rng)
        names = rng.permutation(list(actions)).tolist()
        assert same(env.step(actions), shuffled.step({name: actions[name] for name in names}))


def test_point_2_the_callers_actions_are_not_written() -> None:
    env = make()
    env.reset(seed=0)
    actions = {agent: np.full((1,), 3.0, dtype=np.float32) for agent in env.agents}  # gets clipped
    for action in actions.values():
        action.flags.writeable = False
    env.step(actions)
    assert list(actions) == ["developer_0", "developer_1"]
    assert [action.tolist() for action in actions.values()] == [[3.0], [3.0]]


@pytest.mark.parametrize("action_type", ACTION_TYPES)
def test_point_3_agents_and_spaces_before_reset(action_type: str) -> None:
    env = five(action_type=action_type)
    assert env.possible_agents == [f"developer_{i}" for i in range(5)]
    assert isinstance(env.agents, list)
    assert env.agents is not env.possible_agents
    assert set(env.observation_spaces) == set(env.action_spaces) == set(env.possible_agents)
    for agent in env.possible_agents:
        assert env.observation_space(agent) is env.observation_spaces[agent]
        assert env.action_space(agent) is env.action_spaces[agent]
        assert env.observation_space(agent).contains(env.observation_space(agent).sample())
        assert env.action_space(agent).contains(env.action_space(agent).sample())
    assert isinstance(env.state_space, gymnasium.spaces.Box)


@every_rule
def test_point_3_all_agents_have_the_same_spaces_always(rule: str) -> None:
    env = make(GAMES["budgets"](), protocol=RULES[rule])
    first = env.observation_space("developer_0"), env.action_space("developer_0")
    spaces = {agent: (env.observation_space(agent), env.action_space(agent)) for agent in env.agents}
    assert all(found == first for found in spaces.values())
    env.reset(seed=0)
    play(env, np.random.default_rng(0))
    env.reset()
    for agent, (observation, action) in spaces.items():
        assert env.observation_space(agent) is observation
        assert env.action_space(agent) is action


def test_point_3_a_changed_agents_list_does_not_touch_possible_agents() -> None:
    env = make()
    env.reset(seed=0)
    env.agents.clear()
    assert env.possible_agents == ["developer_0", "developer_1"]
    env.reset()
    assert env.agents == env.possible_agents
    assert env.agents is not env.possible_agents


@every_kind
@every_revision
def test_point_4_all_agents_end_together_by_truncation(rule: str, revision: str) -> None:
    env = five(protocol=RULES[rule], revision=revision)
    env.reset(seed=0)
    outcomes = play(env, np.random.default_rng(0))
    assert len(outcomes) == 4
    for t, (outcome, _) in enumerate(outcomes, start=1):
        _, _, terminations, truncations, _ = outcome
        assert [list(returned) for returned in outcome] == [env.possible_agents] * 5
        assert set(terminations.values()) == {False}
        assert set(truncations.values()) == {t == 4}
    assert env.agents == []
    assert env.num_agents == 0


def test_point_4_every_call_returns_fresh_dicts() -> None:
    env, control, rng = make(horizon=3), make(horizon=3), np.random.default_rng(0)
    kept = list(env.reset(seed=0))
    control.reset(seed=0)
    while control.agents:
        actions = sample(control, rng)
        for returned in kept:
            returned["__all__"] = True  # as RLlib does
        outcome = env.step(actions)
        assert not any(returned is old for returned in outcome for old in kept)
        assert same(outcome, control.step(actions))
        kept += outcome


@every_kind
@every_revision
def test_point_5_infos_are_numbers_under_the_same_keys(rule: str, revision: str) -> None:
    env = five(protocol=RULES[rule], revision=revision)
    _, infos = env.reset(seed=0)
    outcomes = play(env, np.random.default_rng(0))
    for found in [infos, *(outcome[4] for outcome, _ in outcomes)]:
        assert list(found) == env.possible_agents
        for numbers in found.values():
            assert tuple(numbers) == NUMBERS
            assert {type(value) for key, value in numbers.items() if key != "rank"} == {float}
            assert type(numbers["rank"]) is int
    assert {numbers["turn"] for numbers in infos.values()} == {0.0}  # nobody has acted yet


def test_point_5_nothing_is_shared_between_calls() -> None:
    env, control, rng = make(horizon=3), make(horizon=3), np.random.default_rng(0)
    observations, infos = env.reset(seed=0)
    control.reset(seed=0)
    while control.agents:
        for agent in env.possible_agents:
            observations[agent][:] = 77
            infos[agent].clear()
        assert np.array_equal(env.state(), control.state())
        actions = sample(control, rng)
        outcome, expected = env.step(actions), control.step(actions)
        assert same(outcome, expected)
        observations, infos = outcome[0], outcome[4]


@every_kind_of_play
def test_point_6_types_and_bounds(n: int, rule: str, revision: str, action_type: str) -> None:
    env = bg.parallel_env(**maker(n, rule, revision, action_type))
    opening, _ = env.reset(seed=0)
    outcomes = play(env, np.random.default_rng(0))
    for observations in [opening, *(outcome[0] for outcome, _ in outcomes)]:
        for agent, observation in observations.items():
            assert type(observation) is np.ndarray
            assert observation.dtype == np.float32
            assert env.observation_space(agent).contains(observation)
    for (_, rewards, terminations, truncations, _), _ in outcomes:
        assert {type(reward) for reward in rewards.values()} == {float}
        flags = [*terminations.values(), *truncations.values()]
        assert {type(flag) for flag in flags} == {bool}


def turns(env: Any) -> list[int]:
    """Whose turn it is in every round of an episode, read from the observations."""
    where, found = env.observation_parts["turn"], []
    observations = None
    while env.agents:
        observations, *_ = env.step({agent: 0.0 for agent in env.agents})
        found.append(int(observations["developer_0"][where].argmax()))
    return found


def random_turns() -> bg.BenchGameEnv:
    """Two independent episodes of it agree once in 5^30."""
    return five(revision="random", horizon=30)


def test_point_7_reset_without_a_seed_continues_the_stream() -> None:
    env, again = random_turns(), random_turns()
    episodes = []
    for seed in (2, None, None):
        env.reset(seed=seed)
        episodes.append(turns(env))
    assert episodes[0] != episodes[1] != episodes[2] != episodes[0]
    for seed, expected in zip((2, None, None), episodes, strict=True):
        again.reset(seed=seed)
        assert turns(again) == expected


def test_point_7_copies_pickled_before_the_first_reset_differ() -> None:
    # SuperSuit makes its copies so: a generator made in __init__ would make them twins.
    frozen, played = pickle.dumps(random_turns()), []
    for _ in range(2):
        env = pickle.loads(frozen)
        env.reset()
        played.append(turns(env))
    assert played[0] != played[1]


@pytest.mark.parametrize("options", [None, {}, {"unknown": [1]}])
def test_point_7_unknown_options_are_accepted_and_change_nothing(options: Any) -> None:
    assert same(make().reset(seed=1, options=options), make().reset(seed=1))


@every_kind
@every_size
def test_point_8_state_is_new_float32_and_inside_its_space(n: int, rule: str) -> None:
    env = bg.parallel_env(**maker(n, rule, "random", "continuous"))
    env.reset(seed=0)
    states = [env.state()]
    while env.agents:
        env.step(sample(env, np.random.default_rng(0)))
        states.append(env.state())  # also after the last step
    left = [float(state[env.state_parts["rounds_left"]][0]) for state in states]
    assert left == pytest.approx([k / 6 for k in range(6, -1, -1)])
    for state in states:
        assert state.dtype == np.float32
        assert env.state_space.contains(state)
    assert env.state() is not env.state()
    assert not np.shares_memory(env.state(), env.state())


def test_point_8_attributes() -> None:
    env = make()
    assert env.render_mode is None
    assert make(render_mode="ansi").render_mode == "ansi"
    assert not hasattr(env, "num_envs")
    assert env.unwrapped is env
    assert env.metadata["name"] == "benchgame_v1"
    assert set(env.metadata["render_modes"]) == {"human", "ansi", "rgb_array"}
    assert env.close() is None


@every_kind
@every_revision
@every_action_type
def test_point_8_pickled_in_the_middle_of_an_episode(rule: str, revision: str, action_type: str) -> None:
    env = five(protocol=RULES[rule], revision=revision, action_type=action_type, horizon=9)
    env.reset(seed=3)
    for _ in range(4):
        env.step(sample(env, np.random.default_rng(0)))
    copy = pickle.loads(pickle.dumps(env))
    assert same(copy.state(), env.state())
    for _ in range(2):  # the rest of this episode, and the next one of the same stream
        ahead = play(env, np.random.default_rng(1))
        assert ahead
        assert same(play(copy, np.random.default_rng(1)), ahead)
        assert same(copy.reset(), env.reset())


# Seeds, over whole episodes: PettingZoo's parallel_seed_test stops after one step


@every_kind
@every_revision
@every_action_type
def test_a_seed_determines_whole_episodes(rule: str, revision: str, action_type: str) -> None:
    runs = []
    for _ in range(2):
        env = five(protocol=RULES[rule], revision=revision, action_type=action_type, horizon=20)
        rng = np.random.default_rng(0)
        runs.append([(env.reset(seed=seed), play(env, rng)) for seed in (8, None, 8)])
    assert len(runs[0][0][1]) == 20
    assert same(runs[0], runs[1])


@pytest.mark.parametrize("random_thing", [{"revision": "random"}, {"protocol": Noisy()}])
def test_another_seed_gives_another_episode(random_thing: dict[str, Any]) -> None:
    runs = []
    for seed in (0, 1):
        env = five(horizon=20, **random_thing)
        runs.append([env.reset(seed=seed), play(env, np.random.default_rng(0))])
    assert not same(runs[0], runs[1])


# What is seen


def seen_by(agent: str, env: Any, efforts_of_others: float | None = None) -> list[Any]:
    """What one agent sees in an episode of random play (the others': random, or one action)."""
    rng, found = np.random.default_rng(0), [env.reset(seed=0)[0][agent]]
    while env.agents:
        actions = sample(env, rng)
        if efforts_of_others is not None:
            others = dict.fromkeys(env.agents, efforts_of_others)
            actions = others | {agent: actions[agent]}
        found.append(env.step(actions)[0][agent])
    return found


@every_kind
@every_revision
def test_nobody_sees_latent_qualities_or_names(rule: str, revision: str) -> None:
    game, kind = GAMES["five-with-ties"](), {"protocol": RULES[rule], "revision": revision}
    hidden = {"quality": [90.0, 7.0, 7.0, -1.0, -50.0], "names": ["e", "d", "c", "b", "a"]}
    other = bg.Game(game.curves, game.cost, game.prizes, **hidden)
    for agent in ("developer_0", "developer_3"):
        plain, changed = make(game, **kind), make(other, **kind)
        assert same(seen_by(agent, plain), seen_by(agent, changed))


def scaling_game(slopes: list[float]) -> bg.Game:
    """Scores at zero effort do not depend on the slope: log(1 + 0) = 0 (theory section 1)."""
    curves = bg.curves.ScalingLaw([0.1] * 3, [0.9, 0.85, 0.8], [-1.0, -1.5, -2.0], slopes)
    return bg.Game(curves, bg.LinearCost(1.0), [1.0, 0.5, 0.0], quality=[3, 2, 1])


@every_revision
def test_nobody_sees_the_curves_of_others(revision: str) -> None:
    # The others stay at zero effort, so the boards are the same and only their curves differ.
    plain = make(scaling_game([0.5, 0.5, 0.5]), revision=revision, horizon=12)
    changed = make(scaling_game([0.5, 0.9, 0.2]), revision=revision, horizon=12)
    assert same(seen_by("developer_0", plain, -1.0), seen_by("developer_0", changed, -1.0))
    # The changed developers themselves do see the difference, so there was something to hide.
    plain.reset(seed=0), changed.reset(seed=0)
    assert not same(seen_by("developer_1", plain, -1.0), seen_by("developer_1", changed, -1.0))


@every_revision
def test_the_turn_seen_is_who_can_change_its_effort(revision: str) -> None:
    env, rng = five(revision=revision, horizon=25), np.random.default_rng(0)
    observations, infos = env.reset(seed=0)
    where = env.observation_parts["turn"]
    while env.agents:
        views = {tuple(observation[where]) for observation in observations.values()}
        assert len(views) == 1  # everybody sees the same
        [turn] = views
        held = [infos[agent]["effort"] for agent in env.agents]
        asked = rng.uniform(0.001, 1.0, 5)  # never what is held
        names = env.possible_agents
        observations, _, _, _, infos = env.step(dict(zip(names, 2 * asked - 1, strict=True)))
        got = [infos[agent]["effort"] for agent in names]
        for k in range(5):
            assert got[k] == (pytest.approx(asked[k]) if turn[k] else held[k])
        assert [infos[agent]["turn"] for agent in names] == list(turn)  # whose turn it was


def test_everybody_sees_its_own_seat() -> None:
    env = five()
    observations, _ = env.reset(seed=0)
    where = env.observation_parts["identity"]
    seats = np.stack([observations[agent][where] for agent in env.possible_agents])
    assert np.array_equal(seats, np.eye(5))


# Efforts


@pytest.mark.parametrize("scale", SCALES)
def test_the_ends_of_the_action_range_are_no_effort_and_the_largest(scale: str) -> None:
    for settings, ends in (
        ({"action_type": "continuous"}, (-1.0, 1.0)),
        ({"action_type": "discrete", "effort_levels": 7}, (0, 6)),
    ):
        env = make("pythia-gsm8k", action_scale=scale, **settings)
        env.reset(seed=0)
        for action, share in zip(ends, (0.0, 1.0), strict=True):
            *_, infos = env.step({agent: action for agent in env.agents})
            efforts = [infos[agent]["effort"] for agent in env.possible_agents]
            assert efforts == (share * env.game.max_effort).tolist()


def test_reward_is_prize_minus_cost_of_the_effort_held() -> None:
    env = make(revision="alternating")
    env.reset(seed=0)
    # Round 1 is the turn of the weaker: effort 0.75 makes 1 - exp(-1.25), above 1 - exp(-1).
    _, rewards, *_ = env.step({"developer_0": 1.0, "developer_1": 0.5})
    assert rewards == {"developer_0": 0.0, "developer_1": 1.0 - 0.75}
    # Round 2: the better answers with 0.5, and the weaker goes on paying for what it holds.
    _, rewards, *_ = env.step({"developer_0": 0.0, "developer_1": -1.0})
    assert rewards == {"developer_0": 1.0 - 0.5, "developer_1": 0.0 - 0.75}


# Errors: each names the agent, and nothing is played


def check_refused(actions: dict[str, Any], message: str, action_type: str) -> None:
    """Refused in words, and not played: a twin that was never asked goes on alike."""
    env, twin = make(action_type=action_type), make(action_type=action_type)
    env.reset(seed=0), twin.reset(seed=0)
    with pytest.raises(ValueError, match=message):
        env.step(actions)
    good = {"developer_0": 0, "developer_1": 1}
    assert same(env.step(good), twin.step(good))


@pytest.mark.parametrize("action_type", ACTION_TYPES)
@pytest.mark.parametrize(
    ("actions", "message"),
    [
        ({"developer_0": 0, "developer_1": math.nan}, r"'developer_1': .*got nan"),
        ({"developer_0": -math.inf, "developer_1": 0}, r"'developer_0': .*got -inf"),
        ({"developer_0": np.array([np.nan]), "developer_1": 0}, r"'developer_0': .*got nan"),
        ({"developer_0": 0}, "action .*'developer_1'"),
        ({}, "action .*'developer_0'"),
        (
            {"developer_0": 0, "developer_1": 0, "developer_2": 0},
            "'developer_2'.* developer_0, developer_1",
        ),
        ({"developer_0": 0, "developer_1": 0, "__all__": 0}, "'__all__'.* developer_0, developer_1"),
        ({"developer_0": "much", "developer_1": 0}, r"'developer_0': .*'much'"),
        ({"developer_0": 0, "developer_1": []}, r"'developer_1': .*\[\]"),
        ({"developer_0": None, "developer_1": 0}, "'developer_0'"),
        ({"developer_0": 0, "developer_1": {}}, r"'developer_1': .*\{\}"),
        ({"developer_0": 10**400, "developer_1": 0}, r"'developer_0': .*1000"),
    ],
)
def test_bad_actions_name_the_agent_and_play_nothing(
    actions: dict[str, Any], message: str, action_type: str
) -> None:
    check_refused(actions, message, action_type)


@pytest.mark.parametrize(
    ("action", "named"),
    [
        (np.array([0.5, -1.0]), "0.5"),
        ([1.0, 0.0], "1.0, 0.0"),
        ([[1.0], [0.0, 1.0]], "1.0"),  # ragged
        (1 + 0j, "1"),
        (np.array([1 + 0j]), "1"),
        (np.ma.masked_array([1.0], mask=[True]), "masked"),
        (np.ma.masked_array([1.0], mask=[False]), "masked"),
        ("1", "'1'"),
        (np.array(["1"]), "'1'"),
        (b"1", "b'1'"),
        (np.array([b"1"]), "b'1'"),
        (datetime.date(2020, 1, 1), "2020"),
        (np.datetime64("2020-01-01", "ns"), "datetim"),
        (np.array(["2020-01-01"], dtype="M8[ns]"), "2020"),
        (np.timedelta64(1, "ns"), "1"),
    ],
)
@pytest.mark.parametrize("action_type", ACTION_TYPES)
def test_what_is_no_real_number_or_not_one_is_refused(action: Any, named: str, action_type: str) -> None:
    actions = {"developer_0": 0, "developer_1": action}
    check_refused(actions, f"'developer_1': .*{re.escape(named)}", action_type)


@pytest.mark.parametrize("action", [1.5, -1, 41, np.int64(41), np.array([-1])])
def test_what_is_no_level_is_refused(action: Any) -> None:
    value = float(np.asarray(action).item())
    actions = {"developer_0": 1, "developer_1": action}
    check_refused(actions, f"'developer_1': .* 0 to 40, got {value}", "discrete")


@pytest.mark.parametrize("seed", [-1, 0.5, "one"])
def test_a_bad_seed_is_named(seed: Any) -> None:
    with pytest.raises(ValueError, match=f"seed: .*{seed!r}"):
        make().reset(seed=seed)


def test_step_before_reset() -> None:
    with pytest.raises(RuntimeError, match="reset before step"):
        make().step({"developer_0": 0.0, "developer_1": 0.0})


@pytest.mark.parametrize("look", ["state", "render"])
def test_looking_before_reset_says_so(look: str) -> None:
    with pytest.raises(RuntimeError, match="reset"):
        getattr(make(render_mode="ansi"), look)()


def test_after_the_end_there_are_no_agents() -> None:
    env = make(horizon=1)
    env.reset(seed=0)
    env.step({"developer_0": 0.0, "developer_1": 0.0})
    assert env.agents == []
    assert env.step({}) == ({}, {}, {}, {}, {})
    with pytest.raises(ValueError, match=r"'developer_0'.* none"):
        env.step({"developer_0": 0.0, "developer_1": 0.0})
    observations, _ = env.reset()
    assert env.agents == list(observations) == env.possible_agents


def test_bad_settings() -> None:
    with pytest.raises(ValueError, match=r"render_mode: .*'film'.* human, ansi, rgb_array"):
        make(render_mode="film")
    with pytest.raises(ValueError, match=r"horizon: .*>= 1, got 0"):
        make(horizon=0)
    with pytest.raises(TypeError, match="colour"):
        make(colour="red")


# Rendering


def test_ansi_shows_the_board_in_board_order() -> None:
    env = make(bg.load_game("duel", names=["big", "small"]), render_mode="ansi")
    env.reset(seed=0)
    opening = env.render()
    env.step({"developer_0": -1.0, "developer_1": 1.0})
    rows = [line.split() for line in str(env.render()).splitlines()]
    assert str(opening).splitlines()[0] == "round 0/4"
    assert [row[:2] for row in rows] == [
        ["round", "1/4"],
        ["rank", "model"],
        ["1", "small"],
        ["2", "big"],
    ]
    # Scores 1 - exp(-1.5) = 0.777 and 1 - exp(-1) = 0.632; effort 1 costs the prize of 1.
    assert rows[2][2:] == ["0.777", "1", "0.0000"]
    assert rows[3][2:] == ["0.632", "0", "0.0000"]


def test_human_prints_what_ansi_returns(capsys: pytest.CaptureFixture[str]) -> None:
    human, ansi = make(render_mode="human"), make(render_mode="ansi")
    human.reset(seed=0), ansi.reset(seed=0)
    assert human.render() is None
    assert capsys.readouterr().out == f"{ansi.render()}\n"


def test_render_without_a_mode_warns() -> None:
    env = make()
    env.reset(seed=0)
    with pytest.warns(UserWarning, match="render_mode"):
        assert env.render() is None


# Doors


def test_doors_and_defaults() -> None:
    env = bg.parallel_env()
    assert isinstance(env, pettingzoo.ParallelEnv)
    assert isinstance(bg.env(), pettingzoo.AECEnv)
    assert env.game.names == bg.load_game("duel").names
    assert env.protocol == DIRECT
    for pair in (("tune-before-test", {"level": 3}), ["tune-before-test", {"level": 3}]):
        assert bg.parallel_env("duel", pair).protocol == tuned(3)


@pytest.mark.parametrize("door", [bg.parallel_env, bg.vector_env, bg.env])
def test_every_argument_is_named_and_explained(door: Any) -> None:
    parameters = inspect.signature(door).parameters
    assert {"game", "protocol", "horizon", "max_cycles", "revision", "action_type"} < set(parameters)
    assert not any(p.kind in (p.VAR_KEYWORD, p.VAR_POSITIONAL) for p in parameters.values())
    told = re.findall(r"^(\w+) : ", inspect.getdoc(door) or "", re.MULTILINE)
    assert sorted(told) == sorted(parameters)


@pytest.mark.parametrize("door", [bg.parallel_env, bg.vector_env, bg.env])
def test_max_cycles_is_the_horizon(door: Any) -> None:
    def rounds(**given: Any) -> int:
        made = door("duel", "direct", **given)
        return made.horizon if door is bg.vector_env else made.unwrapped.vector.horizon

    assert rounds() == 32
    assert rounds(horizon=5) == rounds(max_cycles=5) == rounds(horizon=5, max_cycles=5) == 5
    with pytest.raises(ValueError, match=r"horizon, max_cycles: two names .* got 32 and 5"):
        door("duel", "direct", horizon=32, max_cycles=5)
    with pytest.raises(ValueError, match=r"max_cycles: .*>= 1, got 0"):
        door("duel", "direct", max_cycles=0)
