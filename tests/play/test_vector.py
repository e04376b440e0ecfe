"""Many subgames at once: against the slow witness, and everything said about episodes and errors."""

from __future__ import annotations

import math
import pickle
import re
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tools.cases import ACTION_TYPES, GAMES, REVISIONS, SCALES, Noisy, kinds, rules, tuned
from tools.checks import same
from witnesses.episodes import Reference, Replay, award_all, rank_all

import benchgame_env as bg
from benchgame_env.game import COUNT_FROM, COUNT_UP_TO
from benchgame_env.rules import is_exact

RULES = rules()
# Scores of additive curves are all 1.0 in float64 at the example's 3,000 steps; here they differ.
KINDS = kinds() | {"tune-a-little": tuned(0.5)}
KINDS |= {"noisy": Noisy()}
FIXED = [name for name, rule in kinds().items() if rule.traits.draws == "none"]
INFOS = {"effort", "score", "rank", "prize", "cost", "payoff", "turn"}


def make(game: Any = "duel", protocol: Any = "direct", **settings: Any) -> bg.VectorEnv:
    return bg.vector_env(game, protocol, **({"num_envs": 3, "horizon": 4} | settings))


def random_actions(vec: bg.VectorEnv, rng: np.random.Generator) -> np.ndarray:
    """Actions ``[num_envs, n]``; many coincide (ties), some continuous ones lie beyond either end."""
    shape = (vec.num_envs, vec.n_developers)
    if vec.axis.action_type == "discrete":
        return rng.integers(vec.axis.levels, size=shape)
    anywhere, coarse = rng.uniform(-1.2, 1.2, shape), rng.choice([-2.0, -1.0, -0.5, 0.0, 1.0], shape)
    return np.where(rng.random(shape) < 0.5, anywhere, coarse)


def record(vec: bg.VectorEnv, rounds: int, rng: np.random.Generator) -> list[Any]:
    """Everything that ``rounds`` steps return, in order."""
    return [vec.step(random_actions(vec, rng)) for _ in range(rounds)]


# The witness


def test_the_witness_ranks_and_awards_by_hand() -> None:
    # 0.7 twice on top: the block covers prizes 1 and 0.5, the rest of the ranks follow.
    scores, prizes = [0.5, 0.7, 0.7, 0.2], [1.0, 0.5, 0.25, 0.0]
    assert rank_all(scores, "quality") == [3, 1, 2, 4]
    assert award_all(scores, prizes, "quality") == [0.25, 1.0, 0.5, 0.0]
    assert rank_all(scores, "split") == [3, 1, 1, 4]
    assert award_all(scores, prizes, "split") == [0.25, 0.75, 0.75, 0.0]


# The environment and the witness do the same float operations, so their numbers are equal, except:
# on the log scale Python's expm1 and NumPy's may differ by an ulp; under "split" the environment
# takes differences of a cumulative pot, the witness an exact sum. Both stay within a few ulps of
# the largest number involved, to which 1e-14 is relative.
ROUNDING = 1e-14
FLOAT32_STEP = 2.0**-23  # one such ulp of float64 may push a float32 observation to its neighbour


def check(actual: Any, expected: Any, tolerance: float) -> None:
    if tolerance:
        np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance)
    else:
        np.testing.assert_array_equal(actual, expected)


def drawn(vec: bg.VectorEnv, copy: int, infos: dict[str, Any]) -> Replay:
    """What the environment drew for this copy: what its rules leave open, nothing else."""
    turn = vec.turn[copy].tolist() if vec.revision == "random" else None
    if is_exact(vec.protocol):
        return Replay(turn)
    board = [infos[key][copy].tolist() for key in ("score", "rank", "prize")]
    return Replay(turn, (board[0], board[1], board[2]))


