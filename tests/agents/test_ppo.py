"""PPO, compared with stable-baselines3's buffer and ``PPO.train``, and on games with known answers."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import torch
from stable_baselines3 import PPO as SB3
from stable_baselines3.common.buffers import RolloutBuffer
from stable_baselines3.common.logger import Logger
from tools.players import against_a_constant_rival, against_constant, greedy_levels, rng

from benchgame_env import VectorEnv
from benchgame_env.agents import Agent, Round, Seat, line_up, make_players, play
from benchgame_env.agents.learned.ppo import PPO
from benchgame_env.agents.learned.samples import Samples, decisions, for_each, ready
from benchgame_env.agents.learned.sb3_env import DeveloperVecEnv, SharedPolicyVecEnv
from benchgame_env.agents.scripted.honest import Honest

ROUNDS, COPIES, SEED = 6, 16, 3
# Sums are taken in another order: float32 rounding, 6e-8 relative, over a few hundred terms.
ROUNDING = {"rtol": 2e-5, "atol": 2e-5}
# Adam divides a gradient by its own size: where the gradient is all rounding, so is the step of at most
# the learning rate. Weights may differ by a share of the three steps made.
STEPS = 3
RATE = 1e-3


def team(
    name: str = "ppo", revision: str = "simultaneous", action_type: str = "continuous", **settings: Any
) -> tuple[VectorEnv, PPO]:
    vec = VectorEnv("five", "direct", COPIES, horizon=3, revision=revision, action_type=action_type)
    seats = [Seat.of(vec, i, ROUNDS, SEED) for i in range(5)]
    chosen = {"n_epochs": STEPS, "learning_rate": RATE, "hidden": 8} | settings
    [ppo] = make_players(name, seats, **chosen)
    assert isinstance(ppo, PPO)
    return vec, ppo


def collected(vec: VectorEnv, ppo: PPO, monkeypatch: pytest.MonkeyPatch) -> tuple[Samples, np.ndarray]:
    """What a team would learn from, and what it did, ``[rounds, copies, n]``."""
    found: list[Samples] = []
    drawn: list[np.ndarray] = []
    act = ppo.act

    def remember(observations: Any, rng: Any) -> Any:
        drawn.append(act(observations, rng))
        return drawn[-1]

    with monkeypatch.context() as patch:
        patch.setattr(ppo, "_train", lambda samples, rng: found.append(samples))
        patch.setattr(ppo, "act", remember)
        play(vec, [ppo], ROUNDS, rng(), seed=5)
    ppo._update = 0  # nothing was learned
    [samples] = found
    return samples, np.stack(drawn)


def witness(ppo: PPO, env: Any, network: int) -> SB3:
    """SB3's own learner with the weights of one network."""
    s = ppo.settings
    sb3 = SB3(
        "MlpPolicy",
        env,
        n_steps=ROUNDS,
        batch_size=ROUNDS * env.num_envs,
        n_epochs=s.n_epochs,
        learning_rate=s.learning_rate,
        gamma=s.gamma,
        gae_lambda=s.gae_lambda,
        ent_coef=s.entropy_at(0),
        policy_kwargs={"net_arch": [s.hidden, s.hidden]},
        device="cpu",
    )
    sb3.policy.load_state_dict(ppo.policies[network].state_dict())
    sb3.set_logger(Logger(folder=None, output_formats=[]))
    return sb3


def fill(sb3: SB3, ppo: PPO, vec: VectorEnv, seats: list[int], drawn: np.ndarray) -> RolloutBuffer:
    """SB3's buffer of what ``seats`` live through, one below the other, if all repeat ``drawn``."""
    buffer, policy = sb3.rollout_buffer, sb3.policy
    assert isinstance(buffer, RolloutBuffer)

    def rows(values: np.ndarray) -> np.ndarray:
        return np.concatenate([values[:, i] for i in seats])

    def predicted(observations: np.ndarray) -> torch.Tensor:
        with torch.no_grad():
            return policy.predict_values(torch.as_tensor(observations)).flatten()

    seen, _ = vec.reset(5)
    starts = np.ones(COPIES * len(seats))
    for joint in drawn:
        own, actions = rows(ppo._timeless(seen)), torch.as_tensor(rows(joint))
        if not ppo._stack.discrete:
            actions = actions.unsqueeze(1).float()
        with torch.no_grad():
            values, log_probs, _ = policy.evaluate_actions(torch.as_tensor(own), actions)
        seen, rewards, _, truncated, infos = vec.step(joint)
        gained, over = rows(rewards), bool(truncated.any())
        if over:
            gained += sb3.gamma * predicted(rows(ppo._timeless(infos["final_observation"]))).numpy()
        buffer.add(own, actions.numpy(), gained, starts, values, log_probs)
        starts = np.full(len(starts), float(over))
    buffer.compute_returns_and_advantage(predicted(rows(ppo._timeless(seen))), starts)
    return buffer


