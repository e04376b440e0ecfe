"""Independent PPO of TorchRL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tensordict import TensorDict
from tensordict.nn import InteractionType, TensorDictModule
from torchrl.modules import MultiAgentMLP, ProbabilisticActor
from torchrl.objectives import ClipPPOLoss, ValueEstimators

from benchgame_env import VectorEnv
from benchgame_env.adapters.torchrl import GROUP, TorchRLEnv
from benchgame_env.agents.outside.trained import Chances, Trained
from benchgame_env.validate import Floats

BATCHES = 4
OF_LOSS = (
    "action",
    "reward",
    "done",
    "terminated",
    "advantage",
    "value",
    "value_target",
    "sample_log_prob",
)


def _key(name: str) -> tuple[str, str]:
    return GROUP, name


class PPO(Trained):
    """TorchRL's ``ClipPPOLoss`` with a network for every developer.

    Formula: that of the loss, with TorchRL's advantages. Used as: the learner of TorchRL.

    Parameters
    ----------
    seats, learning_rate, entropy, epochs
        As for `Trained`.
    """

    def training(self, vec: VectorEnv, seed: int) -> Iterator[Chances]:
        env = TorchRLEnv(
            vec.game,
            vec.protocol,
            num_envs=vec.num_envs,
            seed=seed,
            horizon=1,
            action_type="discrete",
            effort_levels=vec.axis.levels,
            action_scale=vec.axis.scale,
        )
        policy, critic = self._networks(vec)
        loss = self._loss(policy, critic)
        optimiser = torch.optim.Adam(loss.parameters(), self.learning_rate)

        def chances(seen: NDArray[np.float32]) -> Floats:
            group = TensorDict({"observation": torch.as_tensor(seen)}, seen.shape[:2])
            told = TensorDict({GROUP: group}, seen.shape[:1])
            with torch.no_grad():
                return policy.get_dist(told).probs.double().numpy()

        yield chances
        while True:
            batch = self._batch(env, policy, loss, vec)
            for rows in (
                r for _ in range(self.epochs) for r in torch.randperm(len(batch)).chunk(BATCHES)
            ):
                losses = loss(batch[rows])
                optimiser.zero_grad()
                sum(value for name, value in losses.items() if name.startswith("loss_")).backward()
                optimiser.step()
            yield chances

    def _networks(self, vec: VectorEnv) -> tuple[Any, Any]:
        n, size = vec.n_developers, vec.observer.layout.size

        def network(outputs: int) -> Any:
            return MultiAgentMLP(
                size, outputs, n, centralized=False, share_params=False, depth=2, num_cells=64
            )

        policy = ProbabilisticActor(
            TensorDictModule(network(vec.axis.levels), [_key("observation")], [_key("logits")]),
            in_keys=[_key("logits")],
            out_keys=[_key("action")],
            distribution_class=torch.distributions.Categorical,
            default_interaction_type=InteractionType.RANDOM,
            return_log_prob=True,
            log_prob_key=_key("sample_log_prob"),
        )
        return policy, TensorDictModule(network(1), [_key("observation")], [_key("value")])

    def _loss(self, policy: Any, critic: Any) -> Any:
        weight = {"entropy_bonus": self.entropy > 0, "entropy_coeff": self.entropy}
        exclude = {"normalize_advantage": True, "normalize_advantage_exclude_dims": (-2,)}
        loss = ClipPPOLoss(policy, critic, **weight, **exclude)
        loss.set_keys(**{name: _key(name) for name in OF_LOSS})
        loss.make_value_estimator(ValueEstimators.GAE, gamma=0.9, lmbda=0.9)
        return loss

    def _batch(self, env: Any, policy: Any, loss: Any, vec: VectorEnv) -> Any:
        """An update's plays with advantages, ``[copies]``."""
        with torch.no_grad():
            batch = env.rollout(1, policy)
            batch["next", GROUP, "reward"] = batch["next", GROUP, "reward"] / vec.game.prize_range
            for name in ("done", "terminated"):  # for each developer
                flags = batch["next", name][..., None]
                batch["next", GROUP, name] = flags.repeat(1, 1, vec.n_developers, 1)
            loss.value_estimator(
                batch, params=loss.critic_network_params, target_params=loss.target_critic_network_params
            )
        return batch.reshape(-1)
