"""The whole game in PettingZoo's dress: PettingZoo's own tests, who moves when, who is paid what."""

from __future__ import annotations

import math
import pickle
from typing import Any

import gymnasium
import numpy as np
import pettingzoo
import pytest
from pettingzoo.test import api_test, parallel_api_test, parallel_seed_test, seed_test
from pettingzoo.test.state_test import state_test
from tools.cases import ACTION_TYPES, REVISIONS
from tools.checks import same

import benchgame_env as bg
from benchgame_env.play.env import NUMBERS
from benchgame_env.stackelberg.registration import agent_by_agent
from benchgame_env.stackelberg.settings import settings_of

STABLE = 2 / (math.exp(0.5) - 1) - 1  # from here on the law duel is stable (theory section 13.1)
# A rule without parameters, one with, one with chance and one with memory: their boards differ in kind.
MIXED = ("direct", "tune-before-test", ("finite-test", {"items": 10}), ("ladder", {"step": 0.1}))
IDLE = {"developer_0": -1.0, "developer_1": -1.0}


def make(game: Any = "law-duel", **settings: Any) -> bg.StackelbergEnv:
    return bg.stackelberg_env(game, **({"announcements": 2, "revise_every": 3} | settings))


def mixed(**settings: Any) -> bg.StackelbergEnv:
    return make("scaling-laws", families=MIXED, levels=3, **settings)


def sample(env: Any, rng: np.random.Generator) -> dict[str, Any]:
    """Actions for the live agents, drawn from ``rng`` and not from the spaces' own streams."""
    return {
        agent: int(rng.integers(space.n))
        if isinstance(space, gymnasium.spaces.Discrete)
        else rng.uniform(-1, 1, 1).astype(np.float32)
        for agent, space in ((agent, env.action_space(agent)) for agent in env.agents)
    }


def play(env: Any, seed: int | None = 0, draws: int = 0) -> list[Any]:
    """Everything returned in an episode."""
    rng = np.random.default_rng(draws)
    outcomes: list[Any] = [(env.reset(seed=seed), env.state())]
    while env.agents:
        outcomes.append((env.step(sample(env, rng)), env.state()))
    return outcomes


def level(env: Any, value: float) -> bg.StackelbergEnv:
    """``env`` in the first round under the setting next to a level."""
    env.reset(seed=0)
    nearest = int(np.argmin([abs(rule.published["level"] - value) for rule in env.settings]))
    env.step({"designer": nearest} | IDLE)
    return env


# PettingZoo's own tests


@pytest.mark.filterwarnings("ignore:We recommend agents to be named")  # there is one designer
@pytest.mark.filterwarnings("ignore:.*different")  # spaces of designer and developers: see the card
@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize("action_type", ACTION_TYPES)
def test_pettingzoo(revision: str, action_type: str) -> None:
    kind = {"revision": revision, "action_type": action_type}
    parallel_api_test(mixed(**kind), num_cycles=20)
    parallel_seed_test(lambda: mixed(**kind))
    agents = {"game": "scaling-laws", "families": MIXED, "levels": 3, "revise_every": 2, **kind}
    api_test(agent_by_agent(**agents), num_cycles=20)
    seed_test(lambda: agent_by_agent(**agents))
    state_test(agent_by_agent(**agents), mixed(**kind), num_cycles=10)


@pytest.mark.skipif(not hasattr(pettingzoo, "register"), reason="PettingZoo before 1.27")
def test_it_is_in_the_registry() -> None:
    made = pettingzoo.make("parallel", "benchgame/stackelberg-v0", announcements=2, revise_every=3)
    assert same(play(made), play(make()))
    assert pettingzoo.make("aec", "benchgame/stackelberg-v0").possible_agents == make().possible_agents


# Who moves when