def check_copy(vec: bg.VectorEnv, copy: int, witness: Reference, seen: Any, infos: Any) -> None:
    inexact = ROUNDING if vec.axis.scale == "log" else 0.0
    shares = ROUNDING if witness.protocol.ties == "split" else 0.0
    for key, expected in witness.infos().items():
        money = shares if key in ("prize", "payoff") else 0.0
        check(infos[key][copy], expected, 0.0 if key in ("rank", "turn") else max(inexact, money))
    everybody = np.array([witness.observation(i) for i in range(witness.n)], dtype=np.float32)
    check(seen[copy], everybody, FLOAT32_STEP if inexact else 0.0)
    assert vec.turn[copy].tolist() == witness.turn
    everything = np.array(witness.state(), dtype=np.float32)
    check(vec.state()[copy], everything, FLOAT32_STEP if inexact else 0.0)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("action_type", ACTION_TYPES)
@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize("rule", KINDS)
@pytest.mark.parametrize("name", GAMES)
def test_agrees_with_the_witness(
    name: str, rule: str, revision: str, action_type: str, scale: str
) -> None:
    game, protocol, rng = GAMES[name](), KINDS[rule], np.random.default_rng(7)
    kind = {"action_type": action_type, "effort_levels": 5, "action_scale": scale}
    vec = bg.vector_env(
        game, protocol, num_envs=2, horizon=4, revision=revision, auto_reset=False, **kind
    )
    copies = [Reference(game, protocol, 4, revision, **kind) for _ in range(2)]  # type: ignore[arg-type]
    for seed in (1, None):
        observations, infos = vec.reset(seed)
        for k, witness in enumerate(copies):
            witness.reset(drawn(vec, k, infos))
            check_copy(vec, k, witness, observations, infos)
        for t in range(4):
            actions = random_actions(vec, rng)
            observations, rewards, ended, truncated, infos = vec.step(actions)
            assert np.array_equal(rewards, infos["payoff"])
            assert not ended.any()
            assert truncated.tolist() == [[t == 3] * game.n_developers] * 2
            for k, witness in enumerate(copies):
                witness.step(actions[k].tolist(), drawn(vec, k, infos))
                check_copy(vec, k, witness, observations, infos)


@pytest.mark.parametrize("n", [2, 5, COUNT_UP_TO, COUNT_UP_TO + 1])
@pytest.mark.parametrize("rule", ["direct-quality", "direct-split"])
def test_large_batches_agree_with_the_witness(rule: str, n: int) -> None:
    # Large batches are ranked by counting and observed in stretches: here three, the last not full.
    quality = np.linspace(1.0, 0.5, n)
    game = bg.Game(bg.curves.Additive(quality), bg.LinearCost(0.5), np.linspace(1.0, 0.0, n))
    copies = COUNT_FROM + 44
    kind = {"revision": "random", "action_type": "discrete", "effort_levels": 5}
    vec = bg.vector_env(game, RULES[rule], num_envs=copies, horizon=3, **kind)
    vec.observer.block = vec.observer.layout.size * n * 4 * 144
    rng = np.random.default_rng(0)
    openings = vec.reset(2)
    chosen = [0, 143, 144, 287, 288, copies - 1]
    witnesses = {k: Reference(game, RULES[rule], 3, **kind) for k in chosen}  # type: ignore[arg-type]
    for k, witness in witnesses.items():
        witness.reset(drawn(vec, k, openings[1]))
        check_copy(vec, k, witness, *openings)
    for _ in range(2):
        actions = random_actions(vec, rng)
        seen, _, _, _, infos = vec.step(actions)
        for k, witness in witnesses.items():
            witness.step(actions[k].tolist(), drawn(vec, k, infos))
            check_copy(vec, k, witness, seen, infos)


def test_ties_happen_in_the_comparison() -> None:
    # Otherwise the agreement above would say nothing about the tie rules.
    for rule, ranks in (("direct-quality", [1, 2]), ("direct-split", [1, 1])):
        _, infos = make("twins", RULES[rule], num_envs=1).reset(0)
        assert infos["rank"].tolist() == [ranks]


