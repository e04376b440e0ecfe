"""The batched environment for TorchRL."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from tensordict import TensorDict, TensorDictBase
from torchrl.data import Bounded, Categorical, Composite, Unbounded
from torchrl.envs import EnvBase

from benchgame_env.game import Game
from benchgame_env.play.vector import VectorEnv

GROUP = "agents"  # TorchRL's name for a group of agents that are all alike


class TorchRLEnv(EnvBase):
    """Many copies of the developer subgame as one TorchRL environment, stepped together on arrays.

    All developers form the group ``"agents"``, which is the dimension after the batch. With ``n``
    developers and ``size`` numbers in an observation:

    ==================================  ================  ==============================================
    key                                 shape, type       what
    ==================================  ================  ==============================================
    ``("agents", "observation")``       n, size; float32  see `benchgame_env.play.observation`
    ``("agents", "action")``            n, 1; float32     in [-1, 1], -1 is no effort; or, if discrete,
                                        n; int64          a level
    ``("agents", "reward")``            n, 1; float32     payoff of the round, prize units
    ``("agents", "info", "effort")``    n, 1; float64     and score, rank, prize, cost, payoff, turn
    ``"state"``                         float32           for centralised critics, see `StateLayout`
    ``"done"``, ``"truncated"``         1; bool           all copies together, after ``horizon`` rounds
    ``"terminated"``                    1; bool           never
    ==================================  ================  ==============================================

    Parameters
    ----------
    game : Game or str
        The game, or the name of one.
    protocol : protocol, str or pair
        The protocol, its name, or ``(name, parameters)``.
    num_envs : int
        Number of copies, the batch size, >= 1.
    seed : int, optional
        Of what the environment draws; by default torch draws it.
    device : str or torch.device
        Where tensors are handed out. The game itself is played by NumPy.
    **settings
        ``horizon``, ``revision``, ``action_type``, ``effort_levels`` and ``action_scale`` of
        `benchgame_env.play.vector.VectorEnv`.

    Attributes
    ----------
    group_map : dict
        The names of the developers in ``"agents"``, best quality first.

    Raises
    ------
    ValueError
        Names the argument and its value.
    """

    def __init__(
        self,
        game: Game | str = "duel",
        protocol: Any = "direct",
        num_envs: int = 1024,
        seed: int | None = None,
        device: Any = "cpu",
        **settings: Any,
    ) -> None:
        self._vec = VectorEnv(game, protocol, num_envs, auto_reset=False, **settings)
        super().__init__(device=device, batch_size=(self._vec.num_envs,))
        names = [f"developer_{i}" for i in range(self._vec.n_developers)]
        self.group_map = {GROUP: names}
        self._infos = tuple(self._vec.reset(seed=0)[1])
        self._specs()
        # Not by set_seed, which would seed all of torch.
        self._next_seed: int | None = int(torch.randint(2**31, ())) if seed is None else seed

    @property
    def vector(self) -> VectorEnv:
        """The batch of copies behind this environment."""
        return self._vec

    def _specs(self) -> None:
        """Say the shapes, types and bounds of one copy; TorchRL adds the batch."""
        vec, device = self._vec, self.device
        agents = (vec.n_developers,)
        info = {key: Unbounded((*agents, 1), dtype=torch.float64) for key in self._infos}
        action: Any = Bounded(-1.0, 1.0, (*agents, 1), dtype=torch.float32)
        if vec.axis.action_type == "discrete":
            action = Categorical(vec.axis.levels, agents, dtype=torch.int64)
        flag = Categorical(2, (1,), dtype=torch.bool)

        def of_group(**parts: Any) -> Composite:
            return Composite({GROUP: Composite(parts, shape=agents)}).to(device)

        observations = of_group(
            observation=_bounded(vec.single_observation_space, agents),
            info=Composite(info, shape=agents),
        )
        observations["state"] = _bounded(vec.single_state_space, ()).to(device)
        self.full_observation_spec_unbatched = observations
        self.full_action_spec_unbatched = of_group(action=action)
        self.full_reward_spec_unbatched = of_group(reward=Unbounded((*agents, 1)))
        flags = {key: flag.clone() for key in ("done", "terminated", "truncated")}
        self.full_done_spec_unbatched = Composite(flags).to(device)

    def _set_seed(self, seed: int | None) -> None:
        self._next_seed = seed  # of the next reset, from which on the stream goes on

    def _reset(self, tensordict: TensorDictBase | None = None, **_: Any) -> TensorDictBase:
        asked = None if tensordict is None else tensordict.get("_reset", None)
        if asked is not None and not bool(asked.all()):
            raise ValueError("reset: the copies of this environment open and end episodes together")
        observations, infos = self._vec.reset(self._next_seed)
        self._next_seed = None
        return self._told({"observation": observations}, infos, over=False)

    def _step(self, tensordict: TensorDictBase) -> TensorDictBase:
        actions = tensordict.get((GROUP, "action")).detach().cpu().numpy()
        observations, rewards, _, ended, infos = self._vec.step(actions)
        parts = {"observation": observations, "reward": rewards[..., None].astype(np.float32)}
        return self._told(parts, infos, over=bool(ended[0, 0]))

    def _told(self, parts: dict[str, Any], infos: dict[str, Any], over: bool) -> TensorDictBase:
        """What the environment says after a reset or a step, as TorchRL's nested tensors."""
        agents = (*self.batch_size, self._vec.n_developers)
        info = {key: torch.as_tensor(infos[key], dtype=torch.float64)[..., None] for key in self._infos}
        group = {key: torch.from_numpy(value) for key, value in parts.items()}
        ended = torch.full((*self.batch_size, 1), over)
        told = {
            GROUP: TensorDict(group | {"info": TensorDict(info, agents)}, agents),
            "state": torch.from_numpy(self._vec.state()),
            "done": ended,
            "truncated": ended.clone(),
            "terminated": torch.zeros_like(ended),
        }
        return TensorDict(told, self.batch_size).to(self.device)


def _bounded(space: Any, agents: tuple[int, ...]) -> Bounded:
    """TorchRL's form of a box ``[size]``, for each of ``agents``."""
    shape = (*agents, *space.shape)
    low, high = (torch.from_numpy(bound.copy()).expand(shape) for bound in (space.low, space.high))
    return Bounded(low, high, shape, dtype=torch.float32)