def test_the_designer_moves_first_and_then_every_few_rounds() -> None:
    env = make()
    outcomes = [returned for returned, _ in play(env)[1:]]
    acted = [infos["designer"]["turn"] for *_, infos in outcomes]
    assert acted == [1, 0, 0, 0, 1, 0, 0, 0]
    assert [infos["developer_1"]["turn"] for *_, infos in outcomes] == [1 - turn for turn in acted]
    settings = [infos["designer"]["setting"] for *_, infos in outcomes]
    assert settings[0] == settings[1] == settings[3] != settings[4] == settings[7]
    ends = [set(truncations.values()) for _, _, _, truncations, _ in outcomes]
    assert ends == [{False}] * 7 + [{True}]
    assert all(not any(terminations.values()) for _, _, terminations, *_ in outcomes)
    assert env.agents == []
    assert env.step({}) == ({}, {}, {}, {}, {})


def test_an_announcement_opens_a_board_at_zero_effort_and_pays_nobody() -> None:
    env = make()
    env.reset(seed=0)
    for step in range(5):
        _, rewards, _, _, infos = env.step(
            {agent: 1 if agent == "designer" else 1.0 for agent in env.agents}
        )
        efforts = {infos[agent]["effort"] for agent in env.developers}
        assert efforts == ({0.0} if step in (0, 4) else {2.0})  # 2 is what the prize is worth
        assert (set(rewards.values()) == {0.0}) == (step in (0, 4))


def test_everybody_sees_what_was_announced_before_it_counts() -> None:
    env = mixed()
    rng = np.random.default_rng(0)
    observations, infos = env.reset(seed=0)
    while env.agents:
        setting = int(infos["designer"]["setting"])
        rule = env.settings[setting]
        expected = {
            "announced": np.eye(len(env.settings))[setting],
            # The three rules with parameters have items, level, step; ties is no number.
            "parameters": [
                np.log1p(rule.published.get(name, 0.0)) / 10 for name in ("items", "level", "step")
            ],
        }
        for agent, seen in observations.items():
            parts = env.observation_parts[agent]
            for name, values in expected.items():
                assert seen[parts[name]] == pytest.approx(values)
        observations, *_, infos = env.step(sample(env, rng))


def test_the_clock() -> None:
    outcomes = play(make())
    parts = make().observation_parts
    for agent in make().possible_agents:
        seen = [returned[0][agent] for returned, _ in outcomes]
        read = {name: [vector[at].tolist() for vector in seen] for name, at in parts[agent].items()}
        assert read["designer_turn"] == [[k] for k in (1, 0, 0, 0, 1, 0, 0, 0, 1)]
        assert read["turn"] == [[k, k] for k in (0, 1, 1, 1, 0, 1, 1, 1, 0)]
        assert read["announcements_left"] == [[k] for k in (1, 0.5, 0.5, 0.5, 0.5, 0, 0, 0, 0)]
        left = [k[0] * 3 for k in read["rounds_left"]]
        assert left == pytest.approx([0, 3, 2, 1, 0, 3, 2, 1, 0])


# Who is paid what


@pytest.mark.parametrize("revision", REVISIONS)
def test_developers_play_the_subgame_of_the_rule_in_force(revision: str) -> None:
    env, rng = make("three", families=MIXED[:2], levels=3, revision=revision), np.random.default_rng(1)
    env.reset(seed=0)
    for setting in (2, 1):
        env.step(sample(env, rng) | {"designer": setting})
        subgame = bg.parallel_env("three", env.settings[setting], horizon=3, revision=revision)
        seen, _ = subgame.reset(seed=0)
        # Who is on turn is drawn: each setting has a stream of its own.
        while revision != "random" and subgame.agents:
            actions = sample(subgame, rng)
            seen, rewards, _, _, infos = subgame.step(actions)
            whole = env.step(actions | {"designer": 0})
            assert {agent: whole[1][agent] for agent in subgame.possible_agents} == rewards
            assert {agent: whole[4][agent] for agent in subgame.possible_agents} == infos
            for name, at in subgame.observation_parts.items():
                here = env.observation_parts["developer_1"].get(name)
                if here is not None and not (name == "turn" and not subgame.agents):
                    assert np.array_equal(whole[0]["developer_1"][here], seen["developer_1"][at])
        while revision == "random" and not env._is_turn:
            _, rewards, _, _, infos = env.step(sample(env, rng))
            assert rewards["developer_0"] == infos["developer_0"]["payoff"]