def test_dtypes_and_shapes() -> None:
    vec = make(GAMES["five-with-ties"](), num_envs=3)
    size = vec.observer.layout.size
    observations, infos = vec.reset(0)
    assert (observations.shape, observations.dtype) == ((3, 5, size), np.float32)
    observations, rewards, terminations, truncations, infos = vec.step(np.zeros((3, 5)))
    assert (observations.shape, observations.dtype) == ((3, 5, size), np.float32)
    assert (rewards.shape, rewards.dtype) == ((3, 5), np.float64)
    assert (terminations.shape, terminations.dtype) == ((3, 5), np.bool_)
    assert (truncations.shape, truncations.dtype) == ((3, 5), np.bool_)
    assert infos.keys() == INFOS
    assert {key: value.dtype.kind for key, value in infos.items() if value.shape == (3, 5)} == {
        key: {"rank": "i", "turn": "b"}.get(key, "f") for key in INFOS
    }
    # Five developers: curves 25, efforts, scores, ranks and turns 5 each, the rounds left.
    assert (vec.state().shape, vec.state().dtype) == ((3, 46), np.float32)


def test_a_trailing_axis_of_one_is_accepted() -> None:
    flat, deep = make(), make()
    flat.reset(0), deep.reset(0)
    actions = random_actions(flat, np.random.default_rng(0))
    assert same(flat.step(actions), deep.step(actions[..., None]))


class OnlyEvaluates:
    """The least that a protocol can be: no base class, its board is not a `Board`."""

    def evaluate(self, game: bg.Game, efforts: Any, rng: Any = None) -> Any:
        board = game.board(game.curves.score(efforts))
        return SimpleNamespace(scores=board.scores, ranks=board.ranks, prizes=board.prizes)


def test_a_protocol_needs_only_evaluate() -> None:
    bare, direct, rng = make(protocol=OnlyEvaluates()), make(), np.random.default_rng(0)
    assert same(bare.reset(0), direct.reset(0))
    for _ in range(5):
        actions = random_actions(direct, rng)
        assert same(bare.step(actions), direct.step(actions))


# Episodes


def part(vec: bg.VectorEnv, observations: np.ndarray, name: str) -> np.ndarray:
    return observations[..., vec.observer.layout.parts[name]]


@pytest.mark.parametrize("horizon", [1, 3])
def test_auto_reset_opens_the_next_episode_in_the_same_step(horizon: int) -> None:
    vec = make(horizon=horizon)
    opening, _ = vec.reset(0)
    for _ in range(horizon):
        observations, rewards, terminated, truncated, infos = vec.step(np.zeros((3, 2)))
    assert truncated.all()
    assert not terminated.any()
    # What is returned opens the next episode; simultaneous play of a fixed rule opens always alike.
    assert np.array_equal(observations, opening)
    # Rewards and infos still belong to the last round: action 0 is half of the effort scale 1.
    assert infos["effort"].tolist() == [[0.5, 0.5]] * 3
    assert rewards.tolist() == [[1.0 - 0.5, 0.0 - 0.5]] * 3
    final = infos["final_observation"]
    assert part(vec, final, "own_effort").tolist() == [[[0.5], [0.5]]] * 3
    assert (part(vec, final, "rounds_left") == 0).all()


def test_infos_say_whose_action_took_effect() -> None:
    vec = make(GAMES["five-with-ties"](), num_envs=50, horizon=7, revision="random")
    _, infos = vec.reset(0)
    assert infos["turn"].dtype == np.bool_
    assert not infos["turn"].any()  # before the first round nobody has acted
    for _ in range(15):  # over two ends of episodes
        on_turn = vec.turn.copy()
        *_, infos = vec.step(np.ones((50, 5)))
        assert np.array_equal(infos["turn"], on_turn)


