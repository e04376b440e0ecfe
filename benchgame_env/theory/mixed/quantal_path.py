"""Mixed equilibria by continuation: logit quantal responses, from blunt to sharp.

At sharpness ``lambda`` everybody plays a slot with probability proportional to ``weight *
exp(lambda * payoff / P)`` (a quantal response equilibrium, McKelvey and Palfrey 1995). At 0 that is
known; as it grows the solution is followed by Newton's method (Turocy 2005) and tends to a Nash
equilibrium, in games where averages of no-regret learners do not. Cells in which somebody could gain
are halved on the way, which finds the ends of supports.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy
from numpy.typing import NDArray

from benchgame_env.theory.mixed.rivals_ahead import prize_slopes
from benchgame_env.theory.mixed.score_cells import Approach, CellGame
from benchgame_env.validate import Floats

METHOD = "continuation of logit quantal responses"
SHARPEST = 1e7
# Factors by which the sharpness is raised, and one too small to go on with.
STRIDE, SHORTEST_STRIDE = 4.0, 1.01
# Newton steps before a smaller factor is tried, and so few that a larger one may be.
ATTEMPTS, EASY = 25, 5
# Newton stops when no log-probability is off by more than this.
CLOSE = 1e-3
LARGEST_MOVE = 4.0  # of a log-probability in one Newton step
# Slots below this probability move nobody's payoff; they follow by formula.
PLAYED = 1e-9
LEAST = 1e-100  # a probability that no slot falls below, so that it can come back
POINT_WEIGHT = 0.05  # of a single score, where a cell weighs its cost as a share of P


class Path:
    """The quantal response equilibrium of a `CellGame` at a sharpness that can be raised."""

    def __init__(self, cells: CellGame) -> None:
        self.cells = cells
        self.sharpness = 0.0
        self.log_weight = _log_weights(cells)
        self.log_play = _normalised(self.log_weight)
        self.steps = 0

    @property
    def mixed(self) -> Floats:
        """``[n, slots]``."""
        return np.exp(self.log_play)

    def follow(self, max_steps: int, tolerance: float) -> Iterator[Approach]:
        """Raise the sharpness and halve cells, yielding what each move comes to.

        Ends when ``max_steps`` Newton steps are spent or the path can be followed no further. Cells are
        halved while somebody gains more inside one than a share of ``tolerance``.
        """
        factor, aim, refined = STRIDE, 1.0, False
        while self.steps < max_steps and self.sharpness < SHARPEST and factor > SHORTEST_STRIDE:
            before = self.steps
            if not self.sharpen(aim):
                if refined or not self.sharpness:  # a blunter response is less sensitive to new cells
                    aim /= 2
                else:
                    factor = factor**0.5
                    aim = factor * self.sharpness
                continue
            now = self.cells.survey(self.mixed)
            yield Approach(float(now.gains.sum()), self.cells, self.mixed, METHOD)
            if self.steps - before <= EASY:
                factor = min(STRIDE, factor**1.5)
            enough = 2 * now.stay + 0.35 * tolerance / now.stay.size
            coarse = np.any(now.inside > enough[:, None], axis=0)
            coarse &= self.cells.divisible
            refined = bool(coarse.any())
            if refined:
                self._refine(np.asarray(coarse))
            else:
                aim = factor * self.sharpness

    def sharpen(self, sharpness: float) -> bool:
        """Move to ``sharpness``; False, and nothing changed, if Newton's method does not get there."""
        cells, log_play = self.cells, self.log_play
        for _ in range(ATTEMPTS):
            move, off = self._newton(log_play, sharpness)
            self.steps += 1
            if not np.isfinite(off):
                return False
            log_play = _normalised(log_play + np.clip(move, -LARGEST_MOVE, LARGEST_MOVE))
            log_play = np.where(cells.allowed, np.maximum(log_play, np.log(LEAST)), -np.inf)
            if off < CLOSE:
                self.log_play, self.sharpness = log_play, sharpness
                return True
        return False

    def _refine(self, marked: NDArray[np.bool_]) -> None:
        """Halve the marked cells ``[cells]`` and carry the play over."""
        self.cells, mixed = self.cells.split(marked, self.mixed)
        self.log_weight = _log_weights(self.cells)
        self.log_play = _normalised(
            np.where(self.cells.allowed, np.log(np.maximum(mixed, LEAST)), -np.inf)
        )

    def _newton(self, log_play: Floats, sharpness: float) -> tuple[Floats, float]:
        """The step ``[n, slots]`` of log-probabilities, and how far they are from a solution."""
        cells, n = self.cells, len(log_play)
        scale = sharpness / cells.game.prize_range
        mixed = np.exp(log_play)
        payoffs = cells.payoffs(mixed)
        aim = _normalised(np.where(cells.allowed, scale * payoffs + self.log_weight, -np.inf))
        gap = np.where(cells.allowed, aim - np.where(cells.allowed, log_play, 0.0), 0.0)
        gap -= (mixed * gap).sum(axis=1, keepdims=True)  # probabilities are normalised anyway
        played = mixed > PLAYED
        owner, slot = np.nonzero(played)
        weight = mixed[owner, slot]
        jacobian = scale * self._payoff_slopes(mixed, owner, slot) * weight
        # Relative to each developer's mean, since probabilities are normalised.
        member = (owner[:, None] == np.arange(n)).astype(np.float64)
        mean = (member * weight[:, None]).T
        jacobian -= member @ (mean @ jacobian)
        matrix = np.eye(owner.size) - jacobian
        move = gap.copy()
        move[owner, slot] = scipy.linalg.lu_solve(
            scipy.linalg.lu_factor(matrix, check_finite=False), gap[owner, slot]
        )
        return move, float(np.abs(gap[played]).max())

    def _payoff_slopes(self, mixed: Floats, owner: np.ndarray, slot: np.ndarray) -> Floats:
        """Derivatives of the payoff in each (owner, slot) by the probability of each other one."""
        ahead = self.cells.ahead(mixed)
        # Probability in slot t puts its owner ahead of slot s, by half if that is the same cell.
        puts_ahead = (slot[None, :] > slot[:, None]) + 0.5 * (
            (slot[None, :] == slot[:, None]) & self.cells.is_cell[slot][None, :]
        )
        result = np.empty((owner.size, owner.size))
        for i in range(len(mixed)):
            mine = owner == i
            slopes = prize_slopes(self.cells.game.prizes, ahead[:, slot[mine]], i)
            result[mine] = slopes[owner].T * puts_ahead[mine]
        return result


def _log_weights(cells: CellGame) -> Floats:
    """Cells weigh what effort they span costs, so that halving a cell changes nothing."""
    weight = np.full(cells.allowed.shape, POINT_WEIGHT)
    weight[:, 1::2] = np.maximum(cells.span / cells.game.prize_range, LEAST)
    return np.where(cells.allowed, np.log(weight), -np.inf)


def _normalised(log_weights: Floats) -> Floats:
    """Log-probabilities ``[n, slots]`` proportional to the weights."""
    top = log_weights.max(axis=1, keepdims=True)
    return log_weights - top - np.log(np.exp(log_weights - top).sum(axis=1, keepdims=True))