def test_the_designer_bears_the_loss_of_the_round() -> None:
    # Level 0: the second spends 2 of a pot of 2 and is on top: tau -1, all burnt.
    # Level 3: 2 does not overtake, which needs (e^.5 - 1) (1 + 3) = 2.59: only the burnt pot is lost.
    weights = {"tau": 0.5, "burnt": 0.25, "best_on_top": 2.0}
    env = make(levels=[0.0, 3.0], loss=weights, price=0.1)
    actions = IDLE | {"designer": 0, "developer_1": 1.0}
    _, rewards, _, _, infos = level(env, 0).step(actions)
    assert rewards["designer"] == pytest.approx(-(0.5 * 2 + 0.25 * 1 + 2.0))
    assert (infos["designer"]["tau"], infos["designer"]["burnt"]) == (-1, 1)
    _, rewards, _, _, infos = level(env, 3).step(actions)
    assert rewards["designer"] == pytest.approx(-(0.25 + 0.1 * 2 * 3))
    assert infos["designer"]["loss"] == -rewards["designer"]


# What clients need (see docs/environment.md and the tests of the subgame)


def test_episodes_are_the_same_bit_for_bit_and_other_seeds_differ() -> None:
    episodes = [play(mixed(revision="random", revise_every=8), seed) for seed in (3, 3, 4)]
    assert same(episodes[0], episodes[1])
    assert not same(episodes[0], episodes[2])
    env = mixed(revision="random", revise_every=8)
    first, second = play(env, 3), play(env, None)
    assert same(first, episodes[0])
    assert not same(second, first)
    again = mixed(revision="random", revise_every=8)
    assert same([play(again, 3), play(again, None)], [first, second])


def test_copies_pickled_before_the_first_reset_differ() -> None:
    frozen = pickle.dumps(mixed(revision="random", revise_every=16))
    first, second = (play(pickle.loads(frozen), None) for _ in range(2))
    assert not same(first, second)


@pytest.mark.parametrize("action_type", ACTION_TYPES)
def test_types_and_bounds(action_type: str) -> None:
    env = mixed(action_type=action_type)
    assert env.possible_agents == ["designer", "developer_0", "developer_1", "developer_2"]
    assert env.agents is not env.possible_agents
    for agent in env.possible_agents:
        assert env.observation_space(agent) is env.observation_spaces[agent]
        assert env.action_space(agent) is env.action_spaces[agent]
    assert env.observation_space("developer_0") == env.observation_space("developer_2")
    for returned, state in play(env):
        assert state.dtype == np.float32
        assert env.state_space.contains(state)
        for agent, seen in returned[0].items():
            assert seen.dtype == np.float32
            assert env.observation_space(agent).contains(seen)
        infos = returned[-1]
        assert tuple(infos["designer"]) == ("setting", "loss", "tau", "burnt", "turn")
        assert all(tuple(infos[agent]) == (*NUMBERS, "turn") for agent in env.developers)
        assert {type(value) for own in infos.values() for value in own.values()} <= {float, int}
        if len(returned) == 5:
            assert {type(reward) for reward in returned[1].values()} == {float}
            assert {type(flag) for flags in returned[2:4] for flag in flags.values()} == {bool}


def test_nothing_is_shared_between_calls() -> None:
    env, control, rng = make(), make(), np.random.default_rng(0)
    kept = env.reset(seed=0)
    control.reset(seed=0)
    while control.agents:
        for agent in env.possible_agents:
            kept[0][agent][:] = 77
            kept[-1][agent].clear()
        for returned in kept:
            returned["__all__"] = True  # as RLlib does
        actions = sample(control, rng)
        names = rng.permutation(list(actions)).tolist()
        kept = env.step({name: actions[name] for name in names})
        assert same(kept, control.step(actions))
        assert np.array_equal(env.state(), control.state())