@pytest.mark.parametrize("action_type", ACTION_TYPES)
def test_spaces_of_one_developer_are_those_of_the_parallel_environment(action_type: str) -> None:
    game, kind = GAMES["five-with-ties"](), {"action_type": action_type, "effort_levels": 7}
    vec, env = make(game, **kind), bg.parallel_env(game, **kind)
    assert vec.single_observation_space == env.observation_space("developer_3")
    assert vec.single_action_space == env.action_space("developer_3")
    assert vec.single_observation_space is vec.single_observation_space
    assert vec.single_action_space is vec.single_action_space
    assert vec.single_state_space == env.state_space
    seen, _ = vec.reset(0)
    assert all(vec.single_observation_space.contains(one) for one in seen.reshape(15, -1))


def test_only_the_last_step_of_an_episode_has_a_final_observation() -> None:
    vec = make(horizon=3)
    vec.reset(0)
    ends = ["final_observation" in vec.step(np.zeros((3, 2)))[4] for _ in range(7)]
    assert ends == [False, False, True, False, False, True, False]


def test_without_auto_reset_the_returned_observation_is_the_final_one() -> None:
    vec = make(horizon=2, auto_reset=False)
    vec.reset(0)
    *_, truncated, _ = vec.step(np.zeros((3, 2)))
    assert not truncated.any()
    observations, *_, truncated, infos = vec.step(np.zeros((3, 2)))
    assert truncated.all()
    assert (part(vec, observations, "rounds_left") == 0).all()
    assert infos.keys() == INFOS
    with pytest.raises(RuntimeError, match="reset before step"):
        vec.step(np.zeros((3, 2)))


@pytest.mark.parametrize("rule", KINDS)
@pytest.mark.parametrize("revision", REVISIONS)
def test_auto_reset_is_a_reset_after_every_last_step(rule: str, revision: str) -> None:
    # The same stream too: an episode opened by itself is the one that reset() would have opened.
    kind = {"protocol": KINDS[rule], "revision": revision}
    itself, by_hand = make(**kind), make(auto_reset=False, **kind)
    rng, opening = np.random.default_rng(0), by_hand.reset(5)
    assert same(itself.reset(5), opening)
    for t in range(1, 3 * by_hand.horizon + 1):
        actions = random_actions(itself, rng)
        seen, *outcome, infos = itself.step(actions)
        expected, *expected_outcome, expected_infos = by_hand.step(actions)
        assert same(outcome, expected_outcome)
        if t % by_hand.horizon == 0:
            assert same(infos.pop("final_observation"), expected)
            expected, _ = by_hand.reset()
        assert same(seen, expected)
        assert same(infos, expected_infos)


def test_a_reset_in_the_middle_opens_a_whole_episode() -> None:
    vec = make(horizon=3)
    opening, _ = vec.reset(0)
    vec.step(np.zeros((3, 2)))
    again, infos = vec.reset()
    assert np.array_equal(again, opening)
    assert not infos["effort"].any()
    ends = [bool(vec.step(np.zeros((3, 2)))[3].all()) for _ in range(3)]
    assert ends == [False, False, True]


def test_efforts_are_held_between_turns() -> None:
    vec = make(GAMES["five-with-ties"](), num_envs=1, horizon=6, revision="alternating")
    vec.reset(0)
    efforts = [vec.step(np.full((1, 5), action))[4]["effort"][0] for action in (1.0, -0.5, 0.0)]
    # Worst quality first, then upwards; efforts are (action + 1) / 2 of the scale 1.
    assert efforts[0].tolist() == [0, 0, 0, 0, 1]
    assert efforts[1].tolist() == [0, 0, 0, 0.25, 1]
    assert efforts[2].tolist() == [0, 0, 0.5, 0.25, 1]


# Randomness


@pytest.mark.parametrize("rule", KINDS)
@pytest.mark.parametrize("revision", REVISIONS)
def test_the_same_seed_plays_the_same_episodes_bit_for_bit(rule: str, revision: str) -> None:
    runs = []
    for _ in range(2):
        vec = make(GAMES["five-with-ties"](), KINDS[rule], revision=revision)
        opening = vec.reset(11)
        runs.append([opening, record(vec, 3 * vec.horizon + 1, np.random.default_rng(0))])
    assert same(runs[0], runs[1])


