"""Mixed equilibria among finitely many choices by self-play: predictive regret matching+."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchgame_env.validate import Floats

AVERAGING = 4  # play at iteration t weighs t to this power in the average
CHECK_EVERY = 250  # iterations


def regret_matching(
    payoffs: Callable[[Floats], Floats], shape: tuple[int, int], iterations: int, goal: float
) -> Floats:
    """Averaged play of predictive regret matching+, in which late play weighs most.

    Parameters
    ----------
    payoffs : callable
        Mixed strategies ``[n, choices]`` to expected payoffs of every choice, ``[n, choices]``, prize
        units.
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
    start = np.full(shape, 1 / shape[1])
    play, regret, average = start, np.zeros(shape), np.zeros(shape)
    for t in range(1, iterations + 1):
        payoff = payoffs(play)
        gain = payoff - (payoff * play).sum(axis=1, keepdims=True)
        regret = np.maximum(regret + gain, 0.0)
        average += t**AVERAGING * play
        play = _normalised(np.maximum(regret + gain, 0.0), start)  # predicts that the gain recurs
        if t % CHECK_EVERY == 0 and nash_conv_among(payoffs, _normalised(average, start)) <= goal:
            break
    return _normalised(average, start)


def nash_conv_among(payoffs: Callable[[Floats], Floats], mixed: Floats) -> float:
    """NashConv of ``mixed`` among the choices alone, to decide when to stop; not a certificate."""
    payoff = payoffs(mixed)
    return float((payoff.max(axis=1) - (payoff * mixed).sum(axis=1)).sum())


def _normalised(weights: Floats, otherwise: Floats) -> Floats:
    total = weights.sum(axis=1, keepdims=True)
    return np.where(total > 0, weights / np.where(total > 0, total, 1.0), otherwise)
