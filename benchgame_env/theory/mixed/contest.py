"""Expected prizes where few scores are shown, so that ties matter (theory section 6)."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from benchgame_env.game import Ties
from benchgame_env.theory.mixed.regret_matching import EVERYONE
from benchgame_env.theory.mixed.rivals_ahead import prize_slopes
from benchgame_env.validate import Floats


class Contest:
    """Expected prizes where each developer shows each score with a given probability.

    Parameters
    ----------
    prizes : array of float
        Prizes of rank 1 to n, ``[n]``, prize units.
    ties : {"quality", "split"}
        Who is ahead at equal scores, see `benchgame_env.game.rank`.
    """

    def __init__(self, prizes: Floats, ties: Ties) -> None:
        self.prizes, self.ties = prizes, ties

    def worth(self, chances: Floats, who: slice = EVERYONE) -> Floats:
        """Expected prizes at each score if rivals draw their scores.

        Parameters
        ----------
        chances : array of float
            Probability of each score, ``[n, s]``, scores ascending.
        who : slice
            The developers that are asked for. Default: all.

        Returns
        -------
        array of float
            Of these developers, ``[those, s]``, prize units.
        """
        above = _above(chances)
        parts = (weight * self._worth(above + share[who] * chances, who) for weight, share in self._lots)
        return sum(parts, np.zeros(()))

    def slopes(self, chances: Floats) -> tuple[Floats, Floats]:
        """How i's `worth` at each score changes with the chance that j shows more, and with the chance
        that j shows the same; ``[i, j, s]`` both."""
        above, n = _above(chances), self.prizes.size
        by_above, by_level = np.zeros((2, n, n, chances.shape[1]))
        for weight, share in self._lots:
            for i in range(n):
                slopes = weight * prize_slopes(self.prizes, above + share[i] * chances, i)
                by_above[i] += slopes
                by_level[i] += share[i] * slopes
        return by_above, by_level

    @property
    def mean_lots(self) -> Floats:
        """The chance ``[i, j, 1]`` that j is ahead of i if only they tie."""
        return sum((weight * share for weight, share in self._lots), np.zeros(()))

    @cached_property
    def _lots(self) -> list[tuple[float, Floats]]:
        """Cases to be added up in these shares, in each the chance ``[i, j, 1]`` that j is ahead of i if
        they tie.

        Where prizes are split, a rival is ahead if its lot is below one's own, t; what t wins is a
        polynomial of degree n - 1, which Gauss's rule integrates exactly.
        """
        n = self.prizes.size
        if self.ties == "quality":
            return [(1.0, (np.arange(n) < np.arange(n)[:, None])[..., None].astype(np.float64))]
        nodes, weights = np.polynomial.legendre.leggauss((n + 1) // 2)
        return [
            (float(w), np.full((n, n, 1), t))
            for t, w in zip(0.5 * (nodes + 1), 0.5 * weights, strict=True)
        ]

    def _worth(self, ahead: Floats, who: slice) -> Floats:
        """Expected prizes ``[those, s]`` if rival j is ahead of i at score s with chance
        ``ahead[i, j]``."""
        n = self.prizes.size
        everyone = np.arange(n)
        rank = np.zeros((len(ahead), n, ahead.shape[-1]))  # [i, rivals ahead, s]
        rank[:, 0] = 1.0
        for j in range(n):
            p = (ahead[:, j] * (everyone[who] != j)[:, None])[:, None]
            moved = rank * p
            rank -= moved
            rank[:, 1:] += moved[:, :-1]
        return np.einsum("k,iks->is", self.prizes, rank)


def _above(chances: Floats) -> Floats:
    """The chances of more than each score, ``[n, s]``."""
    return np.cumsum(chances[:, ::-1], axis=1)[:, ::-1] - chances