def test_a_seed_starts_over_in_the_middle_of_a_stream() -> None:
    vec = make(GAMES["five-with-ties"](), Noisy(), revision="random")
    runs = []
    for _ in range(2):
        opening = vec.reset(11)
        runs.append([opening, record(vec, 2 * vec.horizon + 1, np.random.default_rng(0))])
    assert same(runs[0], runs[1])


def turns(vec: bg.VectorEnv, rounds: int) -> np.ndarray:
    """Whose turn it is before each of ``rounds`` steps, developer indices ``[rounds, num_envs]``."""
    idle, found = np.zeros((vec.num_envs, vec.n_developers)), []
    for _ in range(rounds):
        found.append(vec.turn.argmax(axis=1))
        vec.step(idle)
    return np.array(found)


def random_turns(**settings: Any) -> bg.VectorEnv:
    """Five developers: two independent stretches of 8 copies x 8 rounds agree once in 5^64."""
    kind = {"num_envs": 8, "horizon": 8, "revision": "random"} | settings
    return make(GAMES["five-with-ties"](), **kind)


def test_another_seed_and_no_seed_play_differently() -> None:
    played = []
    for seed in (0, 1, None, None):
        vec = random_turns()
        vec.reset(seed)
        played.append(turns(vec, 8).tolist())
    assert all(played[i] != played[j] for i in range(4) for j in range(i))


def test_reset_without_a_seed_continues_the_stream() -> None:
    by_hand, itself = random_turns(auto_reset=False), random_turns()
    by_hand.reset(3), itself.reset(3)
    first = turns(by_hand, 8)
    by_hand.reset()
    second = turns(by_hand, 8)
    assert not np.array_equal(first, second)
    assert np.array_equal(turns(itself, 16), np.concatenate([first, second]))


def test_copies_have_their_own_random_turns_and_noise() -> None:
    vec = random_turns(num_envs=64)
    vec.reset(0)
    columns = {tuple(column) for column in turns(vec, 8).T}
    assert len(columns) == 64  # 64 draws out of 5^8 = 390,625: two alike once in 190
    _, infos = make(protocol=Noisy(sd=0.01), num_envs=64).reset(0)
    assert len(np.unique(infos["score"])) == 64 * 2


def test_random_turns_are_one_developer_each_drawn_uniformly() -> None:
    vec = random_turns(num_envs=1000, horizon=20)
    vec.reset(0)
    assert (vec.turn.sum(axis=1) == 1).all()
    counts = np.bincount(turns(vec, 20).ravel(), minlength=5)
    # 20,000 draws with p = 1/5: standard deviation sqrt(20,000 * 0.2 * 0.8) = 56.6; five of them.
    assert (np.abs(counts - 4000) < 5 * math.sqrt(20_000 * 0.2 * 0.8)).all()


# Views of the same rules


@pytest.mark.parametrize("action_type", ACTION_TYPES)
@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize("rule", KINDS)
def test_a_batch_of_one_is_the_parallel_environment(rule: str, revision: str, action_type: str) -> None:
    game, protocol = GAMES["five-with-ties"](), KINDS[rule]
    kind = {"horizon": 5, "revision": revision, "action_type": action_type}
    vec = bg.vector_env(game, protocol, num_envs=1, auto_reset=False, **kind)
    env, rng = bg.parallel_env(game, protocol, **kind), np.random.default_rng(0)
    (seen, infos), (seen_by, infos_of) = vec.reset(4), env.reset(4)
    check_views(env, seen, infos, seen_by, infos_of)
    while env.agents:
        actions = random_actions(vec, rng)
        seen, rewards, _, truncated, infos = vec.step(actions)
        named = dict(zip(env.agents, actions[0], strict=True))
        seen_by, rewards_of, _, truncated_of, infos_of = env.step(named)
        check_views(env, seen, infos, seen_by, infos_of)
        assert list(rewards_of.values()) == rewards[0].tolist()
        assert list(truncated_of.values()) == truncated[0].tolist()
        assert np.array_equal(env.state(), vec.state()[0])


