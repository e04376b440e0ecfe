"""Exact figures in the log of a plain stable-baselines3 run: TensorBoard, CSV, or whatever it writes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from stable_baselines3.common.callbacks import BaseCallback

from benchgame_env import VectorEnv, theory
from benchgame_env.agents import Player, play
from benchgame_env.training.grading.exact_figures import Grader, certified_equilibrium
from benchgame_env.validate import integer


class ExactRegret(BaseCallback):
    """Callback that records the figures of `Grader` under ``game/`` while SB3 trains.

    After some rollouts the players play against each other; the figures of that play are
    ``nash_conv``, ``distance`` and ``kendall_tau``.

    Parameters
    ----------
    vec : VectorEnv
        Copies of the game for this play, separate from those of training.
    players : sequence of Player
        Together they play every developer; the learning ones hold the policy that SB3 trains.
    every : int
        Rollouts between two records.
    seed : int
        Seed of this play; training uses no random number of it.
    """

    def __init__(self, vec: VectorEnv, players: Sequence[Player], every: int = 1, seed: int = 0) -> None:
        super().__init__()
        self.vec, self.players = vec, players
        self.every, self.seed, self._rollouts = integer("every", every, low=1), seed, 0
        prediction = theory.predict(vec.game, vec.protocol)
        self._grader = Grader(vec.game, vec.protocol, certified_equilibrium(prediction))

    def _on_step(self) -> bool:
        return True

    def _on_rollout_end(self) -> None:
        self._rollouts += 1
        if self._rollouts % self.every:
            return
        rng = np.random.default_rng([self.seed, self._rollouts])
        played = play(self.vec, self.players, self.vec.horizon, rng, self.seed, mode="play")
        figures = self._grader(played["effort"][-1], played["rank"][-1])
        for name, value in figures.items():
            if np.isfinite(value):
                self.logger.record(f"game/{name}", value)
