"""Mixed equilibria among finitely many choices by self-play: predictive regret matching+.

Developers learn in two halves, one after the other. All at once they can go round in circles for good:
where prizes are not evenly spaced, the NashConv of their averages then stops to fall.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchgame_env.validate import Floats

AVERAGING = 4  # play at iteration t weighs t to this power in the average
CHECK_EVERY = 250  # iterations
EVERYONE, HALVES = slice(None), (slice(0, None, 2), slice(1, None, 2))
# Mixed strategies ``[n, choices]`` to what every choice of some developers earns, prize units.
Payoffs = Callable[[Floats, slice], Floats]


class SelfPlay:
    """Play of predictive regret matching+ that can be gone on with.

    Parameters
    ----------
    start : array of float
        Mixed strategies at first, ``[n, choices]``.

    Attributes
    ----------
    state : array of float
        What a choice has in play now, in regrets and in the sum of play, ``[3, n, choices]``.
    iterations : int
        So far.
    """

    def __init__(self, start: Floats) -> None:
        self.state = np.stack((start, np.zeros(start.shape), np.zeros(start.shape)))
        self.iterations = 0

    def go_on(self, payoffs: Payoffs, iterations: int) -> None:
        """Play ``iterations`` more; ``payoffs`` as for `regret_matching`."""
        play, regret, total = self.state
        for t in range(self.iterations + 1, self.iterations + iterations + 1):
            for who in HALVES:
                payoff, now = payoffs(play, who), play[who]
                gain = payoff - np.einsum("ij,ij->i", payoff, now)[:, None]
                regret[who] = np.maximum(regret[who] + gain, 0.0)
                # Predicts that the gain recurs.
                play[who] = _normalised(np.maximum(regret[who] + gain, 0.0), now)
            total += t**AVERAGING * play
        self.iterations += iterations

    @property
    def mixed(self) -> Floats:
        """Average play ``[n, choices]``, in which late play weighs most."""
        play, _, total = self.state
        return _normalised(total, play)


def regret_matching(payoffs: Payoffs, shape: tuple[int, int], iterations: int, goal: float) -> Floats:
    """Averaged play of predictive regret matching+, in which late play weighs most.

    Parameters
    ----------
    payoffs : callable
        Mixed strategies ``[n, choices]``, and developers, to these developers' expected payoffs of every
        choice, ``[those, choices]``, prize units.
    shape : pair of int
        ``(n, choices)``.
    iterations : int
        When to stop at the latest, >= 1.
    goal : float
        NashConv of the average, among these choices, at which to stop earlier; prize units.

    Returns
    -------
    array of float
        Probabilities ``[n, choices]``.
    """
    play = SelfPlay(np.full(shape, 1 / shape[1]))
    while play.iterations < iterations:
        play.go_on(payoffs, min(CHECK_EVERY, iterations - play.iterations))
        if nash_conv_among(payoffs, play.mixed) <= goal:
            break
    return play.mixed


def nash_conv_among(payoffs: Payoffs, mixed: Floats) -> float:
    """NashConv of ``mixed`` among the choices alone, to decide when to stop; not a certificate."""
    payoff = payoffs(mixed, EVERYONE)
    return float((payoff.max(axis=1) - (payoff * mixed).sum(axis=1)).sum())


def _normalised(weights: Floats, otherwise: Floats) -> Floats:
    total = weights.sum(axis=1, keepdims=True)
    return np.where(total > 0, weights / np.where(total > 0, total, 1.0), otherwise)
