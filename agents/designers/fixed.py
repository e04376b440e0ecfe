"""Fixed: always the same setting."""

from __future__ import annotations

import numpy as np

from benchgame_env.agents.designers.base import Designer
from benchgame_env.validate import integer


class Fixed(Designer):
    """Always announces the same setting.

    Used as: the designer who leaves things as they are, setting 0.

    Parameters
    ----------
    settings : int
        As for `Designer`.
    setting : int
        The one that is announced.
    """

    def __init__(self, settings: int, setting: int = 0) -> None:
        super().__init__(settings)
        self.setting = integer("setting", setting, low=0, high=settings - 1)

    def announce(self, rng: np.random.Generator) -> int:
        return self.setting
