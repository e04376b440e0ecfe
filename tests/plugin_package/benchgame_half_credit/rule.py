"""Half credit: the designer discounts effort that looks like tuning on the test."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

import benchgame_env as bg


@bg.register_protocol("half-credit")
@dataclass(frozen=True)
class HalfCredit(bg.DeterministicProtocol):
    """Count half of a developer's own effort, then rank.

    Formula: ``s_i = v_i(e_i / 2)``.
    Parameters: none.
    Used by: the tests of plug-ins.
    Rewards: tuning, at twice the price.
    Version: 0.
    """

    traits = replace(bg.DeterministicProtocol.traits, strict=True, accuracies=True)

    def score(self, game, efforts):
        return game.curves.score(np.asarray(efforts) / 2)

    def effort_for(self, game, scores):
        return 2 * game.curves.effort_for(scores)
