"""IPPO of BenchMARL, with its own loop."""

from __future__ import annotations

import queue
import tempfile
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from benchmarl.algorithms import IppoConfig
from benchmarl.experiment import Callback, Experiment, ExperimentConfig
from benchmarl.models.mlp import MlpConfig
from numpy.typing import NDArray
from tensordict import TensorDict

from benchgame_env import VectorEnv
from benchgame_env.adapters.benchmarl import BenchGameTask
from benchgame_env.adapters.torchrl import GROUP
from benchgame_env.agents.outside.trained import Chances, Trained
from benchgame_env.validate import Floats

ITERATIONS = 10**6  # more than any run has


class _NoMore(BaseException):
    """Nobody wants another update. BenchMARL would take an ``Exception`` for a failure."""


class _Turns(Callback):
    """Lets BenchMARL's loop, which runs in a thread of its own, go on one iteration at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.go: queue.Queue[bool] = queue.Queue()
        self.done: queue.Queue[BaseException | None] = queue.Queue()

    def __getstate__(self) -> dict[str, Any]:
        return {}  # BenchMARL pickles callbacks for a checkpoint that is never read

    def on_batch_collected(self, batch: Any) -> None:
        """Wait for the first update."""
        if self.experiment.n_iters_performed == 0:
            self._wait()

    def on_train_end(self, training_td: Any, group: str) -> None:
        """An update is done; wait for the next."""
        self._wait()

    def _wait(self) -> None:
        self.done.put(None)
        if not self.go.get():
            raise _NoMore


class IPPO(Trained):
    """IPPO of BenchMARL with a network for every developer.

    Formula: BenchMARL's own ``Experiment.run``, one iteration an update. Used as: the learner of
    BenchMARL.

    Parameters
    ----------
    seats, learning_rate, entropy, epochs
        As for `Trained`.
    """

    def training(self, vec: VectorEnv, seed: int) -> Iterator[Chances]:
        with tempfile.TemporaryDirectory() as folder:  # BenchMARL always writes something
            yield from self._turns(vec, seed, folder)

    def _turns(self, vec: VectorEnv, seed: int, folder: str) -> Iterator[Chances]:
        turns = _Turns()
        experiment = self._experiment(vec, seed, folder, turns)
        policy: Any = experiment.policy

        def chances(seen: NDArray[np.float32]) -> Floats:
            group = TensorDict({"observation": torch.as_tensor(seen)}, seen.shape[:2])
            told = TensorDict({GROUP: group}, seen.shape[:1])
            with torch.no_grad():
                logits = policy(told)[GROUP, "logits"]
            return logits.double().softmax(-1).numpy()

        def run() -> None:
            try:
                experiment.run()
            except _NoMore:
                experiment.close()
            except BaseException as error:  # told in the thread that waits
                turns.done.put(error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        try:
            while True:
                error = turns.done.get()
                if error is not None:
                    raise error
                yield chances
                turns.go.put(True)
        finally:  # this player is no longer needed
            turns.go.put(False)
            thread.join()

    def _experiment(self, vec: VectorEnv, seed: int, folder: str, turns: Callback) -> Experiment:
        config = ExperimentConfig.get_from_yaml()
        config.max_n_iters, config.max_n_frames = ITERATIONS, None
        config.gamma, config.lr, config.prefer_continuous_actions = 0.0, self.learning_rate, False
        config.on_policy_n_envs_per_worker = config.on_policy_collected_frames_per_batch = vec.num_envs
        config.on_policy_minibatch_size = -(-vec.num_envs // 4)
        config.on_policy_n_minibatch_iters = self.epochs
        config.share_policy_params, config.evaluation, config.create_json = False, False, False
        config.loggers, config.save_folder = [], folder
        ippo = IppoConfig.get_from_yaml()
        ippo.share_param_critic, ippo.entropy_coef = False, self.entropy
        task = BenchGameTask(
            vec.game,
            vec.protocol,
            horizon=1,
            effort_levels=vec.axis.levels,
            action_scale=vec.axis.scale,
        )
        return Experiment(
            task, ippo, MlpConfig.get_from_yaml(), seed=seed, config=config, callbacks=[turns]
        )
