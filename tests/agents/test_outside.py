"""One seat for anybody's policy: every kind of it, and what is said of a wrong one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from stable_baselines3 import A2C, DQN, PPO, SAC
from tools import policies
from tools.players import rng

import benchgame_env as bg
from benchgame_env.agents import FromPolicy, Seat, line_up, play
from benchgame_env.agents.learned.sb3_env import SharedPolicyVecEnv

DISCRETE = {"action_type": "discrete", "effort_levels": 5}


def duel(**settings: Any) -> bg.VectorEnv:
    return bg.vector_env("duel", "direct", 6, **{"horizon": 2, **settings})


SIZE = duel().observer.layout.size  # of an observation


def efforts(policy: Any, vec: bg.VectorEnv, seed: int = 0, mode: Any = "play") -> np.ndarray:
    """Efforts ``[rounds, copies]`` of the first developer, who plays ``policy``."""
    players = [FromPolicy(Seat.of(vec, 0), policy), *line_up("honest", vec)[1:]]
    return play(vec, players, vec.horizon, rng(seed), seed=0, mode=mode)["effort"][..., 0]


def axis(vec: bg.VectorEnv, position: float) -> float:
    return float(vec.axis.effort(np.full(2, position))[0])


# An action of -1 is no effort and 1 the most of the axis, which is 1 in the duel (theory section 5).
@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (policies.honest, 0.0),
        (policies.half, 0.5),
        (policies.far_out, 1.0),
        (policies.Constant(), 0.0),
        (lambda observation: torch.tensor([0.0]), 0.5),
        ("tools.policies:honest", 0.0),
        ("tools.policies:Constant", 0.0),
    ],
)
def test_a_callable_plays_what_it_returns(policy: Any, expected: float) -> None:
    assert (efforts(policy, duel()) == expected).all()


def test_a_callable_sees_what_the_environment_shows() -> None:
    seen: list[np.ndarray] = []
    env = bg.parallel_env("duel", "direct", horizon=2)
    shown, _ = env.reset(seed=0)

    def watching(observation: np.ndarray, rng: Any = None) -> list[float]:
        seen.append(observation)
        return [0.0]

    efforts(watching, duel())
    assert len(seen) == 12  # two rounds of six copies
    assert np.array_equal(seen[0], shown["developer_0"])
    assert env.observation_space("developer_0").contains(seen[-1])


def test_levels_are_played_by_their_number() -> None:
    vec = duel(**DISCRETE)
    assert (efforts(policies.lowest_level, vec) == 0).all()
    assert (efforts(lambda observation: np.int64(4), vec) == 1).all()


@pytest.mark.parametrize("policy", [policies.noisy, policies.all_at_once])
def test_chance_comes_from_the_generator_that_is_passed_in(policy: Any) -> None:
    first, again, other = (efforts(policy, duel(), seed) for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert len(np.unique(first)) == first.size


def test_a_policy_cannot_change_what_others_see() -> None:
    vec = duel()
    observations, _ = vec.reset(seed=0)
    before = observations.copy()
    agent = FromPolicy(Seat.of(vec, 0), policies.careless)
    with pytest.raises(ValueError, match=r"policy careless, developer_0: KeyError: 'effort'"):
        agent.act(observations[:, 0], rng())
    assert np.array_equal(observations, before)


@pytest.mark.parametrize(
    ("policy", "fault"),
    [
        (lambda o: np.nan, "developer_0, copy 0: expected a finite number, got nan"),
        (lambda o: np.inf, "expected a finite number, got inf"),
        (lambda o: [0.0, 0.0], "action: expected one number, got"),
        (lambda o: "0.5", "action: expected real numbers, got '0.5'"),
        (lambda o: None, "action: expected real numbers, got None"),
        (lambda o: 1 / 0, "ZeroDivisionError: division by zero"),
        (lambda o: o[1000], "IndexError: "),
    ],
)
def test_wrong_actions_are_one_line_that_names_the_policy(policy: Any, fault: str) -> None:
    policy.__qualname__ = "mine"
    with pytest.raises(ValueError, match=r"^policy mine, developer_0") as caught:
        efforts(policy, duel())
    assert fault in str(caught.value)
    assert "\n" not in str(caught.value)


def test_wrong_shapes_of_a_batch_are_refused() -> None:
    def short(observations: np.ndarray, rng: Any = None) -> np.ndarray:
        return np.zeros(len(observations) - 1)

    short.batched = True  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match=r"action: expected shape \(6,\) or \(6, 1\), got \(5,\)"):
        efforts(short, duel())


@pytest.mark.parametrize("action", [5, -1, 0.5])
def test_levels_that_are_not_there_are_refused(action: float) -> None:
    with pytest.raises(ValueError, match="copy 0: expected a level from 0 to 4, got"):
        efforts(lambda observation: action, duel(**DISCRETE))


@pytest.mark.parametrize(
    ("policy", "fault"),
    [
        (None, "policy: none is given"),
        ("mine", "policy: expected MODULE:NAME or a file"),
        ("tools.policies:nobody", "tools.policies has no policy 'nobody'"),
        ("tools.no_module:honest", "cannot import 'tools.no_module'"),
        ("tools.policies:Net", "Net.__init__.. missing 1 required"),
        (5, "policy int: expected a policy"),
        (policies.Constant, "policy Constant: expected a policy"),
        (lambda: 0.0, r"it is called as policy\(observation, rng=None\), and takes \(\)"),
        ("missing.zip", "policy file missing.zip: .*No such file"),
    ],
)
def test_what_is_no_policy_is_refused_at_once(policy: Any, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        FromPolicy(Seat.of(duel(), 0), policy)


def test_it_plays_in_line_ups() -> None:
    vec = duel()
    players = line_up("policy,best-response", vec, {"policy": {"policy": "tools.policies:half"}})
    assert (play(vec, players, 2, rng(), seed=0, mode="play")["effort"][..., 0] == 0.5).all()


def test_a_torch_module_plays_as_in_evaluation_and_stays_as_it_was() -> None:
    vec = duel()
    net = policies.Net(SIZE)
    net.layer.eval()
    assert (efforts(net, vec) == 0).all()  # dropout would double it or make it 0, an effort of 0.5
    assert (net.training, net.dropout.training, net.layer.training) == (True, True, False)


def test_torch_draws_from_the_generator_and_leaves_the_global_stream_alone() -> None:
    vec = duel()
    net = policies.Gaussian(SIZE, 0.0)
    torch.manual_seed(1)
    expected = torch.rand(1)
    torch.manual_seed(1)
    first, again, other = (efforts(net, vec, seed) for seed in (3, 3, 4))
    assert torch.rand(1) == expected
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_files_of_torch_play_as_what_was_saved(tmp_path: Path) -> None:
    vec = duel()
    net = policies.Net(SIZE, 0.0)
    torch.save(net, tmp_path / "net.pt")
    torch.save(net.state_dict(), tmp_path / "weights.pt")
    (tmp_path / "damaged.pth").write_bytes(b"PK")
    assert (efforts(tmp_path / "net.pt", vec) == 0.5).all()
    for name, fault in (("weights.pt", "expected a whole module"), ("damaged.pth", "damaged.pth: ")):
        with pytest.raises(ValueError, match=fault):
            efforts(tmp_path / name, vec)


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
def test_torchscript_plays(tmp_path: Path) -> None:
    vec = duel()
    net = torch.jit.trace(policies.Net(SIZE, 0.0).eval(), torch.zeros(1, SIZE))
    torch.jit.save(net, tmp_path / "net.pt")
    assert (efforts(tmp_path / "net.pt", vec) == 0.5).all()
    assert (efforts(net, vec) == 0.5).all()


def trained(algorithm: Any, **settings: Any) -> tuple[Any, bg.VectorEnv]:
    """An SB3 model as it is made, and the game that it is made for."""
    vec = duel(**settings)
    return algorithm("MlpPolicy", SharedPolicyVecEnv(vec), seed=0, device="cpu"), vec


@pytest.mark.parametrize(
    ("algorithm", "settings"), [(PPO, {}), (A2C, DISCRETE), (SAC, {}), (DQN, DISCRETE)]
)
def test_sb3_plays_what_it_predicts(tmp_path: Path, algorithm: Any, settings: Any) -> None:
    model, vec = trained(algorithm, **settings)
    greedy = efforts(model, vec, mode="greedy")
    observations, _ = vec.reset(seed=0)
    actions, _ = model.predict(observations[:, 0], deterministic=True)
    joint = np.stack([actions.reshape(-1), np.zeros(6)], axis=1)
    assert np.array_equal(greedy[0], vec.axis.effort(vec.axis.position(joint))[:, 0])
    model.save(tmp_path / "model.zip")
    for same in (model.policy, tmp_path / "model.zip", str(tmp_path / "model.zip")):
        assert np.array_equal(efforts(same, vec, mode="greedy"), greedy)
        assert np.array_equal(efforts(same, vec, 3), efforts(model, vec, 3))
    if algorithm is not DQN:  # which has no chance of its own
        assert not np.array_equal(efforts(model, vec, 3), efforts(model, vec, 4))


def test_sb3_of_another_game_is_refused() -> None:
    model, _ = trained(PPO)
    three = bg.vector_env("three", "direct", 2, horizon=2)
    with pytest.raises(ValueError, match=r"policy PPO: it sees observations of shape .*, and here"):
        FromPolicy(Seat.of(three, 0), model)
    with pytest.raises(ValueError, match=r"policy PPO: its actions are Box.*and here they are Discrete"):
        FromPolicy(Seat.of(duel(**DISCRETE), 0), model)


def test_a_file_that_changed_is_not_taken_for_the_same(tmp_path: Path) -> None:
    vec, path = duel(), tmp_path / "net.pt"
    torch.save(policies.Net(SIZE), path)
    saved = FromPolicy(Seat.of(vec, 0), path).save()
    FromPolicy(Seat.of(vec, 0), path).load(saved)
    torch.save(policies.Net(SIZE, 0.0), path)
    with pytest.raises(ValueError, match="its file was another one"):
        FromPolicy(Seat.of(vec, 0), path).load(saved)


class TestTorchRL:
    """Policies of TensorDicts, where the library is installed."""

    @staticmethod
    def module(keys: tuple[Any, Any], net: torch.nn.Module) -> Any:
        nn = pytest.importorskip("tensordict.nn")
        return nn.TensorDictModule(net, in_keys=[keys[0]], out_keys=[keys[1]])

    def test_one_developer(self) -> None:
        policy = self.module(("observation", "action"), policies.Net(SIZE, 0.0))
        assert (efforts(policy, duel()) == 0.5).all()

    def test_a_group_plays_its_own_part(self) -> None:
        class Each(torch.nn.Module):
            """Another action for each developer, from observations ``[batch, n, size]``."""

            def forward(self, seen: torch.Tensor) -> torch.Tensor:
                return seen[..., :1] * 0 + torch.tensor([[-1.0], [0.0]])

        policy = self.module((("agents", "observation"), ("agents", "action")), Each())
        vec = duel()
        players = [FromPolicy(Seat.of(vec, i), policy) for i in range(2)]
        played = play(vec, players, 2, rng(), seed=0, mode="play")["effort"]
        assert (played == [0.0, 0.5]).all()

    def test_one_hot_actions_are_levels(self) -> None:
        class Third(torch.nn.Module):
            """Level 2 of 5."""

            def forward(self, seen: torch.Tensor) -> torch.Tensor:
                return torch.eye(5)[2].expand(len(seen), 5)

        policy = self.module(("observation", "action"), Third())
        assert (efforts(policy, duel(**DISCRETE)) == 0.5).all()

    def test_chance_is_seeded_and_greedy_is_without(self) -> None:
        nn = pytest.importorskip("tensordict.nn")
        mean = self.module(("observation", "loc"), policies.Net(SIZE, 0.0))
        drawn = nn.ProbabilisticTensorDictModule(
            in_keys=["loc"],
            out_keys=["action"],
            distribution_class=lambda loc: torch.distributions.Normal(loc, 0.1),
        )
        policy = nn.ProbabilisticTensorDictSequential(mean, drawn)
        assert np.array_equal(efforts(policy, duel(), 3), efforts(policy, duel(), 3))
        assert not np.array_equal(efforts(policy, duel(), 3), efforts(policy, duel(), 4))
        assert (efforts(policy, duel(), mode="greedy") == 0.5).all()
