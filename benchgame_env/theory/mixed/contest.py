"""Expected prizes where few scores are shown, so that ties matter (theory section 6)."""

from __future__ import annotations

import numpy as np

from benchgame_env.game import Ties
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

    def worth(self, chances: Floats) -> Floats:
        """Expected prizes at each score if rivals draw their scores.

        Parameters
        ----------
        chances : array of float
            Probability of each score, ``[n, s]``, scores ascending.

        Returns
        -------
        array of float
            ``[n, s]``, prize units.
        """
        n = self.prizes.size
        above = np.cumsum(chances[:, ::-1], axis=1)[:, ::-1] - chances
        if self.ties == "quality":
            better = np.arange(n) < np.arange(n)[:, None]  # [i, j]: j wins ties against i
            return self._worth(above + better[..., None] * chances)
        # A tied rival is ahead if its lot is below one's own, t; what t wins is a polynomial of
        # degree n - 1, which Gauss's rule integrates exactly.
        nodes, weights = np.polynomial.legendre.leggauss((n + 1) // 2)
        lots = zip(0.5 * (nodes + 1), 0.5 * weights, strict=True)
        return sum(w * self._worth(np.tile(above + t * chances, (n, 1, 1))) for t, w in lots)

    def _worth(self, ahead: Floats) -> Floats:
        """Expected prizes ``[n, s]`` if rival j is ahead of i at score s with chance ``ahead[i, j]``."""
        n = self.prizes.size
        rank = np.zeros((n, n, ahead.shape[-1]))  # [i, rivals ahead, s]
        rank[:, 0] = 1.0
        for j in range(n):
            p = ahead[:, j] * (np.arange(n) != j)[:, None]
            rank -= rank * p[:, None] - np.pad(rank, ((0, 0), (1, 0), (0, 0)))[:, :-1] * p[:, None]
        return np.einsum("k,iks->is", self.prizes, rank)
