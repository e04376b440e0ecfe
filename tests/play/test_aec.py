"""The agent-by-agent form: the same play, and nobody takes a turn without effect."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pettingzoo
import pytest
from pettingzoo.utils.conversions import aec_to_parallel
from tools.cases import ACTION_TYPES, GAMES, REVISIONS, Noisy, kinds
from tools.checks import same

import benchgame_env as bg

KINDS = kinds() | {"noisy": Noisy()}


def kind(revision: str, rule: Any = "direct", **settings: Any) -> dict[str, Any]:
    game = GAMES["five-with-ties"]()
    return {"game": game, "protocol": rule, "revision": revision, "horizon": 12} | settings


def draw(space: Any, rng: np.random.Generator) -> Any:
    return int(rng.integers(space.n)) if hasattr(space, "n") else rng.uniform(-1, 1, 1)


@pytest.mark.parametrize("action_type", ACTION_TYPES)
@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize("rule", KINDS)
def test_the_play_is_that_of_the_parallel_environment(
    rule: str, revision: str, action_type: str
) -> None:
    settings = kind(revision, KINDS[rule], action_type=action_type)
    aec, parallel, rng = bg.env(**settings), bg.parallel_env(**settings), np.random.default_rng(0)
    for seed in (4, None):
        aec.reset(seed=seed)
        seen, infos = parallel.reset(seed=seed)
        check(aec, parallel, seen, infos)
        paid: dict[str, float] = dict.fromkeys(parallel.possible_agents, 0.0)
        while parallel.agents:
            # Whose turn it is not: an action at the other end, so that an effect of it would be seen.
            actions = {agent: draw(parallel.action_space(agent), rng) for agent in parallel.agents}
            movers = [
                a for a in parallel.agents if seen[a][parallel.observation_parts["turn"]][int(a[-1])]
            ]
            for agent in movers:
                assert aec.agent_selection == agent
                assert aec.last()[1] == pytest.approx(paid[agent], abs=1e-12)
                paid[agent] = 0.0
                aec.step(actions[agent])
            seen, rewards, terminated, truncated, infos = parallel.step(actions)
            assert same(aec.rewards, rewards)
            assert same(aec.terminations, terminated)
            assert same(aec.truncations, truncated)
            paid = {agent: paid[agent] + rewards[agent] for agent in paid}
            check(aec, parallel, seen, infos)
        for agent in parallel.possible_agents:  # everybody learns of the end, and of what it was paid
            assert aec.agent_selection == agent
            assert aec.last()[1] == pytest.approx(paid[agent], abs=1e-12)
            aec.step(None)
        assert aec.agents == []


def check(aec: Any, parallel: Any, seen: Any, infos: Any) -> None:
    """What both environments show."""
    assert same({agent: aec.observe(agent) for agent in seen}, seen)
    assert same(dict(aec.infos), infos)
    assert np.array_equal(aec.state(), parallel.state())


def asked(env: Any) -> list[str]:
    """Who is asked for an action in an episode."""
    names = []
    for agent in env.agent_iter():
        over = env.truncations[agent]
        env.step(None if over else 0.0)
        names += [] if over else [agent]
    return names


def test_in_turn_each_round_asks_one_developer_worst_quality_first() -> None:
    env = bg.env(**kind("alternating", horizon=7))
    env.reset(seed=0)
    assert asked(env) == [f"developer_{i}" for i in (4, 3, 2, 1, 0, 4, 3)]


def test_at_random_each_round_asks_one_developer_and_seeds_decide_which() -> None:
    env, episodes = bg.env(**kind("random", horizon=30)), []
    for seed in (0, 0, 1):
        env.reset(seed=seed)
        episodes.append(asked(env))
    assert [len(names) for names in episodes] == [30, 30, 30]
    assert episodes[0] == episodes[1] != episodes[2]  # two of these agree once in 5^30


def test_together_all_are_asked_best_quality_first() -> None:
    env = bg.env(**kind("simultaneous", horizon=2))
    env.reset(seed=0)
    assert asked(env) == 2 * env.possible_agents


@pytest.mark.parametrize("revision", REVISIONS)
def test_every_action_takes_effect(revision: str) -> None:
    env = bg.env(**kind(revision))
    env.reset(seed=0)
    rng = np.random.default_rng(0)
    last = {}
    for agent in env.agent_iter():
        if env.truncations[agent]:
            env.step(None)
            continue
        action = rng.uniform(-1, 1)
        env.step(action)
        last[agent] = (action + 1) / 2  # of the effort scale 1
        if env.rewards[agent]:  # the round was played
            for name, effort in last.items():
                assert env.infos[name]["effort"] == pytest.approx(effort)
    assert last


@pytest.mark.parametrize("revision", REVISIONS)
def test_bad_actions_name_the_agent_and_play_nothing(revision: str) -> None:
    env, twin = bg.env(**kind(revision)), bg.env(**kind(revision))
    env.reset(seed=0), twin.reset(seed=0)
    for _ in range(4):
        env.step(0.5), twin.step(0.5)
    agent = env.agent_selection
    with pytest.raises(ValueError, match=f"'{agent}': .*got nan"):
        env.step(np.nan)
    assert env.agent_selection == agent
    env.step(0.5), twin.step(0.5)
    assert same(dict(env.infos), dict(twin.infos))


@pytest.mark.parametrize("revision", REVISIONS)
def test_pickled_in_the_middle_of_an_episode(revision: str) -> None:
    env = bg.env(**kind(revision))
    env.reset(seed=3)
    for _ in range(7):
        env.step(0.25)
    copy = pickle.loads(pickle.dumps(env))
    assert asked(copy) == asked(env)


@pytest.mark.parametrize("revision", REVISIONS)
def test_the_way_back_is_the_parallel_environment(revision: str) -> None:
    env = bg.env(**kind(revision))
    assert isinstance(env, pettingzoo.AECEnv)
    assert isinstance(env.unwrapped, bg.BenchGameEnv)
    assert aec_to_parallel(env) is env.unwrapped
    assert env.metadata["is_parallelizable"] == (revision == "simultaneous")
    assert env.metadata["name"] == "benchgame_v1"
    assert env.unwrapped.metadata["is_parallelizable"]
