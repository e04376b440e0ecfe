"""Independent PPO against its slow witness: stable-baselines3's own buffer and ``PPO.train``."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.buffers import RolloutBuffer
from stable_baselines3.common.logger import Logger

from agents import Honest, Seat
from agents.ippo import IndependentPPO, PPOSettings, Rollout, _stream
from agents.sb3_env import DeveloperVecEnv
from benchgame_env import VectorEnv

ROUNDS, COPIES = 6, 16
# Sums are taken in another order: float32 rounding, 6e-8 relative, over a few hundred terms.
ROUNDING = {"rtol": 2e-5, "atol": 2e-5}
# Adam divides a gradient by its own size: where the gradient is all rounding, so is the step of at most
# the learning rate. Weights may differ by a share of the three steps made.
STEPS = 3
RATE = 1e-3


def make(action_type: str = "continuous", gamma: float = 0.9, **settings: Any) -> IndependentPPO:
    vec = VectorEnv("five", "direct", COPIES, horizon=3, revision="random", action_type=action_type)
    chosen = {"n_epochs": STEPS, "learning_rate": RATE, "gamma": gamma, "hidden": 8} | settings
    return IndependentPPO(vec, ROUNDS, PPOSettings(**chosen), seed=3)


def witness(learners: IndependentPPO, developer: int) -> PPO:
    """SB3's own learner for one seat, made from the same seed."""
    s, vec = learners.settings, learners.vec
    idle = [Honest(Seat.of(vec, j)) for j in range(vec.n_developers)]
    ppo = PPO(
        "MlpPolicy",
        DeveloperVecEnv(vec, developer, [*idle]),
        n_steps=ROUNDS,
        batch_size=ROUNDS * COPIES,
        n_epochs=s.n_epochs,
        learning_rate=s.learning_rate,
        gamma=s.gamma,
        gae_lambda=s.gae_lambda,
        ent_coef=s.entropy_at(0),
        policy_kwargs={"net_arch": [s.hidden, s.hidden]},
        seed=_stream(learners.seed, developer),
        device="cpu",
    )
    ppo.set_logger(Logger(folder=None, output_formats=[]))
    return ppo


def fill(ppo: PPO, learners: IndependentPPO, developer: int, rollout: Rollout) -> RolloutBuffer:
    """SB3's buffer of what this developer lives through when everybody repeats the rollout's actions."""
    buffer, policy, vec = ppo.rollout_buffer, ppo.policy, learners.vec
    assert isinstance(buffer, RolloutBuffer)
    played = rollout.actions.view(-1, ROUNDS, COPIES)
    seen, _ = vec.reset(_stream(learners.seed, vec.n_developers + 1, 0))
    starts = np.ones(COPIES)
    for t in range(ROUNDS):
        own, actions = torch.as_tensor(seen[:, developer]), played[developer, t]
        if not learners._stack.discrete:
            actions = actions.unsqueeze(1)
        with torch.no_grad():
            values, log_probs, _ = policy.evaluate_actions(own, actions)
        seen, rewards, _, truncated, infos = vec.step(played[:, t].T.numpy())
        gained = rewards[:, developer].copy()
        if truncated.any():
            final = torch.as_tensor(infos["final_observation"][:, developer])
            with torch.no_grad():
                gained += ppo.gamma * policy.predict_values(final).flatten().numpy()
        buffer.add(own.numpy(), actions.numpy(), gained, starts, values, log_probs)
        starts = np.full(COPIES, float(truncated.any()))
    with torch.no_grad():
        last = policy.predict_values(torch.as_tensor(seen[:, developer]))
    buffer.compute_returns_and_advantage(last, starts)
    return buffer


@pytest.mark.parametrize("gamma", [0.0, 0.9])
@pytest.mark.parametrize("action_type", ["continuous", "discrete"])
def test_an_update_is_that_of_sb3(action_type: str, gamma: float) -> None:
    learners = make(action_type, gamma)
    witnesses = [witness(learners, i) for i in range(5)]
    for ppo, policy in zip(witnesses, learners.policies, strict=True):
        for ours, theirs in zip(policy.parameters(), ppo.policy.parameters(), strict=True):
            assert torch.equal(ours, theirs)
    rollout, _ = learners._collect(0)
    for i, ppo in enumerate(witnesses):
        buffer = fill(ppo, learners, i, rollout)
        for name in ("log_probs", "advantages", "returns"):
            expected = getattr(buffer, name).ravel()
            np.testing.assert_allclose(getattr(rollout, name)[i].numpy(), expected, **ROUNDING)
    learners._train(rollout, learners.settings.entropy_at(0))
    for i, (ppo, policy) in enumerate(zip(witnesses, learners.policies, strict=True)):
        before = [p.detach().clone() for p in ppo.policy.parameters()]
        ppo.train()
        moved = 0.0
        for ours, theirs, old in zip(policy.parameters(), ppo.policy.parameters(), before, strict=True):
            moved = max(moved, (theirs - old).abs().max().item())
            assert (ours - theirs).abs().max().item() < 0.1 * RATE
        assert moved > 2 * RATE  # there was something to agree on
        for key in ("policy_gradient_loss", "value_loss", "entropy_loss"):
            expected = ppo.logger.name_to_value[f"train/{key}"]
            assert learners.losses()[f"developer_{i}/{key}"] == pytest.approx(expected, abs=1e-4)


def test_large_gradients_are_clipped_for_each_developer_alone() -> None:
    learners = make()
    weights = learners._stack.weights
    gradient = torch.full_like(weights, 1e-4)
    gradient[2] *= 1e6
    weights.grad = gradient.clone()
    learners._clip_gradients()
    assert torch.equal(weights.grad[[0, 1, 3, 4]], gradient[[0, 1, 3, 4]])
    # SB3's limit: a norm of 0.5.
    assert weights.grad[2].norm().item() == pytest.approx(0.5, rel=1e-4)


def test_policies_play_what_was_learned_and_loaded() -> None:
    trained, fresh = make(), make()
    seen = torch.as_tensor(trained.vec.reset(0)[0][:, 1])
    trained.update(0)
    known = trained.policies[1].predict_values(seen)
    assert not torch.equal(known, fresh.policies[1].predict_values(seen))
    fresh.load_state_dict(trained.state_dict())
    assert torch.equal(known, fresh.policies[1].predict_values(seen))


def test_minibatches_are_equal_shares_of_each_developers_samples() -> None:
    learners = make(minibatches=4)
    rollout, _ = learners._collect(0)
    shares = list(learners._minibatches(rollout))
    assert [share.actions.shape for share in shares] == [(5, ROUNDS * COPIES // 4)] * 4
    for i in range(5):
        together = torch.cat([share.actions[i] for share in shares])
        assert torch.equal(together.sort().values, rollout.actions[i].sort().values)
        assert not torch.equal(together, rollout.actions[i])
    # What belongs together stays together: the log probability goes with its action.
    pairs = dict(zip(rollout.actions[0].tolist(), rollout.log_probs[0].tolist(), strict=True))
    for share in shares:
        assert [pairs[a] for a in share.actions[0].tolist()] == share.log_probs[0].tolist()


def test_batches_that_overwrite_their_arrays_are_refused() -> None:
    vec = VectorEnv("duel", "direct", 4, horizon=1, copy=False)
    with pytest.raises(ValueError, match="vec: needs auto_reset=True and copy=True"):
        IndependentPPO(vec, 1, PPOSettings(), seed=0)
