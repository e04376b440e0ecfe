"""The game as a task of BenchMARL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarl.environments import TaskClass
from torchrl.data import Composite
from torchrl.envs import EnvBase

from benchgame_env.adapters.torchrl import GROUP, TorchRLEnv
from benchgame_env.game import Game


class BenchGameTask(TaskClass):
    """The developer subgame as a task of BenchMARL, for its ``Experiment`` and ``Benchmark``.

    Developers form one group, ``"agents"``. Whether actions are continuous or levels of effort is said
    by BenchMARL (``ExperimentConfig.prefer_continuous_actions``, and what the algorithm takes).

    Parameters
    ----------
    game : Game or str
        The game, or the name of one.
    protocol : protocol, str or pair
        The protocol, its name, or ``(name, parameters)``.
    name : str, optional
        Of the task in BenchMARL's logs and files; by default made of the two names.
    horizon : int
        Rounds in an episode, >= 1.
    **settings
        ``revision``, ``effort_levels`` and ``action_scale`` of `benchgame_env.play.vector.VectorEnv`.
    """

    def __init__(
        self,
        game: Game | str = "duel",
        protocol: Any = "direct",
        name: str | None = None,
        horizon: int = 32,
        **settings: Any,
    ) -> None:
        default = f"{game}_{protocol}" if isinstance(game, str) and isinstance(protocol, str) else "game"
        config = {"game": game, "protocol": protocol, "horizon": horizon, **settings}
        super().__init__(name=default if name is None else name, config=config)

    def get_env_fun(
        self, num_envs: int, continuous_actions: bool, seed: int | None, device: Any
    ) -> Callable[[], EnvBase]:
        """What makes the batch of ``num_envs`` copies."""
        kind = "continuous" if continuous_actions else "discrete"
        settings = {**self.config, "action_type": kind}
        return lambda: TorchRLEnv(num_envs=num_envs, seed=seed, device=device, **settings)

    def supports_continuous_actions(self) -> bool:
        return True

    def supports_discrete_actions(self) -> bool:
        return True

    def has_render(self, env: EnvBase) -> bool:
        return False

    def max_steps(self, env: EnvBase) -> int:
        """The horizon."""
        return int(self.config["horizon"])

    def group_map(self, env: EnvBase) -> dict[str, list[str]]:
        return env.group_map

    def observation_spec(self, env: EnvBase) -> Composite:
        """What policies see, of one copy."""
        return _part(env.full_observation_spec_unbatched, "observation")

    def info_spec(self, env: EnvBase) -> Composite:
        return _part(env.full_observation_spec_unbatched, "info")

    def state_spec(self, env: EnvBase) -> Composite:
        return Composite({"state": env.full_observation_spec_unbatched["state"].clone()})

    def action_spec(self, env: EnvBase) -> Composite:
        return env.full_action_spec_unbatched

    def action_mask_spec(self, env: EnvBase) -> None:
        return None

    @staticmethod
    def env_name() -> str:
        return "benchgame"


def _part(spec: Composite, key: str) -> Composite:
    """One entry of the developers' group alone, as BenchMARL asks for them."""
    group = spec[GROUP]
    return Composite({GROUP: Composite({key: group[key].clone()}, shape=group.shape)})