def check_views(env: Any, seen: Any, infos: Any, seen_by: Any, infos_of: Any) -> None:
    assert list(seen_by) == list(infos_of) == env.possible_agents
    assert np.array_equal(seen[0], np.stack(list(seen_by.values())))
    for key in INFOS:
        assert [row[key] for row in infos_of.values()] == infos[key][0].tolist()


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("action_type", ACTION_TYPES)
@pytest.mark.parametrize("revision", ["simultaneous", "alternating"])
@pytest.mark.parametrize("rule", FIXED)
def test_seven_copies_are_seven_runs(rule: str, revision: str, action_type: str, scale: str) -> None:
    kind = {"protocol": KINDS[rule], "revision": revision, "action_type": action_type}
    kind |= {"game": "pythia-gsm8k", "action_scale": scale}
    seven, alone = make(num_envs=7, **kind), [make(num_envs=1, **kind) for _ in range(7)]
    openings, rng = seven.reset(0), np.random.default_rng(0)
    for k, single in enumerate(alone):
        assert same(nth(openings, k), nth(single.reset(0), 0))
    for _ in range(2 * seven.horizon):
        actions = random_actions(seven, rng)
        outcome = seven.step(actions)
        for k, single in enumerate(alone):
            assert same(nth(outcome, k), nth(single.step(actions[k : k + 1]), 0))


def nth(outcome: Any, k: int) -> list[Any]:
    """The k-th copy's share of everything in an outcome."""
    return [{key: a[k] for key, a in x.items()} if isinstance(x, dict) else x[k] for x in outcome]


# Whose arrays are whose


@pytest.mark.parametrize("action_type", ACTION_TYPES)
def test_the_callers_actions_are_neither_written_nor_kept(action_type: str) -> None:
    vec = make(action_type=action_type, revision="alternating")
    vec.reset(0)
    # 5 is a level, and out of the continuous range: clipping must not show.
    actions = np.array([[5.0, 1.0]] * 3)
    before = actions.copy()
    _, _, _, _, infos = vec.step(actions)
    assert np.array_equal(actions, before)
    kept, state = infos["effort"].copy(), vec.state()
    actions[:] = 0.0
    assert np.array_equal(vec.state(), state)
    # Now it is the turn of developer 0; developer 1 holds what it asked for.
    _, _, _, _, infos = vec.step(actions)
    assert np.array_equal(infos["effort"][:, 1], kept[:, 1])


def test_read_only_actions_are_accepted() -> None:
    vec = make()
    vec.reset(0)
    actions = np.zeros((3, 2))
    actions.flags.writeable = False
    assert vec.step(actions)[4]["effort"].tolist() == [[0.5, 0.5]] * 3


def arrays(returned: Any) -> list[np.ndarray]:
    """All arrays in what reset or step returned, those in infos too."""
    return [a for x in returned for a in (x.values() if isinstance(x, dict) else [x])]


@pytest.mark.parametrize("rule", KINDS)
@pytest.mark.parametrize("revision", REVISIONS)
def test_writing_into_returned_arrays_changes_nothing_that_follows(rule: str, revision: str) -> None:
    kind = {"protocol": KINDS[rule], "revision": revision, "horizon": 2}
    spoilt, control, rng = make(**kind), make(**kind), np.random.default_rng(0)
    returned = spoilt.reset(0)
    assert same(returned, control.reset(0))
    for _ in range(5):
        for array in arrays(returned):
            array[...] = 77
        actions = random_actions(control, rng)
        returned, expected = spoilt.step(actions), control.step(actions)
        assert same(returned, expected)


def test_writing_into_infos_does_not_reach_the_state() -> None:
    vec = make(auto_reset=False)
    returned = vec.reset(0)
    for _ in range(2):
        before = vec.state()
        for array in arrays(returned):
            array[...] = 77
        assert np.array_equal(vec.state(), before)
        returned = vec.step(np.zeros((3, 2)))