@pytest.mark.parametrize(
    ("actions", "words"),
    [
        ({"designer": 10} | IDLE, "'designer': expected a setting from 0 to 9, got 10"),
        ({"designer": -1} | IDLE, "'designer': expected a setting"),
        ({"designer": 0.5} | IDLE, "'designer': expected a setting"),
        ({"designer": math.nan} | IDLE, "'designer': expected a setting"),
        ({"designer": "0"} | IDLE, "'designer': expected real numbers"),
        (IDLE, "no action for 'designer'"),
        ({"designer": 0, "developer_0": 0.0}, "no action for 'developer_1'"),
        (
            {"designer": 0, "nobody": 0.0} | IDLE,
            "action for 'nobody'; live agents: designer, developer_0",
        ),
        ({"designer": 0} | IDLE | {"developer_1": math.nan}, "'developer_1': expected a finite number"),
    ],
)
def test_what_means_nothing_is_an_error_and_nothing_is_played(actions: Any, words: str) -> None:
    env, control = make(), make()
    env.reset(seed=0), control.reset(seed=0)
    for _ in range(2):
        with pytest.raises(ValueError, match=words):
            env.step(actions)
        good = {"designer": np.array([3])} | IDLE
        assert same(env.step(good), control.step(good))
    with pytest.raises(ValueError, match="live agents: none"):
        finished(env).step(actions)


def finished(env: bg.StackelbergEnv) -> bg.StackelbergEnv:
    play(env)
    return env


def test_rendering_names_the_rule(capsys: pytest.CaptureFixture[str]) -> None:
    env = level(make(render_mode="ansi"), 0)
    assert str(env.render()).startswith("under TuneBeforeTest(level=0.0, ties='quality')\nround 0/3\n")
    assert level(make(render_mode="human"), 0).render() is None
    assert capsys.readouterr().out.startswith("under TuneBeforeTest(level=0.0")


# What can be announced


def test_levels_go_to_the_least_stable_one() -> None:
    levels = [rule.published["level"] for rule in settings_of(bg.load_game("law-duel"))]
    assert levels == pytest.approx(np.linspace(0, STABLE, 10), abs=1e-6)
    # Honest play of this duel is stable at no level (theory section 5): up to what the prize is worth.
    assert settings_of(bg.load_game("duel"), levels=3)[-1].published["level"] == 1


def test_families_are_those_of_the_optimal_design() -> None:
    coarse = ("tune-before-test+rounded", {"decimals": 1, "level": (0.0, None)})
    items = ("finite-test", {"items": [10, 20]})
    rules = settings_of(bg.load_game("five"), ("direct", coarse, items), levels=[1, 2])
    assert [repr(rule) for rule in rules] == [
        repr(bg.make_protocol("direct")),
        *(repr(bg.make_protocol(coarse[0], level=float(k), decimals=1)) for k in (1, 2)),
        *(repr(bg.make_protocol("finite-test", items=k)) for k in (10, 20)),
    ]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"families": ("direct",)}, "two settings"),
        ({"families": ("unknown",)}, "unknown"),
        ({"levels": 1}, "levels"),
        ({"levels": [1.0, -1.0]}, "level"),
        ({"max_level": -1.0}, "max_level"),
        ({"max_level": 0}, "max_level: the range begins at 0 and ends at 0"),
        ({"levels": [1.0, 2.0, 1.0]}, r"levels: TuneBeforeTest\(level=1.0, .*more than once"),
        ({"families": ("direct", "direct")}, "Direct.* more than once"),
        ({"families": (("tune-before-test", {"level": (3.0, 3.0)}),)}, "level: must be > 3, got 3"),
        ({"announcements": 0}, "announcements"),
        ({"revise_every": 0}, "revise_every"),
        ({"loss": {"money": 1.0}}, "money"),
        ({"price": -1.0}, "price"),
        ({"render_mode": "film"}, "render_mode"),
    ],
)
def test_unsuitable_arguments_are_named(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make(**settings)
