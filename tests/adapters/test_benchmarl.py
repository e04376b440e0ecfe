"""The BenchMARL task trains with algorithms of all kinds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("benchmarl", exc_type=ImportError)  # it knows only some versions of TorchRL

from benchmarl.algorithms import IppoConfig, IqlConfig, MappoConfig
from benchmarl.experiment import Experiment, ExperimentConfig
from benchmarl.models.mlp import MlpConfig

from benchgame_env.adapters.benchmarl import BenchGameTask
from benchgame_env.adapters.torchrl import TorchRLEnv


@pytest.mark.parametrize("algorithm", [IppoConfig, MappoConfig, IqlConfig])
@pytest.mark.filterwarnings("ignore")  # BenchMARL's and TorchRL's own
def test_an_experiment_runs(algorithm: Any, tmp_path: Path) -> None:
    config = ExperimentConfig.get_from_yaml()
    config.loggers, config.create_json, config.save_folder = [], False, str(tmp_path)
    config.max_n_iters, config.max_n_frames = 2, None
    config.evaluation_interval, config.render = 16, False
    for kind in ("on", "off"):
        setattr(config, f"{kind}_policy_n_envs_per_worker", 4)
        setattr(config, f"{kind}_policy_collected_frames_per_batch", 16)
    config.on_policy_minibatch_size, config.on_policy_n_minibatch_iters = 8, 1
    config.off_policy_train_batch_size, config.off_policy_n_optimizer_steps = 8, 1
    config.off_policy_memory_size = 64
    task = BenchGameTask("three", "direct", horizon=4, effort_levels=5)
    experiment = Experiment(
        task, algorithm.get_from_yaml(), MlpConfig.get_from_yaml(), seed=0, config=config
    )
    experiment.run()
    assert experiment.total_frames == 32
    discrete = {} if experiment.continuous_actions else {"action_type": "discrete", "effort_levels": 5}
    assert bool(discrete) == (algorithm is IqlConfig)
    rollout = TorchRLEnv("three", "direct", num_envs=2, horizon=4, **discrete).rollout(
        4, experiment.policy
    )
    efforts = rollout["next", "agents", "info", "effort"]
    assert efforts.shape == (2, 4, 3, 1)
    assert bool((efforts >= 0).all())