def test_no_memory_is_shared_between_steps_or_within_one() -> None:
    vec = make(horizon=2)
    previous = arrays(vec.reset(0))
    for _ in range(4):
        current = arrays(vec.step(np.zeros((3, 2))))
        pairs = [(a, b) for i, a in enumerate(current) for b in [*current[:i], *previous]]
        assert not any(np.shares_memory(a, b) for a, b in pairs)
        previous = current


@pytest.mark.parametrize("rule", KINDS)
@pytest.mark.parametrize("revision", REVISIONS)
def test_without_copies_the_numbers_are_the_same(rule: str, revision: str) -> None:
    kind = {"protocol": KINDS[rule], "revision": revision, "horizon": 2}
    frugal, control, rng = make(copy=False, **kind), make(**kind), np.random.default_rng(0)
    assert same(frugal.reset(0), control.reset(0))
    for _ in range(5):
        actions = random_actions(control, rng)
        assert same(frugal.step(actions), control.step(actions))


def test_without_copies_what_was_returned_holds_until_the_next_call() -> None:
    vec = make(horizon=3, copy=False)
    opening, _ = vec.reset(0)
    for _ in range(3):
        seen, _, _, _, infos = vec.step(np.zeros((3, 2)))
        assert (seen is opening) == ("final_observation" not in infos)
        for key in INFOS:
            with pytest.raises(ValueError, match="read-only"):
                infos[key][...] = 77
    last = infos["final_observation"]
    before = last.copy()
    vec.step(np.ones((3, 2)))
    assert infos == {}
    assert np.array_equal(last, before)  # never overwritten


@pytest.mark.parametrize("revision", REVISIONS)
def test_whose_turn_it_is_cannot_be_overwritten(revision: str) -> None:
    vec = make(revision=revision)
    vec.reset(0)
    assert vec.turn.shape == (3, 2)
    for played in (vec, pickle.loads(pickle.dumps(vec))):
        with pytest.raises(ValueError, match="read-only"):
            played.turn[...] = True


# Errors


def check_refused(actions: Any, message: str, **settings: Any) -> None:
    """Refused in words, and not played: a twin that was never asked goes on alike."""
    vec, twin = make(**settings), make(**settings)
    vec.reset(0), twin.reset(0)
    with pytest.raises(ValueError, match=message):
        vec.step(actions)
    assert same(vec.step(np.zeros((3, 2))), twin.step(np.zeros((3, 2))))


@pytest.mark.parametrize("shape", [(2,), (3,), (2, 3), (1, 2), (3, 3), (3, 2, 2), (3, 1, 2)])
def test_actions_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    check_refused(np.zeros(shape), r"actions: .*\(3, 2\), got \(")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_an_action_that_is_no_number_names_copy_and_developer(value: float) -> None:
    actions = np.zeros((3, 2))
    actions[2, 1] = value
    check_refused(actions, f"actions: developer 1 of copy 2.* got {value}")


@pytest.mark.parametrize("value", [0.5, -1.0, 41.0, math.nan, math.inf])
def test_an_action_that_is_no_level_names_copy_and_developer(value: float) -> None:
    actions = np.zeros((3, 2))
    actions[1, 0] = value
    message = f"actions: developer 0 of copy 1.* 0 to 40, got {value}"
    check_refused(actions, message, action_type="discrete")


@pytest.mark.parametrize(
    ("actions", "named"),
    [
        ([[0.0, 0.0], [0.0], [0.0, 0.0]], "0.0"),
        ([["0.5", "0.5"]] * 3, "0.5"),
        ("half", "half"),
        (np.full((3, 2), b"0.5"), "array"),
        (np.zeros((3, 2), dtype=complex), "array"),
        (np.zeros((3, 2), dtype="M8[ns]"), "array"),
        (np.zeros((3, 2), dtype="m8[s]"), "array"),
        (np.ma.masked_array(np.zeros((3, 2)), mask=True), "masked"),
        ([[0.0, None]] * 3, "None"),
        ({"developer_0": 0.0}, "developer_0"),
        (None, "None"),
    ],
)
@pytest.mark.parametrize("action_type", ACTION_TYPES)
def test_actions_that_are_no_real_numbers_are_refused(
    actions: Any, named: str, action_type: str
) -> None:
    check_refused(actions, f"actions: .*{named}", action_type=action_type)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.int8, np.uint64, np.longdouble, object])
