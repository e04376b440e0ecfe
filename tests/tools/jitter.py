"""Another processor, imitated: what a curve returns is off by a few units in the last place."""

from __future__ import annotations

from typing import Any

import numpy as np

import benchgame_env as bg

ULPS = 4


class Jittered:
    """Curves whose every score and every effort is moved by up to ``ulps`` units in the last place,
    independently at each call.

    Scores of neighbouring efforts may therefore fall where the curve rises, and equal calls differ, as
    they do between processors. Efforts stay >= 0, infinities stay what they are. All other attributes
    are those of the curves.

    Parameters
    ----------
    curves : Curves
    seed : int
    ulps : int
    """

    def __init__(self, curves: Any, seed: int, ulps: int = ULPS) -> None:
        self.exact, self._ulps, self._rng = curves, ulps, np.random.default_rng(seed)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name == "exact":  # asked while a copy is being made
            raise AttributeError(name)
        return getattr(self.exact, name)

    def score(self, effort: Any) -> Any:
        return self._moved(self.exact.score(effort))

    def effort_for(self, score: Any) -> Any:
        return np.maximum(self._moved(self.exact.effort_for(score)), 0.0)

    def _moved(self, values: Any) -> Any:
        values = np.asarray(values, dtype=np.float64)
        finite = np.where(np.isfinite(values), values, 0.0)
        steps = self._rng.integers(-self._ulps, self._ulps + 1, size=values.shape)
        return np.where(np.isfinite(values), finite + steps * np.spacing(np.abs(finite)), values)


class JitteredGame(bg.Game):
    """A game on `Jittered` curves; those beneath are the ones that are validated."""

    def __post_init__(self) -> None:
        jittered = self.curves
        object.__setattr__(self, "curves", jittered.exact)  # type: ignore[attr-defined]
        super().__post_init__()
        object.__setattr__(self, "curves", jittered)


def jittered(game: bg.Game, seed: int, ulps: int = ULPS) -> bg.Game:
    """The same game on another processor."""
    curves = Jittered(game.curves, seed, ulps)
    return JitteredGame(curves, game.cost, game.prizes, game.quality, game.names, game.budget)
