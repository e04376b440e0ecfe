"""What rivals who are ahead independently leave to win (theory section 6)."""

from __future__ import annotations

import numpy as np

from benchgame_env.theory.mixed.linear_program import even_step
from benchgame_env.validate import Floats


def expected_prizes(prizes: Floats, ahead: Floats) -> Floats:
    """Expected prizes ``[n, m]`` against rivals who are ahead with chances ``[n, m]``.

    Where prizes are evenly spaced rivals ahead are counted; else leave-one-out Poisson-binomials come
    from one full convolution.
    """
    n, m = ahead.shape
    step = even_step(prizes)
    if step is not None:
        return (prizes[0] - step * ahead.sum(axis=0)) + step * ahead
    full = np.zeros((n + 1, m))
    full[0] = 1.0
    for k, p in enumerate(ahead):
        full[1 : k + 2] = full[1 : k + 2] * (1 - p) + full[: k + 1] * p
        full[0] *= 1 - p
    # Dividing developer i out is stable upwards for p < 1/2 and downwards otherwise.
    up = ahead <= 0.5
    forward, backward = np.zeros_like(ahead), np.zeros_like(ahead)
    result = np.zeros_like(ahead)
    small, large = np.where(up, ahead, 0.0), np.where(up, 1.0, ahead)
    for k in range(n):
        forward = (full[k] - small * forward) / (1 - small)
        backward = (full[n - k] - (1 - large) * backward) / large
        result += np.where(up, prizes[k] * forward, prizes[n - 1 - k] * backward)
    return result


def prize_slopes(prizes: Floats, ahead: Floats, i: int) -> Floats:
    """``[n, m]``: how developer i's expected prize changes with the chance that each j is ahead.

    Forwards the distribution of how many of the first j rivals are ahead, backwards what each count
    is worth: their product is the derivative, without dividing anybody out.
    """
    n, m = ahead.shape
    rivals = [j for j in range(n) if j != i]
    count = np.zeros((n, m))
    count[0] = 1.0
    before = []
    for j in rivals:
        before.append(count)
        p = ahead[j]
        count = count * (1 - p)
        count[1:] += before[-1][:-1] * p
    worth = np.repeat(prizes[:, None], m, axis=1)
    slopes = np.zeros((n, m))
    for j, so_far in zip(reversed(rivals), reversed(before), strict=True):
        loss = np.diff(worth, axis=0)
        slopes[j] = (so_far[:-1] * loss).sum(axis=0)
        worth[:-1] += ahead[j] * loss
    return slopes