@pytest.mark.parametrize("gamma", [0.0, 0.9])
@pytest.mark.parametrize("action_type", ["continuous", "discrete"])
@pytest.mark.parametrize("name", ["ppo", "ppo-annealed", "shared-ppo"])
def test_an_update_is_that_of_sb3(
    name: str, action_type: str, gamma: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    vec, ppo = team(name, action_type=action_type, gamma=gamma)
    samples, drawn = collected(vec, ppo, monkeypatch)
    idle: list[Agent | None] = [Honest(Seat.of(vec, j)) for j in range(5)]
    if name == "shared-ppo":
        owned, envs = [[0, 1, 2, 3, 4]], [SharedPolicyVecEnv(vec)]
    else:
        owned, envs = [[i] for i in range(5)], [DeveloperVecEnv(vec, i, idle) for i in range(5)]
    witnesses = [witness(ppo, env, k) for k, env in enumerate(envs)]
    for k, sb3 in enumerate(witnesses):
        buffer = fill(sb3, ppo, vec, owned[k], drawn)
        for part in ("log_probs", "advantages", "returns"):
            expected = getattr(buffer, part).ravel()
            np.testing.assert_allclose(getattr(samples, part)[k].numpy(), expected, **ROUNDING)
    ppo._train(samples, rng())
    for k, sb3 in enumerate(witnesses):
        before = [p.detach().clone() for p in sb3.policy.parameters()]
        sb3.train()
        moved, ours = 0.0, ppo.policies[k].parameters()
        for mine, theirs, old in zip(ours, sb3.policy.parameters(), before, strict=True):
            moved = max(moved, (theirs - old).abs().max().item())
            assert (mine - theirs).abs().max().item() < 0.1 * RATE
        assert moved > 2 * RATE  # there was something to agree on
        for key in ("policy_gradient_loss", "value_loss", "entropy_loss"):
            expected = sb3.logger.name_to_value[f"train/{key}"]
            for seat in owned[k]:
                assert ppo.losses()[f"developer_{seat}/{key}"] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("action_type", ["continuous", "discrete"])
@pytest.mark.parametrize("name", ["ppo-annealed", "shared-ppo", "central-ppo"])
def test_a_row_that_all_copies_see_teaches_what_equal_rows_do(name: str, action_type: str) -> None:
    # The witness: the same update with a row for each copy. Steps of 0.001; float32 rounds at 6e-8.
    vec = VectorEnv("five", "direct", 256, horizon=1, action_type=action_type)
    seats = [Seat.of(vec, i, 1, SEED) for i in range(5)]
    chosen = {"n_epochs": STEPS, "learning_rate": RATE, "hidden": 8}
    [[one], [plain]] = (make_players(name, seats, **chosen) for _ in range(2))
    assert isinstance(one, PPO)
    assert isinstance(plain, PPO)
    found: list[Samples] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(one, "_train", lambda samples, rng: found.append(samples))
        play(vec, [one], 1, rng(), seed=5)
    one._update = 0
    [samples] = found
    rows, count = samples.seen.shape[1], samples.actions.shape[1]
    assert (rows, count) == ((5, 5 * 256) if name == "shared-ppo" else (1, 256))
    before = one._stack.weights.detach().clone()
    one._train(samples, rng())
    seen, known = (for_each(part, count).contiguous() for part in (samples.seen, samples.known))
    plain._train(samples._replace(seen=seen, known=known), rng())
    apart = (one._stack.weights - plain._stack.weights).abs().max().item()
    assert apart < 1e-5 < RATE < (one._stack.weights - before).abs().max().item()
    for key, value in plain.losses().items():
        assert one.losses()[key] == pytest.approx(value, abs=1e-5)


def test_large_gradients_are_clipped_for_each_developer_alone() -> None:
    _, ppo = team()
    weights = ppo._stack.weights
    gradient = torch.full_like(weights, 1e-4)
    gradient[2] *= 1e6
    assert weights.grad is not None
    weights.grad.copy_(gradient)
    ppo._clip_gradients()
    assert torch.equal(weights.grad[[0, 1, 3, 4]], gradient[[0, 1, 3, 4]])
    # SB3's limit: a norm of 0.5.
    assert weights.grad[2].norm().item() == pytest.approx(0.5, rel=1e-4)


def test_policies_are_what_was_learned_and_loaded() -> None:
    (vec, trained), (_, fresh) = team(), team()
    seen = torch.as_tensor(vec.reset(0)[0][:, 1])
    play(vec, [trained], ROUNDS, rng(), seed=0)
    known = trained.policies[1].predict_values(seen)
    assert not torch.equal(known, fresh.policies[1].predict_values(seen))
    fresh.load(trained.save())
    assert torch.equal(known, fresh.policies[1].predict_values(seen))


def test_what_version_0_1_0_saved_is_loaded() -> None:
    (vec, trained), (_, fresh) = team(), team()
    play(vec, [trained], ROUNDS, rng(), seed=0)
    saved = copy.deepcopy(trained.save())
    for group in saved["optimizer"]["param_groups"]:
        group["fused"] = None  # its Adam took the steps of several calls
    fresh.load(saved)
    for ppo in (trained, fresh):
        play(vec, [ppo], ROUNDS, rng(), seed=1)
    assert torch.equal(trained._stack.weights, fresh._stack.weights)


def test_minibatches_are_equal_shares_of_each_developers_samples(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vec, ppo = team(minibatches=4, n_epochs=1)
    samples, _ = collected(vec, ppo, monkeypatch)
    shares = list(ppo._minibatches(samples, rng()))
    assert [share.actions.shape for share in shares] == [(5, ROUNDS * COPIES // 4)] * 4
    for i in range(5):
        together = torch.cat([share.actions[i] for share in shares])
        assert torch.equal(together.sort().values, samples.actions[i].sort().values)
        assert not torch.equal(together, samples.actions[i])
    # What belongs together stays together: the log probability goes with its action.
    pairs = dict(zip(samples.actions[0].tolist(), samples.log_probs[0].tolist(), strict=True))
    for share in shares:
        assert [pairs[a] for a in share.actions[0].tolist()] == share.log_probs[0].tolist()


# Turns


@pytest.mark.parametrize("revision", ["alternating", "random"])
def test_a_round_without_a_turn_teaches_nothing(revision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    vec, ppo = team(revision=revision)
    samples, _ = collected(vec, ppo, monkeypatch)
    idle = samples.weights == 0
    assert idle.any()
    # Two episodes of three rounds: the three worst have a turn in each.
    if revision == "alternating":
        assert samples.weights.sum(dim=1).tolist() == [0, 0, *[2 * COPIES] * 3]
    other = samples._replace(
        actions=torch.where(idle, 0.3, samples.actions),
        advantages=torch.where(idle, 9.0, samples.advantages),
        returns=torch.where(idle, -7.0, samples.returns),
    )
    gradients = []
    for part in (samples, other):
        ppo._differentiate(ready(part))
        assert ppo._stack.weights.grad is not None
        gradients.append(ppo._stack.weights.grad.clone())
    assert torch.equal(*gradients)
    assert gradients[0].any()


def test_a_seat_has_the_turn_that_its_own_observation_shows() -> None:
    # In PSRO the seats of one row play in different copies, whose turns differ.
    vec, ppo = team(revision="random")
    seen, _ = vec.reset(0)
    mixed = np.stack([np.roll(seen[:, i], i, axis=0) for i in range(5)], axis=1)
    actions, zeros = ppo.act(mixed, rng()), np.zeros((COPIES, 5))
    ppo.learn(Round(mixed, actions, zeros, zeros, zeros, mixed, False, mixed, mixed), rng())
    turns = [seat.has_turn(mixed[:, i]).tolist() for i, seat in enumerate(ppo.seats)]
    assert ppo._played[-1][-1].tolist() == turns
    assert any(sum(row) != 1 for row in zip(*turns, strict=True))  # a copy has one developer on turn


def test_decisions_are_the_rows_that_had_the_turn() -> None:
    column = torch.arange(8.0).view(2, 4)
    weights = torch.tensor([[0.0, 1.0, 0.0, 1.0], [0.0, 0.0, 1.0, 0.0]])
    kept = decisions(Samples(*[column.clone()] * 6, weights))
    assert kept.actions[0].tolist() == [1.0, 3.0]
    assert kept.actions[1, 0] == 6.0
    assert kept.weights.tolist() == [[1.0, 1.0], [1.0, 0.0]]


def test_at_gamma_zero_nobody_looks_at_the_clock() -> None:
    for gamma, differs in ((0.0, False), (0.9, True)):
        vec, ppo = team(gamma=gamma)
        ppo.mode = "greedy"
        seen, _ = vec.reset(0)
        later = seen.copy()
        later[..., vec.observer.layout.parts["rounds_left"]] = 0.25
        first, second = (ppo.act(o, rng()) for o in (seen, later))
        assert np.array_equal(first, second) != differs


# Sharing


def test_a_shared_network_plays_every_seat_and_teams_need_not_have_all() -> None:
    vec = VectorEnv("five", "direct", COPIES, horizon=1)
    players = line_up("shared-ppo,honest,shared-ppo,ppo,ppo", vec)
    assert [player.at for player in players] == [[0, 2], 1, [3, 4]]
    play(vec, players, 2, rng(), seed=0)
    shared, apart = players[0], players[2]
    assert isinstance(shared, PPO)
    assert isinstance(apart, PPO)
    assert (len(shared.policies), len(apart.policies)) == (1, 2)


def test_a_central_critic_sees_everybody_and_its_actor_does_not() -> None:
    vec, ppo = team("central-ppo")
    size = vec.observer.layout.size
    seen, _ = vec.reset(0)
    known = torch.as_tensor(ppo._to_all(seen)).transpose(0, 1).contiguous()
    assert known.shape == (5, COPIES, 5 * size)
    assert np.array_equal(known[3].numpy(), ppo._timeless(seen).reshape(COPIES, -1))
    changed = known.clone()
    changed[3, :, 0] += 1.0  # of developer 0's part, in what the critic of developer 3 sees
    values, others = ppo._stack.values(known), ppo._stack.values(changed)
    assert torch.equal(values[[0, 1, 2, 4]], others[[0, 1, 2, 4]])
    assert not torch.equal(values[3], others[3])
    assert [p.observation_space.shape for p in ppo.policies] == [(size,)] * 5


# Known answers


@pytest.mark.parametrize("name", ["ppo", "ppo-annealed", "shared-ppo", "central-ppo"])
@against_a_constant_rival
def test_the_best_level_against_a_constant_rival_is_found(
    name: str, seat: int, share: float, best: float
) -> None:
    vec, players = against_constant(name, seat, share, 64, {"learning_rate": 0.01, "entropy": 0.1})
    assert np.array_equal(greedy_levels(vec, players, seat, updates=80), np.full(64, best))


def test_batches_that_overwrite_their_arrays_are_refused() -> None:
    vec = VectorEnv("duel", "direct", 4, horizon=1, copy=False)
    with pytest.raises(ValueError, match=r"^vec: .*copy=True"):
        play(vec, line_up("ppo", vec), 1, rng())


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        ({"gamma": 1.5}, r"^gamma:.* 1\.5$"),
        ({"gae_lambda": -0.5}, r"^gae_lambda:.* -0\.5$"),
        ({"entropy_halving": 0}, "^entropy_halving:.* 0$"),
        ({"minibatches": 7}, "^minibatches:.* 96 .* 7$"),
        ({"shared": "maybe"}, "^shared:.* 'maybe'$"),
        ({"shared": True, "central": True}, "^central:.*shared"),
        ({"colour": 1}, "'ppo' takes .*learning_rate, .*n_epochs.*'colour': 1"),
    ],
)
def test_bad_parameters_are_refused(parameters: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        team(**parameters)