def test_actions_of_any_real_type_are_taken(dtype: Any) -> None:
    vec = make()
    vec.reset(0)
    effort = vec.step(np.ones((3, 2), dtype=dtype))[4]["effort"]
    assert effort.tolist() == [[1.0, 1.0]] * 3


@pytest.mark.parametrize("seed", [-1, 1.5, "7", True, [1, 2]])
def test_a_bad_seed_is_named_and_the_stream_goes_on(seed: Any) -> None:
    vec, control = random_turns(), random_turns()
    vec.reset(3), control.reset(3)
    with pytest.raises(ValueError, match=f"seed: .*{re.escape(repr(seed))}"):
        vec.reset(seed)
    assert np.array_equal(turns(vec, 8), turns(control, 8))


def test_step_before_reset() -> None:
    with pytest.raises(RuntimeError, match="reset before step"):
        make().step(np.zeros((3, 2)))


@pytest.mark.parametrize("look", [lambda vec: vec.state(), lambda vec: vec.turn], ids=["state", "turn"])
def test_looking_before_reset_says_so(look: Any) -> None:
    with pytest.raises(RuntimeError, match="reset"):
        look(make())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_envs": 0}, "num_envs: .*>= 1, got 0"),
        ({"num_envs": 10**30}, f"num_envs: .*got {10**30}"),
        ({"num_envs": 2.0}, "num_envs: .*>= 1, got 2.0"),
        ({"horizon": 0}, "horizon: .*>= 1, got 0"),
        ({"horizon": True}, "horizon: .*>= 1, got True"),
        ({"horizon": 2.0}, "horizon: .*>= 1, got 2.0"),
        ({"horizon": None, "max_cycles": 0}, "max_cycles: .*>= 1, got 0"),
        ({"max_cycles": 5}, "horizon, max_cycles: .* got 4 and 5"),
        ({"revision": "sometimes"}, "revision: .*'sometimes'.* simultaneous, alt"),
        ({"action_type": "box"}, "action_type: .*'box'.* continuous, discrete"),
        ({"action_scale": "sqrt"}, "action_scale: .*'sqrt'.* linear, log"),
        ({"effort_levels": 1}, "effort_levels: .*>= 2, got 1"),
        ({"game": "chess"}, "game: .*'chess'.* duel, .*twins"),
        ({"game": 3}, "game: .*got 3"),
        ({"protocol": "fair"}, "protocol: .*'fair'.* direct, .*tune-before-test"),
        ({"protocol": 3}, "protocol: .*got 3"),
        ({"protocol": ("tune-before-test", {"level": -1})}, "level: .*>= 0, got -1"),
        ({"protocol": ("direct", {"level": 1})}, "'direct' .*ties; got {'level': 1}"),
    ],
)
def test_bad_settings_name_the_field_and_what_is_known(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make(**settings)


class Capped:
    """A cost that never exceeds 0.5: no finite effort is worth more than the prize of 1."""

    strictly_increasing = False

    def __call__(self, effort: Any) -> Any:
        return np.minimum(np.asarray(effort, dtype=np.float64), 0.5)

    def inverse(self, value: Any) -> Any:
        value = np.asarray(value, dtype=np.float64)
        return np.where(value < 0.5, value, np.inf)


def test_an_axis_without_an_end_is_refused() -> None:
    with pytest.raises(ValueError, match=r"budget: .*finite.* cost"):
        make(bg.load_game("duel", cost=Capped()))
    limited = make(bg.load_game("duel", cost=Capped(), budget=2.0))
    limited.reset(0)
    assert limited.step(np.ones((3, 2)))[4]["effort"].tolist() == [[2.0, 2.0]] * 3
