"""Uniform: any setting, with equal chances."""

from __future__ import annotations

import numpy as np

from benchgame_env.agents.designers.base import Designer


class Uniform(Designer):
    """Announces settings at random, each with the same chance.

    Used as: the baseline that anybody who learns has to beat.

    Parameters
    ----------
    settings : int
        As for `Designer`.
    """

    def announce(self, rng: np.random.Generator) -> int:
        return int(rng.integers(self.settings))
